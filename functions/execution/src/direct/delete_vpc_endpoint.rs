//! Deletes an interface endpoint.

use async_trait::async_trait;
use aws_sdk_ec2::types::{ResourceType, TagSpecification, VpcEndpoint, VpcEndpointType};
use miyabi_types::action::{Action, TargetState};
use serde_json::{Value, json};

use super::{
    DirectAction,
    ec2::{ACTION_TAG, CYCLE_TAG, tags_from_json, tags_to_json},
};
use crate::{
    accounts::Clients,
    error::{ExecutionError, Result, failed},
    step::{Job, Restored, Step, is_half_way},
};

pub struct DeleteVpcEndpoint;

const POLL_SECONDS: u32 = 20;

async fn find(aws: &Clients, id: &str) -> Result<Option<VpcEndpoint>> {
    let found = aws
        .ec2
        .describe_vpc_endpoints()
        .vpc_endpoint_ids(id)
        .send()
        .await
        .map_err(failed("ec2:DescribeVpcEndpoints"));
    let endpoints = match found {
        Err(error)
            if error.is(&["InvalidVpcEndpointId.NotFound", "InvalidVpcEndpoint.NotFound"]) =>
        {
            return Ok(None);
        }
        other => other?.vpc_endpoints.unwrap_or_default(),
    };
    Ok(endpoints.into_iter().find(|endpoint| state(endpoint).as_deref() != Some("deleted")))
}

/// As discovery writes it: the API's reference and its answers disagree about upper and lower case.
fn state(endpoint: &VpcEndpoint) -> Option<String> {
    endpoint.state().map(|state| state.as_str().to_lowercase())
}

fn sorted<T: Into<String>>(items: impl IntoIterator<Item = T>) -> Vec<String> {
    let mut items: Vec<String> = items.into_iter().map(Into::into).collect();
    items.sort();
    items
}

#[async_trait]
impl DirectAction for DeleteVpcEndpoint {
    async fn read(&self, aws: &Clients, action: &Action) -> Result<TargetState> {
        Ok(find(aws, &action.resource_id).await?.map_or(TargetState::Absent, |endpoint| {
            let groups = endpoint.groups().iter().filter_map(|group| group.group_id());
            TargetState::present([
                ("state", json!(state(&endpoint))),
                ("vpc_id", json!(endpoint.vpc_id())),
                ("service_name", json!(endpoint.service_name())),
                ("subnet_ids", json!(sorted(endpoint.subnet_ids()))),
                ("security_group_ids", json!(sorted(groups))),
                ("private_dns", json!(endpoint.private_dns_enabled().unwrap_or(false))),
            ])
        }))
    }

    async fn backup(&self, aws: &Clients, job: &Job<'_>) -> Result<Step<Value>> {
        let id = &job.action.resource_id;
        let Some(endpoint) = find(aws, id).await? else {
            return Err(ExecutionError::Stale(format!("endpoint {id} is gone")));
        };
        Ok(Step::Done(json!({
            "tags": tags_to_json(endpoint.tags()),
            "policy": endpoint.policy_document(),
        })))
    }

    async fn apply(&self, aws: &Clients, job: &Job<'_>) -> Result<Step<()>> {
        let id = &job.action.resource_id;
        let Some(endpoint) = find(aws, id).await? else { return Ok(Step::Done(())) };
        if state(&endpoint).as_deref() != Some("deleting") {
            let answer = aws
                .ec2
                .delete_vpc_endpoints()
                .vpc_endpoint_ids(id)
                .send()
                .await
                .map_err(failed("ec2:DeleteVpcEndpoints"))?;
            // A refusal comes in an answer that succeeds.
            if let Some(why) = answer.unsuccessful().first().and_then(|item| item.error()) {
                return Err(ExecutionError::NotDone(format!(
                    "endpoint {id} was not deleted: {}",
                    why.message().unwrap_or("AWS gave no reason")
                )));
            }
        }
        Ok(Step::wait(POLL_SECONDS))
    }

    async fn undo(&self, aws: &Clients, job: &Job<'_>) -> Result<Step<Restored>> {
        let old = &job.action.resource_id;
        match find(aws, old).await? {
            Some(endpoint) if state(&endpoint).as_deref() == Some("available") => {
                return Ok(Step::Done(Restored::Exactly));
            }
            Some(_) => return Ok(Step::wait(POLL_SECONDS)),
            None => {}
        }
        let Some(new) = job.note["endpoint_id"].as_str() else {
            let id = create(aws, job).await?;
            return Ok(Step::wait_with(POLL_SECONDS, json!({ "endpoint_id": id })));
        };
        match find(aws, new).await?.as_ref().and_then(state).as_deref() {
            Some("available") => Ok(Step::Done(Restored::Otherwise(format!(
                "endpoint {new} with the settings of {old}"
            )))),
            Some("pending") => Ok(Step::wait(POLL_SECONDS)),
            other => Err(ExecutionError::NotDone(format!(
                "endpoint {new}, which takes the place of {old}, is {other:?}"
            ))),
        }
    }

    fn is_own_state(&self, live: &TargetState, job: &Job<'_>) -> bool {
        live.setting("state") == "deleting" || is_half_way(live, job.before(), &job.action.desired)
    }
}

async fn create(aws: &Clients, job: &Job<'_>) -> Result<String> {
    let before = job.before();
    let text = |name: &str| before.setting(name).as_str().map(str::to_owned);
    let list =
        |name: &str| serde_json::from_value::<Vec<String>>(before.setting(name).clone()).ok();
    let cycle = job.cycle.to_string();
    let tags = tags_from_json(
        job.kept("tags"),
        &[(CYCLE_TAG, &cycle), (ACTION_TAG, job.action.id.as_str())],
    );
    let created = aws
        .ec2
        .create_vpc_endpoint()
        .vpc_endpoint_type(VpcEndpointType::Interface)
        .set_vpc_id(text("vpc_id"))
        .set_service_name(text("service_name"))
        .set_subnet_ids(list("subnet_ids"))
        .set_security_group_ids(list("security_group_ids"))
        .private_dns_enabled(before.setting("private_dns").as_bool().unwrap_or(false))
        .set_policy_document(job.kept("policy").as_str().map(str::to_owned))
        .client_token(format!("{}-{cycle}", job.action.id))
        .tag_specifications(
            TagSpecification::builder()
                .resource_type(ResourceType::VpcEndpoint)
                .set_tags(Some(tags))
                .build(),
        )
        .send()
        .await
        .map_err(failed("ec2:CreateVpcEndpoint"))?;
    created
        .vpc_endpoint
        .and_then(|endpoint| endpoint.vpc_endpoint_id)
        .ok_or_else(|| ExecutionError::NotDone("AWS named no endpoint".into()))
}
