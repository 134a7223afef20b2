//! A task: one action on its way through execution.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    action::{Action, TargetState},
    agent::HistoricalAgent,
    artifact::Versioned,
    error::ErrorName,
    finding::Saving,
    id::{CheckId, ControlId},
};

/// Where a task stands.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum TaskStatus {
    /// Not begun.
    #[default]
    Pending,
    /// Begun; the next invocation goes on with it.
    InProgress,
    /// Done and verified.
    Completed,
    /// Could not be done; the error says why.
    Failed,
    /// Not wanted: rejected, or undone by a rollback.
    Cancelled,
    /// Waits for something that did not happen.
    Blocked,
}

impl TaskStatus {
    /// Whether nothing more will happen to it in its cycle.
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Completed | Self::Failed | Self::Cancelled | Self::Blocked)
    }
}

/// A task, as planned: an action with its owner and what it promises.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AwsTask {
    /// What to do; its id is the task's id.
    pub action: Action,
    /// Who owns it.
    pub agent: HistoricalAgent,
    /// What it is to save.
    pub saving: Saving,
    /// The checks it answers.
    pub checks: Vec<CheckId>,
    /// The controls it is to mend on its resource.
    pub controls: Vec<ControlId>,
    /// One line for people.
    pub summary: String,
}

/// How far the execution of a task has come. Written before each step, so that a crash loses nothing.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Nothing done.
    #[default]
    Planned,
    /// The backup is being made.
    BackingUp,
    /// The backup exists; applying has begun or is about to.
    Applying,
    /// Applied and read back.
    Verified,
    /// The undo has begun.
    Undoing,
    /// Undone and read back.
    Undone,
}

/// A task, as executed. Kept in the ledger, long after the cycle.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TaskRecord {
    /// The task.
    pub task: AwsTask,
    /// Its wave.
    pub wave: u32,
    /// Where it stands.
    pub status: TaskStatus,
    /// How far its execution has come.
    pub stage: Stage,
    /// What was saved before the change; enough to undo it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backup: Option<Backup>,
    /// Notes of the operation to itself between invocations (ids of what it started).
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub progress: Value,
    /// What was done, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub log: Vec<LogEntry>,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<TaskError>,
}

impl Versioned for TaskRecord {
    const NAME: &'static str = "task";
}

impl TaskRecord {
    /// Whether it failed after it may have changed its resource. A task that was refused before
    /// that (its plan was stale, its backup could not be made) leaves nothing to undo.
    pub fn is_broken(&self) -> bool {
        self.status == TaskStatus::Failed
            && self.stage >= Stage::Applying
            && self.error.as_ref().is_none_or(|error| error.name != ErrorName::StalePlan)
    }

    /// A task that waits for its turn.
    pub const fn pending(task: AwsTask, wave: u32) -> Self {
        Self {
            task,
            wave,
            status: TaskStatus::Pending,
            stage: Stage::Planned,
            backup: None,
            progress: Value::Null,
            log: Vec::new(),
            error: None,
        }
    }
}

/// What was saved before a change.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Backup {
    /// When it was made.
    pub taken_at: Timestamp,
    /// The state before the change.
    pub state: TargetState,
    /// Things made to keep data, by kind: `snapshot_id`, `template_key` …
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub kept: Value,
}

/// One thing that was done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogEntry {
    /// When.
    pub at: Timestamp,
    /// What, as a lower-case fragment.
    pub what: String,
}

/// Why a task failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskError {
    /// The name.
    pub name: ErrorName,
    /// What happened, and to what.
    pub message: String,
}
