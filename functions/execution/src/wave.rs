//! Goes on with the tasks of a wave, side by side.

use futures::{StreamExt, stream};
use miyabi_types::{
    error::ErrorName,
    phase::{StepReport, StepStatus},
    task::{AwsTask, TaskRecord, TaskStatus},
};

use crate::{
    cloud::Cloud,
    error::{ExecutionError, Result},
    forward::{Advance, forward},
    permit::Permit,
    record::{Book, Entry},
};

/// Tasks that are worked on at the same time.
const SIDE_BY_SIDE: usize = 8;
/// Seconds after which to come back to a task that AWS or another invocation held up.
const HELD_UP_SECONDS: u32 = 5;

/// How one task came along in this invocation.
pub struct Progress {
    pub record: Option<TaskRecord>,
    pub has_moved: bool,
    pub result: Result<Advance>,
}

/// Goes on with every task of the wave.
pub async fn run(
    cloud: &dyn Cloud,
    book: Book<'_>,
    permit: &Permit,
    wave: u32,
    tasks: &[AwsTask],
) -> Result<StepReport> {
    let works: Vec<_> =
        tasks.iter().map(|task| work(cloud, book, permit.allows(task), wave, task)).collect();
    let progress: Vec<Progress> = stream::iter(works).buffered(SIDE_BY_SIDE).collect().await;
    let settled: Vec<_> = progress.iter().filter_map(|one| one.record.as_ref()).collect();
    let count = |status| settled.iter().filter(|record| record.status == status).count();
    let problems = settled
        .iter()
        .filter(|record| record.status == TaskStatus::Failed)
        .map(|record| problem(record))
        .collect();
    report(
        count(TaskStatus::Completed),
        count(TaskStatus::Failed),
        settled.iter().any(|record| record.is_broken()),
        problems,
        progress.into_iter().map(|one| (one.has_moved, one.result)),
    )
}

/// What went wrong with a task, as one line.
pub fn problem(record: &TaskRecord) -> String {
    let why = record.error.as_ref().map_or("no reason is known", |error| error.message.as_str());
    let action = &record.task.action;
    format!("{} of {}: {why}", action.operation.name(), action.label)
}

async fn work(
    cloud: &dyn Cloud,
    book: Book<'_>,
    is_allowed: bool,
    wave: u32,
    task: &AwsTask,
) -> Progress {
    match Entry::open(book, TaskRecord::pending(task.clone(), wave)).await {
        Err(error) => Progress { record: None, has_moved: false, result: Err(error) },
        Ok(mut entry) => {
            let result = if is_allowed || entry.record.status != TaskStatus::Pending {
                forward(cloud, &mut entry).await
            } else {
                entry
                    .settle(TaskStatus::Cancelled, "not approved, nothing was done")
                    .await
                    .map(|()| Advance::Settled)
            };
            Progress { has_moved: entry.has_moved, record: Some(entry.record), result }
        }
    }
}

/// Puts the progress of several tasks together to one answer: failed if it `is_broken` in the end.
///
/// An error that stops one task is told only when it stops everything: as long as something moves
/// or waits, the state machine is to come back, and what was held up is tried again then.
pub fn report(
    completed: usize,
    failed: usize,
    is_broken: bool,
    problems: Vec<String>,
    results: impl IntoIterator<Item = (bool, Result<Advance>)>,
) -> Result<StepReport> {
    let mut wait: Option<u32> = None;
    let mut has_moved = false;
    let mut held_up = None;
    for (moved, result) in results {
        has_moved |= moved;
        match result {
            Ok(Advance::Settled) => {}
            Ok(Advance::Waiting(seconds)) => {
                wait = Some(wait.map_or(seconds, |least| least.min(seconds)));
            }
            // Another invocation has the task and goes on with it.
            Err(error) if error.name() == ErrorName::Conflict => {
                wait = Some(wait.unwrap_or(HELD_UP_SECONDS).min(HELD_UP_SECONDS));
            }
            Err(error) if !error.name().is_retryable() => return Err(error),
            Err(error) => held_up = Some(error),
        }
    }
    if let Some(error) = held_up {
        if !has_moved && wait.is_none() {
            return Err(error);
        }
        tracing::warn!(%error, "held up, to be tried again");
        wait = Some(wait.unwrap_or(HELD_UP_SECONDS));
    }
    let number = |count: usize| {
        u32::try_from(count).map_err(|_| ExecutionError::Defect(format!("{count} tasks")))
    };
    Ok(StepReport {
        status: match (wait, is_broken) {
            (Some(_), _) => StepStatus::InProgress,
            (None, false) => StepStatus::Done,
            (None, true) => StepStatus::Failed,
        },
        retry_after_seconds: wait.unwrap_or(0),
        completed: number(completed)?,
        failed: number(failed)?,
        problems,
    })
}
