use miyabi_platform::{FixedClock, store::MemoryStore};
use miyabi_types::{
    artifact::ArtifactRef,
    cycle::WorldRef,
    error::ErrorName,
    outcome::Outcome,
    settings::Mode,
    strategy::{CheckRecord, Strategy},
};

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
