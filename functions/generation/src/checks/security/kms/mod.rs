//! KMS.

pub mod key_public;
pub mod settings;
