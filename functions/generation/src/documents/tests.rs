//! The documents of a small plan: what a manager reads, and that figures agree with the plan.

use std::collections::BTreeMap;

use miyabi_types::{
    action::{Action, Operation, TargetState},
    costs::{CostHistory, DailyCost},
    evidence::{Evidence, Unavailable},
    finding::{Category, Finding, NotEvaluated, Place, Saving, Severity},
    id::{AccountId, CheckId, ControlId, FindingId, IamAction},
    money::MonthlyUsd,
    plan::{Assessment, Confidence, Plan, Proposal},
    resource::{ManagedBy, Resource, ResourceKind},
    score::{ControlTally, Score},
    security_hub::SecurityHubFinding,
    world::World,
};

use super::render;
use crate::fixture;

fn usd(dollars: i64) -> MonthlyUsd {
    MonthlyUsd::from_micros(dollars * 1_000_000)
}

fn control(id: &str) -> ControlId {
    ControlId::parse(id).unwrap()
}

/// A resource of the fixture with a name of its own.
fn called(mut resource: Resource, id: &str, name: &str) -> Resource {
    resource.arn =
        miyabi_types::id::Arn::parse(resource.arn.as_str().replace(&resource.id, id)).unwrap();
    resource.id = id.into();
    resource.name = Some(name.into());
    resource
}

fn finding(check: &str, resource: &Resource, severity: Severity, controls: &[&str]) -> Finding {
    let check = CheckId::parse(check).unwrap();
    Finding {
        id: FindingId::of(&check, &resource.arn),
        category: if controls.is_empty() { Category::Cost } else { Category::Security },
        severity,
        controls: controls.iter().map(|id| control(id)).collect(),
        resource: resource.arn.clone(),
        kind: resource.kind(),
        label: resource.label(),
        account: resource.account.clone(),
        region: resource.region.clone(),
        title: format!("{} is not as it should be", check.as_str().replace('_', " ")),
        evidence: "seen for 30 days".into(),
        saving: Saving::None,
        check,
    }
}

fn proposal(operation: Operation, resource: &Resource, of: &Finding, saving: Saving) -> Proposal {
    let expected = TargetState::present([("state", "now".into())]);
    let desired = if operation == Operation::DeleteVolume {
        TargetState::Absent
    } else {
        TargetState::present([("state", "then".into())])
    };
    Proposal {
        action: Action::new(operation, resource, expected, desired),
        findings: vec![of.id.clone()],
        checks: [of.check.clone()].into(),
        category: of.category,
        severity: of.severity,
        saving,
        controls: of.controls.clone(),
        summary: format!("mends {}", of.title),
        risk: "small".into(),
        confidence: Confidence::High,
        agent: resource.owner(),
        tags: BTreeMap::new(),
    }
}

fn plan(world: &World, findings: Vec<Finding>, proposals: Vec<Proposal>) -> Plan {
    let mut controls: BTreeMap<ControlId, ControlTally> = BTreeMap::new();
    for finding in &findings {
        for id in &finding.controls {
            controls
                .entry(id.clone())
                .or_insert_with(|| ControlTally::new(finding.severity))
                .failed += 1;
        }
    }
    controls.insert(
        control("EC2.7"),
        ControlTally { passed: 3, ..ControlTally::new(Severity::Medium) },
    );
    controls.insert(
        control("IAM.7"),
        ControlTally { unknown: 1, ..ControlTally::new(Severity::Medium) },
    );
    let mut resources: BTreeMap<ResourceKind, u64> = BTreeMap::new();
    for resource in &world.resources {
        *resources.entry(resource.kind()).or_default() += 1;
    }
    Plan {
        tenant: world.manifest.tenant.clone(),
        cycle: world.manifest.cycle,
        created_at: fixture::now(),
        assessment: Assessment {
            sequence: 0,
            resources,
            monthly_cost: world.monthly_cost(),
            unpriced: world.resources.iter().filter(|r| r.monthly_cost.known().is_none()).count()
                as u64,
            findings,
            exempted: Vec::new(),
            exemptions: Vec::new(),
            limits: BTreeMap::new(),
            not_evaluated: vec![
                NotEvaluated {
                    check: CheckId::parse("ec2_instance_idle").unwrap(),
                    place: Place::Resource(world.resources[0].arn.clone()),
                    why: Unavailable::because("less than 14 days of metrics"),
                    controls: [].into(),
                },
                NotEvaluated {
                    check: CheckId::parse("iam_password_policy_weak").unwrap(),
                    place: Place::Scope(world.manifest.scopes[0].scope.clone()),
                    why: Unavailable::denied(
                        IamAction::parse("iam:GetAccountPasswordPolicy").unwrap(),
                    ),
                    controls: [control("IAM.7")].into(),
                },
            ],
            score: Score::of(controls),
        },
        proposals,
        forecast: None,
        since_last: None,
        documents: Vec::new(),
    }
}

