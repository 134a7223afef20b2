//! Changes that idle resources ask for.

use miyabi_types::{
    action::{Operation, TargetState},
    plan::Confidence,
    resource::{Resource, ResourceConfig},
};
use serde_json::json;

use crate::check::{Context, Remedy};

/// Deletes a NAT gateway; its routes are kept for the way back.
pub fn delete_nat_gateway(resource: &Resource, _: &Context<'_>) -> Option<Remedy> {
    let ResourceConfig::Ec2NatGateway(gateway) = &resource.config else { return None };
    // One without a subnet is in every zone, and is made otherwise.
    let subnet = gateway.subnet_id.as_deref()?;
    let expected = TargetState::present([
        ("state", json!("available")),
        ("subnet_id", json!(subnet)),
        ("connectivity", json!(gateway.connectivity)),
        ("allocation_ids", json!(gateway.allocation_ids)),
    ]);
    let remedy = Remedy::new(Operation::DeleteNatGateway, resource, expected, TargetState::Absent)
        .explained(
            "Delete this idle NAT gateway; its addresses stay and can be released apart",
            "What reaches the internet through it now and then fails; a gateway that is brought back \
             has the same addresses and routes under a new id.",
        )
        .confidence(Confidence::Medium);
    Some(remedy)
}

/// Deletes an interface endpoint.
pub fn delete_endpoint(resource: &Resource, _: &Context<'_>) -> Option<Remedy> {
    let ResourceConfig::Ec2VpcEndpoint(endpoint) = &resource.config else { return None };
    // What a service made for itself it also takes away.
    if endpoint.requester_managed {
        return None;
    }
    let expected = TargetState::present([
        ("state", json!("available")),
        ("vpc_id", json!(endpoint.vpc_id)),
        ("service_name", json!(endpoint.service_name)),
        ("subnet_ids", json!(endpoint.subnet_ids)),
        ("security_group_ids", json!(endpoint.security_group_ids)),
        ("private_dns", json!(endpoint.private_dns)),
    ]);
    let remedy = Remedy::new(Operation::DeleteVpcEndpoint, resource, expected, TargetState::Absent)
        .explained(
            format!("Delete this idle endpoint of {}", endpoint.service_name),
            "Without another way to the service, whatever calls it from the VPC fails; an endpoint \
             that is brought back has a new id.",
        )
        .confidence(Confidence::Medium);
    Some(remedy)
}

/// Lets a service run no tasks.
pub fn stop_service(resource: &Resource, _: &Context<'_>) -> Option<Remedy> {
    let ResourceConfig::EcsService(service) = &resource.config else { return None };
    // A daemon's tasks follow its instances.
    if service.scheduling_strategy.as_deref() == Some("DAEMON") || service.desired_count == 0 {
        return None;
    }
    let remedy = Remedy::new(
        Operation::SetDesiredCount,
        resource,
        TargetState::present([("desired_count", json!(service.desired_count))]),
        TargetState::present([("desired_count", json!(0))]),
    )
    .explained(
        "Let this idle service run no tasks",
        "What it serves now and then is gone until it runs tasks again; automatic scaling may start them.",
    )
    .confidence(Confidence::Medium);
    Some(remedy)
}

/// Pauses a Redshift cluster.
pub fn pause_cluster(resource: &Resource, _: &Context<'_>) -> Option<Remedy> {
    let remedy = Remedy::new(
        Operation::PauseCluster,
        resource,
        TargetState::present([("status", json!("available"))]),
        TargetState::present([("status", json!("paused"))]),
    )
    .explained(
        "Pause this unused cluster; its storage goes on being billed",
        "Whoever connects while it is paused fails; resuming takes some minutes.",
    )
    .confidence(Confidence::Medium);
    Some(remedy)
}
