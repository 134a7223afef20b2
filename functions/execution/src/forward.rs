//! Leads one task forward: read, back up, apply, verify. Each stage is written down before it begins.

use jiff::SignedDuration;
use miyabi_types::task::{Backup, Stage, TaskStatus};
use serde_json::Value;

use crate::{
    cloud::Cloud,
    error::{ExecutionError, Result},
    record::Entry,
    step::Step,
};

/// How long AWS may be at work in one stage. Snapshots of large volumes take hours.
const PATIENCE: SignedDuration = SignedDuration::from_hours(12);
/// How long reading back may show an older state: S3 and EC2 are eventually consistent.
const READ_BACK_PATIENCE: SignedDuration = SignedDuration::from_mins(2);
/// Seconds between two readings back.
const READ_BACK_SECONDS: u32 = 3;

/// How far a task came in this invocation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Advance {
    /// Nothing more will happen to it.
    Settled,
    /// To be called again in so many seconds.
    Waiting(u32),
}

enum Flow {
    Next,
    Wait(u32),
}

/// Leads a task as far as it comes now.
///
/// An error is one that the state machine must know: the ledger failed, or AWS asks to come back
/// later. Whatever else goes wrong fails the task and is written into its record.
pub async fn forward(cloud: &dyn Cloud, entry: &mut Entry<'_>) -> Result<Advance> {
    while !entry.record.status.is_final() {
        let flow = match entry.record.stage {
            Stage::Planned => begin(cloud, entry).await,
            Stage::BackingUp => back_up(cloud, entry).await,
            Stage::Applying => apply(cloud, entry).await,
            Stage::Verified | Stage::Undoing | Stage::Undone => {
                return Err(ExecutionError::Refused(format!(
                    "{} is being rolled back and cannot go forward",
                    entry.label()
                )));
            }
        };
        match flow {
            Ok(Flow::Next) => {}
            Ok(Flow::Wait(seconds)) => return Ok(Advance::Waiting(seconds)),
            Err(error) if concerns_everyone(&error) => return Err(error),
            Err(error) => entry.fail(TaskStatus::Failed, &error).await?,
        }
    }
    Ok(Advance::Settled)
}

/// Whether an error says nothing about the one task that met it.
pub const fn concerns_everyone(error: &ExecutionError) -> bool {
    matches!(error, ExecutionError::Platform(_)) || error.name().is_retryable()
}

async fn begin(cloud: &dyn Cloud, entry: &mut Entry<'_>) -> Result<Flow> {
    let live = cloud.read(&entry.job()).await?;
    let action = &entry.record.task.action;
    if live == action.desired {
        entry.settle(TaskStatus::Completed, "already so, nothing was done").await?;
    } else if live == action.expected {
        entry.record.status = TaskStatus::InProgress;
        entry.enter(Stage::BackingUp, "backing up").await?;
    } else {
        let differences = action.expected.differences(&live).join(", ");
        return Err(ExecutionError::Stale(format!("changed since it was planned: {differences}")));
    }
    Ok(Flow::Next)
}

async fn back_up(cloud: &dyn Cloud, entry: &mut Entry<'_>) -> Result<Flow> {
    match cloud.backup(&entry.job()).await? {
        Step::Done(kept) => {
            let state = entry.record.task.action.expected.clone();
            let what = if kept.is_null() {
                "backed up, applying".to_owned()
            } else {
                format!("backed up ({}), applying", names(&kept))
            };
            entry.record.backup = Some(Backup { taken_at: entry.now(), state, kept });
            entry.enter(Stage::Applying, what).await?;
            Ok(Flow::Next)
        }
        Step::Pending { retry_after, note } => wait(entry, retry_after, note).await,
    }
}

async fn apply(cloud: &dyn Cloud, entry: &mut Entry<'_>) -> Result<Flow> {
    // Read before every write: a backup can take hours, and a crash lies in between at worst.
    let live = cloud.read(&entry.job()).await?;
    if !cloud.is_own_state(&live, &entry.job()) {
        let differences = entry.job().before().differences(&live).join(", ");
        return Err(ExecutionError::Stale(format!("changed since the backup: {differences}")));
    }
    match cloud.apply(&entry.job()).await? {
        Step::Pending { retry_after, note } => wait(entry, retry_after, note).await,
        Step::Done(()) => {
            let live = cloud.read(&entry.job()).await?;
            if live == entry.record.task.action.desired {
                entry.record.status = TaskStatus::Completed;
                entry.enter(Stage::Verified, "applied and read back").await?;
                return Ok(Flow::Next);
            }
            let differences = entry.record.task.action.desired.differences(&live);
            match read_back_later(entry, &differences).await? {
                Advance::Waiting(seconds) => Ok(Flow::Wait(seconds)),
                Advance::Settled => Ok(Flow::Next),
            }
        }
    }
}

/// Waits until reading back shows what was written, for a while.
pub async fn read_back_later(entry: &mut Entry<'_>, differences: &[String]) -> Result<Advance> {
    let now = entry.now();
    let Some(since) = entry.notes.verifying_since else {
        entry.notes.verifying_since = Some(now);
        entry.save().await?;
        return Ok(Advance::Waiting(READ_BACK_SECONDS));
    };
    if now.duration_since(since) > READ_BACK_PATIENCE {
        return Err(ExecutionError::NotDone(format!(
            "was written, but reads back differently: {}",
            differences.join(", ")
        )));
    }
    Ok(Advance::Waiting(READ_BACK_SECONDS))
}

async fn wait(entry: &mut Entry<'_>, seconds: u32, note: Option<Value>) -> Result<Flow> {
    patiently(entry, note).await?;
    Ok(Flow::Wait(seconds))
}

/// Remembers what AWS is at, and for how long; an error once it has taken too long.
pub async fn patiently(entry: &mut Entry<'_>, note: Option<Value>) -> Result<()> {
    let now = entry.now();
    if let Some(since) = entry.notes.waiting_since
        && now.duration_since(since) > PATIENCE
    {
        return Err(ExecutionError::NotDone(format!(
            "AWS has not finished within {} hours",
            PATIENCE.as_hours()
        )));
    }
    let mut notes = entry.notes.clone();
    notes.waiting_since.get_or_insert(now);
    if let Some(note) = note {
        // What a change set is about to do is for people too.
        if note["changes"] != notes.operation["changes"] {
            for change in note["changes"].as_array().into_iter().flatten() {
                entry.log(format!("the change set will {}", change.as_str().unwrap_or_default()));
            }
        }
        notes.operation = note;
    }
    if notes != entry.notes {
        entry.notes = notes;
        entry.save().await?;
    }
    Ok(())
}

/// What was kept, for people: ids, and the names of the rest.
fn names(kept: &Value) -> String {
    let parts: Vec<_> = kept
        .as_object()
        .into_iter()
        .flatten()
        .filter(|(_, value)| !value.is_null())
        .map(|(name, value)| match value.as_str() {
            Some(text) => format!("{name} {text}"),
            None => name.clone(),
        })
        .collect();
    parts.join(", ")
}
