//! `ElastiCache` clusters and replication groups. AUTH tokens are never read.

use miyabi_types::resource::{ResourceConfig, ResourceKind, elasticache::CacheCluster};

use crate::iac::{
    code::Place,
    estate::What,
    expr::{Body, Concern::Data, Declaration},
};

const KEY: What = What::Itself(ResourceKind::KmsKey);
const GROUP: What = What::Itself(ResourceKind::Ec2SecurityGroup);

pub mod cluster {
    use super::*;

    pub fn why_not(cluster: &CacheCluster) -> Option<String> {
        cluster
            .replication_group_id
            .as_ref()
            .map(|group| format!("it is a node of the replication group {group}"))
    }

    pub fn terraform(place: &Place<'_, '_>) -> Vec<Declaration> {
        let ResourceConfig::ElastiCacheCluster(cluster) = &place.resource().config else {
            return Vec::new();
        };
        let id = &place.resource().id;
        let redis = cluster.engine != "memcached";
        let body = Body::new()
            .set("cluster_id", id)
            .set("engine", &cluster.engine)
            .set("engine_version", version(&cluster.engine, &cluster.engine_version))
            .set("node_type", &cluster.node_type)
            .set("num_cache_nodes", cluster.nodes)
            .maybe("parameter_group_name", cluster.parameter_group.as_deref())
            .maybe("subnet_group_name", cluster.subnet_group.as_deref())
            .some("security_group_ids", place.links(GROUP, &cluster.security_group_ids))
            .maybe("snapshot_retention_limit", redis.then_some(cluster.snapshot_retention_days))
            .set("auto_minor_version_upgrade", cluster.auto_minor_version_upgrade);
        vec![
            Declaration::new("aws_elasticache_cluster", Data, body)
                .ignoring([
                    "apply_immediately",
                    "az_mode",
                    "final_snapshot_identifier",
                    "log_delivery_configuration",
                    "notification_topic_arn",
                    "outpost_mode",
                    "timeouts",
                    "transit_encryption_enabled",
                ])
                .id(id)
                .tagged("tags"),
        ]
    }

    pub fn cloudformation(place: &Place<'_, '_>) -> Vec<Declaration> {
        let ResourceConfig::ElastiCacheCluster(cluster) = &place.resource().config else {
            return Vec::new();
        };
        let id = &place.resource().id;
        let redis = cluster.engine != "memcached";
        let body = Body::new()
            .set("ClusterName", id)
            .set("Engine", &cluster.engine)
            .set("EngineVersion", &cluster.engine_version)
            .set("CacheNodeType", &cluster.node_type)
            .set("NumCacheNodes", cluster.nodes)
            .maybe("CacheParameterGroupName", cluster.parameter_group.as_deref())
            .maybe("CacheSubnetGroupName", cluster.subnet_group.as_deref())
            .some("VpcSecurityGroupIds", place.links(GROUP, &cluster.security_group_ids))
            .maybe("SnapshotRetentionLimit", redis.then_some(cluster.snapshot_retention_days))
            .set("AutoMinorVersionUpgrade", cluster.auto_minor_version_upgrade);
        vec![
            Declaration::new("AWS::ElastiCache::CacheCluster", Data, body)
                .found_by([("ClusterName", id.clone())])
                .tagged("Tags")
                .stateful(),
        ]
    }
}

/// The version as the provider takes it: of Redis OSS 6 and later and of Valkey without the patch.
fn version(engine: &str, version: &str) -> String {
    let parts: Vec<&str> = version.split('.').collect();
    match (engine, parts.as_slice()) {
        ("redis" | "valkey", [major, minor, _])
            if major.parse::<u32>().is_ok_and(|major| major >= 6) =>
        {
            format!("{major}.{minor}")
        }
        _ => version.to_owned(),
    }
}

pub mod group {
    use miyabi_types::resource::elasticache::ReplicationGroup;

    use super::*;

    /// A node of the group: it tells what all of them have in common.
    fn node<'w>(place: &Place<'_, 'w>, group: &ReplicationGroup) -> Option<&'w CacheCluster> {
        let id = group.member_clusters.first()?;
        let found = place.estate.beside(place.at, ResourceKind::ElastiCacheCluster, id)?;
        match &found.config {
            ResourceConfig::ElastiCacheCluster(cluster) => Some(cluster),
            _ => None,
        }
    }

    /// How many replicas each shard has.
    fn replicas(group: &ReplicationGroup) -> u32 {
        let nodes = u32::try_from(group.member_clusters.len()).unwrap_or(u32::MAX);
        (nodes / group.shards.max(1)).saturating_sub(1)
    }

