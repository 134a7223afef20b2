//! RDS.

use serde::{Deserialize, Serialize};

/// An RDS database instance.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "they are AWS's settings")]
pub struct DbInstance {
    /// For example `db.m5.large`.
    pub class: String,
    /// `mysql`, `postgres`, `aurora-mysql` …
    pub engine: String,
    /// The engine's version.
    pub engine_version: String,
    /// `available`, `stopped` …
    pub status: String,
    /// `gp2`, `gp3`, `io1` …
    pub storage_type: Option<String>,
    /// Allocated storage in GiB.
    pub allocated_storage_gib: u32,
    /// Provisioned IOPS.
    pub iops: Option<u32>,
    /// Whether a standby runs in another zone.
    pub multi_az: bool,
    /// Whether it has a public address.
    pub publicly_accessible: bool,
    /// Whether its storage is encrypted.
    pub storage_encrypted: bool,
    /// The key it is encrypted with.
    pub kms_key_id: Option<String>,
    /// Days that automated backups are kept; 0 means none.
    pub backup_retention_days: u32,
    /// Whether minor versions are applied by themselves.
    pub auto_minor_version_upgrade: bool,
    /// Whether it is protected from deletion.
    pub deletion_protection: bool,
    /// Whether snapshots get its tags.
    pub copy_tags_to_snapshot: bool,
    /// Whether IAM database authentication is on.
    pub iam_authentication: bool,
    /// Seconds between enhanced monitoring samples; 0 means off.
    pub monitoring_interval_seconds: u32,
    /// The administrator's user name.
    pub master_username: Option<String>,
    /// The port it listens on.
    pub port: Option<i32>,
    /// The Aurora cluster it belongs to.
    pub cluster_id: Option<String>,
    /// The instance it is a replica of.
    pub replica_of: Option<String>,
    /// The subnet group's name.
    pub subnet_group: Option<String>,
    /// The VPC of its subnet group.
    pub vpc_id: Option<String>,
    /// Its security groups, sorted.
    pub security_group_ids: Vec<String>,
}
