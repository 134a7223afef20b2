//! Controls of RDS that compare one setting.

use miyabi_types::{
    action::Operation,
    evidence::Unavailable,
    finding::Severity,
    resource::{ResourceConfig, ResourceKind, rds::DbInstance},
};

use super::{
    super::row::{ROW, Row},
    mending::{MIN_BACKUP_DAYS, has_own_backups, is_member, mend},
};
use crate::check::{Check, Reading, Threshold};

/// A row of an instance's setting.
const INSTANCE: Row = Row { kinds: &[ResourceKind::RdsDbInstance], ..ROW };
/// One that the common change mends.
const MENDED: Row = Row { operation: Some(Operation::ModifyDbInstance), remedy: mend, ..INSTANCE };

/// The table.
pub const CHECKS: [Check; 11] = [
    Row {
        id: "rds_instance_publicly_accessible",
        title: "Database has a public address",
        control: &["RDS.2"],
        severity: Severity::Critical,
        must: &[Threshold { what: "PubliclyAccessible", value: "false" }],
        read: |c| db(c, |db| Reading::must(!db.publicly_accessible, db.publicly_accessible)),
        ..MENDED
    }
    .check(),
    Row {
        id: "rds_instance_unencrypted",
        title: "Database storage is not encrypted",
        control: &["RDS.3"],
        must: &[Threshold { what: "StorageEncrypted", value: "true" }],
        read: |c| db(c, |db| Reading::must(db.storage_encrypted, db.storage_encrypted)),
        ..INSTANCE
    }
    .check(),
    Row {
        id: "rds_instance_single_az",
        title: "Database runs in one zone only",
        control: &["RDS.5"],
        must: &[Threshold { what: "MultiAZ", value: "true" }],
        read: |c| own(c, |db| Reading::must(db.multi_az, db.multi_az)),
        ..INSTANCE
    }
    .check(),
    Row {
        id: "rds_instance_no_enhanced_monitoring",
        title: "Database has no enhanced monitoring",
        control: &["RDS.6"],
        severity: Severity::Low,
        must: &[Threshold { what: "MonitoringInterval", value: "above 0 seconds" }],
        read: |c| {
            db(c, |db| {
                let interval = db.monitoring_interval_seconds;
                Reading::must(interval > 0, interval)
            })
        },
        ..INSTANCE
    }
    .check(),
    Row {
        id: "rds_instance_no_deletion_protection",
        title: "Database can be deleted by mistake",
        control: &["RDS.8"],
        severity: Severity::Low,
        must: &[Threshold { what: "DeletionProtection", value: "true" }],
        // Db2 is not among the engines that the control names.
        read: |c| {
            own(c, |db| {
                if db.engine.starts_with("db2") {
                    Reading::NotApplicable
                } else {
                    Reading::must(db.deletion_protection, db.deletion_protection)
                }
            })
        },
        ..MENDED
    }
    .check(),
    Row {
        id: "rds_instance_no_iam_authentication",
        title: "Database knows no IAM authentication",
        control: &["RDS.10"],
        must: &[Threshold { what: "IAMDatabaseAuthenticationEnabled", value: "true" }],
        read: |c| {
            db(c, |db| {
                if knows_iam(&db.engine) && IAM_STATES.contains(&db.status.as_str()) {
                    Reading::must(db.iam_authentication, db.iam_authentication)
                } else {
                    Reading::NotApplicable
                }
            })
        },
        ..INSTANCE
    }
    .check(),
    Row {
        id: "rds_instance_backups_short",
        title: "Database backups are kept for less than a week",
        control: &["RDS.11"],
        must: &[Threshold { what: "BackupRetentionPeriod", value: "at least 7 days" }],
        read: |c| {
            db(c, |db| {
                let days = db.backup_retention_days;
                if has_own_backups(db) {
                    Reading::must(days >= MIN_BACKUP_DAYS, days)
                } else {
                    Reading::NotApplicable
                }
            })
        },
        ..MENDED
    }
    .check(),
    Row {
        id: "rds_instance_no_minor_upgrades",
        title: "Database does not apply minor versions by itself",
        control: &["RDS.13"],
        severity: Severity::High,
        must: &[Threshold { what: "AutoMinorVersionUpgrade", value: "true" }],
        read: |c| {
            db(c, |db| Reading::must(db.auto_minor_version_upgrade, db.auto_minor_version_upgrade))
        },
        ..MENDED
    }
    .check(),
    Row {
        id: "rds_instance_tags_not_copied",
        title: "Database snapshots do not get its tags",
        control: &["RDS.17"],
        severity: Severity::Low,
        must: &[Threshold { what: "CopyTagsToSnapshot", value: "true" }],
        read: |c| own(c, |db| Reading::must(db.copy_tags_to_snapshot, db.copy_tags_to_snapshot)),
        ..MENDED
    }
    .check(),
    Row {
        id: "rds_instance_default_port",
        title: "Database listens on its engine's default port",
        control: &["RDS.23"],
        severity: Severity::Low,
        kinds: &[ResourceKind::RdsDbInstance, ResourceKind::RdsDbCluster],
        must: &[Threshold { what: "Port", value: "other than the engine's default" }],
        read: |config| match config {
            ResourceConfig::RdsDbCluster(cluster) => port(cluster.port, &cluster.engine),
            _ => own(config, |db| port(db.port, &db.engine)),
        },
        ..INSTANCE
    }
    .check(),
    Row {
        id: "rds_instance_default_admin",
        title: "Database administrator has the default name",
        control: &["RDS.25"],
        must: &[Threshold { what: "MasterUsername", value: "other than admin and postgres" }],
        read: |c| {
            own(c, |db| match db.master_username.as_deref() {
                None => {
                    Reading::Unknown(Unavailable::because("AWS did not name the administrator"))
                }
                Some(name) => Reading::must(!matches!(name, "admin" | "postgres"), name),
            })
        },
        ..INSTANCE
    }
    .check(),
];

