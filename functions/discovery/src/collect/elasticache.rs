//! `ElastiCache` clusters and replication groups.

use aws_sdk_elasticache::{Client, types};
use futures::FutureExt;
use miyabi_types::{
    evidence::Unavailable,
    id::Arn,
    resource::{
        Resource, ResourceConfig,
        ResourceKind::{ElastiCacheCluster, ElastiCacheReplicationGroup, ElastiCacheSubnetGroup},
        Tags,
        elasticache::{CacheCluster, ReplicationGroup},
        vpc::SubnetGroup,
    },
};

use super::{
    Collected, Collector, Reach,
    cloudwatch::{self, Metric},
    ec2::security_group_arn,
    natural, or_none, owned, sorted, subnet_group, text, timestamp,
};
use crate::{call::Call, place::Place, scope::Scan};

const CLUSTERS: Call = Call::lists("elasticache:DescribeCacheClusters", &[ElastiCacheCluster]);
const GROUPS: Call =
    Call::lists("elasticache:DescribeReplicationGroups", &[ElastiCacheReplicationGroup]);
const SUBNET_GROUPS: Call =
    Call::lists("elasticache:DescribeCacheSubnetGroups", &[ElastiCacheSubnetGroup]);
const TAGS: Call = Call::details("elasticache:ListTagsForResource");

/// Those that idleness and size are judged by; of the last three Memcached reports none.
const METRICS: &[Metric] = &Metric::all(
    "AWS/ElastiCache",
    "CacheClusterId",
    [
        "CPUUtilization",
        "CurrConnections",
        "CacheHits",
        "CacheMisses",
        "DatabaseMemoryUsagePercentage",
    ],
);

/// Most records of a page. Source: `MaxRecords` in the API reference.
const PAGE: i32 = 100;

/// Reads `ElastiCache`.
pub const COLLECTOR: Collector = Collector {
    service: "elasticache",
    reach: Reach::Regional,
    calls: &[CLUSTERS, GROUPS, SUBNET_GROUPS, TAGS, cloudwatch::GET_METRIC_DATA],
    collect: |scan| collect(scan).boxed(),
};

async fn collect(scan: &Scan) -> Collected {
    let client = &Client::new(scan.sdk());
    let (clusters, groups, subnets) =
        tokio::join!(clusters(scan, client), groups(scan, client), subnet_groups(scan, client));
    [clusters, groups, subnets].concat().into()
}

async fn clusters(scan: &Scan, client: &Client) -> Vec<Resource> {
    let pages = client.describe_cache_clusters().max_records(PAGE).into_paginator().items().send();
    let clusters = or_none(scan.list(CLUSTERS, pages.collect::<Result<Vec<_>, _>>()).await);
    let resources = scan.each(clusters, |cluster: types::CacheCluster| async move {
        let id = owned(cluster.cache_cluster_id())?;
        let arn =
            Place::told(cluster.arn(), || scan.place.arn("elasticache", &format!("cluster:{id}")));
        let tags = tags(scan, client, &arn).await;
        Some(cluster_resource(&scan.place, &id, arn, &cluster, tags))
    });
    let mut resources: Vec<_> = resources.await.into_iter().flatten().collect();
    cloudwatch::fill_utilization(scan, METRICS, &mut resources).await;
    resources
}

async fn groups(scan: &Scan, client: &Client) -> Vec<Resource> {
    let pages = client.describe_replication_groups().max_records(PAGE).into_paginator();
    let pages = pages.items().send();
    let groups = or_none(scan.list(GROUPS, pages.collect::<Result<Vec<_>, _>>()).await);
    let resources = scan.each(groups, |group: types::ReplicationGroup| async move {
        let id = owned(group.replication_group_id())?;
        let arn = Place::told(group.arn(), || {
            scan.place.arn("elasticache", &format!("replicationgroup:{id}"))
        });
        let tags = tags(scan, client, &arn).await;
        Some(group_resource(&scan.place, &id, arn, &group, tags))
    });
    resources.await.into_iter().flatten().collect()
}

async fn subnet_groups(scan: &Scan, client: &Client) -> Vec<Resource> {
    let pages = client.describe_cache_subnet_groups().max_records(PAGE).into_paginator();
    let pages = pages.items().send();
    let groups = or_none(scan.list(SUBNET_GROUPS, pages.collect::<Result<Vec<_>, _>>()).await);
    let resources = scan.each(groups, |group: types::CacheSubnetGroup| async move {
        let name = owned(group.cache_subnet_group_name())?;
        let arn = Place::told(group.arn(), || subnet_group_arn(&scan.place, &name));
        let tags = tags(scan, client, &arn).await;
        let subnets = group.subnets().iter();
        let config = SubnetGroup {
            description: owned(group.cache_subnet_group_description()),
            vpc_id: owned(group.vpc_id()),
            subnet_ids: sorted(subnets.filter_map(|subnet| owned(subnet.subnet_identifier()))),
        };
        let kind = ResourceConfig::ElastiCacheSubnetGroup;
        Some(subnet_group::resource(&scan.place, arn, name, config, tags, kind))
    });
    resources.await.into_iter().flatten().collect()
}

