//! The ledger of one tenant: leases, cycles, tasks, approvals, strategy, history.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use miyabi_types::{
    approval::Approval,
    artifact::{self, Versioned},
    cycle::CycleRecord,
    error::ErrorName,
    id::{ActionId, CycleId, TenantId},
    outcome::WaveOutcome,
    report::CycleEnd,
    settings::{Mode, TenantSettings},
    strategy::{HistoryEntry, Strategy},
    task::TaskRecord,
};
use serde::{Deserialize, Serialize};

use crate::{
    error::PhaseError,
    table::{Condition, DynamoTable, Item, Table},
};

/// How long a lease holds when its cycle does not give it back.
///
/// Longer than the longest approval (Step Functions itself ends an execution after a year; an
/// approval request stays open for a day by default), and renewed by every opening.
const LEASE: SignedDuration = SignedDuration::from_hours(24 * 8);

/// How long a decided or expired approval stays readable.
const APPROVAL_KEPT: SignedDuration = SignedDuration::from_hours(24 * 90);

/// How long it is remembered that somebody was told of a cycle: longer than any retry.
const TOLD_KEPT: SignedDuration = SignedDuration::from_hours(24 * 30);

/// A stored value with the version that a conditional write needs.
#[derive(Debug, Clone, PartialEq)]
pub struct Stored<T> {
    /// The version read.
    pub version: u64,
    /// The value.
    pub value: T,
}

/// The lease of a tenant: one cycle at a time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Lease {
    cycle: CycleId,
    execution: Option<String>,
    until: Timestamp,
}

impl Versioned for Lease {
    const NAME: &'static str = "lease";
}

/// Somebody was told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Told {
    at: Timestamp,
}

impl Versioned for Told {
    const NAME: &'static str = "told";
}

/// One tenant's part of the ledger.
#[derive(Clone)]
pub struct TenantLedger {
    table: Arc<dyn Table>,
    pk: String,
}

impl TenantLedger {
    /// The tenant's part of `table`.
    pub fn new(table: Arc<dyn Table>, tenant: &TenantId) -> Self {
        Self { table, pk: format!("TENANT#{tenant}") }
    }

    /// The configured table, if `MIYABI_TABLE` names one.
    pub fn table(config: &aws_config::SdkConfig, name: Option<String>) -> Option<Arc<dyn Table>> {
        name.map(|name| -> Arc<dyn Table> {
            Arc::new(DynamoTable::new(aws_sdk_dynamodb::Client::new(config), name))
        })
    }

    /// Opens a cycle: takes the tenant's lease.
    ///
    /// Opening again for the same execution answers the same cycle. `Conflict` while another
    /// execution holds the lease; an expired lease is taken over.
    pub async fn open_cycle(
        &self,
        new: CycleId,
        execution: Option<&str>,
        mode: Mode,
        now: Timestamp,
    ) -> Result<CycleId, PhaseError> {
        let held = self.get::<Lease>("LEASE").await?;
        if let Some(Stored { value: lease, .. }) = &held
            && lease.until > now
        {
            if execution.is_some() && lease.execution.as_deref() == execution {
                return Ok(lease.cycle);
            }
            let by =
                lease.execution.as_deref().map(|e| format!(" (execution {e})")).unwrap_or_default();
            return Err(PhaseError::new(
                ErrorName::Conflict,
                format!(
                    "cycle {}{by} is still running; its lease ends at {}",
                    lease.cycle, lease.until
                ),
            ));
        }
        let lease = Lease { cycle: new, execution: execution.map(Into::into), until: now + LEASE };
        let expires = lease.until;
        self.write("LEASE", &lease, held.map(|h| h.version), Some(expires)).await?;
        let record = CycleRecord { cycle: new, mode, opened_at: now, closed_at: None, end: None };
        self.set(&format!("CYCLE#{new}"), &record).await?;
        Ok(new)
    }

    /// Records how a cycle ended and gives its lease back. Closing twice is closing once.
    pub async fn close_cycle(
        &self,
        cycle: CycleId,
        end: CycleEnd,
        now: Timestamp,
    ) -> Result<(), PhaseError> {
        let sk = format!("CYCLE#{cycle}");
        if let Some(Stored { value: mut record, .. }) = self.get::<CycleRecord>(&sk).await?
            && record.closed_at.is_none()
        {
            record.closed_at = Some(now);
            record.end = Some(end);
            self.set(&sk, &record).await?;
        }
        if let Some(held) = self.get::<Lease>("LEASE").await?
            && held.value.cycle == cycle
        {
            self.table.delete(&self.pk, "LEASE", held.version).await?;
        }
        Ok(())
    }

    /// A cycle's record.
    pub async fn cycle(&self, cycle: CycleId) -> Result<Option<CycleRecord>, PhaseError> {
        Ok(self.get(&format!("CYCLE#{cycle}")).await?.map(|stored| stored.value))
    }

