"""ECR."""

import re

from .account import attempt
from .shape import Place, known, policy, tags, when_known


def collect(account):
    place, client = Place(account), account.client("ecr")
    found = account.list("ecr", "describe_repositories", "repositories", 1000)
    if not found:
        return []
    name = lambda r: r["repositoryName"]
    told = account.details(
        found,
        lifecycle=(
            lambda r: client.get_lifecycle_policy(repositoryName=name(r)).get("lifecyclePolicyText"),
            "LifecyclePolicyNotFoundException",
        ),
        policy=(
            lambda r: client.get_repository_policy(repositoryName=name(r)).get("policyText"),
            "RepositoryPolicyNotFoundException",
        ),
        tags=lambda r: tags(client.list_tags_for_resource(resourceArn=r["repositoryArn"])["tags"]),
    )
    read = lambda: client.get_registry_scanning_configuration()["scanningConfiguration"].get("rules", [])
    rules = account.run(lambda: attempt(read))
    return [repository(place, r, t, rules) for r, t in zip(found, told)]


def repository(place, r, told, rules):
    encryption, name = r.get("encryptionConfiguration", {}), r["repositoryName"]
    config = {
        "uri": r.get("repositoryUri", ""),
        "tag_mutability": r.get("imageTagMutability", "MUTABLE"),
        "scan_on_push": r.get("imageScanningConfiguration", {}).get("scanOnPush", False),
        "registry_scan": known(when_known(rules, lambda rules: scan_of(rules, name))),
        "encryption_type": encryption.get("encryptionType", "AES256"),
        "kms_key_id": encryption.get("kmsKey") or None,
        "lifecycle_policy": known(when_known(told["lifecycle"], policy)),
        "policy": known(when_known(told["policy"], policy)),
    }
    return place.resource(
        "AWS::ECR::Repository", r["repositoryArn"], name, config, told["tags"], name=name,
        created_at=r.get("createdAt"), depends_on=place.keys(config["kms_key_id"]),
    )


def scan_of(rules, name):
    """How often the first rule that fits scans. A filter without a `*` fits names that contain it."""
    for rule in rules:
        for one in rule["repositoryFilters"]:
            pattern = one["filter"] if "*" in one["filter"] else f"*{one['filter']}*"
            pattern = ".*".join(re.escape(part) for part in pattern.split("*"))
            if one["filterType"] == "WILDCARD" and re.fullmatch(pattern, name):
                return rule["scanFrequency"]
    return None
