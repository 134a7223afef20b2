//! IAM, and what IAM policies say of KMS.

pub mod policies;
pub mod settings;
