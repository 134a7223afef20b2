"""CloudWatch Logs."""

from datetime import datetime, timezone

from . import tagging
from .account import attempt
from .shape import Place, known, unique, when_known


def collect(account):
    place = Place(account)
    groups = account.list("logs", "describe_log_groups", "logGroups", 50)
    if not groups:
        return []
    by_group = {}
    if any(group.get("metricFilterCount", 1) > 0 for group in groups):
        listed = account.run(lambda: attempt(
            lambda: account.pages("logs", "describe_metric_filters", "metricFilters", 50)))
        by_group = when_known(listed, filters)
    tags_of = tagging.of_kind(account, "logs:log-group")
    return [log_group(place, g, by_group, tags_of) for g in groups]


def filters(listed):
    by_group = {}
    for f in listed:
        metrics = (f"{m['metricNamespace']}/{m['metricName']}" for m in f.get("metricTransformations", []))
        by_group.setdefault(f["logGroupName"], []).append({
            "name": f["filterName"],
            "pattern": f.get("filterPattern", ""),
            "metrics": unique(metrics),
        })
    return {group: sorted(found, key=lambda f: f["name"]) for group, found in by_group.items()}


def log_group(place, g, by_group, tags_of):
    name = g["logGroupName"]
    config = {
        "retention_days": g.get("retentionInDays"),
        "stored_bytes": g.get("storedBytes", 0),
        "kms_key_id": g.get("kmsKeyId") or None,
        "class": g.get("logGroupClass") or None,
        "deletion_protection": g.get("deletionProtectionEnabled", False),
        "metric_filters": known(when_known(by_group, lambda by_group: by_group.get(name, []))),
    }
    arn = (g.get("logGroupArn") or g["arn"]).removesuffix(":*")
    created = g.get("creationTime")
    return place.resource(
        "AWS::Logs::LogGroup", arn, name, config, tags_of(arn), name=name, depends_on=place.keys(config["kms_key_id"]),
        created_at=created and datetime.fromtimestamp(created / 1000, timezone.utc),
    )
