//! Releases an Elastic IP address.

use async_trait::async_trait;
use aws_sdk_ec2::types::{Address, DomainType, Filter, ResourceType, TagSpecification};
use miyabi_types::action::{Action, TargetState};
use serde_json::{Value, json};

use super::{
    DirectAction,
    ec2::{ACTION_TAG, tags_from_json, tags_to_json},
};
use crate::{
    accounts::Clients,
    error::{ExecutionError, Result, failed},
    step::{Job, Restored, Step},
};

pub struct ReleaseAddress;

async fn find(aws: &Clients, allocation_id: &str) -> Result<Option<Address>> {
    let found = aws
        .ec2
        .describe_addresses()
        .allocation_ids(allocation_id)
        .send()
        .await
        .map_err(failed("ec2:DescribeAddresses"));
    match found {
        Err(error) if error.is(&["InvalidAllocationID.NotFound"]) => Ok(None),
        other => Ok(other?.addresses.unwrap_or_default().into_iter().next()),
    }
}

#[async_trait]
impl DirectAction for ReleaseAddress {
    async fn read(&self, aws: &Clients, action: &Action) -> Result<TargetState> {
        Ok(find(aws, &action.resource_id).await?.map_or(TargetState::Absent, |address| {
            TargetState::present([
                ("public_ip", json!(address.public_ip())),
                ("association_id", json!(address.association_id())),
            ])
        }))
    }

    async fn backup(&self, aws: &Clients, job: &Job<'_>) -> Result<Step<Value>> {
        let tags = find(aws, &job.action.resource_id).await?.map(|a| tags_to_json(a.tags()));
        Ok(Step::Done(json!({ "tags": tags })))
    }

    async fn apply(&self, aws: &Clients, job: &Job<'_>) -> Result<Step<()>> {
        let released = aws
            .ec2
            .release_address()
            .allocation_id(&job.action.resource_id)
            .send()
            .await
            .map_err(failed("ec2:ReleaseAddress"));
        match released {
            Err(error) if error.is(&["InvalidAllocationID.NotFound"]) => {}
            Err(error) if error.is(&["InvalidIPAddress.InUse"]) => {
                return Err(ExecutionError::Stale(error.to_string()));
            }
            other => {
                other?;
            }
        }
        Ok(Step::Done(()))
    }

    async fn undo(&self, aws: &Clients, job: &Job<'_>) -> Result<Step<Restored>> {
        if find(aws, &job.action.resource_id).await?.is_some() {
            return Ok(Step::Done(Restored::Exactly));
        }
        let ip = job.before().setting("public_ip").as_str().unwrap_or_default();
        let held = aws
            .ec2
            .describe_addresses()
            .filters(Filter::builder().name("public-ip").values(ip).build())
            .send()
            .await
            .map_err(failed("ec2:DescribeAddresses"))?;
        let held = held.addresses().first().and_then(Address::allocation_id).map(str::to_owned);
        let allocation_id = match held {
            Some(id) => id,
            None => allocate(aws, job, ip).await?,
        };
        Ok(Step::Done(Restored::Otherwise(format!(
            "the address {ip} is back with the new allocation id {allocation_id}"
        ))))
    }
}

async fn allocate(aws: &Clients, job: &Job<'_>, ip: &str) -> Result<String> {
    let tags = tags_from_json(job.kept("tags"), &[(ACTION_TAG, job.action.id.as_str())]);
    let allocated = aws
        .ec2
        .allocate_address()
        .domain(DomainType::Vpc)
        .address(ip)
        .tag_specifications(
            TagSpecification::builder()
                .resource_type(ResourceType::ElasticIp)
                .set_tags(Some(tags))
                .build(),
        )
        .send()
        .await
        .map_err(failed("ec2:AllocateAddress"));
    match allocated {
        Err(error) if error.is(&["InvalidAddress.NotFound", "AddressAlreadyAllocated"]) => {
            Err(ExecutionError::NotDone(format!(
                "AWS has given the address {ip} away, it cannot come back: {error}"
            )))
        }
        other => Ok(other?.allocation_id.unwrap_or_default()),
    }
}
