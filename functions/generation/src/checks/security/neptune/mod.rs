//! Neptune.

pub mod settings;
