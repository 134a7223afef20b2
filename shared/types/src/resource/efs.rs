//! EFS.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::evidence::Evidence;

/// An EFS file system.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FileSystem {
    /// `available`, `creating` …
    pub state: String,
    /// `generalPurpose` or `maxIO`.
    pub performance_mode: String,
    /// `bursting`, `provisioned` or `elastic`.
    pub throughput_mode: String,
    /// Provisioned throughput in MiB/s.
    pub provisioned_mibps: Option<f64>,
    /// Whether it is encrypted.
    pub encrypted: bool,
    /// The ARN of the key it is encrypted with.
    pub kms_key_id: Option<String>,
    /// The zone of a One Zone file system; absent for a regional one.
    pub availability_zone: Option<String>,
    /// Bytes stored, over all storage classes.
    pub size_bytes: u64,
    /// Bytes in Standard, where AWS tells.
    pub standard_bytes: Option<u64>,
    /// Bytes in Infrequent Access, where AWS tells.
    pub infrequent_access_bytes: Option<u64>,
    /// Bytes in Archive, where AWS tells.
    pub archive_bytes: Option<u64>,
    /// Subnets it is mounted in, sorted; empty means that nothing can mount it.
    pub subnet_ids: Evidence<Vec<String>>,
    /// The id of each mount target, by subnet.
    #[serde(default)]
    pub mount_target_ids: BTreeMap<String, String>,
    /// When files move between storage classes; no field is set where they never do.
    pub lifecycle: Evidence<Lifecycle>,
    /// Whether AWS Backup backs it up by default.
    pub automatic_backups: Evidence<bool>,
}

/// When files move between storage classes, for example `AFTER_30_DAYS`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lifecycle {
    /// To Infrequent Access.
    pub to_infrequent_access: Option<String>,
    /// To Archive.
    pub to_archive: Option<String>,
    /// Back to Standard.
    pub to_standard: Option<String>,
}

/// An access point of a file system.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessPoint {
    /// The file system.
    pub file_system_id: String,
    /// `available`, `creating` …
    pub state: String,
    /// What its users see as the root: a path in the file system.
    pub root_directory: String,
    /// Who its users are to the file system; absent where they are who they say.
    pub posix_user: Option<PosixUser>,
}

/// An identity in a file system.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PosixUser {
    /// The user's number.
    pub uid: i64,
    /// The group's number.
    pub gid: i64,
}
