//! `open`: opens a cycle and lists what it is to read.

use aws_config::SdkConfig;
use miyabi_platform::{PhaseError, new_cycle_id};
use miyabi_types::{
    cycle::CycleState,
    id::{AccountId, Region, TenantId},
    settings::{Mode, TenantSettings},
    world::Scope,
};

use crate::{call::Call, handler::Discovery};

/// Tells whose credentials these are. AWS lets everyone do it.
pub(crate) const GET_CALLER_IDENTITY: &str = "sts:GetCallerIdentity";

/// [`GET_CALLER_IDENTITY`] as a call.
pub(crate) const CALLER: Call = Call::details(GET_CALLER_IDENTITY);

impl Discovery {
    /// Opens a cycle of `tenant`; what the input says goes before the settings.
    pub(crate) async fn open(
        &self,
        tenant: TenantId,
        mode: Option<Mode>,
        regions: Vec<Region>,
        execution: Option<&str>,
    ) -> Result<(CycleState, Vec<Scope>), PhaseError> {
        self.require_credentials().await?;
        let ledger = self.ledger(&tenant);
        let stored = match &ledger {
            Some(ledger) => ledger.settings().await?,
            None => None,
        };
        let mode = effective_mode(mode, stored.as_ref());
        let mut settings = stored.unwrap_or_default();
        settings.checked().map_err(|error| PhaseError::invalid_input(error.to_string()))?;
        self.add_organization(&mut settings).await?;
        let scopes = self.scopes(&tenant, &settings, regions).await?;

        // Last of what can fail for a wrong input, so that such a failure leaves no lease behind.
        let new = new_cycle_id();
        let id = match &ledger {
            Some(ledger) => ledger.open_cycle(new, execution, mode, self.clock.now()).await?,
            None => new,
        };
        let strategy = match &ledger {
            Some(ledger) => ledger.strategy().await?,
            None => None,
        };
        let mut cycle = CycleState::new(tenant, id, mode);
        cycle.approval_seconds = Some(settings.policy.approval_minutes.saturating_mul(60));
        cycle.settings = Some(self.artifacts.save(&cycle, "settings.json", settings).await?);
        if let Some(strategy) = strategy {
            cycle.strategy = Some(self.artifacts.save(&cycle, "strategy.json", strategy).await?);
        }
        Ok((cycle, scopes))
    }
}

/// A cycle never goes further than the input says, nor further than the settings where there are any.
fn effective_mode(input: Option<Mode>, settings: Option<&TenantSettings>) -> Mode {
    match (input, settings.map(|settings| settings.mode)) {
        (Some(input), Some(settings)) => input.min(settings),
        (Some(mode), None) | (None, Some(mode)) => mode,
        (None, None) => Mode::default(),
    }
}

/// The account that `config` has credentials for.
pub(crate) async fn own_account(config: &SdkConfig) -> Result<AccountId, PhaseError> {
    let identity = aws_sdk_sts::Client::new(config)
        .get_caller_identity()
        .send()
        .await
        .map_err(|error| PhaseError::from_sdk(GET_CALLER_IDENTITY, error))?;
    AccountId::parse(identity.account().unwrap_or_default()).map_err(|error| {
        PhaseError::internal(format!("{GET_CALLER_IDENTITY} answered no account"))
            .with_source(error)
    })
}

#[cfg(test)]
mod tests;
