//! Everything a cycle left behind, as far as it came.

use std::collections::BTreeMap;

use miyabi_platform::{Artifacts, PhaseError, TenantLedger};
use miyabi_types::{
    allocation::Allocation,
    cycle::CycleState,
    id::{ActionId, Arn},
    money::MonthlyUsd,
    outcome::Outcome,
    plan::{Assessment, Plan, Proposal},
    report::Measurement,
    task::{AwsTask, TaskStatus},
    world::WorldManifest,
};

/// The artifacts of a cycle; each may be missing when the cycle ended before it was made.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Dossier {
    /// What the account held before acting.
    pub before: Option<WorldManifest>,
    /// How it was judged and what was proposed.
    pub plan: Option<Plan>,
    /// What was to be done.
    pub allocation: Option<Allocation>,
    /// What was done.
    pub outcome: Option<Outcome>,
    /// What the account held after acting.
    pub after: Option<WorldManifest>,
    /// What acting changed.
    pub measurement: Option<Measurement>,
}

impl Dossier {
    /// Loads what the cycle's state refers to. A cycle that failed while it acted has no outcome
    /// yet: then `ledger` knows how far each task came.
    pub async fn load(
        artifacts: &Artifacts,
        ledger: Option<&TenantLedger>,
        cycle: &CycleState,
    ) -> Result<Self, PhaseError> {
        let outcome = match (&cycle.outcome, &cycle.allocation, ledger) {
            (None, Some(_), Some(ledger)) => unfinished(ledger, cycle).await?,
            (outcome, ..) => artifacts.find(cycle, outcome.as_ref()).await?,
        };
        Ok(Self {
            before: artifacts.find_manifest(cycle, cycle.world0.as_ref()).await?,
            plan: artifacts.find(cycle, cycle.plan.as_ref()).await?,
            allocation: artifacts.find(cycle, cycle.allocation.as_ref()).await?,
            outcome,
            after: artifacts.find_manifest(cycle, cycle.world1.as_ref()).await?,
            measurement: artifacts.find(cycle, cycle.measurement.as_ref()).await?,
        })
    }

    /// The proposal behind an action: the plan's, or one that allocation made.
    pub fn proposal(&self, id: &ActionId) -> Option<&Proposal> {
        let allocated = || self.allocation.iter().flat_map(|allocation| &allocation.proposals);
        self.plan
            .as_ref()
            .and_then(|plan| plan.proposal(id))
            .or_else(|| allocated().find(|proposal| proposal.action.id == *id))
    }

    /// Every task with its wave, in order of waves: those that execution has records of, and those
    /// that never came so far.
    pub fn tasks(&self) -> Vec<(u32, &AwsTask)> {
        let mut tasks: Vec<(u32, &AwsTask)> = self
            .outcome
            .iter()
            .flat_map(|outcome| &outcome.tasks)
            .map(|record| (record.wave, &record.task))
            .collect();
        let executed = tasks.len();
        for wave in self.allocation.iter().flat_map(|allocation| &allocation.waves) {
            for task in &wave.tasks {
                if !tasks[..executed].iter().any(|(_, known)| known.action.id == task.action.id) {
                    tasks.push((wave.index, task));
                }
            }
        }
        tasks.sort_by_key(|(wave, _)| *wave);
        tasks
    }

    /// How the account was judged last: after acting, else before.
    pub fn last_assessment(&self) -> Option<&Assessment> {
        let after = self.measurement.as_ref().map(|measurement| &measurement.after);
        after.or(self.plan.as_ref().map(|plan| &plan.assessment))
    }

    /// Judgements that could not be made: by the last assessment, and by allocation.
    pub fn not_evaluated(&self) -> u64 {
        let assessed = self.last_assessment().map_or(0, |last| last.not_evaluated.len());
        let allocated = self.allocation.as_ref().map_or(0, |last| last.not_evaluated.len());
        (assessed + allocated) as u64
    }

    /// Waves that were undone, each with what the health gate saw.
    pub fn rolled_back(&self) -> Vec<(u32, Vec<String>)> {
        let waves = self.outcome.iter().flat_map(|outcome| &outcome.waves);
        waves
            .filter(|wave| wave.rolled_back)
            .map(|wave| {
                let problems = wave.health.as_ref().map(|health| health.problems.clone());
                (wave.index, problems.unwrap_or_default())
            })
            .collect()
    }

    /// What the completed actions saved, read off both Worlds. Two actions on one resource share
    /// one difference in price, which is counted once. Absent if nothing could be measured.
    pub fn measured_saving(&self) -> Option<MonthlyUsd> {
        let savings = &self.measurement.as_ref()?.savings;
        let mut by_resource: BTreeMap<&Arn, MonthlyUsd> = BTreeMap::new();
        for record in self.outcome.iter().flat_map(|outcome| &outcome.tasks) {
            let action = &record.task.action;
            let measured = savings.get(&action.id).and_then(|saving| saving.measured);
            if let (TaskStatus::Completed, Some(measured)) = (record.status, measured) {
                by_resource.insert(&action.target, measured);
            }
        }
        (!by_resource.is_empty()).then(|| by_resource.into_values().sum())
    }
}

/// What execution did so far, if it began.
async fn unfinished(
    ledger: &TenantLedger,
    cycle: &CycleState,
) -> Result<Option<Outcome>, PhaseError> {
    let mut tasks = ledger.tasks(cycle.cycle).await?;
    if tasks.is_empty() {
        return Ok(None);
    }
    tasks.sort_by_key(|record| record.wave);
    Ok(Some(Outcome {
        tenant: cycle.tenant.clone(),
        cycle: cycle.cycle,
        waves: ledger.waves(cycle.cycle).await?,
        tasks,
    }))
}
