//! # What
//! A database instance that nobody connected to for a week.
//! # Why
//! It costs the same with or without connections.
//! # Evidence
//! `DatabaseConnections` (maximum) over at least seven days with at least 90 % of the datapoints.
//! # Silent when
//! There was any connection. Replicas and Aurora members cannot be stopped on their own: not applicable.
//! # Remedy and risk
//! Stop it; its storage goes on being billed. AWS starts it again after seven days, so the saving is an
//! estimate. Whoever connects meanwhile fails.
//! # References
//! Trusted Advisor Ti39halfu8, Amazon RDS Idle DB Instances.

use miyabi_types::{
    action::{Operation, TargetState},
    finding::{Saving, Severity},
    plan::Confidence,
    resource::{Resource, ResourceConfig, ResourceKind, rds::DbInstance},
};

use crate::{
    check::{COST, Check, Context, Judge, Limit, Reference, Remedy},
    idle::Idle,
    metrics::{Figure, ONE_WEEK, Signal},
};

/// Connections of an idle database.
pub const CONNECTIONS: Limit = Limit {
    name: "database_connections",
    what: "connections, from which a database is used",
    unit: "connections",
    default: 1.0,
    range: (1.0, 10.0),
    source: "AWS Trusted Advisor, Amazon RDS Idle DB Instances (Ti39halfu8)",
};

/// That nobody connects.
pub const SIGNAL: Signal = Signal {
    what: "connections",
    metrics: &["DatabaseConnections"],
    figure: Figure::Maximum,
    below: &CONNECTIONS,
    scale: 1.0,
    steady: true,
};

/// See the module.
pub const CHECK: Check = Check {
    id: "rds_instance_idle",
    title: "Database instance has no connections",
    severity: Severity::Medium,
    kinds: &[ResourceKind::RdsDbInstance],
    limits: &[CONNECTIONS, ONE_WEEK],
    saving: "instance price × 730 h (× 2 if Multi-AZ); storage goes on",
    commitments: true,
    operation: Some(Operation::StopDbInstance),
    references: &[Reference {
        source: "AWS Trusted Advisor, Amazon RDS Idle DB Instances",
        read: "2026-11",
    }],
    judge: Judge::Idle(Idle {
        applies: |config| {
            matches!(config, ResourceConfig::RdsDbInstance(db)
                if db.status == "available" && db.replica_of.is_none() && db.cluster_id.is_none())
        },
        days: &ONE_WEEK,
        signals: &[SIGNAL],
        saving,
        remedy: stop,
    }),
    ..COST
};

fn stop(resource: &Resource, _: &Context<'_>) -> Option<Remedy> {
    let ResourceConfig::RdsDbInstance(db) = &resource.config else { return None };
    let remedy = Remedy::new(
        Operation::StopDbInstance,
        resource,
        TargetState::present([("status", "available".into())]),
        TargetState::present([("status", "stopped".into())]),
    )
    .explained(
        format!("Stop this unused {} {} database", db.class, db.engine),
        "Whoever connects while it is stopped fails; AWS starts it again after seven days.",
    )
    .confidence(Confidence::Medium);
    Some(remedy)
}

/// What is left is the storage.
fn saving(resource: &Resource, context: &Context<'_>) -> Saving {
    let ResourceConfig::RdsDbInstance(db) = &resource.config else { return Saving::Unknown };
    let stopped = DbInstance { status: "stopped".into(), ..db.clone() };
    match context.saving_as(resource, ResourceConfig::RdsDbInstance(stopped)) {
        // AWS starts it again.
        Some(Saving::Exact(amount)) => Saving::Estimated(amount),
        other => other.unwrap_or(Saving::Unknown),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{
        Expect, check, db, edit_metric, edit_window, in_region, with_metrics, without_metrics,
    };

    fn connected(most: f64, edit: impl FnOnce(&mut DbInstance)) -> Resource {
        with_metrics(db(edit), 7, ["DatabaseConnections"], |_, m| m.maximum = most)
    }

    #[test]
    fn judges() {
        // db.m5.large mysql at $0.171 an hour; 100 GiB of storage go on.
        check(&CHECK, "idle", connected(0.0, |_| {}), Expect::saves("$124.83"));
        let twice = connected(0.0, |db| db.multi_az = true);
        check(&CHECK, "idle in two zones", twice, Expect::saves("$249.66"));
        check(&CHECK, "one connection", connected(1.0, |_| {}), Expect::Clear);
        let stopped = connected(0.0, |db| db.status = "stopped".into());
        check(&CHECK, "stopped", stopped, Expect::NotApplicable);
        let replica = connected(0.0, |db| db.replica_of = Some("main".into()));
        check(&CHECK, "replica", replica, Expect::NotApplicable);
        let elsewhere = in_region(connected(0.0, |_| {}), "sa-east-1");
        check(&CHECK, "no price", elsewhere, Expect::SavesUnknown);
    }

    #[test]
    fn on_the_threshold_of_the_window() {
        let mut resource = connected(0.0, |_| {});
        edit_window(&mut resource, 6);
        check(&CHECK, "six days", resource, Expect::NotEvaluated("6 days"));
    }

    #[test]
    fn missing_metrics_are_never_idleness() {
        check(&CHECK, "denied", without_metrics(db(|_| {})), Expect::NotEvaluated("denied"));
        let mut gaps = connected(0.0, |_| {});
        edit_metric(&mut gaps, "DatabaseConnections", |m| m.datapoints /= 2);
        check(&CHECK, "gaps", gaps, Expect::NotEvaluated("DatabaseConnections"));
    }
}
