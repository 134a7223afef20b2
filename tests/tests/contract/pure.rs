//! The phases that change nothing, run on their events with nothing configured: inline in, inline
//! out, as `sam local invoke` does on a fresh clone.

use std::{collections::BTreeSet, fs, sync::Arc};

use aws_config::{BehaviorVersion, SdkConfig};
use jiff::Timestamp;
use miyabi_integration::{config::Config, handler::Integration};
use miyabi_platform::{Artifacts, FixedClock};
use miyabi_tests::contract::{events, root};
use miyabi_types::{
    action::{Operation, TargetState},
    allocation::{Allocation, Gate},
    approval::TaskToken,
    artifact::ArtifactRef,
    cycle::{CycleState, WorldRef},
    outcome::{Health, Outcome, WaveOutcome},
    phase::{
        AllocationRequest, ExecutionRequest, GenerationRequest, IntegrationRequest,
        IntegrationResponse, LearningRequest,
    },
    plan::Plan,
    report::CycleEnd,
    resource::Resource,
    task::{Backup, Stage, TaskRecord, TaskStatus},
    world::World,
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};

#[tokio::test]
async fn generation_plans_from_its_event() {
    let plan = planned(event("generation-plan")).await;
    let plan = inline(plan.plan.as_ref());
    let found: BTreeSet<_> = plan.assessment.findings.iter().map(|f| f.check.as_str()).collect();
    assert!(found.len() >= 10, "a wasteful and exposed shop has findings: {found:?}");
    assert!(!plan.proposals.is_empty());
    // Security Hub was denied in this World: that is told, not passed over.
    assert!(!plan.documents.is_empty());
    let paths: Vec<_> = plan.documents.iter().map(|d| d.path.as_str()).collect();
    for path in ["cost-plan.md", "security-plan.md"] {
        assert!(paths.contains(&path), "{path} is not among {paths:?}");
    }
}

#[tokio::test]
async fn allocation_decides_from_its_event() {
    let cycle = allocated(event("allocation-allocate")).await;
    let allocation = inline(cycle.allocation.as_ref());
    assert_eq!(cycle.gate, Some(Gate::Approval));
    assert_eq!(cycle.waves.len(), allocation.waves.len());
    assert_eq!(allocation.waves[0].tasks.len(), 1, "the first wave is a canary");
}

#[tokio::test]
async fn generation_measures_from_its_event() {
    let cycle = measured(event("generation-measure")).await;
    let measurement = inline(cycle.measurement.as_ref());
    let before = inline_world(cycle.world0.as_ref()).monthly_cost();
    assert!(measurement.after.monthly_cost < before);
    assert!(measurement.savings.values().any(|saving| saving.measured.is_some()));
}

#[tokio::test]
async fn integration_reports_from_its_event() {
    let IntegrationRequest::Report { cycle, end } = event("integration-report") else {
        panic!("a report is asked for")
    };
    let answer = integration().handle(IntegrationRequest::Report { cycle, end }).await;
    let Ok(IntegrationResponse::Told { cycle, document, undelivered }) = answer else {
        panic!("{answer:?}")
    };
    let report = inline(cycle.report.as_ref());
    assert!(report.cost_after.expect("it was measured") < report.cost_before);
    assert!(report.score_after > report.score_before);
    assert!(document.is_some());
    assert!(undelivered.is_empty(), "{undelivered:?}");
}

#[tokio::test]
async fn integration_asks_for_approval_from_its_event() {
    let answer = integration().handle(event("integration-request-approval")).await;
    let Ok(IntegrationResponse::Told { undelivered, .. }) = answer else { panic!("{answer:?}") };
    assert_eq!(undelivered.len(), 1, "without a ledger nobody can decide, and it says so");
}

#[tokio::test]
async fn learning_learns_from_its_event() {
    let handler = miyabi_learning::handler::Handler { artifacts: Artifacts::inline(), table: None };
    let answer = handler.handle(event("learning-learn")).await.expect("it learns");
    let strategy = inline(answer.cycle.strategy.as_ref());
    assert!(!strategy.checks.is_empty());
}

