//! Small cycles for tests, built from JSON as an event would bring them.

use miyabi_types::{
    allocation::Allocation,
    id::{CheckId, CycleId},
    outcome::Outcome,
    report::{CycleReport, Measurement},
    strategy::HistoryEntry,
    task::TaskRecord,
};
use serde_json::{Value, json};

pub fn check(name: &str) -> CheckId {
    CheckId::parse(name).unwrap()
}

/// The `n`-th cycle; later ones have greater ids.
pub fn cycle(n: u32) -> CycleId {
    format!("0198a6b0-0000-7000-8000-{n:012}").parse().unwrap()
}

fn action_id(n: u32) -> String {
    format!("act-{n:016}")
}

/// The report of the `n`-th cycle, one day after the one before; it ended as `end` says.
pub fn report(n: u32, end: &Value) -> CycleReport {
    serde_json::from_value(json!({
        "tenant": "acme", "cycle": cycle(n), "mode": "approve",
        "at": jiff::Timestamp::from_second(1_800_000_000 + i64::from(n) * 86_400).unwrap(),
        "end": end, "resources": {}, "findings": {}, "unseen": [],
        "cost_before": 1_000_000_000, "promised_saving": 100_000_000, "cost_after": 950_000_000,
        "score_before": 700, "promised_score": 900, "score_after": 900, "actions": [],
        "api_calls": 0, "cost_explorer_requests": 0, "documents": [],
    }))
    .unwrap()
}

/// A task answering `checks`.
pub fn task(n: u32, checks: &[&str]) -> Value {
    json!({
        "action": {
            "id": action_id(n), "operation": "modify_volume",
            "target": "arn:aws:ec2:us-east-1:123456789012:volume/vol-1", "resource_id": "vol-1",
            "label": "vol-1", "account": "123456789012", "region": "us-east-1",
            "expected": "absent", "desired": "absent", "safety": "auto",
        },
        "agent": "bill_gates", "saving": "none", "checks": checks, "controls": [], "summary": "",
    })
}

/// A task's record: `status`, how far it came, and the error's name if it failed.
pub fn record(task: &Value, status: &str, stage: &str, error: Option<&str>) -> TaskRecord {
    let error = error.map(|name| json!({"name": name, "message": ""}));
    serde_json::from_value(
        json!({"task": task, "wave": 0, "status": status, "stage": stage, "error": error}),
    )
    .unwrap()
}

pub fn outcome(n: u32, tasks: Vec<TaskRecord>) -> Outcome {
    Outcome { tenant: "acme".parse().unwrap(), cycle: cycle(n), waves: Vec::new(), tasks }
}

pub fn allocation(n: u32, tasks: &[Value]) -> Allocation {
    serde_json::from_value(json!({
        "tenant": "acme", "cycle": cycle(n), "mode": "approve", "gate": "approval",
        "proposals": [], "waves": [{"index": 0, "tasks": tasks}], "deferred": [],
        "promised_saving": 0, "promised_score_permille": null,
    }))
    .unwrap()
}

/// What actions promised and were measured to save, in micro-USD.
pub fn measurement(savings: &[(u32, i64, Option<i64>)]) -> Measurement {
    let savings: serde_json::Map<_, _> = savings
        .iter()
        .map(|(n, promised, measured)| {
            (action_id(*n), json!({"promised": promised, "measured": measured}))
        })
        .collect();
    serde_json::from_value(json!({
        "after": {
            "sequence": 1, "resources": {}, "monthly_cost": 0, "unpriced": 0, "findings": [],
            "not_evaluated": [],
            "score": {"permille": null, "weighted_permille": null, "statuses": {}, "controls": {}},
        },
        "savings": savings,
    }))
    .unwrap()
}

/// The history line of the `n`-th cycle with these figures and no checks.
pub fn line(n: u32, cost_before: i64, score_before: Option<u32>) -> HistoryEntry {
    serde_json::from_value(json!({
        "cycle": cycle(n),
        "at": jiff::Timestamp::from_second(1_800_000_000 + i64::from(n) * 86_400).unwrap(),
        "cost_before": cost_before, "promised_saving": 0, "measured_saving": null,
        "score_before": score_before, "score_after": null, "checks": {},
    }))
    .unwrap()
}
