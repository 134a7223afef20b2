//! One line of history: what a cycle promised, and what came of it, by check.

use std::collections::{BTreeMap, BTreeSet};

use miyabi_types::{
    allocation::Allocation,
    error::ErrorName,
    id::{ActionId, CheckId},
    money::MonthlyUsd,
    outcome::Outcome,
    report::{CycleEnd, CycleReport, Measurement},
    strategy::{CheckRecord, HistoryEntry},
    task::{AwsTask, Stage, TaskRecord, TaskStatus},
};

use crate::calibration::confidence_permille;

/// What a cycle left to learn from; what is absent did not happen.
#[derive(Debug, Clone, Copy)]
pub struct Lessons<'a> {
    /// How it ended.
    pub report: &'a CycleReport,
    /// What was to be done.
    pub allocation: Option<&'a Allocation>,
    /// What was done.
    pub outcome: Option<&'a Outcome>,
    /// What it changed.
    pub measurement: Option<&'a Measurement>,
}

/// What became of a change, as far as it says something of its check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Completed,
    Failed,
    Rejected,
}

impl Lessons<'_> {
    /// The cycle's line of history.
    pub fn entry(&self) -> HistoryEntry {
        let report = self.report;
        HistoryEntry {
            cycle: report.cycle,
            at: report.at,
            cost_before: report.cost_before,
            promised_saving: report.promised_saving,
            measured_saving: report.cost_after.map(|after| report.cost_before - after),
            score_before: report.score_before,
            score_after: report.score_after,
            checks: self.checks(),
        }
    }

    fn checks(&self) -> BTreeMap<CheckId, CheckRecord> {
        let mut checks: BTreeMap<CheckId, CheckRecord> = BTreeMap::new();
        for (task, fate) in self.fates() {
            // A change that answers two checks is one experience with each.
            for check in task.checks.iter().collect::<BTreeSet<_>>() {
                let record = checks.entry(check.clone()).or_default();
                match fate {
                    Fate::Completed => {
                        record.completed += 1;
                        if let Some((promised, measured)) = self.money(&task.action.id) {
                            record.promised += promised;
                            record.measured += measured;
                        }
                    }
                    Fate::Failed => record.failed += 1,
                    Fate::Rejected => record.rejected += 1,
                }
            }
        }
        for record in checks.values_mut() {
            record.confidence_permille = confidence_permille([(0, &*record)]);
        }
        checks
    }

    fn fates(&self) -> Vec<(&AwsTask, Fate)> {
        match (self.outcome, self.allocation, &self.report.end) {
            (Some(outcome), ..) => outcome
                .tasks
                .iter()
                .filter_map(|record| Some((&record.task, fate(record)?)))
                .collect(),
            // Nothing was executed because a person said no to all of it.
            (None, Some(allocation), CycleEnd::Rejected) => {
                allocation.tasks().map(|task| (task, Fate::Rejected)).collect()
            }
            _ => Vec::new(),
        }
    }

    /// What a change promised and what it was measured to save, where it promised and was measured.
    fn money(&self, action: &ActionId) -> Option<(MonthlyUsd, MonthlyUsd)> {
        let saving = self.measurement?.savings.get(action)?;
        (saving.promised > MonthlyUsd::ZERO).then_some((saving.promised, saving.measured?))
    }
}

/// What a task's end says of its check: nothing where it never got its turn, or failed for a reason
/// that lies elsewhere (a resource that changed meanwhile, a fault that passes).
fn fate(record: &TaskRecord) -> Option<Fate> {
    match record.status {
        TaskStatus::Completed => Some(Fate::Completed),
        TaskStatus::Failed => {
            let elsewhere = record.error.as_ref().is_some_and(|error| {
                error.name == ErrorName::StalePlan || error.name.is_retryable()
            });
            (!elsewhere).then_some(Fate::Failed)
        }
        // Not approved, so never begun.
        TaskStatus::Cancelled if record.stage == Stage::Planned => Some(Fate::Rejected),
        // Begun and rolled back.
        TaskStatus::Cancelled => Some(Fate::Failed),
        TaskStatus::Pending | TaskStatus::InProgress | TaskStatus::Blocked => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::fixture::{allocation, check, measurement, outcome, record, report, task};

    /// What a cycle with one task teaches of its check: completed, failed, rejected.
    fn taught(status: &str, stage: &str, error: Option<&str>) -> Option<(u32, u32, u32)> {
        let outcome = outcome(1, vec![record(&task(1, &["gp2"]), status, stage, error)]);
        let entry = Lessons {
            report: &report(1, &json!({"status": "acted"})),
            allocation: None,
            outcome: Some(&outcome),
            measurement: None,
        }
        .entry();
        entry.checks.get(&check("gp2")).map(|r| (r.completed, r.failed, r.rejected))
    }

    #[test]
    fn what_became_of_a_task_is_counted_for_its_check() {
        assert_eq!(taught("completed", "verified", None), Some((1, 0, 0)));
        assert_eq!(taught("failed", "applying", Some("Internal")), Some((0, 1, 0)));
        assert_eq!(taught("cancelled", "undone", None), Some((0, 1, 0)), "rolled back");
        assert_eq!(taught("cancelled", "planned", None), Some((0, 0, 1)), "not approved");
    }

    #[test]
    fn what_says_nothing_of_the_check_is_not_counted() {
        assert_eq!(taught("failed", "planned", Some("StalePlan")), None);
        assert_eq!(taught("failed", "applying", Some("Throttled")), None);
        assert_eq!(taught("blocked", "planned", None), None);
        assert_eq!(taught("pending", "planned", None), None);
    }

    #[test]
    fn money_counts_where_it_was_promised_and_measured() {
        let done = |n| record(&task(n, &["gp2", "old"]), "completed", "verified", None);
        let outcome = outcome(1, vec![done(1), done(2), done(3)]);
        let measured = measurement(&[(1, 100, Some(60)), (2, 50, None), (3, 0, Some(5))]);
        let entry = Lessons {
            report: &report(1, &json!({"status": "acted"})),
            allocation: None,
            outcome: Some(&outcome),
            measurement: Some(&measured),
        }
        .entry();
        for name in ["gp2", "old"] {
            let record = &entry.checks[&check(name)];
            assert_eq!(record.completed, 3);
            assert_eq!((record.promised.micros(), record.measured.micros()), (100, 60));
        }
        assert_eq!(entry.measured_saving.map(MonthlyUsd::micros), Some(50_000_000));
        assert_eq!((entry.score_before, entry.score_after), (Some(700), Some(900)));
    }

    #[test]
    fn a_rejected_cycle_rejects_everything_and_an_expired_one_nothing() {
        let allocation = allocation(1, &[task(1, &["gp2"]), task(2, &["gp2"])]);
        let rejected = |end: &str| {
            let report = report(1, &json!({"status": end}));
            let lessons = Lessons {
                report: &report,
                allocation: Some(&allocation),
                outcome: None,
                measurement: None,
            };
            lessons.entry().checks.get(&check("gp2")).map_or(0, |record| record.rejected)
        };
        assert_eq!(rejected("rejected"), 2);
        assert_eq!(rejected("expired"), 0);
        assert_eq!(rejected("observed"), 0);
    }
}
