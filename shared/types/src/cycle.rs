//! What travels between the states of the state machine: ids, keys, counts. Never data.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    allocation::{Allocation, Gate},
    artifact::{ArtifactRef, Versioned},
    id::{CycleId, TenantId},
    outcome::Outcome,
    plan::Plan,
    report::{CycleEnd, CycleReport, Measurement},
    settings::{Mode, TenantSettings},
    strategy::Strategy,
    world::{World, WorldManifest},
};

/// A World: by its manifest's key, or whole.
///
/// A stored World is its manifest and the chunks that the manifest names; an inline World is all of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WorldRef {
    /// The manifest is stored under this key.
    Manifest(ArtifactRef<WorldManifest>),
    /// All of it, here.
    Inline(Box<World>),
}

/// The state of a cycle: each phase takes it and gives it back with its own part filled in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CycleState {
    /// Whose.
    pub tenant: TenantId,
    /// Which cycle.
    pub cycle: CycleId,
    /// How far it may go.
    #[serde(default)]
    pub mode: Mode,
    /// The settings it runs with; absent means the defaults.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settings: Option<ArtifactRef<TenantSettings>>,
    /// What past cycles taught; absent means nothing yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub strategy: Option<ArtifactRef<Strategy>>,
    /// The World before acting.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub world0: Option<WorldRef>,
    /// The plan.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<ArtifactRef<Plan>>,
    /// The allocation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allocation: Option<ArtifactRef<Allocation>>,
    /// What the state machine does next.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gate: Option<Gate>,
    /// Indexes of the waves to execute.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub waves: Vec<u32>,
    /// Seconds that an approval request stays open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approval_seconds: Option<u32>,
    /// What execution did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<ArtifactRef<Outcome>>,
    /// The World after acting.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub world1: Option<WorldRef>,
    /// What acting changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub measurement: Option<ArtifactRef<Measurement>>,
    /// The report.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub report: Option<ArtifactRef<CycleReport>>,
}

impl CycleState {
    /// A cycle at its very beginning.
    pub const fn new(tenant: TenantId, cycle: CycleId, mode: Mode) -> Self {
        Self {
            tenant,
            cycle,
            mode,
            settings: None,
            strategy: None,
            world0: None,
            plan: None,
            allocation: None,
            gate: None,
            waves: Vec::new(),
            approval_seconds: None,
            outcome: None,
            world1: None,
            measurement: None,
            report: None,
        }
    }
}

/// A cycle in the ledger.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CycleRecord {
    /// Which cycle.
    pub cycle: CycleId,
    /// The mode it runs in.
    pub mode: Mode,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// When it was closed; absent while it runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closed_at: Option<Timestamp>,
    /// How it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end: Option<CycleEnd>,
}

impl Versioned for CycleRecord {
    const NAME: &'static str = "cycle";
}
