//! Ways in and out of a VPC: internet gateways, NAT gateways, endpoints.

use aws_sdk_ec2::{Client, types};
use miyabi_types::resource::{
    Resource, ResourceConfig,
    vpc::{InternetGateway, NatGateway, VpcEndpoint},
};

use super::{
    INTERNET_GATEWAYS, NAT_GATEWAYS, VPC_ENDPOINTS, address_arn, internet_gateway_arn,
    nat_gateway_arn, network_interface_arn, route_table_arn, security_group_arn, subnet_arn, tags,
    vpc_arn, vpc_endpoint_arn,
};
use crate::{
    collect::{
        cloudwatch::{self, Metric, Source},
        or_none, owned, sorted, text, timestamp,
    },
    place::Place,
    scope::Scan,
};

pub(super) async fn internet_gateways(scan: &Scan, ec2: &Client) -> Vec<Resource> {
    let pages = ec2.describe_internet_gateways().max_results(1000).into_paginator().items().send();
    let mut found =
        or_none(scan.list(INTERNET_GATEWAYS, pages.collect::<Result<Vec<_>, _>>()).await);
    found.retain(|gateway| !scan.place.is_foreign(gateway.owner_id()));
    found.iter().filter_map(|gateway| internet_gateway(&scan.place, gateway)).collect()
}

fn internet_gateway(place: &Place, gateway: &types::InternetGateway) -> Option<Resource> {
    let id = gateway.internet_gateway_id()?;
    let vpcs = gateway.attachments().iter().filter_map(|attachment| owned(attachment.vpc_id()));
    let config = InternetGateway { vpc_ids: sorted(vpcs) };
    let depends_on = config.vpc_ids.iter().map(|id| vpc_arn(place, id)).collect();
    let tags = tags(gateway.tags());
    let arn = internet_gateway_arn(place, id);
    let resource = place.resource(arn, id, tags, ResourceConfig::Ec2InternetGateway(config));
    Some(Resource { depends_on, ..resource })
}

/// Of the NAT gateways' metrics one that is reported even without traffic, and the traffic.
const NAT_METRICS: &[Metric] = &Metric::all(
    "AWS/NATGateway",
    "NatGatewayId",
    ["ActiveConnectionCount", "BytesInFromSource", "BytesOutToDestination"],
);

pub(super) async fn nat_gateways(scan: &Scan, ec2: &Client) -> Vec<Resource> {
    let pages = ec2.describe_nat_gateways().max_results(1000).into_paginator().items().send();
    let found = or_none(scan.list(NAT_GATEWAYS, pages.collect::<Result<Vec<_>, _>>()).await);
    let mut resources: Vec<_> =
        found.iter().filter_map(|gateway| nat_gateway(&scan.place, gateway)).collect();
    cloudwatch::fill_utilization(scan, NAT_METRICS, &mut resources).await;
    resources
}

/// The resource; a deleted gateway is shown for an hour, but does not exist any more.
fn nat_gateway(place: &Place, gateway: &types::NatGateway) -> Option<Resource> {
    let id = gateway.nat_gateway_id()?;
    if gateway.state() == Some(&types::NatGatewayState::Deleted) {
        return None;
    }
    let addresses = gateway.nat_gateway_addresses();
    let config = NatGateway {
        state: text(gateway.state().map(types::NatGatewayState::as_str)),
        connectivity: gateway
            .connectivity_type()
            .map_or("public", types::ConnectivityType::as_str)
            .to_owned(),
        vpc_id: owned(gateway.vpc_id()),
        subnet_id: owned(gateway.subnet_id()),
        allocation_ids: sorted(addresses.iter().filter_map(|a| owned(a.allocation_id()))),
        public_ips: sorted(addresses.iter().filter_map(|a| owned(a.public_ip()))),
        network_interface_ids: sorted(
            addresses.iter().filter_map(|a| owned(a.network_interface_id())),
        ),
    };
    let depends_on = (config.vpc_id.iter().map(|id| vpc_arn(place, id)))
        .chain(config.subnet_id.iter().map(|id| subnet_arn(place, id)))
        .chain(config.allocation_ids.iter().map(|id| address_arn(place, id)))
        .chain(config.network_interface_ids.iter().map(|id| network_interface_arn(place, id)))
        .collect();
    let tags = tags(gateway.tags());
    let arn = nat_gateway_arn(place, id);
    let resource = place.resource(arn, id, tags, ResourceConfig::Ec2NatGateway(config));
    Some(Resource { depends_on, created_at: timestamp(gateway.create_time()), ..resource })
}

