"""EKS."""

from .account import Unknown
from .shape import Place, arns, known, present, unique, when_known


def collect(account):
    place, client = Place(account), account.client("eks")
    names = account.list("eks", "list_clusters", "clusters", 100)
    named = lambda operation, key: lambda name: sorted(account.pages("eks", operation, key, 100, clusterName=name))
    told = account.details(
        names,
        cluster=lambda name: client.describe_cluster(name=name)["cluster"],
        profiles=named("list_fargate_profiles", "fargateProfileNames"),
        addons=named("list_addons", "addons"),
        groups=named("list_nodegroups", "nodegroups"),
    )
    found = [cluster(place, name, t) for name, t in zip(names, told)]
    pairs = [(name, group) for name, t in zip(names, told) for group in listed(t["groups"])]
    groups = account.details(
        pairs, group=lambda pair: client.describe_nodegroup(clusterName=pair[0], nodegroupName=pair[1])["nodegroup"]
    )
    return found + [nodegroup(place, *pair, t["group"]) for pair, t in zip(pairs, groups)]


def listed(names):
    """None of a list that cannot be read; that it cannot is no resource."""
    return [] if isinstance(names, Unknown) else names


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
    profiles, addons, told = told["profiles"], told["addons"], told["cluster"]
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
        "AWS::EKS::Cluster", arn, name,
        {"settings": known(settings), "fargate_profiles": known(profiles), "addons": known(addons)},
        when_known(told, lambda told: told.get("tags", {})), name=name, created_at=created, depends_on=needs,
    )


def nodegroup_settings(g):
    scaling, template = g.get("scalingConfig", {}), g.get("launchTemplate", {})
    return {
        "status": g.get("status", ""),
        "version": g.get("version") or None,
        "release_version": g.get("releaseVersion") or None,
        "ami_type": g.get("amiType") or None,
        "capacity_type": g.get("capacityType") or None,
        "instance_types": g.get("instanceTypes", []),
        "min_size": scaling.get("minSize"),
        "max_size": scaling.get("maxSize"),
        "desired_size": scaling.get("desiredSize"),
        "disk_size_gib": g.get("diskSize"),
        "role_arn": g.get("nodeRole") or None,
        "subnet_ids": unique(g.get("subnets", [])),
        "launch_template_id": template.get("id") or None,
        "launch_template_version": template.get("version") or None,
        "auto_scaling_groups": present(
            group.get("name") for group in g.get("resources", {}).get("autoScalingGroups", [])
        ),
        "issues": present(issue.get("code") for issue in g.get("health", {}).get("issues", [])),
    }


def nodegroup(place, cluster, name, told):
    settings = when_known(told, nodegroup_settings)
    arn, created, needs = place.arn("eks", f"nodegroup/{cluster}/{name}"), None, []
    if not isinstance(told, Unknown):
        arn, created = told.get("nodegroupArn") or arn, told.get("createdAt")
        needs = (
            arns(settings["role_arn"])
            + place.ec2("subnet", settings["subnet_ids"])
            + place.ec2("launch-template", [settings["launch_template_id"]])
        )
    return place.resource(
        "AWS::EKS::Nodegroup", arn, f"{cluster}/{name}", {"cluster": cluster, "settings": known(settings)},
        when_known(told, lambda told: told.get("tags", {})), name=name, created_at=created,
        depends_on=[place.arn("eks", f"cluster/{cluster}"), *needs],
    )
