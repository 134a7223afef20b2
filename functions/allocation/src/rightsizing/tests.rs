use super::*;
use crate::fixture::{arn, instance, plan, resource, stats, usd, with, world};
use miyabi_types::action::Route;
use serde_json::{Value, json};

const METRICS: &str = "/utilization/known/metrics";

fn judged(value: Value) -> Rightsizing {
    rightsize(&world(&[value]), &plan(vec![], &[]).assessment)
}

/// The type an instance is moved to, or why it could not be judged; neither if it fits.
fn check_one(value: Value) -> (Option<String>, Option<String>) {
    let Rightsizing { proposals, not_evaluated } = judged(value);
    let target = proposals
        .first()
        .map(|p| p.action.desired.setting("instance_type").as_str().expect("a type").to_owned());
    (target, not_evaluated.first().map(|n| n.why.reason.clone()))
}

fn moves_to(why: &str, value: Value, expected: Option<&str>) {
    let (target, unjudged) = check_one(value);
    assert_eq!((target.as_deref(), unjudged), (expected, None), "{why}");
}

fn unjudged(value: Value, reason: &str) {
    let (target, why) = check_one(value);
    assert_eq!(target, None, "{reason}");
    assert!(why.as_deref().is_some_and(|why| why.contains(reason)), "{reason}: {why:?}");
}

fn memory(value: Value, percent: f64) -> Value {
    with(value, &[(&format!("{METRICS}/mem_used_percent"), stats(percent, percent))])
}

#[test]
fn the_cheapest_type_that_holds_the_need() {
    moves_to("unseen memory is not reduced", instance("i-1", 20.0), Some("r5.xlarge"));
    moves_to("seen memory may be", memory(instance("i-1", 20.0), 20.0), Some("m5.large"));
    moves_to("memory above a half stays", memory(instance("i-1", 20.0), 60.0), Some("r5.xlarge"));
    moves_to("busy stays", instance("i-1", 60.0), None);
    // 8 vCPU × 41.666… % × 1.2 = 4 vCPU.
    moves_to(
        "CPU exactly at the limit",
        instance("i-1", 4.0 / 8.0 / 1.2 * 100.0),
        Some("r5.xlarge"),
    );
    moves_to("CPU just above it", instance("i-1", 41.67), None);
    // 32 GiB × 41.666… % × 1.2 = 16 GiB.
    let half = 16.0 / 32.0 / 1.2 * 100.0;
    moves_to("memory exactly at the limit", memory(instance("i-1", 10.0), half), Some("r5.large"));
    moves_to("memory just above it", memory(instance("i-1", 10.0), 41.67), Some("r5.xlarge"));
}

#[test]
fn the_saving_is_the_difference_of_list_prices() {
    let unseen = &judged(instance("i-1", 20.0)).proposals[0];
    // (0.384 − 0.252) × 730
    assert_eq!(unseen.saving, Saving::Exact(MonthlyUsd::from_micros(96_360_000)));
    assert_eq!(unseen.confidence, Confidence::Medium);
    assert_eq!(unseen.action.expected.setting("instance_type"), "m5.2xlarge");
    assert!(unseen.summary.contains("memory is not seen"), "{}", unseen.summary);
    let seen = &judged(memory(instance("i-1", 20.0), 20.0)).proposals[0];
    assert_eq!(seen.confidence, Confidence::High);
    assert!(seen.saving.amount() > usd(200));
}

#[test]
fn network_and_disks_must_fit_too() {
    // Traffic at a steady rate of so many bits a second.
    let steady = |bits: f64| {
        let bytes = bits / 8.0 * 300.0;
        stats(bytes, bytes)
    };
    let network = format!("{METRICS}/NetworkOut");
    let of = |bits| with(instance("i-1", 20.0), &[(&network, steady(bits))]);
    moves_to("exactly its bandwidth", of(10e9 / 1.2), Some("r5.xlarge"));
    moves_to("more than any has", of(10.1e9 / 1.2), None);
    let disk = |bits: f64| {
        with(
            instance("i-1", 20.0),
            &[
                (&format!("{METRICS}/EBSReadBytes"), steady(bits / 2.0)),
                (&format!("{METRICS}/EBSWriteBytes"), steady(bits / 2.0)),
            ],
        )
    };
    moves_to("reads and writes together", disk(4750e6 / 1.2), Some("r5.xlarge"));
    moves_to("reads and writes together, too much", disk(4760e6 / 1.2), None);
}

