//! Controls of RDS and Aurora clusters that compare one setting.

use miyabi_types::{
    evidence::Unavailable,
    finding::Severity,
    resource::{ResourceKind, rds::DbCluster},
};

use super::{
    super::row::{ROW, Row, of},
    mending::MIN_BACKUP_DAYS,
};
use crate::check::{Check, Reading, Threshold};

/// The table.
pub const CHECKS: [Check; 13] = [
    Row {
        id: "rds_cluster_no_deletion_protection",
        title: "Database cluster can be deleted by mistake",
        control: &["RDS.7"],
        kinds: &[ResourceKind::RdsDbCluster],
        must: &[Threshold { what: "DeletionProtection", value: "true" }],
        read: of!(RdsDbCluster, |it| own(it, Reading::on(it.deletion_protection))),
        ..ROW
    }
    .check(),
    Row {
        id: "rds_cluster_no_iam_authentication",
        title: "Database cluster knows no IAM authentication",
        control: &["RDS.12"],
        kinds: &[ResourceKind::RdsDbCluster],
        must: &[Threshold { what: "IAMDatabaseAuthenticationEnabled", value: "true" }],
        read: of!(RdsDbCluster, |it| own(it, Reading::on(it.iam_authentication))),
        ..ROW
    }
    .check(),
    Row {
        id: "rds_cluster_no_backtrack",
        title: "Aurora cluster cannot be turned back in time",
        control: &["RDS.14"],
        kinds: &[ResourceKind::RdsDbCluster],
        must: &[Threshold { what: "BacktrackWindow", value: "above 0 seconds, for Aurora MySQL" }],
        read: of!(RdsDbCluster, |it| engine(
            it,
            "aurora-mysql",
            Reading::must(it.backtrack_seconds > 0, it.backtrack_seconds)
        )),
        ..ROW
    }
    .check(),
    Row {
        id: "rds_cluster_single_az",
        title: "Database cluster runs in one zone only",
        control: &["RDS.15"],
        kinds: &[ResourceKind::RdsDbCluster],
        must: &[Threshold { what: "MultiAZ", value: "true" }],
        read: of!(RdsDbCluster, |it| own(it, Reading::on(it.multi_az))),
        ..ROW
    }
    .check(),
    Row {
        id: "rds_cluster_tags_not_copied",
        title: "Snapshots of the Aurora cluster do not get its tags",
        control: &["RDS.16"],
        must: &[Threshold { what: "CopyTagsToSnapshot", value: "true, for Aurora" }],
        read: of!(RdsDbCluster, |it| tags(it, &["aurora", "aurora-mysql", "aurora-postgresql"])),
        ..TAGS
    }
    .check(),
    Row {
        id: "rds_cluster_mysql_tags_not_copied",
        title: "Snapshots of the MySQL cluster do not get its tags",
        control: &["RDS.48"],
        must: &[Threshold { what: "CopyTagsToSnapshot", value: "true, for MySQL" }],
        read: of!(RdsDbCluster, |it| tags(it, &["mysql"])),
        ..TAGS
    }
    .check(),
    Row {
        id: "rds_cluster_postgresql_tags_not_copied",
        title: "Snapshots of the PostgreSQL cluster do not get its tags",
        control: &["RDS.47"],
        must: &[Threshold { what: "CopyTagsToSnapshot", value: "true, for PostgreSQL" }],
        read: of!(RdsDbCluster, |it| tags(it, &["postgres"])),
        ..TAGS
    }
    .check(),
    Row {
        id: "rds_cluster_backups_short",
        title: "Backups of the database cluster are kept for less than a week",
        control: &["RDS.50"],
        kinds: &[ResourceKind::RdsDbCluster],
        must: &[Threshold { what: "BackupRetentionPeriod", value: "at least 7 days" }],
        // Of DocumentDB and Neptune as well, beside their own controls.
        read: of!(RdsDbCluster, |it| Reading::must(
            it.backup_retention_days >= MIN_BACKUP_DAYS,
            it.backup_retention_days
        )),
        ..ROW
    }
    .check(),
    Row {
        id: "rds_cluster_default_admin",
        title: "Administrator of the database cluster has the default name",
        control: &["RDS.24"],
        kinds: &[ResourceKind::RdsDbCluster],
        must: &[Threshold { what: "MasterUsername", value: "other than admin and postgres" }],
        read: of!(RdsDbCluster, |it| own(it, admin(it))),
        ..ROW
    }
    .check(),
    Row {
        id: "rds_cluster_unencrypted",
        title: "Storage of the database cluster is not encrypted",
        control: &["RDS.27"],
        kinds: &[ResourceKind::RdsDbCluster],
        must: &[Threshold { what: "StorageEncrypted", value: "true" }],
        read: of!(RdsDbCluster, |it| own(it, Reading::on(it.storage_encrypted))),
        ..ROW
    }
    .check(),
    Row {
        id: "rds_cluster_no_audit_log",
        title: "Aurora MySQL cluster sends no audit log to CloudWatch",
        control: &["RDS.34"],
        kinds: &[ResourceKind::RdsDbCluster],
        must: &[Threshold {
            what: "EnabledCloudwatchLogsExports",
            value: "audit, for Aurora MySQL",
        }],
        read: of!(RdsDbCluster, |it| if it.engine_mode.as_deref() == Some("serverless") {
            // Serverless v1 gets no findings.
            Reading::NotApplicable
        } else {
            engine(it, "aurora-mysql", exports(it, "audit"))
        }),
        ..ROW
    }
    .check(),
    Row {
        id: "rds_cluster_no_minor_upgrades",
        title: "Database cluster does not apply minor versions by itself",
        control: &["RDS.35"],
        kinds: &[ResourceKind::RdsDbCluster],
        must: &[Threshold {
            what: "AutoMinorVersionUpgrade",
            value: "true, where the cluster has it",
        }],
        read: of!(RdsDbCluster, |it| own(
            it,
            it.auto_minor_version_upgrade.map_or(Reading::NotApplicable, Reading::on)
        )),
        ..ROW
    }
    .check(),
    Row {
        id: "rds_cluster_no_postgresql_log",
        title: "Aurora PostgreSQL cluster sends no logs to CloudWatch",
        control: &["RDS.37"],
        kinds: &[ResourceKind::RdsDbCluster],
        must: &[Threshold {
            what: "EnabledCloudwatchLogsExports",
            value: "postgresql, for Aurora PostgreSQL",
        }],
        read: of!(RdsDbCluster, |it| engine(it, "aurora-postgresql", exports(it, "postgresql"))),
        ..ROW
    }
    .check(),
];

