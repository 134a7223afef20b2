//! From the request to the plan or the measurement, and back.

use std::sync::Arc;

use miyabi_platform::{Artifacts, Clock, PhaseError};
use miyabi_types::{
    artifact::ArtifactKey,
    cycle::CycleState,
    exemption::Exemptions,
    phase::{CycleResponse, GenerationRequest},
    plan::{Document, Plan},
    strategy::Strategy,
    world::World,
};

use crate::{
    diff::diff,
    documents,
    formats::{Formats, FoundTags},
    iac::{Language, Layers},
    measure::measure,
    plan::plan,
    rules::{self, Limits, Rules},
};

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
        let (exemptions, limits) = self.rules(&cycle).await?;
        let rules = Rules { exemptions: &exemptions, limits: &limits };
        let mut plan = plan(&world, &strategy, rules, self.clock.now())?;
        let last = self.last_plan(&cycle, &strategy).await?;
        plan.since_last = last.map(|last| diff(&last, &plan, &world));
        let resources = world.resources.len();
        plan.documents = self.documents(&cycle, world, &plan).await?;
        tracing::info!(
            resources,
            findings = plan.assessment.findings.len(),
            not_evaluated = plan.assessment.not_evaluated.len(),
            exempted = plan.assessment.exempted.len(),
            proposals = plan.proposals.len(),
            saving = %plan.saving(),
            score = plan.assessment.score.permille,
            "planned"
        );
        cycle.plan = Some(artifacts.save(&cycle, "plan.json", plan).await?);
        Ok(CycleResponse { cycle })
    }

    async fn rules(&self, cycle: &CycleState) -> Result<(Exemptions, Limits), PhaseError> {
        let settings = self.artifacts.find(cycle, cycle.settings.as_ref()).await?;
        let settings = settings.unwrap_or_default();
        let exemptions = settings.checked();
        let exemptions =
            exemptions.map_err(|error| PhaseError::invalid_input(error.to_string()))?;
        Ok((exemptions, rules::limits(&settings)?))
    }

    /// The plan of the cycle that the strategy was learned from last; nothing where there is none, or
    /// where it was deleted: an object of the bucket may go when its time is over.
    async fn last_plan(
        &self,
        cycle: &CycleState,
        strategy: &Strategy,
    ) -> Result<Option<Plan>, PhaseError> {
        let Some(last) = strategy.cycle.filter(|last| *last != cycle.cycle) else {
            return Ok(None);
        };
        if !self.artifacts.is_stored() {
            return Ok(None);
        }
        let key = ArtifactKey::of_cycle(&cycle.tenant, last, "plan.json");
        match self.artifacts.get(cycle, &key).await {
            Ok(plan) => Ok(Some(plan)),
            Err(error) if error.name.is_retryable() => Err(error),
            Err(error) => {
                tracing::warn!(%error, %last, "the last plan cannot be read: nothing to compare with");
                Ok(None)
            }
        }
    }

    async fn documents(
        &self,
        cycle: &CycleState,
        world: World,
        plan: &Plan,
    ) -> Result<Vec<Document>, PhaseError> {
        let mut documents = Vec::new();
        self.store(cycle, documents::render(&world, plan), &mut documents).await?;
        for language in Language::ALL {
            let layers = Layers::new(language, &world, plan);
            self.store(cycle, layers.texts(), &mut documents).await?;
        }
        let tags = FoundTags::new(&world, plan);
        // The findings' texts, or the plan's, beside the World may not fit into memory.
        drop(world);
        self.store(cycle, Formats::new(&tags, plan).texts(), &mut documents).await?;
        documents.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(documents)
    }

    /// Stores texts under their paths. Each is made when the one before is stored: together they may not
    /// fit into memory.
    async fn store(
        &self,
        cycle: &CycleState,
        texts: impl IntoIterator<Item = (String, String)>,
        documents: &mut Vec<Document>,
    ) -> Result<(), PhaseError> {
        for (path, text) in texts {
            let content = self.artifacts.save_text(cycle, &path, text, media_type(&path)).await?;
            documents.push(Document { path, content });
        }
        Ok(())
    }

    async fn measure(&self, mut cycle: Box<CycleState>) -> Result<CycleResponse, PhaseError> {
        let artifacts = &self.artifacts;
        let before = artifacts.load_world(&cycle, "world0", cycle.world0.as_ref()).await?;
        let after = artifacts.load_world(&cycle, "world1", cycle.world1.as_ref()).await?;
        own(&cycle, "world0", &before)?;
        own(&cycle, "world1", &after)?;
        let outcome = artifacts.load(&cycle, "outcome", cycle.outcome.as_ref()).await?;
        let (exemptions, limits) = self.rules(&cycle).await?;
        let rules = Rules { exemptions: &exemptions, limits: &limits };
        let measurement = measure(&before, &after, &outcome, rules);
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
        Some("sarif") => "application/sarif+json",
        Some("html") => "text/html; charset=utf-8",
        Some("csv") => "text/csv; charset=utf-8",
        _ => "text/plain; charset=utf-8",
    }
}

#[cfg(test)]
mod tests;
