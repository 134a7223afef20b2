//! AWS Key Management Service.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::evidence::Evidence;

/// A key that the customer manages.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Key {
    /// Aliases, sorted.
    pub aliases: Evidence<Vec<String>>,
    /// Its description.
    pub description: Option<String>,
    /// `Enabled`, `Disabled`, `PendingDeletion` …
    pub state: String,
    /// When it will be deleted, while that is pending.
    pub deletion_at: Option<Timestamp>,
    /// `ENCRYPT_DECRYPT`, `SIGN_VERIFY` …
    pub usage: Option<String>,
    /// `SYMMETRIC_DEFAULT`, `RSA_2048` …
    pub spec: Option<String>,
    /// Where its material comes from: `AWS_KMS`, `EXTERNAL`, `AWS_CLOUDHSM` …
    pub origin: Option<String>,
    /// Whether it is a multi-region key.
    pub multi_region: bool,
    /// Whether it is replaced by itself. Only symmetric keys with AWS's material can be.
    pub rotation: Evidence<Rotation>,
    /// The key policy.
    pub policy: Evidence<Option<Value>>,
}

/// Whether a key is replaced by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rotation {
    /// Whether it is.
    pub enabled: bool,
    /// Days between two replacements, where AWS says so.
    pub period_days: Option<u32>,
}

impl Key {
    /// Whether rotation can be turned on at all.
    /// Source: AWS KMS Developer Guide, "Rotate AWS KMS keys".
    pub fn can_rotate(&self) -> bool {
        self.spec.as_deref() == Some("SYMMETRIC_DEFAULT")
            && self.origin.as_deref() == Some("AWS_KMS")
    }
}