fn subnet_group_arn(place: &Place, name: &str) -> Arn {
    place.arn("elasticache", &format!("subnetgroup:{name}"))
}

async fn tags(scan: &Scan, client: &Client, arn: &Arn) -> Result<Tags, Unavailable> {
    let call = client.list_tags_for_resource().resource_name(arn.as_str()).send();
    let answer = scan.read(TAGS, call).await?;
    Ok(super::tags(answer.tag_list().iter().map(|tag| (tag.key(), tag.value()))))
}

fn cluster_resource(
    place: &Place,
    id: &str,
    arn: Arn,
    cluster: &types::CacheCluster,
    tags: Result<Tags, Unavailable>,
) -> Resource {
    let groups = cluster.security_groups().iter().filter_map(|group| group.security_group_id());
    let parameters = cluster.cache_parameter_group();
    let config = CacheCluster {
        node_type: text(cluster.cache_node_type()),
        engine: text(cluster.engine()),
        engine_version: text(cluster.engine_version()),
        status: text(cluster.cache_cluster_status()),
        nodes: natural(cluster.num_cache_nodes().unwrap_or(0)),
        availability_zone: owned(cluster.preferred_availability_zone()),
        replication_group_id: owned(cluster.replication_group_id()),
        snapshot_retention_days: natural(cluster.snapshot_retention_limit().unwrap_or(0)),
        auto_minor_version_upgrade: cluster.auto_minor_version_upgrade().unwrap_or(false),
        transit_encryption: cluster.transit_encryption_enabled().unwrap_or(false),
        at_rest_encryption: cluster.at_rest_encryption_enabled().unwrap_or(false),
        auth_token: cluster.auth_token_enabled().unwrap_or(false),
        parameter_group: owned(parameters.and_then(|group| group.cache_parameter_group_name())),
        subnet_group: owned(cluster.cache_subnet_group_name()),
        security_group_ids: sorted(groups.map(str::to_owned)),
    };
    let groups = config.security_group_ids.iter().map(|id| security_group_arn(place, id));
    let replicated = config.replication_group_id.iter();
    let replicated =
        replicated.map(|id| place.arn("elasticache", &format!("replicationgroup:{id}")));
    let subnets = config.subnet_group.iter().map(|name| subnet_group_arn(place, name));
    let depends_on = groups.chain(subnets).chain(replicated).collect();
    let (tags, tags_unavailable) = super::tags_or_why(tags);
    let resource = place.resource(arn, id, tags, ResourceConfig::ElastiCacheCluster(config));
    Resource {
        name: resource.name.or_else(|| Some(id.to_owned())),
        depends_on,
        tags_unavailable,
        created_at: timestamp(cluster.cache_cluster_create_time()),
        ..resource
    }
}

