"""SNS."""

from .shape import Place, known, policy, tags, when_known


def collect(account):
    place, client = Place(account), account.client("sns")
    topics = [topic["TopicArn"] for topic in account.list("sns", "list_topics", "Topics")]
    told = account.details(
        topics,
        attributes=lambda arn: client.get_topic_attributes(TopicArn=arn).get("Attributes", {}),
        tags=lambda arn: tags(client.list_tags_for_resource(ResourceArn=arn)["Tags"]),
    )
    return [topic(place, arn, t) for arn, t in zip(topics, told)]


def topic(place, arn, told):
    attributes = lambda a: {
        "display_name": a.get("DisplayName") or None,
        "policy": policy(a.get("Policy")),
        "kms_key_id": a.get("KmsMasterKeyId") or None,
        "fifo": a.get("FifoTopic") == "true",
        "subscriptions_confirmed": int(a.get("SubscriptionsConfirmed", 0)),
        "subscriptions_pending": int(a.get("SubscriptionsPending", 0)),
    }
    name = arn.split(":", 5)[5]
    config = {"attributes": known(when_known(told["attributes"], attributes))}
    key = config["attributes"].get("known", {}).get("kms_key_id")
    return place.resource(
        "AWS::SNS::Topic", arn, name, config, told["tags"], name=name, depends_on=place.keys(key)
    )
