//! RDS.

pub mod clusters;
pub mod logs;
pub mod mending;
pub mod settings;
pub mod snapshots;
