//! The security score that a plan reaches if everything in it is done.

use std::collections::{BTreeMap, BTreeSet};

use miyabi_types::{
    action::{SafetyClass, TargetState},
    finding::{Finding, Saving},
    id::{ActionId, Arn, ControlId, FindingId},
    plan::{Plan, Proposal},
    score::{ControlStatus, ControlTally, Score},
};

/// What becomes of each control.
pub struct Reach<'p> {
    /// The score afterwards.
    pub score: Score,
    /// Failed controls by what is needed to pass them.
    pub controls: BTreeMap<&'p ControlId, ControlReach<'p>>,
}

/// What becomes of a failed control.
#[derive(Default)]
pub struct ControlReach<'p> {
    /// Its findings.
    pub findings: Vec<&'p Finding>,
    /// Actions that mend some of them.
    pub actions: BTreeSet<&'p ActionId>,
    /// Findings that no proposal mends.
    pub unmended: u64,
    /// Whether it passes (or has nothing left to judge) afterwards.
    pub flips: bool,
}

impl<'p> Reach<'p> {
    pub fn of(plan: &'p Plan) -> Self {
        let mending = mending(plan);
        let mut controls: BTreeMap<&ControlId, ControlReach<'_>> = BTreeMap::new();
        let mut after = plan.assessment.score.controls.clone();
        for finding in &plan.assessment.findings {
            for control in &finding.controls {
                let reach = controls.entry(control).or_default();
                reach.findings.push(finding);
                let mend = mending.get(&finding.id).filter(|p| p.controls.contains(control));
                let Some(proposal) = mend else {
                    reach.unmended += 1;
                    continue;
                };
                reach.actions.insert(&proposal.action.id);
                if let Some(tally) = after.get_mut(control) {
                    tally.failed = tally.failed.saturating_sub(1);
                    // What is deleted has no finding any more, neither good nor bad.
                    if proposal.action.desired != TargetState::Absent {
                        tally.passed += 1;
                    }
                }
            }
        }
        controls.retain(|control, _| {
            plan.assessment.score.controls.get(*control).map(ControlTally::status)
                == Some(ControlStatus::Failed)
        });
        for (control, reach) in &mut controls {
            reach.flips = after.get(*control).is_some_and(|t| {
                matches!(t.status(), ControlStatus::Passed | ControlStatus::NoData)
            });
        }
        Self { score: Score::of(after), controls }
    }

    /// Controls that `proposal` turns to passed, counting every other change as done.
    pub fn flipped_by(&self, proposal: &Proposal) -> Vec<&'p ControlId> {
        self.controls
            .iter()
            .filter(|(_, reach)| reach.flips && reach.actions.contains(&proposal.action.id))
            .map(|(control, _)| *control)
            .collect()
    }
}

/// Findings and the proposal that mends each. Of alternatives only the best one is done, and what only
/// a person can do is not counted on.
fn mending(plan: &Plan) -> BTreeMap<&FindingId, &Proposal> {
    let done: BTreeMap<&Arn, &ActionId> = plan
        .alternatives()
        .into_iter()
        .filter_map(|(target, group)| Some((target, &best(&group)?.action.id)))
        .collect();
    let mut mending = BTreeMap::new();
    for proposal in &plan.proposals {
        let superseded = proposal.saving != Saving::None
            && done.get(&proposal.action.target).is_some_and(|id| **id != proposal.action.id);
        if proposal.action.safety == SafetyClass::Manual || superseded {
            continue;
        }
        for finding in &proposal.findings {
            mending.entry(finding).or_insert(proposal);
        }
    }
    mending
}

/// The alternative with the greatest saving; the first of equals.
pub fn best<'p>(group: &[&'p Proposal]) -> Option<&'p Proposal> {
    group.iter().copied().reduce(|best, other| {
        if other.saving.amount() > best.saving.amount() { other } else { best }
    })
}
