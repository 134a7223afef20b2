//! AWS Config.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::evidence::Evidence;

/// A recorder of configurations.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Recorder {
    /// The role that it reads with.
    pub role_arn: Option<String>,
    /// `ALL_SUPPORTED_RESOURCE_TYPES`, `INCLUSION_BY_RESOURCE_TYPES` or
    /// `EXCLUSION_BY_RESOURCE_TYPES`.
    pub strategy: Option<String>,
    /// Whether it records every regional type.
    pub all_supported: bool,
    /// Whether it records IAM too.
    pub includes_global_types: bool,
    /// Types that it records, sorted; empty where it records all.
    pub included_types: Vec<String>,
    /// Types that it leaves out, sorted.
    pub excluded_types: Vec<String>,
    /// `CONTINUOUS` or `DAILY`; what it costs depends on it.
    pub frequency: Option<String>,
    /// The AWS service that it belongs to; absent for the account's own.
    pub service: Option<String>,
    /// Whether it works.
    pub status: Evidence<Option<RecorderStatus>>,
}

/// Whether a recorder works.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecorderStatus {
    /// Whether it records.
    pub recording: bool,
    /// `Success`, `Pending`, `Failure` or `NotApplicable`.
    pub last_status: Option<String>,
    /// The error that it last failed with.
    pub last_error: Option<String>,
    /// When it was last started.
    pub started_at: Option<Timestamp>,
}

/// Where recorded configurations go.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeliveryChannel {
    /// The bucket.
    pub bucket: Option<String>,
    /// The key they are encrypted with.
    pub kms_key_arn: Option<String>,
    /// The topic that hears of changes.
    pub topic_arn: Option<String>,
    /// How often a snapshot of everything is delivered: `One_Hour` …
    pub snapshot_frequency: Option<String>,
}
