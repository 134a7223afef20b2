//! ECR.

pub mod settings;
