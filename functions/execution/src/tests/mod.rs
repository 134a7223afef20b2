//! What execution promises, on a cloud in memory.

use std::collections::BTreeSet;

use miyabi_types::{
    action::{Operation, SafetyClass, TargetState},
    allocation::Gate,
    approval::Verdict,
    error::ErrorName,
    id::{Arn, IamAction},
    phase::{ExecutionRequest, ExecutionResponse, StepStatus},
    settings::Mode,
    task::{Stage as TaskStage, TaskStatus},
};
use serde_json::json;

use crate::handler::handle;

mod fake;
mod idempotence;

use fake::{Failure, Stage};

fn kind(of: &str) -> TargetState {
    TargetState::present([("volume_type", json!(of))])
}

#[tokio::test]
async fn a_wave_changes_verifies_and_keeps_what_undoes_it() {
    let stage = Stage::auto(&[2]);
    let report = stage.wave(0).await;
    assert_eq!((report.status, report.completed, report.failed), (StepStatus::Done, 2, 0));
    for task in &stage.waves[0] {
        let record = stage.record(task).await;
        assert_eq!((record.status, record.stage), (TaskStatus::Completed, TaskStage::Verified));
        let backup = record.backup.unwrap();
        assert_eq!((backup.state, &backup.kept["snapshot_id"]), (kind("gp2"), &json!("snap-1")));
        assert_eq!(stage.cloud.target(task).live, kind("gp3"));
    }
    assert_eq!(stage.wave(0).await, report, "a wave that is done is only told again");
    assert_eq!(stage.cloud.target(&stage.waves[0][0]).effects, 1);
}

#[tokio::test]
async fn what_is_already_so_is_completed_without_a_backup_and_undone_without_a_change() {
    let stage = Stage::auto(&[1]);
    let task = &stage.waves[0][0];
    stage.cloud.change(task, |target| target.live = kind("gp3"));
    assert_eq!(stage.wave(0).await.completed, 1);
    let record = stage.record(task).await;
    assert_eq!((record.status, record.stage), (TaskStatus::Completed, TaskStage::Planned));
    assert!(record.backup.is_none());
    assert_eq!(stage.rollback_through(None).await.status, StepStatus::Done);
    assert_eq!(stage.cloud.target(task).live, kind("gp3"));
    assert_eq!((stage.cloud.target(task).backups, stage.cloud.target(task).effects), (0, 0));
}

#[tokio::test]
async fn a_stale_plan_fails_its_task_and_names_the_setting_but_not_the_wave() {
    let stage = Stage::auto(&[2]);
    let [outdated, good] = &stage.waves[0][..] else { panic!() };
    stage.cloud.change(outdated, |target| target.live = kind("io1"));
    let report = stage.wave(0).await;
    assert_eq!((report.status, report.completed, report.failed), (StepStatus::Done, 1, 1));
    assert!(report.problems[0].contains("volume_type: \"gp2\" → \"io1\""), "{report:?}");
    assert_eq!(stage.record(outdated).await.error.unwrap().name, ErrorName::StalePlan);
    assert_eq!(stage.record(good).await.status, TaskStatus::Completed);
    assert_eq!(stage.cloud.target(outdated).effects, 0);

    assert!(stage.executor.health(&stage.cycle, 0).await.unwrap().healthy);
}

#[tokio::test]
async fn without_a_backup_nothing_is_changed() {
    let stage = Stage::auto(&[1]);
    let task = &stage.waves[0][0];
    stage.cloud.fail(task, "backup", Failure::Before(ErrorName::AccessDenied));
    assert_eq!(stage.wave(0).await.failed, 1);
    let record = stage.record(task).await;
    let error = record.error.unwrap();
    assert_eq!(error.name, ErrorName::AccessDenied);
    assert!(error.message.contains("ec2:Fake"), "{}", error.message);
    assert_eq!((stage.cloud.target(task).effects, record.stage), (0, TaskStage::BackingUp));
}

