//! Undoes what a cycle changed, last wave first, from the ledger alone.

use std::{cmp::Reverse, collections::BTreeMap};

use miyabi_types::{
    phase::StepReport,
    task::{Stage, TaskRecord, TaskStatus},
};

use crate::{
    cloud::Cloud,
    error::{ExecutionError, Result},
    forward::{Advance, concerns_everyone, patiently, read_back_later},
    record::{Book, Entry},
    step::{Restored, Step},
    wave::report,
};

/// How the undo of one task came along.
struct Undoing {
    has_moved: bool,
    result: Result<Advance>,
    record: TaskRecord,
    refusal: Option<ExecutionError>,
}

/// Undoes these records; earlier waves wait for later ones. Answers the waves that are through.
pub async fn run(
    cloud: &dyn Cloud,
    book: Book<'_>,
    records: Vec<TaskRecord>,
) -> Result<(StepReport, Vec<(u32, bool)>)> {
    let mut waves: BTreeMap<Reverse<u32>, Vec<TaskRecord>> = BTreeMap::new();
    for record in records {
        waves.entry(Reverse(record.wave)).or_default().push(record);
    }
    let mut all = Vec::new();
    let mut through = Vec::new();
    for (Reverse(wave), mut tasks) in waves {
        // Last applied, first undone.
        tasks.sort_by_key(|record| Reverse(applied_at(record)));
        let mut is_through = true;
        let mut is_whole = true;
        for record in tasks {
            let undoing = undo(cloud, book, record).await?;
            is_through &= matches!(undoing.result, Ok(Advance::Settled));
            is_whole &= undoing.refusal.is_none();
            all.push(undoing);
        }
        if !is_through {
            break;
        }
        through.push((wave, is_whole));
    }
    let undone = all.iter().filter(|one| one.record.stage == Stage::Undone).count();
    let failed = all.iter().filter(|one| one.refusal.is_some()).count();
    let problems = all.iter().filter_map(problem).collect();
    let results = all.into_iter().map(|one| (one.has_moved, one.result));
    let report = report(undone, failed, failed > 0, problems, results)?;
    Ok((report, through))
}

fn applied_at(record: &TaskRecord) -> Option<jiff::Timestamp> {
    record.backup.as_ref().map(|backup| backup.taken_at)
}

fn problem(undoing: &Undoing) -> Option<String> {
    let action = &undoing.record.task.action;
    let caveat = undoing.record.progress["caveat"].as_str();
    let what = match &undoing.refusal {
        Some(error) => format!("not undone: {error}"),
        None => caveat?.to_owned(),
    };
    Some(format!("{} of {}: {what}", action.operation.name(), action.label))
}

async fn undo(cloud: &dyn Cloud, book: Book<'_>, record: TaskRecord) -> Result<Undoing> {
    let mut entry = Entry::open(book, record).await?;
    let mut refusal = None;
    let result = match backward(cloud, &mut entry).await {
        Err(error) if concerns_everyone(&error) => Err(error),
        Err(error) => {
            let status = match entry.record.status {
                TaskStatus::InProgress => TaskStatus::Failed,
                other => other,
            };
            let noted = entry.fail(status, &error).await;
            refusal = Some(error);
            noted.map(|()| Advance::Settled)
        }
        Ok(advance) => Ok(advance),
    };
    Ok(Undoing { has_moved: entry.has_moved, result, record: entry.record, refusal })
}

/// Leads one task back as far as it comes now.
async fn backward(cloud: &dyn Cloud, entry: &mut Entry<'_>) -> Result<Advance> {
    match entry.record.stage {
        Stage::Undone => return Ok(Advance::Settled),
        // Nothing was changed yet.
        Stage::Planned | Stage::BackingUp => {
            if !entry.record.status.is_final() {
                entry.settle(TaskStatus::Cancelled, "rolled back before anything changed").await?;
            }
            return Ok(Advance::Settled);
        }
        Stage::Verified => {
            let live = cloud.read(&entry.job()).await?;
            if live == *entry.job().before() {
                finish(entry, "already as before").await?;
                return Ok(Advance::Settled);
            }
            let desired = &entry.record.task.action.desired;
            if live != *desired {
                let differences = desired.differences(&live).join(", ");
                return Err(ExecutionError::Stale(format!(
                    "changed since Miyabi changed it: {differences}"
                )));
            }
            entry.enter(Stage::Undoing, "undoing").await?;
        }
        Stage::Applying => entry.enter(Stage::Undoing, "undoing what came half way").await?,
        Stage::Undoing => {}
    }
    // Half done or half undone: any state that the change itself passes through is ours.
    let live = cloud.read(&entry.job()).await?;
    if !cloud.is_own_state(&live, &entry.job()) {
        let differences = entry.job().before().differences(&live).join(", ");
        return Err(ExecutionError::Stale(format!("changed by somebody else: {differences}")));
    }
    match cloud.undo(&entry.job()).await? {
        Step::Pending { retry_after, note } => {
            patiently(entry, note).await?;
            Ok(Advance::Waiting(retry_after))
        }
        Step::Done(Restored::Otherwise(caveat)) => {
            let what = format!("undone: {caveat}");
            entry.notes.caveat = Some(caveat);
            finish(entry, &what).await?;
            Ok(Advance::Settled)
        }
        Step::Done(Restored::Exactly) => {
            let live = cloud.read(&entry.job()).await?;
            if live == *entry.job().before() {
                finish(entry, "undone and read back").await?;
                return Ok(Advance::Settled);
            }
            let differences = entry.job().before().differences(&live);
            read_back_later(entry, &differences).await
        }
    }
}

async fn finish(entry: &mut Entry<'_>, what: &str) -> Result<()> {
    // A task that failed stays failed; undoing it only tidies up.
    if entry.record.status != TaskStatus::Failed {
        entry.record.status = TaskStatus::Cancelled;
        entry.record.error = None;
    }
    entry.enter(Stage::Undone, what).await
}
