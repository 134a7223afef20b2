//! CloudTrail.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::evidence::Evidence;

/// A trail.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "they are AWS's settings")]
pub struct Trail {
    /// Its ARN; another account's for the trail of an organization.
    pub arn: String,
    /// The region in which it was created.
    pub home_region: String,
    /// Whether it records every region.
    pub is_multi_region: bool,
    /// Whether it records every account of the organization.
    pub is_organization: bool,
    /// Whether it records events of global services such as IAM.
    pub includes_global_services: bool,
    /// Whether changed log files can be told from AWS's.
    pub log_file_validation: bool,
    /// The bucket that log files go to.
    pub bucket: Option<String>,
    /// The key that log files are encrypted with; absent where it is S3's own.
    pub kms_key_id: Option<String>,
    /// The log group that events go to as well.
    pub log_group_arn: Option<String>,
    /// The topic that hears of log files.
    pub topic_arn: Option<String>,
    /// Whether it works.
    pub status: Evidence<TrailStatus>,
    /// What it records.
    pub selectors: Evidence<EventSelectors>,
}

/// Whether a trail works.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrailStatus {
    /// Whether it records.
    pub is_logging: bool,
    /// When it last delivered a log file.
    pub delivered_at: Option<Timestamp>,
    /// Why the last log file could not be delivered.
    pub delivery_error: Option<String>,
    /// When it last delivered to its log group.
    pub log_group_delivered_at: Option<Timestamp>,
    /// Why the last events could not be delivered to its log group.
    pub log_group_delivery_error: Option<String>,
}

/// What a trail records: either kind of selectors, never both.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventSelectors {
    /// Basic selectors, in AWS's order.
    pub basic: Vec<EventSelector>,
    /// Advanced selectors, in AWS's order; an event is recorded if all fields of one of them match.
    pub advanced: Vec<AdvancedSelector>,
}

/// A basic selector.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventSelector {
    /// `All`, `ReadOnly` or `WriteOnly`.
    pub read_write: String,
    /// Whether management events are recorded.
    pub management_events: bool,
    /// Services whose management events are left out, sorted.
    pub excluded_sources: Vec<String>,
    /// ARN prefixes whose data events are recorded, sorted, by kind (`AWS::S3::Object` …).
    pub data_resources: BTreeMap<String, Vec<String>>,
}

/// An advanced selector.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AdvancedSelector {
    /// Its name.
    pub name: Option<String>,
    /// Conditions that must all hold, in AWS's order.
    pub fields: Vec<FieldSelector>,
}

/// A condition on a field of an event; each list that is not empty must have a match.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct FieldSelector {
    /// `eventCategory`, `readOnly`, `resources.type` …
    pub field: String,
    /// One of these.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub equals: Vec<String>,
    /// Begins with one of these.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub starts_with: Vec<String>,
    /// Ends with one of these.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ends_with: Vec<String>,
    /// None of these.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub not_equals: Vec<String>,
    /// Begins with none of these.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub not_starts_with: Vec<String>,
    /// Ends with none of these.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub not_ends_with: Vec<String>,
}

/// What is recorded of a region; one per region, even where nothing is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RegionTrails {
    /// Every trail that records it, sorted by ARN: those of the region, those of other regions that
    /// record all of them, and the organization's.
    pub trails: Vec<Trail>,
}
