"""Security Hub: what it does in a region, and what it found."""

from .account import Unknown, attempt
from .shape import Place, known, time, unique

OFF = ("InvalidAccessException", "ResourceNotFoundException")


def collect(account):
    place, client = Place(account), account.client("securityhub")
    hub = account.run(lambda: attempt(client.describe_hub, *OFF))
    if isinstance(hub, Unknown):
        return []
    enabled = hub and {
        "since": time(hub.get("SubscribedAt")),
        "auto_enable_controls": hub.get("AutoEnableControls", False),
        "finding_generator": hub.get("ControlFindingGenerator") or None,
        "standards": known(standards(account)),
    }
    arn = (hub or {}).get("HubArn") or place.arn("securityhub", "hub/default")
    return [place.resource(
        "Miyabi::SecurityHub::Hub", arn, place.region, {"enabled": enabled},
        tags_unknown="tags of Security Hub are not read",
    )]


def standards(account):
    listed = account.run(lambda: attempt(lambda: account.pages(
        "securityhub", "get_enabled_standards", "StandardsSubscriptions", 100)))
    if isinstance(listed, Unknown):
        return listed
    told = account.details(listed, controls=lambda s: controls(account, s["StandardsSubscriptionArn"]))
    found = [
        {"arn": s["StandardsArn"], "status": s["StandardsStatus"], "controls": known(t["controls"])}
        for s, t in zip(listed, told)
    ]
    return sorted(found, key=lambda standard: standard["arn"])


def controls(account, subscription):
    found = account.pages(
        "securityhub", "describe_standards_controls", "Controls", 100, StandardsSubscriptionArn=subscription
    )
    found = [
        {
            # CIS counts 1.1, 1.2 …: that is no control's id.
            "control": c["ControlId"] if c["ControlId"][:1].isalpha() else None,
            "id": c["ControlId"],
            "enabled": c.get("ControlStatus") == "ENABLED",
            "disabled_reason": c.get("DisabledReason") or None,
            "severity": c.get("SeverityRating") or None,
        }
        for c in found
    ]
    return sorted(found, key=lambda control: (control["control"] is not None, control["control"] or "", control["id"]))


def findings(account):
    equals = lambda value: [{"Comparison": "EQUALS", "Value": value}]
    active = {
        "AwsAccountId": equals(account.id),
        "Region": equals(account.region),
        "RecordState": equals("ACTIVE"),
        "WorkflowStatus": [{"Comparison": "NOT_EQUALS", "Value": "SUPPRESSED"}],
    }
    found = account.run(lambda: attempt(lambda: account.pages(
        "securityhub", "get_findings", "Findings", 100, Filters=active)))
    if isinstance(found, Unknown):
        return known(found)
    return known(sorted((finding(f) for f in found), key=lambda finding: finding["id"]))


def finding(found):
    compliance = found.get("Compliance", {})
    control = compliance.get("SecurityControlId") or found.get("GeneratorId", "").rsplit("/", 1)[-1]
    return {
        "id": found["Id"],
        "title": found["Title"],
        "control": control,
        "compliance": compliance.get("Status"),
        "severity": found.get("Severity", {}).get("Label"),
        "workflow": found.get("Workflow", {}).get("Status"),
        "resources": unique(r["Id"] for r in found["Resources"]),
    }