    /// The tenant's settings, if any were stored.
    pub async fn settings(&self) -> Result<Option<TenantSettings>, PhaseError> {
        Ok(self.get("SETTINGS").await?.map(|stored| stored.value))
    }

    /// Stores the tenant's settings.
    pub async fn put_settings(&self, settings: &TenantSettings) -> Result<(), PhaseError> {
        self.set("SETTINGS", settings).await
    }

    /// The strategy learned so far.
    pub async fn strategy(&self) -> Result<Option<Strategy>, PhaseError> {
        Ok(self.get("STRATEGY#CURRENT").await?.map(|stored| stored.value))
    }

    /// Stores the strategy for the next cycle.
    pub async fn put_strategy(&self, strategy: &Strategy) -> Result<(), PhaseError> {
        self.set("STRATEGY#CURRENT", strategy).await
    }

    /// Adds a cycle to the history; adding it again replaces it.
    pub async fn put_history(&self, entry: &HistoryEntry) -> Result<(), PhaseError> {
        self.set(&format!("HISTORY#{}", entry.cycle), entry).await
    }

    /// The history, oldest first (cycle ids sort by time).
    pub async fn history(&self) -> Result<Vec<HistoryEntry>, PhaseError> {
        self.list("HISTORY#").await
    }

    /// A task of a cycle.
    pub async fn task(
        &self,
        cycle: CycleId,
        action: &ActionId,
    ) -> Result<Option<Stored<TaskRecord>>, PhaseError> {
        self.get(&format!("ACTION#{cycle}#{action}")).await
    }

    /// Every task of a cycle that execution has begun or settled, sorted by action id.
    pub async fn tasks(&self, cycle: CycleId) -> Result<Vec<TaskRecord>, PhaseError> {
        self.list(&format!("ACTION#{cycle}#")).await
    }

    /// Writes a task: new if `version` is absent, else over that version. Answers the new version;
    /// `Conflict` if another invocation wrote it meanwhile.
    pub async fn put_task(
        &self,
        cycle: CycleId,
        record: &TaskRecord,
        version: Option<u64>,
    ) -> Result<u64, PhaseError> {
        self.write(&format!("ACTION#{cycle}#{}", record.task.action.id), record, version, None)
            .await
    }

    /// The outcome of a wave.
    pub async fn wave(
        &self,
        cycle: CycleId,
        index: u32,
    ) -> Result<Option<WaveOutcome>, PhaseError> {
        Ok(self.get(&format!("WAVE#{cycle}#{index:05}")).await?.map(|stored| stored.value))
    }

    /// The outcomes of a cycle's waves, in order.
    pub async fn waves(&self, cycle: CycleId) -> Result<Vec<WaveOutcome>, PhaseError> {
        self.list(&format!("WAVE#{cycle}#")).await
    }

    /// Writes the outcome of a wave.
    pub async fn put_wave(&self, cycle: CycleId, wave: &WaveOutcome) -> Result<(), PhaseError> {
        self.set(&format!("WAVE#{cycle}#{:05}", wave.index), wave).await
    }

    /// The approval request of a cycle.
    pub async fn approval(&self, cycle: CycleId) -> Result<Option<Stored<Approval>>, PhaseError> {
        self.get(&format!("APPROVAL#{cycle}")).await
    }

    /// Writes an approval request: new if `version` is absent, else over that version; `Conflict`
    /// if somebody wrote it meanwhile. It is removed long after it expired.
    pub async fn put_approval(
        &self,
        approval: &Approval,
        version: Option<u64>,
    ) -> Result<u64, PhaseError> {
        let expires = Some(approval.expires_at + APPROVAL_KEPT);
        self.write(&format!("APPROVAL#{}", approval.cycle), approval, version, expires).await
    }

    /// Whether somebody was told `what` of a cycle; see [`Self::mark_told`].
    pub async fn was_told(&self, cycle: CycleId, what: &str) -> Result<bool, PhaseError> {
        Ok(self.get::<Told>(&format!("TOLD#{cycle}#{what}")).await?.is_some())
    }

    /// Notes that somebody was told `what` of a cycle, so that a retry does not tell it again.
    pub async fn mark_told(
        &self,
        cycle: CycleId,
        what: &str,
        now: Timestamp,
    ) -> Result<(), PhaseError> {
        let item = self.item(
            &format!("TOLD#{cycle}#{what}"),
            &Told { at: now },
            1,
            Some(now + TOLD_KEPT),
        )?;
        self.table.put(item, Condition::Always).await
    }

    async fn get<T: Versioned>(&self, sk: &str) -> Result<Option<Stored<T>>, PhaseError> {
        let Some(item) = self.table.get(&self.pk, sk).await? else { return Ok(None) };
        Ok(Some(Stored { version: item.version, value: artifact::from_value(item.body)? }))
    }

