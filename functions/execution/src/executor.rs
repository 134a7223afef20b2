//! The four operations of θ₄: wave, health, rollback, finish.

use std::sync::Arc;

use miyabi_platform::{Artifacts, Clock, PhaseError, TenantLedger, table::Table};
use miyabi_types::{
    allocation::Allocation,
    cycle::CycleState,
    error::ErrorName,
    id::{CycleId, TenantId},
    outcome::{Health, Outcome, WaveOutcome},
    phase::{CycleResponse, StepReport},
    settings::TenantSettings,
    task::{TaskRecord, TaskStatus},
};

use crate::{cloud::Connect, health, permit::Permit, record::Book, rollback, wave};

/// What execution works with.
#[derive(Clone)]
pub struct Deps {
    /// The way to a tenant's accounts.
    pub connect: Arc<dyn Connect>,
    /// Where artifacts are.
    pub artifacts: Artifacts,
    /// The ledger's table. Nothing is changed without one.
    pub table: Option<Arc<dyn Table>>,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

/// Carries out allocations, and undoes them.
#[derive(Clone)]
pub struct Executor {
    deps: Deps,
}

impl Executor {
    /// An executor that works with `deps`.
    pub const fn new(deps: Deps) -> Self {
        Self { deps }
    }

    /// Goes on with a wave; to be called again while the answer is `in_progress`.
    pub async fn wave(&self, cycle: &CycleState, index: u32) -> Result<StepReport, PhaseError> {
        let allocation = self.allocation(cycle).await?;
        let ledger = self.ledger(&cycle.tenant)?;
        let permit = Permit::of(cycle, &allocation, &ledger).await?;
        let tasks = allocation.waves.iter().find(|wave| wave.index == index).ok_or_else(|| {
            PhaseError::invalid_input(format!("the allocation has no wave {index}"))
        })?;
        let settings = self.settings(cycle).await?;
        let cloud = self.deps.connect.connect(&cycle.tenant, &settings);
        let book = self.book(&ledger, &cycle.tenant, cycle.cycle);
        Ok(wave::run(&*cloud, book, &permit, index, &tasks.tasks).await?)
    }

    /// Looks whether the account is well after a wave, and keeps the answer in the ledger.
    pub async fn health(&self, cycle: &CycleState, index: u32) -> Result<Health, PhaseError> {
        let ledger = self.ledger(&cycle.tenant)?;
        let settings = self.settings(cycle).await?;
        let cloud = self.deps.connect.connect(&cycle.tenant, &settings);
        let records = of_wave(ledger.tasks(cycle.cycle).await?, Some(index));
        let health = health::check(&*cloud, &settings.policy.health_alarms, &records).await?;
        let mut outcome = Self::outcome_of(&ledger, cycle.cycle, index).await?;
        outcome.health = Some(health.clone());
        ledger.put_wave(cycle.cycle, &outcome).await?;
        Ok(health)
    }

    /// Undoes a wave, or with no `index` the whole cycle; to be called again while the answer is
    /// `in_progress`. Needs nothing but the ledger, however old the cycle is.
    pub async fn rollback(
        &self,
        tenant: &TenantId,
        cycle: CycleId,
        index: Option<u32>,
    ) -> Result<StepReport, PhaseError> {
        let ledger = self.ledger(tenant)?;
        let records = ledger.tasks(cycle).await?;
        if records.is_empty() && ledger.cycle(cycle).await?.is_none() {
            return Err(PhaseError::invalid_input(format!(
                "tenant {tenant} has no cycle {cycle} in the ledger"
            )));
        }
        let settings = ledger.settings().await?.unwrap_or_default();
        let cloud = self.deps.connect.connect(tenant, &settings);
        let book = self.book(&ledger, tenant, cycle);
        let (report, through) = rollback::run(&*cloud, book, of_wave(records, index)).await?;
        for (wave, is_whole) in through {
            let mut outcome = Self::outcome_of(&ledger, cycle, wave).await?;
            outcome.rolled_back |= is_whole;
            ledger.put_wave(cycle, &outcome).await?;
        }
        Ok(report)
    }

    /// Writes the outcome of the cycle, as the ledger tells it.
    pub async fn finish(&self, mut cycle: CycleState) -> Result<CycleResponse, PhaseError> {
        let allocation = self.allocation(&cycle).await?;
        let ledger = self.ledger(&cycle.tenant)?;
        let recorded = ledger.tasks(cycle.cycle).await?;
        let mut outcome = Outcome {
            tenant: cycle.tenant.clone(),
            cycle: cycle.cycle,
            waves: Vec::new(),
            tasks: Vec::new(),
        };
        for wave in &allocation.waves {
            outcome.waves.push(Self::outcome_of(&ledger, cycle.cycle, wave.index).await?);
            for task in &wave.tasks {
                let record = recorded.iter().find(|one| one.task.action.id == task.action.id);
                outcome.tasks.push(record.cloned().unwrap_or_else(|| TaskRecord {
                    // Its wave was never begun.
                    status: TaskStatus::Blocked,
                    ..TaskRecord::pending(task.clone(), wave.index)
                }));
            }
        }
        cycle.outcome = Some(self.deps.artifacts.save(&cycle, "outcome.json", outcome).await?);
        Ok(CycleResponse { cycle: Box::new(cycle) })
    }

    async fn allocation(&self, cycle: &CycleState) -> Result<Allocation, PhaseError> {
        self.deps.artifacts.load(cycle, "allocation", cycle.allocation.as_ref()).await
    }

    async fn settings(&self, cycle: &CycleState) -> Result<TenantSettings, PhaseError> {
        Ok(self.deps.artifacts.find(cycle, cycle.settings.as_ref()).await?.unwrap_or_default())
    }

    fn ledger(&self, tenant: &TenantId) -> Result<TenantLedger, PhaseError> {
        let table = self.deps.table.as_ref().ok_or_else(|| {
            PhaseError::new(
                ErrorName::InvalidInput,
                "MIYABI_TABLE is not set: nothing is changed without a ledger to undo it from",
            )
        })?;
        Ok(TenantLedger::new(Arc::clone(table), tenant))
    }

    fn book<'a>(
        &'a self,
        ledger: &'a TenantLedger,
        tenant: &'a TenantId,
        cycle: CycleId,
    ) -> Book<'a> {
        Book { ledger, clock: &*self.deps.clock, tenant, cycle }
    }

    async fn outcome_of(
        ledger: &TenantLedger,
        cycle: CycleId,
        index: u32,
    ) -> Result<WaveOutcome, PhaseError> {
        let known = ledger.wave(cycle, index).await?;
        Ok(known.unwrap_or(WaveOutcome { index, health: None, rolled_back: false }))
    }
}

fn of_wave(mut records: Vec<TaskRecord>, index: Option<u32>) -> Vec<TaskRecord> {
    records.retain(|record| index.is_none_or(|index| record.wave == index));
    records
}
