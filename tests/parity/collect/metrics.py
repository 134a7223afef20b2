"""CloudWatch series in batches of 500, and what they amount to."""

from datetime import datetime, timedelta, timezone
from math import ceil, floor

from .account import Unknown, attempt

BATCH = 500
DAYS = 14
HOUR = 3600
STATISTICS = ["Average", "Maximum", "Sum"]
BY_HOUR_OF_WEEK = [("AWS/EC2", "CPUUtilization"), ("AWS/RDS", "CPUUtilization")]


def read(account, queries, *, days=DAYS, period=HOUR):
    """Datapoints for each query (namespace, metric, dimensions, statistic); Unknown where they cannot be read."""
    end = datetime.now(timezone.utc).replace(minute=0, second=0, microsecond=0)
    start = end - timedelta(days=days)

    def request(batch):
        asked = [
            {
                "Id": f"q{index}",
                "MetricStat": {
                    "Metric": {
                        "Namespace": namespace,
                        "MetricName": metric,
                        "Dimensions": [{"Name": name, "Value": value} for name, value in dimensions],
                    },
                    "Period": period,
                    "Stat": statistic,
                },
                "ReturnData": True,
            }
            for index, (namespace, metric, dimensions, statistic) in enumerate(batch)
        ]
        series = [[] for _ in batch]
        paginator = account.client("cloudwatch").get_paginator("get_metric_data")
        for page in paginator.paginate(MetricDataQueries=asked, StartTime=start, EndTime=end):
            for result in page["MetricDataResults"]:
                points = zip(result["Timestamps"], result["Values"])
                series[int(result["Id"][1:])].extend(points)
        return series

    batches = [queries[i:i + BATCH] for i in range(0, len(queries), BATCH)]
    answers = account.each(lambda batch: attempt(lambda: request(batch)), batches)
    found = []
    for batch, series in zip(batches, answers):
        found.extend([series] * len(batch) if isinstance(series, Unknown) else series)
    return found


def fill(account, resources, metrics):
    """Fills in how busy resources were. `metrics` tells (namespace, metric, dimensions) of a resource."""
    asked = [(resource, metric) for resource in resources for metric in metrics(resource)]
    queries = [(*metric, statistic) for _, metric in asked for statistic in STATISTICS]
    series = read(account, queries)
    of_resource, by_hour = {}, set()
    for index, (resource, (namespace, metric, _)) in enumerate(asked):
        if (namespace, metric) in BY_HOUR_OF_WEEK:
            by_hour.add(id(resource))
        three = series[index * len(STATISTICS):(index + 1) * len(STATISTICS)]
        of_resource.setdefault(id(resource), {})[metric] = three
    for resource in resources:
        if metrics := of_resource.get(id(resource)):
            resource["utilization"] = utilization(metrics, id(resource) in by_hour)
    return resources


def of(namespace, dimension, *names):
    """The metrics of a kind whose dimension is the resource's id."""
    return lambda resource: [(namespace, name, [(dimension, resource["id"])]) for name in names]


def utilization(metrics, by_hour):
    found = {}
    for metric, three in metrics.items():
        for series in three:
            if isinstance(series, Unknown):
                return {"unavailable": series.reason}
        averages, maxima, sums = ([value for _, value in series] for series in three)
        if averages:
            found[metric] = summary(averages, maxima, sums)
    if not found:
        return {"unavailable": {"reason": f"no datapoints in the last {DAYS} days"}}
    known = {"window_days": DAYS, "period_seconds": HOUR, "metrics": found}
    if by_hour and (averages := metrics.get("CPUUtilization", [[]])[0]):
        known["week"] = by_hour_of_week(averages)
    return {"known": known}


def by_hour_of_week(averages):
    """Mean and number of datapoints of each hour of the week, from Monday 00:00 UTC."""
    cells = [[] for _ in range(168)]
    for at, value in averages:
        at = at.astimezone(timezone.utc)
        cells[at.weekday() * 24 + at.hour].append(value)
    return {
        "mean_cpu_percent": [floor(sum(c) / len(c) * 10 + 0.5) / 10 if c else None for c in cells],
        "datapoints": [len(c) for c in cells],
    }


def summary(averages, maxima, sums):
    ordered = sorted(averages)
    return {
        "datapoints": len(ordered),
        "average": sum(ordered) / len(ordered),
        "p50": percentile(ordered, 50.0),
        "p95": percentile(ordered, 95.0),
        "p99_5": percentile(ordered, 99.5),
        "minimum": ordered[0],
        "maximum": max([ordered[-1], *maxima]),
        "sum": sum(sums),
    }


def percentile(ordered, percent):
    """By nearest rank."""
    rank = ceil(percent / 100.0 * len(ordered))
    return ordered[min(max(rank, 1), len(ordered)) - 1]
