//! The security score that a plan reaches if everything in it is done.

use std::collections::{BTreeMap, BTreeSet};

use miyabi_types::{
    action::{SafetyClass, TargetState},
    finding::{Finding, Saving},
    id::{ActionId, Arn, ControlId, FindingId},
    plan::{Forecast, Plan, Proposal},
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

    /// What the plan keeps of it.
    pub fn forecast(&self) -> Forecast {
        let flips = self
            .controls
            .iter()
            .filter(|(_, reach)| reach.flips)
            .map(|(control, reach)| {
                let actions = reach.actions.iter().map(|action| (*action).clone()).collect();
                ((*control).clone(), actions)
            })
            .collect();
        Forecast { score: self.score.overall(), standards: self.score.standards.clone(), flips }
    }
}

/// Controls that each action turns to passed per unit of work, in thousandths: what a control is worth is
/// shared by the work of all actions that it needs.
///
/// The score counts controls, so that this order raises it fastest.
pub fn flips_per_work(forecast: &Forecast, proposals: &[Proposal]) -> BTreeMap<ActionId, u32> {
    let work: BTreeMap<&ActionId, u32> =
        proposals.iter().map(|proposal| (&proposal.action.id, proposal.work())).collect();
    let mut worth = BTreeMap::new();
    for actions in forecast.flips.values() {
        let all: u32 = actions.iter().filter_map(|action| work.get(action)).sum();
        for action in actions {
            *worth.entry(action.clone()).or_insert(0) += 1000_u32.checked_div(all).unwrap_or(0);
        }
    }
    worth
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
