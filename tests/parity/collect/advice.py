"""A second opinion: Compute Optimizer and Cost Optimization Hub."""

from .account import Unknown, attempt
from .shape import is_arn, known, time, when_known


def compute_optimizer(account):
    """What Compute Optimizer recommends in a region, one line for each of its calls."""
    client = account.client("compute-optimizer")
    status = account.run(lambda: attempt(lambda: client.get_enrollment_status()["status"]))
    off = None if status == "Active" else status if isinstance(status, Unknown) else Unknown(status)

    def line(operation, key, make):
        def read():
            found = listed(getattr(client, operation[0]), key)
            return sorted((one for told in found for one in make(told)), key=in_order)
        answer = off or account.run(lambda: attempt(read))
        return {
            "line": "advice", "source": f"compute-optimizer:{operation[1]}", "recommendations": known(answer),
        }

    return [line(*kind) for kind in KINDS]


def cost_optimization_hub(account):
    """What the Cost Optimization Hub recommends to the account."""
    client = account.client("cost-optimization-hub")

    def read():
        statuses = client.list_enrollment_statuses()["items"]
        if any(one["status"] == "Inactive" for one in statuses):
            return Unknown("Inactive")
        own = {"accountIds": [account.id]}
        found = account.pages("cost-optimization-hub", "list_recommendations", "items", filter=own)
        return sorted((of_the_hub(told) for told in found), key=in_order)

    recommendations = known(account.run(lambda: attempt(read)))
    return [{
        "line": "advice", "source": "cost-optimization-hub:ListRecommendations", "recommendations": recommendations,
    }]


def listed(call, key):
    """Every page: boto3 has paginators for some of these calls only."""
    found, request = [], {}
    while True:
        page = call(**request)
        found.extend(page[key])
        if not page.get("nextToken"):
            return found
        request = {"nextToken": page["nextToken"]}


def in_order(found):
    return (found["resource"] or "", found["id"], found["kind"])


def recommendation(kind, arn, finding, days, told, id=None, current=None, options=()):
    return {
        "resource": arn if is_arn(arn) else None,
        "id": id or arn.rsplit("/", 1)[-1].rsplit(":", 1)[-1],
        "kind": kind,
        "finding": finding,
        "current": current,
        "options": list(options),
        "look_back_days": round(days) if days else None,
        "refreshed_at": time(told.get("lastRefreshTimestamp")),
    }


def saving(option):
    money = (option.get("savingsOpportunity") or {}).get("estimatedMonthlySavings")
    return round(money["value"] * 1e6) if money and money.get("currency", "USD") == "USD" else None


def ways(options, target, risk=True):
    """The ways to follow a recommendation, the best first."""
    return [
        {
            "target": target(option),
            "saving": saving(option),
            "performance_risk": option["performanceRisk"] if risk else None,
            "effort": option.get("migrationEffort"),
        }
        for option in sorted(options, key=lambda option: option.get("rank", 0))
    ]


def instance(told):
    options = ways(told["recommendationOptions"], lambda option: option["instanceType"])
    yield recommendation(
        "Ec2Instance", told["instanceArn"], told["finding"], told["lookBackPeriodInDays"], told,
        current=told["currentInstanceType"], options=options,
    )


def volume(told):
    text = lambda one: (
        f"{one['volumeType']} {one['volumeSize']} GiB, {one['volumeBaselineIOPS']} IOPS, "
        f"{one['volumeBaselineThroughput']} MiB/s"
    )
    options = ways(told["volumeRecommendationOptions"], lambda option: text(option["configuration"]))
    yield recommendation(
        "EbsVolume", told["volumeArn"], told["finding"], told["lookBackPeriodInDays"], told,
        current=text(told["currentConfiguration"]), options=options,
    )


def group(told):
    text = lambda one: one.get("instanceType") or ", ".join(one.get("mixedInstanceTypes", []))
    options = ways(told["recommendationOptions"], lambda option: text(option["configuration"]))
    yield recommendation(
        "AutoScalingGroup", told["autoScalingGroupArn"], told["finding"], told["lookBackPeriodInDays"], told,
        current=text(told["currentConfiguration"]), options=options,
    )


def ecs_service(told):
    text = lambda one: ", ".join(
        f"{one[key]} {unit}" for key, unit in (("cpu", "CPU units"), ("memory", "MiB")) if key in one
    )
    yield recommendation(
        "EcsService", told["serviceArn"], told["finding"], told["lookbackPeriodInDays"], told,
        current=text(told["currentServiceConfiguration"]),
        options=ways(told["serviceRecommendationOptions"], text, risk=False),
    )


def function(told):
    options = ways(
        told["memorySizeRecommendationOptions"], lambda option: f"{option['memorySize']} MB", risk=False
    )
    yield recommendation(
        "LambdaFunction", told["functionArn"], told["finding"], told["lookbackPeriodInDays"], told,
        id=told["functionArn"].split(":")[6], current=f"{told['currentMemorySize']} MB", options=options,
    )


def database(told):
    arn, days = told["resourceArn"], told["lookbackPeriodInDays"]
    if told.get("instanceFinding"):
        options = ways(told["instanceRecommendationOptions"], lambda option: option["dbInstanceClass"])
        yield recommendation(
            "RdsDbInstance", arn, told["instanceFinding"], days, told,
            current=told["currentDBInstanceClass"], options=options,
        )
    if told.get("storageFinding"):
        iops = lambda one: f", {one['iops']} IOPS" if "iops" in one else ""
        text = lambda one: f"{one['storageType']} {one['allocatedStorage']} GiB{iops(one)}"
        options = ways(
            told["storageRecommendationOptions"], lambda option: text(option["storageConfiguration"]), risk=False
        )
        yield recommendation(
            "RdsDbInstanceStorage", arn, told["storageFinding"], days, told,
            current=text(told["currentStorageConfiguration"]), options=options,
        )


def idle(told):
    gone = {"target": "", "saving": saving(told)}
    yield recommendation(
        told["resourceType"], told["resourceArn"], told["finding"], told["lookBackPeriodInDays"], told,
        id=told.get("resourceId"), options=[gone],
    )


def of_the_hub(told):
    in_dollars = told.get("currencyCode", "USD") == "USD" and "estimatedMonthlySavings" in told
    way = {
        "target": told.get("recommendedResourceSummary") or "",
        "saving": round(told["estimatedMonthlySavings"] * 1e6) if in_dollars else None,
        "effort": told.get("implementationEffort"),
    }
    return recommendation(
        told["currentResourceType"], told.get("resourceArn"), told["actionType"],
        told.get("recommendationLookbackPeriodInDays"), told,
        id=told.get("resourceId") or told["recommendationId"],
        current=told.get("currentResourceSummary") or None, options=[way],
    )


KINDS = [
    (("get_auto_scaling_group_recommendations", "GetAutoScalingGroupRecommendations"),
     "autoScalingGroupRecommendations", group),
    (("get_ebs_volume_recommendations", "GetEBSVolumeRecommendations"), "volumeRecommendations", volume),
    (("get_ec2_instance_recommendations", "GetEC2InstanceRecommendations"), "instanceRecommendations", instance),
    (("get_ecs_service_recommendations", "GetECSServiceRecommendations"), "ecsServiceRecommendations", ecs_service),
    (("get_idle_recommendations", "GetIdleRecommendations"), "idleRecommendations", idle),
    (("get_lambda_function_recommendations", "GetLambdaFunctionRecommendations"),
     "lambdaFunctionRecommendations", function),
    (("get_rds_database_recommendations", "GetRDSDatabaseRecommendations"), "rdsDBRecommendations", database),
]
