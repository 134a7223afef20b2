"""IAM Access Analyzer."""

from .shape import Place, time


def collect(account):
    place = Place(account)
    found = account.list("accessanalyzer", "list_analyzers", "analyzers")
    return [
        place.resource(
            "AWS::AccessAnalyzer::Analyzer", a["arn"], a["name"],
            {
                "analyzer_type": a["type"],
                "status": a["status"],
                "status_reason": a.get("statusReason", {}).get("code"),
                "last_analyzed_at": time(a.get("lastResourceAnalyzedAt")),
            },
            a.get("tags"), name=a["name"], created_at=a["createdAt"],
        )
        for a in found
    ]
