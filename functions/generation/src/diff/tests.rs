use miyabi_types::{
    evidence::Evidence,
    exemption::Exemptions,
    resource::{Resource, ResourceKind},
    strategy::Strategy,
};
use serde_json::json;

use super::*;
use crate::{
    fixture::{bucket, denied, deny, now, security_group, subnet, tcp, volume, world},
    plan::plan,
};

const OPEN: &str = "EC2.15";

fn made(world: &World) -> Plan {
    plan(world, &Strategy::default(), &Exemptions::default(), now()).unwrap()
}

fn public_subnet() -> Resource {
    subnet(|s| s.map_public_ip_on_launch = true)
}

/// What became of the finding of a public subnet, once `after` was seen under `exemptions`.
#[track_caller]
fn fate_in(after: &World, exemptions: &Exemptions) -> FindingFate {
    let before = made(&world([public_subnet()]));
    let now = plan(after, &Strategy::default(), exemptions, now()).unwrap();
    let changes = diff(&before, &now, after).findings;
    let of_subnet = |change: &&FindingChange| change.check.as_str().starts_with("ec2_subnet");
    changes.iter().find(of_subnet).expect("it changed").fate.clone()
}

fn exemption(until: &str) -> Exemptions {
    let exemption = json!({"checks": [OPEN], "owner": "net", "reason": "x", "until": until});
    Exemptions::new(&[serde_json::from_value(exemption).unwrap()]).unwrap()
}

#[test]
fn a_plan_does_not_differ_from_itself() {
    let world = world([public_subnet(), volume(|_| {})]);
    let changes = diff(&made(&world), &made(&world), &world);
    assert!(changes.findings.is_empty() && changes.actions.is_empty());
    assert_eq!(changes.saving.before, changes.saving.now);
}

#[test]
fn mended_is_said_only_of_what_was_seen_to_be() {
    let none = Exemptions::default();
    assert_eq!(fate_in(&world([subnet(|_| {})]), &none), FindingFate::Mended);

    let elsewhere = || world([volume(|_| {})]);
    assert_eq!(fate_in(&elsewhere(), &none), FindingFate::ResourceGone);
    let mut blind = elsewhere();
    deny(&mut blind, "ec2:DescribeSubnets", &[ResourceKind::Ec2Subnet]);
    assert_eq!(fate_in(&blind, &none), FindingFate::NotJudged);
    let mut unscanned = elsewhere();
    unscanned.manifest.scopes.clear();
    assert_eq!(fate_in(&unscanned, &none), FindingFate::NotJudged);
}

#[test]
fn an_exemption_takes_a_finding_out_and_its_end_brings_it_back() {
    let seen = world([public_subnet()]);
    assert_eq!(fate_in(&seen, &exemption("2026-11-01")), FindingFate::Exempt);

    let exempt = plan(&seen, &Strategy::default(), &exemption("2026-11-01"), now()).unwrap();
    let changes = diff(&exempt, &made(&seen), &seen);
    assert_eq!(changes.findings[0].fate, FindingFate::Back);
    assert_eq!(changes.actions[0].fate, ActionFate::New);
}

#[test]
fn what_can_no_longer_be_read_is_not_mended() {
    let open = || bucket(|b| b.policy = Evidence::Known(None));
    let before = made(&world([open()]));
    let blind = world([bucket(|b| b.policy = denied("s3:GetBucketPolicy"))]);
    let changes = diff(&before, &made(&blind), &blind);
    let http = changes.findings.iter().find(|c| c.check.as_str() == "s3_bucket_allows_http");
    assert_eq!(http.unwrap().fate, FindingFate::NotJudged);
}

#[test]
fn new_gone_and_changed_are_told_apart() {
    let open = || security_group(|g| g.ingress = vec![tcp(22..=22, "0.0.0.0/0")]);
    let before = made(&world([volume(|v| v.size_gib = 100)]));
    let seen = world([volume(|v| v.size_gib = 500), open()]);
    let changes = diff(&before, &made(&seen), &seen);
    let fates: Vec<_> = changes.actions.iter().map(|a| (a.operation.name(), &a.fate)).collect();
    let [("revoke_rules", ActionFate::New), ("modify_volume", ActionFate::Changed(lines))] =
        fates.as_slice()
    else {
        panic!("{fates:?}")
    };
    assert!(lines.iter().any(|line| line.starts_with("saving: ")), "{lines:?}");
    assert!(changes.monthly_cost.now > changes.monthly_cost.before);

    let back = diff(&made(&seen), &before, &world([volume(|_| {})]));
    assert_eq!(back.actions.last().unwrap().fate, ActionFate::Gone);
}
