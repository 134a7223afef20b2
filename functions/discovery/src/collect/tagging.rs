//! Tags of many resources at once, where the service itself tells them one by one.

use std::collections::BTreeMap;

use aws_sdk_resourcegroupstagging::Client;
use miyabi_types::{
    evidence::Unavailable,
    resource::{Resource, Tags},
};

use crate::{call::Call, scope::Scan};

/// The one call that reads tags of many resources.
pub const GET_RESOURCES: Call = Call::details("tag:GetResources");

/// Fills in the tags of `resources`, all of one type, for example `logs:log-group`.
pub async fn fill(scan: &Scan, resource_type: &str, resources: &mut [Resource]) {
    if resources.is_empty() {
        return;
    }
    let tags = read(scan, resource_type).await;
    for resource in resources {
        match &tags {
            // What was never tagged is not in the answer.
            Ok(tags) => {
                resource.tags = tags.get(resource.arn.as_str()).cloned().unwrap_or_default();
            }
            Err(why) => resource.tags_unavailable = Some(why.clone()),
        }
    }
}

async fn read(scan: &Scan, resource_type: &str) -> Result<BTreeMap<String, Tags>, Unavailable> {
    let pages = Client::new(scan.sdk())
        .get_resources()
        .resource_type_filters(resource_type)
        .resources_per_page(100)
        .into_paginator()
        .items()
        .send();
    let tagged = scan.narrow(GET_RESOURCES, pages.collect::<Result<Vec<_>, _>>()).await?;
    let tagged = tagged.iter().filter_map(|mapping| {
        let pairs = mapping.tags().iter().map(|tag| (Some(tag.key()), Some(tag.value())));
        Some((mapping.resource_arn()?.to_owned(), super::tags(pairs)))
    });
    Ok(tagged.collect())
}
