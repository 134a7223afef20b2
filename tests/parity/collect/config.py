"""AWS Config."""

from .account import attempt
from .shape import Place, arns, known, time, unique, when_known


def collect(account):
    place, client = Place(account), account.client("config")
    recorders = account.listed("config", "describe_configuration_recorders", "ConfigurationRecorders")
    channels = account.listed("config", "describe_delivery_channels", "DeliveryChannels")
    found = [channel(place, c) for c in channels]
    if recorders:
        read = lambda: client.describe_configuration_recorder_status()["ConfigurationRecordersStatus"]
        listed = account.run(lambda: attempt(read))
        statuses = when_known(listed, lambda listed: {s["name"]: status(s) for s in listed})
        found += [recorder(place, r, statuses) for r in recorders]
    return found


def status(s):
    return {
        "recording": s.get("recording", False),
        "last_status": s.get("lastStatus") or None,
        "last_error": s.get("lastErrorCode") or None,
        "started_at": time(s.get("lastStartTime")),
    }


def recorder(place, r, statuses):
    name, group = r["name"], r.get("recordingGroup", {})
    config = {
        "role_arn": r.get("roleARN") or None,
        "strategy": group.get("recordingStrategy", {}).get("useOnly") or None,
        "all_supported": group.get("allSupported", False),
        "includes_global_types": group.get("includeGlobalResourceTypes", False),
        "included_types": unique(group.get("resourceTypes", [])),
        "excluded_types": unique(group.get("exclusionByResourceTypes", {}).get("resourceTypes", [])),
        "frequency": r.get("recordingMode", {}).get("recordingFrequency") or None,
        "service": r.get("servicePrincipal") or None,
        "status": known(when_known(statuses, lambda statuses: statuses.get(name))),
    }
    return place.resource(
        "AWS::Config::ConfigurationRecorder",
        r.get("arn") or place.arn("config", f"configuration-recorder/{name}"), name, config, name=name,
        depends_on=arns(config["role_arn"]), tags_unknown="tags of recorders are not read",
    )


def channel(place, c):
    name = c["name"]
    config = {
        "bucket": c.get("s3BucketName") or None,
        "kms_key_arn": c.get("s3KmsKeyArn") or None,
        "topic_arn": c.get("snsTopicARN") or None,
        "snapshot_frequency": c.get("configSnapshotDeliveryProperties", {}).get("deliveryFrequency") or None,
    }
    bucket = [place.bucket_arn(config["bucket"])] if config["bucket"] else []
    return place.resource(
        "AWS::Config::DeliveryChannel", place.arn("config", f"delivery-channel/{name}"), name, config,
        name=name, depends_on=bucket + place.keys(config["kms_key_arn"]) + arns(config["topic_arn"]),
    )
