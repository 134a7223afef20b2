//! RDS.

pub mod mending;
pub mod settings;
