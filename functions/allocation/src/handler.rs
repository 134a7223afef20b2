//! From the request to the decision and back.

use miyabi_platform::{Artifacts, PhaseError};
use miyabi_types::{
    cycle::CycleState,
    phase::{AllocationRequest, CycleResponse},
};

use crate::allocate::allocate;

/// The function's dependencies.
pub struct Handler {
    /// Where the plan is read from and the allocation is kept.
    pub artifacts: Artifacts,
}

impl Handler {
    /// Answers one request. Deciding again for the same cycle decides the same.
    pub async fn handle(&self, request: AllocationRequest) -> Result<CycleResponse, PhaseError> {
        match request {
            AllocationRequest::Allocate { cycle } => self.allocate(cycle).await,
        }
    }

    async fn allocate(&self, mut cycle: Box<CycleState>) -> Result<CycleResponse, PhaseError> {
        let artifacts = &self.artifacts;
        let world = artifacts.load_world(&cycle, "world0", cycle.world0.as_ref()).await?;
        let plan = artifacts.load(&cycle, "plan", cycle.plan.as_ref()).await?;
        let settings = artifacts.find(&cycle, cycle.settings.as_ref()).await?.unwrap_or_default();
        let strategy = artifacts.find(&cycle, cycle.strategy.as_ref()).await?.unwrap_or_default();
        if (&plan.tenant, plan.cycle) != (&cycle.tenant, cycle.cycle) {
            return Err(PhaseError::invalid_input(format!(
                "cycle.plan is of cycle {} of {}, not of cycle {} of {}",
                plan.cycle, plan.tenant, cycle.cycle, cycle.tenant
            )));
        }
        let allocation = allocate(&world, &plan, cycle.mode, &settings.policy, &strategy);
        tracing::info!(
            gate = ?allocation.gate,
            tasks = allocation.tasks().count(),
            waves = allocation.waves.len(),
            deferred = allocation.deferred.len(),
            promised_saving = %allocation.promised_saving,
            "allocated"
        );
        cycle.gate = Some(allocation.gate);
        cycle.waves = allocation.waves.iter().map(|wave| wave.index).collect();
        // A state that waits must wait at least a moment.
        let minutes = settings.policy.approval_minutes.max(1);
        cycle.approval_seconds = Some(minutes.saturating_mul(60));
        cycle.allocation = Some(artifacts.save(&cycle, "allocation.json", allocation).await?);
        Ok(CycleResponse { cycle })
    }
}
