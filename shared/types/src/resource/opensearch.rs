//! `OpenSearch`.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::evidence::Evidence;

/// An `OpenSearch` or Elasticsearch domain.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "they are AWS's settings")]
pub struct Domain {
    /// For example `OpenSearch_2.17` or `Elasticsearch_7.10`.
    pub engine_version: String,
    /// Type of the data nodes, for example `m6g.large.search`.
    pub instance_type: String,
    /// How many data nodes it has.
    pub instance_count: u32,
    /// Whether data nodes are in several zones.
    pub zone_awareness: bool,
    /// How many zones; absent where it is not zone-aware.
    pub zones: Option<u32>,
    /// Type of the dedicated manager nodes; absent without any.
    pub dedicated_master_type: Option<String>,
    /// How many dedicated manager nodes it has.
    pub dedicated_master_count: u32,
    /// Type of the `UltraWarm` nodes; absent without any.
    pub warm_type: Option<String>,
    /// How many `UltraWarm` nodes it has.
    pub warm_count: u32,
    /// `gp2`, `gp3` … of each data node; absent where they store on local disks.
    pub volume_type: Option<String>,
    /// Size of each data node's volume in GiB.
    pub volume_size_gib: Option<u32>,
    /// IOPS of each data node's volume.
    pub iops: Option<u32>,
    /// Throughput of each data node's volume in MiB/s.
    pub throughput_mibps: Option<u32>,
    /// The VPC it is in; absent where its endpoint is public.
    pub vpc_id: Option<String>,
    /// Its subnets, sorted.
    pub subnet_ids: Vec<String>,
    /// Its security groups, sorted.
    pub security_group_ids: Vec<String>,
    /// Who may use it; `Known(None)` where no policy is set.
    pub access_policy: Evidence<Option<Value>>,
    /// Whether data at rest is encrypted.
    pub encryption_at_rest: bool,
    /// The key it is encrypted with.
    pub kms_key_id: Option<String>,
    /// Whether nodes talk to each other encrypted.
    pub node_to_node_encryption: bool,
    /// Whether plain HTTP is refused.
    pub enforce_https: bool,
    /// For example `Policy-Min-TLS-1-2-2019-07`.
    pub tls_security_policy: Option<String>,
    /// Whether access is controlled by index, document and field.
    pub fine_grained_access: bool,
    /// Logs that go to `CloudWatch`, for example `AUDIT_LOGS`, sorted.
    pub published_logs: Vec<String>,
    /// Whether a newer service software waits to be installed.
    pub update_available: bool,
}