/// Writes the events that hold what earlier phases made of `events/generation-plan.json`.
#[tokio::test]
#[ignore = "run it after a change of what travels: cargo test --workspace --test contract regenerate -- --ignored"]
async fn regenerate_the_events_of_later_phases() {
    let planned = planned(event("generation-plan")).await;
    let without_documents = |mut cycle: CycleState| {
        if let Some(ArtifactRef::Inline(plan)) = &mut cycle.plan {
            plan.documents.clear();
        }
        Box::new(cycle)
    };
    let cycle = without_documents(planned);
    write("allocation-allocate", &AllocationRequest::Allocate { cycle: cycle.clone() });

    let cycle = Box::new(allocated(AllocationRequest::Allocate { cycle }).await);
    let without_worlds =
        |cycle: &CycleState| Box::new(CycleState { world0: None, world1: None, ..cycle.clone() });
    let asked = without_worlds(&cycle);
    let task_token = TaskToken::from("made-by-step-functions".to_owned());
    write(
        "integration-request-approval",
        &IntegrationRequest::RequestApproval { cycle: asked.clone(), task_token },
    );
    let executed = Box::new(CycleState { plan: None, ..*asked });
    write("execution-wave", &ExecutionRequest::Wave { cycle: executed.clone(), wave: 0 });
    write("execution-health", &ExecutionRequest::Health { cycle: executed.clone(), wave: 0 });
    write("execution-finish", &ExecutionRequest::Finish { cycle: executed });

    let mut cycle = cycle;
    let allocation = inline(cycle.allocation.as_ref());
    cycle.outcome = Some(ArtifactRef::inline(carried_out(&allocation)));
    let after = acted(inline_world(cycle.world0.as_ref()), &allocation);
    cycle.world1 = Some(WorldRef::Inline(Box::new(after)));
    write("generation-measure", &GenerationRequest::Measure { cycle: cycle.clone() });

    let cycle = Box::new(measured(GenerationRequest::Measure { cycle }).await);
    let report = IntegrationRequest::Report { cycle, end: CycleEnd::Acted };
    write("integration-report", &report);

    let Ok(IntegrationResponse::Told { cycle, .. }) = integration().handle(report).await else {
        panic!("it reports")
    };
    let learned = CycleState { plan: None, ..*without_worlds(&cycle) };
    write("learning-learn", &LearningRequest::Learn { cycle: Box::new(learned) });
}

fn event<T: DeserializeOwned>(name: &str) -> T {
    serde_json::from_value(events::load(name)).unwrap_or_else(|e| panic!("events/{name}.json: {e}"))
}

fn write(name: &str, request: &impl Serialize) {
    let text = serde_json::to_string_pretty(request).expect("JSON");
    fs::write(root().join(format!("events/{name}.json")), text + "\n").expect("it is written");
}

async fn planned(request: GenerationRequest) -> CycleState {
    *generation().handle(request).await.expect("it plans").cycle
}

async fn measured(request: GenerationRequest) -> CycleState {
    *generation().handle(request).await.expect("it measures").cycle
}

async fn allocated(request: AllocationRequest) -> CycleState {
    let handler = miyabi_allocation::handler::Handler { artifacts: Artifacts::inline() };
    *handler.handle(request).await.expect("it allocates").cycle
}

fn generation() -> miyabi_generation::handler::Handler {
    miyabi_generation::handler::Handler { artifacts: Artifacts::inline(), clock: clock() }
}

fn integration() -> Integration {
    let sdk = SdkConfig::builder().behavior_version(BehaviorVersion::latest()).build();
    Integration {
        clock: clock(),
        ..Integration::new(Config::default(), &sdk, Artifacts::inline(), None)
    }
}

fn clock() -> Arc<FixedClock> {
    Arc::new(FixedClock(now()))
}

fn now() -> Timestamp {
    "2026-09-15T06:10:00Z".parse().expect("a time")
}

