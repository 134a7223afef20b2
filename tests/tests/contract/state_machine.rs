//! The state machine against the error names, the requests and the template.

use std::collections::{BTreeMap, BTreeSet};

use miyabi_tests::contract::{
    PHASES,
    asl::{self, StateMachine, error_names},
    logical_id,
    template::Template,
};
use miyabi_types::{
    error::ErrorName,
    phase::{
        AllocationRequest, DiscoveryRequest, ExecutionRequest, GenerationRequest,
        IntegrationRequest, LearningRequest,
    },
};
use serde::de::DeserializeOwned;
use serde_json::json;

/// What Lambda reports when the service, not the function, fails.
/// Source: Step Functions Developer Guide, Handle Lambda service exceptions.
const LAMBDA_SERVICE: [&str; 5] = [
    "Lambda.AWSLambdaException",
    "Lambda.ClientExecutionTimeoutException",
    "Lambda.SdkClientException",
    "Lambda.ServiceException",
    "Lambda.TooManyRequestsException",
];

/// What Lambda reports when the function's process ends, runs out of memory or of time.
/// Source: Step Functions Developer Guide, Handling errors, and Lambda's runtime errors.
const LAMBDA_CRASH: [&str; 3] = ["Lambda.Unknown", "Runtime.ExitError", "Sandbox.Timedout"];

/// What Step Functions reports itself.
const STATES: [&str; 2] = ["States.ALL", "States.Timeout"];

/// Operations that people ask for, not the state machine.
const BY_PEOPLE: [&str; 1] = ["decide"];

#[test]
fn every_name_that_is_matched_can_be_reported() {
    let ours = ErrorName::ALL.map(ErrorName::as_str);
    let known: BTreeSet<&str> =
        ours.into_iter().chain(LAMBDA_SERVICE).chain(LAMBDA_CRASH).chain(STATES).collect();
    for (name, state) in StateMachine::load().states() {
        for field in ["Retry", "Catch"] {
            for error in error_names(state, field) {
                assert!(known.contains(error.as_str()), "{name}: {field} names {error}");
            }
        }
    }
}

#[test]
fn every_task_retries_exactly_what_can_pass() {
    let retryable = ErrorName::ALL.into_iter().filter(|n| n.is_retryable()).map(ErrorName::as_str);
    let expected: BTreeSet<String> =
        retryable.chain(LAMBDA_SERVICE).chain(LAMBDA_CRASH).map(Into::into).collect();
    for (name, task) in StateMachine::load().tasks() {
        assert_eq!(error_names(task, "Retry"), expected, "{name}");
        for rule in task["Retry"].as_array().expect("rules") {
            for bound in ["IntervalSeconds", "BackoffRate", "MaxDelaySeconds", "MaxAttempts"] {
                assert!(rule[bound].is_number(), "{name}: a retry without {bound}");
            }
            assert_eq!(rule["JitterStrategy"], "FULL", "{name}");
        }
    }
}

#[test]
fn every_failure_is_caught_and_keeps_the_name_of_its_state() {
    // Where reporting and closing a failure fails, the failure itself is what is told.
    let last = ["ReportFailure", "CloseFailed"];
    for (name, state) in StateMachine::load().states() {
        if state["Type"] != "Task" && state["Type"] != "Map" {
            continue;
        }
        let catches = state["Catch"].as_array().unwrap_or_else(|| panic!("{name} has no Catch"));
        let all = catches.last().expect("a rule");
        assert_eq!(all["ErrorEquals"], json!(["States.ALL"]), "{name}");
        if last.contains(&name.as_str()) || name.contains('/') {
            continue;
        }
        let failure = all["Assign"]["failure"].to_string();
        assert!(failure.contains("$states.context.State.Name"), "{name} forgets its name");
    }
}

