//! What execution did.

use serde::{Deserialize, Serialize};

use crate::{
    artifact::Versioned,
    id::{CycleId, TenantId},
    task::{TaskRecord, TaskStatus},
};

/// What the health gate saw after a wave.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Health {
    /// Whether the next wave may begin.
    pub healthy: bool,
    /// What is wrong: alarms in ALARM, failed status checks, failed tasks.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub problems: Vec<String>,
}

/// The outcome of one wave.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WaveOutcome {
    /// Its index.
    pub index: u32,
    /// What the health gate saw; absent if it never ran.
    pub health: Option<Health>,
    /// Whether the wave was rolled back.
    pub rolled_back: bool,
}

impl Versioned for WaveOutcome {
    const NAME: &'static str = "wave";
}

/// The outcome of a cycle's execution.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    /// Whose.
    pub tenant: TenantId,
    /// Of which cycle.
    pub cycle: CycleId,
    /// Its waves, in order.
    pub waves: Vec<WaveOutcome>,
    /// Every task, in order of waves.
    pub tasks: Vec<TaskRecord>,
}

impl Versioned for Outcome {
    const NAME: &'static str = "outcome";
}

impl Outcome {
    /// Tasks with this status.
    pub fn count(&self, status: TaskStatus) -> usize {
        self.tasks.iter().filter(|record| record.status == status).count()
    }
}
