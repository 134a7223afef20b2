"""Lambda."""

from . import metrics
from .shape import Place, arns, known, policy, present, unique, when_known

GONE = ("ProvisionedConcurrencyConfigNotFoundException", "ResourceNotFoundException")


def collect(account):
    place, client = Place(account), account.client("lambda")
    functions = account.list("lambda", "list_functions", "Functions", 50)
    arn = lambda f: f["FunctionArn"]
    pages = lambda operation, key: lambda f: account.pages("lambda", operation, key, FunctionName=arn(f))
    told = account.details(
        functions,
        policy=(lambda f: client.get_policy(FunctionName=arn(f)).get("Policy"), *GONE),
        tags=lambda f: client.list_tags(Resource=arn(f)).get("Tags", {}),
        urls=(pages("list_function_url_configs", "FunctionUrlConfigs"), *GONE),
        reserved=(
            lambda f: client.get_function_concurrency(FunctionName=arn(f)).get("ReservedConcurrentExecutions"),
            *GONE,
        ),
        provisioned=(
            pages("list_provisioned_concurrency_configs", "ProvisionedConcurrencyConfigs"), *GONE,
        ),
    )
    found = [function(place, f, t) for f, t in zip(functions, told)]
    return metrics.fill(account, found, function_metrics)


def function_metrics(function):
    name = function["id"]
    found = [("AWS/Lambda", metric, [("FunctionName", name)]) for metric in ("Invocations", "Errors", "Duration")]
    kept = function["config"]["provisioned_concurrency"].get("known", [])
    # Each alias reports its own; which one a figure is of could not be told of several.
    if len(kept) == 1:
        alias = [("FunctionName", name), ("Resource", f"{name}:{kept[0]['qualifier']}")]
        found.append(("AWS/Lambda", "ProvisionedConcurrencyUtilization", alias))
    return found


def qualifier(arn):
    """What follows a function's name in an ARN: an alias or a version."""
    parts = arn.split(":", 7)
    return parts[7] if len(parts) == 8 else None


def function(place, f, told):
    vpc = f.get("VpcConfig", {})
    urls = lambda found: sorted(
        (
            {
                "qualifier": qualifier(url["FunctionArn"]),
                "auth_type": url["AuthType"],
                "cors_origins": unique(url.get("Cors", {}).get("AllowOrigins", [])),
            }
            for url in found or []
        ),
        key=lambda url: url["qualifier"] or "",
    )
    provisioned = lambda found: sorted(
        (
            {
                "qualifier": qualifier(one["FunctionArn"]) or "",
                "requested": one.get("RequestedProvisionedConcurrentExecutions", 0),
                "status": one.get("Status", ""),
            }
            for one in found or []
        ),
        key=lambda one: one["qualifier"],
    )
    config = {
        "runtime": f.get("Runtime") or None,
        "handler": f.get("Handler") or None,
        "architecture": (f.get("Architectures") or ["x86_64"])[0],
        "memory_mib": f.get("MemorySize", 128),
        "timeout_seconds": f.get("Timeout", 3),
        "package_type": f.get("PackageType", "Zip"),
        "role_arn": f.get("Role", ""),
        "subnet_ids": unique(vpc.get("SubnetIds", [])),
        "environment_keys": sorted(f.get("Environment", {}).get("Variables", {})),
        "policy": known(when_known(told["policy"], policy)),
        "state": f.get("State") or None,
        "code_bytes": f.get("CodeSize", 0),
        "ephemeral_storage_mib": f.get("EphemeralStorage", {}).get("Size", 512),
        "security_group_ids": unique(vpc.get("SecurityGroupIds", [])),
        "layers": present(layer.get("Arn") for layer in f.get("Layers", [])),
        "kms_key_arn": f.get("KMSKeyArn") or None,
        "tracing": f.get("TracingConfig", {}).get("Mode") or None,
        "dead_letter_arn": f.get("DeadLetterConfig", {}).get("TargetArn") or None,
        "log_group": f.get("LoggingConfig", {}).get("LogGroup") or None,
        "urls": known(when_known(told["urls"], urls)),
        "reserved_concurrency": known(told["reserved"]),
        "provisioned_concurrency": known(when_known(told["provisioned"], provisioned)),
    }
    name = f["FunctionName"]
    return place.resource(
        "AWS::Lambda::Function", f["FunctionArn"], name, config, told["tags"], name=name,
        depends_on=arns(config["role_arn"], config["dead_letter_arn"], *config["layers"]) + place.keys(config["kms_key_arn"])
        + place.ec2("security-group", config["security_group_ids"])
        + place.ec2("subnet", config["subnet_ids"])
        + ([place.arn("logs", f"log-group:{config['log_group']}")] if config["log_group"] else []),
    )
