//! Lambda.

pub mod function_x86;
