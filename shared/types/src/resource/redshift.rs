//! Redshift.

use serde::{Deserialize, Serialize};

use crate::evidence::Evidence;

/// A provisioned Redshift cluster.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "they are AWS's settings")]
pub struct Cluster {
    /// For example `ra3.xlplus`.
    pub node_type: String,
    /// How many nodes it has.
    pub nodes: u32,
    /// `available`, `paused` …
    pub status: String,
    /// The engine's version.
    pub version: String,
    /// Whether newer versions are applied in the maintenance window.
    pub allow_version_upgrade: bool,
    /// Whether it has a public address.
    pub publicly_accessible: bool,
    /// Whether its storage is encrypted.
    pub encrypted: bool,
    /// The key it is encrypted with.
    pub kms_key_id: Option<String>,
    /// Whether COPY and UNLOAD stay in the VPC.
    pub enhanced_vpc_routing: bool,
    /// Whether it runs in two zones.
    pub multi_az: bool,
    /// Days that automated snapshots are kept; 0 means none are taken.
    pub snapshot_retention_days: u32,
    /// The administrator's user name.
    pub master_username: Option<String>,
    /// The name of its first database.
    pub database_name: Option<String>,
    /// The port it listens on.
    pub port: Option<i32>,
    /// Its Availability Zone.
    pub availability_zone: Option<String>,
    /// The VPC it is in.
    pub vpc_id: Option<String>,
    /// The subnet group's name.
    pub subnet_group: Option<String>,
    /// Its security groups, sorted.
    pub security_group_ids: Vec<String>,
    /// Parameter groups, sorted.
    pub parameter_groups: Vec<String>,
    /// ARNs of roles it may take, sorted.
    pub role_arns: Vec<String>,
    /// Whether audit logs are written.
    pub audit_logging: Evidence<bool>,
    /// Whether clients must use TLS (`require_ssl` of its parameter groups).
    pub require_ssl: Evidence<bool>,
}
