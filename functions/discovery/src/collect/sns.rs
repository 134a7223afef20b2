//! SNS topics.

use std::collections::HashMap;

use aws_sdk_sns::{Client, types};
use futures::FutureExt;
use miyabi_types::{
    evidence::{Evidence, Unavailable},
    id::Arn,
    resource::{
        Resource, ResourceConfig,
        ResourceKind::SnsTopic,
        Tags,
        sns::{Topic, TopicAttributes},
    },
};

use super::{Collected, Collector, Reach, owned, policy};
use crate::{
    call::Call,
    lists::{Known, pages},
    place::Place,
    scope::Scan,
};

const TOPICS: Call = Call::lists("sns:ListTopics", &[SnsTopic]);
const ATTRIBUTES: Call = Call::details("sns:GetTopicAttributes");
const TAGS: Call = Call::details("sns:ListTagsForResource");

/// Reads SNS.
pub const COLLECTOR: Collector = Collector {
    service: "sns",
    reach: Reach::Regional,
    calls: &[TOPICS, ATTRIBUTES, TAGS],
    collect: |scan| collect(scan).boxed(),
};

async fn collect(scan: &Scan) -> Collected {
    let client = &Client::new(scan.sdk());
    let one = |topic: types::Topic| async move {
        let arn = topic.topic_arn()?;
        let (attributes, tags) = tokio::join!(
            scan.read(ATTRIBUTES, client.get_topic_attributes().topic_arn(arn).send()),
            scan.read(TAGS, client.list_tags_for_resource().resource_arn(arn).send()),
        );
        let attributes = attributes.map(|answer| answer.attributes.unwrap_or_default());
        let tags = tags.map(|answer| {
            super::tags(answer.tags().iter().map(|tag| (Some(tag.key()), Some(tag.value()))))
        });
        resource(&scan.place, arn, attributes, tags)
    };
    let topics = pages(client.list_topics().into_paginator().send(), |page| page.topics);
    let is_known =
        |known: &Known, topic: &types::Topic| known.has(topic.topic_arn().unwrap_or_default());
    scan.stream_each(TOPICS, topics, is_known, one).await;
    Collected::default()
}

fn resource(
    place: &Place,
    arn: &str,
    attributes: Result<HashMap<String, String>, Unavailable>,
    tags: Result<Tags, Unavailable>,
) -> Option<Resource> {
    let arn = Arn::parse(arn).ok()?;
    let name = arn.resource().to_owned();
    let config = Topic { attributes: Evidence::from(attributes.map(|map| self::attributes(&map))) };
    let key = config.attributes.known().and_then(|told| told.kms_key_id.as_deref());
    let depends_on = key.map(|key| place.key_arn(key)).into_iter().collect();
    let (tags, tags_unavailable) = super::tags_or_why(tags);
    let resource = place.resource(arn, name.clone(), tags, ResourceConfig::SnsTopic(config));
    Some(Resource { name: Some(name), depends_on, tags_unavailable, ..resource })
}

fn attributes(map: &HashMap<String, String>) -> TopicAttributes {
    let text = |key: &str| map.get(key).map(String::as_str);
    let count = |key: &str| text(key).and_then(|text| text.parse().ok()).unwrap_or(0);
    TopicAttributes {
        display_name: owned(text("DisplayName")),
        policy: policy(text("Policy")),
        kms_key_id: owned(text("KmsMasterKeyId")),
        fifo: text("FifoTopic") == Some("true"),
        subscriptions_confirmed: count("SubscriptionsConfirmed"),
        subscriptions_pending: count("SubscriptionsPending"),
    }
}

#[cfg(test)]
mod tests {
    use miyabi_types::id::IamAction;

    use super::*;
    use crate::testing::place;

    const ARN: &str = "arn:aws:sns:us-east-1:123456789012:alerts.fifo";

    fn topic(attributes: Result<HashMap<String, String>, Unavailable>) -> Resource {
        resource(&place(), ARN, attributes, Ok([("env".into(), "prod".into())].into())).unwrap()
    }

    #[test]
    fn a_topic_tells_who_may_use_it_and_whether_it_is_encrypted() {
        let pairs = [
            ("DisplayName", "Alerts"),
            ("Policy", r#"{"Statement":[]}"#),
            ("KmsMasterKeyId", "alias/aws/sns"),
            ("FifoTopic", "true"),
            ("SubscriptionsConfirmed", "2"),
            ("SubscriptionsPending", "1"),
        ];
        let map = pairs.map(|(key, value)| (key.to_owned(), value.to_owned())).into();
        let topic = topic(Ok(map));
        assert_eq!((&*topic.id, topic.arn.as_str()), ("alerts.fifo", ARN));
        assert_eq!((topic.name.as_deref(), &*topic.tags["env"]), (Some("alerts.fifo"), "prod"));
        assert_eq!(topic.depends_on[0].resource(), "alias/aws/sns");
        let ResourceConfig::SnsTopic(config) = topic.config else { panic!() };
        let expected = TopicAttributes {
            display_name: Some("Alerts".into()),
            policy: Some(serde_json::json!({ "Statement": [] })),
            kms_key_id: Some("alias/aws/sns".into()),
            fifo: true,
            subscriptions_confirmed: 2,
            subscriptions_pending: 1,
        };
        assert_eq!(config.attributes, Evidence::Known(expected));
    }

    #[test]
    fn attributes_that_are_denied_are_not_taken_for_no_encryption() {
        let denied = Unavailable::denied(IamAction::parse("sns:GetTopicAttributes").unwrap());
        let ResourceConfig::SnsTopic(config) = topic(Err(denied.clone())).config else { panic!() };
        assert_eq!(config.attributes, Evidence::Unavailable(denied));
    }
}
