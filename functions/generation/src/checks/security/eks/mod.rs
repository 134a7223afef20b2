//! EKS.

pub mod settings;
pub mod version_unsupported;