#[tokio::test]
async fn a_crash_between_the_change_and_its_record_does_nothing_twice() {
    // Writes: BackingUp, Applying, Verified. Each of them lost in turn.
    for lost in 1..=3 {
        let stage = Stage::auto(&[1]);
        let task = &stage.waves[0][0];
        stage.table.fail_write(lost);
        let error = stage.executor.wave(&stage.cycle, 0).await;
        assert!(error.is_err() || error.unwrap().status == StepStatus::InProgress, "{lost}");
        assert_eq!(stage.wave_through(0).await.completed, 1, "{lost}");
        assert_eq!(stage.cloud.target(task).effects, 1, "{lost}");
    }
    let stage = Stage::auto(&[1]);
    let task = &stage.waves[0][0];
    stage.cloud.fail(task, "apply", Failure::After);
    assert_eq!(stage.wave(0).await.status, StepStatus::InProgress);
    assert_eq!(stage.record(task).await.stage, TaskStage::Applying);
    assert_eq!(stage.wave(0).await.status, StepStatus::Done);
    assert_eq!(stage.cloud.target(task).effects, 1);
}

#[tokio::test]
async fn somebody_elses_change_during_the_backup_is_not_overwritten() {
    let stage = Stage::auto(&[1]);
    let task = &stage.waves[0][0];
    stage.cloud.fail(task, "apply", Failure::Before(ErrorName::Transient));
    stage.wave(0).await;
    stage.cloud.change(task, |target| target.live = kind("io2"));
    assert_eq!(stage.wave(0).await.failed, 1);
    assert_eq!(stage.record(task).await.error.unwrap().name, ErrorName::StalePlan);
    assert_eq!(stage.cloud.target(task).live, kind("io2"));
}

#[tokio::test]
async fn what_takes_time_is_come_back_to() {
    let stage = Stage::auto(&[2]);
    let [slow, quick] = &stage.waves[0][..] else { panic!() };
    stage.cloud.change(slow, |target| target.slow = 2);
    let report = stage.wave(0).await;
    assert_eq!((report.status, report.retry_after_seconds), (StepStatus::InProgress, 7));
    assert_eq!(stage.record(quick).await.status, TaskStatus::Completed);
    assert_eq!(stage.record(slow).await.status, TaskStatus::InProgress);
    assert_eq!(stage.wave(0).await.status, StepStatus::InProgress);
    assert_eq!(stage.wave(0).await.status, StepStatus::Done);
    assert_eq!(stage.cloud.target(slow).effects, 1);
}

#[tokio::test]
async fn what_never_ends_is_given_up() {
    let stage = Stage::auto(&[1]);
    stage.cloud.change(&stage.waves[0][0], |target| target.slow = 99);
    stage.wave(0).await;
    stage.clock.advance(13 * 3600);
    let report = stage.wave(0).await;
    assert_eq!(report.status, StepStatus::Failed);
    assert!(report.problems[0].contains("12 hours"), "{report:?}");
}

#[tokio::test]
async fn throttling_is_told_to_the_state_machine_only_when_nothing_moves() {
    let stage = Stage::auto(&[2]);
    let [throttled, good] = &stage.waves[0][..] else { panic!() };
    for _ in 0..2 {
        stage.cloud.fail(throttled, "read", Failure::Before(ErrorName::Throttled));
    }
    let report = stage.wave(0).await;
    assert_eq!((report.status, report.completed), (StepStatus::InProgress, 1));
    assert_eq!(stage.record(good).await.status, TaskStatus::Completed);
    let error = stage.executor.wave(&stage.cycle, 0).await.unwrap_err();
    assert_eq!(error.name, ErrorName::Throttled);
    assert_eq!(stage.wave(0).await.status, StepStatus::Done);
}

#[tokio::test]
async fn only_what_was_approved_is_done() {
    let stage = Stage::approval(&[3]);
    stage.decide(Verdict::Approve, Some(&[&stage.waves[0][1]])).await;
    let report = stage.wave(0).await;
    assert_eq!((report.status, report.completed, report.failed), (StepStatus::Done, 1, 0));
    for (index, task) in stage.waves[0].iter().enumerate() {
        let approved = index == 1;
        let status = stage.record(task).await.status;
        assert_eq!(status == TaskStatus::Completed, approved);
        assert_eq!(status == TaskStatus::Cancelled, !approved);
        assert_eq!(stage.cloud.target(task).effects, u32::from(approved));
    }
}

