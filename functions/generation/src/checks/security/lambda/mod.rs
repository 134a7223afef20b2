//! Lambda.

pub mod function_public;
pub mod function_runtime_unsupported;
pub mod function_single_az;
