//! Dispatches the four operations.

use std::{
    future::{Future, pending},
    sync::Arc,
};

use aws_config::SdkConfig;
use aws_credential_types::provider::ProvideCredentials;
use miyabi_platform::{Artifacts, Clock, PhaseError, TenantLedger, error::chain, table::Table};
use miyabi_types::{
    cycle::CycleState,
    id::TenantId,
    phase::{DiscoveryRequest, DiscoveryResponse},
    report::CycleEnd,
};

use crate::pace::Budget;

/// θ₁, with what it needs.
pub struct Discovery {
    /// Access to the account that Miyabi runs in.
    pub sdk: SdkConfig,
    /// Where artifacts go.
    pub artifacts: Artifacts,
    /// The ledger's table; absent where nothing is deployed.
    pub table: Option<Arc<dyn Table>>,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
    /// How much is asked at once.
    pub budget: Budget,
}

impl Discovery {
    /// Answers one request, however long it takes.
    pub async fn handle(&self, request: DiscoveryRequest) -> Result<DiscoveryResponse, PhaseError> {
        self.handle_until(request, pending(), pending()).await
    }

    /// Answers one request; a scan that is not done when time is `over` is left for the next one. From
    /// `closing` on, no list is read further than the pages that are under way.
    pub async fn handle_until(
        &self,
        request: DiscoveryRequest,
        closing: impl Future<Output = ()> + Send,
        over: impl Future<Output = ()> + Send,
    ) -> Result<DiscoveryResponse, PhaseError> {
        match request {
            DiscoveryRequest::Open { tenant, mode, regions, execution } => {
                let (cycle, scopes) =
                    Box::pin(self.open(tenant, mode, regions, execution.as_deref())).await?;
                Ok(DiscoveryResponse::Cycle { cycle: Box::new(cycle), scopes })
            }
            DiscoveryRequest::Scan { cycle, sequence, scope } => {
                let scanned = Box::pin(self.scan(&cycle, sequence, scope, closing, over)).await?;
                Ok(DiscoveryResponse::Scanned(Box::new(scanned)))
            }
            DiscoveryRequest::Seal { cycle, sequence, scopes, inline } => {
                let cycle = self.seal(*cycle, sequence, scopes, inline).await?;
                Ok(DiscoveryResponse::Cycle { cycle: Box::new(cycle), scopes: Vec::new() })
            }
            DiscoveryRequest::Close { cycle, end } => {
                self.close(&cycle, end).await?;
                Ok(DiscoveryResponse::Cycle { cycle, scopes: Vec::new() })
            }
        }
    }

    async fn close(&self, cycle: &CycleState, end: CycleEnd) -> Result<(), PhaseError> {
        match self.ledger(&cycle.tenant) {
            Some(ledger) => ledger.close_cycle(cycle.cycle, end, self.clock.now()).await,
            None => Ok(()),
        }
    }

    pub(crate) fn ledger(&self, tenant: &TenantId) -> Option<TenantLedger> {
        self.table.clone().map(|table| TenantLedger::new(table, tenant))
    }

    /// Says what to set when there are no credentials to read anything with.
    pub(crate) async fn require_credentials(&self) -> Result<(), PhaseError> {
        let why = match self.sdk.credentials_provider() {
            None => "none are configured".to_owned(),
            Some(provider) => match provider.provide_credentials().await {
                Ok(_) => return Ok(()),
                Err(error) => chain(&error),
            },
        };
        Err(PhaseError::invalid_input(format!(
            "no AWS credentials ({why}): set AWS_PROFILE, or AWS_ACCESS_KEY_ID and \
             AWS_SECRET_ACCESS_KEY; to read something else than AWS set AWS_ENDPOINT_URL as well"
        )))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{aws, cycle, discovery};

    #[tokio::test]
    async fn an_invocation_may_move_between_threads() {
        let discovery = discovery(aws::sdk(aws::empty));
        let end = CycleEnd::Observed;
        let close = DiscoveryRequest::Close { cycle: Box::new(cycle()), end };
        let answer = tokio::spawn(async move { discovery.handle(close).await });
        assert!(answer.await.unwrap().is_ok());
    }
}
