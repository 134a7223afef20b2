"""Cost Explorer: Savings Plans and reservations, their use, what they cover, and which ones it would buy."""

from datetime import timedelta

from .account import attempt
from .costs import NOTHING, lately, maybe, micros, own, pages, today
from .shape import known, time, when_known

# What can be reserved, as Cost Explorer names the service.
RESERVABLE = {
    "ec2": "Amazon Elastic Compute Cloud - Compute",
    "rds": "Amazon Relational Database Service",
    "elasti_cache": "Amazon ElastiCache",
    "open_search": "Amazon OpenSearch Service",
    "redshift": "Amazon Redshift",
}

# Savings Plans and the services that each applies to. Savings Plans User Guide, "What are Savings Plans?".
PLANS = {
    "compute": ("COMPUTE_SP", [
        RESERVABLE["ec2"], "AWS Lambda", "Amazon Elastic Container Service", "Amazon Elastic Kubernetes Service",
    ]),
    "ec2_instance": ("EC2_INSTANCE_SP", [RESERVABLE["ec2"]]),
    "sage_maker": ("SAGEMAKER_SP", ["Amazon SageMaker"]),
    "database": ("DATABASE_SP", [
        "Amazon DocumentDB", "Amazon DynamoDB", "Amazon ElastiCache", "Amazon Keyspaces", "Amazon Neptune",
        "Amazon OpenSearch Service", "Amazon Relational Database Service", "Amazon Timestream",
        "AWS Database Migration Service",
    ]),
}

# One year without payment upfront, for this account alone, by the last thirty days.
TERMS = {
    "TermInYears": "ONE_YEAR",
    "PaymentOption": "NO_UPFRONT",
    "LookbackPeriodInDays": "THIRTY_DAYS",
    "AccountScope": "LINKED",
}


def of(account, history):
    """All of it, asked as far as it fits what the account lately spent on."""
    spent = lately(history)
    on = lambda *names: any(service.startswith(name) for service in spent for name in names)
    reservable = [key for key, name in RESERVABLE.items() if on(name)]
    plans = [key for key, (_, services) in PLANS.items() if on(*services)]
    # No data is not a coverage of nothing.
    fact = lambda work: known(account.run(lambda: attempt(work)))
    facts = lambda work: known(account.run(lambda: when_known(attempt(work, NOTHING), lambda found: found or [])))
    return {
        "savings_plans": facts(lambda: savings_plans(account)),
        "reservations": facts(lambda: reservations(account)),
        "savings_plans_coverage": facts(lambda: savings_plans_coverage(account)),
        "reservation_coverage": {key: fact(lambda: coverage(account, RESERVABLE[key])) for key in reservable},
        "savings_plans_to_buy": {key: facts(lambda: plans_to_buy(account, PLANS[key][0])) for key in plans},
        "reservations_to_buy": {key: facts(lambda: to_buy(account, RESERVABLE[key])) for key in reservable},
    }


def look_back():
    """Thirty days that end yesterday, whose figures are not whole yet."""
    end = today() - timedelta(1)
    return {"Start": str(end - timedelta(30)), "End": str(end)}


def by(dimension):
    return [{"Type": "DIMENSION", "Key": dimension}]


def is_own(account, told):
    """Whoever pays for other accounts is told of theirs too."""
    return told in (None, account.id)


def number(text):
    return None if text in (None, "") else float(text)


def moment(text):
    """A time; some are told as a day."""
    return time(text + "T00:00:00Z" if text and len(text) == 10 else text)


def used(account, found, owner):
    """What is of the account, with what is told of it and how it was used."""
    for one in found:
        if is_own(account, one["Attributes"].get(owner)):
            yield one, one["Attributes"], one["Utilization"]


def savings_plans(account):
    call = account.client("ce").get_savings_plans_utilization_details
    request = {"TimePeriod": look_back(), "DataType": ["ATTRIBUTES", "UTILIZATION", "SAVINGS"]}
    plans = [
        plan for page in pages(call, "NextToken", **request) for plan in page["SavingsPlansUtilizationDetails"]
    ]
    found = [
        {
            "arn": plan["SavingsPlanArn"],
            "plan_type": told.get("SavingsPlansType") or None,
            "term": told.get("PurchaseTerm") or None,
            "payment_option": told.get("PaymentOption") or None,
            "region": told.get("Region") or None,
            "instance_family": told.get("InstanceFamily") or None,
            "starts_at": moment(told.get("StartDateTime")),
            "ends_at": moment(told.get("EndDateTime")),
            "committed_micros": micros(use["TotalCommitment"]),
            "used_micros": micros(use["UsedCommitment"]),
            "unused_micros": micros(use["UnusedCommitment"]),
            "utilization_percent": float(use["UtilizationPercentage"]),
            "net_saving_micros": maybe(plan.get("Savings", {}).get("NetSavings")),
        }
        for plan, told, use in used(account, plans, "AccountId")
    ]
    return sorted(found, key=lambda plan: plan["arn"])


