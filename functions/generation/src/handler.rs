//! From the request to the plan or the measurement, and back.

use std::sync::Arc;

use miyabi_platform::{Artifacts, Clock, PhaseError};
use miyabi_types::{
    cycle::CycleState,
    phase::{CycleResponse, GenerationRequest},
    plan::{Document, Plan},
    world::World,
};

use crate::{documents, iac, measure::measure, plan::plan};

/// The function's dependencies.
pub struct Handler {
    /// Where the cycle's artifacts are.
    pub artifacts: Artifacts,
    /// Tells when a plan is made.
    pub clock: Arc<dyn Clock>,
}

impl Handler {
    /// Answers one request. Answering twice writes the same artifacts twice.
    pub async fn handle(&self, request: GenerationRequest) -> Result<CycleResponse, PhaseError> {
        match request {
            GenerationRequest::Plan { cycle } => self.plan(cycle).await,
            GenerationRequest::Measure { cycle } => self.measure(cycle).await,
        }
    }

    async fn plan(&self, mut cycle: Box<CycleState>) -> Result<CycleResponse, PhaseError> {
        let artifacts = &self.artifacts;
        let world = artifacts.load_world(&cycle, "world0", cycle.world0.as_ref()).await?;
        own(&cycle, "world0", &world)?;
        let strategy = artifacts.find(&cycle, cycle.strategy.as_ref()).await?.unwrap_or_default();
        let mut plan = plan(&world, &strategy, self.clock.now())?;
        plan.documents = self.documents(&cycle, &world, &plan).await?;
        tracing::info!(
            resources = world.resources.len(),
            findings = plan.assessment.findings.len(),
            not_evaluated = plan.assessment.not_evaluated.len(),
            proposals = plan.proposals.len(),
            saving = %plan.saving(),
            score = plan.assessment.score.permille,
            "planned"
        );
        cycle.plan = Some(artifacts.save(&cycle, "plan.json", plan).await?);
        Ok(CycleResponse { cycle })
    }

    async fn documents(
        &self,
        cycle: &CycleState,
        world: &World,
        plan: &Plan,
    ) -> Result<Vec<Document>, PhaseError> {
        let texts = documents::render(world, plan)
            .into_iter()
            .chain(iac::terraform::render(world))
            .chain(iac::cloudformation::render(world));
        let mut documents = Vec::new();
        for (path, text) in texts {
            let content = self.artifacts.save_text(cycle, &path, text, media_type(&path)).await?;
            documents.push(Document { path, content });
        }
        documents.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(documents)
    }

    async fn measure(&self, mut cycle: Box<CycleState>) -> Result<CycleResponse, PhaseError> {
        let artifacts = &self.artifacts;
        let before = artifacts.load_world(&cycle, "world0", cycle.world0.as_ref()).await?;
        let after = artifacts.load_world(&cycle, "world1", cycle.world1.as_ref()).await?;
        own(&cycle, "world0", &before)?;
        own(&cycle, "world1", &after)?;
        let outcome = artifacts.load(&cycle, "outcome", cycle.outcome.as_ref()).await?;
        let measurement = measure(&before, &after, &outcome);
        tracing::info!(
            cost_before = %before.monthly_cost(),
            cost_after = %measurement.after.monthly_cost,
            score = measurement.after.score.permille,
            "measured"
        );
        cycle.measurement = Some(artifacts.save(&cycle, "measurement.json", measurement).await?);
        Ok(CycleResponse { cycle })
    }
}

/// A World of another cycle would make a plan of another cycle.
fn own(cycle: &CycleState, field: &str, world: &World) -> Result<(), PhaseError> {
    let manifest = &world.manifest;
    if (&manifest.tenant, manifest.cycle) == (&cycle.tenant, cycle.cycle) {
        return Ok(());
    }
    Err(PhaseError::invalid_input(format!(
        "cycle.{field} is of cycle {} of {}, not of cycle {} of {}",
        manifest.cycle, manifest.tenant, cycle.cycle, cycle.tenant
    )))
}

fn media_type(path: &str) -> &'static str {
    match path.rsplit('.').next() {
        Some("md") => "text/markdown; charset=utf-8",
        Some("yaml" | "yml") => "application/yaml",
        Some("json") => "application/json",
        _ => "text/plain; charset=utf-8",
    }
}

#[cfg(test)]
mod tests;
