use std::collections::BTreeSet;

use miyabi_types::{
    action::{Operation, TargetState},
    finding::{Category, Saving},
    money::MonthlyUsd,
    settings::TagRule,
    strategy::{CheckRecord, Strategy},
};
use proptest::{prelude::*, strategy::Strategy as Generator};
use serde_json::{Value, json};

use super::*;
use crate::{
    fixture::{check, control, group, instance, plan, propose, usd, volume, with, world},
    guardrails::MINIMUM_CONFIDENCE_PERMILLE,
};

fn of(resources: &[Value], proposals: Vec<Proposal>, policy: &Policy) -> Allocation {
    let plan = plan(proposals, &[("EC2.13", 1, 0)]);
    allocate(&world(resources), &plan, Mode::Auto, policy, &Strategy::default())
}

fn refused(allocation: &Allocation, proposal: &Proposal) -> Option<Refusal> {
    allocation.deferred.iter().find(|d| d.action == proposal.action.id).map(|d| d.why.clone())
}

fn fix_group(id: &str) -> Proposal {
    let mut fix = propose(Operation::RevokeRules, &group(id), "sg_open", 0);
    fix.controls = [control("EC2.13")].into();
    fix
}

#[test]
fn the_gate_opens_no_further_than_mode_and_classes_allow() {
    let auto = || propose(Operation::ModifyVolume, &volume("vol-1", None), "gp2", 5);
    let asked = || propose(Operation::DeleteVolume, &volume("vol-2", None), "unattached", 5);
    let gate = |mode, proposals| {
        let none = Strategy::default();
        allocate(&world(&[]), &plan(proposals, &[]), mode, &Policy::default(), &none).gate
    };
    for mode in [Mode::Observe, Mode::Approve, Mode::Auto] {
        assert_eq!(gate(mode, vec![]), Gate::NothingToDo, "{mode:?}");
    }
    for (mode, all_auto, one_asks) in [
        (Mode::Observe, Gate::Observe, Gate::Observe),
        (Mode::Approve, Gate::Approval, Gate::Approval),
        (Mode::Auto, Gate::Auto, Gate::Approval),
    ] {
        assert_eq!(gate(mode, vec![auto()]), all_auto, "{mode:?}");
        assert_eq!(gate(mode, vec![auto(), asked()]), one_asks, "{mode:?}");
    }
}

#[test]
fn everything_refused_is_nothing_to_do() {
    let policy = Policy { allowed_operations: Some(BTreeSet::new()), ..Policy::default() };
    let allocation = of(&[instance("i-1", 20.0)], vec![fix_group("sg-1")], &policy);
    assert_eq!(allocation.gate, Gate::NothingToDo);
    assert_eq!(allocation.deferred.len(), 2);
    assert_eq!((allocation.promised_saving, allocation.promised_score_permille), (usd(0), Some(0)));
}

#[test]
fn an_idle_instance_is_stopped_and_not_resized_as_well() {
    let idle = instance("i-1", 1.0);
    let stop = propose(Operation::StopInstance, &idle, "ec2_idle", 280);
    let allocation = of(&[idle], vec![stop.clone()], &Policy::default());
    let [resize] = allocation.proposals.as_slice() else { panic!("one proposal of its own") };
    assert_eq!(resize.action.operation, Operation::ResizeInstance);
    let superseded = Refusal::Superseded { by: stop.action.id };
    assert_eq!(refused(&allocation, resize), Some(superseded));
    assert_eq!(allocation.promised_saving, usd(280), "one resource saves once");
}

#[test]
fn where_the_better_change_is_not_allowed_the_next_one_is_made() {
    let idle = instance("i-1", 1.0);
    let stop = propose(Operation::StopInstance, &idle, "ec2_idle", 280);
    let policy = Policy { exempt_checks: [check("ec2_idle")].into(), ..Policy::default() };
    let allocation = of(&[idle], vec![stop.clone()], &policy);
    assert_eq!(refused(&allocation, &stop), Some(Refusal::ExemptCheck));
    let operations: Vec<_> = allocation.tasks().map(|task| task.action.operation).collect();
    assert_eq!(operations, [Operation::ResizeInstance]);
}

