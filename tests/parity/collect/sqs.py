"""SQS."""

import json
from datetime import datetime, timezone

from .account import Unknown
from .shape import Place, arns, known, policy, when_known


def collect(account):
    place, client = Place(account), account.client("sqs")
    urls = account.list("sqs", "list_queues", "QueueUrls", 1000)
    told = account.details(
        urls,
        attributes=lambda url: client.get_queue_attributes(
            QueueUrl=url, AttributeNames=["All"]).get("Attributes", {}),
        tags=lambda url: client.list_queue_tags(QueueUrl=url).get("Tags", {}),
    )
    return [queue(place, url, t) for url, t in zip(urls, told)]


def queue(place, url, told):
    name = url.rsplit("/", 1)[1]
    attributes = when_known(told["attributes"], attributes_of)
    a = {} if isinstance(told["attributes"], Unknown) else told["attributes"]
    dead_letters = None if isinstance(attributes, Unknown) else attributes["dead_letter_arn"]
    created = a.get("CreatedTimestamp")
    return place.resource(
        "AWS::SQS::Queue", a.get("QueueArn") or place.arn("sqs", name), url,
        {"url": url, "attributes": known(attributes)}, told["tags"], name=name,
        created_at=created and datetime.fromtimestamp(int(created), timezone.utc),
        depends_on=arns(dead_letters) + place.keys(a.get("KmsMasterKeyId")),
    )


def attributes_of(a):
    redrive = json.loads(a.get("RedrivePolicy", "{}"))
    receives = redrive.get("maxReceiveCount")
    return {
        "policy": policy(a.get("Policy")),
        "kms_key_id": a.get("KmsMasterKeyId") or None,
        "sqs_managed_sse": a.get("SqsManagedSseEnabled") == "true",
        "fifo": a.get("FifoQueue") == "true",
        "visibility_timeout_seconds": int(a.get("VisibilityTimeout", 0)),
        "retention_seconds": int(a.get("MessageRetentionPeriod", 0)),
        "delay_seconds": int(a.get("DelaySeconds", 0)),
        "messages": int(a.get("ApproximateNumberOfMessages", 0)),
        "dead_letter_arn": redrive.get("deadLetterTargetArn") or None,
        "max_receive_count": None if receives is None else int(receives),
    }
