use miyabi_types::{
    action::{Action, Operation, TargetState},
    agent::HistoricalAgent,
    exemption::Exemptions,
    resource::ResourceKind,
    task::TaskRecord,
};

use super::*;
use crate::fixture::{address, cycle, deny, in_region, instance, snapshot, volume, world};

fn record(
    operation: Operation,
    resource: &Resource,
    promised: i64,
    status: TaskStatus,
) -> TaskRecord {
    let action = Action::new(
        operation,
        resource,
        TargetState::present([("before", true.into())]),
        TargetState::Absent,
    );
    let saving =
        if promised == 0 { Saving::None } else { Saving::Exact(MonthlyUsd::from_micros(promised)) };
    let task = AwsTask {
        action,
        agent: HistoricalAgent::BillGates,
        saving,
        checks: Vec::new(),
        controls: Vec::new(),
        summary: String::new(),
    };
    TaskRecord { status, ..TaskRecord::pending(task, 0) }
}

fn outcome(tasks: Vec<TaskRecord>) -> Outcome {
    Outcome { tenant: "acme".parse().unwrap(), cycle: cycle(), waves: Vec::new(), tasks }
}

/// What was measured for the first of `tasks`, as people read it.
fn measured(before: &World, after: &World, tasks: Vec<TaskRecord>) -> Option<String> {
    let id = tasks[0].task.action.id.clone();
    let measurement = measure(before, after, &outcome(tasks), &Exemptions::default());
    measurement.savings.get(&id).map(|saving| {
        saving.measured.map_or_else(|| "unknown".to_owned(), |amount| amount.to_string())
    })
}

const DONE: TaskStatus = TaskStatus::Completed;

/// A World that was seen but for what is gone: a subnet keeps its scope there.
fn after(resources: impl IntoIterator<Item = Resource>) -> World {
    let mut after = world(resources.into_iter().chain([crate::fixture::subnet(|_| {})]));
    after.manifest.sequence = 1;
    after
}

#[test]
fn a_released_address_saved_its_price() {
    let idle = address(|_| {});
    let before = world([idle.clone()]);
    let task = || record(Operation::ReleaseAddress, &idle, 3_650_000, DONE);
    assert_eq!(measured(&before, &after([]), vec![task()]).unwrap(), "$3.65");
    assert_eq!(measured(&before, &after([idle.clone()]), vec![task()]).unwrap(), "$0.00");
    let measurement = measure(&before, &after([]), &outcome(vec![task()]), &Exemptions::default());
    assert_eq!(measurement.after.sequence, 1);
}

#[test]
fn the_backup_of_a_deleted_volume_is_not_forgotten() {
    let (gone, backup) = (volume(|_| {}), snapshot(0, |_| {}));
    let before = world([gone.clone()]);
    let task = || record(Operation::DeleteVolume, &gone, 5_000_000, DONE);
    // $10.00 of volume, less at most $5.00 of snapshot.
    assert_eq!(measured(&before, &after([backup.clone()]), vec![task()]).unwrap(), "$5.00");
    let measurement =
        measure(&before, &after([backup.clone()]), &outcome(vec![task()]), &Exemptions::default());
    assert_eq!(measurement.backups.to_string(), "$5.00");
    let old = world([gone.clone(), backup.clone()]);
    assert_eq!(measured(&old, &after([backup]), vec![task()]).unwrap(), "$10.00");
}

#[test]
fn a_stopped_instance_saved_its_hours() {
    let running = instance(|_| {});
    let stopped = instance(|i| i.state = "stopped".into());
    let task = record(Operation::StopInstance, &running, 70_080_000, DONE);
    assert_eq!(measured(&world([running]), &after([stopped]), vec![task]).unwrap(), "$70.08");
}

#[test]
fn what_cannot_be_seen_is_not_gone() {
    let idle = address(|_| {});
    let before = world([idle.clone()]);
    let task = || record(Operation::ReleaseAddress, &idle, 3_650_000, DONE);
    let mut blind = after([]);
    deny(&mut blind, "ec2:DescribeAddresses", &[ResourceKind::Ec2Address]);
    assert_eq!(measured(&before, &blind, vec![task()]).unwrap(), "unknown");
    let elsewhere = world([in_region(volume(|_| {}), "eu-west-1")]);
    assert_eq!(measured(&before, &elsewhere, vec![task()]).unwrap(), "unknown");
}

#[test]
fn an_unknown_price_is_not_zero() {
    let idle = in_region(address(|_| {}), "sa-east-1");
    let before = world([idle.clone()]);
    let task = record(Operation::ReleaseAddress, &idle, 0, DONE);
    assert_eq!(measured(&before, &after([]), vec![task]).unwrap(), "unknown");
}

#[test]
fn only_what_was_completed_is_measured() {
    let idle = address(|_| {});
    let before = world([idle.clone()]);
    for status in [TaskStatus::Failed, TaskStatus::Cancelled, TaskStatus::Blocked] {
        let task = record(Operation::ReleaseAddress, &idle, 3_650_000, status);
        assert_eq!(measured(&before, &after([]), vec![task]), None, "{status:?}");
    }
}

#[test]
fn a_saving_is_counted_once_where_two_changes_met() {
    let running = instance(|_| {});
    let before = world([running.clone()]);
    let stopped = after([instance(|i| i.state = "stopped".into())]);
    let stop = record(Operation::StopInstance, &running, 70_080_000, DONE);
    let tokens = record(Operation::RequireImdsV2, &running, 0, DONE);
    let measurement =
        measure(&before, &stopped, &outcome(vec![tokens, stop]), &Exemptions::default());
    let total: MonthlyUsd = measurement.savings.values().filter_map(|s| s.measured).sum();
    assert_eq!(total.to_string(), "$70.08");
    assert_eq!(measurement.savings.len(), 2);
}
