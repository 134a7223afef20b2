//! The port to a tenant's accounts, as far as execution touches them.

use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;
use miyabi_types::{
    action::TargetState,
    id::{AccountId, Region, TenantId},
    settings::TenantSettings,
};
use serde_json::Value;

use crate::{
    error::Result,
    step::{Job, Restored, Step},
};

/// A CloudWatch alarm.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alarm {
    /// Its name.
    pub name: String,
    /// Whether it is in the state `ALARM`.
    pub is_alarming: bool,
    /// When it came into its state, where AWS says so.
    pub since: Option<Timestamp>,
}

/// A tenant's accounts.
///
/// Every step converges and can be called again after a crash at any point.
#[async_trait]
pub trait Cloud: Send + Sync {
    /// The live state of the job's target, with the keys that its operation documents.
    async fn read(&self, job: &Job<'_>) -> Result<TargetState>;

    /// Keeps what the state alone cannot bring back.
    async fn backup(&self, job: &Job<'_>) -> Result<Step<Value>>;

    /// Leads the target to the desired state.
    async fn apply(&self, job: &Job<'_>) -> Result<Step<()>>;

    /// Leads the target back to the state before.
    async fn undo(&self, job: &Job<'_>) -> Result<Step<Restored>>;

    /// Whether `live` is a state that the change itself passes through.
    fn is_own_state(&self, live: &TargetState, job: &Job<'_>) -> bool;

    /// The alarms with these names; with no names, every alarm that is in the state `ALARM`.
    async fn alarms(
        &self,
        account: &AccountId,
        region: &Region,
        names: &[String],
    ) -> Result<Vec<Alarm>>;

    /// Those of these instances whose status checks are impaired.
    async fn impaired_instances(
        &self,
        account: &AccountId,
        region: &Region,
        ids: &[String],
    ) -> Result<Vec<String>>;
}

/// Reaches a tenant's accounts.
pub trait Connect: Send + Sync {
    /// The accounts of `tenant`, by the roles that `settings` name.
    fn connect(&self, tenant: &TenantId, settings: &TenantSettings) -> Arc<dyn Cloud>;
}
