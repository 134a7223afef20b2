//! Every function with every one of its events, in the container that `sam local invoke` runs it in,
//! with nothing deployed and no way to AWS.
//!
//! Skipped where no Docker daemon answers, unless `MIYABI_REQUIRE_DOCKER` is set.

use miyabi_tests::{contract::events, sam_local::SamLocal};
use miyabi_types::{
    artifact::ArtifactRef,
    cycle::{CycleState, WorldRef},
    evidence::Evidence,
    phase::{DiscoveryResponse, IntegrationResponse, ScannedScope},
};
use serde_json::Value;

#[tokio::test]
async fn every_function_answers_its_events_with_nothing_deployed() {
    let Some(sam) = SamLocal::prepare().expect("the functions are built") else {
        eprintln!("SKIPPED: no Docker daemon answers, so no function was run by sam local invoke");
        return;
    };
    let names = events::names().into_iter().filter(|name| !name.starts_with("cycle-")).collect();
    for (event, answer) in sam.invoke(names).await.expect("the functions run") {
        judge(&event, &answer);
    }
}

fn judge(event: &str, answer: &Value) {
    match event {
        "discovery-open" => refuses(event, answer, "Transient", "sts:GetCallerIdentity failed"),
        "discovery-scan" => sees_nothing_and_says_why(answer),
        "discovery-seal" => {
            let world = cycle(event, answer).world0;
            let Some(WorldRef::Inline(world)) = world else { panic!("{event}: {world:?}") };
            assert!(!world.resources.is_empty(), "{event} lost the resources");
        }
        "discovery-close" => drop(cycle(event, answer)),
        "generation-plan" => {
            let plan = inline(event, cycle(event, answer).plan);
            assert!(!plan.proposals.is_empty() && !plan.documents.is_empty(), "{event}: {plan:?}");
        }
        "generation-measure" => {
            let measurement = inline(event, cycle(event, answer).measurement);
            assert!(measurement.savings.values().any(|saving| saving.measured.is_some()));
        }
        "allocation-allocate" => {
            let allocation = inline(event, cycle(event, answer).allocation);
            assert!(allocation.tasks().count() > 0, "{event} allocates nothing");
        }
        "execution-wave" | "execution-health" | "execution-finish" | "execution-rollback"
        | "integration-decide" => {
            refuses(event, answer, "InvalidInput", "MIYABI_TABLE is not set");
        }
        "integration-request-approval" => {
            let undelivered = told(event, answer);
            let [ledger] = undelivered.as_slice() else { panic!("{event}: {undelivered:?}") };
            assert!(ledger.starts_with("MIYABI_TABLE is not set"), "{event}: {ledger}");
        }
        "integration-report" => {
            let report = inline(event, cycle(event, answer).report);
            assert!(report.score_after > report.score_before, "{event}: {report:?}");
            assert_eq!(
                told(event, answer),
                Vec::<String>::new(),
                "{event}: there is nobody to tell"
            );
        }
        "learning-learn" => {
            let strategy = inline(event, cycle(event, answer).strategy);
            assert!(!strategy.checks.is_empty(), "{event} learned nothing");
        }
        other => panic!("nobody says what {other} should answer"),
    }
}

/// An error of this type, with words that say what is missing.
fn refuses(event: &str, answer: &Value, error: &str, words: &str) {
    assert_eq!(answer["errorType"], error, "{event}: {answer}");
    let message = answer["errorMessage"].as_str().unwrap_or_default();
    assert!(message.contains(words), "{event} does not say \"{words}\": {message}");
}

/// What cannot be read is unknown, for the reason why; it is not an empty account.
fn sees_nothing_and_says_why(answer: &Value) {
    let ScannedScope { manifest, lines, .. } = read("discovery-scan", answer);
    assert!(manifest.resources.is_empty(), "{:?}", manifest.resources);
    assert!(!manifest.coverage.is_empty());
    for covered in manifest.coverage {
        let Evidence::Unavailable(why) = covered.result else { panic!("{} is known", covered.api) };
        assert!(why.reason.contains("sts:GetCallerIdentity failed"), "{}: {why:?}", covered.api);
    }
    assert!(lines.is_some(), "with no bucket, what was read comes with the answer");
}

/// Why messages did not arrive.
fn told(event: &str, answer: &Value) -> Vec<String> {
    match read(event, answer) {
        IntegrationResponse::Told { undelivered, .. } => {
            undelivered.into_iter().map(|undelivered| undelivered.message).collect()
        }
        decided @ IntegrationResponse::Decided { .. } => panic!("{event}: {decided:?}"),
    }
}

/// The cycle that every phase hands on.
fn cycle(event: &str, answer: &Value) -> CycleState {
    if event.starts_with("discovery") {
        let DiscoveryResponse::Cycle { cycle, .. } = read(event, answer) else {
            panic!("{event}: {answer}")
        };
        return *cycle;
    }
    read(event, &answer["cycle"])
}

fn inline<T>(event: &str, artifact: Option<ArtifactRef<T>>) -> T {
    match artifact {
        Some(ArtifactRef::Inline(artifact)) => *artifact,
        Some(ArtifactRef::Key(key)) => panic!("{event} stored {key}, with nothing to store it"),
        None => panic!("{event} made no artifact"),
    }
}

fn read<T: serde::de::DeserializeOwned>(event: &str, answer: &Value) -> T {
    serde_json::from_value(answer.clone()).unwrap_or_else(|e| panic!("{event}: {e}: {answer}"))
}
