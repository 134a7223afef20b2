//! SQS queues.

use std::collections::HashMap;

use aws_sdk_sqs::{Client, types::QueueAttributeName as Name};
use futures::FutureExt;
use jiff::Timestamp;
use miyabi_types::{
    evidence::{Evidence, Unavailable},
    id::Arn,
    resource::{
        Resource, ResourceConfig,
        ResourceKind::SqsQueue,
        Tags,
        sqs::{Queue, QueueAttributes},
    },
};
use serde_json::Value;

use super::{Collected, Collector, Reach, owned, policy};
use crate::{
    call::Call,
    lists::{Known, pages},
    place::Place,
    scope::Scan,
};

const QUEUES: Call = Call::lists("sqs:ListQueues", &[SqsQueue]);
const ATTRIBUTES: Call = Call::details("sqs:GetQueueAttributes");
const TAGS: Call = Call::details("sqs:ListQueueTags");

/// Reads SQS.
pub const COLLECTOR: Collector = Collector {
    service: "sqs",
    reach: Reach::Regional,
    calls: &[QUEUES, ATTRIBUTES, TAGS],
    collect: |scan| collect(scan).boxed(),
};

type Attributes = HashMap<Name, String>;

async fn collect(scan: &Scan) -> Collected {
    let client = &Client::new(scan.sdk());
    let one = |url: String| async move {
        let (attributes, tags) = tokio::join!(
            scan.read(
                ATTRIBUTES,
                client.get_queue_attributes().queue_url(&url).attribute_names(Name::All).send(),
            ),
            scan.read(TAGS, client.list_queue_tags().queue_url(&url).send()),
        );
        let attributes = attributes.map(|answer| answer.attributes.unwrap_or_default());
        let tags = tags.map(|answer| answer.tags.unwrap_or_default().into_iter().collect());
        Some(resource(&scan.place, url, attributes, tags))
    };
    // Without a page's size SQS answers 1,000 queues and no token for the others.
    let paginator = client.list_queues().max_results(1000).into_paginator().send();
    let queues = pages(paginator, |page| page.queue_urls);
    let is_known = |known: &Known, url: &String| known.has(arn(&scan.place, name(url)).as_str());
    scan.stream_each(QUEUES, queues, is_known, one).await;
    Collected::default()
}

fn name(url: &str) -> &str {
    url.rsplit('/').next().unwrap_or_default()
}

fn arn(place: &Place, name: &str) -> Arn {
    place.arn("sqs", name)
}

fn resource(
    place: &Place,
    url: String,
    attributes: Result<Attributes, Unavailable>,
    tags: Result<Tags, Unavailable>,
) -> Resource {
    let name = name(&url).to_owned();
    let told = attributes.as_ref().ok();
    let arn = told.and_then(|map| map.get(&Name::QueueArn)).map(String::as_str);
    let arn = Place::told(arn, || self::arn(place, &name));
    let created_at = told
        .and_then(|map| map.get(&Name::CreatedTimestamp)?.parse().ok())
        .and_then(|seconds| Timestamp::from_second(seconds).ok());
    let attributes = attributes.map(|map| self::attributes(&map));
    let told = attributes.as_ref().ok();
    let dead_letters = told.and_then(|told| Arn::parse(told.dead_letter_arn.as_deref()?).ok());
    let key = told.and_then(|told| Some(place.key_arn(told.kms_key_id.as_deref()?)));
    let depends_on = dead_letters.into_iter().chain(key).collect();
    let config = Queue { url: url.clone(), attributes: Evidence::from(attributes) };
    let (tags, tags_unavailable) = super::tags_or_why(tags);
    Resource {
        name: Some(name),
        created_at,
        tags_unavailable,
        depends_on,
        ..place.resource(arn, url, tags, ResourceConfig::SqsQueue(config))
    }
}

