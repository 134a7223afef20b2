//! The report of a cycle: what was promised, what was measured, what was not seen.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use miyabi_types::{
    cycle::CycleState,
    evidence::Unavailable,
    money::MonthlyUsd,
    plan::Assessment,
    report::{CycleEnd, CycleReport, ReportedAction},
    resource::ResourceKind,
    task::{AwsTask, TaskStatus},
    world::WorldManifest,
};

use crate::dossier::Dossier;

/// The report of `cycle`, which ended like `end`, from what it left behind.
pub fn build(cycle: &CycleState, dossier: &Dossier, end: CycleEnd, at: Timestamp) -> CycleReport {
    let assessment = dossier.plan.as_ref().map(|plan| &plan.assessment);
    let measurement = dossier.measurement.as_ref();
    let after = measurement.map(|measured| &measured.after);
    let worlds = || dossier.before.iter().chain(&dossier.after).flat_map(|world| &world.scopes);
    let resources = match (assessment, &dossier.before) {
        (Some(assessment), _) => assessment.resources.clone(),
        (None, Some(world)) => count_resources(world),
        (None, None) => BTreeMap::new(),
    };
    CycleReport {
        tenant: cycle.tenant.clone(),
        cycle: cycle.cycle,
        mode: cycle.mode,
        at,
        resources,
        findings: assessment.map(Assessment::by_severity).unwrap_or_default(),
        unseen: unseen(dossier),
        cost_before: assessment.map_or(MonthlyUsd::ZERO, |judged| judged.monthly_cost),
        promised_saving: dossier
            .allocation
            .as_ref()
            .map_or(MonthlyUsd::ZERO, |allocation| allocation.promised_saving),
        cost_after: measurement.map(|measured| measured.after.monthly_cost + measured.backups),
        score_before: assessment.and_then(|judged| judged.score.permille),
        promised_score: dossier
            .allocation
            .as_ref()
            .and_then(|allocation| allocation.promised_score_permille),
        score_after: after.and_then(|judged| judged.score.permille),
        actions: dossier
            .tasks()
            .into_iter()
            .map(|(wave, task)| reported(dossier, &end, wave, task))
            .collect(),
        api_calls: worlds().map(|scope| scope.api_calls).sum(),
        cost_explorer_requests: worlds().map(|scope| scope.cost_explorer_requests).sum(),
        metrics_requested: worlds().map(|scope| scope.metrics_requested).sum(),
        documents: dossier
            .plan
            .iter()
            .flat_map(|plan| &plan.documents)
            .filter_map(|document| document.content.key().cloned())
            .collect(),
        end,
    }
}

fn count_resources(world: &WorldManifest) -> BTreeMap<ResourceKind, u64> {
    let mut counts = BTreeMap::new();
    for (kind, count) in world.scopes.iter().flat_map(|scope| &scope.resources) {
        *counts.entry(*kind).or_insert(0) += count;
    }
    counts
}

/// Each call that failed, once for each reason, however many scopes it failed in.
fn unseen(dossier: &Dossier) -> Vec<(String, Unavailable)> {
    let mut calls = BTreeSet::new();
    for world in dossier.before.iter().chain(&dossier.after) {
        for coverage in world.scopes.iter().flat_map(|scope| &scope.coverage) {
            if let Err(why) = coverage.result.get() {
                calls.insert((coverage.api.to_string(), why.clone()));
            }
        }
    }
    calls.into_iter().collect()
}

fn reported(dossier: &Dossier, end: &CycleEnd, wave: u32, task: &AwsTask) -> ReportedAction {
    let id = &task.action.id;
    let record = dossier
        .outcome
        .iter()
        .flat_map(|outcome| &outcome.tasks)
        .find(|record| record.task.action.id == *id);
    let measured = dossier.measurement.as_ref().and_then(|measurement| measurement.savings.get(id));
    ReportedAction {
        id: id.clone(),
        operation: task.action.operation.name().into(),
        label: task.action.label.clone(),
        summary: task.summary.clone(),
        wave,
        status: record.map_or_else(|| never_begun(end), |record| record.status),
        promised: task.saving.amount(),
        measured: measured.and_then(|saving| saving.measured),
        error: record.and_then(|record| record.error.clone()),
    }
}

/// Where a task stands that execution has no record of.
const fn never_begun(end: &CycleEnd) -> TaskStatus {
    match end {
        CycleEnd::Observed | CycleEnd::Failed { .. } => TaskStatus::Pending,
        // Acted without it: it was not among the approved ones.
        CycleEnd::Acted | CycleEnd::Rejected => TaskStatus::Cancelled,
        CycleEnd::Expired => TaskStatus::Blocked,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    fn dossier() -> Dossier {
        Dossier {
            before: Some(sample::world(0).manifest),
            plan: Some(sample::plan()),
            allocation: Some(sample::allocation()),
            outcome: Some(sample::outcome()),
            after: Some(sample::world(1).manifest),
            measurement: Some(sample::measurement()),
        }
    }

    fn statuses(dossier: &Dossier, end: CycleEnd) -> Vec<TaskStatus> {
        let report = build(&sample::waiting(), dossier, end, sample::now());
        report.actions.iter().map(|action| action.status).collect()
    }

    #[test]
    fn a_finished_cycle_is_reported_as_measured() {
        insta::assert_json_snapshot!(build(
            &sample::acted(),
            &dossier(),
            CycleEnd::Acted,
            sample::now()
        ));
        assert_eq!(dossier().measured_saving(), Some(sample::usd(12)), "one resource counts once");
    }

    #[test]
    fn what_never_began_says_why_it_did_not() {
        let planned = Dossier { outcome: None, after: None, measurement: None, ..dossier() };
        assert_eq!(statuses(&planned, CycleEnd::Observed), [TaskStatus::Pending; 3]);
        assert_eq!(statuses(&planned, CycleEnd::Rejected), [TaskStatus::Cancelled; 3]);
        assert_eq!(statuses(&planned, CycleEnd::Expired), [TaskStatus::Blocked; 3]);
        assert_eq!(planned.measured_saving(), None);

        let mut partly = dossier();
        partly.outcome.as_mut().unwrap().tasks.truncate(1);
        assert_eq!(
            statuses(&partly, CycleEnd::Acted),
            [TaskStatus::Completed, TaskStatus::Cancelled, TaskStatus::Cancelled]
        );
    }

    #[test]
    fn a_failed_call_is_told_once_however_many_regions_it_failed_in() {
        let report = build(&sample::acted(), &dossier(), CycleEnd::Acted, sample::now());
        assert_eq!(report.unseen.len(), 1);
        assert_eq!(report.unseen[0].0, "rds:DescribeDBInstances");
        assert_eq!((report.api_calls, report.cost_explorer_requests), (80, 2));
    }

    #[test]
    fn before_the_account_was_judged_its_resources_are_counted_from_the_world() {
        let seen = Dossier { before: dossier().before, ..Dossier::default() };
        let end = CycleEnd::Failed { state: "Plan".into(), error: None, message: "x".into() };
        let report = build(&sample::waiting(), &seen, end, sample::now());
        assert_eq!(report.resources, [(ResourceKind::Ec2Volume, 2)].into());
    }
}
