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

#[cfg(test)]
mod tests {
    use miyabi_platform::{store::MemoryStore, table::MemoryTable};
    use miyabi_types::{
        artifact::ArtifactRef, error::ErrorName, settings::Mode, strategy::Strategy,
    };
    use serde_json::json;

    use super::*;
    use crate::fixture::{check, cycle as id, measurement, outcome, record, report, task};

    /// The `n`-th cycle: one completed change that promised 100 and saved nothing.
    fn cycle(n: u32) -> Box<CycleState> {
        let mut cycle = CycleState::new("acme".parse().unwrap(), id(n), Mode::Approve);
        let done = record(&task(1, &["gp2"]), "completed", "verified", None);
        cycle.report = Some(ArtifactRef::inline(report(n, &json!({"status": "acted"}))));
        cycle.outcome = Some(ArtifactRef::inline(outcome(n, vec![done])));
        cycle.measurement = Some(ArtifactRef::inline(measurement(&[(1, 100, Some(0))])));
        Box::new(cycle)
    }

    fn deployed() -> Handler {
        Handler {
            artifacts: Artifacts::stored(Arc::new(MemoryStore::default())),
            table: Some(Arc::new(MemoryTable::default())),
        }
    }

    async fn learn(handler: &Handler, cycle: Box<CycleState>) -> Result<Strategy, PhaseError> {
        let answer = handler.handle(LearningRequest::Learn { cycle }).await?;
        let cycle = answer.cycle;
        handler.artifacts.load(&cycle, "strategy", cycle.strategy.as_ref()).await
    }

    fn ledger(handler: &Handler) -> TenantLedger {
        TenantLedger::new(handler.table.clone().unwrap(), &"acme".parse().unwrap())
    }

    #[tokio::test]
    async fn the_next_cycle_finds_what_was_learned() {
        let handler = deployed();
        let first = learn(&handler, cycle(1)).await.unwrap();
        let second = learn(&handler, cycle(2)).await.unwrap();
        assert_eq!(second.checks[&check("gp2")].completed, 2);
        assert!(
            second.confidence_permille(&check("gp2")) < first.confidence_permille(&check("gp2"))
        );
        assert_eq!(ledger(&handler).strategy().await.unwrap(), Some(second));
    }

    #[tokio::test]
    async fn a_second_delivery_changes_nothing_even_after_a_later_cycle() {
        let handler = deployed();
        learn(&handler, cycle(1)).await.unwrap();
        let learned = learn(&handler, cycle(2)).await.unwrap();
        assert_eq!(learn(&handler, cycle(2)).await.unwrap(), learned);
        assert_eq!(learn(&handler, cycle(1)).await.unwrap(), learned);
        assert_eq!(ledger(&handler).history().await.unwrap().len(), 2);
        assert_eq!(ledger(&handler).strategy().await.unwrap(), Some(learned));
    }

    #[tokio::test]
    async fn a_write_that_fails_is_made_up_for_by_trying_again() {
        let table = Arc::new(MemoryTable::default());
        let handler = Handler { table: Some(table.clone()), ..deployed() };
        table.fail_write(2);
        let error = learn(&handler, cycle(1)).await.unwrap_err();
        assert!(error.name.is_retryable(), "{error}");
        let learned = learn(&handler, cycle(1)).await.unwrap();
        assert_eq!(learned.checks[&check("gp2")].completed, 1);
        assert_eq!(ledger(&handler).strategy().await.unwrap(), Some(learned));
    }

    #[tokio::test]
    async fn without_a_ledger_the_cycle_alone_teaches() {
        let handler = Handler { artifacts: Artifacts::inline(), table: None };
        let learned = learn(&handler, cycle(1)).await.unwrap();
        assert_eq!(learned.confidence_permille(&check("gp2")), 500);
    }

    #[tokio::test]
    async fn a_report_that_is_missing_or_of_another_cycle_is_refused() {
        let handler = deployed();
        let mut missing = cycle(1);
        missing.report = None;
        let error = learn(&handler, missing).await.unwrap_err();
        assert_eq!(error.name, ErrorName::InvalidInput);
        assert!(error.message.contains("cycle.report"), "{error}");
        let mut other = cycle(1);
        other.cycle = id(2);
        assert_eq!(learn(&handler, other).await.unwrap_err().name, ErrorName::InvalidInput);
    }
}
