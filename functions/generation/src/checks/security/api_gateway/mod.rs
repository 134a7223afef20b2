//! API Gateway.

pub mod execution_not_logged;
pub mod settings;
