//! RDS.

pub mod instance_idle;
pub mod instance_multi_az_nonprod;
pub mod instance_previous_generation;
