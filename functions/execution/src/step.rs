//! What a step of changing one resource is given and answers.

use miyabi_types::{
    action::{Action, TargetState},
    id::{CycleId, TenantId},
    task::Backup,
};
use serde_json::Value;

/// One action on its way, as far as it has come.
#[derive(Debug, Clone, Copy)]
pub struct Job<'a> {
    /// Whose.
    pub tenant: &'a TenantId,
    /// Of which cycle.
    pub cycle: CycleId,
    /// What to do.
    pub action: &'a Action,
    /// What was saved before the change; absent until the backup is done.
    pub backup: Option<&'a Backup>,
    /// What the operation noted for itself in an earlier invocation; null at first.
    pub note: &'a Value,
}

impl Job<'_> {
    /// The state before the change.
    pub fn before(&self) -> &TargetState {
        self.backup.map_or(&self.action.expected, |backup| &backup.state)
    }

    /// A thing that the backup kept, by its name; null where it kept none.
    pub fn kept(&self, name: &str) -> &Value {
        self.backup.map_or(&Value::Null, |backup| &backup.kept[name])
    }
}

/// How far a step came.
#[derive(Debug, Clone, PartialEq)]
pub enum Step<T> {
    /// Done, with this result.
    Done(T),
    /// AWS is at work; call again.
    Pending {
        /// Seconds to wait before calling again.
        retry_after: u32,
        /// What to remember until then; absent keeps what was noted before.
        note: Option<Value>,
    },
}

impl<T> Step<T> {
    /// AWS needs about this many seconds.
    pub const fn wait(seconds: u32) -> Self {
        Self::Pending { retry_after: seconds, note: None }
    }

    /// AWS needs about this many seconds, and `note` must not be forgotten.
    pub const fn wait_with(seconds: u32, note: Value) -> Self {
        Self::Pending { retry_after: seconds, note: Some(note) }
    }
}

/// What an undo brought back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Restored {
    /// Everything as it was; reading the resource shows it.
    Exactly,
    /// As near as AWS allows: how it differs, as a line for people.
    Otherwise(String),
}

/// Whether each setting is as before, or as it is to be: what a change leaves that came half way.
pub fn is_half_way(live: &TargetState, before: &TargetState, desired: &TargetState) -> bool {
    if live == before || live == desired {
        return true;
    }
    match (live, before, desired) {
        (TargetState::Present(settings), TargetState::Present(_), TargetState::Present(_)) => {
            settings.iter().all(|(name, value)| {
                value == before.setting(name) || value == desired.setting(name)
            })
        }
        _ => false,
    }
}
