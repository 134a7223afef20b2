//! Learning closes the loop: a check that does not keep its promises is put off by the next
//! allocation, and gets another try once that is some time ago.

use std::sync::Arc;

use miyabi_allocation::handler::Handler as Allocation;
use miyabi_learning::handler::Handler as Learning;
use miyabi_platform::{Artifacts, TenantLedger, store::MemoryStore, table::MemoryTable};
use miyabi_types::{
    allocation::{Allocation as Allocated, Refusal},
    artifact::ArtifactRef,
    cycle::{CycleState, WorldRef},
    id::TenantId,
    outcome::Outcome,
    phase::{AllocationRequest, LearningRequest},
    report::Measurement,
    settings::Mode,
    task::{TaskRecord, TaskStatus},
};
use serde_json::{Value, json};

/// What one cycle promised to save, in micro-USD.
const PROMISED: i64 = 100_000_000;

/// A tenant whose account offers the same saving in every cycle.
struct Tenant {
    allocation: Allocation,
    learning: Learning,
    ledger: TenantLedger,
    cycles: u32,
}

impl Tenant {
    fn new() -> Self {
        let artifacts = Artifacts::stored(Arc::new(MemoryStore::default()));
        let table = Arc::new(MemoryTable::default());
        Self {
            allocation: Allocation { artifacts: artifacts.clone() },
            ledger: TenantLedger::new(table.clone(), &tenant()),
            learning: Learning { artifacts, table: Some(table) },
            cycles: 0,
        }
    }

    /// Runs a cycle in which every task is completed and measured to save `measured`.
    /// Answers whether the change was made, or why it was put off.
    async fn cycle(&mut self, measured: i64) -> Result<(), Refusal> {
        self.cycles += 1;
        let id = format!("0198a6b0-0000-7000-8000-{:012}", self.cycles);
        let mut cycle = CycleState::new(tenant(), id.parse().unwrap(), Mode::Auto);
        // What `discovery` hands over at the beginning of a cycle.
        cycle.strategy = self.ledger.strategy().await.unwrap().map(ArtifactRef::inline);
        cycle.world0 = Some(WorldRef::Inline(Box::new(read(world(&id)))));
        cycle.plan = Some(ArtifactRef::inline(read(plan(&id))));
        let request = AllocationRequest::Allocate { cycle: Box::new(cycle) };
        let mut cycle = self.allocation.handle(request).await.unwrap().cycle;
        let artifacts = &self.learning.artifacts;
        let allocated: Allocated =
            artifacts.load(&cycle, "allocation", cycle.allocation.as_ref()).await.unwrap();

        let done: Vec<_> = allocated.tasks().cloned().collect();
        let saving = json!({"promised": PROMISED, "measured": measured});
        let savings: serde_json::Map<_, _> =
            done.iter().map(|task| (task.action.id.to_string(), saving.clone())).collect();
        let measurement: Measurement = read(json!({"after": assessment(1), "savings": savings}));
        let completed =
            |task| TaskRecord { status: TaskStatus::Completed, ..TaskRecord::pending(task, 0) };
        let tasks = done.iter().cloned().map(completed).collect();
        let outcome = Outcome { tenant: tenant(), cycle: cycle.cycle, waves: Vec::new(), tasks };
        cycle.outcome = Some(ArtifactRef::inline(outcome));
        cycle.measurement = Some(ArtifactRef::inline(measurement));
        cycle.report = Some(ArtifactRef::inline(read(report(&id, self.cycles))));
        self.learning.handle(LearningRequest::Learn { cycle }).await.unwrap();

        match allocated.deferred.first() {
            Some(deferred) => Err(deferred.why.clone()),
            None => Ok(()),
        }
    }
}

fn tenant() -> TenantId {
    "acme".parse().unwrap()
}

fn read<T: serde::de::DeserializeOwned>(value: Value) -> T {
    serde_json::from_value(value).unwrap()
}

fn world(id: &str) -> Value {
    json!({
        "manifest": {
            "tenant": "acme", "cycle": id, "sequence": 0, "taken_at": "2026-11-22T00:00:00Z",
            "scopes": [],
            "prices": {"as_of": null, "sources": [], "regions": {}, "instance_types": {}},
        },
        "resources": [], "costs": {}, "security_hub": [],
    })
}

fn assessment(sequence: u32) -> Value {
    json!({
        "sequence": sequence, "resources": {}, "monthly_cost": 0, "unpriced": 0, "findings": [],
        "not_evaluated": [],
        "score": {"permille": null, "weighted_permille": null, "statuses": {}, "controls": {}},
    })
}

fn plan(id: &str) -> Value {
    let volume = |kind: &str| json!({"present": {"volume_type": kind}});
    json!({
        "tenant": "acme", "cycle": id, "created_at": "2026-11-22T00:00:00Z",
        "assessment": assessment(0),
        "proposals": [{
            "action": {
                "id": "act-0000000000000001", "operation": "modify_volume",
                "target": "arn:aws:ec2:us-east-1:123456789012:volume/vol-1",
                "resource_id": "vol-1", "label": "vol-1", "account": "123456789012",
                "region": "us-east-1", "expected": volume("gp2"), "desired": volume("gp3"),
                "safety": "auto",
            },
            "findings": [], "checks": ["ebs_volume_gp2"], "category": "cost",
            "severity": "medium", "saving": {"exact": PROMISED}, "summary": "", "risk": "",
            "confidence": "high", "agent": "bill_gates",
        }],
        "documents": [],
    })
}

fn report(id: &str, day: u32) -> Value {
    let at = jiff::Timestamp::from_second(1_800_000_000 + i64::from(day) * 86_400).unwrap();
    json!({
        "tenant": "acme", "cycle": id, "mode": "auto", "at": at, "end": {"status": "acted"},
        "resources": {}, "findings": {}, "unseen": [], "cost_before": 0, "promised_saving": 0,
        "cost_after": null, "score_before": null, "promised_score": null, "score_after": null,
        "actions": [], "api_calls": 0, "cost_explorer_requests": 0, "documents": [],
    })
}

#[tokio::test]
async fn a_check_that_keeps_its_promises_is_acted_on_for_ever() {
    let mut tenant = Tenant::new();
    for _ in 0..30 {
        assert_eq!(tenant.cycle(PROMISED).await, Ok(()));
    }
}

#[tokio::test]
async fn a_check_that_saves_nothing_is_put_off_and_gets_another_try() {
    let mut tenant = Tenant::new();
    let mut made = 0;
    while tenant.cycle(0).await.is_ok() {
        made += 1;
        assert!(made <= 10, "still trusted after {made} broken promises");
    }
    assert!(made >= 2, "one broken promise is not a habit");
    assert_eq!(tenant.cycle(0).await, Err(Refusal::LowConfidence));

    let mut waited = 0;
    while tenant.cycle(PROMISED).await.is_err() {
        waited += 1;
        assert!(waited <= 20, "never tried again");
    }
    for _ in 0..20 {
        assert_eq!(tenant.cycle(PROMISED).await, Ok(()), "kept promises bring trust back");
    }
}

#[tokio::test]
async fn a_check_that_saves_half_of_its_promise_is_still_acted_on() {
    let mut tenant = Tenant::new();
    for _ in 0..30 {
        assert_eq!(tenant.cycle(PROMISED / 2).await, Ok(()));
    }
}
