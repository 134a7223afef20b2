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
}
