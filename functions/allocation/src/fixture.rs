//! A small account for tests, built from JSON as an event would bring it.

use std::collections::BTreeMap;

use miyabi_types::{
    action::{Action, Operation, TargetState},
    finding::{Category, Saving, Severity},
    id::{Arn, CheckId, ControlId},
    money::MonthlyUsd,
    plan::{Confidence, Plan, Proposal},
    resource::Resource,
    score::{ControlTally, Score},
    world::World,
};
use serde_json::{Value, json};

pub const CYCLE: &str = "0198a6b0-0000-7000-8000-000000000000";

pub fn usd(dollars: i64) -> MonthlyUsd {
    MonthlyUsd::from_micros(dollars * 1_000_000)
}

pub fn check(name: &str) -> CheckId {
    CheckId::parse(name).unwrap()
}

pub fn control(name: &str) -> ControlId {
    ControlId::parse(name).unwrap()
}

/// The ARN of `kind/id` in the account.
pub fn arn(resource: &str) -> Arn {
    Arn::parse(format!("arn:aws:ec2:us-east-1:123456789012:{resource}")).unwrap()
}

/// Sets `path` (a JSON pointer) of `value`.
pub fn with(mut value: Value, changes: &[(&str, Value)]) -> Value {
    for (path, new) in changes {
        let (parent, key) = path.rsplit_once('/').unwrap();
        let object = value.pointer_mut(parent).expect("a parent").as_object_mut().unwrap();
        object.insert(key.into(), new.clone());
    }
    value
}

/// An `m5.2xlarge` (8 vCPU, 32 GiB) with 14 days of five-minute metrics, at `cpu` % P99.5.
pub fn instance(id: &str, cpu: f64) -> Value {
    json!({
        "arn": arn(&format!("instance/{id}")),
        "account": "123456789012", "region": "us-east-1", "id": id,
        "utilization": {"known": {"window_days": 14, "period_seconds": 300, "metrics": {
            "CPUUtilization": stats(cpu, cpu / 2.0),
        }}},
        "monthly_cost": {"known": 280_320_000},
        "kind": "AWS::EC2::Instance",
        "config": {
            "instance_type": "m5.2xlarge", "state": "running", "stopped_at": null,
            "launched_at": null, "architecture": "x86_64", "platform": "Linux/UNIX",
            "image_id": null, "lifecycle": "on-demand", "tenancy": "default",
            "availability_zone": "us-east-1a", "vpc_id": null, "subnet_id": null,
            "security_group_ids": [], "volume_ids": [], "root_device_name": null,
            "private_ip": null, "public_ip": null, "key_name": null,
            "instance_profile_arn": null, "imds_http_tokens": null,
            "imds_http_endpoint": null, "ebs_optimized": true, "auto_scaling_group": null,
        },
    })
}

/// Statistics with every expected datapoint of 14 days.
pub fn stats(p99_5: f64, average: f64) -> Value {
    json!({
        "datapoints": 4032, "average": average, "p50": average, "p95": p99_5, "p99_5": p99_5,
        "maximum": p99_5, "sum": average * 4032.0,
    })
}

/// A gp2 volume, attached to `instance` if there is one.
pub fn volume(id: &str, instance: Option<&str>) -> Value {
    let attached: Vec<_> = instance
        .map(|i| json!({"instance_id": i, "device": "/dev/sdf", "delete_on_termination": false}))
        .into_iter()
        .collect();
    json!({
        "arn": arn(&format!("volume/{id}")),
        "account": "123456789012", "region": "us-east-1", "id": id,
        "utilization": {"unavailable": {"reason": "not read"}},
        "monthly_cost": {"known": 10_000_000},
        "kind": "AWS::EC2::Volume",
        "config": {
            "volume_type": "gp2", "size_gib": 100, "iops": 300, "throughput_mibps": null,
            "state": if instance.is_some() { "in-use" } else { "available" },
            "encrypted": true, "kms_key_id": null, "snapshot_id": null,
            "availability_zone": "us-east-1a", "attached_to": attached,
        },
    })
}

/// A security group.
pub fn group(id: &str) -> Value {
    json!({
        "arn": arn(&format!("security-group/{id}")),
        "account": "123456789012", "region": "us-east-1", "id": id,
        "utilization": {"unavailable": {"reason": "not read"}},
        "monthly_cost": {"known": 0},
        "kind": "AWS::EC2::SecurityGroup",
        "config": {
            "group_name": id, "description": "", "vpc_id": null, "ingress": [], "egress": [],
        },
    })
}

pub fn resource(value: Value) -> Resource {
    serde_json::from_value(value).unwrap()
}

