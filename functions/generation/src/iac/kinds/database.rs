//! RDS: instances, clusters, and the subnet groups that they tell of. Passwords are never read.

use miyabi_types::resource::{ResourceConfig, ResourceKind};

use crate::iac::{
    code::Place,
    estate::What,
    expr::{Body, Concern::Data, Declaration, Expr},
    names,
};

const KEY: What = What::Itself(ResourceKind::KmsKey);
const GROUP: What = What::Itself(ResourceKind::Ec2SecurityGroup);
const SUBNET: What = What::Itself(ResourceKind::Ec2Subnet);
const CLUSTER: What = What::Itself(ResourceKind::RdsDbCluster);
const INSTANCE: What = What::Itself(ResourceKind::RdsDbInstance);

/// Passwords of databases, which only their creation needs.
fn password(of: &str) -> Expr {
    Expr::secret(
        format!("{}MasterPassword", names::pascal(of)),
        format!("Administrator's password of {of}, never read"),
    )
}

pub mod subnet_group {
    use super::*;

    pub fn terraform(place: &Place<'_, '_>) -> Vec<Declaration> {
        let ResourceConfig::RdsDbInstance(db) = &place.resource().config else { return Vec::new() };
        let name = place.member().id;
        let description = db.subnet_group_description.as_deref();
        let body = Body::new()
            .set("name", name)
            .maybe("description", description)
            .set("subnet_ids", place.links(SUBNET, &db.subnet_ids));
        vec![
            Declaration::new("aws_db_subnet_group", Data, body)
                .ignoring(description.is_none().then_some("description"))
                .ignoring(["tags", "tags_all"])
                .id(name),
        ]
    }

    pub fn cloudformation(place: &Place<'_, '_>) -> Vec<Declaration> {
        let ResourceConfig::RdsDbInstance(db) = &place.resource().config else { return Vec::new() };
        let name = place.member().id;
        let body = Body::new()
            .set("DBSubnetGroupName", name)
            .set("DBSubnetGroupDescription", db.subnet_group_description.as_deref().unwrap_or(name))
            .set("SubnetIds", place.links(SUBNET, &db.subnet_ids));
        vec![
            Declaration::new("AWS::RDS::DBSubnetGroup", Data, body)
                .found_by([("DBSubnetGroupName", name.to_owned())]),
        ]
    }
}

pub mod instance {
    use miyabi_types::resource::rds::DbInstance;

    use super::*;

    /// What a World does not hold of it, or what only Terraform knows.
    const NOT_DISCOVERED: [&str; 21] = [
        "allow_major_version_upgrade",
        "apply_immediately",
        "backup_window",
        "character_set_name",
        "database_insights_mode",
        "db_name",
        "delete_automated_backups",
        "domain",
        "domain_iam_role_name",
        "final_snapshot_identifier",
        "maintenance_window",
        "manage_master_user_password",
        "monitoring_role_arn",
        "network_type",
        "option_group_name",
        "password",
        "performance_insights_kms_key_id",
        "performance_insights_retention_period",
        "skip_final_snapshot",
        "timeouts",
        "timezone",
    ];

    pub fn why_not(db: &DbInstance) -> Option<String> {
        if matches!(db.engine.as_str(), "docdb" | "neptune") {
            return Some(format!("{} has types of its own, which are not written", db.engine));
        }
        (db.status == "deleting").then(|| "it is being deleted".into())
    }

    fn iops(db: &DbInstance) -> Option<u32> {
        db.iops.filter(|_| matches!(db.storage_type.as_deref(), Some("io1" | "io2")))
    }

