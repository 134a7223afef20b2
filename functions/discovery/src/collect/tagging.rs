//! Tags of many resources at once, where the service itself tells them one by one.

use std::collections::BTreeMap;

use aws_sdk_resourcegroupstagging::Client;
use miyabi_types::{
    evidence::Unavailable,
    resource::{Resource, Tags},
};
use tokio::sync::OnceCell;

use crate::{call::Call, scope::Scan};

/// The one call that reads tags of many resources.
pub const GET_RESOURCES: Call = Call::details("tag:GetResources");

/// The tags of all resources of one type, read once the first of them is there.
pub struct Tagged {
    resource_type: &'static str,
    tags: OnceCell<Result<BTreeMap<String, Tags>, Unavailable>>,
}

impl Tagged {
    /// Those of a type, for example `logs:log-group`.
    pub fn of(resource_type: &'static str) -> Self {
        Self { resource_type, tags: OnceCell::new() }
    }

    /// Reads them, so that [`Self::fill`] need not wait.
    pub async fn read(&self, scan: &Scan) -> &Result<BTreeMap<String, Tags>, Unavailable> {
        self.tags.get_or_init(|| Box::pin(scan.apart(read(scan, self.resource_type)))).await
    }

    /// Fills in the tags of `resources`.
    pub async fn fill(&self, scan: &Scan, resources: &mut [Resource]) {
        if resources.is_empty() {
            return;
        }
        let tags = self.read(scan).await;
        for resource in resources {
            match tags {
                // What was never tagged is not in the answer.
                Ok(tags) => {
                    resource.tags = tags.get(resource.arn.as_str()).cloned().unwrap_or_default();
                }
                Err(why) => resource.tags_unavailable = Some(why.clone()),
            }
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
