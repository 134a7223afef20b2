//! `ElastiCache`.

use serde::{Deserialize, Serialize};

/// An `ElastiCache` cluster: a Memcached cluster, or one node of Redis OSS or Valkey.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "they are AWS's settings")]
pub struct CacheCluster {
    /// For example `cache.t3.micro`.
    pub node_type: String,
    /// `memcached`, `redis` or `valkey`.
    pub engine: String,
    /// The engine's version.
    pub engine_version: String,
    /// `available` …
    pub status: String,
    /// How many nodes it has.
    pub nodes: u32,
    /// Its Availability Zone, or `Multiple`.
    pub availability_zone: Option<String>,
    /// The replication group it belongs to.
    pub replication_group_id: Option<String>,
    /// Days that automatic backups are kept; 0 means none.
    pub snapshot_retention_days: u32,
    /// Whether minor versions are applied by themselves.
    pub auto_minor_version_upgrade: bool,
    /// Whether traffic is encrypted.
    pub transit_encryption: bool,
    /// Whether data at rest is encrypted.
    pub at_rest_encryption: bool,
    /// Whether a password (AUTH) is needed.
    pub auth_token: bool,
    /// The parameter group.
    pub parameter_group: Option<String>,
    /// The subnet group; absent outside any VPC.
    pub subnet_group: Option<String>,
    /// Its security groups, sorted.
    pub security_group_ids: Vec<String>,
}

/// A group of Redis OSS or Valkey nodes that replicate each other.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "they are AWS's settings")]
pub struct ReplicationGroup {
    /// What its owner says it is for.
    pub description: Option<String>,
    /// `available` …
    pub status: String,
    /// For example `cache.r6g.large`.
    pub node_type: String,
    /// `redis` or `valkey`; absent where AWS does not say.
    pub engine: Option<String>,
    /// Its clusters, one per node, sorted.
    pub member_clusters: Vec<String>,
    /// How many shards it has.
    pub shards: u32,
    /// Whether data is spread over shards.
    pub cluster_mode: bool,
    /// Whether a replica takes over when the primary fails.
    pub automatic_failover: bool,
    /// Whether its nodes are in several zones.
    pub multi_az: bool,
    /// Days that automatic backups are kept; 0 means none.
    pub snapshot_retention_days: u32,
    /// Whether minor versions are applied by themselves.
    pub auto_minor_version_upgrade: bool,
    /// Whether traffic is encrypted.
    pub transit_encryption: bool,
    /// Whether data at rest is encrypted.
    pub at_rest_encryption: bool,
    /// Whether a password (AUTH) is needed.
    pub auth_token: bool,
    /// Groups of users who may connect, sorted.
    pub user_group_ids: Vec<String>,
    /// The key it is encrypted with.
    pub kms_key_id: Option<String>,
}
