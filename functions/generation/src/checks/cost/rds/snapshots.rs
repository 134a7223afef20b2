//! Manual snapshots of databases: kept until somebody deletes them.

use miyabi_types::{
    evidence::Unavailable,
    finding::Saving,
    pricing::rds::{AURORA_BACKUP_GIB, BACKUP_GIB},
    resource::{Resource, ResourceConfig, ResourceKind, rds::DbSnapshot},
};

use crate::check::{COST, Check, Context, Found, Judge, Limit, Reference, Verdict};

const ORPHANED: Limit = Limit {
    name: "orphaned_database_snapshot_days",
    what: "age of a snapshot of a database that is gone, after which it is left over",
    unit: "days",
    default: 30.0,
    range: (0.0, 730.0),
    source: "Turbot AWS Thrifty, RDS snapshots",
};
const OLD: Limit = Limit {
    name: "old_database_snapshot_days",
    what: "age after which a snapshot is old",
    unit: "days",
    default: 90.0,
    range: (1.0, 3650.0),
    source: "aws-cost-scanner, RDS snapshots older than 90 days",
};

const SNAPSHOT: Check = Check {
    kinds: &[ResourceKind::RdsDbSnapshot, ResourceKind::RdsDbClusterSnapshot],
    saving: "GiB × backup price; at most the size of the database where AWS does not tell the snapshot's",
    references: &[Reference {
        source: "Amazon RDS User Guide, Managing manual backups",
        read: "2026-11",
    }],
    ..COST
};

/// The rows.
pub const CHECKS: [Check; 2] = [
    Check {
        id: "rds_snapshot_old",
        title: "Manual database snapshot is old",
        limits: &[OLD],
        advice: "Delete it if the automated backups or AWS Backup keep what the rule asks for.",
        judge: Judge::Logic(|resource, context| judge(resource, context, false)),
        ..SNAPSHOT
    },
    Check {
        id: "rds_snapshot_orphaned",
        title: "Manual snapshot of a database that is gone",
        limits: &[ORPHANED],
        advice: "If no rule keeps it, export it to S3 (a fifth of the price) or delete it.",
        judge: Judge::Logic(|resource, context| judge(resource, context, true)),
        ..SNAPSHOT
    },
];

fn judge(resource: &Resource, context: &Context<'_>, orphans: bool) -> Verdict {
    let (snapshot, kind) = match &resource.config {
        ResourceConfig::RdsDbSnapshot(snapshot) => (snapshot, ResourceKind::RdsDbInstance),
        ResourceConfig::RdsDbClusterSnapshot(snapshot) => (snapshot, ResourceKind::RdsDbCluster),
        _ => return Verdict::NotApplicable,
    };
    if snapshot.snapshot_type != "manual" {
        return Verdict::NotApplicable;
    }
    let Some(age) = resource.created_at.map(|at| context.days_since(at)) else {
        return Verdict::NotEvaluated(Unavailable::because("AWS does not say when it was made"));
    };
    let most = context.limit(if orphans { &ORPHANED } else { &OLD });
    if age as f64 <= most {
        return Verdict::Clear;
    }
    let lives = context.find(kind, &snapshot.database_id, resource).is_some();
    if !lives && let Some(why) = context.unseen(kind, resource) {
        return Verdict::NotEvaluated(why.clone());
    }
    if lives == orphans {
        return Verdict::Clear;
    }
    let source = if lives { "lives" } else { "is gone" };
    Found::waste(
        format!(
            "{} GiB, {age} days old; its database {} {source}",
            snapshot.allocated_storage_gib, snapshot.database_id
        ),
        saving(resource, snapshot, context),
        None,
    )
}

/// Exact where AWS tells what the snapshot holds, else at most what the database has.
fn saving(resource: &Resource, snapshot: &DbSnapshot, context: &Context<'_>) -> Saving {
    let rate = if snapshot.engine.starts_with("aurora") { &AURORA_BACKUP_GIB } else { &BACKUP_GIB };
    let cost = |gib: f64| context.rate(resource, rate, gib);
    match snapshot.full_size_bytes {
        Some(bytes) => cost(bytes as f64 / f64::from(1 << 30)).map(Saving::Exact),
        // Aurora allocates nothing, and tells 1 GiB.
        None if snapshot.engine.starts_with("aurora") => None,
        None => cost(f64::from(snapshot.allocated_storage_gib)).map(Saving::Estimated),
    }
    .unwrap_or(Saving::Unknown)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{
        Expect, check, check_in, days_ago, db, deny, services::db_snapshot, world,
    };

    fn aged(days: i64, of: &str) -> Resource {
        let mut snapshot = db_snapshot(|s| s.database_id = of.into());
        snapshot.created_at = Some(days_ago(days));
        snapshot
    }

    #[test]
    fn of_a_database_that_is_gone() {
        let row = &CHECKS[1];
        check(row, "orphan", aged(31, "old"), Expect::Found);
        check(row, "on the threshold", aged(30, "old"), Expect::Clear);
        let lives = aged(31, "main");
        check_in(row, "lives", world([lives.clone(), db(|_| {})]), &lives, Expect::Clear);
        let orphan = aged(31, "old");
        let mut unseen = world([orphan.clone()]);
        deny(&mut unseen, "rds:DescribeDBInstances", &[ResourceKind::RdsDbInstance]);
        check_in(row, "denied", unseen, &orphan, Expect::NotEvaluated("denied"));
        let automated = db_snapshot(|s| s.snapshot_type = "automated".into());
        check(row, "automated", automated, Expect::NotApplicable);
    }

    #[test]
    fn of_a_database_that_lives() {
        let row = &CHECKS[0];
        let old = aged(91, "main");
        check_in(row, "old", world([old.clone(), db(|_| {})]), &old, Expect::Found);
        let young = aged(90, "main");
        check_in(
            row,
            "on the threshold",
            world([young.clone(), db(|_| {})]),
            &young,
            Expect::Clear,
        );
        check(row, "orphan", aged(91, "old"), Expect::Clear);
    }
}
