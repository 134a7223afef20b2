//! The sample events against the requests: nothing in them is unknown, and no operation is
//! without one.

use std::collections::BTreeSet;

use miyabi_tests::contract::{PHASES, asl::StateMachine, assert_same, events, read};
use miyabi_types::phase::{
    AllocationRequest, DiscoveryRequest, ExecutionRequest, GenerationRequest, IntegrationRequest,
    LearningRequest,
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

#[test]
fn every_operation_has_an_event_that_says_nothing_unknown() {
    let mut expected = BTreeSet::new();
    expected.extend(fits::<DiscoveryRequest>("discovery"));
    expected.extend(fits::<GenerationRequest>("generation"));
    expected.extend(fits::<AllocationRequest>("allocation"));
    expected.extend(fits::<ExecutionRequest>("execution"));
    expected.extend(fits::<IntegrationRequest>("integration"));
    expected.extend(fits::<LearningRequest>("learning"));
    let mut found: BTreeSet<_> = events::names().into_iter().collect();
    found.retain(|name| !name.starts_with("cycle-"));
    assert_same("events", ("events/", &found), ("requests", &expected));
}

#[test]
fn executions_are_started_with_what_the_state_machine_reads() {
    let definition = read(miyabi_tests::contract::asl::PATH);
    for name in events::names().iter().filter(|name| name.starts_with("cycle-")) {
        for key in events::load(name).as_object().expect("an object").keys() {
            assert!(
                definition.contains(&format!("$states.input.{key}")),
                "nothing reads {key} of events/{name}.json"
            );
        }
    }
}

#[test]
fn the_state_machine_asks_with_fields_that_make_a_request() {
    let fields = StateMachine::load().fields();
    for (operation, asked) in fields {
        let suffix = format!("-{}", operation.replace('_', "-"));
        let name = events::names()
            .into_iter()
            .find(|name| name.ends_with(&suffix) && !name.starts_with("cycle-"));
        let name = name.unwrap_or_else(|| panic!("no event for {operation}"));
        let Value::Object(mut event) = events::load(&name) else { panic!("{name} is no object") };
        event.retain(|field, _| field == "operation" || asked.contains(field));
        accepts(&name, &Value::Object(event.clone()));
        for field in asked {
            event.entry(field).or_insert(Value::Null);
        }
        accepts(&name, &Value::Object(event));
    }
}

/// Fails unless the event's phase takes it for a request.
fn accepts(name: &str, event: &Value) {
    fn parse<T: DeserializeOwned>(event: &Value) -> Result<(), serde_json::Error> {
        serde_json::from_value::<T>(event.clone()).map(drop)
    }
    let (phase, _) = name.split_once('-').expect("phase-operation");
    let parsed = match phase {
        "discovery" => parse::<DiscoveryRequest>(event),
        "generation" => parse::<GenerationRequest>(event),
        "allocation" => parse::<AllocationRequest>(event),
        "execution" => parse::<ExecutionRequest>(event),
        "integration" => parse::<IntegrationRequest>(event),
        "learning" => parse::<LearningRequest>(event),
        other => panic!("{other} is no phase"),
    };
    parsed.unwrap_or_else(|e| panic!("what the state machine asks of {name}: {e}"));
}

/// Reads every event of a phase as its request and writes it again: a field that is lost is one
/// that the request does not know. Answers the names that the phase's events should have.
fn fits<T: DeserializeOwned + Serialize>(phase: &str) -> BTreeSet<String> {
    assert!(PHASES.contains(&phase));
    for name in events::names().iter().filter(|name| name.starts_with(phase)) {
        let event = events::load(name);
        let request: T = serde_json::from_value(event.clone())
            .unwrap_or_else(|e| panic!("events/{name}.json: {e}"));
        let again = serde_json::to_value(&request).expect("a request is JSON");
        survives(&event, &again, &format!("events/{name}.json"));
    }
    let operations = super::state_machine::operations::<T>().into_iter();
    operations.map(|operation| format!("{phase}-{}", operation.replace('_', "-"))).collect()
}

fn survives(given: &Value, kept: &Value, place: &str) {
    match (given, kept) {
        (Value::Object(given), Value::Object(kept)) => {
            for (key, value) in given {
                // What is nothing may be left out.
                let nothing = value.is_null() || *value == serde_json::json!([]);
                match kept.get(key) {
                    Some(kept) => survives(value, kept, &format!("{place} {key}")),
                    None => assert!(nothing, "{place} {key} is not known"),
                }
            }
        }
        (Value::Array(given), Value::Array(kept)) => {
            assert_eq!(given.len(), kept.len(), "{place}");
            for (index, (given, kept)) in given.iter().zip(kept).enumerate() {
                survives(given, kept, &format!("{place} {index}"));
            }
        }
        (Value::Number(given), Value::Number(kept)) => {
            assert_eq!(given.as_f64(), kept.as_f64(), "{place}");
        }
        _ => assert_eq!(given, kept, "{place}"),
    }
}
