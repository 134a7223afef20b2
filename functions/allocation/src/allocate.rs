//! The decision: which proposals are done in this cycle.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet, btree_map::Entry},
};

use miyabi_types::{
    action::SafetyClass,
    allocation::{Allocation, Deferred, Gate, Refusal, Wave},
    commitments::after::{Change, after},
    id::{ActionId, Arn},
    plan::{Plan, Proposal, best_savings},
    resource::Resource,
    score::Score,
    settings::{Mode, Policy},
    strategy::Strategy,
    world::World,
};

use crate::{conflicts, guardrails, promise, rightsizing, waves};

/// What is done now of what `plan` and right-sizing propose for `world`.
pub fn allocate(
    world: &World,
    plan: &Plan,
    mode: Mode,
    policy: &Policy,
    strategy: &Strategy,
) -> Allocation {
    let rightsizing = rightsizing::rightsize(world, &plan.assessment);
    let (own, proposals) = merge(plan, rightsizing.proposals);
    let resources: BTreeMap<&Arn, &Resource> =
        world.resources.iter().map(|resource| (&resource.arn, resource)).collect();

    let mut chosen: Vec<&Proposal> = Vec::new();
    let mut deferred = Vec::new();
    for proposal in ranked(proposals.values(), &plan.assessment.score) {
        let resource = resources.get(&proposal.action.target).copied();
        let refusal = guardrails::refusal(proposal, resource, policy, strategy)
            .or_else(|| chosen.iter().find_map(|done| conflicts::refusal(done, proposal)))
            .or_else(|| {
                (chosen.len() >= policy.max_changes as usize).then_some(Refusal::OverLimit)
            });
        match refusal {
            Some(why) => deferred.push(Deferred { action: proposal.action.id.clone(), why }),
            None => chosen.push(proposal),
        }
    }

    let waves = waves::plan(&chosen, world, policy);
    let stays: BTreeSet<&ActionId> =
        deferred.iter().filter(|it| it.why.is_final()).map(|it| &it.action).collect();
    let changes = proposals.values().filter(|it| !stays.contains(&it.action.id));
    let commitments = after(world, changes.filter_map(|it| change(it, &resources)));
    Allocation {
        tenant: plan.tenant.clone(),
        cycle: plan.cycle,
        mode,
        gate: gate(mode, &waves),
        proposals: own,
        deferred,
        not_evaluated: rightsizing.not_evaluated,
        commitments,
        promised_saving: best_savings(chosen.iter().copied()),
        promised_score_permille: promise::score_permille(
            &plan.assessment.score,
            chosen.iter().copied(),
        ),
        waves,
    }
}

fn change<'a>(
    proposal: &'a Proposal,
    resources: &BTreeMap<&Arn, &'a Resource>,
) -> Option<Change<'a>> {
    let resource = resources.get(&proposal.action.target)?;
    Some(Change { resource, action: &proposal.action, saving: proposal.saving })
}

/// Every proposal once, by action, with allocation's own apart. Where both the plan and right-sizing
/// resize an instance, the one that saves more stands and mends what both would mend.
fn merge(plan: &Plan, own: Vec<Proposal>) -> (Vec<Proposal>, BTreeMap<ActionId, Proposal>) {
    let mut all: BTreeMap<ActionId, Proposal> = BTreeMap::new();
    for proposal in plan.proposals.iter().cloned().chain(own) {
        match all.entry(proposal.action.id.clone()) {
            Entry::Vacant(free) => {
                free.insert(proposal);
            }
            Entry::Occupied(mut taken) => {
                let other = taken.get();
                let (mut best, rest) = if proposal.saving.amount() > other.saving.amount() {
                    (proposal, other.clone())
                } else {
                    (other.clone(), proposal)
                };
                // The same settings twice mend the same; other settings need not.
                if best.action.desired == rest.action.desired || rest.controls.is_empty() {
                    best.findings.extend(rest.findings);
                    best.findings.sort();
                    best.findings.dedup();
                    best.checks.extend(rest.checks);
                    best.controls.extend(rest.controls);
                }
                taken.insert(best);
            }
        }
    }
    let own = all.values().filter(|p| plan.proposal(&p.action.id) != Some(*p)).cloned().collect();
    (own, all)
}

/// Proposals by priority: saving, then controls that pass because of it alone, then controls it
/// mends, then severity; then the safer, the surer, and the id.
fn ranked<'a>(proposals: impl Iterator<Item = &'a Proposal>, score: &Score) -> Vec<&'a Proposal> {
    let flipped = |proposal: &Proposal| {
        let last = |control| score.controls.get(control).is_some_and(|tally| tally.failed == 1);
        proposal.controls.iter().filter(|control| last(*control)).count()
    };
    let mut ranked: Vec<_> = proposals.collect();
    ranked.sort_by_cached_key(|proposal| {
        (
            Reverse((
                proposal.saving.amount(),
                flipped(proposal),
                proposal.controls.len(),
                proposal.severity,
                proposal.action.safety,
                proposal.confidence,
            )),
            proposal.action.id.clone(),
        )
    });
    ranked
}

/// What the state machine does next.
fn gate(mode: Mode, waves: &[Wave]) -> Gate {
    let mut tasks = waves.iter().flat_map(|wave| &wave.tasks).peekable();
    if tasks.peek().is_none() {
        return Gate::NothingToDo;
    }
    match mode {
        Mode::Observe => Gate::Observe,
        Mode::Approve => Gate::Approval,
        Mode::Auto if tasks.any(|task| task.action.safety < SafetyClass::Auto) => Gate::Approval,
        Mode::Auto => Gate::Auto,
    }
}

#[cfg(test)]
mod tests;
