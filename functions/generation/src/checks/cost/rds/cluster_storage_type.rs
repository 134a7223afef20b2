//! # What
//! An Aurora cluster that would cost less with the other storage: Standard, which bills each request, or
//! I/O-Optimized, which bills none but more for storage and instances.
//! # Why
//! Which is cheaper follows from how much is read and written, and that changes.
//! # Evidence
//! `VolumeBytesUsed` (average), `VolumeReadIOPs` and `VolumeWriteIOPs` (sums: billed requests, whatever the name says)
//! over at least two weeks with at least 90 % of the datapoints, and list prices of storage, requests and instances.
//! # Silent when
//! The cluster has the cheaper one, is stopped or a replica of another region, or serverless v1.
//! # Remedy and risk
//! None here: a person changes the storage type; reservations may already pay for the instances as they are.
//! # References
//! Amazon Aurora User Guide, Amazon Aurora storage; aws/agent-toolkit-for-aws, Aurora storage pricing.

use miyabi_types::{
    evidence::Unavailable,
    finding::Saving,
    money::{HOURS_PER_MONTH, MonthlyUsd},
    pricing::{Rate, rds as price},
    resource::{Resource, ResourceConfig, ResourceKind, rds::DbCluster},
};

use crate::{
    check::{COST, Check, Context, Found, Judge, Reference, Verdict},
    metrics::{TWO_WEEKS, conclusive},
};

/// See the module.
pub const CHECK: Check = Check {
    id: "rds_cluster_storage_type",
    title: "Aurora cluster would cost less with the other storage",
    kinds: &[ResourceKind::RdsDbCluster],
    limits: &[TWO_WEEKS],
    saving: "Σ (instances + GiB × storage price + requests × request price) of the one − of the other",
    commitments: true,
    advice: "Change the cluster's storage type (aurora, aurora-iopt1), unless the next weeks will be different.",
    references: &[
        Reference { source: "Amazon Aurora User Guide, Amazon Aurora storage", read: "2026-11" },
        Reference {
            source: "aws/agent-toolkit-for-aws, amazon-aurora-mysql, Aurora storage pricing",
            read: "2026-11",
        },
    ],
    judge: Judge::Logic(judge),
    ..COST
};

/// As RDS names it. AWS does not name the other one for every cluster that has it.
const OPTIMIZED: &str = "aurora-iopt1";

fn judge(resource: &Resource, context: &Context<'_>) -> Verdict {
    let ResourceConfig::RdsDbCluster(cluster) = &resource.config else {
        return Verdict::NotApplicable;
    };
    let judged = cluster.engine.starts_with("aurora")
        && cluster.engine_mode.as_deref() != Some("serverless")
        && cluster.replica_of.is_none();
    if !judged || cluster.status != "available" || cluster.members.is_empty() {
        return Verdict::NotApplicable;
    }
    match compared(resource, cluster, context) {
        Err(why) => Verdict::NotEvaluated(why),
        Ok((now, other, _)) if now <= other => Verdict::Clear,
        Ok((now, other, use_)) => Found::waste(use_, Saving::Estimated(now - other), None),
    }
}

/// What the cluster costs a month, what it would with the other storage, and its use in words.
fn compared(
    resource: &Resource,
    cluster: &DbCluster,
    context: &Context<'_>,
) -> Result<(MonthlyUsd, MonthlyUsd, String), Unavailable> {
    let metrics = ["VolumeBytesUsed", "VolumeReadIOPs", "VolumeWriteIOPs"];
    let (seen, [bytes, reads, writes]) = conclusive(resource, context.limit(&TWO_WEEKS), metrics)?;
    let gib = bytes.average / f64::from(1 << 30);
    let hours = f64::from(seen.window_days) * 24.0;
    let requests = (reads.sum + writes.sum) / hours * HOURS_PER_MONTH as f64;
    let is_optimized = cluster.storage_type.as_deref() == Some(OPTIMIZED);
    let cost = |optimized: bool| -> Result<MonthlyUsd, Unavailable> {
        let rate = |rate: Rate, units| {
            context
                .prices()
                .monthly(&resource.region, &rate, units)
                .get()
                .copied()
                .map_err(Clone::clone)
        };
        let (storage, requests) = if optimized {
            (rate(price::AURORA_IO_OPTIMIZED_STORAGE_GIB, gib)?, MonthlyUsd::ZERO)
        } else {
            (rate(price::AURORA_STORAGE_GIB, gib)?, rate(price::AURORA_IO_REQUEST, requests)?)
        };
        Ok(storage + requests + instances(resource, cluster, optimized, context)?)
    };
    let words = format!("{gib:.0} GiB and {:.0} million requests a month", requests / 1e6);
    let kind = if is_optimized { "I/O-Optimized" } else { "Standard" };
    Ok((cost(is_optimized)?, cost(!is_optimized)?, format!("{kind}: {words}")))
}

