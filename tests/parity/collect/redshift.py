"""Redshift."""

from . import metrics
from .account import Unknown, attempt
from .shape import Place, arns, known, present, tags, unique


def collect(account):
    place, client = Place(account), account.client("redshift")
    clusters = account.list("redshift", "describe_clusters", "Clusters", 100)
    logging = account.details(clusters, on=lambda c: client.describe_logging_status(
        ClusterIdentifier=c["ClusterIdentifier"]).get("LoggingEnabled", False))
    groups = unique(name for c in clusters for name in parameter_groups(c))

    def requires_ssl(group):
        found = account.pages(
            "redshift", "describe_cluster_parameters", "Parameters", 100, ParameterGroupName=group
        )
        value = next((p.get("ParameterValue") for p in found if p["ParameterName"] == "require_ssl"), None)
        return value == "true"

    required = dict(zip(groups, account.each(lambda group: attempt(lambda: requires_ssl(group)), groups)))
    found = [cluster(place, c, l["on"], required) for c, l in zip(clusters, logging)]
    metrics.fill(account, found, metrics.of(
        "AWS/Redshift", "ClusterIdentifier", "CPUUtilization", "DatabaseConnections"))
    subnets = account.list("redshift", "describe_cluster_subnet_groups", "ClusterSubnetGroups", 100)
    return found + [
        place.subnet_group(
            "AWS::Redshift::ClusterSubnetGroup", group_arn(place, s["ClusterSubnetGroupName"]),
            s["ClusterSubnetGroupName"], tags(s.get("Tags")), description=s.get("Description"),
            vpc=s.get("VpcId"), subnets=s.get("Subnets", []),
        )
        for s in subnets
    ]


def group_arn(place, name):
    return place.arn("redshift", f"subnetgroup:{name}")


def parameter_groups(cluster):
    return present(g.get("ParameterGroupName") for g in cluster.get("ClusterParameterGroups", []))


def cluster(place, c, logging, required):
    id, found = c["ClusterIdentifier"], tags(c.get("Tags"))
    of_groups = [required[name] for name in parameter_groups(c)]
    ssl = next((one for one in of_groups if isinstance(one, Unknown)), any(one is True for one in of_groups))
    config = {
        "node_type": c.get("NodeType", ""),
        "nodes": c.get("NumberOfNodes", 0),
        "status": c.get("ClusterStatus", ""),
        "version": c.get("ClusterVersion", ""),
        "allow_version_upgrade": c.get("AllowVersionUpgrade", False),
        "publicly_accessible": c.get("PubliclyAccessible", False),
        "encrypted": c.get("Encrypted", False),
        "kms_key_id": c.get("KmsKeyId") or None,
        "enhanced_vpc_routing": c.get("EnhancedVpcRouting", False),
        "multi_az": c.get("MultiAZ", "").lower() == "enabled",
        "snapshot_retention_days": c.get("AutomatedSnapshotRetentionPeriod", 0),
        "master_username": c.get("MasterUsername") or None,
        "database_name": c.get("DBName") or None,
        "port": c.get("Endpoint", {}).get("Port"),
        "availability_zone": c.get("AvailabilityZone") or None,
        "vpc_id": c.get("VpcId") or None,
        "subnet_group": c.get("ClusterSubnetGroupName") or None,
        "security_group_ids": present(g.get("VpcSecurityGroupId") for g in c.get("VpcSecurityGroups", [])),
        "parameter_groups": parameter_groups(c),
        "role_arns": present(role.get("IamRoleArn") for role in c.get("IamRoles", [])),
        "audit_logging": known(logging),
        "require_ssl": known(ssl),
    }
    return place.resource(
        "AWS::Redshift::Cluster", place.arn("redshift", f"cluster:{id}"), id, config, found,
        name=found.get("Name") or id, created_at=c.get("ClusterCreateTime"),
        depends_on=place.ec2("security-group", config["security_group_ids"])
        + ([group_arn(place, config["subnet_group"])] if config["subnet_group"] else [])
        + arns(*config["role_arns"]) + place.keys(c.get("KmsKeyId")),
    )
