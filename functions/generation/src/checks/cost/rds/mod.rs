//! RDS and Aurora.

pub mod cluster_idle;
pub mod cluster_storage_type;
pub mod instance_idle;
pub mod instance_multi_az_nonprod;
pub mod instance_overprovisioned;
pub mod replica_idle;
pub mod snapshots;
pub mod storage;
