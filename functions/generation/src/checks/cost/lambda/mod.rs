//! Lambda.

pub mod function_errors;
pub mod function_memory;
pub mod function_x86;
pub mod provisioned_concurrency;
