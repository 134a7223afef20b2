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
/// least harm; the others follow by priority. What gets in each other's way never shares a wave, and
/// an action that interrupts what others change waits until they are done. Sizes below 1 count as 1.
pub fn plan(proposals: &[&Proposal], world: &World, policy: &Policy) -> Vec<Wave> {
    let ties = Ties::of(world);
    let apart_from_any = |a: &Proposal, others: &[&Proposal]| {
        others.iter().any(|b| ties.apart(&a.action, &b.action))
    };
    let disturbs = |a: &Proposal, b: &Proposal| {
        a.action.id != b.action.id && ties.disturb(&a.action, &b.action)
    };
    let (last, first): (Vec<_>, Vec<_>) = proposals
        .iter()
        .copied()
        .partition(|a| interrupts(a.action.operation) && proposals.iter().any(|b| disturbs(a, b)));

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
        let disturbed = |wave: &Vec<&Proposal>| wave.iter().any(|other| disturbs(proposal, other));
        let after = waves.iter().rposition(disturbed);
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

#[cfg(test)]
mod tests {
    use miyabi_types::{action::Operation, agent::HistoricalAgent};
    use serde_json::{Value, json};

    use super::*;
    use crate::fixture::{arn, group, instance, propose, volume, with, world};

    fn sizes(canary_size: u32, wave_size: u32) -> Policy {
        Policy { canary_size, wave_size, ..Policy::default() }
    }

    /// The waves as lists of resource ids.
    fn waves(proposals: &[Proposal], resources: &[Value], policy: &Policy) -> Vec<Vec<String>> {
        let proposals: Vec<_> = proposals.iter().collect();
        let waves = plan(&proposals, &world(resources), policy);
        assert!(waves.iter().zip(0..).all(|(wave, index)| wave.index == index));
        let ids = |wave: &Wave| wave.tasks.iter().map(|t| t.action.resource_id.clone()).collect();
        waves.iter().map(ids).collect()
    }

    fn volumes(ids: &[&str]) -> Vec<Proposal> {
        let propose_one = |id: &&str| propose(Operation::ModifyVolume, &volume(id, None), "gp2", 5);
        ids.iter().map(propose_one).collect()
    }

    #[test]
    fn the_safest_goes_first_and_the_rest_by_priority() {
        let server = instance("i-1", 1.0);
        let proposals = [
            propose(Operation::ResizeInstance, &server, "ec2_over", 96),
            propose(Operation::DeleteVolume, &volume("vol-1", None), "ebs_unattached", 50),
            propose(Operation::ModifyVolume, &volume("vol-2", None), "ebs_gp2", 5),
        ];
        assert_eq!(
            waves(&proposals, &[server], &sizes(1, 1)),
            [["vol-2"], ["i-1"], ["vol-1"]],
            "the canary is of class Auto although it saves least"
        );
    }

    #[test]
    fn among_equals_the_one_that_fewest_depend_on_goes_first() {
        let (a, b) = (group("sg-a"), group("sg-b"));
        let proposals = [&a, &b].map(|group| propose(Operation::RevokeRules, group, "sg_open", 0));
        let user_of = |name: &str| {
            let needs = json!([arn(&format!("security-group/{name}"))]);
            with(instance("i-1", 1.0), &[("/depends_on", needs)])
        };
        for (used, first) in [("sg-a", "sg-b"), ("sg-b", "sg-a")] {
            let world = [a.clone(), b.clone(), user_of(used)];
            assert_eq!(waves(&proposals, &world, &sizes(1, 1))[0], [first]);
        }
    }

    #[test]
    fn sizes_are_kept() {
        let ids: Vec<_> = (0..8).map(|i| format!("vol-{i}")).collect();
        let proposals = volumes(&ids.iter().map(String::as_str).collect::<Vec<_>>());
        let counts = |canary, size| -> Vec<usize> {
            waves(&proposals, &[], &sizes(canary, size)).iter().map(Vec::len).collect()
        };
        assert_eq!(counts(1, 10), [1, 7]);
        assert_eq!(counts(2, 3), [2, 3, 3]);
        assert_eq!(counts(0, 0), [1; 8], "a size of nothing is one");
        assert_eq!(counts(20, 10), [8]);
        assert!(waves(&[], &[], &sizes(1, 1)).is_empty());
    }

    #[test]
    fn an_instance_is_interrupted_only_after_its_volumes_changed() {
        let (server, disk) = (instance("i-1", 1.0), volume("vol-1", Some("i-1")));
        let proposals = [
            propose(Operation::ResizeInstance, &server, "ec2_over", 96),
            propose(Operation::RequireImdsV2, &server, "ec2_imds", 0),
            propose(Operation::ModifyVolume, &disk, "ebs_gp2", 2),
            propose(Operation::ModifyVolume, &volume("vol-2", None), "ebs_gp2", 1),
        ];
        let resources = [server, disk];
        assert_eq!(
            waves(&proposals, &resources, &sizes(1, 10)).last().unwrap(),
            &["i-1"],
            "alone, and last"
        );
        assert_eq!(waves(&proposals, &resources, &sizes(10, 10)).len(), 2);
    }

    #[test]
    fn every_task_has_its_agent() {
        let proposals = [
            propose(Operation::ModifyVolume, &volume("vol-1", None), "ebs_gp2", 1),
            propose(Operation::RevokeRules, &group("sg-1"), "sg_open", 0),
        ];
        let waves = plan(&proposals.iter().collect::<Vec<_>>(), &world(&[]), &sizes(2, 1));
        let agents: Vec<_> = waves[0].tasks.iter().map(|task| task.agent).collect();
        assert_eq!(agents, [HistoricalAgent::BillGates, HistoricalAgent::Napoleon]);
    }
}
