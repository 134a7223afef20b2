//! `DynamoDB`.

use serde::{Deserialize, Serialize};

use crate::evidence::Evidence;

/// A `DynamoDB` table.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Table {
    /// `ACTIVE`, `ARCHIVED` …
    pub status: String,
    /// `PROVISIONED` or `PAY_PER_REQUEST`.
    pub billing_mode: String,
    /// Provisioned capacity; zero in both where paid per request.
    pub capacity: Capacity,
    /// `STANDARD` or `STANDARD_INFREQUENT_ACCESS`.
    pub table_class: String,
    /// Bytes stored with its indexes left out; AWS counts about every six hours.
    pub size_bytes: u64,
    /// Items stored; AWS counts about every six hours.
    pub item_count: u64,
    /// Global secondary indexes, sorted by name.
    pub indexes: Vec<Index>,
    /// Whether it is protected from deletion.
    pub deletion_protection: bool,
    /// `KMS` where it is encrypted with a key of KMS; absent means with a key that `DynamoDB` owns.
    pub encryption: Option<String>,
    /// That key's ARN.
    pub kms_key_arn: Option<String>,
    /// What its stream carries, for example `NEW_AND_OLD_IMAGES`; absent while it has none.
    pub stream_view: Option<String>,
    /// Regions of its replicas, sorted; empty unless it is a global table.
    pub replica_regions: Vec<String>,
    /// Whether it can be restored to any second of the recovery period.
    pub point_in_time_recovery: Evidence<bool>,
    /// Its key: the partition key, and then the sort key if it has one.
    #[serde(default)]
    pub key: Vec<KeyAttribute>,
    /// Local secondary indexes, sorted by name; they share the table's capacity.
    #[serde(default)]
    pub local_indexes: Vec<Index>,
}

/// An attribute that items are found by.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct KeyAttribute {
    /// Its name.
    pub name: String,
    /// `S` (text), `N` (number) or `B` (bytes).
    pub attribute_type: String,
    /// `HASH` (partition key) or `RANGE` (sort key).
    pub role: String,
}

/// What an index holds of each item besides keys.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Projection {
    /// `ALL`, `KEYS_ONLY` or `INCLUDE`.
    pub kind: String,
    /// The attributes that are included, sorted.
    pub attributes: Vec<String>,
}

/// Provisioned capacity per second.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Capacity {
    /// Read capacity units.
    pub read: u64,
    /// Write capacity units.
    pub write: u64,
}

/// A global secondary index; it has capacity and storage of its own.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Index {
    /// Its name.
    pub name: String,
    /// `ACTIVE`, `CREATING` …
    pub status: String,
    /// Provisioned capacity; zero in both where paid per request.
    pub capacity: Capacity,
    /// Bytes stored.
    pub size_bytes: u64,
    /// Its key, as the table's.
    #[serde(default)]
    pub key: Vec<KeyAttribute>,
    /// What it holds besides keys.
    #[serde(default)]
    pub projection: Projection,
}
