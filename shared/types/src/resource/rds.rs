//! RDS.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::evidence::Evidence;

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
    /// The subnets of its subnet group, sorted.
    #[serde(default)]
    pub subnet_ids: Vec<String>,
    /// Its Availability Zone.
    #[serde(default)]
    pub availability_zone: Option<String>,
    /// Logs that go to `CloudWatch`, for example `error`, sorted.
    #[serde(default)]
    pub log_exports: Vec<String>,
    /// Parameter groups, sorted.
    #[serde(default)]
    pub parameter_groups: Vec<String>,
    /// Whether Performance Insights is on; absent where AWS does not say.
    #[serde(default)]
    pub performance_insights: Option<bool>,
    /// The authority that signed its certificate, for example `rds-ca-rsa2048-g1`.
    #[serde(default)]
    pub ca_certificate: Option<String>,
    /// When its certificate expires.
    #[serde(default)]
    pub certificate_valid_till: Option<Timestamp>,
    /// For example `license-included`.
    #[serde(default)]
    pub license_model: Option<String>,
    /// The size in GiB up to which storage grows by itself; absent where it does not.
    #[serde(default)]
    pub max_allocated_storage_gib: Option<u32>,
    /// Provisioned storage throughput in MiB/s.
    #[serde(default)]
    pub storage_throughput_mibps: Option<u32>,
    /// For example `open-source-rds-extended-support`.
    #[serde(default)]
    pub engine_lifecycle_support: Option<String>,
    /// What its subnet group says it is for.
    #[serde(default)]
    pub subnet_group_description: Option<String>,
}

/// A database cluster: Aurora, or RDS in several zones. RDS lists those of `DocumentDB` (`docdb`) and
/// Neptune (`neptune`) as well.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "they are AWS's settings")]
pub struct DbCluster {
    /// `aurora-mysql`, `aurora-postgresql`, `mysql`, `postgres` …
    pub engine: String,
    /// The engine's version.
    pub engine_version: String,
    /// `provisioned`, `serverless` …
    pub engine_mode: Option<String>,
    /// `available`, `stopped` …
    pub status: String,
    /// Class of each instance of a Multi-AZ cluster; absent for Aurora.
    pub class: Option<String>,
    /// `aurora`, `aurora-iopt1`, `io1` …
    pub storage_type: Option<String>,
    /// Allocated storage in GiB; 1 for Aurora, which allocates none.
    pub allocated_storage_gib: u32,
    /// Provisioned IOPS.
    pub iops: Option<u32>,
    /// Least and most capacity units of Serverless v2.
    pub serverless_capacity: Option<(f64, f64)>,
    /// Whether its instances are in several zones.
    pub multi_az: bool,
    /// Whether it has a public address; absent where AWS does not say, as for Aurora.
    pub publicly_accessible: Option<bool>,
    /// Whether its storage is encrypted.
    pub storage_encrypted: bool,
    /// The key it is encrypted with.
    pub kms_key_id: Option<String>,
    /// Days that automated backups are kept.
    pub backup_retention_days: u32,
    /// Seconds that can be backtracked; 0 means none.
    pub backtrack_seconds: u64,
    /// Whether minor versions are applied by themselves; absent where AWS does not say.
    pub auto_minor_version_upgrade: Option<bool>,
    /// Whether it is protected from deletion.
    pub deletion_protection: bool,
    /// Whether snapshots get its tags.
    pub copy_tags_to_snapshot: bool,
    /// Whether IAM database authentication is on.
    pub iam_authentication: bool,
    /// Whether queries may be sent over HTTP (the Data API).
    pub http_endpoint: bool,
    /// Logs that go to `CloudWatch`, for example `audit`, sorted.
    pub log_exports: Vec<String>,
    /// The parameter group.
    pub parameter_group: Option<String>,
    /// The administrator's user name.
    pub master_username: Option<String>,
    /// The port it listens on.
    pub port: Option<i32>,
    /// The ARN of the cluster or instance it replicates.
    pub replica_of: Option<String>,
    /// The subnet group's name.
    pub subnet_group: Option<String>,
    /// Its Availability Zones, sorted.
    pub availability_zones: Vec<String>,
    /// Its security groups, sorted.
    pub security_group_ids: Vec<String>,
    /// Its instances, sorted by name.
    pub members: Vec<ClusterMember>,
    /// For example `open-source-rds-extended-support`.
    pub engine_lifecycle_support: Option<String>,
}

