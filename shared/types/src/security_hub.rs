//! Findings of AWS Security Hub.

use serde::{Deserialize, Serialize};

use crate::id::ControlId;

/// An active finding of Security Hub.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecurityHubFinding {
    /// Its id.
    pub id: String,
    /// Its title.
    pub title: String,
    /// The control it belongs to, where it belongs to one.
    pub control: Option<ControlId>,
    /// `PASSED`, `FAILED`, `WARNING` or `NOT_AVAILABLE`.
    pub compliance: Option<String>,
    /// `CRITICAL`, `HIGH`, `MEDIUM`, `LOW` or `INFORMATIONAL`.
    pub severity: Option<String>,
    /// `NEW`, `NOTIFIED`, `SUPPRESSED` or `RESOLVED`.
    pub workflow: Option<String>,
    /// The resources it is about, sorted.
    pub resources: Vec<String>,
}