/// A World of these resources, with a few list prices of us-east-1 (dollars an hour).
pub fn world(resources: &[Value]) -> World {
    let kind = |vcpu: u32, gib: u32, arch: &str, hypervisor: &str, net: f64, ebs: f64| {
        json!({
            "vcpu": vcpu, "memory_mib": gib * 1024, "arch": arch, "generation": "current",
            "hypervisor": hypervisor, "network_gbps": net, "ebs_mbps": ebs,
        })
    };
    let nitro = |vcpu, gib| kind(vcpu, gib, "x86_64", "nitro", 10.0, 4750.0);
    let burst = |vcpu, gib| with(nitro(vcpu, gib), &[("/burstable", json!(true))]);
    let types = json!({
        "m5.large": nitro(2, 8), "m5.xlarge": nitro(4, 16), "m5.2xlarge": nitro(8, 32),
        "m6i.large": nitro(2, 8), "m5d.large": nitro(2, 8),
        "r5.large": nitro(2, 16), "r5.xlarge": nitro(4, 32), "r6i.xlarge": nitro(4, 32),
        "r5a.xlarge": nitro(4, 32), "r5.2xlarge": nitro(8, 64),
        "r6g.xlarge": kind(4, 32, "arm64", "nitro", 10.0, 4750.0),
        "r4.xlarge": kind(4, 30, "x86_64", "xen", 10.0, 850.0),
        "t3.large": burst(2, 8), "t3.xlarge": burst(4, 16), "t3.2xlarge": burst(8, 32),
    });
    let hour = |pairs: &[(&str, &str)]| -> BTreeMap<String, Value> {
        let price = |(name, usd): &(&str, &str)| (format!("instance/{name}/linux"), json!(usd));
        pairs.iter().map(price).collect()
    };
    let prices = hour(&[
        ("m5.large", "0.096"),
        ("m5.xlarge", "0.192"),
        ("m5.2xlarge", "0.384"),
        ("m6i.large", "0.096"),
        ("m5d.large", "0.05"),
        ("r5.large", "0.126"),
        ("r5.xlarge", "0.252"),
        ("r6i.xlarge", "0.252"),
        ("r5a.xlarge", "0.226"),
        ("r5.2xlarge", "0.504"),
        ("r6g.xlarge", "0.2016"),
        ("r4.xlarge", "0.1"),
        ("t3.large", "0.0832"),
        ("t3.xlarge", "0.1664"),
        ("t3.2xlarge", "0.3328"),
    ]);
    let scope = json!({"account": "123456789012", "region": "us-east-1"});
    serde_json::from_value(json!({
        "manifest": {
            "tenant": "acme", "cycle": CYCLE, "sequence": 0, "taken_at": "2026-11-22T00:00:00Z",
            "scopes": [{
                "scope": scope, "coverage": [], "resources": {}, "api_calls": 0,
                "cost_explorer_requests": 0,
            }],
            "prices": {
                "as_of": null, "sources": [], "instance_types": types,
                "regions": {"us-east-1": {"AmazonEC2": {"listed": prices}}},
            },
        },
        "resources": resources, "costs": {}, "security_hub": [],
    }))
    .unwrap()
}

/// A plan of these proposals, judged with `failed` resources of each control.
pub fn plan(proposals: Vec<Proposal>, failed: &[(&str, u64, u64)]) -> Plan {
    let tallies = failed.iter().map(|(name, failed, passed)| {
        let tally = ControlTally {
            failed: *failed,
            passed: *passed,
            ..ControlTally::new(Severity::Medium)
        };
        (control(name), tally)
    });
    let mut plan: Plan = serde_json::from_value(json!({
        "tenant": "acme", "cycle": CYCLE, "created_at": "2026-11-22T00:00:00Z",
        "assessment": {
            "sequence": 0, "resources": {}, "monthly_cost": 0, "unpriced": 0, "findings": [],
            "not_evaluated": [],
            "score": {"permille": null, "weighted_permille": null, "statuses": {}, "controls": {}},
        },
        "proposals": [], "documents": [],
    }))
    .unwrap();
    plan.assessment.score = Score::of(tallies.collect());
    plan.proposals = proposals;
    plan
}

/// A proposal of `operation` on a resource, by check `check`: worth `saving` dollars, or a security
/// fix without saving if that is 0.
pub fn propose(operation: Operation, target: &Value, check_name: &str, saving: i64) -> Proposal {
    let resource = resource(target.clone());
    let setting = |value: &str| TargetState::present([(operation.name(), value.into())]);
    let deletes = matches!(operation, Operation::DeleteVolume | Operation::ReleaseAddress);
    let desired = if deletes { TargetState::Absent } else { setting("new") };
    Proposal {
        action: Action::new(operation, &resource, setting("old"), desired),
        findings: Vec::new(),
        checks: [check(check_name)].into(),
        category: if saving > 0 { Category::Cost } else { Category::Security },
        severity: Severity::Medium,
        saving: if saving > 0 { Saving::Exact(usd(saving)) } else { Saving::None },
        controls: [].into(),
        summary: String::new(),
        risk: String::new(),
        confidence: Confidence::High,
        agent: resource.owner(),
        tags: resource.tags.clone(),
    }
}
