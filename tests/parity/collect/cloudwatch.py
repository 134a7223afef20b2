"""CloudWatch: alarms of a region, dashboards of the account."""

from . import tagging
from .account import Unknown, attempt
from .shape import Place, arns, time, unique


def collect(account):
    place = Place(account)
    paginator = account.client("cloudwatch").get_paginator("describe_alarms")
    read = lambda: list(paginator.paginate(
        AlarmTypes=["MetricAlarm", "CompositeAlarm"], PaginationConfig={"PageSize": 100}))
    pages = account.run(lambda: attempt(read))
    pages = [] if isinstance(pages, Unknown) else pages
    metric = [a for page in pages for a in page.get("MetricAlarms", [])]
    composite = [a for page in pages for a in page.get("CompositeAlarms", [])]
    if not metric and not composite:
        return []
    tags_of = tagging.of_kind(account, "cloudwatch:alarm")
    found = [("AWS::CloudWatch::Alarm", a, alarm(a)) for a in metric]
    found += [("AWS::CloudWatch::CompositeAlarm", a, composite_alarm(a)) for a in composite]
    return [
        place.resource(
            kind, a["AlarmArn"], a["AlarmName"], config, tags_of(a["AlarmArn"]), name=a["AlarmName"],
            depends_on=acts_by(config["state"]),
        )
        for kind, a, config in found
    ]


def acts_by(state):
    """What an alarm tells or sets in motion, but for what CloudWatch does itself."""
    actions = arns(*state["alarm_actions"], *state["ok_actions"], *state["insufficient_data_actions"])
    return [arn for arn in actions if arn.split(":")[2] != "automate"]


def state(a):
    return {
        "state": a.get("StateValue", ""),
        "since": time(a.get("StateTransitionedTimestamp") or a.get("StateUpdatedTimestamp")),
        "actions_enabled": a.get("ActionsEnabled", True),
        "alarm_actions": unique(a.get("AlarmActions", [])),
        "ok_actions": unique(a.get("OKActions", [])),
        "insufficient_data_actions": unique(a.get("InsufficientDataActions", [])),
    }


def alarm(a):
    metrics = [q["MetricStat"]["Metric"] for q in a.get("Metrics", []) if "MetricStat" in q]
    return {
        "state": state(a),
        "namespace": a.get("Namespace") or None,
        "metric": a.get("MetricName") or None,
        "dimensions": {d["Name"]: d["Value"] for d in a.get("Dimensions", [])},
        "statistic": a.get("Statistic") or a.get("ExtendedStatistic") or None,
        "period_seconds": a.get("Period"),
        "comparison": a.get("ComparisonOperator") or None,
        "threshold": a.get("Threshold"),
        "evaluation_periods": a.get("EvaluationPeriods", 1),
        "treat_missing_data": a.get("TreatMissingData") or None,
        "expression_metrics": unique(f"{m['Namespace']}/{m['MetricName']}" for m in metrics),
    }


def composite_alarm(a):
    return {"state": state(a), "rule": a.get("AlarmRule", "")}


def dashboards(account):
    place = Place(account)
    found = account.list("cloudwatch", "list_dashboards", "DashboardEntries")
    return [
        place.resource(
            "AWS::CloudWatch::Dashboard", d["DashboardArn"], d["DashboardName"],
            {"size_bytes": d.get("Size", 0), "modified_at": time(d.get("LastModified"))},
            name=d["DashboardName"],
        )
        for d in found
    ]