#[tokio::test]
async fn nothing_is_done_without_a_decision_or_in_mode_observe() {
    let undecided = Stage::approval(&[1]);
    let error = undecided.executor.wave(&undecided.cycle, 0).await.unwrap_err();
    assert_eq!(error.name, ErrorName::InvalidInput);
    assert!(error.message.contains("no approval"), "{error}");

    let rejected = Stage::approval(&[1]);
    rejected.decide(Verdict::Reject, None).await;
    assert_eq!(rejected.wave(0).await.completed, 0);
    assert_eq!(rejected.record(&rejected.waves[0][0]).await.status, TaskStatus::Cancelled);

    let mut observing = Stage::auto(&[1]);
    observing.cycle.mode = Mode::Observe;
    let error = observing.executor.wave(&observing.cycle, 0).await.unwrap_err();
    assert!(error.message.contains("observe"), "{error}");

    // A gate that says Auto does not make an action automatic.
    let forged = Stage::new(&[1], Mode::Auto, Gate::Auto, SafetyClass::Approval);
    assert_eq!(forged.wave(0).await.completed, 0);
    let manual = Stage::new(&[1], Mode::Approve, Gate::Approval, SafetyClass::Manual);
    manual.decide(Verdict::Approve, None).await;
    assert_eq!(manual.wave(0).await.completed, 0);
    for stage in [undecided, rejected, observing, forged, manual] {
        assert!(stage.cloud.journal().is_empty());
    }
}

#[tokio::test]
async fn an_approval_of_another_allocation_does_not_count() {
    let mut stage = Stage::approval(&[1]);
    stage.decide(Verdict::Approve, None).await;
    let allocation = stage.cycle.allocation.as_ref();
    let allocation = stage.artifacts.load(&stage.cycle, "allocation", allocation).await.unwrap();
    let other = stage.artifacts.save(&stage.cycle, "other.json", allocation).await.unwrap();
    stage.cycle.allocation = Some(other);
    let error = stage.executor.wave(&stage.cycle, 0).await.unwrap_err();
    assert!(error.message.contains("was approved, not"), "{error}");
}

#[tokio::test]
async fn a_rollback_goes_backwards_and_brings_everything_back() {
    let stage = Stage::auto(&[1, 2]);
    stage.wave_through(0).await;
    stage.wave_through(1).await;
    stage.cloud.change(&stage.waves[1][0], |target| target.slow = 1);
    let report = stage.rollback_through(None).await;
    assert_eq!((report.status, report.completed, report.failed), (StepStatus::Done, 3, 0));
    let undone: Vec<_> =
        stage.cloud.journal().into_iter().filter(|line| line.starts_with("undo")).collect();
    // The first of wave 1 was slow; wave 0 waited for it.
    assert_eq!(undone, ["undo vol-003", "undo vol-002", "undo vol-001"]);
    for task in stage.waves.iter().flatten() {
        let record = stage.record(task).await;
        assert_eq!((record.status, record.stage), (TaskStatus::Cancelled, TaskStage::Undone));
        assert_eq!(stage.cloud.target(task).live, kind("gp2"));
    }
    assert_eq!(stage.rollback_through(None).await, report, "rolling back twice is once");
    assert!(stage.ledger().waves(stage.cycle.cycle).await.unwrap().iter().all(|w| w.rolled_back));
}

#[tokio::test]
async fn a_rollback_of_one_wave_leaves_the_others() {
    let stage = Stage::auto(&[1, 1]);
    stage.wave_through(0).await;
    stage.wave_through(1).await;
    assert_eq!(stage.rollback_through(Some(1)).await.completed, 1);
    assert_eq!(stage.cloud.target(&stage.waves[0][0]).live, kind("gp3"));
    assert_eq!(stage.cloud.target(&stage.waves[1][0]).live, kind("gp2"));
}

