//! What acting changed, read off the World before and the World after.

use std::collections::BTreeMap;

use miyabi_types::{
    finding::Saving,
    id::{ActionId, Arn},
    money::MonthlyUsd,
    outcome::Outcome,
    report::{MeasuredSaving, Measurement},
    resource::{Resource, ResourceConfig, ResourceKind},
    task::{AwsTask, TaskStatus},
    world::{Scope, World},
};

use crate::{assess::assess, context::Context, registry, rules::Rules};

/// Judges `after` under the same `rules` as before, and measures what each completed task saved.
pub fn measure<'r>(
    before: &World,
    after: &World,
    outcome: &Outcome,
    rules: impl Into<Rules<'r>>,
) -> Measurement {
    let mut tasks: BTreeMap<&Arn, Vec<&AwsTask>> = BTreeMap::new();
    for record in outcome.tasks.iter().filter(|r| r.status == TaskStatus::Completed) {
        tasks.entry(&record.task.action.target).or_default().push(&record.task);
    }
    let mut savings = BTreeMap::new();
    let mut backups = MonthlyUsd::ZERO;
    let context = Context::new(after);
    for (target, tasks) in tasks {
        if let Some(was) = before.find(target.as_str()) {
            backups += backup_cost(before, &context, was).unwrap_or_default();
        }
        let measured = difference(before, &context, target);
        for (id, saving) in share(&tasks, measured) {
            savings.insert(id, saving);
        }
    }
    let after = assess(after, &registry::all(), rules).assessment;
    Measurement { after, backups, savings }
}

/// What was saved on one resource belongs to the task that promised most; the others saved nothing more.
fn share(
    tasks: &[&AwsTask],
    measured: Option<MonthlyUsd>,
) -> impl Iterator<Item = (ActionId, MeasuredSaving)> {
    let earner = tasks
        .iter()
        .max_by_key(|task| (task.saving != Saving::None, task.saving.amount()))
        .map(|task| task.action.id.clone());
    tasks.iter().map(move |task| {
        let id = task.action.id.clone();
        let measured = if Some(&id) == earner.as_ref() { measured } else { Some(MonthlyUsd::ZERO) };
        (id, MeasuredSaving { promised: task.saving.amount(), measured })
    })
}

/// The list price of `target` before, less after, less what the backup of its data costs; `None` where
/// any of these is not known.
fn difference(before: &World, after: &Context<'_>, target: &Arn) -> Option<MonthlyUsd> {
    let was = before.find(target.as_str())?;
    let cost_before = *was.monthly_cost.known()?;
    let cost_after = match after.world.find(target.as_str()) {
        Some(is) => *is.monthly_cost.known()?,
        None if could_be_seen(after.world, was) => backup_cost(before, after, was)?,
        None => return None,
    };
    Some(cost_before - cost_after)
}

/// Whether resources like `was` could be listed where it was: else its absence means nothing.
fn could_be_seen(world: &World, was: &Resource) -> bool {
    let scope = Scope { account: was.account.clone(), region: was.region.clone() };
    world.manifest.scopes.iter().any(|manifest| manifest.scope == scope)
        && world.unseen(was.kind()).all(|(unseen, _)| *unseen != scope)
}

/// The most that new snapshots of a volume that is gone can cost.
fn backup_cost(before: &World, after: &Context<'_>, was: &Resource) -> Option<MonthlyUsd> {
    let mut total = MonthlyUsd::ZERO;
    for resource in after.naming(ResourceKind::Ec2Snapshot, &was.id, was) {
        if let ResourceConfig::Ec2Snapshot(snapshot) = &resource.config
            && before.find(resource.arn.as_str()).is_none()
        {
            total += *after.snapshot_cost(resource, snapshot.volume_size_gib).known()?;
        }
    }
    Some(total)
}

#[cfg(test)]
mod tests;
