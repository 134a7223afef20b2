use miyabi_types::{
    action::{Operation, Route, SafetyClass},
    evidence::Evidence,
    exemption::Exemptions,
    finding::Severity,
    id::ControlId,
    money::MonthlyUsd,
    resource::{ManagedBy, Resource, ResourceConfig},
    strategy::CheckRecord,
};
use proptest::{arbitrary::any, prop_assert, proptest, strategy::Strategy as Generator};

use super::*;
use crate::fixture::{
    address, allow, bucket, db, everything, function, instance, now, password_policy, policy,
    region_defaults, role, security_group, snapshot, subnet, tcp, user, volume, vpc, with_metrics,
    world,
};

fn made(resources: impl IntoIterator<Item = Resource>) -> Plan {
    plan(&world(resources), &Strategy::default(), &Exemptions::default(), now()).unwrap()
}

/// A small company: wasteful and exposed in places, fine in most.
fn small_company() -> Vec<Resource> {
    let idle = with_metrics(
        instance(|i| {
            i.imds_http_tokens = Some("optional".into());
            i.public_ip = Some("203.0.113.20".into());
        }),
        14,
        ["CPUUtilization", "NetworkIn", "NetworkOut"],
        |_, stats| stats.maximum = 1.0,
    );
    let mut left_over = volume(|v| {
        v.state = "available".into();
        v.attached_to.clear();
    });
    left_over.id = "vol-2".into();
    left_over.arn = left_over.arn.as_str().replace("vol-1", "vol-2").parse().unwrap();
    let mut database = db(|db| {
        db.publicly_accessible = true;
        db.backup_retention_days = 1;
        db.deletion_protection = false;
    });
    database.managed_by =
        ManagedBy::CloudFormation { stack: "shop".into(), logical_id: Some("Database".into()) };
    vec![
        address(|_| {}),
        idle,
        volume(|v| v.size_gib = 500),
        left_over,
        snapshot(120, |_| {}),
        vpc(|_| {}),
        subnet(|s| s.map_public_ip_on_launch = true),
        security_group(|g| {
            g.ingress = vec![tcp(443..=443, "0.0.0.0/0"), tcp(22..=22, "0.0.0.0/0")];
            g.egress = vec![everything("0.0.0.0/0")];
        }),
        region_defaults(|d| d.ebs_encryption_by_default = false),
        bucket(|b| {
            b.encryption = Evidence::Known(None);
            b.policy = Evidence::Known(None);
            b.lifecycle = Evidence::Known(vec![]);
        }),
        database,
        user(|_| {}),
        role("/", allow("s3:GetObject", "*")),
        policy(allow("*", "*")),
        password_policy(|policy| *policy = None),
        function(|f| f.runtime = Some("python3.8".into())),
    ]
}

#[test]
fn a_small_company() {
    let plan = made(small_company());
    insta::assert_json_snapshot!(plan);
}

#[test]
fn findings_that_one_change_mends_are_one_proposal() {
    let plan = made([security_group(|g| {
        g.ingress = vec![tcp(22..=22, "0.0.0.0/0"), tcp(3306..=3306, "::/0")];
    })]);
    let [proposal] = plan.proposals.as_slice() else { panic!("one change of one group") };
    let controls: Vec<_> = proposal.controls.iter().map(ControlId::as_str).collect();
    assert_eq!(controls, ["EC2.13", "EC2.18", "EC2.19", "EC2.53"]);
    assert_eq!(proposal.findings.len(), 4);
    assert_eq!(proposal.severity, Severity::Critical);
}

#[test]
fn competing_savings_on_one_resource_are_alternatives() {
    // An unattached gp2 volume can be deleted ($5.00) or become gp3 ($2.00), not both.
    let plan = made([volume(|v| {
        v.state = "available".into();
        v.attached_to.clear();
    })]);
    assert_eq!(plan.proposals.len(), 2);
    assert_eq!(plan.alternatives().len(), 1);
    assert_eq!(plan.saving().to_string(), "$5.00");
}