#[tokio::test]
async fn a_rollback_refuses_to_overwrite_what_somebody_changed_since() {
    let stage = Stage::auto(&[2]);
    stage.wave_through(0).await;
    let [drifted, other] = &stage.waves[0][..] else { panic!() };
    stage.cloud.change(drifted, |target| target.live = kind("io2"));
    let report = stage.rollback_through(None).await;
    assert_eq!((report.status, report.completed, report.failed), (StepStatus::Failed, 1, 1));
    assert!(report.problems[0].contains("\"gp3\" → \"io2\""), "{report:?}");
    assert_eq!(stage.cloud.target(drifted).live, kind("io2"));
    assert_eq!(stage.cloud.target(other).live, kind("gp2"));
    assert_eq!(stage.record(drifted).await.status, TaskStatus::Completed);
    assert!(!stage.ledger().wave(stage.cycle.cycle, 0).await.unwrap().unwrap().rolled_back);
}

#[tokio::test]
async fn a_rollback_finds_somebody_was_there_before() {
    let stage = Stage::auto(&[1]);
    stage.wave_through(0).await;
    let task = &stage.waves[0][0];
    stage.cloud.change(task, |target| target.live = kind("gp2"));
    assert_eq!(stage.rollback_through(None).await.completed, 1);
    assert_eq!(stage.cloud.target(task).effects, 1);
}

#[tokio::test]
async fn a_rollback_tidies_up_what_came_half_way() {
    let stage = Stage::auto(&[1]);
    let task = &stage.waves[0][0];
    stage.cloud.fail(task, "apply", Failure::After);
    stage.wave(0).await;
    let report = stage.rollback_through(Some(0)).await;
    assert_eq!((report.status, report.completed), (StepStatus::Done, 1));
    assert_eq!(stage.cloud.target(task).live, kind("gp2"));
    // The wave, called by a late retry, does not begin again.
    assert_eq!(stage.wave(0).await.completed, 0);
    assert_eq!(stage.cloud.target(task).live, kind("gp2"));
}

#[tokio::test]
async fn a_crash_in_a_rollback_does_nothing_twice() {
    for lost in 1..=3 {
        let stage = Stage::auto(&[1]);
        stage.wave_through(0).await;
        stage.table.fail_write(lost);
        stage.rollback_through(None).await;
        stage.rollback_through(None).await;
        assert_eq!(stage.cloud.target(&stage.waves[0][0]).effects, 2, "{lost}");
        assert_eq!(stage.cloud.target(&stage.waves[0][0]).live, kind("gp2"), "{lost}");
    }
}

#[tokio::test]
async fn an_unknown_cycle_cannot_be_rolled_back() {
    let stage = Stage::auto(&[1]);
    let error =
        stage.executor.rollback(&stage.cycle.tenant, stage.cycle.cycle, None).await.unwrap_err();
    assert_eq!(error.name, ErrorName::InvalidInput);
}

#[tokio::test]
async fn the_health_gate_sees_alarms_and_is_kept_for_the_outcome() {
    let stage = Stage::auto(&[1, 1]);
    stage.wave_through(0).await;
    assert!(stage.executor.health(&stage.cycle, 0).await.unwrap().healthy);
    stage.cloud.alarm("errors", true);
    stage.cloud.alarm("fine", false);
    let health = stage.executor.health(&stage.cycle, 0).await.unwrap();
    assert_eq!(health.problems, ["alarm errors of 123456789012 in us-east-1 is in ALARM"]);
    stage.rollback_through(Some(0)).await;

    let request = ExecutionRequest::Finish { cycle: Box::new(stage.cycle.clone()) };
    let ExecutionResponse::Cycle(answer) = handle(&stage.executor, request).await.unwrap() else {
        panic!("finish answers the cycle");
    };
    let key = answer.cycle.outcome.as_ref().and_then(|outcome| outcome.key()).unwrap();
    assert_eq!(key.file_name(), "outcome.json");
    let outcome = stage.outcome(&answer.cycle).await;
    assert_eq!(outcome.waves[0].health, Some(health));
    assert!(outcome.waves[0].rolled_back && !outcome.waves[1].rolled_back);
    assert_eq!(outcome.tasks[0].status, TaskStatus::Cancelled);
    assert_eq!(outcome.tasks[1].status, TaskStatus::Blocked, "its wave was never begun");
}