/// A company with an idle instance (two ways to save on it), an unattached volume, and an open bucket
/// and group, of which only the bucket can be mended by a change.
fn company() -> (World, Plan) {
    let idle = called(fixture::instance(|_| {}), "i-0a", "batch | old");
    let mut volume = called(fixture::volume(|_| {}), "vol-0a", "data");
    volume.managed_by = ManagedBy::Terraform;
    let bucket = fixture::bucket(|_| {});
    let group = called(fixture::security_group(|_| {}), "sg-0a", "web");
    let mut world = fixture::world([
        idle.clone(),
        volume.clone(),
        bucket.clone(),
        group.clone(),
        fixture::function(|_| {}),
    ]);
    fixture::deny(&mut world, "ec2:DescribeAddresses", &[ResourceKind::Ec2Address]);
    let date = |day| jiff::civil::date(2026, 10, day);
    let daily = (1..=30)
        .flat_map(|day| {
            [("Amazon Elastic Compute Cloud - Compute", 2_000_000), ("Amazon Route 53", 50_000)]
                .map(|(service, micros)| DailyCost {
                    date: date(day),
                    service: service.into(),
                    micros,
                    amortized_micros: None,
                })
        })
        .collect();
    world.costs.insert(
        AccountId::parse(fixture::ACCOUNT).unwrap(),
        Evidence::Known(CostHistory { daily, ..CostHistory::default() }),
    );
    world.security_hub.push((
        world.manifest.scopes[0].scope.clone(),
        Evidence::Known(vec![SecurityHubFinding {
            id: "1".into(),
            title: "GuardDuty should be enabled".into(),
            control: Some(control("GuardDuty.1")),
            compliance: Some("FAILED".into()),
            severity: Some("HIGH".into()),
            workflow: Some("NEW".into()),
            resources: vec![],
        }]),
    ));
    let findings = vec![
        finding("ec2_instance_idle", &idle, Severity::Medium, &[]),
        finding("ec2_instance_oversized", &idle, Severity::Low, &[]),
        finding("ebs_volume_unattached", &volume, Severity::Low, &[]),
        finding("ec2_security_group_unused", &group, Severity::Informational, &[]),
        finding("s3_bucket_public_access", &bucket, Severity::High, &["S3.8"]),
        finding("ec2_security_group_open_admin_port", &group, Severity::Critical, &["EC2.19"]),
    ];
    let proposals = vec![
        proposal(Operation::StopInstance, &idle, &findings[0], Saving::Exact(usd(70))),
        proposal(Operation::ResizeInstance, &idle, &findings[1], Saving::Estimated(usd(35))),
        proposal(Operation::DeleteVolume, &volume, &findings[2], Saving::Unknown),
        proposal(Operation::BlockPublicAccess, &bucket, &findings[4], Saving::None),
    ];
    let plan = plan(&world, findings, proposals);
    (world, plan)
}

fn document(name: &str, world: &World, plan: &Plan) -> String {
    render(world, plan).into_iter().find(|(path, _)| path == name).expect("it is written").1
}

#[test]
fn the_cost_plan_of_a_company() {
    let (world, plan) = company();
    insta::assert_snapshot!(document("cost-plan.md", &world, &plan));
}

