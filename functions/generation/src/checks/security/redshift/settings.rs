//! Controls of Redshift that compare one setting.

use miyabi_types::{evidence::Unavailable, finding::Severity, resource::ResourceKind};

use super::super::row::{ROW, Row, of};
use crate::check::{Check, Reading, Threshold};

/// The table.
pub const CHECKS: [Check; 9] = [
    Row {
        id: "redshift_public",
        title: "Redshift cluster has a public address",
        control: &["Redshift.1"],
        severity: Severity::Critical,
        kinds: &[ResourceKind::RedshiftCluster],
        must: &[Threshold { what: "PubliclyAccessible", value: "false" }],
        read: of!(RedshiftCluster, |it| Reading::off(it.publicly_accessible)),
        ..ROW
    }
    .check(),
    Row {
        id: "redshift_plain_connections",
        title: "Redshift cluster accepts connections without TLS",
        control: &["Redshift.2"],
        kinds: &[ResourceKind::RedshiftCluster],
        must: &[Threshold { what: "require_ssl", value: "true" }],
        read: of!(RedshiftCluster, |it| Reading::of(&it.require_ssl, |on| Reading::on(*on))),
        ..ROW
    }
    .check(),
    Row {
        id: "redshift_backups_short",
        title: "Snapshots of the Redshift cluster are kept for less than a week",
        control: &["Redshift.3"],
        kinds: &[ResourceKind::RedshiftCluster],
        must: &[Threshold { what: "AutomatedSnapshotRetentionPeriod", value: "at least 7 days" }],
        read: of!(RedshiftCluster, |it| Reading::must(
            it.snapshot_retention_days >= 7,
            it.snapshot_retention_days
        )),
        ..ROW
    }
    .check(),
    Row {
        id: "redshift_not_logged",
        title: "Redshift cluster writes no audit log",
        control: &["Redshift.4"],
        kinds: &[ResourceKind::RedshiftCluster],
        must: &[Threshold { what: "LoggingEnabled", value: "true" }],
        read: of!(RedshiftCluster, |it| Reading::of(&it.audit_logging, |on| Reading::on(*on))),
        ..ROW
    }
    .check(),
    Row {
        id: "redshift_no_upgrades",
        title: "Redshift cluster does not apply versions by itself",
        control: &["Redshift.6"],
        kinds: &[ResourceKind::RedshiftCluster],
        must: &[Threshold { what: "AllowVersionUpgrade", value: "true" }],
        read: of!(RedshiftCluster, |it| Reading::on(it.allow_version_upgrade)),
        ..ROW
    }
    .check(),
    Row {
        id: "redshift_copies_outside_vpc",
        title: "COPY and UNLOAD of the Redshift cluster leave the VPC",
        control: &["Redshift.7"],
        kinds: &[ResourceKind::RedshiftCluster],
        must: &[Threshold { what: "EnhancedVpcRouting", value: "true" }],
        read: of!(RedshiftCluster, |it| Reading::on(it.enhanced_vpc_routing)),
        ..ROW
    }
    .check(),
    Row {
        id: "redshift_default_admin",
        title: "Administrator of the Redshift cluster has the default name",
        control: &["Redshift.8"],
        kinds: &[ResourceKind::RedshiftCluster],
        must: &[Threshold { what: "MasterUsername", value: "other than awsuser" }],
        read: of!(RedshiftCluster, |it| named(it.master_username.as_deref(), "awsuser")),
        ..ROW
    }
    .check(),
    Row {
        id: "redshift_unencrypted",
        title: "Redshift cluster is not encrypted",
        control: &["Redshift.10"],
        kinds: &[ResourceKind::RedshiftCluster],
        must: &[Threshold { what: "Encrypted", value: "true" }],
        read: of!(RedshiftCluster, |it| Reading::on(it.encrypted)),
        ..ROW
    }
    .check(),
    Row {
        id: "redshift_single_az",
        title: "Redshift cluster runs in one zone only",
        control: &["Redshift.18"],
        kinds: &[ResourceKind::RedshiftCluster],
        must: &[Threshold { what: "MultiAZ", value: "enabled" }],
        read: of!(RedshiftCluster, |it| Reading::on(it.multi_az)),
        ..ROW
    }
    .check(),
];

fn named(name: Option<&str>, default: &str) -> Reading {
    match name {
        None => Reading::Unknown(Unavailable::because("AWS did not name it")),
        Some(name) => Reading::must(name != default, name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{
        Expect::{Clear, NotEvaluated, Risk},
        check_table, denied, redshift_cluster,
    };
    use miyabi_types::evidence::Evidence;

    #[test]
    fn every_row_judges() {
        check_table(
            &CHECKS,
            vec![
                ("Redshift.1", redshift_cluster(|_| {}), Clear),
                ("Redshift.1", redshift_cluster(|c| c.publicly_accessible = true), Risk),
                ("Redshift.2", redshift_cluster(|_| {}), Clear),
                ("Redshift.2", redshift_cluster(|c| c.require_ssl = Evidence::Known(false)), Risk),
                (
                    "Redshift.2",
                    redshift_cluster(|c| {
                        c.require_ssl = denied("redshift:DescribeClusterParameters");
                    }),
                    NotEvaluated("denied"),
                ),
                ("Redshift.3", redshift_cluster(|_| {}), Clear),
                ("Redshift.3", redshift_cluster(|c| c.snapshot_retention_days = 6), Risk),
                ("Redshift.4", redshift_cluster(|_| {}), Clear),
                (
                    "Redshift.4",
                    redshift_cluster(|c| c.audit_logging = Evidence::Known(false)),
                    Risk,
                ),
                ("Redshift.6", redshift_cluster(|_| {}), Clear),
                ("Redshift.6", redshift_cluster(|c| c.allow_version_upgrade = false), Risk),
                ("Redshift.7", redshift_cluster(|_| {}), Clear),
                ("Redshift.7", redshift_cluster(|c| c.enhanced_vpc_routing = false), Risk),
                ("Redshift.8", redshift_cluster(|_| {}), Clear),
                (
                    "Redshift.8",
                    redshift_cluster(|c| c.master_username = Some("awsuser".into())),
                    Risk,
                ),
                (
                    "Redshift.8",
                    redshift_cluster(|c| c.master_username = None),
                    NotEvaluated("did not name"),
                ),
                ("Redshift.10", redshift_cluster(|_| {}), Clear),
                ("Redshift.10", redshift_cluster(|c| c.encrypted = false), Risk),
                ("Redshift.18", redshift_cluster(|_| {}), Clear),
                ("Redshift.18", redshift_cluster(|c| c.multi_az = false), Risk),
            ],
        );
    }
}