#[test]
fn what_a_stack_owns_is_changed_through_it() {
    let mut owned = bucket(|b| b.encryption = Evidence::Known(None));
    owned.managed_by =
        ManagedBy::CloudFormation { stack: "data".into(), logical_id: Some("Bucket".into()) };
    let routed = made([owned.clone()]).proposals.into_iter().find(|p| p.controls.is_empty());
    let action = routed.unwrap().action;
    assert!(matches!(&action.route, Route::ChangeSet { stack, .. } if stack == "data"));
    assert!(!action.causes_drift);
    assert_eq!(action.safety, SafetyClass::Approval, "a person decides");

    owned.managed_by = ManagedBy::Terraform;
    let direct = made([owned.clone()]).proposals.into_iter().find(|p| p.controls.is_empty());
    let action = direct.unwrap().action;
    assert_eq!((action.route, action.causes_drift), (Route::Direct, true));
    assert_eq!(action.safety, SafetyClass::Approval);

    for controller in
        [ManagedBy::Crossplane, ManagedBy::AwsControllersForKubernetes, ManagedBy::Kubernetes]
    {
        owned.managed_by = controller;
        let kept = made([owned.clone()]).proposals.into_iter().find(|p| p.controls.is_empty());
        let action = kept.unwrap().action;
        assert_eq!((action.safety, action.causes_drift), (SafetyClass::Manual, true));
    }
}

#[test]
fn the_plan_reads_the_strategy() {
    let world = world([volume(|_| {})]);
    let trusting = |permille| {
        let check = crate::checks::cost::ec2::volume_gp2::CHECK.check_id();
        let record = CheckRecord { confidence_permille: permille, ..CheckRecord::default() };
        let strategy = Strategy { checks: [(check, record)].into(), ..Strategy::default() };
        plan(&world, &strategy, &Exemptions::default(), now()).unwrap().proposals[0].confidence
    };
    assert_eq!(trusting(1000), Confidence::High);
    assert_eq!(trusting(800), Confidence::High);
    assert_eq!(trusting(799), Confidence::Medium);
    assert_eq!(trusting(500), Confidence::Medium);
    assert_eq!(trusting(499), Confidence::Low);
}

#[test]
fn proposals_come_by_saving_then_by_controls_for_their_work() {
    let plan = made(small_company());
    let worth = flips_per_work(plan.forecast.as_ref().unwrap(), &plan.proposals);
    let keys: Vec<_> = plan
        .proposals
        .iter()
        .map(|p| (p.saving.amount(), worth.get(&p.action.id), p.controls.len()))
        .collect();
    assert!(keys.is_sorted_by(|a, b| a >= b), "{keys:?}");
}

fn volumes() -> impl Generator<Value = Vec<Resource>> {
    let one = (1u32..20_000, 0usize..4, any::<bool>(), 100u32..64_000);
    proptest::collection::vec(one, 0..8).prop_map(|specs| {
        let resources = specs.into_iter().enumerate().map(|(at, (size, kind, attached, iops))| {
            let mut resource = volume(|v| {
                v.size_gib = size;
                v.volume_type = ["gp2", "gp3", "io1", "standard"][kind].into();
                v.iops = Some(iops);
                if !attached {
                    v.state = "available".into();
                    v.attached_to.clear();
                }
            });
            resource.id = format!("vol-{at}");
            resource.arn = resource.arn.as_str().replace("vol-1", &resource.id).parse().unwrap();
            resource
        });
        resources.collect()
    })
}

proptest! {
    // Whatever volumes there are, the plan is sound (it is linted), never saves more than they cost,
    // and a volume that was changed as proposed is not proposed for the same change again.
    #[test]
    fn savings_stay_within_what_there_is(resources in volumes()) {
        let plan = made(resources.clone());
        prop_assert!(plan.saving() <= plan.assessment.monthly_cost);
        prop_assert!(plan.proposals.iter().all(|p| p.saving.amount() >= MonthlyUsd::ZERO));

        let changed: Vec<_> = resources
            .into_iter()
            .map(|mut resource| {
                let change = plan.proposals.iter().find(|p| {
                    p.action.target == resource.arn
                        && p.action.operation == Operation::ModifyVolume
                });
                if let (Some(change), ResourceConfig::Ec2Volume(volume)) =
                    (change, &mut resource.config)
                {
                    let wanted = |name| change.action.desired.setting(name);
                    volume.volume_type = wanted("volume_type").as_str().unwrap().into();
                    volume.iops = wanted("iops").as_u64().map(|n| n as u32);
                    volume.throughput_mibps = wanted("throughput_mibps").as_u64().map(|n| n as u32);
                }
                resource
            })
            .collect();
        let again = made(changed);
        let changes_again =
            again.proposals.iter().any(|p| p.action.operation == Operation::ModifyVolume);
        prop_assert!(!changes_again);
    }
}

