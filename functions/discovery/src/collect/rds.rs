//! RDS database instances.

use aws_sdk_rds::{Client, types};
use futures::FutureExt;
use miyabi_types::resource::{
    Resource, ResourceConfig, ResourceKind::RdsDbInstance, rds::DbInstance,
};

use super::{
    Collected, Collector, Reach,
    cloudwatch::{self, Metric},
    ec2::security_group_arn,
    natural, or_none, owned, sorted, tags, text, timestamp,
};
use crate::{call::Call, place::Place, scope::Scan};

const INSTANCES: Call = Call::lists("rds:DescribeDBInstances", &[RdsDbInstance]);

/// Of the databases' metrics those that idleness is judged by.
const METRICS: &[Metric] = &[
    Metric { namespace: "AWS/RDS", name: "CPUUtilization", dimension: "DBInstanceIdentifier" },
    Metric { namespace: "AWS/RDS", name: "DatabaseConnections", dimension: "DBInstanceIdentifier" },
];

/// Reads RDS.
pub const COLLECTOR: Collector = Collector {
    service: "rds",
    reach: Reach::Regional,
    calls: &[INSTANCES, cloudwatch::GET_METRIC_DATA],
    collect: |scan| collect(scan).boxed(),
};

async fn collect(scan: &Scan) -> Collected {
    let client = Client::new(scan.sdk());
    let pages = client.describe_db_instances().max_records(100).into_paginator().items().send();
    let instances = or_none(scan.list(INSTANCES, pages.collect::<Result<Vec<_>, _>>()).await);
    let mut resources: Vec<_> =
        instances.iter().filter_map(|instance| resource(&scan.place, instance)).collect();
    cloudwatch::fill_utilization(scan, METRICS, &mut resources).await;
    resources.into()
}

fn resource(place: &Place, db: &types::DbInstance) -> Option<Resource> {
    let id = db.db_instance_identifier()?;
    let port = db.endpoint().and_then(types::Endpoint::port);
    let groups = db.vpc_security_groups().iter();
    let groups = groups.filter_map(|group| group.vpc_security_group_id());
    let config = DbInstance {
        class: text(db.db_instance_class()),
        engine: text(db.engine()),
        engine_version: text(db.engine_version()),
        status: text(db.db_instance_status()),
        storage_type: owned(db.storage_type()),
        allocated_storage_gib: natural(db.allocated_storage().unwrap_or(0)),
        iops: db.iops().map(natural),
        multi_az: db.multi_az().unwrap_or(false),
        publicly_accessible: db.publicly_accessible().unwrap_or(false),
        storage_encrypted: db.storage_encrypted().unwrap_or(false),
        kms_key_id: owned(db.kms_key_id()),
        backup_retention_days: natural(db.backup_retention_period().unwrap_or(0)),
        auto_minor_version_upgrade: db.auto_minor_version_upgrade().unwrap_or(false),
        deletion_protection: db.deletion_protection().unwrap_or(false),
        copy_tags_to_snapshot: db.copy_tags_to_snapshot().unwrap_or(false),
        iam_authentication: db.iam_database_authentication_enabled().unwrap_or(false),
        monitoring_interval_seconds: natural(db.monitoring_interval().unwrap_or(0)),
        master_username: owned(db.master_username()),
        port: port.or_else(|| db.db_instance_port().filter(|port| *port > 0)),
        cluster_id: owned(db.db_cluster_identifier()),
        replica_of: owned(db.read_replica_source_db_instance_identifier()),
        subnet_group: owned(db.db_subnet_group().and_then(|group| group.db_subnet_group_name())),
        vpc_id: owned(db.db_subnet_group().and_then(|group| group.vpc_id())),
        security_group_ids: sorted(groups.map(str::to_owned)),
    };
    let depends_on =
        config.security_group_ids.iter().map(|id| security_group_arn(place, id)).collect();
    let arn = Place::told(db.db_instance_arn(), || place.arn("rds", &format!("db:{id}")));
    let tags = tags(db.tag_list().iter().map(|tag| (tag.key(), tag.value())));
    let mut resource = place.resource(arn, id, tags, ResourceConfig::RdsDbInstance(config));
    resource.name = resource.name.or_else(|| Some(id.to_owned()));
    Some(Resource { depends_on, created_at: timestamp(db.instance_create_time()), ..resource })
}

#[cfg(test)]
mod tests {
    use aws_sdk_rds::types::{Endpoint, Tag, VpcSecurityGroupMembership};

    use super::*;
    use crate::testing::place;

    #[test]
    fn a_database_needs_its_security_groups_and_tells_its_price_factors() {
        let sdk = types::DbInstance::builder()
            .db_instance_identifier("shop")
            .db_instance_class("db.m5.large")
            .engine("mysql")
            .db_instance_status("available")
            .storage_type("gp2")
            .allocated_storage(100)
            .multi_az(true)
            .endpoint(Endpoint::builder().port(3306).build())
            .vpc_security_groups(
                VpcSecurityGroupMembership::builder().vpc_security_group_id("sg-1").build(),
            )
            .tag_list(Tag::builder().key("env").value("prod").build())
            .build();
        let resource = resource(&place(), &sdk).unwrap();
        assert_eq!(resource.arn.as_str(), "arn:aws:rds:us-east-1:123456789012:db:shop");
        assert_eq!(resource.depends_on[0].resource(), "security-group/sg-1");
        assert_eq!(resource.tags["env"], "prod");
        let cost = crate::prices::of_regions([&place().region]).monthly_cost(&resource);
        assert!(cost.known().is_some(), "{cost:?}");
        let ResourceConfig::RdsDbInstance(db) = resource.config else { panic!() };
        assert_eq!((db.port, db.multi_az, db.backup_retention_days), (Some(3306), true, 0));
    }
}
