//! CloudTrail.

pub mod bucket_of_trail;
pub mod region_not_recorded;
pub mod settings;
