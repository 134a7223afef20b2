//! EFS.

pub mod access_points;
pub mod mounted_in_public_subnet;
pub mod settings;