/// An instance of a database cluster.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ClusterMember {
    /// The instance's name.
    pub instance_id: String,
    /// Whether it is the one that writes.
    pub writer: bool,
}

/// A snapshot of a database instance or of a database cluster.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DbSnapshot {
    /// The instance or cluster it was taken of; AWS keeps the name after that is gone.
    pub database_id: String,
    /// `manual`, `automated` or `awsbackup`.
    pub snapshot_type: String,
    /// `available` …
    pub status: String,
    /// The engine.
    pub engine: String,
    /// The engine's version.
    pub engine_version: String,
    /// Storage of the database in GiB; what is stored is less.
    pub allocated_storage_gib: u32,
    /// Bytes that the snapshot holds in full, where AWS tells.
    pub full_size_bytes: Option<u64>,
    /// Whether it is encrypted.
    pub encrypted: bool,
    /// The key it is encrypted with.
    pub kms_key_id: Option<String>,
    /// Accounts that may restore it besides its own, sorted; `all` means anyone.
    pub shared_with: Evidence<Vec<String>>,
}

impl DbSnapshot {
    /// Whether anyone may restore it.
    pub fn is_public(&self) -> Evidence<bool> {
        self.shared_with.clone().map(|accounts| accounts.iter().any(|account| account == "all"))
    }
}

/// Database instances paid for in advance, for some years.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReservedDbInstance {
    /// For example `db.m5.large`.
    pub class: String,
    /// `mysql`, `postgresql` … as the offering names them.
    pub product: String,
    /// `No Upfront`, `Partial Upfront` or `All Upfront`.
    pub offering: String,
    /// How many instances.
    pub count: u32,
    /// Whether it is for Multi-AZ instances.
    pub multi_az: bool,
    /// `active`, `payment-pending`, `retired` …
    pub state: String,
    /// When it began.
    pub started_at: Option<Timestamp>,
    /// When it ends.
    pub ends_at: Option<Timestamp>,
    /// Paid at the start for each instance, in micros of the currency.
    pub upfront_micros: i64,
    /// Paid per hour for each instance whether used or not, in micros of the currency.
    pub hourly_micros: i64,
    /// For example `USD`.
    pub currency: String,
}

/// A proxy in front of databases.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DbProxy {
    /// `available`, `creating` …
    pub status: String,
    /// `MYSQL`, `POSTGRESQL` or `SQLSERVER`.
    pub engine_family: String,
    /// Whether connections to it must use TLS.
    pub require_tls: bool,
    /// Its network.
    pub vpc_id: Option<String>,
    /// Its subnets, sorted.
    pub subnet_ids: Vec<String>,
    /// Its security groups, sorted.
    pub security_group_ids: Vec<String>,
    /// The host name that it answers at.
    pub endpoint: Option<String>,
    /// The role that it reads secrets with.
    pub role_arn: Option<String>,
}

/// Who is told of events of databases.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventSubscription {
    /// `active`, `no-permission`, `topic-not-exist` …
    pub status: String,
    /// Whether it is on.
    pub enabled: bool,
    /// What events are of: `db-instance`, `db-cluster`, `db-parameter-group`, `db-security-group` …; absent for all.
    pub source_type: Option<String>,
    /// Of which ones, sorted; empty for all.
    pub source_ids: Vec<String>,
    /// Of which categories, sorted; empty for all.
    pub event_categories: Vec<String>,
    /// The topic that it tells.
    pub topic_arn: Option<String>,
}