#[test]
fn the_security_plan_of_a_company() {
    let (world, plan) = company();
    insta::assert_snapshot!(document("security-plan.md", &world, &plan));
}

#[test]
fn alternatives_are_counted_once() {
    let (world, plan) = company();
    let text = document("cost-plan.md", &world, &plan);
    let saved = plan.saving();
    assert_eq!(saved, usd(70));
    assert!(
        text.contains(&format!("| Saved a month if all of this plan is done | {saved} (")),
        "{text}"
    );
    assert!(!text.contains("$105.00"), "{text}");
}

#[test]
fn a_control_is_reached_only_if_all_its_findings_are_mended() {
    let (world, mut plan) = company();
    // EC2.7 passes, S3.8 can be mended; EC2.19 waits for a person and IAM.7 for a permission.
    let text = document("security-plan.md", &world, &plan);
    let line = "| Security score: passed controls out of all with data | 25.0 % |";
    assert!(text.contains(&format!("{line} 50.0 % |")), "{text}");
    plan.proposals.clear();
    let text = document("security-plan.md", &world, &plan);
    assert!(text.contains(&format!("{line} 25.0 % |")), "{text}");
    assert!(text.contains("There is nothing to approve"), "{text}");
}

/// What Security Hub says of a control: `(control, PASSED or FAILED, id of the resource)`.
fn told(world: &mut World, findings: &[(&str, &str, &str)]) {
    let findings = findings.iter().enumerate().map(|(n, (id, compliance, resource))| {
        let (control, severity) = match ControlId::parse(*id) {
            Ok(control) => (Some(control), "MEDIUM"),
            Err(_) => (None, "HIGH"),
        };
        SecurityHubFinding {
            id: n.to_string(),
            title: format!("{id} is so"),
            control,
            compliance: Some((*compliance).into()),
            severity: Some(severity.into()),
            workflow: Some("NEW".into()),
            resources: vec![(*resource).into()],
        }
    });
    world.security_hub[0].1 = Evidence::Known(findings.collect());
}

#[test]
fn what_security_hub_says_of_a_resource_stands_beside_what_is_found_on_it() {
    let (mut world, plan) = company();
    let arn = |world: &World, kind| world.of_kind(kind).next().unwrap().arn.to_string();
    let bucket = arn(&world, ResourceKind::S3Bucket);
    let group = arn(&world, ResourceKind::Ec2SecurityGroup);
    let account = format!("AWS::::Account:{}", fixture::ACCOUNT);
    told(
        &mut world,
        &[
            ("S3.8", "FAILED", &bucket),
            ("EC2.19", "PASSED", &group),
            ("EC2.19", "PASSED", "arn:aws:ec2:us-east-1:210987654321:security-group/sg-other"),
            ("GuardDuty.1", "FAILED", &account),
            ("a threat", "NOT_AVAILABLE", &group),
        ],
    );
    let text = document("security-plan.md", &world, &plan);
    let has = |line: &str| assert!(text.contains(line), "{line} in {text}");
    has("5 active findings were read; 3 of them are about what Miyabi saw too.");
    let row = |start: &str| text.lines().find(|line| line.starts_with(start)).unwrap_or_default();
    assert!(row("| `S3.8` ").ends_with("| 1 failed |"), "{text}");
    assert!(row("| `EC2.19` ").ends_with("| 1 passed |"), "{text}");
    has("1 judgement differs there and here.");
    has(
        "| `EC2.19` | web (sg-0a) | passed | ec2 security group open admin port is not as it should be |",
    );
    has("| high | a threat is so | 1 | web (sg-0a) |");
    has(&format!("| `GuardDuty.1` | GuardDuty.1 is so | 1 | {account} |"));
}

