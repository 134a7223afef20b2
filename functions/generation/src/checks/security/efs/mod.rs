//! EFS.

pub mod mounted_in_public_subnet;
pub mod settings;
