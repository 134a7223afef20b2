"""ECS: clusters, services, task definitions."""

from . import metrics
from .account import Unknown
from .shape import Place, arns, present, tags, unique


def collect(account):
    place, client = Place(account), account.client("ecs")
    clusters = account.list("ecs", "list_clusters", "clusterArns", 100)
    families = account.list("ecs", "list_task_definition_families", "families", 100, status="ACTIVE")
    batches = [clusters[i:i + 100] for i in range(0, len(clusters), 100)]
    described = account.details(batches, clusters=lambda batch: client.describe_clusters(
        clusters=batch, include=["SETTINGS", "TAGS"])["clusters"])
    listed = account.details(clusters, services=lambda arn: account.pages(
        "ecs", "list_services", "serviceArns", 100, cluster=arn))
    batches = [
        (cluster, names["services"][i:i + 10])
        for cluster, names in zip(clusters, listed) if not isinstance(names["services"], Unknown)
        for i in range(0, len(names["services"]), 10)
    ]
    services = account.details(batches, services=lambda batch: client.describe_services(
        cluster=batch[0], services=batch[1], include=["TAGS"])["services"])
    services = [service(place, s) for answer in services for s in known_items(answer["services"])]
    metrics.fill(account, services, service_metrics)
    running = [s["config"]["task_definition_arn"] for s in services]
    definitions = account.details(present([*families, *running]), told=lambda name: (
        client.describe_task_definition(taskDefinition=name, include=["TAGS"])))
    definitions = [d["told"] for d in definitions if not isinstance(d["told"], Unknown)]
    definitions = {d["taskDefinition"]["taskDefinitionArn"]: d for d in definitions}
    return (
        [cluster(place, c) for answer in described for c in known_items(answer["clusters"])]
        + services
        + [task_definition(place, d["taskDefinition"], d.get("tags")) for d in definitions.values()]
    )


def known_items(found):
    return [] if isinstance(found, Unknown) else found


def tags_of(pairs):
    return tags(pairs, "key", "value")


def cluster(place, c):
    insights = [s.get("value") for s in c.get("settings", []) if s["name"] == "containerInsights"]
    config = {
        "status": c.get("status", ""),
        "container_insights": (insights or [None])[0] or None,
        "capacity_providers": unique(c.get("capacityProviders", [])),
        "container_instances": c.get("registeredContainerInstancesCount", 0),
        "running_tasks": c.get("runningTasksCount", 0),
        "active_services": c.get("activeServicesCount", 0),
    }
    name = c["clusterName"]
    return place.resource("AWS::ECS::Cluster", c["clusterArn"], name, config, tags_of(c.get("tags")), name=name)


def service_metrics(service):
    dimensions = [
        ("ClusterName", service["config"]["cluster_arn"].rsplit("/", 1)[-1]),
        ("ServiceName", service["arn"].rsplit("/", 1)[-1]),
    ]
    return [("AWS/ECS", name, dimensions) for name in ("CPUUtilization", "MemoryUtilization")]


def service(place, s):
    network = s.get("networkConfiguration", {}).get("awsvpcConfiguration")
    providers = {(p["capacityProvider"], p.get("weight", 0)) for p in s.get("capacityProviderStrategy", [])}
    config = {
        "cluster_arn": s.get("clusterArn", ""),
        "status": s.get("status", ""),
        "launch_type": s.get("launchType"),
        "capacity_providers": [list(pair) for pair in sorted(providers)],
        "platform_version": s.get("platformVersion") or None,
        "scheduling_strategy": s.get("schedulingStrategy"),
        "desired_count": s.get("desiredCount", 0),
        "running_count": s.get("runningCount", 0),
        "task_definition_arn": s.get("taskDefinition") or None,
        "assign_public_ip": None if network is None else network.get("assignPublicIp") == "ENABLED",
        "subnet_ids": unique((network or {}).get("subnets", [])),
        "security_group_ids": unique((network or {}).get("securityGroups", [])),
        "target_group_arns": present(lb.get("targetGroupArn") for lb in s.get("loadBalancers", [])),
        "execute_command": s.get("enableExecuteCommand", False),
    }
    name = s["serviceName"]
    return place.resource(
        "AWS::ECS::Service", s["serviceArn"], name, config, tags_of(s.get("tags")), name=name,
        created_at=s.get("createdAt"),
        depends_on=arns(config["cluster_arn"], config["task_definition_arn"], *config["target_group_arns"])
        + place.ec2("subnet", config["subnet_ids"])
        + place.ec2("security-group", config["security_group_ids"]),
    )


def task_definition(place, d, pairs):
    config = {
        "family": d.get("family", ""),
        "revision": d.get("revision", 0),
        "status": d.get("status", ""),
        "network_mode": d.get("networkMode"),
        "pid_mode": d.get("pidMode"),
        "cpu": d.get("cpu") or None,
        "memory": d.get("memory") or None,
        "architecture": d.get("runtimePlatform", {}).get("cpuArchitecture"),
        "operating_system": d.get("runtimePlatform", {}).get("operatingSystemFamily"),
        "requires_compatibilities": unique(d.get("requiresCompatibilities", [])),
        "task_role_arn": d.get("taskRoleArn") or None,
        "execution_role_arn": d.get("executionRoleArn") or None,
        "containers": [container(c) for c in d.get("containerDefinitions", [])],
    }
    return place.resource(
        "AWS::ECS::TaskDefinition", d["taskDefinitionArn"], f"{config['family']}:{config['revision']}", config,
        tags_of(pairs), name=config["family"], created_at=d.get("registeredAt"),
        depends_on=arns(config["task_role_arn"], config["execution_role_arn"]),
    )


def container(c):
    return {
        "name": c.get("name", ""),
        "image": c.get("image", ""),
        "privileged": c.get("privileged"),
        "user": c.get("user") or None,
        "readonly_root_filesystem": c.get("readonlyRootFilesystem"),
        "environment_keys": present(variable.get("name") for variable in c.get("environment", [])),
        "secret_keys": unique(secret["name"] for secret in c.get("secrets", [])),
        "log_driver": c.get("logConfiguration", {}).get("logDriver"),
    }
