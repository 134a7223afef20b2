"""EKS."""

from .account import Unknown
from .shape import Place, arns, known, present, unique, when_known


def collect(account):
    place, client = Place(account), account.client("eks")
    names = account.list("eks", "list_clusters", "clusters", 100)
    told = account.details(names, cluster=lambda name: client.describe_cluster(name=name)["cluster"])
    return [cluster(place, name, t["cluster"]) for name, t in zip(names, told)]


def settings_of(c):
    network = c.get("resourcesVpcConfig", {})
    logs = c.get("logging", {}).get("clusterLogging", [])
    keys = [e.get("provider", {}).get("keyArn") for e in c.get("encryptionConfig", [])]
    return {
        "status": c.get("status", ""),
        "version": c.get("version", ""),
        "support_type": c.get("upgradePolicy", {}).get("supportType"),
        "endpoint_public_access": network.get("endpointPublicAccess", False),
        "public_access_cidrs": unique(network.get("publicAccessCidrs", [])),
        "endpoint_private_access": network.get("endpointPrivateAccess", False),
        "log_types": unique(kind for setup in logs if setup.get("enabled") for kind in setup["types"]),
        "secrets_key_arn": next((key for key in keys if key), None),
        "authentication_mode": c.get("accessConfig", {}).get("authenticationMode"),
        "deletion_protection": c.get("deletionProtection", False),
        "role_arn": c.get("roleArn") or None,
        "vpc_id": network.get("vpcId") or None,
        "subnet_ids": unique(network.get("subnetIds", [])),
        "security_group_ids": present(
            [*network.get("securityGroupIds", []), network.get("clusterSecurityGroupId")]
        ),
    }


def cluster(place, name, told):
    settings = when_known(told, settings_of)
    arn, created, needs = place.arn("eks", f"cluster/{name}"), None, []
    if not isinstance(told, Unknown):
        arn, created = told.get("arn") or arn, told.get("createdAt")
        needs = (
            arns(settings["role_arn"], settings["secrets_key_arn"])
            + place.ec2("subnet", settings["subnet_ids"])
            + place.ec2("security-group", settings["security_group_ids"])
        )
    return place.resource(
        "AWS::EKS::Cluster", arn, name, {"settings": known(settings)},
        when_known(told, lambda told: told.get("tags", {})), name=name, created_at=created, depends_on=needs,
    )