#[test]
fn the_limit_takes_savings_first_then_controls() {
    let cheap = propose(Operation::ModifyVolume, &volume("vol-1", None), "gp2", 1);
    let dear = propose(Operation::ModifyVolume, &volume("vol-2", None), "gp2", 9);
    let plain = propose(Operation::RevokeRules, &group("sg-2"), "sg_open", 0);
    let (flips, proposals) =
        (fix_group("sg-1"), vec![plain.clone(), fix_group("sg-1"), cheap.clone(), dear.clone()]);
    let left_out = |max_changes| {
        let policy = Policy { max_changes, ..Policy::default() };
        let allocation = of(&[], proposals.clone(), &policy);
        assert!(allocation.deferred.iter().all(|d| d.why == Refusal::OverLimit));
        allocation.deferred.into_iter().map(|d| d.action).collect::<Vec<_>>()
    };
    let id = |proposal: &Proposal| proposal.action.id.clone();
    assert_eq!(left_out(1), [id(&cheap), id(&flips), id(&plain)]);
    assert_eq!(left_out(3), [id(&plain)]);
    assert!(left_out(4).is_empty());
}

#[test]
fn two_ways_to_resize_are_one_action_and_the_better_one_stands() {
    let server = instance("i-1", 20.0);
    let with_saving = |dollars| {
        let mut planned =
            propose(Operation::ResizeInstance, &server, "ec2_old_generation", dollars);
        planned.action.desired = TargetState::present([("instance_type", "m6i.large".into())]);
        of(std::slice::from_ref(&server), vec![planned], &Policy::default())
    };
    // Right-sizing saves $96.36.
    for (dollars, target) in [(10, "r5.xlarge"), (150, "m6i.large")] {
        let allocation = with_saving(dollars);
        let tasks: Vec<_> = allocation.tasks().collect();
        assert_eq!(tasks.len(), 1);
        assert_eq!(tasks[0].action.desired.setting("instance_type"), target);
        let checks: Vec<_> = tasks[0].checks.iter().map(ToString::to_string).collect();
        assert_eq!(checks, ["ec2_instance_overprovisioned", "ec2_old_generation"]);
    }
}

#[test]
fn the_score_counts_what_is_done_and_not_what_is_put_off() {
    let allowed = of(&[], vec![fix_group("sg-1")], &Policy::default());
    assert_eq!(allowed.promised_score_permille, Some(1000));
    let none = Policy { max_changes: 0, ..Policy::default() };
    let refused = of(&[], vec![fix_group("sg-1")], &none);
    assert_eq!(refused.promised_score_permille, Some(0));
}

const CHECKS: [&str; 4] = ["trusted", "exempt", "distrusted", "other"];

/// A proposal on one of a few resources, so that many meet on the same one.
fn any_proposal() -> impl Generator<Value = Proposal> {
    (0..6_usize, 0..4_usize, 0..3_usize, 0..=10_i64, any::<bool>(), 0..3_u8).prop_map(
        |(kind, resource, check_index, saving, tagged, controls)| {
            let (operation, target) = match kind {
                0 => (Operation::StopInstance, instance(&format!("i-{resource}"), 20.0)),
                1 => (Operation::ResizeInstance, instance(&format!("i-{resource}"), 20.0)),
                2 => (Operation::RequireImdsV2, instance(&format!("i-{resource}"), 20.0)),
                3 => (Operation::ModifyVolume, attached(resource)),
                4 => (Operation::DeleteVolume, attached(resource)),
                _ => (Operation::RevokeRules, group(&format!("sg-{resource}"))),
            };
            let tags = if tagged { json!({"miyabi:exempt": ""}) } else { json!({}) };
            let target = with(target, &[("/tags", tags)]);
            let mut proposal = propose(operation, &target, CHECKS[check_index], saving);
            proposal.controls = (0..controls).map(|i| control(&format!("EC2.{i}"))).collect();
            proposal
        },
    )
}

