use serde_json::json;

use super::*;

fn bucket(name: &str, tags: &[(&str, &str)]) -> Resource {
    let tags: BTreeMap<_, _> = tags.iter().copied().collect();
    serde_json::from_value(json!({
        "arn": format!("arn:aws:s3:::{name}"), "account": "123456789012", "region": "us-east-1",
        "id": name, "name": name, "tags": tags,
        "utilization": {"unavailable": {"reason": "no metrics"}},
        "monthly_cost": {"unavailable": {"reason": "no price"}},
        "kind": "AWS::SNS::Topic",
        "config": {"attributes": {"unavailable": {"reason": "not asked"}}},
    }))
    .unwrap_or_else(|e| panic!("{e}"))
}

fn exemption(value: &serde_json::Value) -> Exemption {
    let mut whole = json!({"owner": "web team", "reason": "a public site", "until": "2026-12-31"});
    whole.as_object_mut().unwrap().extend(value.as_object().unwrap().clone());
    serde_json::from_value(whole).unwrap()
}

#[track_caller]
fn check(value: &serde_json::Value, resource: &Resource, covered: bool) {
    let exemptions = Exemptions::new(&[exemption(value)]).unwrap();
    let id = CheckId::parse("s3_bucket_allows_http").unwrap();
    let controls = [ControlId::parse("S3.5").unwrap()];
    let covers = exemptions.covering(&id, &controls, resource).next().is_some();
    assert_eq!(covers, covered, "{value}");
}

#[test]
fn every_field_narrows() {
    let site = bucket("site", &[("team", "web")]);
    check(&json!({"checks": ["s3_bucket_allows_http"]}), &site, true);
    check(&json!({"checks": ["s3_bucket_.*"]}), &site, true);
    check(&json!({"checks": ["s3_bucket"]}), &site, false);
    check(&json!({"checks": [r"S3\.(5|8)"]}), &site, true);
    check(&json!({"checks": [r"S3\.8", r"EC2\..*"]}), &site, false);
    check(&json!({"accounts": ["123456789012"]}), &site, true);
    check(&json!({"accounts": ["2.*"]}), &site, false);
    check(&json!({"regions": ["us-.*"], "checks": [".*"]}), &site, true);
    check(&json!({"regions": ["eu-.*"], "checks": [".*"]}), &site, false);
    check(&json!({"resources": ["site"]}), &site, true);
    check(&json!({"resources": ["sit"]}), &site, false);
    check(&json!({"resources": [r"arn:aws:s3:::si.*"]}), &site, true);
    check(&json!({"tags": {"team": "web|data"}}), &site, true);
    check(&json!({"tags": {"team": "web", "env": ".*"}}), &site, false);
    check(&json!({"tags": {"team": "we"}}), &site, false);
}

#[test]
fn it_ends_on_its_day() {
    let holds = |day: &str| exemption(&json!({"checks": [".*"]})).holds_on(day.parse().unwrap());
    assert!(holds("2026-12-31"));
    assert!(!holds("2027-01-01"));
}

#[test]
fn everything_that_is_wrong_is_said_at_once_with_what_mends_it() {
    let bad = Exemption {
        resources: vec!["ok".into(), "web(".into(), String::new()],
        tags: [("team".to_owned(), "[".to_owned())].into(),
        owner: " ".into(),
        ..Exemption::default()
    };
    let problems = Exemptions::new(&[exemption(&json!({"checks": [".*"]})), bad]).unwrap_err();
    let text = problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
    for expected in [
        "exemptions[1].owner: is missing: name the person",
        "exemptions[1].reason: is missing",
        "exemptions[1].until: is missing: give the last day",
        "exemptions[1].resources[1]: \"web(\" is not a regular expression (unclosed group)",
        "exemptions[1].resources[2]: is empty",
        "exemptions[1].tags.team: \"[\" is not",
    ] {
        assert!(text.contains(expected), "{expected} is not in\n{text}");
    }
    assert!(!text.contains("exemptions[0]"), "{text}");
    let all = Exemptions::new(&[exemption(&json!({}))]).unwrap_err();
    assert!(all[0].to_string().starts_with("exemptions[0]: exempts everything"), "{all:?}");
}

#[test]
fn a_pattern_cannot_break_out_of_matching_the_whole_text() {
    let problems = Exemptions::new(&[exemption(&json!({"checks": ["a)|(.*"]}))]).unwrap_err();
    assert!(problems[0].to_string().contains("checks[0]"), "{problems:?}");
}
