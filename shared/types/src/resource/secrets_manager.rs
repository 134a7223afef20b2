//! AWS Secrets Manager. What a secret holds is never read.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A secret's circumstances.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Secret {
    /// Its description.
    pub description: Option<String>,
    /// The key it is encrypted with; absent where it is AWS's own.
    pub kms_key_id: Option<String>,
    /// Whether it is replaced by itself.
    pub rotation_enabled: bool,
    /// Days between two replacements; absent where they follow a schedule or there are none.
    pub rotation_days: Option<u32>,
    /// When it is replaced, as `rate(…)` or `cron(…)`.
    pub rotation_schedule: Option<String>,
    /// The function that replaces it.
    pub rotation_function_arn: Option<String>,
    /// When it was last replaced.
    pub rotated_at: Option<Timestamp>,
    /// When it is to be replaced next.
    pub next_rotation_at: Option<Timestamp>,
    /// When it was last changed in any way.
    pub changed_at: Option<Timestamp>,
    /// The day it was last read; absent where it never was.
    pub accessed_at: Option<Timestamp>,
    /// The AWS service that manages it.
    pub owning_service: Option<String>,
    /// Where it is a copy: the region of the original.
    pub primary_region: Option<String>,
}
