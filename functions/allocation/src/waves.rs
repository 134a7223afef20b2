//! Waves: what is changed together, and in which order.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
};

use miyabi_types::{
    action::{Action, Route, Undo},
    allocation::Wave,
    id::Arn,
    plan::Proposal,
    settings::Policy,
    task::AwsTask,
    world::World,
};

use crate::conflicts::{Ties, interrupts};

/// Puts proposals, given by priority, into waves. Wave 0, the canary, takes those that can do the
/// least harm; the others follow by priority. An action that interrupts what others change waits
/// until they are done. Sizes below 1 count as 1.
pub fn plan(proposals: &[&Proposal], world: &World, policy: &Policy) -> Vec<Wave> {
    let ties = Ties::of(world);
    let apart_from_any = |a: &Proposal, others: &[&Proposal]| {
        others.iter().any(|b| ties.apart(&a.action, &b.action))
    };
    let neighbours = |a: &Proposal| -> Vec<&Proposal> {
        let others = proposals.iter().filter(|b| b.action.id != a.action.id);
        others.filter(|b| ties.apart(&a.action, &b.action)).copied().collect()
    };
    let (last, first): (Vec<_>, Vec<_>) = proposals
        .iter()
        .copied()
        .partition(|p| interrupts(p.action.operation) && !neighbours(p).is_empty());

    let radius = BlastRadius::of(world);
    let mut by_harm = first.clone();
    by_harm.sort_by_cached_key(|p| harm(p, &radius));
    let mut canary: Vec<&Proposal> = Vec::new();
    for proposal in by_harm {
        if canary.len() < policy.canary_size.max(1) as usize && !apart_from_any(proposal, &canary) {
            canary.push(proposal);
        }
    }
    let in_canary: BTreeSet<_> = canary.iter().map(|p| &p.action.id).collect();

    let size = policy.wave_size.max(1) as usize;
    let mut waves: Vec<Vec<&Proposal>> = Vec::new();
    if !canary.is_empty() {
        waves.push(canary.clone());
    }
    let place = |waves: &mut Vec<Vec<_>>, proposal, earliest: usize| {
        let room = |wave: &Vec<&Proposal>| wave.len() < size && !apart_from_any(proposal, wave);
        match waves.iter().skip(earliest).position(room) {
            Some(offset) => waves[earliest + offset].push(proposal),
            None => waves.push(vec![proposal]),
        }
    };
    for proposal in first.iter().filter(|p| !in_canary.contains(&p.action.id)) {
        place(&mut waves, *proposal, 1);
    }
    for proposal in last {
        let after = waves.iter().rposition(|wave| apart_from_any(proposal, wave));
        place(&mut waves, proposal, after.map_or(1, |wave| wave + 1));
    }
    waves
        .into_iter()
        .zip(0..)
        .map(|(wave, index)| Wave { index, tasks: wave.into_iter().map(task).collect() })
        .collect()
}

fn task(proposal: &Proposal) -> AwsTask {
    AwsTask {
        action: proposal.action.clone(),
        agent: proposal.agent,
        saving: proposal.saving,
        checks: proposal.checks.iter().cloned().collect(),
        controls: proposal.controls.iter().cloned().collect(),
        summary: proposal.summary.clone(),
    }
}

/// How much harm an action could do, least first: by class, by whether it interrupts, by whether
/// everything comes back, by its route, by how much depends on its target; then by id.
fn harm(proposal: &Proposal, radius: &BlastRadius<'_>) -> impl Ord + use<> {
    let action: &Action = &proposal.action;
    (
        Reverse(action.safety),
        interrupts(action.operation),
        action.operation.undo() != Undo::Restores,
        action.route != Route::Direct,
        radius.of_target(&action.target),
        action.id.clone(),
    )
}

/// How many resources need a resource, directly or by way of others.
struct BlastRadius<'a> {
    needed_by: BTreeMap<&'a Arn, Vec<&'a Arn>>,
}

impl<'a> BlastRadius<'a> {
    fn of(world: &'a World) -> Self {
        let mut needed_by: BTreeMap<&Arn, Vec<&Arn>> = BTreeMap::new();
        for resource in &world.resources {
            for need in &resource.depends_on {
                needed_by.entry(need).or_default().push(&resource.arn);
            }
        }
        Self { needed_by }
    }

    fn of_target(&self, target: &Arn) -> usize {
        let mut reached = BTreeSet::new();
        let mut open = vec![target];
        while let Some(arn) = open.pop() {
            for dependent in self.needed_by.get(arn).into_iter().flatten() {
                if reached.insert(*dependent) {
                    open.push(dependent);
                }
            }
        }
        reached.len()
    }
}
