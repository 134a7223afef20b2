//! The template against the sources.

use miyabi_tests::contract::{PHASES, assert_same, logical_id, sources, template::Template};

#[test]
fn every_variable_that_is_set_is_read_and_the_other_way_round() {
    let template = Template::load();
    for phase in PHASES {
        let mut set = template.environment(&logical_id(phase));
        // Read by the log filter of every function.
        assert!(set.remove("RUST_LOG"));
        assert_same(phase, ("template", &set), ("code", &sources::environment(phase)));
    }
}

#[test]
fn every_phase_is_built_from_its_own_binary() {
    let template = Template::load();
    for phase in PHASES {
        let metadata = &template.resources()[&logical_id(phase)]["Metadata"];
        assert_eq!(metadata["BuildMethod"], "rust-cargolambda", "{phase}");
        assert_eq!(metadata["BuildProperties"]["Binary"], phase);
    }
}

#[test]
fn the_outputs_are_those_that_the_commands_read() {
    let mut expected: std::collections::BTreeSet<_> =
        PHASES.map(|phase| format!("{}Name", logical_id(phase))).into();
    expected.extend(["StateMachineArn".into(), "BucketName".into(), "TableName".into()]);
    assert_eq!(Template::load().outputs(), expected);
}

#[test]
fn nothing_runs_by_itself_until_asked_for() {
    let template = Template::load();
    let schedule = &template.properties("Cycle")["Events"]["Schedule"]["Properties"];
    assert_eq!(schedule["State"]["Ref"], "ScheduleState");
    assert_eq!(template.parameter_default("ScheduleState"), "DISABLED");
    assert!(schedule["DeadLetterConfig"].is_object());
}

#[test]
fn callback_tokens_are_not_logged() {
    let template = Template::load();
    assert_eq!(template.properties("Cycle")["Logging"]["IncludeExecutionData"], false);
}

#[test]
fn what_is_stored_is_encrypted_and_can_be_brought_back() {
    let template = Template::load();
    let table = template.properties("Ledger");
    assert_eq!(table["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"], true);
    assert_eq!(table["SSESpecification"]["SSEEnabled"], true);
    let bucket = template.properties("Artifacts");
    assert_eq!(bucket["VersioningConfiguration"]["Status"], "Enabled");
    assert!(bucket["BucketEncryption"].is_object());
    let public = bucket["PublicAccessBlockConfiguration"].as_object().expect("flags");
    assert!(public.len() == 4 && public.values().all(|flag| flag == true));
    let policy = template.properties("ArtifactsPolicy")["PolicyDocument"].to_string();
    assert!(policy.contains("aws:SecureTransport"));
    for resource in ["Ledger", "Artifacts"] {
        assert_eq!(template.resources()[resource]["DeletionPolicy"], "Retain", "{resource}");
    }
}

#[test]
fn policies_are_within_the_sizes_that_iam_takes() {
    // Source: IAM user guide, "IAM and AWS STS quotas": characters without white space.
    let template = Template::load();
    for phase in PHASES {
        let (own, attached) = template.policy_sizes(&logical_id(phase));
        assert!(own <= 10_240, "{phase}: {own} characters, at most 10,240");
        assert!(attached.len() <= 10, "{phase}: {} attached policies", attached.len());
        for size in attached {
            assert!(size <= 6_144, "{phase}: an attached policy of {size}, at most 6,144");
        }
    }
}