    pub fn terraform(place: &Place<'_, '_>) -> Vec<Declaration> {
        let ResourceConfig::RdsDbInstance(db) = &place.resource().config else { return Vec::new() };
        let id = &place.resource().id;
        if let Some(cluster) = &db.cluster_id {
            return vec![cluster_member(place, db, cluster)];
        }
        let source = db.replica_of.is_none();
        let body = Body::new()
            .set("identifier", id)
            .set("instance_class", &db.class)
            .maybe("engine", source.then_some(&db.engine))
            .maybe("engine_version", source.then_some(&db.engine_version))
            .maybe(
                "replicate_source_db",
                db.replica_of.as_deref().map(|of| place.attribute(INSTANCE, of, "identifier")),
            )
            .set("allocated_storage", db.allocated_storage_gib)
            .maybe("max_allocated_storage", db.max_allocated_storage_gib)
            .maybe("storage_type", db.storage_type.as_deref())
            .maybe("iops", iops(db))
            .set("storage_encrypted", db.storage_encrypted)
            .maybe("kms_key_id", db.kms_key_id.as_deref().map(|key| place.link(KEY, key)))
            .maybe("username", db.master_username.as_deref().filter(|_| source))
            .maybe("manage_master_user_password", source.then_some(true))
            .maybe("port", db.port)
            .maybe(
                "db_subnet_group_name",
                db.subnet_group.as_deref().map(|g| place.link(What::DbSubnetGroup, g)),
            )
            .some("vpc_security_group_ids", place.links(GROUP, &db.security_group_ids))
            .maybe("availability_zone", db.availability_zone.as_deref().filter(|_| !db.multi_az))
            .maybe("parameter_group_name", db.parameter_groups.first())
            .set("multi_az", db.multi_az)
            .set("publicly_accessible", db.publicly_accessible)
            .set("backup_retention_period", db.backup_retention_days)
            .set("copy_tags_to_snapshot", db.copy_tags_to_snapshot)
            .set("deletion_protection", db.deletion_protection)
            .set("auto_minor_version_upgrade", db.auto_minor_version_upgrade)
            .set("iam_database_authentication_enabled", db.iam_authentication)
            .some("enabled_cloudwatch_logs_exports", &db.log_exports)
            .set("monitoring_interval", db.monitoring_interval_seconds)
            .maybe("performance_insights_enabled", db.performance_insights)
            .maybe("ca_cert_identifier", db.ca_certificate.as_deref())
            .maybe("license_model", db.license_model.as_deref())
            .set("final_snapshot_identifier", format!("{id}-final"));
        vec![
            Declaration::new("aws_db_instance", Data, body)
                .ignoring(NOT_DISCOVERED)
                .id(id)
                .tagged("tags"),
        ]
    }

    fn cluster_member(place: &Place<'_, '_>, db: &DbInstance, cluster: &str) -> Declaration {
        let id = &place.resource().id;
        let body = Body::new()
            .set("identifier", id)
            .set("cluster_identifier", place.link(CLUSTER, cluster))
            .set("instance_class", &db.class)
            .set("engine", &db.engine)
            .set("engine_version", &db.engine_version)
            .set("publicly_accessible", db.publicly_accessible)
            .set("auto_minor_version_upgrade", db.auto_minor_version_upgrade)
            .set("copy_tags_to_snapshot", db.copy_tags_to_snapshot)
            .set("monitoring_interval", db.monitoring_interval_seconds)
            .maybe("performance_insights_enabled", db.performance_insights)
            .maybe("ca_cert_identifier", db.ca_certificate.as_deref());
        Declaration::new("aws_rds_cluster_instance", Data, body)
            .ignoring([
                "apply_immediately",
                "force_destroy",
                "monitoring_role_arn",
                "performance_insights_kms_key_id",
                "performance_insights_retention_period",
                "promotion_tier",
                "timeouts",
            ])
            .id(id)
            .tagged("tags")
    }

