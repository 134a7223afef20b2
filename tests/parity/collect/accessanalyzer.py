"""IAM Access Analyzer."""

from .shape import Place, known, time, unique, when_known


def collect(account):
    place = Place(account)
    found = account.list("accessanalyzer", "list_analyzers", "analyzers")
    outside = [a for a in found if a["type"] in ("ACCOUNT", "ORGANIZATION")]
    told = account.details(outside, findings=lambda a: account.pages(
        "accessanalyzer", "list_findings", "findings", 100, analyzerArn=a["arn"],
        filter={"status": {"eq": ["ACTIVE"]}, "resourceOwnerAccount": {"eq": [account.id]}}))
    access = {a["arn"]: {"external_access": known(when_known(t["findings"], by_resource))}
              for a, t in zip(outside, told)}
    return [
        place.resource(
            "AWS::AccessAnalyzer::Analyzer", a["arn"], a["name"],
            {
                "analyzer_type": a["type"],
                "status": a["status"],
                "status_reason": a.get("statusReason", {}).get("code"),
                "last_analyzed_at": time(a.get("lastResourceAnalyzedAt")),
                **access.get(a["arn"], {}),
            },
            a.get("tags"), name=a["name"], created_at=a["createdAt"],
        )
        for a in found
    ]


def by_resource(findings):
    """What the findings say of each resource, together."""
    resources = {}
    for f in findings:
        resources.setdefault(f["resource"], []).append(f)
    return [
        {
            "resource": resource,
            "resource_type": about[-1]["resourceType"],
            "findings": len(about),
            "is_public": any(f.get("isPublic") for f in about),
            "principals": unique(f"{kind} {who}" for f in about for kind, who in f.get("principal", {}).items()),
        }
        for resource, about in sorted(resources.items())
    ]