def reservations(account):
    call = account.client("ce").get_reservation_utilization
    request = {"TimePeriod": look_back(), "GroupBy": by("SUBSCRIPTION_ID")}
    groups = [
        group for page in pages(call, **request) for part in page["UtilizationsByTime"] for group in part["Groups"]
    ]
    found = [
        {
            "id": group["Value"],
            "lease_id": told.get("leaseId") or None,
            "service": told.get("service") or None,
            "region": told.get("region") or None,
            "instance_type": told.get("instanceType") or None,
            "count": int(told["numberOfInstances"]) if told.get("numberOfInstances") else None,
            "offering_type": told.get("offeringType") or None,
            "starts_at": moment(told.get("startDateTime")),
            "ends_at": moment(told.get("endDateTime")),
            "purchased_hours": float(use["PurchasedHours"]),
            "unused_hours": float(use["UnusedHours"]),
            "utilization_percent": float(use["UtilizationPercentage"]),
            "amortized_fee_micros": maybe(use.get("TotalAmortizedFee")),
            "unused_micros": maybe(use.get("RICostForUnusedHours")),
            "net_saving_micros": maybe(use.get("NetRISavings")),
        }
        for group, told, use in used(account, groups, "accountId")
    ]
    return sorted(found, key=lambda one: one["id"])


def savings_plans_coverage(account):
    call = account.client("ce").get_savings_plans_coverage
    services = {}
    for page in pages(call, "NextToken", TimePeriod=look_back(), GroupBy=by("SERVICE"), Filter=own(account)):
        for part in page["SavingsPlansCoverages"]:
            sums = services.setdefault(part["Attributes"]["SERVICE"], [0, 0])
            sums[0] += micros(part["Coverage"]["SpendCoveredBySavingsPlans"])
            sums[1] += micros(part["Coverage"]["OnDemandCost"])
    return [
        {
            "service": service,
            "covered_micros": covered,
            "on_demand_micros": on_demand,
            "coverage_percent": covered / (covered + on_demand) * 100 if covered + on_demand else 0,
        }
        for service, (covered, on_demand) in sorted(services.items())
    ]


def coverage(account, service):
    *_, last = pages(
        account.client("ce").get_reservation_coverage,
        TimePeriod=look_back(),
        Granularity="MONTHLY",
        Filter={"And": [own(account), {"Dimensions": {"Key": "SERVICE", "Values": [service]}}]},
        Metrics=["Hour", "Cost"],
    )
    hours = last["Total"]["CoverageHours"]
    return {
        "reserved_hours": float(hours["ReservedHours"]),
        "on_demand_hours": float(hours["OnDemandHours"]),
        "on_demand_micros": maybe(last["Total"].get("CoverageCost", {}).get("OnDemandCost")),
        "coverage_percent": float(hours["CoverageHoursPercentage"]),
    }


def plans_to_buy(account, kind):
    call = account.client("ce").get_savings_plans_purchase_recommendation
    return [
        {
            "region": offer.get("SavingsPlansDetails", {}).get("Region") or None,
            "instance_family": offer.get("SavingsPlansDetails", {}).get("InstanceFamily") or None,
            "hourly_commitment_micros": micros(offer["HourlyCommitmentToPurchase"]),
            "monthly_saving": micros(offer["EstimatedMonthlySavingsAmount"]),
            "saving_percent": number(offer.get("EstimatedSavingsPercentage")),
            "utilization_percent": number(offer.get("EstimatedAverageUtilization")),
            "least_hourly_spend_micros": maybe(offer.get("CurrentMinimumHourlyOnDemandSpend")),
            "mean_hourly_spend_micros": maybe(offer.get("CurrentAverageHourlyOnDemandSpend")),
            "upfront_micros": maybe(offer.get("UpfrontCost")) or 0,
        }
        for page in pages(call, SavingsPlansType=kind, **TERMS)
        for offer in page.get("SavingsPlansPurchaseRecommendation", {}).get(
            "SavingsPlansPurchaseRecommendationDetails", [])
        if is_own(account, offer.get("AccountId"))
    ]


def to_buy(account, service):
    call = account.client("ce").get_reservation_purchase_recommendation
    return [
        what(offer["InstanceDetails"]) | {
            "count": round(float(offer["RecommendedNumberOfInstancesToPurchase"])),
            "monthly_saving": micros(offer["EstimatedMonthlySavingsAmount"]),
            "saving_percent": number(offer.get("EstimatedMonthlySavingsPercentage")),
            "break_even_months": number(offer.get("EstimatedBreakEvenInMonths")),
            "utilization_percent": number(offer.get("AverageUtilization")),
            "least_hourly": number(offer.get("MinimumNumberOfInstancesUsedPerHour")),
            "mean_hourly": number(offer.get("AverageNumberOfInstancesUsedPerHour")),
            "upfront_micros": maybe(offer.get("UpfrontCost")) or 0,
            "recurring": maybe(offer.get("RecurringStandardMonthlyCost")),
        }
        for page in pages(call, Service=service, **TERMS)
        for recommendation in page.get("Recommendations", [])
        for offer in recommendation["RecommendationDetails"]
        if is_own(account, offer.get("AccountId"))
    ]


def what(details):
    """What is to be reserved: each service has its own words for it."""
    [(service, told)] = [(service, told) for service, told in details.items() if told]
    joined = lambda *names: ", ".join(told[name] for name in names if told.get(name)) or None
    kind, platform = told.get("NodeType"), None
    if service == "EC2InstanceDetails":
        if told.get("Tenancy") == "shared":
            told = told | {"Tenancy": None}
        kind, platform = told["InstanceType"], joined("Platform", "Tenancy", "AvailabilityZone")
    elif service == "RDSInstanceDetails":
        kind, platform = told["InstanceType"], joined("DatabaseEngine", "DatabaseEdition", "DeploymentOption")
    elif service == "ElastiCacheInstanceDetails":
        platform = told.get("ProductDescription") or None
    elif service == "ESInstanceDetails":
        kind = f"{told['InstanceClass']}.{told['InstanceSize']}"
    return {"region": told.get("Region") or None, "instance_type": kind, "platform": platform}
