"""Cost Explorer: what was spent, what is to come, and what was odd."""

from calendar import monthrange
from datetime import date, datetime, timedelta, timezone

from .account import Unknown, attempt
from .shape import known

# As Cost Explorer answers where it has nothing to tell, for example of commitments to whoever has none.
NOTHING = "DataUnavailableException"

ANOMALY_DAYS = 90
MONTHS_AHEAD = 3


def history(account):
    """What the account itself cost, by day and service."""
    return account.run(lambda: attempt(lambda: daily(account)))


def own(account):
    """What is of the account, without what it pays for others."""
    return {"Dimensions": {"Key": "LINKED_ACCOUNT", "Values": [account.id]}}


def outlook(account, tags):
    """The rest of what Cost Explorer tells of costs."""
    by_account, forecast, anomalies = account.all(
        lambda: attempt(lambda: by_linked_account(account)),
        lambda: attempt(lambda: forecasts(account)),
        lambda: attempt(lambda: odd(account)),
    )
    return {
        "by_account": known(by_account),
        "by_tag": {tag: known(account.run(lambda tag=tag: attempt(lambda: by_tag(account, tag)))) for tag in tags},
        "forecast": known(forecast),
        "anomalies": known(anomalies),
    }


def today():
    return datetime.now(timezone.utc).date()


def thirteen_months():
    now = today()
    year, month = (now.year - 1, now.month - 1) if now.month > 1 else (now.year - 2, 12)
    begin = date(year, month, min(now.day, monthrange(year, month)[1]))
    return {"Start": str(begin), "End": str(now)}


def micros(amount):
    return round(float(amount) * 1e6)


def maybe(amount):
    return None if amount in (None, "") else micros(amount)


def pages(call, token="NextPageToken", **request):
    """Every page of an operation that boto3 has no paginator for."""
    while True:
        page = call(**request)
        yield page
        if not page.get(token):
            return
        request[token] = page[token]


def groups(account, granularity, kind, key, **more):
    """Days or months with what was spent in each group of them."""
    client = account.client("ce")
    request = {
        **more,
        "TimePeriod": thirteen_months(),
        "Granularity": granularity,
        "Metrics": ["UnblendedCost", "AmortizedCost"],
        "GroupBy": [{"Type": kind, "Key": key}],
    }
    for page in pages(client.get_cost_and_usage, **request):
        for part in page["ResultsByTime"]:
            for group in part["Groups"]:
                yield part["TimePeriod"]["Start"], group["Keys"], group["Metrics"]


def daily(account):
    found = []
    for day, keys, metrics in groups(account, "DAILY", "DIMENSION", "SERVICE", Filter=own(account)):
        line = {"date": day, "service": " ".join(keys), "micros": micros(metrics["UnblendedCost"]["Amount"])}
        if amortized := metrics.get("AmortizedCost"):
            line["amortized_micros"] = micros(amortized["Amount"])
        found.append(line)
    return sorted(found, key=lambda day: (day["date"], day["service"], day["micros"]))


def by_linked_account(account):
    found = [
        {"date": day, "account": keys[0], "micros": micros(metrics["UnblendedCost"]["Amount"])}
        for day, keys, metrics in groups(account, "DAILY", "DIMENSION", "LINKED_ACCOUNT")
    ]
    return sorted(found, key=lambda day: (day["date"], day["account"], day["micros"]))


def by_tag(account, tag):
    found = [
        {
            "month": month,
            # `key$value`; nothing behind the `$` is what does not carry the tag.
            "value": keys[0].split("$", 1)[1] or None,
            "micros": micros(metrics["UnblendedCost"]["Amount"]),
        }
        for month, keys, metrics in groups(account, "MONTHLY", "TAG", tag, Filter=own(account))
    ]
    return sorted(found, key=lambda month: (month["month"], month["value"] or "", month["micros"]))


def forecasts(account):
    now = today()
    months = now.month + MONTHS_AHEAD
    end = date(now.year + months // 12, months % 12 + 1, 1)
    told = account.client("ce").get_cost_forecast(
        Filter=own(account),
        TimePeriod={"Start": str(now), "End": str(end)},
        Metric="UNBLENDED_COST",
        Granularity="MONTHLY",
        PredictionIntervalLevel=80,
    )
    found = []
    for month in told["ForecastResultsByTime"]:
        bounds = [maybe(month.get(f"PredictionInterval{bound}Bound")) for bound in ("Lower", "Upper")]
        found.append({
            "from": month["TimePeriod"]["Start"],
            "until": month["TimePeriod"]["End"],
            "micros": micros(month["MeanValue"]),
            "between": None if None in bounds else bounds,
        })
    if not found:
        return Unknown("Cost Explorer foretells nothing")
    return sorted(found, key=lambda month: month["from"])


def odd(account):
    request = {"DateInterval": {"StartDate": str(today() - timedelta(ANOMALY_DAYS)), "EndDate": str(today())}}
    found = [
        {
            "id": one["AnomalyId"],
            "from": one["AnomalyStartDate"][:10],
            "until": (one.get("AnomalyEndDate") or "")[:10] or None,
            "impact_micros": micros(one["Impact"]["TotalImpact"]),
            "expected_micros": maybe(one["Impact"].get("TotalExpectedSpend")),
            "actual_micros": maybe(one["Impact"].get("TotalActualSpend")),
            "causes": [
                {
                    "service": cause.get("Service") or None,
                    "account": cause.get("LinkedAccount") or None,
                    "region": cause.get("Region") or None,
                    "usage_type": cause.get("UsageType") or None,
                }
                for cause in one.get("RootCauses", [])
            ],
        }
        for page in pages(account.client("ce").get_anomalies, **request)
        for one in page["Anomalies"]
    ]
    return sorted(found, key=lambda one: (one["from"], one["until"] or "", one["id"]))


def lately(history):
    """The services that the account spent on in the last thirty days of its history."""
    if isinstance(history, Unknown) or not history:
        return set()
    last = max(day["date"] for day in history)
    since = str(date.fromisoformat(last) - timedelta(30))
    return {day["service"] for day in history if day["date"] > since and day["micros"] > 0}
