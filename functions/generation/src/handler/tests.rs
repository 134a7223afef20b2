use miyabi_platform::{FixedClock, store::MemoryStore};
use miyabi_types::{
    action::Operation,
    artifact::ArtifactRef,
    cycle::WorldRef,
    error::ErrorName,
    outcome::Outcome,
    settings::{Mode, TenantSettings},
    strategy::{CheckRecord, Strategy},
};

use serde_json::json;

use super::*;
use crate::fixture::{self, address, instance, now, volume, world};

fn handler(artifacts: Artifacts) -> Handler {
    Handler { artifacts, clock: Arc::new(FixedClock(now())) }
}

fn cycle(world: World) -> Box<CycleState> {
    let mut cycle = CycleState::new("acme".parse().unwrap(), fixture::cycle(), Mode::Approve);
    cycle.world0 = Some(WorldRef::Inline(Box::new(world)));
    Box::new(cycle)
}

#[tokio::test]
async fn a_plan_is_stored_with_its_documents_and_code() {
    let artifacts = Artifacts::stored(Arc::new(MemoryStore::default()));
    let handler = handler(artifacts.clone());
    let cycle = cycle(world([instance(|_| {}), volume(|_| {}), address(|_| {})]));
    let answer = handler.handle(GenerationRequest::Plan { cycle }).await.unwrap().cycle;
    let plan = artifacts.load(&answer, "plan", answer.plan.as_ref()).await.unwrap();
    assert_eq!(plan.created_at, now());
    let paths: Vec<_> = plan.documents.iter().map(|d| d.path.as_str()).collect();
    for path in ["cost-plan.md", "security-plan.md", "terraform/imports.tf"] {
        assert!(paths.contains(&path), "{path} is not among {paths:?}");
    }
    assert!(paths.iter().any(|path| path.starts_with("cloudformation/")), "{paths:?}");
    for document in &plan.documents {
        assert!(document.content.key().is_some());
        assert!(!artifacts.load_text(&answer, &document.content).await.unwrap().is_empty());
    }
}

#[tokio::test]
async fn where_nothing_is_deployed_everything_comes_back_inline() {
    let cycle = cycle(world([address(|_| {})]));
    let handler = handler(Artifacts::inline());
    let answer = handler.handle(GenerationRequest::Plan { cycle }).await.unwrap().cycle;
    let Some(ArtifactRef::Inline(plan)) = answer.plan else { panic!("inline") };
    assert_eq!(plan.proposals.len(), 1);
    assert!(plan.documents.iter().all(|d| d.content.key().is_none()));
}

#[tokio::test]
async fn the_strategy_of_past_cycles_is_read() {
    let check = crate::checks::cost::ec2::address_unassociated::CHECK.check_id();
    let record = CheckRecord { confidence_permille: 100, ..CheckRecord::default() };
    let strategy = Strategy { checks: [(check, record)].into(), ..Strategy::default() };
    let mut cycle = cycle(world([address(|_| {})]));
    cycle.strategy = Some(ArtifactRef::inline(strategy));
    let handler = handler(Artifacts::inline());
    let answer = handler.handle(GenerationRequest::Plan { cycle }).await.unwrap().cycle;
    let Some(ArtifactRef::Inline(plan)) = answer.plan else { panic!("inline") };
    assert_eq!(plan.proposals[0].confidence, miyabi_types::plan::Confidence::Low);
}

#[tokio::test]
async fn the_world_after_is_judged_and_measured() {
    let mut cycle = cycle(world([address(|_| {}), volume(|_| {})]));
    let mut after = world([volume(|_| {})]);
    after.manifest.sequence = 1;
    cycle.world1 = Some(WorldRef::Inline(Box::new(after)));
    cycle.outcome = Some(ArtifactRef::inline(Outcome {
        tenant: cycle.tenant.clone(),
        cycle: cycle.cycle,
        waves: Vec::new(),
        tasks: Vec::new(),
    }));
    let handler = handler(Artifacts::inline());
    let answer = handler.handle(GenerationRequest::Measure { cycle }).await.unwrap().cycle;
    let Some(ArtifactRef::Inline(measurement)) = answer.measurement else { panic!("inline") };
    assert_eq!(measurement.after.sequence, 1);
    assert_eq!(measurement.after.monthly_cost.to_string(), "$10.00");
}

