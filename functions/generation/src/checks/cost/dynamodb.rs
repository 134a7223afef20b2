//! `DynamoDB`: capacity that is provisioned and not used, and tables in the wrong class.

use miyabi_types::{
    finding::Saving,
    resource::{Resource, ResourceConfig, ResourceKind, dynamodb::Table},
};

use crate::{
    check::{COST, Check, Context, Found, Judge, Limit, Reference, Verdict},
    metrics::{TWO_WEEKS, conclusive},
};

/// The developer guide on capacity.
pub const DYNAMODB: Reference = Reference {
    source: "Amazon DynamoDB Developer Guide, DynamoDB throughput capacity; metrics and dimensions",
    read: "2026-11",
};

const MIN_USE: Limit = Limit {
    name: "table_use_percent",
    what: "use of provisioned capacity on average, from which it is right",
    unit: "%",
    default: 50.0,
    range: (5.0, 90.0),
    source: "aws-cost-scanner, DynamoDB utilization below 50 %",
};
const TARGET_USE: Limit = Limit {
    name: "table_target_percent",
    what: "use of capacity that automatic scaling aims at",
    unit: "%",
    default: 70.0,
    range: (20.0, 90.0),
    source: "Amazon DynamoDB Developer Guide, Managing throughput capacity automatically (its example)",
};
const LEAST_GIB: Limit = Limit {
    name: "infrequent_access_gib",
    what: "size of a table, from which its class matters",
    unit: "GiB",
    default: 10.0,
    range: (1.0, 10_000.0),
    source: "our choice: below it the difference is under two dollars a month",
};

/// The rows.
pub const CHECKS: [Check; 2] = [
    Check {
        id: "dynamodb_table_class",
        title: "Table that is hardly used is in the Standard class",
        kinds: &[ResourceKind::DynamoDbTable],
        limits: &[LEAST_GIB, TWO_WEEKS],
        saving: "table price in Standard − table price in Standard-IA, capacity and storage",
        advice: "Change the table's class to Standard-IA; it can be changed twice in 30 days.",
        references: &[Reference {
            source: "Amazon DynamoDB Developer Guide, Table classes",
            read: "2026-11",
        }],
        judge: Judge::Logic(class),
        ..COST
    },
    Check {
        id: "dynamodb_table_overprovisioned",
        title: "Table has far more capacity than it uses",
        kinds: &[ResourceKind::DynamoDbTable],
        limits: &[MIN_USE, TARGET_USE, TWO_WEEKS],
        saving: "(provisioned − used ÷ target use) × capacity price × 730 h",
        advice: "Let Application Auto Scaling follow the use, or switch to on-demand (once in 24 hours).",
        references: &[DYNAMODB],
        judge: Judge::Logic(overprovisioned),
        ..COST
    },
];

fn overprovisioned(resource: &Resource, context: &Context<'_>) -> Verdict {
    let ResourceConfig::DynamoDbTable(table) = &resource.config else {
        return Verdict::NotApplicable;
    };
    if table.billing_mode != "PROVISIONED" || table.status != "ACTIVE" {
        return Verdict::NotApplicable;
    }
    let used = match used(resource, context) {
        Ok(used) => used,
        Err(verdict) => return verdict,
    };
    let share = |used: f64, provisioned: u64| {
        if provisioned == 0 { 100.0 } else { used / provisioned as f64 * 100.0 }
    };
    let (reads, writes) = (share(used.0, table.capacity.read), share(used.1, table.capacity.write));
    let most = context.limit(&MIN_USE);
    // An idle table is dynamodb_table_idle's.
    if (reads >= most && writes >= most) || used.0 + used.1 <= 0.0 {
        return Verdict::Clear;
    }
    let target = context.limit(&TARGET_USE) / 100.0;
    let wanted =
        |used: f64, provisioned: u64| provisioned.min(((used / target).ceil() as u64).max(1));
    let mut changed = table.clone();
    changed.capacity.read = wanted(used.0, table.capacity.read);
    changed.capacity.write = wanted(used.1, table.capacity.write);
    let saving = match context.saving_as(resource, ResourceConfig::DynamoDbTable(changed)) {
        None => return Verdict::Clear,
        // The mean says nothing of peaks.
        Some(Saving::Exact(amount)) => Saving::Estimated(amount),
        Some(other) => other,
    };
    Found::waste(
        format!("{reads:.0} % of reads and {writes:.0} % of writes used on average"),
        saving,
        None,
    )
}

