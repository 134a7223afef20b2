//! CloudWatch Logs.

use serde::{Deserialize, Serialize};

use crate::evidence::Evidence;

/// A log group.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LogGroup {
    /// Days that events are kept; absent means forever.
    pub retention_days: Option<u32>,
    /// Bytes stored; AWS updates it late.
    pub stored_bytes: u64,
    /// The key it is encrypted with; absent where it is AWS's own.
    pub kms_key_id: Option<String>,
    /// `STANDARD`, `INFREQUENT_ACCESS` or `DELIVERY`.
    pub class: Option<String>,
    /// Whether it is protected from deletion.
    pub deletion_protection: bool,
    /// Metric filters, sorted by name.
    pub metric_filters: Evidence<Vec<MetricFilter>>,
}

/// Turns events into a metric.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct MetricFilter {
    /// Its name.
    pub name: String,
    /// Which events it counts.
    pub pattern: String,
    /// The metrics that it feeds, as `namespace/name`, sorted.
    pub metrics: Vec<String>,
}
