"""RDS and Aurora."""

from datetime import timedelta

from . import metrics
from .shape import Place, arns, known, present, tags, time, unique

PAGE = 100


def collect(account):
    place = Place(account)
    listed = lambda operation, key: account.list("rds", operation, key, PAGE)
    instances = [instance(place, d) for d in listed("describe_db_instances", "DBInstances")]
    clusters = [cluster(place, c) for c in listed("describe_db_clusters", "DBClusters")]
    reserved_ones = listed("describe_reserved_db_instances", "ReservedDBInstances")
    return (
        metrics.fill(account, instances, metrics.of(
            "AWS/RDS", "DBInstanceIdentifier", "CPUUtilization", "DatabaseConnections", "FreeStorageSpace",
            "FreeableMemory", "ReadIOPS", "WriteIOPS"))
        + metrics.fill(account, clusters, metrics.of(
            "AWS/RDS", "DBClusterIdentifier", "VolumeBytesUsed", "VolumeReadIOPs", "VolumeWriteIOPs"))
        + snapshots(account, place) + cluster_snapshots(account, place)
        + [reserved(place, r) for r in reserved_ones]
        + proxies(account, place) + subscriptions(account, place) + subnet_groups(account, place)
    )


def tagged(account, found, arn):
    """Each with its tags, which take a call of their own."""
    read = lambda one: tags(account.client("rds").list_tags_for_resource(ResourceName=arn(one))["TagList"])
    return [(one, told["tags"]) for one, told in zip(found, account.details(found, tags=read))]


def proxies(account, place):
    found = account.list("rds", "describe_db_proxies", "DBProxies", PAGE)
    return [proxy(place, p, own) for p, own in tagged(account, found, lambda p: p["DBProxyArn"])]


def proxy(place, p, own):
    config = {
        "status": p.get("Status", ""),
        "engine_family": p.get("EngineFamily", ""),
        "require_tls": p.get("RequireTLS", False),
        "vpc_id": p.get("VpcId") or None,
        "subnet_ids": unique(p.get("VpcSubnetIds", [])),
        "security_group_ids": unique(p.get("VpcSecurityGroupIds", [])),
        "endpoint": p.get("Endpoint") or None,
        "role_arn": p.get("RoleArn") or None,
    }
    return place.resource(
        "AWS::RDS::DBProxy", p["DBProxyArn"], p["DBProxyName"], config, own, name=p["DBProxyName"],
        created_at=p.get("CreatedDate"),
        depends_on=place.ec2("security-group", config["security_group_ids"])
        + place.ec2("subnet", config["subnet_ids"]) + arns(config["role_arn"]),
    )


def subnet_groups(account, place):
    found = account.list("rds", "describe_db_subnet_groups", "DBSubnetGroups", PAGE)
    arn = lambda g: group_arn(place, g.get("DBSubnetGroupArn"), g["DBSubnetGroupName"])
    return [
        place.subnet_group(
            "AWS::RDS::DBSubnetGroup", arn(g), g["DBSubnetGroupName"], own,
            description=g.get("DBSubnetGroupDescription"), vpc=g.get("VpcId"), subnets=g.get("Subnets", []),
        )
        for g, own in tagged(account, found, arn)
    ]


def group_arn(place, told, name):
    return told or place.arn("rds", f"subgrp:{name}")


def subscriptions(account, place):
    found = account.list("rds", "describe_event_subscriptions", "EventSubscriptionsList", PAGE)
    arn = lambda s: s.get("EventSubscriptionArn") or place.arn("rds", f"es:{s['CustSubscriptionId']}")
    return [subscription(place, s, own, arn(s)) for s, own in tagged(account, found, arn)]


def subscription(place, s, own, arn):
    id = s["CustSubscriptionId"]
    config = {
        "status": s.get("Status", ""),
        "enabled": s.get("Enabled", False),
        "source_type": s.get("SourceType") or None,
        "source_ids": unique(s.get("SourceIdsList", [])),
        "event_categories": unique(s.get("EventCategoriesList", [])),
        "topic_arn": s.get("SnsTopicArn") or None,
    }
    return place.resource(
        "AWS::RDS::EventSubscription", arn, id, config, own, name=id, depends_on=arns(config["topic_arn"]),
    )


def security_groups(database):
    return unique(g["VpcSecurityGroupId"] for g in database.get("VpcSecurityGroups", []))


