//! RDS.

pub mod clusters;
pub mod events;
pub mod instance_in_public_subnet;
pub mod logs;
pub mod mending;
pub mod proxies;
pub mod settings;
pub mod snapshots;
