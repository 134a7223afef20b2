//! Lambda.

use serde::{Deserialize, Serialize};

use crate::evidence::Evidence;

/// A Lambda function.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Function {
    /// For example `python3.12`; absent for container images.
    pub runtime: Option<String>,
    /// `x86_64` or `arm64`.
    pub architecture: String,
    /// Memory in MiB.
    pub memory_mib: u32,
    /// Longest run in seconds.
    pub timeout_seconds: u32,
    /// `Zip` or `Image`.
    pub package_type: String,
    /// The ARN of its role.
    pub role_arn: String,
    /// Subnets of its VPC configuration, sorted.
    pub subnet_ids: Vec<String>,
    /// Names of its environment variables, sorted; values are never read into the World.
    pub environment_keys: Vec<String>,
    /// The resource policy as JSON; `Known(None)` where none is set.
    pub policy: Evidence<Option<serde_json::Value>>,
    /// What is called in its code; absent for container images.
    #[serde(default)]
    pub handler: Option<String>,
    /// `Active`, `Inactive`, `Failed` …; absent where AWS does not say.
    #[serde(default)]
    pub state: Option<String>,
    /// Bytes of the deployed package.
    #[serde(default)]
    pub code_bytes: u64,
    /// Size of `/tmp` in MiB.
    #[serde(default = "smallest_storage")]
    pub ephemeral_storage_mib: u32,
    /// Security groups of its VPC configuration, sorted.
    #[serde(default)]
    pub security_group_ids: Vec<String>,
    /// ARNs of its layers, sorted.
    #[serde(default)]
    pub layers: Vec<String>,
    /// The key that encrypts its environment variables; absent means one that AWS owns.
    #[serde(default)]
    pub kms_key_arn: Option<String>,
    /// `Active` or `PassThrough`; absent where AWS does not say.
    #[serde(default)]
    pub tracing: Option<String>,
    /// The ARN of the queue or topic that failed events go to.
    #[serde(default)]
    pub dead_letter_arn: Option<String>,
    /// The log group it writes to.
    #[serde(default)]
    pub log_group: Option<String>,
    /// Its URLs, sorted.
    #[serde(default)]
    pub urls: Evidence<Vec<FunctionUrl>>,
    /// Executions kept for it alone; `Known(None)` where none are.
    #[serde(default)]
    pub reserved_concurrency: Evidence<Option<u32>>,
    /// Executions kept warm, by alias or version, sorted.
    #[serde(default)]
    pub provisioned_concurrency: Evidence<Vec<ProvisionedConcurrency>>,
}

/// What `/tmp` has without charge, in MiB. Source: AWS Lambda Developer Guide, Lambda quotas.
pub const BASE_STORAGE_MIB: u32 = 512;

const fn smallest_storage() -> u32 {
    BASE_STORAGE_MIB
}

/// An HTTPS endpoint of a function.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct FunctionUrl {
    /// The alias it belongs to; absent for the function itself.
    pub qualifier: Option<String>,
    /// `NONE` (anyone) or `AWS_IAM`.
    pub auth_type: String,
    /// Origins that browsers may call it from, sorted; `*` means any.
    pub cors_origins: Vec<String>,
}

/// Executions kept warm.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ProvisionedConcurrency {
    /// The alias or version.
    pub qualifier: String,
    /// How many were asked for.
    pub requested: u32,
    /// `READY`, `IN_PROGRESS` or `FAILED`.
    pub status: String,
}