fn attached(index: usize) -> Value {
    volume(&format!("vol-{index}"), Some(&format!("i-{index}")))
}

proptest! {
    #[test]
    fn every_allocation_keeps_its_promises(
        proposals in prop::collection::vec(any_proposal(), 0..24),
        max_changes in 0..12_u32,
        canary_size in 0..3_u32,
        wave_size in 0..5_u32,
        minimum in 0..6_i64,
    ) {
        let policy = Policy {
            max_changes,
            canary_size,
            wave_size,
            minimum_saving: usd(minimum),
            exempt_checks: [check("exempt")].into(),
            exempt_tags: vec![TagRule { key: "miyabi:exempt".into(), value: String::new() }],
            ..Policy::default()
        };
        let distrusted = CheckRecord {
            confidence_permille: MINIMUM_CONFIDENCE_PERMILLE - 1,
            ..CheckRecord::default()
        };
        let strategy = Strategy {
            checks: [(check("distrusted"), distrusted)].into(),
            ..Strategy::default()
        };
        let resources: Vec<_> =
            (0..4).flat_map(|i| [instance(&format!("i-{i}"), 20.0), attached(i)]).collect();
        let world = world(&resources);
        let plan = plan(proposals, &[("EC2.0", 3, 1), ("EC2.1", 1, 0), ("EC2.2", 0, 2)]);
        let allocation = allocate(&world, &plan, Mode::Auto, &policy, &strategy);

        // Every proposal is scheduled or deferred, exactly once.
        let ids = |proposals: &[Proposal]| -> Vec<_> {
            proposals.iter().map(|p| p.action.id.clone()).collect()
        };
        let proposed: BTreeSet<_> =
            ids(&plan.proposals).into_iter().chain(ids(&allocation.proposals)).collect();
        let settled: Vec<_> = allocation
            .tasks()
            .map(|task| task.action.id.clone())
            .chain(allocation.deferred.iter().map(|deferred| deferred.action.clone()))
            .collect();
        prop_assert_eq!(settled.len(), proposed.len());
        prop_assert_eq!(settled.into_iter().collect::<BTreeSet<_>>(), proposed);

        // Nothing exempt, distrusted or too small is scheduled, and no more than the limit.
        let tasks: Vec<_> = allocation.tasks().collect();
        prop_assert!(tasks.len() <= max_changes as usize);
        for task in &tasks {
            prop_assert!(!task.checks.contains(&check("exempt")));
            prop_assert!(!task.checks.contains(&check("distrusted")));
            let proposal = allocation
                .proposals
                .iter()
                .chain(&plan.proposals)
                .find(|p| p.action == task.action)
                .expect("every task was proposed");
            prop_assert!(!policy.exempt_tags[0].matches(&proposal.tags));
            let enough = task.saving.amount() >= policy.minimum_saving;
            let is_fix = proposal.category == Category::Security || !task.controls.is_empty();
            prop_assert!(is_fix || enough);
        }

        // No two tasks of one resource exclude each other, and none is interrupted by a neighbour.
        let ties = conflicts::Ties::of(&world);
        for wave in &allocation.waves {
            prop_assert!(!wave.tasks.is_empty());
            let size = if wave.index == 0 { canary_size } else { wave_size };
            prop_assert!(wave.tasks.len() <= size.max(1) as usize);
            for (i, a) in wave.tasks.iter().enumerate() {
                prop_assert!(wave.tasks[..i].iter().all(|b| !ties.apart(&a.action, &b.action)));
            }
        }
        let waves: Vec<_> = allocation
            .waves
            .iter()
            .flat_map(|wave| wave.tasks.iter().map(|task| (wave.index, &task.action)))
            .collect();
        for (early, a) in &waves {
            for (late, b) in &waves {
                if early < late && ties.disturb(a, b) {
                    prop_assert!(!conflicts::interrupts(a.operation), "{:?} before {:?}", a, b);
                }
            }
        }
        for (i, a) in tasks.iter().enumerate() {
            for b in tasks[..i].iter().filter(|b| b.action.target == a.action.target) {
                prop_assert!(a.action.operation != b.action.operation);
                prop_assert!(a.saving == Saving::None || b.saving == Saving::None);
            }
        }

        // What is promised is no more than there is, and the sum of what is done.
        let sum: MonthlyUsd = tasks.iter().map(|task| task.saving.amount()).sum();
        prop_assert_eq!(allocation.promised_saving, sum);
        prop_assert!(allocation.promised_saving <= world.monthly_cost());
        let (before, after) = (plan.assessment.score.permille, allocation.promised_score_permille);
        prop_assert!(after >= before);

        // The waves are what the state machine is told, and deciding again decides the same.
        prop_assert_eq!(allocation.gate == Gate::NothingToDo, tasks.is_empty());
        prop_assert_eq!(&allocate(&world, &plan, Mode::Auto, &policy, &strategy), &allocation);
    }
}

