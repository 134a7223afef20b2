//! A small cycle for the tests of this crate: two resources, three actions, one blind spot.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use miyabi_types::{
    action::{Action, Operation, TargetState},
    agent::HistoricalAgent,
    allocation::{Allocation, Deferred, Gate, Refusal, Wave},
    artifact::{ArtifactKey, ArtifactRef},
    commitments::{
        SavingsPlanType,
        after::{Amount, Bought, CommitmentAfter, Purchase},
    },
    cycle::{CycleState, WorldRef},
    error::ErrorName,
    evidence::{Evidence, Unavailable},
    finding::{Category, Finding, NotEvaluated, Place, Saving, Severity},
    id::{Arn, CheckId, CycleId, FindingId, IamAction, TenantId},
    money::MonthlyUsd,
    outcome::{Health, Outcome, WaveOutcome},
    plan::{Assessment, Confidence, Document, Plan, Proposal},
    pricing::PriceSheet,
    report::{MeasuredSaving, Measurement},
    resource::{ManagedBy, Resource, ResourceConfig, ResourceKind, ec2},
    score::Score,
    settings::Mode,
    task::{AwsTask, TaskError, TaskRecord, TaskStatus},
    world::{Coverage, Scope, ScopeManifest, World, WorldManifest},
};
use serde_json::json;

pub fn tenant() -> TenantId {
    "acme".parse().unwrap()
}

pub fn cycle_id() -> CycleId {
    "0198a6b0-0000-7000-8000-00000000000a".parse().unwrap()
}

/// 2026-11-22T09:00:00Z.
pub fn now() -> Timestamp {
    Timestamp::from_second(1_795_338_000).unwrap()
}

pub fn usd(dollars: i64) -> MonthlyUsd {
    MonthlyUsd::from_micros(dollars * 1_000_000)
}

fn resource(id: &str, name: &str, config: ResourceConfig, managed_by: ManagedBy) -> Resource {
    Resource {
        arn: Arn::parse(format!("arn:aws:ec2:us-east-1:123456789012:thing/{id}")).unwrap(),
        account: "123456789012".parse().unwrap(),
        region: "us-east-1".parse().unwrap(),
        id: id.into(),
        name: Some(name.into()),
        managed_by,
        config,
        ..serde_json::from_value(json!({
            "arn": "arn:aws:ec2:us-east-1:123456789012:thing/x", "account": "123456789012",
            "region": "us-east-1", "id": "x",
            "utilization": { "unavailable": { "reason": "not read" } },
            "monthly_cost": { "known": 0 },
            "kind": "AWS::EC2::EIP",
            "config": {
                "public_ip": "203.0.113.9", "allocation_id": "eipalloc-1", "association_id": null,
                "instance_id": null, "network_interface_id": null
            }
        }))
        .unwrap()
    }
}

fn volume() -> Resource {
    let config = ec2::Volume {
        volume_type: "gp2".into(),
        size_gib: 500,
        iops: Some(1_500),
        throughput_mibps: None,
        state: "in-use".into(),
        encrypted: false,
        kms_key_id: None,
        snapshot_id: None,
        availability_zone: "us-east-1a".into(),
        attached_to: Vec::new(),
    };
    // A name that would be a link, a mention and a table cell if it were let through.
    resource(
        "vol-1",
        "data|[click](https://evil) @everyone",
        ResourceConfig::Ec2Volume(config),
        ManagedBy::None,
    )
}

fn address() -> Resource {
    let config = ec2::Address {
        public_ip: "203.0.113.9".into(),
        allocation_id: "eipalloc-1".into(),
        association_id: None,
        instance_id: None,
        network_interface_id: None,
    };
    resource("eipalloc-1", "old-lb", ResourceConfig::Ec2Address(config), ManagedBy::Terraform)
}

fn proposal(
    action: Action,
    check: &str,
    saving: Saving,
    agent: HistoricalAgent,
    words: [&str; 2],
) -> Proposal {
    let check: CheckId = check.parse().unwrap();
    Proposal {
        findings: vec![FindingId::of(&check, &action.target)],
        checks: [check].into(),
        category: Category::Cost,
        severity: Severity::Medium,
        saving,
        controls: ["EC2.7".parse().unwrap()].into(),
        summary: words[0].into(),
        risk: words[1].into(),
        confidence: Confidence::High,
        agent,
        tags: BTreeMap::new(),
        action,
    }
}