def instance(place, d):
    id, group, found = d["DBInstanceIdentifier"], d.get("DBSubnetGroup", {}), tags(d.get("TagList"))
    certificate = d.get("CertificateDetails", {})
    config = {
        "class": d["DBInstanceClass"],
        "engine": d["Engine"],
        "engine_version": d.get("EngineVersion", ""),
        "status": d["DBInstanceStatus"],
        "storage_type": d.get("StorageType") or None,
        "allocated_storage_gib": d.get("AllocatedStorage", 0),
        "iops": d.get("Iops"),
        "multi_az": d.get("MultiAZ", False),
        "publicly_accessible": d.get("PubliclyAccessible", False),
        "storage_encrypted": d.get("StorageEncrypted", False),
        "kms_key_id": d.get("KmsKeyId") or None,
        "backup_retention_days": d.get("BackupRetentionPeriod", 0),
        "auto_minor_version_upgrade": d.get("AutoMinorVersionUpgrade", False),
        "deletion_protection": d.get("DeletionProtection", False),
        "copy_tags_to_snapshot": d.get("CopyTagsToSnapshot", False),
        "iam_authentication": d.get("IAMDatabaseAuthenticationEnabled", False),
        "monitoring_interval_seconds": d.get("MonitoringInterval", 0),
        "master_username": d.get("MasterUsername") or None,
        "port": d.get("Endpoint", {}).get("Port") or d.get("DbInstancePort") or None,
        "cluster_id": d.get("DBClusterIdentifier") or None,
        "replica_of": d.get("ReadReplicaSourceDBInstanceIdentifier") or None,
        "subnet_group": group.get("DBSubnetGroupName") or None,
        "subnet_group_description": group.get("DBSubnetGroupDescription") or None,
        "vpc_id": group.get("VpcId") or None,
        "security_group_ids": security_groups(d),
        "subnet_ids": present(subnet.get("SubnetIdentifier") for subnet in group.get("Subnets", [])),
        "availability_zone": d.get("AvailabilityZone") or None,
        "log_exports": unique(d.get("EnabledCloudwatchLogsExports", [])),
        "parameter_groups": present(p.get("DBParameterGroupName") for p in d.get("DBParameterGroups", [])),
        "performance_insights": d.get("PerformanceInsightsEnabled"),
        "ca_certificate": certificate.get("CAIdentifier") or d.get("CACertificateIdentifier") or None,
        "certificate_valid_till": time(certificate.get("ValidTill")),
        "license_model": d.get("LicenseModel") or None,
        "max_allocated_storage_gib": d.get("MaxAllocatedStorage"),
        "storage_throughput_mibps": d.get("StorageThroughput") or None,
        "engine_lifecycle_support": d.get("EngineLifecycleSupport") or None,
    }
    name = config["subnet_group"]
    grouped = [group_arn(place, group.get("DBSubnetGroupArn"), name)] if name else []
    of_cluster = [place.arn("rds", f"cluster:{config['cluster_id']}")] if config["cluster_id"] else []
    return place.resource(
        "AWS::RDS::DBInstance", d.get("DBInstanceArn") or place.arn("rds", f"db:{id}"), id, config, found,
        name=found.get("Name") or id, created_at=d.get("InstanceCreateTime"),
        depends_on=place.ec2("security-group", config["security_group_ids"])
        + place.ec2("subnet", config["subnet_ids"]) + grouped + of_cluster + place.keys(d.get("KmsKeyId")),
    )


def cluster(place, c):
    id, found = c["DBClusterIdentifier"], tags(c.get("TagList"))
    capacity = c.get("ServerlessV2ScalingConfiguration", {})
    both = "MinCapacity" in capacity and "MaxCapacity" in capacity
    members = [
        {"instance_id": m["DBInstanceIdentifier"], "writer": m.get("IsClusterWriter", False)}
        for m in c.get("DBClusterMembers", [])
    ]
    config = {
        "engine": c.get("Engine", ""),
        "engine_version": c.get("EngineVersion", ""),
        "engine_mode": c.get("EngineMode") or None,
        "status": c.get("Status", ""),
        "class": c.get("DBClusterInstanceClass") or None,
        "storage_type": c.get("StorageType") or None,
        "allocated_storage_gib": c.get("AllocatedStorage", 0),
        "iops": c.get("Iops") or None,
        "serverless_capacity": [capacity["MinCapacity"], capacity["MaxCapacity"]] if both else None,
        "multi_az": c.get("MultiAZ", False),
        "publicly_accessible": c.get("PubliclyAccessible"),
        "storage_encrypted": c.get("StorageEncrypted", False),
        "kms_key_id": c.get("KmsKeyId") or None,
        "backup_retention_days": c.get("BackupRetentionPeriod", 0),
        "backtrack_seconds": c.get("BacktrackWindow", 0),
        "auto_minor_version_upgrade": c.get("AutoMinorVersionUpgrade"),
        "deletion_protection": c.get("DeletionProtection", False),
        "copy_tags_to_snapshot": c.get("CopyTagsToSnapshot", False),
        "iam_authentication": c.get("IAMDatabaseAuthenticationEnabled", False),
        "http_endpoint": c.get("HttpEndpointEnabled", False),
        "log_exports": unique(c.get("EnabledCloudwatchLogsExports", [])),
        "parameter_group": c.get("DBClusterParameterGroup") or None,
        "master_username": c.get("MasterUsername") or None,
        "port": c.get("Port") or None,
        "replica_of": c.get("ReplicationSourceIdentifier") or None,
        "subnet_group": c.get("DBSubnetGroup") or None,
        "availability_zones": unique(c.get("AvailabilityZones", [])),
        "security_group_ids": security_groups(c),
        "members": sorted(members, key=lambda member: member["instance_id"]),
        "engine_lifecycle_support": c.get("EngineLifecycleSupport") or None,
    }
    grouped = [group_arn(place, None, config["subnet_group"])] if config["subnet_group"] else []
    return place.resource(
        "AWS::RDS::DBCluster", c.get("DBClusterArn") or place.arn("rds", f"cluster:{id}"), id, config, found,
        name=found.get("Name") or id, created_at=c.get("ClusterCreateTime"),
        depends_on=place.ec2("security-group", config["security_group_ids"]) + grouped
        + place.keys(c.get("KmsKeyId")),
    )


