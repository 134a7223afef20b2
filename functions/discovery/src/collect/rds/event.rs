//! Who is told of events of databases.

use aws_sdk_rds::{Client, types};
use miyabi_types::{
    evidence::Unavailable,
    id::Arn,
    resource::{Resource, ResourceConfig, Tags, rds::EventSubscription},
};

use super::{EVENT_SUBSCRIPTIONS, PAGE, tags_of};
use crate::{
    collect::{or_none, owned, sorted, tags_or_why, text},
    place::Place,
    scope::Scan,
};

pub(super) async fn collect(scan: &Scan, rds: &Client) -> Vec<Resource> {
    let pages = rds.describe_event_subscriptions().max_records(PAGE).into_paginator().items();
    let pages = pages.send().collect::<Result<Vec<_>, _>>();
    let found = or_none(scan.list(EVENT_SUBSCRIPTIONS, pages).await);
    let resources = scan.each(found, |subscription: types::EventSubscription| async move {
        let id = subscription.cust_subscription_id()?;
        let arn = Place::told(subscription.event_subscription_arn(), || {
            scan.place.arn("rds", &format!("es:{id}"))
        });
        let tags = tags_of(scan, rds, &arn).await;
        Some(resource(&scan.place, id, arn, &subscription, tags))
    });
    resources.await.into_iter().flatten().collect()
}

fn resource(
    place: &Place,
    id: &str,
    arn: Arn,
    subscription: &types::EventSubscription,
    tags: Result<Tags, Unavailable>,
) -> Resource {
    let config = EventSubscription {
        status: text(subscription.status()),
        enabled: subscription.enabled().unwrap_or(false),
        source_type: owned(subscription.source_type()),
        source_ids: sorted(subscription.source_ids_list().iter().cloned()),
        event_categories: sorted(subscription.event_categories_list().iter().cloned()),
        topic_arn: owned(subscription.sns_topic_arn()),
    };
    let depends_on = config.topic_arn.iter().filter_map(|arn| Arn::parse(arn).ok()).collect();
    let (tags, tags_unavailable) = tags_or_why(tags);
    let resource = place.resource(arn, id, tags, ResourceConfig::RdsEventSubscription(config));
    // Its time of creation comes in a form that the reference does not define.
    Resource { name: Some(id.to_owned()), depends_on, tags_unavailable, ..resource }
}

#[cfg(test)]
mod tests {
    use miyabi_types::id::IamAction;

    use super::*;
    use crate::testing::place;

    #[test]
    fn a_subscription_tells_of_what_and_whom() {
        let sdk = types::EventSubscription::builder()
            .cust_subscription_id("alerts")
            .enabled(true)
            .source_type("db-instance")
            .event_categories_list("maintenance")
            .event_categories_list("failure")
            .sns_topic_arn("arn:aws:sns:us-east-1:123456789012:alerts")
            .build();
        let arn = place().arn("rds", "es:alerts");
        let denied = Unavailable::denied(IamAction::parse("rds:ListTagsForResource").unwrap());
        let resource = resource(&place(), "alerts", arn, &sdk, Err(denied.clone()));
        assert_eq!(resource.tags_unavailable, Some(denied));
        assert_eq!(resource.depends_on[0].resource(), "alerts");
        let ResourceConfig::RdsEventSubscription(config) = resource.config else { panic!() };
        assert_eq!(config.event_categories, ["failure", "maintenance"]);
        assert!(config.enabled && config.source_ids.is_empty());
    }
}
