//! # What
//! A read replica that nobody connected to for a week.
//! # Why
//! It costs what an instance costs, and takes no load off anything.
//! # Evidence
//! `DatabaseConnections` (maximum) over at least seven days with at least 90 % of the datapoints.
//! # Silent when
//! There was any connection. The instance itself is `rds_instance_idle`'s.
//! # Remedy and risk
//! None proposed: a replica may stand by for a failure. It can be made again from its source at any time.
//! # References
//! Trusted Advisor, Amazon RDS Idle DB Instances; RDS User Guide, Working with read replicas.

use miyabi_types::{
    finding::Severity,
    resource::{ResourceConfig, ResourceKind},
};

use super::instance_idle::{CONNECTIONS, SIGNAL};
use crate::{
    check::{COST, Check, Judge, Reference},
    idle::Idle,
    metrics::ONE_WEEK,
};

/// See the module.
pub const CHECK: Check = Check {
    id: "rds_replica_idle",
    title: "Read replica has no connections",
    severity: Severity::Medium,
    kinds: &[ResourceKind::RdsDbInstance],
    limits: &[CONNECTIONS, ONE_WEEK],
    saving: "(instance price + storage price) × 730 h",
    commitments: true,
    advice: "If it does not stand by for a failure, delete it; it can be made again from its source.",
    references: &[Reference {
        source: "AWS Trusted Advisor, Amazon RDS Idle DB Instances",
        read: "2026-11",
    }],
    judge: Judge::Idle(Idle {
        applies: |config| {
            matches!(config, ResourceConfig::RdsDbInstance(db)
                if db.status == "available" && db.replica_of.is_some() && db.cluster_id.is_none())
        },
        days: &ONE_WEEK,
        signals: &[SIGNAL],
        ..Idle::ANY
    }),
    ..COST
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{Expect, check, db, with_metrics, without_metrics};

    #[test]
    fn judges() {
        let replica = || db(|db| db.replica_of = Some("main".into()));
        let used =
            |most| with_metrics(replica(), 7, ["DatabaseConnections"], |_, m| m.maximum = most);
        check(&CHECK, "idle", used(0.0), Expect::saves("$136.33"));
        check(&CHECK, "used", used(1.0), Expect::Clear);
        check(&CHECK, "denied", without_metrics(replica()), Expect::NotEvaluated("denied"));
        check(&CHECK, "no replica", db(|_| {}), Expect::NotApplicable);
    }
}
