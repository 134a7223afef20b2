//! The operations of θ₅.

use std::sync::Arc;

use aws_config::SdkConfig;
use miyabi_platform::{Artifacts, Clock, PhaseError, SystemClock, TenantLedger, table::Table};
use miyabi_types::{
    approval::TaskToken,
    cycle::CycleState,
    id::TenantId,
    phase::{IntegrationRequest, IntegrationResponse, Undelivered},
    report::CycleEnd,
};

use crate::{
    approval::{Approvals, Wanted, expires_at},
    callback::{StepFunctions, TaskCallback},
    channel::{self, ApprovalRequested, Channel, Message, Reported, RequestedAction, Scores, tell},
    config::Config,
    dossier::Dossier,
    report, summary,
};

/// Everything that the operations need.
pub struct Integration {
    /// Where artifacts are kept.
    pub artifacts: Artifacts,
    /// The ledger's table; absent where nothing is deployed.
    pub table: Option<Arc<dyn Table>>,
    /// Tells waiting executions.
    pub callback: Arc<dyn TaskCallback>,
    /// Tells people and monitoring.
    pub channels: Vec<Box<dyn Channel>>,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
    /// The function's own name, where it has one.
    pub function: Option<String>,
}

impl Integration {
    /// What runs in Lambda.
    pub fn new(
        config: Config,
        sdk: &SdkConfig,
        artifacts: Artifacts,
        table: Option<Arc<dyn Table>>,
    ) -> Self {
        Self {
            artifacts,
            table,
            callback: Arc::new(StepFunctions::new(aws_sdk_sfn::Client::new(sdk))),
            channels: channel::registry(&config, sdk),
            clock: Arc::new(SystemClock),
            function: config.function,
        }
    }

    /// Answers a request.
    pub async fn handle(
        &self,
        request: IntegrationRequest,
    ) -> Result<IntegrationResponse, PhaseError> {
        match request {
            IntegrationRequest::RequestApproval { cycle, task_token } => {
                self.request_approval(cycle, task_token).await
            }
            IntegrationRequest::Decide { tenant, cycle_id, verdict, only, by, reason } => {
                let wanted = Wanted { verdict, only, by, reason };
                let approvals = self.approvals(&tenant).ok_or_else(|| {
                    PhaseError::invalid_input(
                        "there is nothing to decide on: MIYABI_TABLE is not set, so no request was kept",
                    )
                })?;
                let decided = approvals.decide(cycle_id, wanted.clone()).await?;
                tracing::info!(by = wanted.by, approved = decided.approved().len(), "decided");
                Ok(IntegrationResponse::Decided {
                    cycle_id,
                    verdict,
                    approved: decided.approved().len() as u32,
                    by: wanted.by,
                })
            }
            IntegrationRequest::Report { cycle, end } => self.report(cycle, end).await,
        }
    }

    async fn request_approval(
        &self,
        cycle: Box<CycleState>,
        token: TaskToken,
    ) -> Result<IntegrationResponse, PhaseError> {
        let plan = self.artifacts.load(&cycle, "plan", cycle.plan.as_ref()).await?;
        let allocation =
            self.artifacts.load(&cycle, "allocation", cycle.allocation.as_ref()).await?;
        let mut undelivered = Vec::new();
        let expires_at = if let Some(approvals) = self.approvals(&cycle.tenant) {
            approvals.request(&cycle, &allocation, token).await?
        } else {
            // `sam local invoke` shows what would be asked; nobody can decide on it.
            undelivered.push(Undelivered {
                channel: "ledger".into(),
                error: miyabi_types::error::ErrorName::InvalidInput,
                message: "MIYABI_TABLE is not set: the request was not kept and cannot be decided"
                    .into(),
            });
            expires_at(&cycle, self.clock.now())
        };
        tracing::info!(%expires_at, actions = allocation.tasks().count(), "approval requested");
        let assessment = plan.assessment.clone();
        let deferred = allocation.deferred.len() as u64;
        let promised = (allocation.promised_saving, allocation.promised_score_permille);
        let not_evaluated =
            (assessment.not_evaluated.len() + allocation.not_evaluated.len()) as u64;
        let dossier =
            Dossier { plan: Some(plan), allocation: Some(allocation), ..Dossier::default() };
        let message = Message::ApprovalRequested(Box::new(ApprovalRequested {
            tenant: cycle.tenant.clone(),
            cycle: cycle.cycle,
            mode: cycle.mode,
            expires_at,
            function: self.function.clone(),
            cost: assessment.monthly_cost,
            promised_saving: promised.0,
            score: assessment.score.permille,
            promised_score: promised.1,
            scores: Scores::of(&assessment.score),
            findings: assessment.by_severity(),
            not_evaluated,
            actions: RequestedAction::of(&dossier),
            deferred,
        }));
        undelivered.extend(self.tell(&cycle, &message).await);
        Ok(IntegrationResponse::Told { cycle, document: None, undelivered })
    }

    async fn report(
        &self,
        mut cycle: Box<CycleState>,
        end: CycleEnd,
    ) -> Result<IntegrationResponse, PhaseError> {
        let ledger = self.ledger(&cycle.tenant);
        let dossier = Dossier::load(&self.artifacts, ledger.as_ref(), &cycle).await?;
        let report = report::build(&cycle, &dossier, end, self.clock.now());
        let reported = Reported::new(report.clone(), &dossier);
        let text = summary::markdown(&reported);
        let document = self
            .artifacts
            .save_text(&cycle, "report.md", text, "text/markdown; charset=utf-8")
            .await?;
        cycle.report = Some(self.artifacts.save(&cycle, "report.json", report).await?);
        let undelivered = self.tell(&cycle, &Message::Reported(Box::new(reported))).await;
        Ok(IntegrationResponse::Told { cycle, document: Some(document), undelivered })
    }

    async fn tell(&self, cycle: &CycleState, message: &Message) -> Vec<Undelivered> {
        let ledger = self.ledger(&cycle.tenant);
        tell(&self.channels, ledger.as_ref(), cycle.cycle, message, self.clock.now()).await
    }

    fn ledger(&self, tenant: &TenantId) -> Option<TenantLedger> {
        self.table.clone().map(|table| TenantLedger::new(table, tenant))
    }

    fn approvals(&self, tenant: &TenantId) -> Option<Approvals> {
        Some(Approvals {
            ledger: self.ledger(tenant)?,
            callback: self.callback.clone(),
            clock: self.clock.clone(),
        })
    }
}

#[cfg(test)]
mod tests;