#[test]
fn a_task_waits_longer_than_its_function_runs() {
    let template = Template::load();
    for (name, task) in StateMachine::load().tasks() {
        let seconds = &task["TimeoutSeconds"];
        if task["Resource"].as_str().is_some_and(|r| r.ends_with(".waitForTaskToken")) {
            assert!(seconds.as_str().is_some_and(|s| s.contains("approval_seconds")), "{name}");
            continue;
        }
        let function = template.properties(&asl::function(task))["Timeout"].as_u64();
        assert!(seconds.as_u64() > function, "{name}: {seconds} s, its function {function:?} s");
    }
}

#[test]
fn it_asks_every_operation_and_no_other() {
    let asked = StateMachine::load().operations();
    let mut expected: BTreeMap<String, BTreeSet<String>> = [
        ("discovery", operations::<DiscoveryRequest>()),
        ("generation", operations::<GenerationRequest>()),
        ("allocation", operations::<AllocationRequest>()),
        ("execution", operations::<ExecutionRequest>()),
        ("integration", operations::<IntegrationRequest>()),
        ("learning", operations::<LearningRequest>()),
    ]
    .map(|(phase, operations)| (logical_id(phase), operations))
    .into();
    for by_people in BY_PEOPLE {
        assert!(expected.values_mut().any(|operations| operations.remove(by_people)));
    }
    assert_eq!(asked, expected);
    assert_eq!(asked.len(), PHASES.len());
}

#[test]
fn it_knows_which_names_are_miyabis_own() {
    let machine = StateMachine::load();
    let record = machine.states()["RecordFailure"]["Assign"]["end"].as_str().expect("text");
    let (_, list) = record.split_once("$failure.error in [").expect("the list of names");
    let (list, _) = list.split_once(']').expect("its end");
    let names: Vec<_> = list.split(", ").map(|name| name.trim_matches('\'')).collect();
    assert_eq!(names, ErrorName::ALL.map(ErrorName::as_str));
}

#[test]
fn every_substitution_is_defined_and_used() {
    assert_eq!(StateMachine::load().substitutions(), Template::load().substitutions());
}

#[test]
fn names_of_states_are_unique_inside_and_outside_of_maps() {
    let machine = StateMachine::load();
    let mut seen = BTreeSet::new();
    for name in machine.states().keys() {
        let name = name.rsplit('/').next().expect("a name");
        assert!(seen.insert(name), "there are two states called {name}");
    }
}

#[test]
fn every_state_is_reached_and_leads_somewhere() {
    let machine = StateMachine::load();
    let mut reached: BTreeSet<String> = ["Route".into()].into();
    for (name, state) in machine.states() {
        let prefix = name.rsplit_once('/').map_or(String::new(), |(map, _)| format!("{map}/"));
        let choices = state["Choices"].as_array().into_iter().flatten();
        let catches = state["Catch"].as_array().into_iter().flatten();
        let mut next: Vec<_> = choices.chain(catches).map(|rule| &rule["Next"]).collect();
        next.extend([&state["Next"], &state["Default"]]);
        let next: Vec<_> = next.into_iter().filter_map(|n| n.as_str()).collect();
        let ends = state["End"] == true || state["Type"] == "Succeed" || state["Type"] == "Fail";
        assert!(ends || !next.is_empty(), "{name} leads nowhere");
        reached.extend(next.into_iter().map(|next| format!("{prefix}{next}")));
        if let Some(first) = state["ItemProcessor"]["StartAt"].as_str() {
            reached.insert(format!("{name}/{first}"));
        }
    }
    let states: BTreeSet<_> = machine.states().keys().cloned().collect();
    assert_eq!(reached, states);
}

/// The operations of a request: serde names them when it meets one that it does not know.
pub fn operations<T: DeserializeOwned>() -> BTreeSet<String> {
    let Err(error) = serde_json::from_value::<T>(json!({ "operation": "?" })) else {
        panic!("`?` is no operation")
    };
    let error = error.to_string();
    let (_, expected) = error.split_once("expected").expect("what was expected");
    expected.split('`').skip(1).step_by(2).map(Into::into).collect()
}
