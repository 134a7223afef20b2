//! Deletes a NAT gateway. Its routes are kept, so that one that takes its place is reached as it was.

use async_trait::async_trait;
use aws_sdk_ec2::types::{
    ConnectivityType, Filter, NatGateway, NatGatewayState, ResourceType, TagSpecification,
};
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

pub struct DeleteNatGateway;

const POLL_SECONDS: u32 = 20;

async fn find(aws: &Clients, id: &str) -> Result<Option<NatGateway>> {
    let found = aws
        .ec2
        .describe_nat_gateways()
        .nat_gateway_ids(id)
        .send()
        .await
        .map_err(failed("ec2:DescribeNatGateways"));
    let gateways = match found {
        Err(error) if error.is(&["NatGatewayNotFound"]) => return Ok(None),
        other => other?.nat_gateways.unwrap_or_default(),
    };
    Ok(gateways.into_iter().find(|gateway| gateway.state() != Some(&NatGatewayState::Deleted)))
}

/// Allocations of a gateway's addresses, sorted.
fn allocations(gateway: &NatGateway) -> Vec<&str> {
    let addresses = gateway.nat_gateway_addresses().iter();
    let mut ids: Vec<_> = addresses.filter_map(|address| address.allocation_id()).collect();
    ids.sort_unstable();
    ids
}

#[async_trait]
impl DirectAction for DeleteNatGateway {
    async fn read(&self, aws: &Clients, action: &Action) -> Result<TargetState> {
        Ok(find(aws, &action.resource_id).await?.map_or(TargetState::Absent, |gateway| {
            TargetState::present([
                ("state", json!(gateway.state().map(NatGatewayState::as_str))),
                ("subnet_id", json!(gateway.subnet_id())),
                ("connectivity", json!(connectivity(&gateway).as_str())),
                ("allocation_ids", json!(allocations(&gateway))),
            ])
        }))
    }

    async fn backup(&self, aws: &Clients, job: &Job<'_>) -> Result<Step<Value>> {
        let id = &job.action.resource_id;
        let Some(gateway) = find(aws, id).await? else {
            return Err(ExecutionError::Stale(format!("NAT gateway {id} is gone")));
        };
        let primary = gateway.nat_gateway_addresses().iter().find(|a| a.is_primary() == Some(true));
        Ok(Step::Done(json!({
            "tags": tags_to_json(gateway.tags()),
            "routes": routes(aws, id).await?,
            "primary_allocation_id": primary.and_then(|address| address.allocation_id()),
        })))
    }

    async fn apply(&self, aws: &Clients, job: &Job<'_>) -> Result<Step<()>> {
        let id = &job.action.resource_id;
        let Some(gateway) = find(aws, id).await? else { return Ok(Step::Done(())) };
        if gateway.state() != Some(&NatGatewayState::Deleting) {
            aws.ec2
                .delete_nat_gateway()
                .nat_gateway_id(id)
                .send()
                .await
                .map_err(failed("ec2:DeleteNatGateway"))?;
        }
        Ok(Step::wait(POLL_SECONDS))
    }

    async fn undo(&self, aws: &Clients, job: &Job<'_>) -> Result<Step<Restored>> {
        let old = &job.action.resource_id;
        match find(aws, old).await? {
            Some(gateway) if gateway.state() == Some(&NatGatewayState::Available) => {
                return Ok(Step::Done(Restored::Exactly));
            }
            Some(_) => return Ok(Step::wait(POLL_SECONDS)),
            None => {}
        }
        let Some(new) = job.note["nat_gateway_id"].as_str() else {
            let id = create(aws, job).await?;
            return Ok(Step::wait_with(POLL_SECONDS, json!({ "nat_gateway_id": id })));
        };
        match find(aws, new).await?.as_ref().and_then(NatGateway::state) {
            Some(NatGatewayState::Available) => {}
            Some(NatGatewayState::Pending) => return Ok(Step::wait(POLL_SECONDS)),
            other => {
                return Err(ExecutionError::NotDone(format!(
                    "NAT gateway {new}, which takes the place of {old}, is {other:?}"
                )));
            }
        }
        for route in job.kept("routes").as_array().into_iter().flatten() {
            let text = |name: &str| route[name].as_str().map(str::to_owned);
            aws.ec2
                .replace_route()
                .set_route_table_id(text("table"))
                .set_destination_cidr_block(text("cidr"))
                .set_destination_ipv6_cidr_block(text("cidr_v6"))
                .set_destination_prefix_list_id(text("prefix_list"))
                .nat_gateway_id(new)
                .send()
                .await
                .map_err(failed("ec2:ReplaceRoute"))?;
        }
        Ok(Step::Done(Restored::Otherwise(format!(
            "NAT gateway {new} with the addresses and the routes of {old}"
        ))))
    }

    fn is_own_state(&self, live: &TargetState, job: &Job<'_>) -> bool {
        live.setting("state") == "deleting" || is_half_way(live, job.before(), &job.action.desired)
    }
}

fn connectivity(gateway: &NatGateway) -> ConnectivityType {
    gateway.connectivity_type().cloned().unwrap_or(ConnectivityType::Public)
}

/// Every route that leads to a gateway.
async fn routes(aws: &Clients, id: &str) -> Result<Vec<Value>> {
    let filter = Filter::builder().name("route.nat-gateway-id").values(id).build();
    let found = aws
        .ec2
        .describe_route_tables()
        .filters(filter)
        .send()
        .await
        .map_err(failed("ec2:DescribeRouteTables"))?;
    let routes = found.route_tables().iter().flat_map(|table| {
        let own = table.routes().iter().filter(|route| route.nat_gateway_id() == Some(id));
        own.map(|route| {
            json!({
                "table": table.route_table_id(),
                "cidr": route.destination_cidr_block(),
                "cidr_v6": route.destination_ipv6_cidr_block(),
                "prefix_list": route.destination_prefix_list_id(),
            })
        })
    });
    Ok(routes.collect())
}

/// Begins to make a gateway with the settings of the one that is gone.
async fn create(aws: &Clients, job: &Job<'_>) -> Result<String> {
    let before = job.before();
    let cycle = job.cycle.to_string();
    let tags = tags_from_json(
        job.kept("tags"),
        &[(CYCLE_TAG, &cycle), (ACTION_TAG, job.action.id.as_str())],
    );
    let mut allocations: Vec<String> =
        serde_json::from_value(before.setting("allocation_ids").clone()).unwrap_or_default();
    let primary = job.kept("primary_allocation_id").as_str().map(str::to_owned);
    let primary = primary.or_else(|| allocations.first().cloned());
    allocations.retain(|id| Some(id) != primary.as_ref());
    let kind = before.setting("connectivity").as_str().unwrap_or("public");
    let created = aws
        .ec2
        .create_nat_gateway()
        .set_subnet_id(before.setting("subnet_id").as_str().map(str::to_owned))
        .connectivity_type(ConnectivityType::from(kind))
        .set_allocation_id(primary)
        .set_secondary_allocation_ids((!allocations.is_empty()).then_some(allocations))
        .client_token(format!("{}-{cycle}", job.action.id))
        .tag_specifications(
            TagSpecification::builder()
                .resource_type(ResourceType::Natgateway)
                .set_tags(Some(tags))
                .build(),
        )
        .send()
        .await
        .map_err(failed("ec2:CreateNatGateway"))?;
    created
        .nat_gateway
        .and_then(|gateway| gateway.nat_gateway_id)
        .ok_or_else(|| ExecutionError::NotDone("AWS named no NAT gateway".into()))
}