    pub fn terraform(place: &Place<'_, '_>) -> Vec<Declaration> {
        let ResourceConfig::ElastiCacheReplicationGroup(group) = &place.resource().config else {
            return Vec::new();
        };
        let id = &place.resource().id;
        let node = node(place, group);
        let sharded = group.cluster_mode;
        let nodes = group.member_clusters.len() as u64;
        let engine = group.engine.as_deref().or(node.map(|node| node.engine.as_str()));
        let body = Body::new()
            .set("replication_group_id", id)
            .set("description", group.description.as_deref().unwrap_or_default())
            .maybe("engine", engine)
            .maybe("engine_version", node.map(|node| version(&node.engine, &node.engine_version)))
            .set("node_type", &group.node_type)
            .maybe("num_cache_clusters", (!sharded).then_some(nodes))
            .maybe("num_node_groups", sharded.then_some(group.shards))
            .maybe("replicas_per_node_group", sharded.then(|| replicas(group)))
            .maybe("parameter_group_name", node.and_then(|node| node.parameter_group.as_deref()))
            .maybe("subnet_group_name", node.and_then(|node| node.subnet_group.as_deref()))
            .maybe(
                "security_group_ids",
                node.map(|node| place.links(GROUP, &node.security_group_ids)),
            )
            .set("automatic_failover_enabled", group.automatic_failover)
            .set("multi_az_enabled", group.multi_az)
            .set("at_rest_encryption_enabled", group.at_rest_encryption)
            .set("transit_encryption_enabled", group.transit_encryption)
            .maybe("kms_key_id", group.kms_key_id.as_deref().map(|key| place.link(KEY, key)))
            .some("user_group_ids", &group.user_group_ids)
            .set("snapshot_retention_limit", group.snapshot_retention_days)
            .set("auto_minor_version_upgrade", group.auto_minor_version_upgrade);
        vec![
            Declaration::new("aws_elasticache_replication_group", Data, body)
                .ignoring([
                    "apply_immediately",
                    "auth_token",
                    "auth_token_update_strategy",
                    "final_snapshot_identifier",
                    "log_delivery_configuration",
                    "notification_topic_arn",
                    "preferred_cache_cluster_azs",
                    "timeouts",
                    "transit_encryption_mode",
                ])
                .id(id)
                .tagged("tags"),
        ]
    }

    pub fn cloudformation(place: &Place<'_, '_>) -> Vec<Declaration> {
        let ResourceConfig::ElastiCacheReplicationGroup(group) = &place.resource().config else {
            return Vec::new();
        };
        let id = &place.resource().id;
        let node = node(place, group);
        let sharded = group.cluster_mode;
        let nodes = group.member_clusters.len() as u64;
        let engine = group.engine.as_deref().or(node.map(|node| node.engine.as_str()));
        let body = Body::new()
            .set("ReplicationGroupId", id)
            .set("ReplicationGroupDescription", group.description.as_deref().unwrap_or(id))
            .maybe("Engine", engine)
            .maybe("EngineVersion", node.map(|node| version(&node.engine, &node.engine_version)))
            .set("CacheNodeType", &group.node_type)
            .maybe("NumCacheClusters", (!sharded).then_some(nodes))
            .maybe("NumNodeGroups", sharded.then_some(group.shards))
            .maybe("ReplicasPerNodeGroup", sharded.then(|| replicas(group)))
            .maybe("CacheParameterGroupName", node.and_then(|node| node.parameter_group.as_deref()))
            .maybe("CacheSubnetGroupName", node.and_then(|node| node.subnet_group.as_deref()))
            .maybe(
                "SecurityGroupIds",
                node.map(|node| place.links(GROUP, &node.security_group_ids)),
            )
            .set("AutomaticFailoverEnabled", group.automatic_failover)
            .set("MultiAZEnabled", group.multi_az)
            .set("AtRestEncryptionEnabled", group.at_rest_encryption)
            .set("TransitEncryptionEnabled", group.transit_encryption)
            .maybe("KmsKeyId", group.kms_key_id.as_deref().map(|key| place.link(KEY, key)))
            .some("UserGroupIds", &group.user_group_ids)
            .set("SnapshotRetentionLimit", group.snapshot_retention_days)
            .set("AutoMinorVersionUpgrade", group.auto_minor_version_upgrade);
        vec![
            Declaration::new("AWS::ElastiCache::ReplicationGroup", Data, body)
                .found_by([("ReplicationGroupId", id.clone())])
                .tagged("Tags")
                .stateful(),
        ]
    }
}
