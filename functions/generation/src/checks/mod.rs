//! Every check, by what it is about and by service: one file each, or one row of a table of settings.

pub mod cost;
pub mod security;