/// Read and write capacity used per second, on average. Nothing is reported while nothing is used, so that what
/// is provisioned must show that the table was seen.
fn used(resource: &Resource, context: &Context<'_>) -> Result<(f64, f64), Verdict> {
    let days = context.limit(&TWO_WEEKS);
    let (seen, _) = conclusive(resource, days, ["ProvisionedReadCapacityUnits"])
        .map_err(Verdict::NotEvaluated)?;
    let seconds = f64::from(seen.window_days) * 86_400.0;
    let rate = |metric: &str| seen.metrics.get(metric).map_or(0.0, |stats| stats.sum / seconds);
    Ok((rate("ConsumedReadCapacityUnits"), rate("ConsumedWriteCapacityUnits")))
}

fn class(resource: &Resource, context: &Context<'_>) -> Verdict {
    let ResourceConfig::DynamoDbTable(table) = &resource.config else {
        return Verdict::NotApplicable;
    };
    if table.status != "ACTIVE" {
        return Verdict::NotApplicable;
    }
    let gib = stored_gib(table);
    if table.table_class != "STANDARD" || gib < context.limit(&LEAST_GIB) {
        return Verdict::Clear;
    }
    let mut changed = table.clone();
    changed.table_class = "STANDARD_INFREQUENT_ACCESS".into();
    match (
        context.cost(resource),
        context.cost_as(resource, ResourceConfig::DynamoDbTable(changed)),
    ) {
        (Some(before), Some(after)) if before > after => Found::waste(
            format!("{gib:.0} GiB cost {before} a month with their use; in Standard-IA {after}"),
            Saving::Estimated(before - after),
            None,
        ),
        (Some(_), Some(_)) => Verdict::Clear,
        // Which class is cheaper is a matter of prices and use alone.
        _ => {
            Verdict::NotEvaluated(resource.monthly_cost.get().err().cloned().unwrap_or_else(|| {
                miyabi_types::evidence::Unavailable::because("no price of Standard-IA")
            }))
        }
    }
}

fn stored_gib(table: &Table) -> f64 {
    let indexes: u64 = table.indexes.iter().map(|index| index.size_bytes).sum();
    (table.size_bytes + indexes) as f64 / f64::from(1 << 30)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{Expect, check, services::table, with_metrics, without_metrics};

    fn used(reads: f64, writes: f64) -> Resource {
        let metrics = [
            "ConsumedReadCapacityUnits",
            "ConsumedWriteCapacityUnits",
            "ProvisionedReadCapacityUnits",
        ];
        with_metrics(table(|_| {}), 14, metrics, |name, m| {
            let rate = match name {
                "ConsumedReadCapacityUnits" => reads,
                "ConsumedWriteCapacityUnits" => writes,
                _ => 0.0,
            };
            m.sum = rate * 14.0 * 86_400.0;
        })
    }

    #[test]
    fn capacity() {
        let row = &CHECKS[1];
        check(row, "hardly used", used(10.0, 5.0), Expect::Found);
        // 100 reads and 50 writes are provisioned.
        check(row, "on the threshold", used(50.0, 25.0), Expect::Clear);
        check(row, "writes alone", used(90.0, 5.0), Expect::Found);
        check(row, "idle", used(0.0, 0.0), Expect::Clear);
        check(row, "denied", without_metrics(table(|_| {})), Expect::NotEvaluated("denied"));
        let on_demand = table(|t| t.billing_mode = "PAY_PER_REQUEST".into());
        check(row, "on demand", on_demand, Expect::NotApplicable);
    }

    #[test]
    fn classes() {
        let row = &CHECKS[0];
        check(row, "small", table(|_| {}), Expect::Clear);
        let cold = table(|t| {
            t.table_class = "STANDARD_INFREQUENT_ACCESS".into();
            t.size_bytes = 100 << 30;
        });
        check(row, "in Standard-IA", cold, Expect::Clear);
        let large = without_metrics(table(|t| t.size_bytes = 100 << 30));
        check(
            row,
            "no price",
            crate::fixture::in_region(large, "sa-east-1"),
            Expect::NotEvaluated(""),
        );
    }
}
