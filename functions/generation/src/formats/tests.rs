//! What cannot be left to readers of the formats: that each row and each batch is what it says.

use miyabi_types::{exemption::Exemptions, resource::Resource, strategy::Strategy};
use serde_json::Value;

use super::*;
use crate::{
    fixture::{bucket, now, security_group, tcp, volume, world},
    plan::plan,
};

fn files(resources: impl IntoIterator<Item = Resource>) -> BTreeMap<String, String> {
    let world = world(resources);
    let plan = plan(&world, &Strategy::default(), &Exemptions::default(), now()).unwrap();
    Formats::new(&FoundTags::new(&world, &plan), &plan).texts().collect()
}

fn open_group() -> Resource {
    security_group(|g| g.ingress = vec![tcp(22..=22, "0.0.0.0/0")])
}

#[test]
fn every_format_is_written() {
    let files = files([open_group()]);
    let paths: Vec<_> = files.keys().map(String::as_str).collect();
    assert_eq!(
        paths,
        [
            "actions.csv",
            "asff/123456789012-us-east-1-001.json",
            "findings.csv",
            "findings.json",
            "findings.ocsf.json",
            "findings.sarif",
        ]
    );
}

#[test]
fn a_request_to_import_holds_at_most_a_hundred_findings() {
    let volumes = (0..250).map(|n| {
        let mut one = volume(|v| v.encrypted = false);
        one.id = format!("vol-{n:04}");
        one.arn = one.arn.as_str().replace("vol-1", &one.id).parse().unwrap();
        one
    });
    let files = files(volumes);
    let batches: Vec<usize> = files
        .iter()
        .filter(|(path, _)| path.starts_with("asff/"))
        .map(|(_, text)| serde_json::from_str::<Value>(text).unwrap())
        .map(|request| request["Findings"].as_array().unwrap().len())
        .collect();
    assert!(batches.len() >= 3, "{batches:?}");
    assert!(batches.iter().all(|size| (1..=100).contains(size)), "{batches:?}");
}

#[test]
fn what_a_spreadsheet_would_compute_is_text() {
    let files = files([bucket(|_| {}), {
        let mut group = open_group();
        group.name = Some("=1+1".into());
        group
    }]);
    assert!(files["findings.csv"].contains(",'=1+1 (sg-1),"), "{}", files["findings.csv"]);
}

#[test]
fn a_control_is_a_compliance_finding_and_waste_a_detection() {
    let files = files([open_group(), volume(|_| {})]);
    let events: Vec<Value> = serde_json::from_str(&files["findings.ocsf.json"]).unwrap();
    let (mut controls, mut others) = (0, 0);
    for event in events {
        let control = event.get("compliance").is_some();
        assert!(!(control && event["unmapped"]["category"] == "cost"), "{event}");
        assert_eq!(event["class_uid"], if control { 2003 } else { 2004 }, "{event}");
        controls += usize::from(control);
        others += usize::from(!control);
    }
    assert!(controls > 0 && others > 0, "{controls} controls, {others} others");
}