    async fn list<T: Versioned>(&self, prefix: &str) -> Result<Vec<T>, PhaseError> {
        let items = self.table.list(&self.pk, prefix).await?;
        items.into_iter().map(|item| Ok(artifact::from_value(item.body)?)).collect()
    }

    async fn set<T: Versioned>(&self, sk: &str, value: &T) -> Result<(), PhaseError> {
        let item = self.item(sk, value, 1, None)?;
        self.table.put(item, Condition::Always).await
    }

    async fn write<T: Versioned>(
        &self,
        sk: &str,
        value: &T,
        version: Option<u64>,
        expires_at: Option<Timestamp>,
    ) -> Result<u64, PhaseError> {
        let (condition, next) = match version {
            None => (Condition::Absent, 1),
            Some(version) => (Condition::Version(version), version + 1),
        };
        self.table.put(self.item(sk, value, next, expires_at)?, condition).await?;
        Ok(next)
    }

    fn item<T: Versioned>(
        &self,
        sk: &str,
        value: &T,
        version: u64,
        expires_at: Option<Timestamp>,
    ) -> Result<Item, PhaseError> {
        Ok(Item {
            pk: self.pk.clone(),
            sk: sk.into(),
            version,
            expires_at,
            body: artifact::to_value(value)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::MemoryTable;

    const A: &str = "0198a6b0-0000-7000-8000-00000000000a";
    const B: &str = "0198a6b0-0000-7000-8000-00000000000b";

    fn ledger() -> TenantLedger {
        TenantLedger::new(Arc::new(MemoryTable::default()), &"acme".parse().unwrap())
    }

    async fn open(
        ledger: &TenantLedger,
        id: &str,
        execution: &str,
        now: Timestamp,
    ) -> Result<CycleId, PhaseError> {
        ledger.open_cycle(id.parse().unwrap(), Some(execution), Mode::Observe, now).await
    }

    #[tokio::test]
    async fn one_cycle_at_a_time() {
        let (ledger, now) = (ledger(), Timestamp::from_second(1_800_000_000).unwrap());
        let cycle = open(&ledger, A, "run-1", now).await.unwrap();
        assert_eq!(
            open(&ledger, B, "run-1", now).await.unwrap(),
            cycle,
            "a retry opens the same cycle"
        );
        let error = open(&ledger, B, "run-2", now).await.unwrap_err();
        assert_eq!(error.name, ErrorName::Conflict);
        assert!(error.message.contains("run-1"), "{error}");
        ledger.close_cycle(cycle, CycleEnd::Observed, now).await.unwrap();
        ledger.close_cycle(cycle, CycleEnd::Acted, now).await.unwrap();
        assert_eq!(ledger.cycle(cycle).await.unwrap().unwrap().end, Some(CycleEnd::Observed));
        assert!(open(&ledger, B, "run-2", now).await.is_ok());
    }

    #[tokio::test]
    async fn an_expired_lease_is_taken_over_and_not_given_back_by_its_old_holder() {
        let (ledger, now) = (ledger(), Timestamp::from_second(1_800_000_000).unwrap());
        let old = open(&ledger, A, "run-1", now).await.unwrap();
        let later = now + LEASE;
        let new = open(&ledger, B, "run-2", later).await.unwrap();
        assert_ne!(old, new);
        ledger.close_cycle(old, CycleEnd::Observed, later).await.unwrap();
        assert_eq!(open(&ledger, A, "run-3", later).await.unwrap_err().name, ErrorName::Conflict);
    }

    #[tokio::test]
    async fn what_was_told_of_one_cycle_is_not_told_of_another() {
        let (ledger, now) = (ledger(), Timestamp::from_second(1_800_000_000).unwrap());
        let (a, b) = (A.parse().unwrap(), B.parse().unwrap());
        assert!(!ledger.was_told(a, "report#discord").await.unwrap());
        ledger.mark_told(a, "report#discord", now).await.unwrap();
        ledger.mark_told(a, "report#discord", now).await.unwrap();
        assert!(ledger.was_told(a, "report#discord").await.unwrap());
        assert!(!ledger.was_told(a, "report#metrics").await.unwrap());
        assert!(!ledger.was_told(b, "report#discord").await.unwrap());
    }

    #[tokio::test]
    async fn tenants_do_not_see_each_other() {
        let table: Arc<dyn Table> = Arc::new(MemoryTable::default());
        let acme = TenantLedger::new(table.clone(), &"acme".parse().unwrap());
        let other = TenantLedger::new(table, &"other".parse().unwrap());
        acme.put_settings(&TenantSettings::default()).await.unwrap();
        assert!(other.settings().await.unwrap().is_none());
    }
}
