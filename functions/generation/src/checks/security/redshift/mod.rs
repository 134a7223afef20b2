//! Redshift.

pub mod port_open;
pub mod settings;