#[test]
fn what_flips_most_controls_for_its_work_comes_first_among_equal_savings() {
    // Encryption by default is one safe change that passes EC2.7; three groups need one careful change each
    // before EC2.13 and its kin pass.
    let open = |id: &str| {
        let mut group = security_group(|g| g.ingress = vec![tcp(22..=22, "0.0.0.0/0")]);
        group.arn = group.arn.as_str().replace("sg-1", id).parse().unwrap();
        group.id = id.into();
        group
    };
    let plan = made([
        open("sg-1"),
        open("sg-2"),
        open("sg-3"),
        region_defaults(|d| d.ebs_encryption_by_default = false),
    ]);
    let operations: Vec<_> = plan.proposals.iter().map(|p| p.action.operation).collect();
    assert_eq!(
        operations,
        [
            Operation::EnableEbsEncryption,
            Operation::RevokeRules,
            Operation::RevokeRules,
            Operation::RevokeRules
        ],
        "one control for one unit of work is more than four controls for six"
    );
    assert_eq!(plan.proposals.iter().map(Proposal::work).collect::<Vec<_>>(), [1, 2, 2, 2]);

    let forecast = plan.forecast.unwrap();
    let all = &forecast.flips[&ControlId::parse("EC2.13").unwrap()];
    assert_eq!(all.len(), 3, "each of the groups must be mended");
    let now = plan.assessment.score.permille.unwrap();
    assert!(forecast.score.permille.unwrap() > now);
    for (standard, score) in &plan.assessment.score.standards {
        let then = &forecast.standards[standard];
        assert!(then.permille >= score.permille, "{standard:?}");
    }
}

#[test]
fn remedies_that_lead_to_different_states_are_not_taken_for_one() {
    let plan = made([volume(|v| v.size_gib = 500)]);
    let smaller = plan.proposals[0].clone();
    let mut larger = smaller.clone();
    larger.action.desired =
        miyabi_types::action::TargetState::present([("volume_type", "sc1".into())]);
    larger.saving = Saving::Exact(smaller.saving.amount() + smaller.saving.amount());
    larger.findings = vec![miyabi_types::id::FindingId::parse("fnd-0123456789abcdef").unwrap()];

    let mut merged = smaller.clone();
    merge(&mut merged, larger.clone());
    assert_eq!(merged, larger, "the one that saves more, with what it mends alone");
    let mut merged = larger.clone();
    merge(&mut merged, smaller);
    assert_eq!(merged, larger);
}

/// The World that the sample event carries: a shop's whole account, as discovery wrote it.
fn shop() -> World {
    let event = std::fs::read_to_string("../../events/generation-plan.json").unwrap();
    let event: serde_json::Value = serde_json::from_str(&event).unwrap();
    serde_json::from_value(event["cycle"]["world0"]["inline"].clone()).unwrap()
}

/// A plan in lines that a person reviews: scores now and then, what is proposed in order, what is left.
fn outline(plan: &Plan) -> String {
    use std::fmt::Write as _;

    let forecast = plan.forecast.as_ref().unwrap();
    let mut text = String::new();
    let permille = |score: Option<u32>| score.map_or("–".into(), |score| score.to_string());
    let score = &plan.assessment.score;
    let _ = writeln!(text, "cost {} saving {}", plan.assessment.monthly_cost, plan.saving());
    let (now, then) = (permille(score.permille), permille(forecast.score.permille));
    let _ = writeln!(text, "all controls {now} → {then}");
    for (standard, score) in &score.standards {
        let then = permille(forecast.standards[standard].permille);
        let _ = writeln!(text, "{} {} → {then}", standard.short_name(), permille(score.permille));
    }
    for proposal in &plan.proposals {
        let action = &proposal.action;
        let flips: Vec<_> = forecast.flipped_by(&action.id).map(ToString::to_string).collect();
        let _ = writeln!(
            text,
            "{} {} {:?} work {} passes [{}]",
            action.operation.name(),
            action.resource_id,
            proposal.saving,
            proposal.work(),
            flips.join(" ")
        );
    }
    let mended: std::collections::BTreeSet<_> =
        plan.proposals.iter().flat_map(|p| &p.findings).collect();
    for finding in plan.assessment.findings.iter().filter(|f| !mended.contains(&f.id)) {
        let _ = writeln!(text, "left {} {}", finding.check, finding.label);
    }
    text
}

