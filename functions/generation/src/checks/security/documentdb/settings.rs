//! Controls of `DocumentDB` that compare one setting.

use miyabi_types::resource::{ResourceKind, rds::DbCluster};

use super::super::row::{ROW, Row, of};
use crate::check::{Check, Reading, Threshold};

/// The table.
pub const CHECKS: [Check; 4] = [
    Row {
        id: "documentdb_cluster_unencrypted",
        title: "DocumentDB cluster is not encrypted",
        control: &["DocumentDB.1"],
        kinds: &[ResourceKind::RdsDbCluster],
        must: &[Threshold { what: "StorageEncrypted", value: "true" }],
        read: of!(RdsDbCluster, |it| documentdb(it, Reading::on(it.storage_encrypted))),
        ..ROW
    }
    .check(),
    Row {
        id: "documentdb_cluster_backups_short",
        title: "DocumentDB backups are kept for less than a week",
        control: &["DocumentDB.2"],
        kinds: &[ResourceKind::RdsDbCluster],
        must: &[Threshold { what: "BackupRetentionPeriod", value: "at least 7 days" }],
        read: of!(RdsDbCluster, |it| documentdb(
            it,
            Reading::must(it.backup_retention_days >= 7, it.backup_retention_days)
        )),
        ..ROW
    }
    .check(),
    Row {
        id: "documentdb_cluster_no_audit_log",
        title: "DocumentDB cluster sends no audit log to CloudWatch",
        control: &["DocumentDB.4"],
        kinds: &[ResourceKind::RdsDbCluster],
        must: &[Threshold { what: "EnabledCloudwatchLogsExports", value: "audit" }],
        read: of!(RdsDbCluster, |it| documentdb(
            it,
            Reading::must(it.log_exports.iter().any(|log| log == "audit"), "without audit")
        )),
        ..ROW
    }
    .check(),
    Row {
        id: "documentdb_cluster_no_deletion_protection",
        title: "DocumentDB cluster can be deleted by mistake",
        control: &["DocumentDB.5"],
        kinds: &[ResourceKind::RdsDbCluster],
        must: &[Threshold { what: "DeletionProtection", value: "true" }],
        read: of!(RdsDbCluster, |it| documentdb(it, Reading::on(it.deletion_protection))),
        ..ROW
    }
    .check(),
];

/// Of clusters of `DocumentDB`, which RDS lists among its own.
fn documentdb(cluster: &DbCluster, reading: Reading) -> Reading {
    if cluster.engine == "docdb" { reading } else { Reading::NotApplicable }
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::fixture::{
        Expect::{Clear, NotApplicable, Risk},
        check_table, documentdb_cluster,
    };

    #[test]
    fn every_row_judges() {
        check_table(
            &CHECKS,
            vec![
                ("DocumentDB.1", documentdb_cluster(|_| {}), Clear),
                ("DocumentDB.1", documentdb_cluster(|c| c.storage_encrypted = false), Risk),
                (
                    "DocumentDB.1",
                    documentdb_cluster(|c| c.engine = "aurora-mysql".into()),
                    NotApplicable,
                ),
                ("DocumentDB.2", documentdb_cluster(|_| {}), Clear),
                ("DocumentDB.2", documentdb_cluster(|c| c.backup_retention_days = 6), Risk),
                ("DocumentDB.4", documentdb_cluster(|_| {}), Clear),
                ("DocumentDB.4", documentdb_cluster(|c| c.log_exports.clear()), Risk),
                ("DocumentDB.5", documentdb_cluster(|_| {}), Clear),
                ("DocumentDB.5", documentdb_cluster(|c| c.deletion_protection = false), Risk),
            ],
        );
    }
}
