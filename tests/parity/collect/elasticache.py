"""ElastiCache."""

from . import metrics
from .account import Unknown
from .shape import Place, present, tags, unique


def collect(account):
    place, client = Place(account), account.client("elasticache")
    clusters = account.list("elasticache", "describe_cache_clusters", "CacheClusters", 100)
    groups = account.list("elasticache", "describe_replication_groups", "ReplicationGroups", 100)
    subnets = account.list("elasticache", "describe_cache_subnet_groups", "CacheSubnetGroups", 100)
    for s in subnets:
        s.setdefault("ARN", group_arn(place, s["CacheSubnetGroupName"]))
    for c in clusters:
        c.setdefault("ARN", place.arn("elasticache", f"cluster:{c['CacheClusterId']}"))
    for g in groups:
        g.setdefault("ARN", place.arn("elasticache", f"replicationgroup:{g['ReplicationGroupId']}"))
    ask = lambda one: tags(client.list_tags_for_resource(ResourceName=one["ARN"])["TagList"])
    tagged = iter(account.details([*clusters, *groups, *subnets], tags=ask))
    found = [cache_cluster(place, c, next(tagged)["tags"]) for c in clusters]
    metrics.fill(account, found, metrics.of(
        "AWS/ElastiCache", "CacheClusterId", "CPUUtilization", "CurrConnections", "CacheHits", "CacheMisses",
        "DatabaseMemoryUsagePercentage"))
    found += [replication_group(place, g, next(tagged)["tags"]) for g in groups]
    return found + [
        place.subnet_group(
            "AWS::ElastiCache::SubnetGroup", s["ARN"], s["CacheSubnetGroupName"], next(tagged)["tags"],
            description=s.get("CacheSubnetGroupDescription"), vpc=s.get("VpcId"), subnets=s.get("Subnets", []),
        )
        for s in subnets
    ]


def group_arn(place, name):
    return place.arn("elasticache", f"subnetgroup:{name}")


def named(tagged, name):
    return name if isinstance(tagged, Unknown) else tagged.get("Name") or name


def cache_cluster(place, c, tagged):
    id, group = c["CacheClusterId"], c.get("ReplicationGroupId")
    config = {
        "node_type": c.get("CacheNodeType", ""),
        "engine": c.get("Engine", ""),
        "engine_version": c.get("EngineVersion", ""),
        "status": c.get("CacheClusterStatus", ""),
        "nodes": c.get("NumCacheNodes", 0),
        "availability_zone": c.get("PreferredAvailabilityZone") or None,
        "replication_group_id": group or None,
        "snapshot_retention_days": c.get("SnapshotRetentionLimit", 0),
        "auto_minor_version_upgrade": c.get("AutoMinorVersionUpgrade", False),
        "transit_encryption": c.get("TransitEncryptionEnabled", False),
        "at_rest_encryption": c.get("AtRestEncryptionEnabled", False),
        "auth_token": c.get("AuthTokenEnabled", False),
        "parameter_group": c.get("CacheParameterGroup", {}).get("CacheParameterGroupName") or None,
        "subnet_group": c.get("CacheSubnetGroupName") or None,
        "security_group_ids": present(g.get("SecurityGroupId") for g in c.get("SecurityGroups", [])),
    }
    return place.resource(
        "AWS::ElastiCache::CacheCluster", c["ARN"], id, config, tagged, name=named(tagged, id),
        created_at=c.get("CacheClusterCreateTime"),
        depends_on=place.ec2("security-group", config["security_group_ids"])
        + ([group_arn(place, config["subnet_group"])] if config["subnet_group"] else [])
        + ([place.arn("elasticache", f"replicationgroup:{group}")] if group else []),
    )


def replication_group(place, g, tagged):
    id = g["ReplicationGroupId"]
    config = {
        "description": g.get("Description") or None,
        "status": g.get("Status", ""),
        "node_type": g.get("CacheNodeType", ""),
        "engine": g.get("Engine") or None,
        "member_clusters": unique(g.get("MemberClusters", [])),
        "shards": len(g.get("NodeGroups", [])),
        "cluster_mode": g.get("ClusterEnabled", False),
        "automatic_failover": g.get("AutomaticFailover") in ("enabled", "enabling"),
        "multi_az": g.get("MultiAZ") == "enabled",
        "snapshot_retention_days": g.get("SnapshotRetentionLimit", 0),
        "auto_minor_version_upgrade": g.get("AutoMinorVersionUpgrade", False),
        "transit_encryption": g.get("TransitEncryptionEnabled", False),
        "at_rest_encryption": g.get("AtRestEncryptionEnabled", False),
        "auth_token": g.get("AuthTokenEnabled", False),
        "user_group_ids": unique(g.get("UserGroupIds", [])),
        "kms_key_id": g.get("KmsKeyId") or None,
    }
    return place.resource(
        "AWS::ElastiCache::ReplicationGroup", g["ARN"], id, config, tagged, name=named(tagged, id),
        created_at=g.get("ReplicationGroupCreateTime"), depends_on=place.keys(g.get("KmsKeyId")),
    )