pub(super) async fn vpc_endpoints(scan: &Scan, ec2: &Client) -> Vec<Resource> {
    let pages = ec2.describe_vpc_endpoints().max_results(1000).into_paginator().items().send();
    let found = or_none(scan.list(VPC_ENDPOINTS, pages.collect::<Result<Vec<_>, _>>()).await);
    let mut resources: Vec<_> =
        found.iter().filter_map(|endpoint| vpc_endpoint(&scan.place, endpoint)).collect();
    cloudwatch::fill_utilization_from(scan, endpoint_metrics, &mut resources).await;
    resources
}

/// Source: Amazon VPC `PrivateLink` guide, `CloudWatch` metrics; gateway endpoints have none.
fn endpoint_metrics(resource: &Resource) -> Vec<Source> {
    let ResourceConfig::Ec2VpcEndpoint(endpoint) = &resource.config else { return Vec::new() };
    if endpoint.endpoint_type == "Gateway" {
        return Vec::new();
    }
    let metric = |name| Source {
        namespace: "AWS/PrivateLinkEndpoints",
        name,
        dimensions: vec![
            ("Endpoint Type", endpoint.endpoint_type.clone()),
            ("Service Name", endpoint.service_name.clone()),
            ("VPC Endpoint Id", resource.id.clone()),
            ("VPC Id", endpoint.vpc_id.clone()),
        ],
    };
    ["ActiveConnections", "BytesProcessed"].map(metric).into()
}

/// The resource; a deleted endpoint is shown for a while, but does not exist any more.
fn vpc_endpoint(place: &Place, endpoint: &types::VpcEndpoint) -> Option<Resource> {
    let id = endpoint.vpc_endpoint_id()?;
    // Answers are in lower case, the reference is not.
    let state = text(endpoint.state().map(types::State::as_str)).to_lowercase();
    if state == "deleted" {
        return None;
    }
    let groups = endpoint.groups().iter().filter_map(|group| owned(group.group_id()));
    let config = VpcEndpoint {
        endpoint_type: text(endpoint.vpc_endpoint_type().map(types::VpcEndpointType::as_str)),
        service_name: text(endpoint.service_name()),
        // The API's reference and its answers disagree about upper and lower case.
        state,
        vpc_id: text(endpoint.vpc_id()),
        subnet_ids: sorted(endpoint.subnet_ids().to_vec()),
        route_table_ids: sorted(endpoint.route_table_ids().to_vec()),
        security_group_ids: sorted(groups),
        network_interface_ids: sorted(endpoint.network_interface_ids().to_vec()),
        private_dns: endpoint.private_dns_enabled().unwrap_or(false),
        requester_managed: endpoint.requester_managed().unwrap_or(false),
        policy: endpoint.policy_document().and_then(|text| serde_json::from_str(text).ok()),
    };
    let depends_on = std::iter::once(vpc_arn(place, &config.vpc_id))
        .chain(config.subnet_ids.iter().map(|id| subnet_arn(place, id)))
        .chain(config.route_table_ids.iter().map(|id| route_table_arn(place, id)))
        .chain(config.security_group_ids.iter().map(|id| security_group_arn(place, id)))
        .chain(config.network_interface_ids.iter().map(|id| network_interface_arn(place, id)))
        .collect();
    let tags = tags(endpoint.tags());
    let arn = vpc_endpoint_arn(place, id);
    let mut resource = place.resource(arn, id, tags, ResourceConfig::Ec2VpcEndpoint(config));
    resource.created_at = timestamp(endpoint.creation_timestamp());
    Some(Resource { depends_on, ..resource })
}

#[cfg(test)]
mod tests {
    use aws_sdk_ec2::types::{
        InternetGatewayAttachment, NatGatewayAddress, NatGatewayState, SecurityGroupIdentifier,
        State, VpcEndpointType,
    };
    use miyabi_types::id::Arn;

    use super::*;
    use crate::{prices::snapshot, testing::place};

    fn needs(resource: &Resource) -> Vec<&str> {
        resource.depends_on.iter().map(Arn::resource).collect()
    }

