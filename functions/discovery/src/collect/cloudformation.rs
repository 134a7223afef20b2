//! What the stacks of the region own.

use aws_sdk_cloudformation::{
    Client,
    types::{ResourceStatus, StackResourceSummary, StackStatus},
};
use futures::FutureExt;

use super::{Collected, Collector, Reach, or_none, owned};
use crate::{call::Call, ownership::StackResource, scope::Scan};

const STACKS: Call = Call::details("cloudformation:ListStacks");
const STACK_RESOURCES: Call = Call::details("cloudformation:ListStackResources");

/// Lists the resources of every stack.
pub const COLLECTOR: Collector = Collector {
    service: "cloudformation",
    reach: Reach::Regional,
    calls: &[STACKS, STACK_RESOURCES],
    collect: |scan| collect(scan).boxed(),
};

async fn collect(scan: &Scan) -> Collected {
    let client = &Client::new(scan.sdk());
    let pages = client.list_stacks().into_paginator().items().send();
    let stacks = or_none(scan.list(STACKS, pages.collect::<Result<Vec<_>, _>>()).await);
    // Deleted stacks stay listed for 90 days.
    let stacks = stacks
        .iter()
        .filter(|stack| stack.stack_status() != Some(&StackStatus::DeleteComplete))
        .filter_map(|stack| Some((owned(stack.stack_name())?, owned(stack.stack_id())?)));
    let read = scan.each(stacks.collect(), |(name, id): (String, String)| async move {
        if scan.has_stack(STACK_RESOURCES, &id) {
            return;
        }
        let pages = client.list_stack_resources().stack_name(&id).into_paginator().items().send();
        let list = scan.list(STACK_RESOURCES, pages.collect::<Result<Vec<_>, _>>()).await;
        if let Ok(list) = list {
            let owned = list.iter().filter_map(|r| resource(&name, r)).collect();
            scan.keep_stack(id, list.len(), owned);
        }
    });
    read.await;
    Collected { owned: scan.owned(), ..Collected::default() }
}

fn resource(stack: &str, resource: &StackResourceSummary) -> Option<StackResource> {
    if resource.resource_status() == Some(&ResourceStatus::DeleteComplete) {
        return None;
    }
    Some(StackResource {
        stack: stack.to_owned(),
        logical_id: resource.logical_resource_id()?.to_owned(),
        physical_id: resource.physical_resource_id()?.to_owned(),
        kind: resource.resource_type()?.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_resource_that_is_gone_or_not_there_yet_is_not_owned() {
        let summary = || {
            StackResourceSummary::builder()
                .logical_resource_id("Data")
                .physical_resource_id("vol-1")
                .resource_type("AWS::EC2::Volume")
        };
        let owned = resource("shop", &summary().build()).unwrap();
        assert_eq!((&*owned.logical_id, &*owned.physical_id), ("Data", "vol-1"));
        let gone = summary().resource_status(ResourceStatus::DeleteComplete).build();
        assert_eq!(resource("shop", &gone), None);
        let not_yet = summary().set_physical_resource_id(None).build();
        assert_eq!(resource("shop", &not_yet), None);
    }
}
