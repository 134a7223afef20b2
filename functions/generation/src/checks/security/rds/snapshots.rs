//! # What
//! A snapshot of a database that everybody may restore (RDS.1, DocumentDB.3, Neptune.3) or that is not
//! encrypted (RDS.4, Neptune.6).
//! # Why
//! Whoever restores it has the whole database.
//! # Evidence
//! `rds:DescribeDBSnapshots`, `rds:DescribeDBClusterSnapshots` and their attributes.
//! # Silent when
//! It is shared with nobody, or with named accounts only; it is encrypted.
//! # Remedy and risk
//! None proposed: whoever restores it from another account no longer could; a snapshot is encrypted only by
//! copying it.
//! # References
//! Security Hub RDS.1, RDS.4, DocumentDB.3, Neptune.3, Neptune.6.

use miyabi_types::{
    finding::Severity,
    resource::{Resource, ResourceConfig, ResourceKind, rds::DbSnapshot},
};

use crate::check::{Check, FSBP, Found, Judge, SECURITY, Threshold, Verdict};

/// See the module.
pub const CHECKS: [Check; 5] = [
    Check {
        id: "rds_snapshot_public",
        title: "Everybody may restore the database snapshot",
        controls: &["RDS.1"],
        // Of every engine, beside the controls of DocumentDB and Neptune.
        judge: Judge::Logic(|resource, _| judge(resource, |_| true, public)),
        ..PUBLIC
    },
    Check {
        id: "documentdb_snapshot_public",
        title: "Everybody may restore the DocumentDB snapshot",
        controls: &["DocumentDB.3"],
        judge: Judge::Logic(|resource, _| judge(resource, |s| s.engine == "docdb", public)),
        ..PUBLIC
    },
    Check {
        id: "neptune_snapshot_public",
        title: "Everybody may restore the Neptune snapshot",
        controls: &["Neptune.3"],
        judge: Judge::Logic(|resource, _| judge(resource, |s| s.engine == "neptune", public)),
        ..PUBLIC
    },
    Check {
        id: "rds_snapshot_unencrypted",
        title: "Database snapshot is not encrypted",
        controls: &["RDS.4"],
        judge: Judge::Logic(|resource, _| judge(resource, is_of_rds, unencrypted)),
        ..UNENCRYPTED
    },
    Check {
        id: "neptune_snapshot_unencrypted",
        title: "Neptune snapshot is not encrypted",
        controls: &["Neptune.6"],
        judge: Judge::Logic(|resource, _| judge(resource, |s| s.engine == "neptune", unencrypted)),
        ..UNENCRYPTED
    },
];

const SNAPSHOT: Check = Check {
    kinds: &[ResourceKind::RdsDbClusterSnapshot, ResourceKind::RdsDbSnapshot],
    references: &[FSBP],
    ..SECURITY
};
const PUBLIC: Check = Check {
    severity: Severity::Critical,
    thresholds: &[Threshold { what: "restore", value: "not all" }],
    ..SNAPSHOT
};
const UNENCRYPTED: Check =
    Check { thresholds: &[Threshold { what: "Encrypted", value: "true" }], ..SNAPSHOT };

fn judge(
    resource: &Resource,
    applies: fn(&DbSnapshot) -> bool,
    judge: fn(&DbSnapshot) -> Verdict,
) -> Verdict {
    match &resource.config {
        ResourceConfig::RdsDbSnapshot(snapshot)
        | ResourceConfig::RdsDbClusterSnapshot(snapshot)
            if applies(snapshot) =>
        {
            judge(snapshot)
        }
        _ => Verdict::NotApplicable,
    }
}

/// Security Hub says of RDS.4 that its findings of `DocumentDB` and Neptune may be suppressed: for Neptune there
/// is a control of its own.
fn is_of_rds(snapshot: &DbSnapshot) -> bool {
    !matches!(snapshot.engine.as_str(), "docdb" | "neptune")
}

/// Only manual snapshots can be shared.
fn public(snapshot: &DbSnapshot) -> Verdict {
    if snapshot.snapshot_type != "manual" {
        return Verdict::Clear;
    }
    match snapshot.is_public().get() {
        Err(why) => Verdict::NotEvaluated(why.clone()),
        Ok(true) => Found::risk("shared with everybody", None),
        Ok(false) => Verdict::Clear,
    }
}

fn unencrypted(snapshot: &DbSnapshot) -> Verdict {
    if snapshot.encrypted { Verdict::Clear } else { Found::risk("Encrypted: false", None) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{Expect, check, db_snapshot, denied};
    use miyabi_types::evidence::Evidence;

    #[test]
    fn sharing() {
        let [rds, documentdb, ..] = &CHECKS;
        let everybody = |engine: &str| {
            db_snapshot(|s| {
                s.engine = engine.into();
                s.shared_with = Evidence::Known(vec!["all".into()]);
            })
        };
        check(rds, "nobody", db_snapshot(|_| {}), Expect::Clear);
        check(rds, "everybody", everybody("mysql"), Expect::Risk);
        check(rds, "of DocumentDB", everybody("docdb"), Expect::Risk);
        check(documentdb, "everybody", everybody("docdb"), Expect::Risk);
        let partner = vec!["210987654321".to_owned()];
        let shared = db_snapshot(|s| s.shared_with = Evidence::Known(partner));
        check(rds, "a partner", shared, Expect::Clear);
        let unread = db_snapshot(|s| s.shared_with = denied("rds:DescribeDBSnapshotAttributes"));
        check(rds, "denied", unread, Expect::NotEvaluated("denied"));
    }

    #[test]
    fn encryption() {
        let [.., rds, neptune] = &CHECKS;
        check(rds, "encrypted", db_snapshot(|_| {}), Expect::Clear);
        check(rds, "plain", db_snapshot(|s| s.encrypted = false), Expect::Risk);
        check(neptune, "of another engine", db_snapshot(|_| {}), Expect::NotApplicable);
    }
}