#[tokio::test]
async fn a_world_that_is_missing_or_of_another_cycle_is_refused() {
    let handler = handler(Artifacts::inline());
    let mut without = cycle(world([]));
    without.world0 = None;
    let error = handler.handle(GenerationRequest::Plan { cycle: without }).await.unwrap_err();
    assert_eq!(error.name, ErrorName::InvalidInput);
    assert!(error.message.contains("cycle.world0"), "{error}");

    let mut other = cycle(world([]));
    other.tenant = "other".parse().unwrap();
    let error = handler.handle(GenerationRequest::Plan { cycle: other }).await.unwrap_err();
    assert_eq!(error.name, ErrorName::InvalidInput);
    assert!(error.message.contains("of acme, not of"), "{error}");
}

/// A tenant's settings with one exemption of every security finding.
fn exempting(until: &str) -> TenantSettings {
    serde_json::from_value(json!({
        "exemptions": [{
            "checks": ["ec2_.*"], "owner": "platform", "reason": "a sandbox", "until": until,
        }],
    }))
    .unwrap()
}

#[tokio::test]
async fn the_settings_exempt_before_and_after_acting() {
    let handler = handler(Artifacts::inline());
    let mut asked = cycle(world([address(|_| {})]));
    asked.settings = Some(ArtifactRef::inline(exempting("2026-11-01")));
    asked.world1 = asked.world0.clone();
    asked.outcome = Some(ArtifactRef::inline(Outcome {
        tenant: asked.tenant.clone(),
        cycle: asked.cycle,
        waves: Vec::new(),
        tasks: Vec::new(),
    }));
    let planned = GenerationRequest::Plan { cycle: asked.clone() };
    let answer = handler.handle(planned).await.unwrap().cycle;
    let Some(ArtifactRef::Inline(plan)) = answer.plan else { panic!("inline") };
    assert!(plan.proposals.is_empty() && plan.assessment.findings.is_empty());
    assert_eq!(plan.assessment.exempted.len(), 1);

    let answer = handler.handle(GenerationRequest::Measure { cycle: asked.clone() }).await;
    let Some(ArtifactRef::Inline(measured)) = answer.unwrap().cycle.measurement else {
        panic!("inline")
    };
    assert_eq!(measured.after.exempted.len(), 1);

    let mut broken = exempting("2026-11-01");
    broken.exemptions[0].checks = vec!["(".into()];
    asked.settings = Some(ArtifactRef::inline(broken));
    let error = handler.handle(GenerationRequest::Plan { cycle: asked }).await.unwrap_err();
    assert_eq!(error.name, ErrorName::InvalidInput);
    assert!(error.message.contains("exemptions[0].checks[0]"), "{error}");
}

#[tokio::test]
async fn the_last_cycles_plan_is_compared_with() {
    let artifacts = Artifacts::stored(Arc::new(MemoryStore::default()));
    let handler = handler(artifacts.clone());
    let first = handler
        .handle(GenerationRequest::Plan { cycle: cycle(world([address(|_| {})])) })
        .await
        .unwrap()
        .cycle;

    let second_id = "0192f0c1-2345-7000-8000-000000000002".parse().unwrap();
    let mut seen = world([address(|_| {}), volume(|_| {})]);
    seen.manifest.cycle = second_id;
    let mut second = cycle(seen);
    second.cycle = second_id;
    let learned = |last| Strategy { cycle: Some(last), ..Strategy::default() };
    second.strategy = Some(ArtifactRef::inline(learned(first.cycle)));
    let planned = handler.handle(GenerationRequest::Plan { cycle: second.clone() }).await.unwrap();
    let plan: Plan = artifacts.load(&second, "plan", planned.cycle.plan.as_ref()).await.unwrap();
    let diff = plan.since_last.expect("there is an earlier plan");
    assert_eq!(diff.cycle, first.cycle);
    assert!(diff.actions.iter().all(|action| action.operation == Operation::ModifyVolume));
    assert_eq!(diff.actions.len(), 1, "the address was proposed before");

    let gone = "0192f0c1-2345-7000-8000-000000000009".parse().unwrap();
    second.strategy = Some(ArtifactRef::inline(learned(gone)));
    let planned = handler.handle(GenerationRequest::Plan { cycle: second.clone() }).await.unwrap();
    let plan: Plan = artifacts.load(&second, "plan", planned.cycle.plan.as_ref()).await.unwrap();
    assert!(plan.since_last.is_none(), "that plan was deleted");
}