fn db(config: &ResourceConfig, read: impl Fn(&DbInstance) -> Reading) -> Reading {
    match config {
        ResourceConfig::RdsDbInstance(db) => read(db),
        _ => Reading::NotApplicable,
    }
}

/// Instances that own the setting: not members of an Aurora cluster.
fn own(config: &ResourceConfig, read: impl Fn(&DbInstance) -> Reading) -> Reading {
    db(config, |db| if is_member(db) { Reading::NotApplicable } else { read(db) })
}

/// States in which IAM database authentication is judged. Source: Security Hub RDS.10.
const IAM_STATES: [&str; 4] = ["available", "backing-up", "storage-optimization", "storage-full"];

/// Engines with IAM database authentication. Source: Security Hub RDS.10.
fn knows_iam(engine: &str) -> bool {
    matches!(engine, "mysql" | "postgres" | "mariadb") || engine.starts_with("aurora")
}

fn port(port: Option<i32>, engine: &str) -> Reading {
    match (port, default_port(engine)) {
        (_, None) => Reading::NotApplicable,
        (None, _) => Reading::Unknown(Unavailable::because("the database has no endpoint yet")),
        (Some(port), Some(default)) => Reading::must(port != default, port),
    }
}

/// The port an engine listens on unless told otherwise. Source: the user guides of RDS and Aurora, creating a
/// database.
fn default_port(engine: &str) -> Option<i32> {
    match engine {
        "mysql" | "mariadb" | "aurora" | "aurora-mysql" => Some(3306),
        "postgres" | "aurora-postgresql" => Some(5432),
        other if other.starts_with("oracle") => Some(1521),
        other if other.starts_with("sqlserver") => Some(1433),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{
        Expect::{Clear, NotApplicable, NotEvaluated, Risk},
        check_table, db, db_cluster,
    };

    #[test]
    fn every_row_judges() {
        let member = |edit: fn(&mut DbInstance)| {
            db(|db| {
                db.cluster_id = Some("aurora".into());
                edit(db);
            })
        };
        check_table(
            &CHECKS,
            vec![
                ("RDS.2", db(|_| {}), Clear),
                ("RDS.2", db(|db| db.publicly_accessible = true), Risk),
                ("RDS.3", db(|_| {}), Clear),
                ("RDS.3", db(|db| db.storage_encrypted = false), Risk),
                ("RDS.5", db(|db| db.multi_az = true), Clear),
                ("RDS.5", db(|_| {}), Risk),
                ("RDS.5", member(|_| {}), NotApplicable),
                ("RDS.6", db(|db| db.monitoring_interval_seconds = 1), Clear),
                ("RDS.6", db(|db| db.monitoring_interval_seconds = 0), Risk),
                ("RDS.8", db(|_| {}), Clear),
                ("RDS.8", db(|db| db.deletion_protection = false), Risk),
                ("RDS.8", member(|db| db.deletion_protection = false), NotApplicable),
                ("RDS.8", db(|db| db.engine = "db2-se".into()), NotApplicable),
                ("RDS.10", db(|_| {}), Clear),
                ("RDS.10", db(|db| db.iam_authentication = false), Risk),
                ("RDS.10", db(|db| db.engine = "oracle-se2".into()), NotApplicable),
                ("RDS.10", db(|db| db.status = "stopped".into()), NotApplicable),
                ("RDS.11", db(|db| db.backup_retention_days = 7), Clear),
                ("RDS.11", db(|db| db.backup_retention_days = 6), Risk),
                ("RDS.11", db(|db| db.replica_of = Some("main".into())), NotApplicable),
                ("RDS.13", db(|_| {}), Clear),
                ("RDS.13", db(|db| db.auto_minor_version_upgrade = false), Risk),
                ("RDS.17", db(|_| {}), Clear),
                ("RDS.17", db(|db| db.copy_tags_to_snapshot = false), Risk),
                ("RDS.17", member(|db| db.copy_tags_to_snapshot = false), NotApplicable),
                ("RDS.23", db(|_| {}), Clear),
                ("RDS.23", db(|db| db.port = Some(3306)), Risk),
                ("RDS.23", db(|db| db.port = None), NotEvaluated("no endpoint")),
                ("RDS.23", member(|db| db.port = Some(3306)), NotApplicable),
                ("RDS.23", db_cluster(|c| c.port = Some(3306)), Risk),
                ("RDS.23", db_cluster(|c| c.port = Some(3310)), Clear),
                ("RDS.23", db_cluster(|c| c.engine = "docdb".into()), NotApplicable),
                ("RDS.25", db(|_| {}), Clear),
                ("RDS.25", db(|db| db.master_username = Some("admin".into())), Risk),
                ("RDS.25", db(|db| db.master_username = None), NotEvaluated("administrator")),
                ("RDS.25", member(|db| db.master_username = Some("admin".into())), NotApplicable),
            ],
        );
    }
}
