//! From the request to the strategy and back.

use std::sync::Arc;

use miyabi_platform::{Artifacts, PhaseError, TenantLedger, table::Table};
use miyabi_types::{
    cycle::CycleState,
    phase::{CycleResponse, LearningRequest},
};

use crate::{entry::Lessons, strategy::strategy};

/// The function's dependencies.
pub struct Handler {
    /// Where the cycle's artifacts are.
    pub artifacts: Artifacts,
    /// The table of the ledger; absent where nothing is deployed, and there is no history to add to.
    pub table: Option<Arc<dyn Table>>,
}

impl Handler {
    /// Answers one request. Learning twice from a cycle is learning once.
    pub async fn handle(&self, request: LearningRequest) -> Result<CycleResponse, PhaseError> {
        match request {
            LearningRequest::Learn { cycle } => self.learn(cycle).await,
        }
    }

    async fn learn(&self, mut cycle: Box<CycleState>) -> Result<CycleResponse, PhaseError> {
        let artifacts = &self.artifacts;
        let report = artifacts.load(&cycle, "report", cycle.report.as_ref()).await?;
        if (&report.tenant, report.cycle) != (&cycle.tenant, cycle.cycle) {
            return Err(PhaseError::invalid_input(format!(
                "cycle.report is of cycle {} of {}, not of cycle {} of {}",
                report.cycle, report.tenant, cycle.cycle, cycle.tenant
            )));
        }
        let allocation = artifacts.find(&cycle, cycle.allocation.as_ref()).await?;
        let outcome = artifacts.find(&cycle, cycle.outcome.as_ref()).await?;
        let measurement = artifacts.find(&cycle, cycle.measurement.as_ref()).await?;
        let entry = Lessons {
            report: &report,
            allocation: allocation.as_ref(),
            outcome: outcome.as_ref(),
            measurement: measurement.as_ref(),
        }
        .entry();
        let strategy = match &self.table {
            None => strategy(&[entry]),
            Some(table) => {
                let ledger = TenantLedger::new(table.clone(), &cycle.tenant);
                ledger.put_history(&entry).await?;
                let strategy = strategy(&ledger.history().await?);
                ledger.put_strategy(&strategy).await?;
                strategy
            }
        };
        tracing::info!(
            checks = strategy.checks.len(),
            cost_trend = ?strategy.cost_trend,
            score_trend = ?strategy.score_trend,
            "learned"
        );
        cycle.strategy = Some(artifacts.save(&cycle, "strategy-next.json", strategy).await?);
        Ok(CycleResponse { cycle })
    }
}
