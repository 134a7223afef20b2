//! The report of a cycle: promised against measured.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    artifact::{ArtifactKey, Versioned},
    error::ErrorName,
    evidence::Unavailable,
    finding::Severity,
    id::{ActionId, CycleId, TenantId},
    money::MonthlyUsd,
    plan::Assessment,
    resource::ResourceKind,
    settings::Mode,
    task::{TaskError, TaskStatus},
};

/// What acting changed, read off World₀ and World₁.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Measurement {
    /// How World₁ was judged.
    pub after: Assessment,
    /// The most that backups which acting made cost per month. AWS does not say how much of a
    /// snapshot is stored, so no World prices it; what acting itself added is counted in full.
    #[serde(default)]
    pub backups: MonthlyUsd,
    /// What each executed action saved on its own resource (with what belongs to it), by action.
    pub savings: BTreeMap<ActionId, MeasuredSaving>,
}

impl Versioned for Measurement {
    const NAME: &'static str = "measurement";
}

/// Promised against measured, for one action.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct MeasuredSaving {
    /// What was promised.
    pub promised: MonthlyUsd,
    /// The list price of the resource before, less after; absent if either is not known.
    pub measured: Option<MonthlyUsd>,
}

/// How a cycle ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "status", rename_all = "snake_case")]
pub enum CycleEnd {
    /// It looked and planned; nothing was to be done, or the mode only observes.
    Observed,
    /// It acted.
    Acted,
    /// A person said no.
    Rejected,
    /// Nobody decided in time.
    Expired,
    /// It failed.
    Failed {
        /// The state that failed.
        state: String,
        /// The error's name; names that are not ours are told in the message.
        error: Option<ErrorName>,
        /// What happened.
        message: String,
    },
}

/// One line of the report: an action and what became of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReportedAction {
    /// The action.
    pub id: ActionId,
    /// Its operation's name.
    pub operation: String,
    /// What people call its resource.
    pub label: String,
    /// What is done and why.
    pub summary: String,
    /// Its wave.
    pub wave: u32,
    /// Where it stands.
    pub status: TaskStatus,
    /// What it was to save.
    pub promised: MonthlyUsd,
    /// What it saved; absent if that could not be measured.
    pub measured: Option<MonthlyUsd>,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<TaskError>,
}

/// The report of a cycle.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CycleReport {
    /// Whose.
    pub tenant: TenantId,
    /// Which cycle.
    pub cycle: CycleId,
    /// The mode it ran in.
    pub mode: Mode,
    /// When the report was written.
    pub at: Timestamp,
    /// How it ended.
    pub end: CycleEnd,
    /// Resources by kind.
    pub resources: BTreeMap<ResourceKind, u64>,
    /// Findings by severity, before acting.
    pub findings: BTreeMap<Severity, u64>,
    /// What could not be seen: API call and reason.
    pub unseen: Vec<(String, Unavailable)>,
    /// List price before acting.
    pub cost_before: MonthlyUsd,
    /// What acting was to save.
    pub promised_saving: MonthlyUsd,
    /// List price measured afterwards, with the most that backups made while acting can cost;
    /// absent if nothing was executed.
    pub cost_after: Option<MonthlyUsd>,
    /// Security score before, per mille.
    pub score_before: Option<u32>,
    /// Security score to reach, per mille.
    pub promised_score: Option<u32>,
    /// Security score measured afterwards, per mille; absent if nothing was executed.
    pub score_after: Option<u32>,
    /// Actions, in order of waves.
    pub actions: Vec<ReportedAction>,
    /// API calls made to see both Worlds.
    pub api_calls: u64,
    /// Cost Explorer requests among them.
    pub cost_explorer_requests: u64,
    /// Metrics asked of `CloudWatch` for both Worlds.
    #[serde(default)]
    pub metrics_requested: u64,
    /// Documents and code of the plan.
    pub documents: Vec<ArtifactKey>,
}

impl Versioned for CycleReport {
    const NAME: &'static str = "report";
}
