//! The one change that mends every setting of a database that can be changed without downtime.
//!
//! Several controls ask for it; each names the same change, and the plan merges them.

use miyabi_types::{
    action::{Operation, TargetState},
    resource::{Resource, ResourceConfig, rds::DbInstance},
};
use serde_json::{Value, json};

use crate::check::Remedy;

/// Fewest days that automated backups are kept. Source: Security Hub RDS.11 and RDS.50.
pub const MIN_BACKUP_DAYS: u32 = 7;

/// Whether the instance is a member of an Aurora cluster, which owns most of its settings.
pub fn is_member(db: &DbInstance) -> bool {
    db.cluster_id.is_some()
}

/// Whether the instance keeps backups of its own.
pub fn has_own_backups(db: &DbInstance) -> bool {
    !is_member(db) && db.replica_of.is_none()
}

/// One setting to change.
struct Change {
    setting: &'static str,
    from: Value,
    to: Value,
    what: &'static str,
    risk: &'static str,
}

/// Changes every setting that is wrong; `None` where none is, or where the database cannot be modified now.
pub fn mend(resource: &Resource) -> Option<Remedy> {
    let ResourceConfig::RdsDbInstance(db) = &resource.config else { return None };
    let changes = changes(db);
    if changes.is_empty() || db.status != "available" {
        return None;
    }
    let state = |value: fn(&Change) -> &Value| {
        TargetState::present(changes.iter().map(|c| (c.setting, value(c).clone())))
    };
    let joined = |text: fn(&Change) -> &'static str, separator: &str| {
        let texts: Vec<_> = changes.iter().map(text).filter(|t| !t.is_empty()).collect();
        texts.join(separator)
    };
    let risk = joined(|c| c.risk, " ");
    Some(
        Remedy::new(Operation::ModifyDbInstance, resource, state(|c| &c.from), state(|c| &c.to))
            .explained(
                format!("Change this database: {}", joined(|c| c.what, ", ")),
                if risk.is_empty() {
                    "None known: takes effect without a restart.".into()
                } else {
                    risk
                },
            ),
    )
}

fn changes(db: &DbInstance) -> Vec<Change> {
    let switch = |setting, is: bool, to: bool, applies: bool, what, risk| {
        (applies && is != to).then(|| Change {
            setting,
            from: json!(is),
            to: json!(to),
            what,
            risk,
        })
    };
    let backups =
        (has_own_backups(db) && db.backup_retention_days < MIN_BACKUP_DAYS).then(|| Change {
            setting: "backup_retention_days",
            from: json!(db.backup_retention_days),
            to: json!(MIN_BACKUP_DAYS),
            what: "keep backups for 7 days",
            risk: if db.backup_retention_days == 0 {
                "Turning backups on interrupts the database for a few seconds."
            } else {
                ""
            },
        });
    let switches = [
        switch(
            "publicly_accessible",
            db.publicly_accessible,
            false,
            true,
            "take its public address away",
            "Clients outside the VPC can no longer connect.",
        ),
        switch(
            "deletion_protection",
            db.deletion_protection,
            true,
            !is_member(db),
            "protect it from deletion",
            "",
        ),
        switch(
            "auto_minor_version_upgrade",
            db.auto_minor_version_upgrade,
            true,
            true,
            "apply minor versions in the maintenance window",
            "",
        ),
        switch(
            "copy_tags_to_snapshot",
            db.copy_tags_to_snapshot,
            true,
            !is_member(db),
            "copy its tags to snapshots",
            "",
        ),
    ];
    backups.into_iter().chain(switches.into_iter().flatten()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::db;

    #[test]
    fn one_change_mends_everything() {
        let remedy = mend(&db(|db| {
            db.publicly_accessible = true;
            db.backup_retention_days = 0;
            db.deletion_protection = false;
        }))
        .unwrap();
        assert_eq!(
            remedy.action.desired,
            TargetState::present([
                ("backup_retention_days", json!(7)),
                ("deletion_protection", json!(true)),
                ("publicly_accessible", json!(false)),
            ])
        );
        assert!(remedy.risk.contains("interrupts") && remedy.risk.contains("outside the VPC"));
    }

    #[test]
    fn what_a_cluster_owns_is_left_to_it() {
        let member = db(|db| {
            db.cluster_id = Some("aurora".into());
            db.deletion_protection = false;
            db.copy_tags_to_snapshot = false;
            db.backup_retention_days = 1;
        });
        assert_eq!(mend(&member), None);
    }

    #[test]
    fn a_database_that_is_right_or_stopped_is_left_alone() {
        assert_eq!(mend(&db(|_| {})), None);
        let stopped = db(|db| {
            db.status = "stopped".into();
            db.deletion_protection = false;
        });
        assert_eq!(mend(&stopped), None);
    }
}
