//! Certificate Manager.

pub mod certificate_expiring;
pub mod settings;
