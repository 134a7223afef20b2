//! GuardDuty.

pub mod detector_missing;
pub mod settings;
