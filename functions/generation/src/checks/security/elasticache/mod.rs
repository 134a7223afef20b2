//! `ElastiCache`.

pub mod no_auth;
pub mod settings;