#[test]
fn too_little_is_told_instead_of_guessed() {
    let cpu = format!("{METRICS}/CPUUtilization");
    let with_datapoints =
        |n: u32| with(instance("i-1", 20.0), &[(&format!("{cpu}/datapoints"), json!(n))]);
    // 90 % of 4032 is 3628.8.
    moves_to("complete enough", with_datapoints(3629), Some("r5.xlarge"));
    unjudged(with_datapoints(3628), "89 % of CPUUtilization over 14 days");
    unjudged(with_datapoints(300), "25 hours of CPUUtilization");
    unjudged(with(instance("i-1", 0.0), &[(METRICS, json!({}))]), "no CPUUtilization");
    // Memory with gaps is memory not seen.
    let gaps = memory(instance("i-1", 20.0), 20.0);
    let gaps = with(gaps, &[(&format!("{METRICS}/mem_used_percent/datapoints"), json!(3000))]);
    moves_to("memory with gaps", gaps, Some("r5.xlarge"));
}

#[test]
fn instances_that_cannot_be_moved_say_why() {
    let set = |path: &str, value: Value| {
        with(instance("i-1", 20.0), &[(&format!("/config/{path}"), value)])
    };
    unjudged(set("auto_scaling_group", json!("web")), "Auto Scaling group web");
    unjudged(set("lifecycle", json!("spot")), "spot");
    unjudged(set("tenancy", json!("dedicated")), "dedicated");
    unjudged(set("instance_type", json!("m5d.large")), "special hardware");
    unjudged(set("instance_type", json!("m9.large")), "capacities of m9.large");
    unjudged(set("platform", json!("Windows")), "no price for instance/m5.2xlarge/windows");
    moves_to("a stopped instance needs nothing", set("state", json!("stopped")), None);
}

#[test]
fn metrics_of_before_a_resize_are_not_taken_for_ones_of_today() {
    // The World is of 2026-11-22T00:00Z and looks back 14 days.
    let started = |created: Value, launched: &str| {
        let instance = memory(instance("i-1", 20.0), 20.0);
        with(instance, &[("/created_at", created), ("/config/launched_at", json!(launched))])
    };
    let old = || json!("2025-01-01T00:00:00Z");
    moves_to("whole look-back", started(old(), "2026-11-08T00:00:00Z"), Some("m5.large"));
    unjudged(started(old(), "2026-11-08T00:00:01Z"), "from 2026-11-22T00:00:01Z on");
    unjudged(started(old(), "2026-11-21T10:00:00Z"), "metrics of before may be of another type");
    unjudged(started(json!(null), "2026-11-21T10:00:00Z"), "started again");
    let new = "2026-11-20T00:00:00Z";
    moves_to("first started when it was made", started(json!(new), new), Some("m5.large"));
}

#[test]
fn a_resized_instance_is_not_resized_again_before_its_metrics_are_its_own() {
    // 20 % of eight vCPUs, seen with the memory: two vCPUs are enough.
    let before = memory(instance("i-1", 20.0), 20.0);
    let before = with(before, &[("/created_at", json!("2025-01-01T00:00:00Z"))]);
    assert_eq!(check_one(before.clone()).0.as_deref(), Some("m5.large"));
    // The next cycle sees the new type with the percentages of the old one.
    let after = with(
        before,
        &[
            ("/config/instance_type", json!("m5.xlarge")),
            ("/config/launched_at", json!("2026-11-21T00:00:00Z")),
        ],
    );
    unjudged(after.clone(), "another type");
    let later = with(after, &[("/config/launched_at", json!("2026-11-01T00:00:00Z"))]);
    moves_to("two weeks later they count", later, Some("m5.large"));
}