#[test]
fn a_control_that_fails_there_and_on_which_nothing_is_found_here_is_told_unless_it_is_not_known() {
    let (mut world, mut plan) = company();
    let bucket = world.of_kind(ResourceKind::S3Bucket).next().unwrap().arn.to_string();
    told(&mut world, &[("S3.1", "FAILED", &bucket), ("S3.9", "FAILED", &bucket)]);
    let label = world.find(&bucket).unwrap().label();
    let line = |control: &str| format!("| `{control}` | {label} | failed | nothing found |");
    let text = document("security-plan.md", &world, &plan);
    assert!(text.contains(&line("S3.9")), "{text}");
    plan.assessment.not_evaluated.push(NotEvaluated {
        check: CheckId::parse("s3_bucket_no_logging").unwrap(),
        place: Place::Resource(world.find(&bucket).unwrap().arn.clone()),
        why: Unavailable::denied(IamAction::parse("s3:GetBucketLogging").unwrap()),
        controls: [control("S3.9")].into(),
    });
    let text = document("security-plan.md", &world, &plan);
    assert!(!text.contains(&line("S3.9")), "{text}");
}

/// Bills the company so many dollars a day for each of these services.
fn billed(world: &mut World, services: &[(&str, i64)]) {
    let daily = (1..=30).flat_map(|day| {
        services.iter().map(move |(service, dollars)| DailyCost {
            date: jiff::civil::date(2026, 10, day),
            service: (*service).into(),
            micros: 0,
            amortized_micros: Some(dollars * 1_000_000),
        })
    });
    let history = CostHistory { daily: daily.collect(), ..CostHistory::default() };
    world.costs.insert(fixture::ACCOUNT.parse().unwrap(), Evidence::Known(history));
}

#[test]
fn no_saving_is_shown_that_is_greater_than_the_bill() {
    let (mut world, plan) = company();
    let ec2 = "Amazon Elastic Compute Cloud - Compute";
    billed(&mut world, &[(ec2, 2), ("EC2 - Other", 9)]);
    let text = document("cost-plan.md", &world, &plan);
    assert!(text.contains("Together they save **$60.83 a month** ($730.00 a year)"), "{text}");
    assert!(text.contains("At list prices it is $70.00 of $80.31"), "{text}");
    assert!(text.contains("$70.00 (more than is billed)"), "{text}");
    let page = document("report.html", &world, &plan);
    assert!(page.contains("more than is billed") && page.contains("at most $60.83"), "{page}");
    // A bill that is high enough, and one that is not of everything, cap nothing.
    billed(&mut world, &[(ec2, 3)]);
    let text = document("cost-plan.md", &world, &plan);
    assert!(text.contains("Together they save **$70.00 a month**"), "{text}");
    assert!(!text.contains("more than is billed"), "{text}");
    billed(&mut world, &[(ec2, 2)]);
    world.manifest.scopes[0].scope.account = "210987654321".parse().unwrap();
    let text = document("cost-plan.md", &world, &plan);
    assert!(text.contains("Together they save **$70.00 a month**"), "{text}");
    assert!(text.contains("The bill is not known of every account."), "{text}");
}

#[test]
fn the_bill_is_explained_by_what_is_priced() {
    let (mut world, plan) = company();
    world.commitments.insert(
        fixture::ACCOUNT.parse().unwrap(),
        serde_json::from_value(serde_json::json!({
            "savings_plans_coverage": { "known": [] },
            "reservation_coverage": { "ec2": { "known": {
                "reserved_hours": 365.0, "on_demand_hours": 365.0, "on_demand_micros": null,
                "coverage_percent": 50.0,
            } } },
        }))
        .unwrap(),
    );
    billed(
        &mut world,
        &[
            ("AWS Lambda", 1),
            ("Amazon Elastic Compute Cloud - Compute", 1),
            ("Amazon Route 53", 1),
            ("Amazon Virtual Private Cloud", 1),
            ("Tax", 2),
        ],
    );
    let text = document("cost-plan.md", &world, &plan);
    let row = |service: &str| {
        text.lines().find(|line| line.starts_with(&format!("| {service} | $"))).unwrap_or_default()
    };
    let is = |service: &str, parts: &[&str]| {
        for part in parts {
            assert!(row(service).contains(part), "{part} in {}", row(service));
        }
    };
    is("Tax", &["| $60.83 | $0.00 | $0.00 | $60.83 | tax | $0.00 |"]);
    is("Amazon Route 53", &["Miyabi prices no resource of it"]);
    is("AWS Lambda", &["without a price: 1 × AWS::Lambda::Function", "use that no resource tells"]);
    is("Amazon Virtual Private Cloud", &["not all could be listed: AWS::EC2::EIP"]);
    let instances =
        ["| $30.42 | $70.08 | $35.04 | -$39.66 |", "commitments pay for 50 % of the list price"];
    is("Amazon Elastic Compute Cloud - Compute", &instances);
    is("EC2 - Other", &["| $0.00 | $10.00 |", "not all of it ran all month"]);
    assert!(text.contains("with what was paid in advance spread over its term"), "{text}");
}