def restorers(answer, attributes, name, values):
    """Accounts that may restore a snapshot."""
    return unique(
        value for one in answer[attributes] if one[name] == "restore" for value in one.get(values, [])
    )


def snapshots(account, place):
    rds = account.client("rds")
    found = account.list("rds", "describe_db_snapshots", "DBSnapshots", PAGE)

    def shared_with(s):
        # Automated snapshots cannot be shared.
        if s["SnapshotType"] == "automated":
            return []
        answer = rds.describe_db_snapshot_attributes(DBSnapshotIdentifier=s["DBSnapshotIdentifier"])
        answer = answer["DBSnapshotAttributesResult"]
        return restorers(answer, "DBSnapshotAttributes", "AttributeName", "AttributeValues")

    return [
        snapshot(
            place, s, told["shared"], kind="AWS::RDS::DBSnapshot", id=s["DBSnapshotIdentifier"],
            arn=s.get("DBSnapshotArn") or place.arn("rds", f"snapshot:{s['DBSnapshotIdentifier']}"),
            of=s["DBInstanceIdentifier"], encrypted=s.get("Encrypted", False),
            size=s.get("FullSnapshotSizeInBytes"),
            created_at=s.get("OriginalSnapshotCreateTime") or s.get("SnapshotCreateTime"),
        )
        for s, told in zip(found, account.details(found, shared=shared_with))
    ]


def cluster_snapshots(account, place):
    rds = account.client("rds")
    found = account.list("rds", "describe_db_cluster_snapshots", "DBClusterSnapshots", PAGE)

    def shared_with(s):
        if s["SnapshotType"] == "automated":
            return []
        id = s["DBClusterSnapshotIdentifier"]
        answer = rds.describe_db_cluster_snapshot_attributes(DBClusterSnapshotIdentifier=id)
        answer = answer["DBClusterSnapshotAttributesResult"]
        return restorers(answer, "DBClusterSnapshotAttributes", "AttributeName", "AttributeValues")

    return [
        snapshot(
            place, s, told["shared"], kind="AWS::RDS::DBClusterSnapshot", id=s["DBClusterSnapshotIdentifier"],
            arn=s.get("DBClusterSnapshotArn")
            or place.arn("rds", f"cluster-snapshot:{s['DBClusterSnapshotIdentifier']}"),
            of=s["DBClusterIdentifier"], encrypted=s.get("StorageEncrypted", False), size=None,
            created_at=s.get("SnapshotCreateTime"),
        )
        for s, told in zip(found, account.details(found, shared=shared_with))
    ]


def snapshot(place, s, shared, *, kind, id, arn, of, encrypted, size, created_at):
    config = {
        "database_id": of,
        "snapshot_type": s.get("SnapshotType", ""),
        "status": s.get("Status", ""),
        "engine": s.get("Engine", ""),
        "engine_version": s.get("EngineVersion", ""),
        "allocated_storage_gib": s.get("AllocatedStorage", 0),
        "full_size_bytes": size,
        "encrypted": encrypted,
        "kms_key_id": s.get("KmsKeyId") or None,
        "shared_with": known(shared),
    }
    return place.resource(
        kind, arn, id, config, tags(s.get("TagList")), name=id, created_at=created_at,
        depends_on=place.keys(s.get("KmsKeyId")),
    )


def reserved(place, r):
    id, start = r["ReservedDBInstanceId"], r.get("StartTime")
    micros = lambda amount: round(amount * 1e6)
    hourly = sum(
        c.get("RecurringChargeAmount", 0.0) for c in r.get("RecurringCharges", [])
        if c.get("RecurringChargeFrequency") == "Hourly"
    )
    config = {
        "class": r.get("DBInstanceClass", ""),
        "product": r.get("ProductDescription", ""),
        "offering": r.get("OfferingType", ""),
        "count": r.get("DBInstanceCount", 1),
        "multi_az": r.get("MultiAZ", False),
        "state": r.get("State", ""),
        "started_at": time(start),
        "ends_at": time(start + timedelta(seconds=r["Duration"])) if start and "Duration" in r else None,
        "upfront_micros": micros(r.get("FixedPrice", 0.0)),
        "hourly_micros": micros(hourly + r.get("UsagePrice", 0.0)),
        "currency": r.get("CurrencyCode", "USD"),
    }
    arn = r.get("ReservedDBInstanceArn") or place.arn("rds", f"ri:{id}")
    return place.resource("AWS::RDS::ReservedDBInstance", arn, id, config, created_at=start)
