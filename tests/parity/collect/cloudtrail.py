"""CloudTrail."""

from .account import Unknown, attempt
from .shape import Place, arns, known, tags, time, unique, when_known

FIELDS = {
    "equals": "Equals",
    "starts_with": "StartsWith",
    "ends_with": "EndsWith",
    "not_equals": "NotEquals",
    "not_starts_with": "NotStartsWith",
    "not_ends_with": "NotEndsWith",
}


def collect(account):
    place, client = Place(account), account.client("cloudtrail")
    listed = account.run(lambda: attempt(
        lambda: client.describe_trails(includeShadowTrails=True).get("trailList", [])))
    if isinstance(listed, Unknown):
        return []
    told = account.details(
        listed,
        status=lambda t: client.get_trail_status(Name=t["TrailARN"]),
        selectors=lambda t: client.get_event_selectors(TrailName=t["TrailARN"]),
    )
    trails = [(t["Name"], trail(t, s)) for t, s in zip(listed, told)]
    trails.sort(key=lambda pair: pair[1]["arn"])
    own = [(n, t) for n, t in trails if t["arn"] == place.arn("cloudtrail", f"trail/{n}")]
    tagged = tags_of(account, client, [t["arn"] for _, t in own])
    region = place.resource(
        "Miyabi::CloudTrail::RegionTrails", place.arn("cloudtrail", "region-trails"), place.region,
        {"trails": [t for _, t in trails]},
    )
    return [resource(place, name, t, tagged[t["arn"]]) for name, t in own] + [region]


def trail(t, told):
    status = lambda s: {
        "is_logging": s.get("IsLogging", False),
        "delivered_at": time(s.get("LatestDeliveryTime")),
        "delivery_error": s.get("LatestDeliveryError") or None,
        "log_group_delivered_at": time(s.get("LatestCloudWatchLogsDeliveryTime")),
        "log_group_delivery_error": s.get("LatestCloudWatchLogsDeliveryError") or None,
    }
    return {
        "arn": t["TrailARN"],
        "home_region": t.get("HomeRegion", ""),
        "is_multi_region": t.get("IsMultiRegionTrail", False),
        "is_organization": t.get("IsOrganizationTrail", False),
        "includes_global_services": t.get("IncludeGlobalServiceEvents", False),
        "log_file_validation": t.get("LogFileValidationEnabled", False),
        "bucket": t.get("S3BucketName") or None,
        "kms_key_id": t.get("KmsKeyId") or None,
        "log_group_arn": t.get("CloudWatchLogsLogGroupArn") or None,
        "topic_arn": t.get("SnsTopicARN") or None,
        "status": known(when_known(told["status"], status)),
        "selectors": known(when_known(told["selectors"], selectors)),
    }


def selectors(answer):
    basic = [
        {
            "read_write": s.get("ReadWriteType", "All"),
            "management_events": s.get("IncludeManagementEvents", True),
            "excluded_sources": unique(s.get("ExcludeManagementEventSources", [])),
            "data_resources": {d["Type"]: unique(d.get("Values", [])) for d in s.get("DataResources", [])},
        }
        for s in answer.get("EventSelectors", [])
    ]
    advanced = [
        {
            "name": s.get("Name") or None,
            "fields": [
                {"field": f["Field"]} | {name: f[key] for name, key in FIELDS.items() if f.get(key)}
                for f in s.get("FieldSelectors", [])
            ],
        }
        for s in answer.get("AdvancedEventSelectors", [])
    ]
    return {"basic": basic, "advanced": advanced}


def tags_of(account, client, ids):
    found = {id: {} for id in ids}
    batches = [ids[i:i + 20] for i in range(0, len(ids), 20)]
    ask = lambda batch: client.list_tags(ResourceIdList=batch)["ResourceTagList"]
    for batch, told in zip(batches, account.details(batches, tags=ask)):
        if isinstance(told["tags"], Unknown):
            found.update({id: told["tags"] for id in batch})
        else:
            found.update({one["ResourceId"]: tags(one.get("TagsList")) for one in told["tags"]})
    return found


def resource(place, name, t, tagged):
    group = t["log_group_arn"]
    bucket = [place.bucket_arn(t["bucket"])] if t["bucket"] else []
    return place.resource(
        "AWS::CloudTrail::Trail", t["arn"], name, t, tagged, name=name,
        depends_on=bucket + place.keys(t["kms_key_id"]) + arns(t["topic_arn"], group and group.removesuffix(":*")),
    )