/// A row of tags that snapshots should get: each family of engines has its own control.
const TAGS: Row = Row { severity: Severity::Low, kinds: &[ResourceKind::RdsDbCluster], ..ROW };

fn tags(cluster: &DbCluster, engines: &[&str]) -> Reading {
    if engines.contains(&cluster.engine.as_str()) {
        Reading::on(cluster.copy_tags_to_snapshot)
    } else {
        Reading::NotApplicable
    }
}

/// Of RDS and Aurora; `DocumentDB` and Neptune have controls of their own.
fn own(cluster: &DbCluster, reading: Reading) -> Reading {
    if matches!(cluster.engine.as_str(), "docdb" | "neptune") {
        Reading::NotApplicable
    } else {
        reading
    }
}

fn engine(cluster: &DbCluster, engine: &str, reading: Reading) -> Reading {
    if cluster.engine == engine { reading } else { Reading::NotApplicable }
}

fn exports(cluster: &DbCluster, log: &str) -> Reading {
    let has = cluster.log_exports.iter().any(|exported| exported == log);
    Reading::must(has, format!("without {log}"))
}

fn admin(cluster: &DbCluster) -> Reading {
    match cluster.master_username.as_deref() {
        None => Reading::Unknown(Unavailable::because("AWS did not name the administrator")),
        Some(name) => Reading::must(!matches!(name, "admin" | "postgres"), name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::fixture::{
        Expect::{Clear, NotApplicable, NotEvaluated, Risk},
        check_table, db_cluster, postgres_cluster,
    };

    #[test]
    fn every_row_judges() {
        check_table(
            &CHECKS,
            vec![
                ("RDS.7", db_cluster(|_| {}), Clear),
                ("RDS.7", db_cluster(|c| c.deletion_protection = false), Risk),
                ("RDS.7", db_cluster(|c| c.engine = "docdb".into()), NotApplicable),
                ("RDS.12", db_cluster(|_| {}), Clear),
                ("RDS.12", db_cluster(|c| c.iam_authentication = false), Risk),
                ("RDS.14", db_cluster(|_| {}), Clear),
                ("RDS.14", db_cluster(|c| c.backtrack_seconds = 0), Risk),
                ("RDS.14", db_cluster(|c| c.engine = "aurora-postgresql".into()), NotApplicable),
                ("RDS.15", db_cluster(|_| {}), Clear),
                ("RDS.15", db_cluster(|c| c.multi_az = false), Risk),
                ("RDS.16", db_cluster(|_| {}), Clear),
                ("RDS.16", db_cluster(|c| c.copy_tags_to_snapshot = false), Risk),
                ("RDS.16", db_cluster(|c| c.engine = "mysql".into()), NotApplicable),
                ("RDS.47", db_cluster(|c| c.engine = "postgres".into()), Clear),
                (
                    "RDS.47",
                    db_cluster(|c| {
                        c.engine = "postgres".into();
                        c.copy_tags_to_snapshot = false;
                    }),
                    Risk,
                ),
                ("RDS.47", db_cluster(|_| {}), NotApplicable),
                ("RDS.48", db_cluster(|c| c.engine = "mysql".into()), Clear),
                (
                    "RDS.48",
                    db_cluster(|c| {
                        c.engine = "mysql".into();
                        c.copy_tags_to_snapshot = false;
                    }),
                    Risk,
                ),
                ("RDS.48", db_cluster(|_| {}), NotApplicable),
                ("RDS.50", db_cluster(|c| c.backup_retention_days = 7), Clear),
                ("RDS.50", db_cluster(|c| c.backup_retention_days = 6), Risk),
                ("RDS.24", db_cluster(|_| {}), Clear),
                ("RDS.24", db_cluster(|c| c.master_username = Some("postgres".into())), Risk),
                ("RDS.24", db_cluster(|c| c.master_username = None), NotEvaluated("administrator")),
                ("RDS.27", db_cluster(|_| {}), Clear),
                ("RDS.27", db_cluster(|c| c.storage_encrypted = false), Risk),
                ("RDS.34", db_cluster(|_| {}), Clear),
                ("RDS.34", db_cluster(|c| c.log_exports.clear()), Risk),
                (
                    "RDS.34",
                    db_cluster(|c| c.engine_mode = Some("serverless".into())),
                    NotApplicable,
                ),
                ("RDS.35", db_cluster(|_| {}), Clear),
                ("RDS.35", db_cluster(|c| c.auto_minor_version_upgrade = Some(false)), Risk),
                ("RDS.35", db_cluster(|c| c.auto_minor_version_upgrade = None), NotApplicable),
                ("RDS.37", postgres_cluster(|_| {}), Clear),
                ("RDS.37", postgres_cluster(|c| c.log_exports.clear()), Risk),
            ],
        );
    }
}
