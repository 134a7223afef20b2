//! AWS Security Hub as a setting of a region; its findings are in [`crate::security_hub`].

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{evidence::Evidence, id::ControlId};

/// Security Hub in a region; one per region, even where it is off.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Hub {
    /// Its settings; absent where it is off.
    pub enabled: Option<HubSettings>,
}

/// What Security Hub does in a region.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HubSettings {
    /// Since when.
    pub since: Option<Timestamp>,
    /// Whether new controls of enabled standards are enabled by themselves.
    pub auto_enable_controls: bool,
    /// `SECURITY_CONTROL` (one finding per control) or `STANDARD_CONTROL` (one per standard).
    pub finding_generator: Option<String>,
    /// Enabled standards, sorted by ARN.
    pub standards: Evidence<Vec<Standard>>,
}

/// An enabled standard.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Standard {
    /// The standard's ARN, which ends with its name and version.
    pub arn: String,
    /// `READY`, `PENDING`, `INCOMPLETE` …
    pub status: String,
    /// Its controls, sorted.
    pub controls: Evidence<Vec<StandardControl>>,
}

/// A control of a standard.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct StandardControl {
    /// The control; absent where the standard numbers its controls otherwise (`1.1`).
    pub control: Option<ControlId>,
    /// The number in the standard, for example `EC2.8` or `1.1`.
    pub id: String,
    /// Whether it is checked.
    pub enabled: bool,
    /// Why not.
    pub disabled_reason: Option<String>,
    /// `CRITICAL`, `HIGH`, `MEDIUM` or `LOW`.
    pub severity: Option<String>,
}