    fn cost(resource: &Resource) -> String {
        let cost = snapshot::of_regions([&place().region]).monthly_cost(resource);
        cost.known().unwrap().to_string()
    }

    #[test]
    fn an_internet_gateway_tells_whether_it_is_used() {
        let used = types::InternetGateway::builder()
            .internet_gateway_id("igw-1")
            .attachments(InternetGatewayAttachment::builder().vpc_id("vpc-1").build())
            .build();
        let used = internet_gateway(&place(), &used).unwrap();
        assert_eq!(used.arn.resource(), "internet-gateway/igw-1");
        assert_eq!(needs(&used), ["vpc/vpc-1"]);
        let idle = types::InternetGateway::builder().internet_gateway_id("igw-2").build();
        assert!(internet_gateway(&place(), &idle).unwrap().depends_on.is_empty());
    }

    #[test]
    fn a_nat_gateway_needs_its_address_and_costs_its_hours() {
        let builder = || {
            types::NatGateway::builder()
                .nat_gateway_id("nat-1")
                .vpc_id("vpc-1")
                .subnet_id("subnet-1")
        };
        let address = NatGatewayAddress::builder()
            .allocation_id("eipalloc-1")
            .public_ip("198.51.100.7")
            .network_interface_id("eni-1")
            .build();
        let sdk =
            builder().state(NatGatewayState::Available).nat_gateway_addresses(address).build();
        let resource = nat_gateway(&place(), &sdk).unwrap();
        assert_eq!(resource.arn.resource(), "natgateway/nat-1");
        assert_eq!(
            needs(&resource),
            ["vpc/vpc-1", "subnet/subnet-1", "elastic-ip/eipalloc-1", "network-interface/eni-1"]
        );
        assert_eq!(cost(&resource), "$32.85");
        let ResourceConfig::Ec2NatGateway(gateway) = &resource.config else { panic!() };
        assert_eq!((&*gateway.state, &*gateway.connectivity), ("available", "public"));

        let deleting = builder().state(NatGatewayState::Deleting).build();
        assert_eq!(cost(&nat_gateway(&place(), &deleting).unwrap()), "$0.00");
        let deleted = builder().state(NatGatewayState::Deleted).build();
        assert_eq!(nat_gateway(&place(), &deleted), None);
    }

    #[test]
    fn an_interface_endpoint_is_paid_and_measured_and_a_gateway_endpoint_is_neither() {
        let endpoint = |kind: VpcEndpointType| {
            types::VpcEndpoint::builder()
                .vpc_endpoint_id("vpce-1")
                .vpc_endpoint_type(kind)
                .vpc_id("vpc-1")
                .service_name("com.amazonaws.us-east-1.s3")
                .state(State::from("Available"))
        };
        let interface = endpoint(VpcEndpointType::Interface)
            .subnet_ids("subnet-2")
            .subnet_ids("subnet-1")
            .groups(SecurityGroupIdentifier::builder().group_id("sg-1").build())
            .policy_document(r#"{"Statement":[]}"#)
            .build();
        let interface = vpc_endpoint(&place(), &interface).unwrap();
        assert_eq!(interface.arn.resource(), "vpc-endpoint/vpce-1");
        assert_eq!(
            needs(&interface),
            ["vpc/vpc-1", "subnet/subnet-1", "subnet/subnet-2", "security-group/sg-1"]
        );
        assert_eq!(cost(&interface), "$14.60", "two zones");
        let metrics = endpoint_metrics(&interface);
        assert!(metrics[0].dimensions.contains(&("VPC Endpoint Id", "vpce-1".to_owned())));
        let ResourceConfig::Ec2VpcEndpoint(config) = &interface.config else { panic!() };
        assert_eq!(config.state, "available");
        assert!(config.policy.is_some());

        let gateway = endpoint(VpcEndpointType::Gateway).route_table_ids("rtb-1").build();
        let gateway = vpc_endpoint(&place(), &gateway).unwrap();
        assert_eq!(needs(&gateway), ["vpc/vpc-1", "route-table/rtb-1"]);
        assert_eq!(cost(&gateway), "$0.00");
        assert!(endpoint_metrics(&gateway).is_empty());
        for state in ["deleted", "Deleted"] {
            let deleted = endpoint(VpcEndpointType::Interface).state(State::from(state)).build();
            assert_eq!(vpc_endpoint(&place(), &deleted), None);
        }
    }
}
