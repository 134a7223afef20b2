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

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use miyabi_platform::store::MemoryStore;
    use miyabi_types::{
        action::Operation,
        allocation::Gate,
        artifact::ArtifactRef,
        cycle::WorldRef,
        error::ErrorName,
        settings::{Mode, Policy, TenantSettings},
    };

    use super::*;
    use crate::fixture::{CYCLE, instance, plan, propose, volume, world};

    const OTHER: &str = "0198a6b0-0000-7000-8000-00000000000b";

    fn cycle() -> Box<CycleState> {
        let proposal = propose(Operation::ModifyVolume, &volume("vol-1", None), "ebs_gp2", 5);
        let mut cycle =
            CycleState::new("acme".parse().unwrap(), CYCLE.parse().unwrap(), Mode::Approve);
        cycle.world0 = Some(WorldRef::Inline(Box::new(world(&[instance("i-1", 20.0)]))));
        cycle.plan = Some(ArtifactRef::inline(plan(vec![proposal], &[])));
        Box::new(cycle)
    }

    async fn answer(
        artifacts: Artifacts,
        cycle: Box<CycleState>,
    ) -> Result<CycleState, PhaseError> {
        let answer = Handler { artifacts }.handle(AllocationRequest::Allocate { cycle }).await?;
        Ok(*answer.cycle)
    }

    #[tokio::test]
    async fn the_state_machine_learns_gate_waves_and_waiting_time() {
        let mut asked = cycle();
        let policy = Policy { approval_minutes: 90, ..Policy::default() };
        let settings = TenantSettings { policy, ..TenantSettings::default() };
        asked.settings = Some(ArtifactRef::inline(settings));
        let done = answer(Artifacts::inline(), asked).await.unwrap();
        assert_eq!(done.gate, Some(Gate::Approval));
        assert_eq!(done.waves, [0, 1]);
        assert_eq!(done.approval_seconds, Some(5400));
        let Some(ArtifactRef::Inline(allocation)) = done.allocation else { panic!("inline") };
        assert_eq!(allocation.tasks().count(), 2);
    }

    #[tokio::test]
    async fn what_is_stored_is_the_same_after_a_second_delivery() {
        let artifacts = Artifacts::stored(Arc::new(MemoryStore::default()));
        let first = answer(artifacts.clone(), cycle()).await.unwrap();
        let key = first.allocation.as_ref().and_then(ArtifactRef::key).expect("stored");
        assert_eq!(key.file_name(), "allocation.json");
        let stored = artifacts.find(&first, first.allocation.as_ref()).await.unwrap();
        let second = answer(artifacts.clone(), cycle()).await.unwrap();
        assert_eq!(first, second);
        assert_eq!(artifacts.find(&second, second.allocation.as_ref()).await.unwrap(), stored);
    }

    #[tokio::test]
    async fn an_input_that_is_missing_or_of_another_cycle_is_named() {
        let refused = async |change: fn(&mut CycleState)| {
            let mut cycle = cycle();
            change(&mut cycle);
            let error = answer(Artifacts::inline(), cycle).await.unwrap_err();
            assert_eq!(error.name, ErrorName::InvalidInput);
            error.message
        };
        assert!(refused(|cycle| cycle.world0 = None).await.contains("cycle.world0"));
        assert!(refused(|cycle| cycle.plan = None).await.contains("cycle.plan"));
        let message = refused(|cycle| cycle.cycle = OTHER.parse().unwrap()).await;
        assert!(message.contains(CYCLE) && message.contains(OTHER), "{message}");
    }
}
