"""CloudWatch series in batches of 500, and what they amount to."""

from datetime import datetime, timedelta, timezone
from math import ceil

BATCH = 500
DAYS = 14
HOUR = 3600
STATISTICS = ["Average", "Maximum", "Sum"]


class Series:
    """The requests for the series of a kind of resource, and their answers put together."""

    def __init__(self, keys, works):
        self.keys, self.works = keys, works

    def gather(self, answers):
        """Datapoints by resource, and there by metric and statistic."""
        found = {}
        values = [series for batch in answers for series in batch]
        for (resource, metric, statistic), points in zip(self.keys, values):
            found.setdefault(resource, {})[metric, statistic] = points
        return found


def read_metrics(account, namespace, dimension, ids, metrics, *, statistics=STATISTICS, days=DAYS,
                 period=HOUR, more=()):
    end = datetime.now(timezone.utc).replace(minute=0, second=0, microsecond=0)
    start = end - timedelta(days=days)
    keys = [(i, metric, statistic) for i in ids for metric in metrics for statistic in statistics]

    def request(batch):
        queries = [
            {
                "Id": f"q{index}",
                "MetricStat": {
                    "Metric": {
                        "Namespace": namespace,
                        "MetricName": metric,
                        "Dimensions": [
                            {"Name": name, "Value": value} for name, value in [(dimension, resource), *more]
                        ],
                    },
                    "Period": period,
                    "Stat": statistic,
                },
                "ReturnData": True,
            }
            for index, (resource, metric, statistic) in enumerate(batch)
        ]
        series = [[] for _ in batch]
        paginator = account.client("cloudwatch").get_paginator("get_metric_data")
        for page in paginator.paginate(MetricDataQueries=queries, StartTime=start, EndTime=end):
            for result in page["MetricDataResults"]:
                points = zip(result["Timestamps"], result["Values"])
                series[int(result["Id"][1:])].extend(points)
        return series

    batches = [keys[i:i + BATCH] for i in range(0, len(keys), BATCH)]
    return Series(keys, [lambda batch=batch: request(batch) for batch in batches])


def percentile(ordered, percent):
    """By nearest rank."""
    rank = ceil(percent / 100.0 * len(ordered))
    return ordered[min(max(rank, 1), len(ordered)) - 1]


def utilization(series, metrics):
    found = {}
    for metric in metrics:
        averages, maxima, sums = ([v for _, v in series[metric, s]] for s in STATISTICS)
        if not averages:
            continue
        ordered = sorted(averages)
        found[metric] = {
            "datapoints": len(ordered),
            "average": sum(ordered) / len(ordered),
            "p50": percentile(ordered, 50.0),
            "p95": percentile(ordered, 95.0),
            "p99_5": percentile(ordered, 99.5),
            "maximum": max([ordered[-1], *maxima]),
            "sum": sum(sums),
        }
    if not found:
        return {"unavailable": {"reason": f"no datapoints in the last {DAYS} days"}}
    return {"known": {"window_days": DAYS, "period_seconds": HOUR, "metrics": found}}
