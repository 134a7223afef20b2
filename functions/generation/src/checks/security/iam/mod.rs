//! IAM, and what IAM policies say of KMS.

pub mod attachments;
pub mod certificate_expired;
pub mod credentials;
pub mod escalation;
pub mod policies;
pub mod root;
pub mod settings;
pub mod trust;