#[test]
fn a_whole_account() {
    let world = shop();
    let plan = plan(&world, &Strategy::default(), &Exemptions::default(), now()).unwrap();
    insta::assert_snapshot!(outline(&plan));
}

#[test]
fn a_whole_account_under_exemptions() {
    let world = shop();
    let exemptions = [
        serde_json::json!({"checks": [r"S3\..*"], "owner": "web", "reason": "a site", "until": "2030-01-01"}),
        serde_json::json!({"resources": ["i-.*"], "owner": "ops", "reason": "kept", "until": "2030-01-01"}),
    ];
    let exemptions: Vec<_> =
        exemptions.into_iter().map(|e| serde_json::from_value(e).unwrap()).collect();
    let exemptions = Exemptions::new(&exemptions).unwrap();
    let plan = plan(&world, &Strategy::default(), &exemptions, now()).unwrap();
    assert!(plan.assessment.exempted.len() > 2);
    insta::assert_snapshot!(outline(&plan));
}

/// The finding of Savings Plans to buy in an account with an idle m5.large ($70.08), whose Compute Savings Plan of
/// $0.50 an hour was to pay for $730 a month.
fn plans_to_buy(exemptions: &Exemptions) -> (String, String) {
    let mut company = small_company();
    company.push(crate::fixture::services::account(|_| {}));
    let mut world = world(company);
    let offer = serde_json::json!([{
        "region": null, "instance_family": null, "hourly_commitment_micros": 500_000,
        "monthly_saving": 365_000_000, "saving_percent": null, "utilization_percent": 100.0,
        "least_hourly_spend_micros": null, "mean_hourly_spend_micros": null, "upfront_micros": 0,
    }]);
    let all = serde_json::json!({ "savings_plans_to_buy": { "compute": { "known": offer } } });
    world
        .commitments
        .insert(crate::fixture::ACCOUNT.parse().unwrap(), serde_json::from_value(all).unwrap());
    let plan = plan(&world, &Strategy::default(), exemptions, now()).unwrap();
    let id = "account_savings_plans_to_buy";
    let finding = plan.assessment.findings.iter().find(|f| f.check.as_str() == id).unwrap();
    (finding.saving.amount().to_string(), finding.evidence.clone())
}

#[test]
fn what_is_worth_committing_to_is_computed_after_the_plan() {
    let (saving, evidence) = plans_to_buy(&Exemptions::default());
    assert!(evidence.contains("of that use goes with this plan"), "{evidence}");
    assert_eq!(saving, "$329.96", "{evidence}");
    // What is exempt stays, and can be committed to.
    let kept: miyabi_types::exemption::Exemption = serde_json::from_value(serde_json::json!({
        "owner": "platform", "reason": "kept warm", "until": "2027-01-01",
        "checks": ["ec2_instance_idle"],
    }))
    .unwrap();
    let (saving, evidence) = plans_to_buy(&Exemptions::new(&[kept]).unwrap());
    assert_eq!(saving, "$365.00", "{evidence}");
}

#[test]
fn a_tenant_s_figure_is_what_checks_compare_with() {
    let unused = crate::fixture::secret(|s| s.accessed_at = Some(crate::fixture::days_ago(60)));
    let world = world([unused]);
    let found = |limits: &crate::rules::Limits| {
        let exemptions = Exemptions::default();
        let rules = Rules { exemptions: &exemptions, limits };
        let plan = plan(&world, &Strategy::default(), rules, now()).unwrap();
        assert_eq!(plan.assessment.limits, *limits);
        plan.assessment.findings.iter().any(|finding| finding.check.as_str() == "secret_unused")
    };
    assert!(!found(&[].into()));
    assert!(found(&[("secret_unused_days".to_owned(), 59.0)].into()));
    assert!(!found(&[("secret_unused_days".to_owned(), 60.0)].into()));
}
