//! ECR.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::evidence::Evidence;

/// A repository of container images.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Repository {
    /// Where images are pushed to and pulled from.
    pub uri: String,
    /// `MUTABLE`, `IMMUTABLE`, `IMMUTABLE_WITH_EXCLUSION` …
    pub tag_mutability: String,
    /// Whether the repository itself asks that images are scanned when pushed.
    pub scan_on_push: bool,
    /// How the registry's rules scan it (`SCAN_ON_PUSH`, `CONTINUOUS_SCAN`, `MANUAL`); `Known(None)` where no rule is about it.
    pub registry_scan: Evidence<Option<String>>,
    /// `AES256`, `KMS` or `KMS_DSSE`.
    pub encryption_type: String,
    /// The key, where one is named.
    pub kms_key_id: Option<String>,
    /// What is deleted when; `Known(None)` where nothing is.
    pub lifecycle_policy: Evidence<Option<Value>>,
    /// Who may push and pull; `Known(None)` where IAM alone decides.
    pub policy: Evidence<Option<Value>>,
}