fn attributes(map: &Attributes) -> QueueAttributes {
    let text = |name: Name| map.get(&name).map(String::as_str);
    let seconds = |name: Name| text(name).and_then(|text| text.parse().ok()).unwrap_or(0);
    let redrive =
        text(Name::RedrivePolicy).and_then(|text| serde_json::from_str::<Value>(text).ok());
    let receives = redrive.as_ref().map(|policy| &policy["maxReceiveCount"]);
    QueueAttributes {
        policy: policy(text(Name::Policy)),
        kms_key_id: owned(text(Name::KmsMasterKeyId)),
        sqs_managed_sse: text(Name::SqsManagedSseEnabled) == Some("true"),
        fifo: text(Name::FifoQueue) == Some("true"),
        visibility_timeout_seconds: seconds(Name::VisibilityTimeout),
        retention_seconds: seconds(Name::MessageRetentionPeriod),
        delay_seconds: seconds(Name::DelaySeconds),
        messages: u64::from(seconds(Name::ApproximateNumberOfMessages)),
        dead_letter_arn: redrive
            .as_ref()
            .and_then(|policy| owned(policy["deadLetterTargetArn"].as_str())),
        // A number, or a text of one: SQS keeps it as it was written.
        max_receive_count: receives.and_then(|count| match count {
            Value::String(text) => text.parse().ok(),
            number => u32::try_from(number.as_u64()?).ok(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use miyabi_types::id::IamAction;

    use super::*;
    use crate::testing::place;

    const URL: &str = "https://sqs.us-east-1.amazonaws.com/123456789012/orders";

    #[test]
    fn a_queue_needs_its_dead_letter_queue_and_tells_its_encryption() {
        let redrive = r#"{"deadLetterTargetArn":"arn:aws:sqs:us-east-1:123456789012:dead","maxReceiveCount":"5"}"#;
        let map = [
            (Name::QueueArn, "arn:aws:sqs:us-east-1:123456789012:orders"),
            (Name::CreatedTimestamp, "1700000000"),
            (Name::Policy, r#"{"Statement":[]}"#),
            (Name::SqsManagedSseEnabled, "true"),
            (Name::VisibilityTimeout, "30"),
            (Name::MessageRetentionPeriod, "345600"),
            (Name::ApproximateNumberOfMessages, "7"),
            (Name::RedrivePolicy, redrive),
        ];
        let map = map.map(|(name, value)| (name, value.to_owned())).into();
        let queue = resource(&place(), URL.into(), Ok(map), Ok(Tags::new()));
        assert_eq!((&*queue.id, queue.name.as_deref()), (URL, Some("orders")));
        assert_eq!(queue.depends_on[0].resource(), "dead");
        assert_eq!(queue.created_at.unwrap().as_second(), 1_700_000_000);
        let ResourceConfig::SqsQueue(config) = queue.config else { panic!() };
        let attributes = config.attributes.known().unwrap();
        assert!(attributes.is_encrypted() && attributes.kms_key_id.is_none() && !attributes.fifo);
        assert_eq!(attributes.policy, Some(serde_json::json!({ "Statement": [] })));
        assert_eq!((attributes.messages, attributes.max_receive_count), (7, Some(5)));
        let seconds = (attributes.visibility_timeout_seconds, attributes.retention_seconds);
        assert_eq!((seconds, attributes.delay_seconds), ((30, 345_600), 0));
    }

    #[test]
    fn a_queue_needs_its_key() {
        let map = [(Name::KmsMasterKeyId, "alias/data".to_owned())].into();
        let queue = resource(&place(), URL.into(), Ok(map), Ok(Tags::new()));
        assert_eq!(queue.depends_on, [place().key_arn("alias/data")]);
    }

    #[test]
    fn a_queue_whose_attributes_are_denied_is_still_there() {
        let denied = |action| Unavailable::denied(IamAction::parse(action).unwrap());
        let why = denied("sqs:GetQueueAttributes");
        let tags = Err(denied("sqs:ListQueueTags"));
        let queue = resource(&place(), URL.into(), Err(why.clone()), tags);
        assert_eq!(queue.arn.as_str(), "arn:aws:sqs:us-east-1:123456789012:orders");
        assert!(queue.tags_unavailable.is_some());
        let ResourceConfig::SqsQueue(config) = queue.config else { panic!() };
        assert_eq!(config.attributes, Evidence::Unavailable(why));
    }
}
