//! Amazon GuardDuty.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::evidence::Evidence;

/// The detector of a region.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Detector {
    /// Whether it works, and on what.
    pub settings: Evidence<DetectorSettings>,
}

/// What a detector does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DetectorSettings {
    /// Whether it is `ENABLED`; a suspended one is not.
    pub enabled: bool,
    /// How often findings are published: `FIFTEEN_MINUTES`, `ONE_HOUR` or `SIX_HOURS`.
    pub publishing_frequency: Option<String>,
    /// Whether each protection (`S3_DATA_EVENTS`, `EKS_AUDIT_LOGS` …) is enabled, and what is configured besides
    /// for one (`RUNTIME_MONITORING.EC2_AGENT_MANAGEMENT` …).
    pub features: BTreeMap<String, bool>,
}