/// What the cluster's instances cost with this storage.
fn instances(
    resource: &Resource,
    cluster: &DbCluster,
    optimized: bool,
    context: &Context<'_>,
) -> Result<MonthlyUsd, Unavailable> {
    let one = |id: &str| {
        let found = context.find(ResourceKind::RdsDbInstance, id, resource);
        let Some(ResourceConfig::RdsDbInstance(db)) = found.map(|found| &found.config) else {
            let why = context.unseen(ResourceKind::RdsDbInstance, resource).cloned();
            return Err(
                why.unwrap_or_else(|| Unavailable::because(format!("instance {id} was not seen")))
            );
        };
        let mut db = db.clone();
        db.storage_type = Some(if optimized { OPTIMIZED } else { "aurora" }.to_owned());
        let cost = context.prices().db_instance(&resource.region, &db);
        cost.get().copied().map_err(Clone::clone)
    };
    cluster.members.iter().map(|member| one(&member.instance_id)).sum()
}

#[cfg(test)]
mod tests {
    use miyabi_types::{
        pricing::{PriceSheet, UnitPrice},
        world::World,
    };

    use super::*;
    use crate::fixture::{
        Expect, check, check_in, db, services::db_cluster, with_metrics, without_metrics, world,
    };

    /// A month of 730 hours whose requests are as many millions.
    fn cluster(storage: Option<&str>, millions: f64) -> Resource {
        let cluster = db_cluster(|c| c.storage_type = storage.map(str::to_owned));
        let names = ["VolumeBytesUsed", "VolumeReadIOPs", "VolumeWriteIOPs"];
        with_metrics(cluster, 14, names, |name, stats| match name {
            "VolumeBytesUsed" => stats.average = 100.0 * f64::from(1 << 30),
            _ => stats.sum = millions * 1e6 / 2.0 * (14.0 * 24.0) / 730.0,
        })
    }

    /// The account of these, where prices are those of Virginia.
    fn account(cluster: &Resource, instance: Resource) -> World {
        let mut world = world([cluster.clone(), instance]);
        let prices = [
            (price::AURORA_STORAGE_GIB, "0.10"),
            (price::AURORA_IO_OPTIMIZED_STORAGE_GIB, "0.225"),
            (price::AURORA_IO_REQUEST, "0.0000002"),
            (price::instance("db.r6g.large", "aurora-mysql", false), "0.26"),
            (price::instance("db.r6g.large", "aurora-mysql/io-optimized", false), "0.338"),
        ];
        let sheet = PriceSheet::default();
        world.manifest.prices = prices.iter().fold(sheet, |sheet, (rate, usd)| {
            sheet.with(&cluster.region, rate, UnitPrice::parse(usd).unwrap())
        });
        world
    }

    fn member() -> Resource {
        db(|db| {
            db.class = "db.r6g.large".into();
            db.engine = "aurora-mysql".into();
        })
    }

    #[test]
    fn judges() {
        // Standard: 189.80 + 10 + requests. I/O-Optimized: 246.74 + 22.50.
        for (case, storage, millions, expect) in [
            ("much is written", Some("aurora"), 500.0, Expect::Saves("$30.56")),
            ("as AWS writes Standard", None, 500.0, Expect::Saves("$30.56")),
            ("little is written", Some("aurora"), 100.0, Expect::Clear),
            ("optimized for nothing", Some(OPTIMIZED), 100.0, Expect::Saves("$49.44")),
            ("optimized for much", Some(OPTIMIZED), 500.0, Expect::Clear),
        ] {
            let cluster = cluster(storage, millions);
            check_in(&CHECK, case, account(&cluster, member()), &cluster, expect);
        }
        let used = cluster(None, 500.0);
        let unpriced = account(&used, db(|db| db.engine = "aurora-mysql".into()));
        check_in(&CHECK, "no price", unpriced, &used, Expect::NotEvaluated("price"));
        check(&CHECK, "instance unseen", used, Expect::NotEvaluated("price"));
        let denied = without_metrics(db_cluster(|_| {}));
        check(&CHECK, "denied", denied, Expect::NotEvaluated("denied"));
        let other = db_cluster(|c| c.engine = "docdb".into());
        check(&CHECK, "DocumentDB", other, Expect::NotApplicable);
    }
}