#[tokio::test]
async fn alarms_that_rang_before_the_wave_and_miyabis_own_do_not_stop_it_unless_the_policy_says_so()
{
    let stage = Stage::auto(&[1]);
    stage.cloud.alarm("always-ringing", true);
    stage.cloud.alarms_since("2020-01-01T00:00:00Z".parse().unwrap());
    stage.wave_through(0).await;
    let records = stage.ledger().tasks(stage.cycle.cycle).await.unwrap();
    let problems = async |names: &[String]| {
        crate::health::check(&stage.cloud, names, &records).await.unwrap().problems.len()
    };
    assert_eq!(problems(&[]).await, 0);
    assert_eq!(problems(&["always-ringing".into()]).await, 1);
    stage.cloud.alarms_since("2100-01-01T00:00:00Z".parse().unwrap());
    assert_eq!(problems(&[]).await, 1);
    stage.cloud.alarm("always-ringing", false);
    stage.cloud.alarm("Miyabi-acme-cycle-failed", true);
    assert_eq!(problems(&[]).await, 0);
}

#[tokio::test]
async fn an_alarm_of_the_policy_that_does_not_exist_is_not_well() {
    let names = vec!["checkout".to_owned(), "errors".to_owned()];
    let stage = Stage::auto(&[1]);
    stage.wave_through(0).await;
    stage.cloud.alarm("errors", false);
    let records = stage.ledger().tasks(stage.cycle.cycle).await.unwrap();
    let health = crate::health::check(&stage.cloud, &names, &records).await.unwrap();
    assert_eq!(health.problems.len(), 1);
    assert!(health.problems[0].contains("checkout"), "{health:?}");
}

#[tokio::test]
async fn an_instance_that_fails_its_status_checks_is_not_well() {
    let stage = Stage::auto(&[1]);
    stage.wave_through(0).await;
    let mut record = stage.record(&stage.waves[0][0]).await;
    record.task.action.target =
        Arn::parse("arn:aws:ec2:us-east-1:123456789012:instance/i-1").unwrap();
    record.task.action.resource_id = "i-1".into();
    stage.cloud.impair("i-1");
    let health = crate::health::check(&stage.cloud, &[], &[record]).await.unwrap();
    assert_eq!(health.problems, ["instance i-1 fails its status checks"]);
}

/// The IAM action of every call, as the sources name it where they handle its failure.
fn called(folder: &std::path::Path, calls: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            called(&path, calls);
        } else {
            let source = std::fs::read_to_string(&path).unwrap();
            let parts = source.split("failed(\"").skip(1);
            calls.extend(parts.filter_map(|rest| Some(rest.split_once("\")")?.0.to_owned())));
        }
    }
}

#[test]
fn execution_declares_exactly_the_permissions_that_its_calls_need() {
    let mut calls = BTreeSet::new();
    called(std::path::Path::new("src"), &mut calls);
    calls.retain(|call| IamAction::parse(call.as_str()).is_ok());
    // Needed to create something with its tags on it.
    calls.insert("ec2:CreateTags".into());
    let declared: BTreeSet<_> = crate::permissions().into_iter().map(str::to_owned).collect();
    assert_eq!(calls, declared);
}

#[tokio::test]
async fn what_comes_back_otherwise_is_told_each_time() {
    let mut stage = Stage::auto(&[1]);
    let mut task = stage.waves[0][0].clone();
    task.action.operation = Operation::DeleteVolume;
    task.action.desired = TargetState::Absent;
    stage.replace(&task);
    assert_eq!(stage.wave_through(0).await.completed, 1);
    for _ in 0..2 {
        let report = stage.rollback_through(None).await;
        assert_eq!((report.status, report.completed), (StepStatus::Done, 1));
        assert_eq!(report.problems, ["delete_volume of vol-001: it has a new id"]);
    }
}
