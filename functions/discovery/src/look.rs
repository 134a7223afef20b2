//! A whole look in one process: what the state machine does over several invocations.

use futures::future::try_join_all;
use miyabi_platform::PhaseError;
use miyabi_types::{
    cycle::CycleState,
    id::{Region, TenantId},
    phase::{DiscoveryRequest, DiscoveryResponse},
    world::{Scope, World},
};

use crate::Discovery;

impl Discovery {
    /// Reads every account and region of the tenant's settings, or those regions of this account, into one
    /// World.
    ///
    /// # Errors
    ///
    /// What [`Self::survey`] answers, and what loading a stored World does.
    pub async fn look(&self, tenant: TenantId, regions: Vec<Region>) -> Result<World, PhaseError> {
        let cycle = Box::pin(self.survey(tenant, regions)).await?;
        self.artifacts.load_world(&cycle, "world0", cycle.world0.as_ref()).await
    }

    /// The same without loading the World: the cycle tells where it is.
    ///
    /// # Errors
    ///
    /// What opening, scanning or sealing a cycle answers.
    pub async fn survey(
        &self,
        tenant: TenantId,
        regions: Vec<Region>,
    ) -> Result<Box<CycleState>, PhaseError> {
        let open = DiscoveryRequest::Open { tenant, mode: None, regions, execution: None };
        let (cycle, scopes) = opened(Box::pin(self.handle(open)).await?);
        let scans = scopes.iter().map(|scope| {
            let (cycle, scope) = (cycle.clone(), scope.clone());
            Box::pin(self.handle(DiscoveryRequest::Scan { cycle, sequence: 0, scope }))
        });
        let scanned = try_join_all(scans).await?.into_iter();
        let inline = scanned.filter_map(|answer| match answer {
            DiscoveryResponse::Scanned(scanned) => Some(*scanned),
            DiscoveryResponse::Cycle { .. } => None,
        });
        let inline = inline.collect();
        let seal = DiscoveryRequest::Seal { cycle, sequence: 0, scopes, inline };
        Ok(opened(Box::pin(self.handle(seal)).await?).0)
    }
}

/// What opening and sealing answer.
fn opened(answer: DiscoveryResponse) -> (Box<CycleState>, Vec<Scope>) {
    match answer {
        DiscoveryResponse::Cycle { cycle, scopes } => (cycle, scopes),
        DiscoveryResponse::Scanned(_) => unreachable!("only a scan answers a scope"),
    }
}