fn group_resource(
    place: &Place,
    id: &str,
    arn: Arn,
    group: &types::ReplicationGroup,
    tags: Result<Tags, Unavailable>,
) -> Resource {
    let config = ReplicationGroup {
        description: owned(group.description()),
        status: text(group.status()),
        node_type: text(group.cache_node_type()),
        engine: owned(group.engine()),
        member_clusters: sorted(group.member_clusters().iter().cloned()),
        shards: u32::try_from(group.node_groups().len()).unwrap_or(u32::MAX),
        cluster_mode: group.cluster_enabled().unwrap_or(false),
        automatic_failover: matches!(
            group.automatic_failover(),
            Some(
                types::AutomaticFailoverStatus::Enabled | types::AutomaticFailoverStatus::Enabling
            )
        ),
        multi_az: group.multi_az() == Some(&types::MultiAzStatus::Enabled),
        snapshot_retention_days: natural(group.snapshot_retention_limit().unwrap_or(0)),
        auto_minor_version_upgrade: group.auto_minor_version_upgrade().unwrap_or(false),
        transit_encryption: group.transit_encryption_enabled().unwrap_or(false),
        at_rest_encryption: group.at_rest_encryption_enabled().unwrap_or(false),
        auth_token: group.auth_token_enabled().unwrap_or(false),
        user_group_ids: sorted(group.user_group_ids().iter().cloned()),
        kms_key_id: owned(group.kms_key_id()),
    };
    let depends_on = config.kms_key_id.iter().map(|key| place.key_arn(key)).collect();
    let (tags, tags_unavailable) = super::tags_or_why(tags);
    let config = ResourceConfig::ElastiCacheReplicationGroup(config);
    let resource = place.resource(arn, id, tags, config);
    Resource {
        name: resource.name.or_else(|| Some(id.to_owned())),
        depends_on,
        tags_unavailable,
        created_at: timestamp(group.replication_group_create_time()),
        ..resource
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_elasticache::types::{
        AutomaticFailoverStatus, MultiAzStatus, NodeGroup, SecurityGroupMembership,
    };
    use miyabi_types::{evidence::Evidence, id::IamAction};

    use super::*;
    use crate::testing::{
        aws::{Answer, Asked, empty, error, sdk},
        coverage, of_kind, place, scan,
    };

    #[test]
    fn a_node_of_a_group_needs_the_group() {
        let sdk = types::CacheCluster::builder()
            .cache_cluster_id("sessions-001")
            .cache_node_type("cache.r6g.large")
            .engine("redis")
            .engine_version("7.1.0")
            .cache_cluster_status("available")
            .num_cache_nodes(1)
            .replication_group_id("sessions")
            .transit_encryption_enabled(true)
            .security_groups(SecurityGroupMembership::builder().security_group_id("sg-1").build())
            .build();
        let arn = place().arn("elasticache", "cluster:sessions-001");
        let denied = Unavailable::because("no");
        let resource = cluster_resource(&place(), "sessions-001", arn, &sdk, Err(denied.clone()));
        let needed: Vec<_> = resource.depends_on.iter().map(Arn::resource).collect();
        assert_eq!(needed, ["security-group/sg-1", "replicationgroup:sessions"]);
        assert_eq!(resource.tags_unavailable, Some(denied));
        let ResourceConfig::ElastiCacheCluster(cluster) = resource.config else { panic!() };
        assert_eq!((cluster.nodes, cluster.snapshot_retention_days), (1, 0));
        assert!(cluster.transit_encryption && !cluster.at_rest_encryption);
    }

    #[test]
    fn a_group_tells_how_its_data_is_kept() {
        let sdk = types::ReplicationGroup::builder()
            .replication_group_id("sessions")
            .cache_node_type("cache.r6g.large")
            .status("available")
            .member_clusters("sessions-002")
            .member_clusters("sessions-001")
            .node_groups(NodeGroup::builder().build())
            .automatic_failover(AutomaticFailoverStatus::Enabled)
            .multi_az(MultiAzStatus::Enabled)
            .snapshot_retention_limit(7)
            .at_rest_encryption_enabled(true)
            .kms_key_id("arn:aws:kms:us-east-1:123456789012:key/k")
            .build();
        let arn = place().arn("elasticache", "replicationgroup:sessions");
        let resource = group_resource(&place(), "sessions", arn, &sdk, Ok(Tags::new()));
        assert_eq!(resource.depends_on[0].resource(), "key/k");
        let ResourceConfig::ElastiCacheReplicationGroup(group) = resource.config else { panic!() };
        assert_eq!(group.member_clusters, ["sessions-001", "sessions-002"]);
        assert_eq!((group.shards, group.snapshot_retention_days), (1, 7));
        assert!(group.automatic_failover && group.multi_az && group.at_rest_encryption);
        assert!(!group.transit_encryption && !group.auth_token);
    }

    fn one_cluster(asked: &Asked) -> Answer {
        let body = "<DescribeCacheClustersResponse><DescribeCacheClustersResult><CacheClusters>\
            <CacheCluster><CacheClusterId>memo</CacheClusterId></CacheCluster></CacheClusters>\
            </DescribeCacheClustersResult></DescribeCacheClustersResponse>";
        match asked.operation.as_str() {
            "DescribeCacheClusters" => (200, body.as_bytes().to_vec()),
            "ListTagsForResource" => error(asked, 403, "AccessDenied"),
            _ => empty(asked),
        }
    }

    #[tokio::test]
    async fn a_cluster_whose_tags_are_refused_is_there_and_says_so() {
        let scanned = scan(sdk(one_cluster), "us-east-1").await;
        let found = of_kind(&scanned, ElastiCacheCluster);
        assert_eq!(found[0].arn.resource(), "cluster:memo");
        let action = IamAction::parse("elasticache:ListTagsForResource").unwrap();
        let denied = Unavailable::denied(action);
        assert_eq!(found[0].tags_unavailable.as_ref(), Some(&denied));
        assert_eq!(
            *coverage(&scanned, "elasticache:ListTagsForResource"),
            Evidence::Unavailable(denied)
        );
    }
}
