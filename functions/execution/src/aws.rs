//! A tenant's accounts on AWS.

use std::sync::Arc;

use async_trait::async_trait;
use aws_config::SdkConfig;
use miyabi_platform::Artifacts;
use miyabi_types::{
    action::{Route, TargetState},
    id::{AccountId, Region, TenantId},
    settings::TenantSettings,
};
use serde_json::Value;

use crate::{
    accounts::{Accounts, Clients},
    cloud::{Alarm, Cloud, Connect},
    cloudformation::ChangeSet,
    direct::direct,
    error::Result,
    step::{Job, Restored, Step},
    vitals,
};

/// AWS, with Miyabi's own configuration.
#[derive(Clone)]
pub struct Aws {
    config: SdkConfig,
    artifacts: Artifacts,
}

impl Aws {
    /// AWS by this configuration; `artifacts` keep the templates that change sets replace.
    pub const fn new(config: SdkConfig, artifacts: Artifacts) -> Self {
        Self { config, artifacts }
    }
}

impl Connect for Aws {
    fn connect(&self, tenant: &TenantId, settings: &TenantSettings) -> Arc<dyn Cloud> {
        let accounts =
            Accounts::new(self.config.clone(), tenant.clone(), settings.accounts.clone());
        Arc::new(Tenant { accounts, artifacts: self.artifacts.clone() })
    }
}

struct Tenant {
    accounts: Accounts,
    artifacts: Artifacts,
}

impl Tenant {
    async fn clients(&self, job: &Job<'_>) -> Arc<Clients> {
        self.accounts.clients(&job.action.account, &job.action.region).await
    }

    fn change_set(&self, job: &Job<'_>) -> Option<ChangeSet<'_>> {
        match &job.action.route {
            Route::Direct => None,
            Route::ChangeSet { .. } => Some(ChangeSet { artifacts: &self.artifacts }),
        }
    }
}

#[async_trait]
impl Cloud for Tenant {
    async fn read(&self, job: &Job<'_>) -> Result<TargetState> {
        direct(job.action.operation).read(&*self.clients(job).await, job.action).await
    }

    async fn backup(&self, job: &Job<'_>) -> Result<Step<Value>> {
        let aws = self.clients(job).await;
        match self.change_set(job) {
            Some(change_set) => change_set.backup(&aws, job).await,
            None => direct(job.action.operation).backup(&aws, job).await,
        }
    }

    async fn apply(&self, job: &Job<'_>) -> Result<Step<()>> {
        let aws = self.clients(job).await;
        match self.change_set(job) {
            Some(change_set) => change_set.apply(&aws, job).await,
            None => direct(job.action.operation).apply(&aws, job).await,
        }
    }

    async fn undo(&self, job: &Job<'_>) -> Result<Step<Restored>> {
        let aws = self.clients(job).await;
        match self.change_set(job) {
            Some(change_set) => change_set.undo(&aws, job).await,
            None => direct(job.action.operation).undo(&aws, job).await,
        }
    }

    fn is_own_state(&self, live: &TargetState, job: &Job<'_>) -> bool {
        direct(job.action.operation).is_own_state(live, job)
    }

    async fn alarms(
        &self,
        account: &AccountId,
        region: &Region,
        names: &[String],
    ) -> Result<Vec<Alarm>> {
        vitals::alarms(&*self.accounts.clients(account, region).await, names).await
    }

    async fn impaired_instances(
        &self,
        account: &AccountId,
        region: &Region,
        ids: &[String],
    ) -> Result<Vec<String>> {
        vitals::impaired_instances(&*self.accounts.clients(account, region).await, ids).await
    }
}
