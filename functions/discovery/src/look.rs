//! A whole look in one process: what the state machine does over several invocations.

use futures::future::try_join_all;
use miyabi_platform::PhaseError;
use miyabi_types::{
    cycle::WorldRef,
    id::{Region, TenantId},
    phase::{DiscoveryRequest, DiscoveryResponse},
    world::World,
};

use crate::Discovery;

impl Discovery {
    /// Reads every account and region of the tenant's settings, or those regions of this account, into one
    /// World; nothing is stored.
    ///
    /// # Errors
    ///
    /// What opening, scanning or sealing a cycle answers; and where artifacts are stored, that the World is
    /// not inline.
    pub async fn look(&self, tenant: TenantId, regions: Vec<Region>) -> Result<World, PhaseError> {
        let open = DiscoveryRequest::Open { tenant, mode: None, regions, execution: None };
        let DiscoveryResponse::Cycle { cycle, scopes } = Box::pin(self.handle(open)).await? else {
            unreachable!("open answers a cycle")
        };
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
        match Box::pin(self.handle(seal)).await? {
            DiscoveryResponse::Cycle { cycle, .. } => match cycle.world0 {
                Some(WorldRef::Inline(world)) => Ok(*world),
                _ => Err(PhaseError::internal("seal left no World inline: artifacts are stored")),
            },
            DiscoveryResponse::Scanned(_) => unreachable!("seal answers a cycle"),
        }
    }
}
