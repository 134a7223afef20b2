//! RDS and Aurora: instances, clusters, their snapshots, and what is reserved.

use aws_sdk_rds::{Client, types};
use futures::FutureExt;
use miyabi_types::{
    evidence::Unavailable,
    id::Arn,
    resource::{
        ResourceKind::{
            RdsDbCluster, RdsDbClusterSnapshot, RdsDbInstance, RdsDbProxy, RdsDbSnapshot,
            RdsDbSubnetGroup, RdsEventSubscription, RdsReservedDbInstance,
        },
        Tags,
    },
};

use super::{Collected, Collector, Reach, cloudwatch, sorted};
use crate::{call::Call, scope::Scan};

mod cluster;
mod event;
mod instance;
mod proxy;
mod reserved;
mod snapshot;
mod subnet_group;

const INSTANCES: Call = Call::lists("rds:DescribeDBInstances", &[RdsDbInstance]);
const CLUSTERS: Call = Call::lists("rds:DescribeDBClusters", &[RdsDbCluster]);
const SNAPSHOTS: Call = Call::lists("rds:DescribeDBSnapshots", &[RdsDbSnapshot]);
const SNAPSHOT_ATTRIBUTES: Call = Call::details("rds:DescribeDBSnapshotAttributes");
const CLUSTER_SNAPSHOTS: Call =
    Call::lists("rds:DescribeDBClusterSnapshots", &[RdsDbClusterSnapshot]);
const CLUSTER_SNAPSHOT_ATTRIBUTES: Call = Call::details("rds:DescribeDBClusterSnapshotAttributes");
const RESERVED: Call = Call::lists("rds:DescribeReservedDBInstances", &[RdsReservedDbInstance]);

const PROXIES: Call = Call::lists("rds:DescribeDBProxies", &[RdsDbProxy]);
const EVENT_SUBSCRIPTIONS: Call =
    Call::lists("rds:DescribeEventSubscriptions", &[RdsEventSubscription]);
const SUBNET_GROUPS: Call = Call::lists("rds:DescribeDBSubnetGroups", &[RdsDbSubnetGroup]);
const TAGS: Call = Call::details("rds:ListTagsForResource");

/// Most records of a page. Source: `MaxRecords` in the API reference.
const PAGE: i32 = 100;

/// Reads RDS.
pub const COLLECTOR: Collector = Collector {
    service: "rds",
    reach: Reach::Regional,
    calls: &[
        INSTANCES,
        CLUSTERS,
        SNAPSHOTS,
        SNAPSHOT_ATTRIBUTES,
        CLUSTER_SNAPSHOTS,
        CLUSTER_SNAPSHOT_ATTRIBUTES,
        RESERVED,
        PROXIES,
        EVENT_SUBSCRIPTIONS,
        SUBNET_GROUPS,
        TAGS,
        cloudwatch::GET_METRIC_DATA,
    ],
    collect: |scan| collect(scan).boxed(),
};

async fn collect(scan: &Scan) -> Collected {
    let rds = &Client::new(scan.sdk());
    let (instances, clusters, reserved, proxies, subscriptions, groups, (), ()) = tokio::join!(
        instance::collect(scan, rds),
        cluster::collect(scan, rds),
        reserved::collect(scan, rds),
        proxy::collect(scan, rds),
        event::collect(scan, rds),
        subnet_group::collect(scan, rds),
        snapshot::of_instances(scan, rds),
        snapshot::of_clusters(scan, rds),
    );
    [instances, clusters, reserved, proxies, subscriptions, groups].concat().into()
}

fn tags(tags: &[types::Tag]) -> Tags {
    super::tags(tags.iter().map(|tag| (tag.key(), tag.value())))
}

/// The tags of what is listed without them.
async fn tags_of(scan: &Scan, rds: &Client, arn: &Arn) -> Result<Tags, Unavailable> {
    let answer = scan.read(TAGS, rds.list_tags_for_resource().resource_name(arn.as_str()).send());
    Ok(tags(answer.await?.tag_list()))
}

fn security_groups(groups: &[types::VpcSecurityGroupMembership]) -> Vec<String> {
    sorted(groups.iter().filter_map(|group| group.vpc_security_group_id()).map(str::to_owned))
}
