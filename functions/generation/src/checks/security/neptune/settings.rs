//! Controls of Neptune that compare one setting.

use miyabi_types::{
    finding::Severity,
    resource::{ResourceKind, rds::DbCluster},
};

use super::super::row::{ROW, Row, of};
use crate::check::{Check, Reading, Threshold};

/// The table.
pub const CHECKS: [Check; 6] = [
    Row {
        id: "neptune_cluster_unencrypted",
        title: "Neptune cluster is not encrypted",
        control: &["Neptune.1"],
        kinds: &[ResourceKind::RdsDbCluster],
        must: &[Threshold { what: "StorageEncrypted", value: "true" }],
        read: of!(RdsDbCluster, |it| neptune(it, Reading::on(it.storage_encrypted))),
        ..ROW
    }
    .check(),
    Row {
        id: "neptune_cluster_no_audit_log",
        title: "Neptune cluster sends no audit log to CloudWatch",
        control: &["Neptune.2"],
        kinds: &[ResourceKind::RdsDbCluster],
        must: &[Threshold { what: "EnabledCloudwatchLogsExports", value: "audit" }],
        read: of!(RdsDbCluster, |it| neptune(
            it,
            Reading::must(it.log_exports.iter().any(|log| log == "audit"), "without audit")
        )),
        ..ROW
    }
    .check(),
    Row {
        id: "neptune_cluster_no_deletion_protection",
        title: "Neptune cluster can be deleted by mistake",
        control: &["Neptune.4"],
        severity: Severity::Low,
        kinds: &[ResourceKind::RdsDbCluster],
        must: &[Threshold { what: "DeletionProtection", value: "true" }],
        read: of!(RdsDbCluster, |it| neptune(it, Reading::on(it.deletion_protection))),
        ..ROW
    }
    .check(),
    Row {
        id: "neptune_cluster_backups_short",
        title: "Neptune backups are kept for less than a week",
        control: &["Neptune.5"],
        kinds: &[ResourceKind::RdsDbCluster],
        must: &[Threshold { what: "BackupRetentionPeriod", value: "at least 7 days" }],
        read: of!(RdsDbCluster, |it| neptune(
            it,
            Reading::must(it.backup_retention_days >= 7, it.backup_retention_days)
        )),
        ..ROW
    }
    .check(),
    Row {
        id: "neptune_cluster_no_iam_authentication",
        title: "Neptune cluster knows no IAM authentication",
        control: &["Neptune.7"],
        kinds: &[ResourceKind::RdsDbCluster],
        must: &[Threshold { what: "IAMDatabaseAuthenticationEnabled", value: "true" }],
        read: of!(RdsDbCluster, |it| neptune(it, Reading::on(it.iam_authentication))),
        ..ROW
    }
    .check(),
    Row {
        id: "neptune_cluster_tags_not_copied",
        title: "Neptune snapshots do not get the cluster's tags",
        control: &["Neptune.8"],
        severity: Severity::Low,
        kinds: &[ResourceKind::RdsDbCluster],
        must: &[Threshold { what: "CopyTagsToSnapshot", value: "true" }],
        read: of!(RdsDbCluster, |it| neptune(it, Reading::on(it.copy_tags_to_snapshot))),
        ..ROW
    }
    .check(),
];

/// Of clusters of Neptune, which RDS lists among its own.
fn neptune(cluster: &DbCluster, reading: Reading) -> Reading {
    if cluster.engine == "neptune" { reading } else { Reading::NotApplicable }
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::fixture::{
        Expect::{Clear, NotApplicable, Risk},
        check_table, neptune_cluster,
    };

    #[test]
    fn every_row_judges() {
        check_table(
            &CHECKS,
            vec![
                ("Neptune.1", neptune_cluster(|_| {}), Clear),
                ("Neptune.1", neptune_cluster(|c| c.storage_encrypted = false), Risk),
                ("Neptune.1", neptune_cluster(|c| c.engine = "aurora-mysql".into()), NotApplicable),
                ("Neptune.2", neptune_cluster(|_| {}), Clear),
                ("Neptune.2", neptune_cluster(|c| c.log_exports.clear()), Risk),
                ("Neptune.4", neptune_cluster(|_| {}), Clear),
                ("Neptune.4", neptune_cluster(|c| c.deletion_protection = false), Risk),
                ("Neptune.5", neptune_cluster(|_| {}), Clear),
                ("Neptune.5", neptune_cluster(|c| c.backup_retention_days = 1), Risk),
                ("Neptune.7", neptune_cluster(|_| {}), Clear),
                ("Neptune.7", neptune_cluster(|c| c.iam_authentication = false), Risk),
                ("Neptune.8", neptune_cluster(|_| {}), Clear),
                ("Neptune.8", neptune_cluster(|c| c.copy_tags_to_snapshot = false), Risk),
            ],
        );
    }
}
