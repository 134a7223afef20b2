//! Secrets Manager.

pub mod secret_age;
pub mod settings;
