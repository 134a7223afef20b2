//! Storage of databases that costs more than it must: too much of it, or provisioned IOPS that gp3 gives too.

use miyabi_types::{
    finding::Saving,
    money::MonthlyUsd,
    resource::{Resource, ResourceConfig, ResourceKind, rds::DbInstance},
};

use crate::{
    check::{COST, Check, Context, Found, Judge, Limit, Reference, Verdict},
    metrics::{TWO_WEEKS, conclusive},
};

const FREE: Limit = Limit {
    name: "free_storage_percent",
    what: "storage that was free at any time, up to which it is needed",
    unit: "%",
    default: 50.0,
    range: (20.0, 90.0),
    source: "aws-cost-scanner, RDS free storage above 50 %",
};
const HEADROOM: Limit = Limit {
    name: "storage_headroom",
    what: "storage over what was used at most",
    unit: "×",
    default: 1.2,
    range: (1.0, 3.0),
    source: "AWS Compute Optimizer User Guide, Rightsizing preferences (20 %, there for CPU and memory of EC2)",
};
const GP3_IOPS: Limit = Limit {
    name: "rds_gp3_iops",
    what: "provisioned IOPS up to which gp3 gives as many without charge (12,000 from 400 GiB)",
    unit: "IOPS",
    default: 3_000.0,
    range: (3_000.0, 12_000.0),
    source: "Amazon RDS User Guide, gp3 storage",
};
/// Least storage of an instance in GiB. Source: Amazon RDS User Guide, General Purpose storage.
const LEAST_GIB: u32 = 20;
/// From this size (GiB) gp3 of `MySQL`, `MariaDB` and `PostgreSQL` is striped over four volumes. Source: the same.
const STRIPED_GIB: u32 = 400;
/// IOPS of striped gp3.
const STRIPED_IOPS: f64 = 12_000.0;

/// The rows.
pub const CHECKS: [Check; 2] = [
    Check {
        id: "rds_instance_io1_storage",
        title: "Provisioned IOPS that gp3 has without charge",
        kinds: &[ResourceKind::RdsDbInstance],
        limits: &[GP3_IOPS],
        saving: "io1 price − gp3 price, storage and IOPS (× 2 if Multi-AZ)",
        advice: "Change the storage type to gp3; the database stays up, and is slower while AWS converts it.",
        references: &[Reference {
            source: "Amazon RDS User Guide, Amazon RDS DB instance storage",
            read: "2026-11",
        }],
        judge: Judge::Logic(provisioned),
        ..COST
    },
    Check {
        id: "rds_instance_storage_overprovisioned",
        title: "Most of the database's storage is empty",
        kinds: &[ResourceKind::RdsDbInstance],
        limits: &[FREE, HEADROOM, TWO_WEEKS],
        saving: "(allocated − used × headroom) GiB × storage price (× 2 if Multi-AZ)",
        advice: "Storage cannot shrink in place: move to a smaller one by a blue/green deployment.",
        references: &[Reference {
            source: "AWS Compute Optimizer User Guide, Amazon RDS DB instances (storage)",
            read: "2026-11",
        }],
        judge: Judge::Logic(overprovisioned),
        ..COST
    },
];

/// An instance with storage of its own.
fn instance(resource: &Resource) -> Option<&DbInstance> {
    match &resource.config {
        ResourceConfig::RdsDbInstance(db) if !db.engine.starts_with("aurora") => Some(db),
        _ => None,
    }
}

fn provisioned(resource: &Resource, context: &Context<'_>) -> Verdict {
    let Some(db) = instance(resource) else { return Verdict::NotApplicable };
    let Some((kind @ ("io1" | "io2"), iops)) = db.storage_type.as_deref().zip(db.iops) else {
        return Verdict::NotApplicable;
    };
    let striped = db.allocated_storage_gib >= STRIPED_GIB
        && matches!(db.engine.as_str(), "mysql" | "mariadb" | "postgres");
    let free = if striped { STRIPED_IOPS } else { context.limit(&GP3_IOPS) };
    if f64::from(iops) > free {
        return Verdict::Clear;
    }
    let mut changed = db.clone();
    changed.storage_type = Some("gp3".into());
    changed.iops = None;
    context.saving_as(resource, ResourceConfig::RdsDbInstance(changed)).map_or(
        Verdict::Clear,
        |saving| {
            Found::waste(
                format!(
                    "{} GiB {kind} with {iops} IOPS; gp3 gives {free}",
                    db.allocated_storage_gib
                ),
                saving,
                None,
            )
        },
    )
}

fn overprovisioned(resource: &Resource, context: &Context<'_>) -> Verdict {
    let Some(db) = instance(resource) else { return Verdict::NotApplicable };
    if db.status != "available" {
        return Verdict::NotApplicable;
    }
    let days = context.limit(&TWO_WEEKS);
    let free = match conclusive(resource, days, ["FreeStorageSpace"]) {
        Err(why) => return Verdict::NotEvaluated(why),
        // The least is more exact; a World of an older version has the mean alone.
        Ok((_, [free])) => free.minimum.unwrap_or(free.average) / f64::from(1 << 30),
    };
    let allocated = f64::from(db.allocated_storage_gib);
    let share = free / allocated * 100.0;
    let wanted = ((allocated - free) * context.limit(&HEADROOM)).ceil().max(f64::from(LEAST_GIB));
    if share <= context.limit(&FREE) || wanted >= allocated {
        return Verdict::Clear;
    }
    let mut changed = db.clone();
    changed.allocated_storage_gib = wanted as u32;
    let saving = match context.saving_as(resource, ResourceConfig::RdsDbInstance(changed)) {
        Some(Saving::Exact(amount)) => Saving::Estimated(amount),
        other => other.unwrap_or(Saving::Estimated(MonthlyUsd::ZERO)),
    };
    Found::waste(
        format!("{share:.0} % of {allocated} GiB were always free; {wanted} GiB would do"),
        saving,
        None,
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{Expect, check, db, with_metrics, without_metrics};

    #[test]
    fn provisioned_iops() {
        let row = &CHECKS[0];
        let io1 = |gib: u32, iops: u32| {
            db(|db| {
                db.storage_type = Some("io1".into());
                db.allocated_storage_gib = gib;
                db.iops = Some(iops);
            })
        };
        check(row, "few", io1(100, 3000), Expect::Found);
        check(row, "over the threshold", io1(100, 3001), Expect::Clear);
        check(row, "striped", io1(400, 12_000), Expect::Found);
        check(row, "gp2", db(|_| {}), Expect::NotApplicable);
        let aurora = db(|db| db.engine = "aurora-mysql".into());
        check(row, "Aurora", aurora, Expect::NotApplicable);
    }

    #[test]
    fn empty_storage() {
        let row = &CHECKS[1];
        let free = |gib: f64| {
            with_metrics(db(|_| {}), 14, ["FreeStorageSpace"], |_, m| {
                m.minimum = Some(gib * f64::from(1 << 30));
            })
        };
        // 20 of 100 GiB used: 24 would do; 76 GiB at $0.115.
        check(row, "empty", free(80.0), Expect::saves("$8.74"));
        check(row, "on the threshold", free(50.0), Expect::Clear);
        check(row, "denied", without_metrics(db(|_| {})), Expect::NotEvaluated("denied"));
    }
}