fn inline<T: Clone>(artifact: Option<&ArtifactRef<T>>) -> T {
    match artifact {
        Some(ArtifactRef::Inline(artifact)) => (**artifact).clone(),
        Some(ArtifactRef::Key(key)) => panic!("{key} is stored, with nothing to store it"),
        None => panic!("the artifact is missing"),
    }
}

fn inline_world(world: Option<&WorldRef>) -> World {
    match world {
        Some(WorldRef::Inline(world)) => (**world).clone(),
        other => panic!("expected a World, found {other:?}"),
    }
}

/// The outcome of an allocation of which every task was done.
fn carried_out(allocation: &Allocation) -> Outcome {
    let health = Some(Health { healthy: true, problems: Vec::new() });
    let waves = allocation.waves.iter();
    let tasks = allocation.waves.iter().flat_map(|w| w.tasks.iter().map(|t| (w.index, t.clone())));
    Outcome {
        tenant: allocation.tenant.clone(),
        cycle: allocation.cycle,
        waves: waves
            .map(|w| WaveOutcome { index: w.index, health: health.clone(), rolled_back: false })
            .collect(),
        tasks: tasks
            .map(|(wave, task)| TaskRecord {
                status: TaskStatus::Completed,
                stage: Stage::Verified,
                backup: Some(Backup {
                    taken_at: now(),
                    state: task.action.expected.clone(),
                    kept: Value::Null,
                }),
                ..TaskRecord::pending(task, wave)
            })
            .collect(),
    }
}

/// The World after every task of the allocation.
fn acted(mut world: World, allocation: &Allocation) -> World {
    world.manifest.sequence = 1;
    world.manifest.taken_at = now();
    for task in allocation.tasks() {
        let action = &task.action;
        let Some(at) = world.resources.iter().position(|r| r.arn == action.target) else {
            continue;
        };
        let TargetState::Present(_) = &action.desired else {
            world.resources.remove(at);
            continue;
        };
        let mut resource = serde_json::to_value(&world.resources[at]).expect("JSON");
        change(action.operation, &action.expected, &action.desired, &mut resource["config"]);
        let mut resource: Resource = serde_json::from_value(resource).expect("a resource");
        resource.monthly_cost = world.manifest.prices.monthly_cost(&resource);
        world.resources[at] = resource;
    }
    world
}

fn change(operation: Operation, from: &TargetState, to: &TargetState, config: &mut Value) {
    match operation {
        Operation::RevokeRules => {
            for side in ["ingress", "egress"] {
                let revoked = from.setting(side).as_array().cloned().unwrap_or_default();
                let rules = config[side].as_array_mut().expect("rules");
                rules.retain(|rule| !revoked.contains(rule));
            }
        }
        Operation::AbortMultipartUploads => {
            let rule = json!({
                "id": "abort-incomplete-multipart-uploads", "enabled": true, "prefix": null,
                "filtered": false, "abort_multipart_days": to.setting("abort_multipart_days"),
                "expiration_days": null, "noncurrent_expiration_days": null, "transitions": [],
            });
            config["lifecycle"]["known"].as_array_mut().expect("rules").push(rule);
        }
        Operation::RequireImdsV2 => {
            config["imds_http_tokens"] = to.setting("http_tokens").clone();
        }
        _ => {
            let TargetState::Present(settings) = to else { return };
            for (name, value) in settings {
                let setting = &mut config[name.as_str()];
                // Settings that come from a call of their own are evidence.
                let evidence = setting.get("known").is_some();
                *setting = if evidence { json!({ "known": value }) } else { value.clone() };
            }
        }
    }
}

#[test]
fn a_plan_never_counts_one_resource_twice() {
    let allocation: AllocationRequest = event("allocation-allocate");
    let AllocationRequest::Allocate { cycle } = allocation;
    let plan: Plan = inline(cycle.plan.as_ref());
    assert!(plan.saving() <= plan.assessment.monthly_cost);
}
