//! Database instances.

use aws_sdk_rds::{Client, types};
use miyabi_types::resource::{Resource, ResourceConfig, rds::DbInstance};

use super::{INSTANCES, PAGE, security_groups, subnet_group, tags};
use crate::{
    collect::{
        cloudwatch::{self, Metric},
        ec2::{security_group_arn, subnet_arn},
        natural, or_none, owned, sorted, text, timestamp,
    },
    place::Place,
    scope::Scan,
};

/// Those that idleness and size are judged by.
const METRICS: &[Metric] = &Metric::all(
    "AWS/RDS",
    "DBInstanceIdentifier",
    [
        "CPUUtilization",
        "DatabaseConnections",
        "FreeStorageSpace",
        "FreeableMemory",
        "ReadIOPS",
        "WriteIOPS",
    ],
);

pub(super) async fn collect(scan: &Scan, rds: &Client) -> Vec<Resource> {
    let pages = rds.describe_db_instances().max_records(PAGE).into_paginator().items().send();
    let instances = or_none(scan.list(INSTANCES, pages.collect::<Result<Vec<_>, _>>()).await);
    let mut resources: Vec<_> =
        instances.iter().filter_map(|instance| resource(&scan.place, instance)).collect();
    cloudwatch::fill_utilization(scan, METRICS, &mut resources).await;
    resources
}

fn resource(place: &Place, db: &types::DbInstance) -> Option<Resource> {
    let id = db.db_instance_identifier()?;
    let port = db.endpoint().and_then(types::Endpoint::port);
    let subnets = db.db_subnet_group().map(types::DbSubnetGroup::subnets).unwrap_or_default();
    let parameters = db.db_parameter_groups().iter();
    let certificate = db.certificate_details();
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
        security_group_ids: security_groups(db.vpc_security_groups()),
        subnet_ids: sorted(subnets.iter().filter_map(|subnet| owned(subnet.subnet_identifier()))),
        availability_zone: owned(db.availability_zone()),
        log_exports: sorted(db.enabled_cloudwatch_logs_exports().iter().cloned()),
        parameter_groups: sorted(parameters.filter_map(|p| owned(p.db_parameter_group_name()))),
        performance_insights: db.performance_insights_enabled(),
        ca_certificate: owned(
            certificate.and_then(|c| c.ca_identifier()).or(db.ca_certificate_identifier()),
        ),
        certificate_valid_till: timestamp(certificate.and_then(|c| c.valid_till())),
        license_model: owned(db.license_model()),
        max_allocated_storage_gib: db.max_allocated_storage().map(natural),
        storage_throughput_mibps: db.storage_throughput().map(natural).filter(|mibps| *mibps > 0),
        engine_lifecycle_support: owned(db.engine_lifecycle_support()),
        subnet_group_description: owned(
            db.db_subnet_group().and_then(|group| group.db_subnet_group_description()),
        ),
    };
    let groups = config.security_group_ids.iter().map(|id| security_group_arn(place, id));
    let subnets = config.subnet_ids.iter().map(|id| subnet_arn(place, id));
    let cluster = config.cluster_id.iter().map(|id| place.arn("rds", &format!("cluster:{id}")));
    let key = config.kms_key_id.iter().map(|key| place.key_arn(key));
    let group = db.db_subnet_group().and_then(|group| {
        let name = group.db_subnet_group_name()?;
        Some(Place::told(group.db_subnet_group_arn(), || subnet_group::arn(place, name)))
    });
    let depends_on = groups.chain(subnets).chain(group).chain(cluster).chain(key).collect();
    let arn = Place::told(db.db_instance_arn(), || place.arn("rds", &format!("db:{id}")));
    let resource =
        place.resource(arn, id, tags(db.tag_list()), ResourceConfig::RdsDbInstance(config));
    Some(Resource {
        name: resource.name.or_else(|| Some(id.to_owned())),
        depends_on,
        created_at: timestamp(db.instance_create_time()),
        ..resource
    })
}

#[cfg(test)]
mod tests {
    use aws_sdk_rds::types::{
        CertificateDetails, DbParameterGroupStatus, DbSubnetGroup, Endpoint, Subnet, Tag,
        VpcSecurityGroupMembership,
    };
    use miyabi_types::id::Arn;

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
        let cost = crate::prices::snapshot::of_regions([&place().region]).monthly_cost(&resource);
        assert!(cost.known().is_some(), "{cost:?}");
        let ResourceConfig::RdsDbInstance(db) = resource.config else { panic!() };
        assert_eq!((db.port, db.multi_az, db.backup_retention_days), (Some(3306), true, 0));
    }

    #[test]
    fn an_aurora_instance_needs_its_cluster_its_group_of_subnets_and_its_key() {
        let key = "arn:aws:kms:us-east-1:123456789012:key/k";
        let sdk = types::DbInstance::builder()
            .db_instance_identifier("shop-1")
            .engine("aurora-mysql")
            .db_cluster_identifier("shop")
            .kms_key_id(key)
            .db_subnet_group(
                DbSubnetGroup::builder()
                    .db_subnet_group_name("private")
                    .vpc_id("vpc-1")
                    .subnets(Subnet::builder().subnet_identifier("subnet-1").build())
                    .build(),
            )
            .db_parameter_groups(
                DbParameterGroupStatus::builder().db_parameter_group_name("tuned").build(),
            )
            .enabled_cloudwatch_logs_exports("slowquery")
            .enabled_cloudwatch_logs_exports("audit")
            .performance_insights_enabled(true)
            .certificate_details(
                CertificateDetails::builder().ca_identifier("rds-ca-rsa2048-g1").build(),
            )
            .build();
        let resource = resource(&place(), &sdk).unwrap();
        let needed: Vec<_> = resource.depends_on.iter().map(Arn::resource).collect();
        assert_eq!(needed, ["subnet/subnet-1", "subgrp:private", "cluster:shop", "key/k"]);
        let ResourceConfig::RdsDbInstance(db) = resource.config else { panic!() };
        assert_eq!(db.log_exports, ["audit", "slowquery"]);
        assert_eq!(db.parameter_groups, ["tuned"]);
        assert_eq!(db.ca_certificate.as_deref(), Some("rds-ca-rsa2048-g1"));
        assert_eq!((db.performance_insights, db.vpc_id.as_deref()), (Some(true), Some("vpc-1")));
    }
}