#[test]
fn a_missing_permission_is_told_once_for_its_scope() {
    let denied = json!({"unavailable": {
        "reason": "access denied", "missing_permission": "cloudwatch:GetMetricData",
    }});
    let blind = |id| with(instance(id, 20.0), &[("/utilization", denied.clone())]);
    let found = rightsize(&world(&[blind("i-1"), blind("i-2")]), &plan(vec![], &[]).assessment);
    assert_eq!(found.not_evaluated.len(), 1);
    assert!(matches!(found.not_evaluated[0].place, Place::Scope(_)));

    let mut assessment = plan(vec![], &[]).assessment;
    assessment.not_evaluated = found.not_evaluated;
    let again = rightsize(&world(&[blind("i-1")]), &assessment);
    assert_eq!(again.not_evaluated, [], "the plan tells it already");
}

#[test]
fn burstable_types_are_for_burstable_instances_within_their_baseline() {
    let t3 = |p99_5: f64, average: f64| {
        with(
            memory(instance("i-1", 20.0), 10.0),
            &[
                ("/config/instance_type", json!("t3.2xlarge")),
                (&format!("{METRICS}/CPUUtilization"), stats(p99_5, average)),
            ],
        )
    };
    moves_to("idle", t3(10.0, 2.0), Some("t3.large"));
    // t3.large: 2 vCPU × 30 % = 0.6 vCPU; 8 vCPU × 6.25 % × 1.2 = 0.6.
    moves_to("mean exactly the baseline", t3(20.0, 6.25), Some("t3.large"));
    moves_to("mean above its baseline", t3(20.0, 6.3), Some("m5.large"));
    unjudged(t3(80.0, 40.0), "CPU credits");
    moves_to("others never begin to burst", memory(instance("i-1", 20.0), 60.0), Some("r5.xlarge"));
}

#[test]
fn a_finding_of_the_plan_is_linked() {
    let mut assessment = plan(vec![], &[]).assessment;
    let id = FindingId::of(&check(), &arn("instance/i-1"));
    assessment.findings.push(
        serde_json::from_value(json!({
            "id": id, "check": check(), "category": "cost", "severity": "high",
            "resource": arn("instance/i-1"), "kind": "AWS::EC2::Instance", "label": "i-1",
            "account": "123456789012", "region": "us-east-1", "title": "", "evidence": "",
            "saving": "unknown",
        }))
        .unwrap(),
    );
    let found = rightsize(&world(&[instance("i-1", 20.0)]), &assessment);
    assert_eq!(found.proposals[0].findings, [id]);
    assert_eq!(found.proposals[0].severity, Severity::High);
    assert_eq!(found.proposals[0].action.target, resource(instance("i-1", 0.0)).arn);
}

#[test]
fn an_instance_of_a_stack_is_resized_through_its_stack() {
    let owner = json!({"by": "cloud_formation", "stack": "shop", "logical_id": "Batch"});
    let found = judged(with(instance("i-1", 20.0), &[("/managed_by", owner)]));
    let action = &found.proposals[0].action;
    let Route::ChangeSet { stack, properties, .. } = &action.route else {
        panic!("{:?}", action.route)
    };
    assert_eq!((stack.as_str(), &properties["InstanceType"]), ("shop", &json!("r5.xlarge")));
    assert!(!action.causes_drift);
}

#[test]
fn what_is_exempt_is_not_resized() {
    let resized = |standing: &str| {
        let mut plan = plan(vec![], &[]);
        let exemption = json!({
            "checks": [check()], "owner": "batch team", "reason": "sized for the end of the quarter",
            "until": "2026-12-31",
        });
        let used = json!({"exemption": exemption, "standing": standing, "findings": 0});
        plan.assessment.exemptions = vec![serde_json::from_value(used).unwrap()];
        rightsize(&world(&[instance("i-1", 20.0)]), &plan.assessment).proposals.len()
    };
    assert_eq!(resized("expired"), 1);
    assert_eq!(resized("used"), 0);
    assert_eq!(resized("unused"), 0, "nor where only allocation would have found it");
}