    pub fn cloudformation(place: &Place<'_, '_>) -> Vec<Declaration> {
        let ResourceConfig::RdsDbInstance(db) = &place.resource().config else { return Vec::new() };
        let id = &place.resource().id;
        let alone = db.cluster_id.is_none();
        let source = alone && db.replica_of.is_none();
        let body = Body::new()
            .set("DBInstanceIdentifier", id)
            .set("DBInstanceClass", &db.class)
            .maybe("Engine", db.replica_of.is_none().then_some(&db.engine))
            .maybe("EngineVersion", source.then_some(&db.engine_version))
            .maybe("DBClusterIdentifier", db.cluster_id.as_deref().map(|c| place.link(CLUSTER, c)))
            .maybe(
                "SourceDBInstanceIdentifier",
                db.replica_of.as_deref().map(|of| place.link(INSTANCE, of)),
            )
            .maybe("AllocatedStorage", alone.then(|| db.allocated_storage_gib.to_string()))
            .maybe("MaxAllocatedStorage", db.max_allocated_storage_gib.filter(|_| alone))
            .maybe("StorageType", db.storage_type.as_deref().filter(|_| alone))
            .maybe("Iops", iops(db))
            .maybe("StorageEncrypted", alone.then_some(db.storage_encrypted))
            .maybe(
                "KmsKeyId",
                db.kms_key_id.as_deref().filter(|_| alone).map(|key| place.link(KEY, key)),
            )
            .maybe("MasterUsername", db.master_username.as_deref().filter(|_| source))
            .maybe("MasterUserPassword", source.then(|| password(id)))
            .maybe("Port", db.port.filter(|_| alone).map(|port| port.to_string()))
            .maybe(
                "DBSubnetGroupName",
                db.subnet_group
                    .as_deref()
                    .filter(|_| alone)
                    .map(|g| place.link(What::DbSubnetGroup, g)),
            )
            .some(
                "VPCSecurityGroups",
                if alone {
                    place.links(GROUP, &db.security_group_ids)
                } else {
                    Expr::List(Vec::new())
                },
            )
            .maybe(
                "AvailabilityZone",
                db.availability_zone.as_deref().filter(|_| alone && !db.multi_az),
            )
            .maybe(
                "DBParameterGroupName",
                db.parameter_groups.first().filter(|g| !g.starts_with("default.")),
            )
            .maybe("MultiAZ", alone.then_some(db.multi_az))
            .set("PubliclyAccessible", db.publicly_accessible)
            .maybe("BackupRetentionPeriod", alone.then_some(db.backup_retention_days))
            .set("CopyTagsToSnapshot", db.copy_tags_to_snapshot)
            .maybe("DeletionProtection", alone.then_some(db.deletion_protection))
            .set("AutoMinorVersionUpgrade", db.auto_minor_version_upgrade)
            .maybe("EnableIAMDatabaseAuthentication", alone.then_some(db.iam_authentication))
            .some(
                "EnableCloudwatchLogsExports",
                if alone { (&db.log_exports).into() } else { Expr::List(Vec::new()) },
            )
            .maybe("EnablePerformanceInsights", db.performance_insights)
            .maybe("CACertificateIdentifier", db.ca_certificate.as_deref())
            .maybe("LicenseModel", db.license_model.as_deref().filter(|_| source));
        vec![
            Declaration::new("AWS::RDS::DBInstance", Data, body)
                .found_by([("DBInstanceIdentifier", id.clone())])
                .tagged("Tags")
                .stateful(),
        ]
    }
}

pub mod cluster {
    use miyabi_types::resource::rds::DbCluster;

    use super::*;

    const NOT_DISCOVERED: [&str; 23] = [
        "allow_major_version_upgrade",
        "apply_immediately",
        "ca_certificate_identifier",
        "cluster_members",
        "database_insights_mode",
        "database_name",
        "db_instance_parameter_group_name",
        "delete_automated_backups",
        "domain",
        "domain_iam_role_name",
        "enable_global_write_forwarding",
        "enable_local_write_forwarding",
        "final_snapshot_identifier",
        "global_cluster_identifier",
        "iam_roles",
        "manage_master_user_password",
        "master_password",
        "performance_insights_enabled",
        "preferred_backup_window",
        "preferred_maintenance_window",
        "skip_final_snapshot",
        "storage_type",
        "timeouts",
    ];

    pub fn why_not(cluster: &DbCluster) -> Option<String> {
        if matches!(cluster.engine.as_str(), "docdb" | "neptune") {
            return Some(format!("{} has types of its own, which are not written", cluster.engine));
        }
        (cluster.status == "deleting").then(|| "it is being deleted".into())
    }

    /// Of a Multi-AZ cluster, not of Aurora.
    fn storage(cluster: &DbCluster) -> Option<u32> {
        cluster.class.is_some().then_some(cluster.allocated_storage_gib)
    }