/// Convert a volume, encrypt it by stopping, release an address.
pub fn proposals() -> Vec<Proposal> {
    let state = |key: &str, value: serde_json::Value| TargetState::present([(key, value)]);
    vec![
        proposal(
            Action::new(
                Operation::ModifyVolume,
                &volume(),
                state("volume_type", "gp2".into()),
                state("volume_type", "gp3".into()),
            ),
            "ebs_volume_gp2",
            Saving::Exact(usd(10)),
            HistoricalAgent::BillGates,
            [
                "convert gp2 to gp3: the same speed for less",
                "performance may vary while it converts",
            ],
        ),
        proposal(
            Action::new(
                Operation::StopInstance,
                &volume(),
                state("state", "running".into()),
                state("state", "stopped".into()),
            ),
            "ec2_instance_idle",
            Saving::Estimated(usd(3)),
            HistoricalAgent::BillGates,
            ["stop what nobody used for 14 days", "whoever still uses it loses it"],
        ),
        proposal(
            Action::new(
                Operation::ReleaseAddress,
                &address(),
                state("public_ip", "203.0.113.9".into()),
                TargetState::Absent,
            ),
            "ec2_address_unused",
            Saving::Unknown,
            HistoricalAgent::Napoleon,
            ["release an address that nothing uses", "it may not come back"],
        ),
    ]
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

fn finding(severity: Severity, check: &str) -> Finding {
    let (check, volume): (CheckId, _) = (check.parse().unwrap(), volume());
    Finding {
        id: FindingId::of(&check, &volume.arn),
        check,
        category: Category::Security,
        severity,
        controls: BTreeSet::new(),
        resource: volume.arn,
        kind: ResourceKind::Ec2Volume,
        label: volume.id,
        account: volume.account,
        region: volume.region,
        title: "a title".into(),
        evidence: "evidence".into(),
        saving: Saving::None,
    }
}

pub fn scope() -> Scope {
    Scope { account: "123456789012".parse().unwrap(), region: "us-east-1".parse().unwrap() }
}

fn denied() -> Unavailable {
    Unavailable::denied(IamAction::parse("rds:DescribeDBInstances").unwrap())
}

fn assessment(sequence: u32, cost: i64, score: u32, findings: Vec<Finding>) -> Assessment {
    Assessment {
        sequence,
        resources: [(ResourceKind::Ec2Volume, 1), (ResourceKind::Ec2Address, 1)].into(),
        monthly_cost: usd(cost),
        unpriced: 0,
        findings,
        exempted: Vec::new(),
        exemptions: Vec::new(),
        limits: BTreeMap::new(),
        not_evaluated: vec![NotEvaluated {
            check: "rds_instance_public".parse().unwrap(),
            place: Place::Scope(scope()),
            why: denied(),
            controls: BTreeSet::new(),
        }],
        score: Score { permille: Some(score), ..Score::of(BTreeMap::new()) },
    }
}

pub fn plan() -> Plan {
    Plan {
        tenant: tenant(),
        cycle: cycle_id(),
        created_at: now(),
        assessment: assessment(
            0,
            1_240,
            640,
            vec![
                finding(Severity::Critical, "a_b"),
                finding(Severity::Medium, "c_d"),
                finding(Severity::Medium, "e_f"),
            ],
        ),
        proposals: proposals(),
        forecast: None,
        since_last: None,
        documents: vec![Document {
            path: "cost-plan.md".into(),
            content: ArtifactRef::Key(ArtifactKey::of_cycle(&tenant(), cycle_id(), "cost-plan.md")),
        }],
    }
}

pub fn allocation() -> Allocation {
    let proposals = proposals();
    Allocation {
        tenant: tenant(),
        cycle: cycle_id(),
        mode: Mode::Approve,
        gate: Gate::Approval,
        proposals: Vec::new(),
        waves: vec![
            Wave { index: 0, tasks: vec![task(&proposals[0])] },
            Wave { index: 1, tasks: vec![task(&proposals[1]), task(&proposals[2])] },
        ],
        deferred: vec![Deferred {
            action: "act-0000000000000000".parse().unwrap(),
            why: Refusal::Manual,
        }],
        not_evaluated: Vec::new(),
        commitments: vec![CommitmentAfter {
            account: "123456789012".parse().unwrap(),
            purchase: Purchase::SavingsPlan(SavingsPlanType::Compute),
            of: SavingsPlanType::Compute.name().into(),
            recommended: Bought { amount: Amount::HourlyMicros(500_000), saving: usd(140) },
            taken: Evidence::Known(usd(13)),
            left: Evidence::Known(Bought {
                amount: Amount::HourlyMicros(487_000),
                saving: usd(136),
            }),
        }],
        promised_saving: usd(13),
        promised_score_permille: Some(920),
    }
}

/// The first action is done, the second (on the same resource) too, the third failed.
pub fn outcome() -> Outcome {
    let proposals = proposals();
    let record = |index: usize, wave: u32, status: TaskStatus| TaskRecord {
        status,
        ..TaskRecord::pending(task(&proposals[index]), wave)
    };
    Outcome {
        tenant: tenant(),
        cycle: cycle_id(),
        waves: vec![
            WaveOutcome {
                index: 0,
                health: Some(Health { healthy: true, problems: Vec::new() }),
                rolled_back: false,
            },
            WaveOutcome { index: 1, health: None, rolled_back: false },
        ],
        tasks: vec![
            record(0, 0, TaskStatus::Completed),
            record(1, 1, TaskStatus::Completed),
            TaskRecord {
                error: Some(TaskError {
                    name: ErrorName::StalePlan,
                    message: "association_id: null → \"eipassoc-1\"".into(),
                }),
                ..record(2, 1, TaskStatus::Failed)
            },
        ],
    }
}

pub fn measurement() -> Measurement {
    let saving = |index: usize, promised: i64, measured: Option<i64>| {
        let measured = measured.map(usd);
        (proposals()[index].action.id.clone(), MeasuredSaving { promised: usd(promised), measured })
    };
    Measurement {
        after: assessment(1, 1_223, 880, vec![finding(Severity::Medium, "c_d")]),
        backups: usd(5),
        // Both actions changed one resource: each sees the whole difference of its price.
        savings: [saving(0, 10, Some(12)), saving(1, 3, Some(12)), saving(2, 0, None)].into(),
    }
}

pub fn world(sequence: u32) -> World {
    let coverage = |region: &str| ScopeManifest {
        scope: Scope { region: region.parse().unwrap(), ..scope() },
        coverage: vec![Coverage {
            api: IamAction::parse("rds:DescribeDBInstances").unwrap(),
            kinds: vec![ResourceKind::RdsDbInstance],
            result: Evidence::Unavailable(denied()),
        }],
        resources: [(ResourceKind::Ec2Volume, 1)].into(),
        sizes: [].into(),
        api_calls: 20,
        cost_explorer_requests: u64::from(sequence == 0),
        metrics_requested: 24,
        chunk: None,
        sha256: None,
    };
    let manifest = WorldManifest {
        tenant: tenant(),
        cycle: cycle_id(),
        sequence,
        taken_at: now(),
        scopes: vec![coverage("eu-west-1"), coverage("us-east-1")],
        prices: PriceSheet::default(),
    };
    World::assemble(manifest, Vec::new())
}

/// A cycle that waits for approval, everything inline.
pub fn waiting() -> CycleState {
    CycleState {
        world0: Some(WorldRef::Inline(Box::new(world(0)))),
        plan: Some(ArtifactRef::inline(plan())),
        allocation: Some(ArtifactRef::inline(allocation())),
        approval_seconds: Some(3_600),
        ..CycleState::new(tenant(), cycle_id(), Mode::Approve)
    }
}

/// A cycle that acted and was measured, everything inline.
pub fn acted() -> CycleState {
    CycleState {
        outcome: Some(ArtifactRef::inline(outcome())),
        world1: Some(WorldRef::Inline(Box::new(world(1)))),
        measurement: Some(ArtifactRef::inline(measurement())),
        ..waiting()
    }
}