/// A World of one account that Cost Explorer offers a plan of $0.50 an hour, which pays for $730 a month.
fn offered(resources: &[Value]) -> World {
    let mut world = world(resources);
    let offer = json!([{
        "region": null, "instance_family": null, "hourly_commitment_micros": 500_000,
        "monthly_saving": 365_000_000, "saving_percent": null, "utilization_percent": 100.0,
        "least_hourly_spend_micros": null, "mean_hourly_spend_micros": null, "upfront_micros": 0,
    }]);
    let all = json!({"savings_plans_to_buy": {"compute": {"known": offer}}});
    let account = "123456789012".parse().unwrap();
    world.commitments.insert(account, serde_json::from_value(all).unwrap());
    world
}

/// What is left to commit to, and what it saves.
fn committed(resources: &[Value], proposals: Vec<Proposal>, policy: &Policy) -> (String, usize) {
    let plan = plan(proposals, &[]);
    let none = Strategy::default();
    let allocation = allocate(&offered(resources), &plan, Mode::Approve, policy, &none);
    let [one] = allocation.commitments.as_slice() else { panic!("one offer") };
    let left = one.left.known().unwrap();
    (format!("{} saves {}", left.amount, left.saving), allocation.tasks().count())
}

#[test]
fn what_is_committed_to_is_what_right_sizing_leaves() {
    // An m5.2xlarge ($0.384 an hour) at 20 % needs an r5.xlarge ($0.252): $0.132 an hour go at half price.
    let resources = [instance("i-1", 20.0)];
    let left = ("$0.434 an hour saves $316.82".to_owned(), 1);
    assert_eq!(committed(&resources, vec![], &Policy::default()), left);
    // Put off to a later cycle, it goes as well.
    let none_now = Policy { max_changes: 0, ..Policy::default() };
    assert_eq!(committed(&resources, vec![], &none_now), (left.0, 0));
    // What the tenant keeps as it is can be committed to.
    let kept = Policy { exempt_checks: [rightsizing::check()].into(), ..Policy::default() };
    let all = ("$0.500 an hour saves $365.00".to_owned(), 0);
    assert_eq!(committed(&resources, vec![], &kept), all);
}

#[test]
fn what_is_stopped_is_not_committed_to_as_resized() {
    let idle = instance("i-1", 1.0);
    let stop = propose(Operation::StopInstance, &idle, "ec2_idle", 280);
    let (left, tasks) = committed(&[idle], vec![stop], &Policy::default());
    assert_eq!((left.as_str(), tasks), ("$0.308 an hour saves $225.00", 1));
}
