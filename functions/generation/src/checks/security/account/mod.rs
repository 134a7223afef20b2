//! The account itself.

pub mod settings;
