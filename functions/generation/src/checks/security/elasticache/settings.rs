//! Controls of `ElastiCache` that compare one setting.

use miyabi_types::{
    finding::Severity,
    resource::{ResourceConfig, ResourceKind},
};

use super::super::row::{ROW, Row, of};
use crate::check::{Check, Reading, Threshold};

/// The table.
pub const CHECKS: [Check; 6] = [
    Row {
        id: "elasticache_no_backups",
        title: "Cache is not backed up",
        control: &["ElastiCache.1"],
        severity: Severity::High,
        kinds: &[ResourceKind::ElastiCacheCluster, ResourceKind::ElastiCacheReplicationGroup],
        must: &[Threshold { what: "SnapshotRetentionLimit", value: "at least 1 day" }],
        read: backups,
        ..ROW
    }
    .check(),
    Row {
        id: "elasticache_no_minor_upgrades",
        title: "Cache does not apply minor versions by itself",
        control: &["ElastiCache.2"],
        severity: Severity::High,
        kinds: &[ResourceKind::ElastiCacheCluster],
        must: &[Threshold { what: "AutoMinorVersionUpgrade", value: "true" }],
        read: of!(ElastiCacheCluster, |cache| Reading::on(cache.auto_minor_version_upgrade)),
        ..ROW
    }
    .check(),
    Row {
        id: "elasticache_no_failover",
        title: "No replica takes over when the cache's primary fails",
        control: &["ElastiCache.3"],
        kinds: &[ResourceKind::ElastiCacheReplicationGroup],
        must: &[Threshold { what: "AutomaticFailover", value: "enabled" }],
        read: of!(ElastiCacheReplicationGroup, |group| Reading::on(group.automatic_failover)),
        ..ROW
    }
    .check(),
    Row {
        id: "elasticache_unencrypted",
        title: "Data of the cache at rest is not encrypted",
        control: &["ElastiCache.4"],
        kinds: &[ResourceKind::ElastiCacheReplicationGroup],
        must: &[Threshold { what: "AtRestEncryptionEnabled", value: "true" }],
        read: of!(ElastiCacheReplicationGroup, |group| Reading::on(group.at_rest_encryption)),
        ..ROW
    }
    .check(),
    Row {
        id: "elasticache_plain_traffic",
        title: "Traffic of the cache is not encrypted",
        control: &["ElastiCache.5"],
        kinds: &[ResourceKind::ElastiCacheReplicationGroup],
        must: &[Threshold { what: "TransitEncryptionEnabled", value: "true" }],
        read: of!(ElastiCacheReplicationGroup, |group| Reading::on(group.transit_encryption)),
        ..ROW
    }
    .check(),
    Row {
        id: "elasticache_default_subnets",
        title: "Cache is in the default subnet group",
        control: &["ElastiCache.7"],
        severity: Severity::High,
        kinds: &[ResourceKind::ElastiCacheCluster],
        must: &[Threshold { what: "CacheSubnetGroupName", value: "other than default" }],
        read: of!(ElastiCacheCluster, |cache| Reading::must(
            cache.subnet_group.as_deref() != Some("default"),
            "default"
        )),
        ..ROW
    }
    .check(),
];

/// Of replication groups, and of clusters that are in none; Memcached keeps no backups.
fn backups(config: &ResourceConfig) -> Reading {
    let days = match config {
        ResourceConfig::ElastiCacheReplicationGroup(group) => group.snapshot_retention_days,
        ResourceConfig::ElastiCacheCluster(cache)
            if cache.engine != "memcached" && cache.replication_group_id.is_none() =>
        {
            cache.snapshot_retention_days
        }
        _ => return Reading::NotApplicable,
    };
    Reading::must(days >= 1, days)
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::fixture::{
        Expect::{Clear, Risk},
        cache_cluster, check_table, replication_group,
    };

    #[test]
    fn every_row_judges() {
        check_table(
            &CHECKS,
            vec![
                ("ElastiCache.1", replication_group(|_| {}), Clear),
                ("ElastiCache.1", replication_group(|g| g.snapshot_retention_days = 0), Risk),
                ("ElastiCache.2", cache_cluster(|_| {}), Clear),
                ("ElastiCache.2", cache_cluster(|c| c.auto_minor_version_upgrade = false), Risk),
                ("ElastiCache.3", replication_group(|_| {}), Clear),
                ("ElastiCache.3", replication_group(|g| g.automatic_failover = false), Risk),
                ("ElastiCache.4", replication_group(|_| {}), Clear),
                ("ElastiCache.4", replication_group(|g| g.at_rest_encryption = false), Risk),
                ("ElastiCache.5", replication_group(|_| {}), Clear),
                ("ElastiCache.5", replication_group(|g| g.transit_encryption = false), Risk),
                ("ElastiCache.7", cache_cluster(|_| {}), Clear),
                ("ElastiCache.7", cache_cluster(|c| c.subnet_group = Some("default".into())), Risk),
            ],
        );
    }
}