#[test]
fn the_bills_of_several_accounts_add_up() {
    let (mut world, plan) = company();
    billed(&mut world, &[("AWS Lambda", 4)]);
    let own = world.costs.values().next().unwrap().clone();
    world.costs.insert("210987654321".parse().unwrap(), own);
    let text = document("cost-plan.md", &world, &plan);
    assert!(text.contains("$240.00 was billed over 30 days (2026-10-01 to 2026-10-30)"), "{text}");
}

#[test]
fn what_the_plan_stops_is_not_committed_to() {
    let (mut world, plan) = company();
    let offer = serde_json::json!([{
        "region": null, "instance_family": null, "hourly_commitment_micros": 500_000,
        "monthly_saving": 365_000_000, "saving_percent": null, "utilization_percent": 100.0,
        "least_hourly_spend_micros": null, "mean_hourly_spend_micros": null, "upfront_micros": 0,
    }]);
    let all = serde_json::json!({ "savings_plans_to_buy": { "compute": { "known": offer } } });
    world
        .commitments
        .insert(fixture::ACCOUNT.parse().unwrap(), serde_json::from_value(all).unwrap());
    let text = document("cost-plan.md", &world, &plan);
    // $70 of the $730 that it was to pay for, at half price; of two ways to save on the instance the better one.
    let row = "| Compute Savings Plan (123456789012) | $0.500 an hour | $365.00 | $70.00 | $0.452 an hour | $330.00 |";
    assert!(text.contains(row), "{text}");
}

#[test]
fn an_unknown_bill_names_the_permission() {
    let (mut world, plan) = company();
    world
        .costs
        .insert(AccountId::parse(fixture::ACCOUNT).unwrap(), fixture::denied("ce:GetCostAndUsage"));
    let text = document("cost-plan.md", &world, &plan);
    assert!(text.contains("Grant `ce:GetCostAndUsage`"), "{text}");
    assert!(!text.contains("Billed a month"), "{text}");
}

#[test]
fn an_empty_account_is_said_to_be_empty() {
    let mut world = fixture::world([fixture::vpc(|_| {})]);
    let plan = plan(&world, vec![], vec![]);
    world.resources.clear();
    for (path, text) in render(&world, &plan) {
        assert!(text.contains("Nothing"), "{path}: {text}");
    }
}

/// Every table row has as many cells as its heading.
#[test]
fn tables_hold_whatever_people_call_their_things() {
    let (world, mut plan) = company();
    let evil = "a|b\n## no heading\r\n| --- | `x` <br> \\|";
    for finding in &mut plan.assessment.findings {
        finding.label = evil.into();
        finding.evidence = evil.into();
    }
    for proposal in &mut plan.proposals {
        proposal.action.label = evil.into();
        proposal.summary = evil.into();
        proposal.risk = "postgres://app:hunter2@db/app".into();
    }
    for (path, text) in render(&world, &plan) {
        assert!(!text.contains("hunter2"), "{path}: {text}");
        assert!(!text.lines().any(|line| line == "## no heading"), "{path}: {text}");
        let mut width = None;
        for line in text.lines() {
            if line.starts_with('|') {
                let cells = line.replace("\\\\", "").replace("\\|", "").matches('|').count();
                assert_eq!(*width.get_or_insert(cells), cells, "{path}: {line}");
            } else {
                width = None;
            }
        }
    }
}
