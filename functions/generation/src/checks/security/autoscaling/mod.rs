//! Auto Scaling.

pub mod settings;
