"""OpenSearch."""

import json

from . import metrics
from .account import Unknown
from .shape import Place, known, tags, unique


def collect(account):
    place, client = Place(account), account.client("opensearch")
    names = account.listed("opensearch", "list_domain_names", "DomainNames")
    names = [domain["DomainName"] for domain in names]
    batches = [names[i:i + 5] for i in range(0, len(names), 5)]
    ask = lambda batch: client.describe_domains(DomainNames=batch)["DomainStatusList"]
    told = [answer["domains"] for answer in account.details(batches, domains=ask)]
    domains = [d for answer in told if not isinstance(answer, Unknown) for d in answer]
    tagged = account.details(domains, tags=lambda d: tags(client.list_tags(ARN=d["ARN"])["TagList"]))
    found = [domain(place, d, t["tags"]) for d, t in zip(domains, tagged)]
    names = ["CPUUtilization", "JVMMemoryPressure", "FreeStorageSpace", "SearchRate", "IndexingRate"]
    return metrics.fill(account, found, lambda resource: [
        ("AWS/ES", name, [("DomainName", resource["id"]), ("ClientId", account.id)]) for name in names
    ])


def domain(place, d, tagged):
    cluster, vpc, endpoint = d.get("ClusterConfig", {}), d.get("VPCOptions", {}), d.get("DomainEndpointOptions", {})
    zones = cluster.get("ZoneAwarenessEnabled", False)
    masters, warm = cluster.get("DedicatedMasterEnabled", False), cluster.get("WarmEnabled", False)
    disks = d.get("EBSOptions", {})
    disks = disks if disks.get("EBSEnabled") else {}
    at_rest = d.get("EncryptionAtRestOptions", {})
    config = {
        "engine_version": d.get("EngineVersion", ""),
        "instance_type": cluster.get("InstanceType", ""),
        "instance_count": cluster.get("InstanceCount", 0),
        "zone_awareness": zones,
        "zones": cluster.get("ZoneAwarenessConfig", {}).get("AvailabilityZoneCount", 2) if zones else None,
        "dedicated_master_type": cluster.get("DedicatedMasterType") if masters else None,
        "dedicated_master_count": cluster.get("DedicatedMasterCount", 0) if masters else 0,
        "warm_type": cluster.get("WarmType") if warm else None,
        "warm_count": cluster.get("WarmCount", 0) if warm else 0,
        "volume_type": disks.get("VolumeType"),
        "volume_size_gib": disks.get("VolumeSize"),
        "iops": disks.get("Iops"),
        "throughput_mibps": disks.get("Throughput"),
        "vpc_id": vpc.get("VPCId") or None,
        "subnet_ids": unique(vpc.get("SubnetIds", [])),
        "security_group_ids": unique(vpc.get("SecurityGroupIds", [])),
        "access_policy": known(json.loads(d["AccessPolicies"]) if d.get("AccessPolicies") else None),
        "encryption_at_rest": at_rest.get("Enabled", False),
        "kms_key_id": at_rest.get("KmsKeyId") or None,
        "node_to_node_encryption": d.get("NodeToNodeEncryptionOptions", {}).get("Enabled", False),
        "enforce_https": endpoint.get("EnforceHTTPS", False),
        "tls_security_policy": endpoint.get("TLSSecurityPolicy") or None,
        "fine_grained_access": d.get("AdvancedSecurityOptions", {}).get("Enabled", False),
        "published_logs": unique(
            kind for kind, log in d.get("LogPublishingOptions", {}).items() if log.get("Enabled")
        ),
        "update_available": d.get("ServiceSoftwareOptions", {}).get("UpdateAvailable", False),
    }
    name = d["DomainName"]
    return place.resource(
        "AWS::OpenSearchService::Domain", d["ARN"], name, config, tagged, name=name,
        depends_on=place.ec2("security-group", config["security_group_ids"])
        + place.ec2("subnet", config["subnet_ids"]) + place.keys(config["kms_key_id"]),
    )
