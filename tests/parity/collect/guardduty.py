"""GuardDuty."""

from .account import Unknown
from .shape import Place, known, when_known


def collect(account):
    place, client = Place(account), account.client("guardduty")
    ids = account.list("guardduty", "list_detectors", "DetectorIds")
    told = account.details(ids, detector=lambda id: client.get_detector(DetectorId=id))
    return [detector(place, id, t["detector"]) for id, t in zip(ids, told)]


def features(found):
    on = lambda one: one.get("Status") == "ENABLED"
    for feature in found:
        yield feature["Name"], on(feature)
        for more in feature.get("AdditionalConfiguration", []):
            yield f"{feature['Name']}.{more['Name']}", on(more)


def detector(place, id, told):
    settings = when_known(told, lambda d: {
        "enabled": d["Status"] == "ENABLED",
        "publishing_frequency": d.get("FindingPublishingFrequency") or None,
        "features": dict(features(d.get("Features", []))),
    })
    return place.resource(
        "AWS::GuardDuty::Detector", place.arn("guardduty", f"detector/{id}"), id,
        {"settings": known(settings)}, when_known(told, lambda d: d.get("Tags", {})),
        created_at=None if isinstance(told, Unknown) else told.get("CreatedAt"),
    )