    pub fn terraform(place: &Place<'_, '_>) -> Vec<Declaration> {
        let ResourceConfig::RdsDbCluster(cluster) = &place.resource().config else {
            return Vec::new();
        };
        let id = &place.resource().id;
        let source = cluster.replica_of.is_none();
        let capacity = cluster
            .serverless_capacity
            .map(|(least, most)| Body::new().set("max_capacity", most).set("min_capacity", least));
        let body = Body::new()
            .set("cluster_identifier", id)
            .set("engine", &cluster.engine)
            .set("engine_version", &cluster.engine_version)
            .maybe("engine_mode", cluster.engine_mode.as_deref())
            .maybe("db_cluster_instance_class", cluster.class.as_deref())
            .maybe("allocated_storage", storage(cluster))
            .maybe("iops", cluster.iops.filter(|_| cluster.class.is_some()))
            .maybe("replication_source_identifier", cluster.replica_of.as_deref())
            .set("storage_encrypted", cluster.storage_encrypted)
            .maybe("kms_key_id", cluster.kms_key_id.as_deref().map(|key| place.link(KEY, key)))
            .maybe("master_username", cluster.master_username.as_deref().filter(|_| source))
            .maybe("manage_master_user_password", source.then_some(true))
            .maybe("port", cluster.port)
            .maybe(
                "db_subnet_group_name",
                cluster.subnet_group.as_deref().map(|g| place.link(What::DbSubnetGroup, g)),
            )
            .maybe("db_cluster_parameter_group_name", cluster.parameter_group.as_deref())
            .some("vpc_security_group_ids", place.links(GROUP, &cluster.security_group_ids))
            .some("availability_zones", &cluster.availability_zones)
            .set("backup_retention_period", cluster.backup_retention_days)
            .maybe(
                "backtrack_window",
                Some(cluster.backtrack_seconds).filter(|seconds| *seconds > 0),
            )
            .set("copy_tags_to_snapshot", cluster.copy_tags_to_snapshot)
            .set("deletion_protection", cluster.deletion_protection)
            .set("iam_database_authentication_enabled", cluster.iam_authentication)
            .set("enable_http_endpoint", cluster.http_endpoint)
            .some("enabled_cloudwatch_logs_exports", &cluster.log_exports)
            .set("final_snapshot_identifier", format!("{id}-final"))
            .maybe_block("serverlessv2_scaling_configuration", capacity);
        vec![
            Declaration::new("aws_rds_cluster", Data, body)
                .ignoring(NOT_DISCOVERED)
                .id(id)
                .tagged("tags"),
        ]
    }

    pub fn cloudformation(place: &Place<'_, '_>) -> Vec<Declaration> {
        let ResourceConfig::RdsDbCluster(cluster) = &place.resource().config else {
            return Vec::new();
        };
        let id = &place.resource().id;
        let source = cluster.replica_of.is_none();
        let capacity = cluster
            .serverless_capacity
            .map(|(least, most)| Body::new().set("MaxCapacity", most).set("MinCapacity", least));
        let body = Body::new()
            .set("DBClusterIdentifier", id)
            .set("Engine", &cluster.engine)
            .set("EngineVersion", &cluster.engine_version)
            .maybe("EngineMode", cluster.engine_mode.as_deref())
            .maybe("DBClusterInstanceClass", cluster.class.as_deref())
            .maybe("AllocatedStorage", storage(cluster))
            .maybe("Iops", cluster.iops.filter(|_| cluster.class.is_some()))
            .maybe("ReplicationSourceIdentifier", cluster.replica_of.as_deref())
            .set("StorageEncrypted", cluster.storage_encrypted)
            .maybe("KmsKeyId", cluster.kms_key_id.as_deref().map(|key| place.link(KEY, key)))
            .maybe("MasterUsername", cluster.master_username.as_deref().filter(|_| source))
            .maybe("MasterUserPassword", source.then(|| password(id)))
            .maybe("Port", cluster.port)
            .maybe(
                "DBSubnetGroupName",
                cluster.subnet_group.as_deref().map(|g| place.link(What::DbSubnetGroup, g)),
            )
            .maybe("DBClusterParameterGroupName", cluster.parameter_group.as_deref())
            .some("VpcSecurityGroupIds", place.links(GROUP, &cluster.security_group_ids))
            .some("AvailabilityZones", &cluster.availability_zones)
            .set("BackupRetentionPeriod", cluster.backup_retention_days)
            .maybe(
                "BacktrackWindow",
                Some(cluster.backtrack_seconds).filter(|seconds| *seconds > 0),
            )
            .set("CopyTagsToSnapshot", cluster.copy_tags_to_snapshot)
            .set("DeletionProtection", cluster.deletion_protection)
            .set("EnableIAMDatabaseAuthentication", cluster.iam_authentication)
            .maybe("EnableHttpEndpoint", cluster.http_endpoint.then_some(true))
            .some("EnableCloudwatchLogsExports", &cluster.log_exports)
            .maybe("ServerlessV2ScalingConfiguration", capacity);
        vec![
            Declaration::new("AWS::RDS::DBCluster", Data, body)
                .found_by([("DBClusterIdentifier", id.clone())])
                .tagged("Tags")
                .stateful(),
        ]
    }
}
