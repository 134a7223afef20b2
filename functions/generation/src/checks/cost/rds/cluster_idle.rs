//! # What
//! An Aurora cluster to none of whose instances anybody connected for a week.
//! # Why
//! Its instances cost the same with or without connections.
//! # Evidence
//! `DatabaseConnections` (maximum) of each instance over at least seven days with at least 90 % of the datapoints.
//! # Silent when
//! There was any connection, or the cluster is stopped, serverless v1, or has no instances.
//! # Remedy and risk
//! Stop it; its storage goes on being billed. AWS starts it again after seven days, so the saving is an estimate.
//! # References
//! Compute Optimizer, idle Amazon RDS DB instances and clusters; Aurora User Guide, Stopping an Aurora DB cluster.

use miyabi_types::{
    action::{Operation, TargetState},
    evidence::Unavailable,
    finding::{Saving, Severity},
    money::MonthlyUsd,
    plan::Confidence,
    resource::{Resource, ResourceConfig, ResourceKind},
};

use super::instance_idle::{CONNECTIONS, SIGNAL};
use crate::{
    check::{COST, Check, Context, Found, Judge, Reference, Remedy, Verdict},
    metrics::{ONE_WEEK, quiet},
};

/// See the module.
pub const CHECK: Check = Check {
    id: "rds_cluster_idle",
    title: "Database cluster has no connections",
    severity: Severity::Medium,
    kinds: &[ResourceKind::RdsDbCluster],
    limits: &[CONNECTIONS, ONE_WEEK],
    saving: "Σ instance price × 730 h; storage goes on",
    commitments: true,
    operation: Some(Operation::StopDbCluster),
    references: &[Reference {
        source: "Amazon Aurora User Guide, Stopping and starting an Amazon Aurora DB cluster",
        read: "2026-11",
    }],
    judge: Judge::Logic(judge),
    ..COST
};

fn judge(resource: &Resource, context: &Context<'_>) -> Verdict {
    let ResourceConfig::RdsDbCluster(cluster) = &resource.config else {
        return Verdict::NotApplicable;
    };
    let stoppable = cluster.engine.starts_with("aurora")
        && cluster.engine_mode.as_deref() != Some("serverless")
        && cluster.replica_of.is_none();
    if !stoppable || cluster.status != "available" || cluster.members.is_empty() {
        return Verdict::NotApplicable;
    }
    let mut evidence = String::new();
    let mut cost = Some(MonthlyUsd::ZERO);
    for member in &cluster.members {
        let Some(instance) =
            context.find(ResourceKind::RdsDbInstance, &member.instance_id, resource)
        else {
            let why = context.unseen(ResourceKind::RdsDbInstance, resource).cloned();
            return Verdict::NotEvaluated(why.unwrap_or_else(|| {
                Unavailable::because(format!("instance {} was not seen", member.instance_id))
            }));
        };
        match quiet(instance, context, &ONE_WEEK, &[SIGNAL]) {
            Ok(words) => evidence = words,
            Err(verdict) => return verdict,
        }
        cost = cost.zip(context.cost(instance)).map(|(sum, one)| sum + one);
    }
    let remedy = Remedy::new(
        Operation::StopDbCluster,
        resource,
        TargetState::present([("status", "available".into())]),
        TargetState::present([("status", "stopped".into())]),
    )
    .explained(
        format!("Stop this unused {} cluster", cluster.engine),
        "Whoever connects while it is stopped fails; AWS starts it again after seven days.",
    )
    .confidence(Confidence::Medium);
    let saving = cost.map_or(Saving::Unknown, Saving::Estimated);
    Found::waste(format!("each of its instances: {evidence}"), saving, Some(remedy))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{
        Expect, check, check_in, db, services::db_cluster, with_metrics, without_metrics, world,
    };

    fn judged(case: &str, instance: Resource, expect: Expect) {
        let cluster = db_cluster(|_| {});
        check_in(&CHECK, case, world([cluster.clone(), instance]), &cluster, expect);
    }

    #[test]
    fn judges() {
        let member = || db(|db| db.cluster_id = Some("shop".into()));
        let used =
            |most| with_metrics(member(), 7, ["DatabaseConnections"], |_, m| m.maximum = most);
        judged("idle", used(0.0), Expect::Found);
        judged("used", used(1.0), Expect::Clear);
        judged("denied", without_metrics(member()), Expect::NotEvaluated("denied"));
        check(&CHECK, "instance unseen", db_cluster(|_| {}), Expect::NotEvaluated("not seen"));
        let stopped = db_cluster(|c| c.status = "stopped".into());
        check(&CHECK, "stopped", stopped, Expect::NotApplicable);
        let other = db_cluster(|c| c.engine = "docdb".into());
        check(&CHECK, "DocumentDB", other, Expect::NotApplicable);
    }
}
