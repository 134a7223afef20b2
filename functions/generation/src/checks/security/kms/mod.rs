//! KMS.

pub mod settings;
