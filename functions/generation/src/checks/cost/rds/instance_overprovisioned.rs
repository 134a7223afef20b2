//! # What
//! A database instance that uses less than 40 % of its CPU nearly all the time and has memory to spare.
//! # Why
//! The next smaller size of its class would do.
//! # Evidence
//! `CPUUtilization` (99.5th percentile) and `FreeableMemory` (least) over at least 14 days with at least 90 % of
//! the datapoints; what the class offers, from the price sheet.
//! # Silent when
//! CPU reached 40 %, less than 60 % of the memory was free at some time, it has no connections
//! (`rds_instance_idle` says so), or its class has no smaller size.
//! # Remedy and risk
//! None proposed: the change means an outage of some minutes, and Compute Optimizer does not recommend fewer
//! vCPUs without Performance Insights either.
//! # References
//! Compute Optimizer, Amazon RDS DB instances; Turbot AWS Thrifty, RDS.

use miyabi_types::{
    evidence::Unavailable,
    finding::Saving,
    resource::{Resource, ResourceConfig, ResourceKind},
};

use super::instance_idle::{CONNECTIONS, SIGNAL};
use crate::{
    check::{COST, Check, Context, Found, Judge, Limit, Reference, Verdict},
    metrics::{ONE_WEEK, TWO_WEEKS, conclusive, quiet},
};

const CPU: Limit = Limit {
    name: "overprovisioned_database_cpu_percent",
    what: "99.5th percentile of CPU, from which a database's size is right",
    unit: "%",
    default: 40.0,
    range: (5.0, 50.0),
    source: "aws-cost-scanner, RDS below 40 %: half of the vCPUs still have 20 % headroom",
};
const FREE: Limit = Limit {
    name: "free_memory_percent",
    what: "memory that was free at any time, up to which it is needed",
    unit: "%",
    default: 60.0,
    range: (50.0, 90.0),
    source: "our choice: half of the memory with the 20 % headroom of AWS Compute Optimizer",
};

/// Sizes of a class, each half of the next.
const SIZES: [&str; 9] =
    ["micro", "small", "medium", "large", "xlarge", "2xlarge", "4xlarge", "8xlarge", "16xlarge"];

/// See the module.
pub const CHECK: Check = Check {
    id: "rds_instance_overprovisioned",
    title: "Database instance is larger than its use asks for",
    kinds: &[ResourceKind::RdsDbInstance],
    limits: &[CPU, FREE, CONNECTIONS, TWO_WEEKS],
    saving: "price − price of the next smaller size (× 2 if Multi-AZ)",
    commitments: true,
    advice: "Change the class to the next smaller size in the maintenance window.",
    references: &[Reference {
        source: "AWS Compute Optimizer User Guide, Amazon RDS DB instances",
        read: "2026-11",
    }],
    judge: Judge::Logic(judge),
    ..COST
};

fn judge(resource: &Resource, context: &Context<'_>) -> Verdict {
    let ResourceConfig::RdsDbInstance(db) = &resource.config else {
        return Verdict::NotApplicable;
    };
    if db.status != "available" {
        return Verdict::NotApplicable;
    }
    let Some(class) = smaller(&db.class) else { return Verdict::NotApplicable };
    let metrics = ["CPUUtilization", "FreeableMemory"];
    let (_, [cpu, memory]) = match conclusive(resource, context.limit(&TWO_WEEKS), metrics) {
        Ok(found) => found,
        Err(why) => return Verdict::NotEvaluated(why),
    };
    if cpu.p99_5 >= context.limit(&CPU) || quiet(resource, context, &ONE_WEEK, &[SIGNAL]).is_ok() {
        return Verdict::Clear;
    }
    let unknown = |what: String| Verdict::NotEvaluated(Unavailable::because(what));
    let Some(offer) = context.prices().db_instance_classes.get(&db.class) else {
        return unknown(format!("the memory of {} is not known", db.class));
    };
    let Some(least) = memory.minimum else {
        return unknown(
            "the least free memory was not read by an older version that looked".into(),
        );
    };
    let free = least / (offer.memory_mib as f64 * 1_048_576.0) * 100.0;
    if free <= context.limit(&FREE) {
        return Verdict::Clear;
    }
    let mut changed = db.clone();
    changed.class.clone_from(&class);
    let saving = match context.saving_as(resource, ResourceConfig::RdsDbInstance(changed)) {
        None => return Verdict::Clear,
        Some(Saving::Exact(amount)) => Saving::Estimated(amount),
        Some(other) => other,
    };
    Found::waste(
        format!(
            "99.5 % of the time CPU is below {:.1} %, {free:.0} % of the memory was always free: {class} would do",
            cpu.p99_5
        ),
        saving,
        None,
    )
}

/// The class of half the size.
fn smaller(class: &str) -> Option<String> {
    let (family, size) = class.rsplit_once('.')?;
    let at = SIZES.iter().position(|known| *known == size)?;
    Some(format!("{family}.{}", SIZES[at.checked_sub(1)?]))
}

#[cfg(test)]
mod tests {
    use miyabi_types::pricing::DbInstanceClass;

    use super::*;
    use crate::fixture::{Expect, check_in, db, edit_metric, with_metrics, without_metrics, world};

    fn used(cpu: f64, free_percent: f64) -> Resource {
        let metrics = ["CPUUtilization", "FreeableMemory", "DatabaseConnections"];
        with_metrics(db(|db| db.class = "db.m5.xlarge".into()), 14, metrics, |name, m| match name {
            "CPUUtilization" => m.p99_5 = cpu,
            "FreeableMemory" => {
                m.minimum = Some(free_percent / 100.0 * 16.0 * f64::from(1 << 30));
            }
            _ => m.maximum = 5.0,
        })
    }

    #[expect(clippy::needless_pass_by_value, reason = "it is the case's own")]
    fn judged(case: &str, resource: Resource, expect: Expect) {
        let mut world = world([resource.clone()]);
        let class = DbInstanceClass { vcpu: 4, memory_mib: 16 * 1024 };
        world.manifest.prices.db_instance_classes.insert("db.m5.xlarge".into(), class);
        check_in(&CHECK, case, world, &resource, expect);
    }

    #[test]
    fn judges() {
        judged("too large", used(12.0, 80.0), Expect::SavesUnknown);
        judged("CPU on the threshold", used(40.0, 80.0), Expect::Clear);
        judged("memory on the threshold", used(12.0, 60.0), Expect::Clear);
        let mut idle = used(2.0, 90.0);
        edit_metric(&mut idle, "DatabaseConnections", |m| m.maximum = 0.0);
        judged("idle", idle, Expect::Clear);
        let mut old = used(12.0, 80.0);
        edit_metric(&mut old, "FreeableMemory", |m| m.minimum = None);
        judged("an older version's", old, Expect::NotEvaluated("older version"));
        let blind = without_metrics(db(|db| db.class = "db.m5.xlarge".into()));
        judged("denied", blind, Expect::NotEvaluated("denied"));
        let small = db(|db| db.class = "db.t3.micro".into());
        judged("smallest", small, Expect::NotApplicable);
    }
}
