"""Cost Explorer."""

from calendar import monthrange
from datetime import date, datetime, timezone

from .account import attempt
from .shape import known


def history(account):
    """What the account itself cost, by day and service."""
    return known(account.run(lambda: attempt(lambda: {"daily": daily(account)})))


def daily(account):
    client = account.client("ce")
    today = datetime.now(timezone.utc).date()
    year, month = (today.year - 1, today.month - 1) if today.month > 1 else (today.year - 2, 12)
    begin = date(year, month, min(today.day, monthrange(year, month)[1]))
    request = {
        "TimePeriod": {"Start": str(begin), "End": str(today)},
        "Granularity": "DAILY",
        "Filter": {"Dimensions": {"Key": "LINKED_ACCOUNT", "Values": [account.id]}},
        "Metrics": ["UnblendedCost", "AmortizedCost"],
        "GroupBy": [{"Type": "DIMENSION", "Key": "SERVICE"}],
    }
    found = []
    while True:
        page = client.get_cost_and_usage(**request)
        for day in page["ResultsByTime"]:
            for group in day["Groups"]:
                amount = float(group["Metrics"]["UnblendedCost"]["Amount"])
                line = {
                    "date": day["TimePeriod"]["Start"],
                    "service": " ".join(group["Keys"]),
                    "micros": round(amount * 1e6),
                }
                if amortized := group["Metrics"].get("AmortizedCost"):
                    line["amortized_micros"] = round(float(amortized["Amount"]) * 1e6)
                found.append(line)
        if not page.get("NextPageToken"):
            return sorted(found, key=lambda day: (day["date"], day["service"], day["micros"]))
        request["NextPageToken"] = page["NextPageToken"]
