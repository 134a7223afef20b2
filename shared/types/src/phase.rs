//! What each function takes and gives back: `{"operation": …, …}` in, a small object out.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::{
    approval::{TaskToken, Verdict},
    artifact::ArtifactRef,
    cycle::CycleState,
    error::ErrorName,
    id::{ActionId, CycleId, Region, TenantId},
    outcome::Health,
    report::CycleEnd,
    settings::Mode,
    world::{ChunkLine, Scope, ScopeManifest},
};

/// θ₁: what `discovery` is asked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "operation", rename_all = "snake_case", deny_unknown_fields)]
pub enum DiscoveryRequest {
    /// Opens a cycle: takes the tenant's lease, reads settings and strategy, lists the scopes.
    Open {
        /// Whose cycle.
        tenant: TenantId,
        /// The mode, if not the settings' own. A cycle never goes further than the input says.
        #[serde(default)]
        mode: Option<Mode>,
        /// The regions, if not the settings' own.
        #[serde(default)]
        regions: Vec<Region>,
        /// The execution that runs the cycle; opening twice for one execution opens one cycle.
        #[serde(default)]
        execution: Option<String>,
    },
    /// Reads one scope.
    Scan {
        /// The cycle.
        cycle: Box<CycleState>,
        /// 0 before acting, 1 after.
        sequence: u32,
        /// What to read.
        scope: Scope,
    },
    /// Puts the scopes together to a World.
    Seal {
        /// The cycle.
        cycle: Box<CycleState>,
        /// 0 before acting, 1 after.
        sequence: u32,
        /// The scopes that must be there.
        scopes: Vec<Scope>,
        /// The scopes themselves, where nothing is deployed to store them.
        #[serde(default)]
        inline: Vec<ScannedScope>,
    },
    /// Records how the cycle ended and gives the lease back.
    Close {
        /// The cycle.
        cycle: Box<CycleState>,
        /// How it ended.
        end: CycleEnd,
    },
}

/// θ₁: what `discovery` answers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum DiscoveryResponse {
    /// To `scan`.
    Scanned(Box<ScannedScope>),
    /// To `open`, `seal` and `close`.
    Cycle {
        /// The cycle, with its World after `seal`.
        cycle: Box<CycleState>,
        /// The scopes to read, after `open`.
        #[serde(default)]
        scopes: Vec<Scope>,
    },
}

/// A scope that was read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ScannedScope {
    /// What it holds.
    pub manifest: ScopeManifest,
    /// Its lines, where nothing is deployed to store them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lines: Option<Vec<ChunkLine>>,
    /// Services that are still to be read, where time was over before: the scope is to be asked for again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remaining: Option<u32>,
}

/// θ₂: what `generation` is asked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "operation", rename_all = "snake_case", deny_unknown_fields)]
pub enum GenerationRequest {
    /// Judges World₀ and writes the plan, its documents and its code.
    Plan {
        /// The cycle, with `world0`.
        cycle: Box<CycleState>,
    },
    /// Judges World₁ and measures what acting changed.
    Measure {
        /// The cycle, with both Worlds, `allocation` and `outcome`.
        cycle: Box<CycleState>,
    },
}

/// θ₃: what `allocation` is asked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "operation", rename_all = "snake_case", deny_unknown_fields)]
pub enum AllocationRequest {
    /// Decides what is done now, in which wave, by whom.
    Allocate {
        /// The cycle, with `world0` and `plan`.
        cycle: Box<CycleState>,
    },
}

/// θ₄: what `execution` is asked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "operation", rename_all = "snake_case", deny_unknown_fields)]
pub enum ExecutionRequest {
    /// Goes on with a wave until it is done; called again while `status` is `in_progress`.
    Wave {
        /// The cycle, with `allocation`.
        cycle: Box<CycleState>,
        /// Which wave.
        wave: u32,
    },
    /// Looks whether the account is well after a wave.
    Health {
        /// The cycle.
        cycle: Box<CycleState>,
        /// After which wave.
        wave: u32,
    },
    /// Undoes a wave, or the whole cycle, in reverse order; called again while `status` is `in_progress`.
    Rollback {
        /// Whose.
        tenant: TenantId,
        /// Which cycle: any, however old.
        cycle_id: CycleId,
        /// Which wave; absent means all.
        #[serde(default)]
        wave: Option<u32>,
    },
    /// Writes the outcome.
    Finish {
        /// The cycle.
        cycle: Box<CycleState>,
    },
}

/// Whether a step of execution is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepStatus {
    /// Call again.
    InProgress,
    /// Done, and well.
    Done,
    /// Done, but something failed.
    Failed,
}

/// θ₄: what `execution` answers to `wave` and `rollback`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepReport {
    /// Whether it is done.
    pub status: StepStatus,
    /// Seconds to wait before calling again.
    pub retry_after_seconds: u32,
    /// Tasks completed (or undone) so far.
    pub completed: u32,
    /// Tasks that failed (or could not be undone).
    pub failed: u32,
    /// What could not be done, one line each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub problems: Vec<String>,
}

/// θ₄: what `execution` answers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum ExecutionResponse {
    /// To `wave` and `rollback`.
    Step(StepReport),
    /// To `health`.
    Health(Health),
    /// To `finish`.
    Cycle(CycleResponse),
}

/// θ₅: what `integration` is asked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "operation", rename_all = "snake_case", deny_unknown_fields)]
pub enum IntegrationRequest {
    /// Asks for approval; the state machine waits for the token.
    RequestApproval {
        /// The cycle, with `plan` and `allocation`.
        cycle: Box<CycleState>,
        /// The callback token.
        task_token: TaskToken,
    },
    /// Decides on a cycle that waits; called by a person, by way of IAM.
    Decide {
        /// Whose.
        tenant: TenantId,
        /// Which cycle.
        cycle_id: CycleId,
        /// Approve or reject.
        verdict: Verdict,
        /// The actions it is about; absent means all.
        #[serde(default)]
        only: Option<BTreeSet<ActionId>>,
        /// Who decides.
        by: String,
        /// Why.
        #[serde(default)]
        reason: Option<String>,
    },
    /// Writes the report and tells everybody how the cycle ended.
    Report {
        /// The cycle, as far as it came.
        cycle: Box<CycleState>,
        /// How it ended.
        end: CycleEnd,
    },
}

/// θ₅: a channel that could not be told; the cycle and the other channels go on without it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Undelivered {
    /// The channel's name.
    pub channel: String,
    /// What went wrong.
    pub error: ErrorName,
    /// What happened; never an address or a secret of the channel.
    pub message: String,
}

/// θ₅: what `integration` answers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum IntegrationResponse {
    /// To `request_approval` and `report`.
    Told {
        /// The cycle, with its report after `report`.
        cycle: Box<CycleState>,
        /// The report for people, after `report`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        document: Option<ArtifactRef<String>>,
        /// Channels that could not be told.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        undelivered: Vec<Undelivered>,
    },
    /// To `decide`.
    Decided {
        /// Which cycle.
        cycle_id: CycleId,
        /// What was decided.
        verdict: Verdict,
        /// Actions that may be done now.
        approved: u32,
        /// Who decided.
        by: String,
    },
}

/// θ₆: what `learning` is asked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "operation", rename_all = "snake_case", deny_unknown_fields)]
pub enum LearningRequest {
    /// Adds the cycle to the history and writes the strategy for the next one.
    Learn {
        /// The cycle, with `report`.
        cycle: Box<CycleState>,
    },
}

/// What most functions answer: the cycle with their part filled in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CycleResponse {
    /// The cycle.
    pub cycle: Box<CycleState>,
}
