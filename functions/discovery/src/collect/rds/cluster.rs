//! Database clusters.

use aws_sdk_rds::{Client, types};
use miyabi_types::resource::{
    Resource, ResourceConfig,
    rds::{ClusterMember, DbCluster},
};

use super::{CLUSTERS, PAGE, security_groups, subnet_group, tags};
use crate::{
    collect::{
        cloudwatch::{self, Metric},
        ec2::security_group_arn,
        natural, or_none, owned, sorted, text, timestamp,
    },
    place::Place,
    scope::Scan,
};

/// Those that the choice of Aurora's storage is judged by: what is stored, and requests to it.
const METRICS: &[Metric] = &Metric::all(
    "AWS/RDS",
    "DBClusterIdentifier",
    ["VolumeBytesUsed", "VolumeReadIOPs", "VolumeWriteIOPs"],
);

pub(super) async fn collect(scan: &Scan, rds: &Client) -> Vec<Resource> {
    let pages = rds.describe_db_clusters().max_records(PAGE).into_paginator().items().send();
    let clusters = or_none(scan.list(CLUSTERS, pages.collect::<Result<Vec<_>, _>>()).await);
    let mut resources: Vec<_> =
        clusters.iter().filter_map(|cluster| resource(&scan.place, cluster)).collect();
    cloudwatch::fill_utilization(scan, METRICS, &mut resources).await;
    resources
}

fn resource(place: &Place, cluster: &types::DbCluster) -> Option<Resource> {
    let id = cluster.db_cluster_identifier()?;
    let member = |member: &types::DbClusterMember| {
        let writer = member.is_cluster_writer().unwrap_or(false);
        Some(ClusterMember { instance_id: owned(member.db_instance_identifier())?, writer })
    };
    let capacity = cluster.serverless_v2_scaling_configuration();
    let backtrack = cluster.backtrack_window().unwrap_or(0);
    let config = DbCluster {
        engine: text(cluster.engine()),
        engine_version: text(cluster.engine_version()),
        engine_mode: owned(cluster.engine_mode()),
        status: text(cluster.status()),
        class: owned(cluster.db_cluster_instance_class()),
        storage_type: owned(cluster.storage_type()),
        allocated_storage_gib: natural(cluster.allocated_storage().unwrap_or(0)),
        iops: cluster.iops().map(natural).filter(|iops| *iops > 0),
        serverless_capacity: capacity.and_then(|c| Some((c.min_capacity()?, c.max_capacity()?))),
        multi_az: cluster.multi_az().unwrap_or(false),
        publicly_accessible: cluster.publicly_accessible(),
        storage_encrypted: cluster.storage_encrypted().unwrap_or(false),
        kms_key_id: owned(cluster.kms_key_id()),
        backup_retention_days: natural(cluster.backup_retention_period().unwrap_or(0)),
        backtrack_seconds: u64::try_from(backtrack).unwrap_or(0),
        auto_minor_version_upgrade: cluster.auto_minor_version_upgrade(),
        deletion_protection: cluster.deletion_protection().unwrap_or(false),
        copy_tags_to_snapshot: cluster.copy_tags_to_snapshot().unwrap_or(false),
        iam_authentication: cluster.iam_database_authentication_enabled().unwrap_or(false),
        http_endpoint: cluster.http_endpoint_enabled().unwrap_or(false),
        log_exports: sorted(cluster.enabled_cloudwatch_logs_exports().iter().cloned()),
        parameter_group: owned(cluster.db_cluster_parameter_group()),
        master_username: owned(cluster.master_username()),
        port: cluster.port().filter(|port| *port > 0),
        replica_of: owned(cluster.replication_source_identifier()),
        subnet_group: owned(cluster.db_subnet_group()),
        availability_zones: sorted(cluster.availability_zones().iter().cloned()),
        security_group_ids: security_groups(cluster.vpc_security_groups()),
        members: sorted(cluster.db_cluster_members().iter().filter_map(member)),
        engine_lifecycle_support: owned(cluster.engine_lifecycle_support()),
    };
    let subnets = config.subnet_group.iter().map(|name| subnet_group::arn(place, name));
    let key = config.kms_key_id.iter().map(|key| place.key_arn(key));
    let groups = config.security_group_ids.iter().map(|id| security_group_arn(place, id));
    let depends_on = groups.chain(subnets).chain(key).collect();
    let arn = Place::told(cluster.db_cluster_arn(), || place.arn("rds", &format!("cluster:{id}")));
    let resource =
        place.resource(arn, id, tags(cluster.tag_list()), ResourceConfig::RdsDbCluster(config));
    Some(Resource {
        name: resource.name.or_else(|| Some(id.to_owned())),
        depends_on,
        created_at: timestamp(cluster.cluster_create_time()),
        ..resource
    })
}

#[cfg(test)]
mod tests {
    use aws_sdk_rds::types::{
        DbClusterMember, ServerlessV2ScalingConfigurationInfo, Tag, VpcSecurityGroupMembership,
    };
    use miyabi_types::id::Arn;

    use super::*;
    use crate::testing::place;

    #[test]
    fn a_cluster_tells_its_members_and_what_it_needs() {
        let member = |id: &str, writer| {
            DbClusterMember::builder().db_instance_identifier(id).is_cluster_writer(writer).build()
        };
        let sdk = types::DbCluster::builder()
            .db_cluster_identifier("shop")
            .engine("aurora-mysql")
            .engine_mode("provisioned")
            .status("available")
            .storage_type("aurora")
            .storage_encrypted(true)
            .kms_key_id("arn:aws:kms:us-east-1:123456789012:key/k")
            .multi_az(true)
            .deletion_protection(true)
            .backtrack_window(3600)
            .enabled_cloudwatch_logs_exports("audit")
            .db_cluster_members(member("shop-2", false))
            .db_cluster_members(member("shop-1", true))
            .serverless_v2_scaling_configuration(
                ServerlessV2ScalingConfigurationInfo::builder()
                    .min_capacity(0.5)
                    .max_capacity(8.0)
                    .build(),
            )
            .vpc_security_groups(
                VpcSecurityGroupMembership::builder().vpc_security_group_id("sg-1").build(),
            )
            .tag_list(Tag::builder().key("env").value("prod").build())
            .build();
        let resource = resource(&place(), &sdk).unwrap();
        assert_eq!(resource.arn.as_str(), "arn:aws:rds:us-east-1:123456789012:cluster:shop");
        assert_eq!((resource.name.as_deref(), &*resource.tags["env"]), (Some("shop"), "prod"));
        let needed: Vec<_> = resource.depends_on.iter().map(Arn::resource).collect();
        assert_eq!(needed, ["security-group/sg-1", "key/k"]);
        let ResourceConfig::RdsDbCluster(cluster) = resource.config else { panic!() };
        let members: Vec<_> =
            cluster.members.iter().map(|m| (m.instance_id.as_str(), m.writer)).collect();
        assert_eq!(members, [("shop-1", true), ("shop-2", false)]);
        assert_eq!(cluster.serverless_capacity, Some((0.5, 8.0)));
        assert_eq!((cluster.backtrack_seconds, cluster.publicly_accessible), (3600, None));
        assert!(cluster.multi_az && cluster.deletion_protection && cluster.storage_encrypted);
    }
}
