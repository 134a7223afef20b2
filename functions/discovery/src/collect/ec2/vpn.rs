//! What joins networks: transit gateways, site-to-site VPN connections, Client VPN endpoints.

use aws_sdk_ec2::{Client, error::SdkError, types};
use miyabi_types::{
    id::Arn,
    resource::{
        Resource, ResourceConfig,
        vpn::{ClientVpnEndpoint, TransitGateway, VpnConnection, VpnTunnel},
    },
};

use super::{
    CLIENT_VPN_ENDPOINTS, TRANSIT_GATEWAYS, VPN_CONNECTIONS, security_group_arn, tags,
    transit_gateway_arn, vpc_arn,
};
use crate::{
    collect::{or_none, owned, sorted, text, timestamp},
    place::Place,
    scope::Scan,
};

pub(super) async fn transit_gateways(scan: &Scan, ec2: &Client) -> Vec<Resource> {
    let pages = ec2.describe_transit_gateways().max_results(1000).into_paginator().items().send();
    let found = or_none(scan.list(TRANSIT_GATEWAYS, pages.collect::<Result<Vec<_>, _>>()).await);
    found.iter().filter_map(|gateway| transit_gateway(&scan.place, gateway)).collect()
}

/// The resource, if it is there and the account's own.
fn transit_gateway(place: &Place, gateway: &types::TransitGateway) -> Option<Resource> {
    let id = gateway.transit_gateway_id()?;
    let foreign = place.is_foreign(gateway.owner_id());
    if foreign || gateway.state() == Some(&types::TransitGatewayState::Deleted) {
        return None;
    }
    let options = gateway.options();
    let accepts = options.and_then(|options| options.auto_accept_shared_attachments());
    let associates = options.and_then(|options| options.default_route_table_association());
    let propagates = options.and_then(|options| options.default_route_table_propagation());
    let config = TransitGateway {
        state: text(gateway.state().map(types::TransitGatewayState::as_str)),
        description: owned(gateway.description()),
        auto_accept_shared_attachments: accepts
            == Some(&types::AutoAcceptSharedAttachmentsValue::Enable),
        default_route_table_association: associates
            == Some(&types::DefaultRouteTableAssociationValue::Enable),
        default_route_table_propagation: propagates
            == Some(&types::DefaultRouteTablePropagationValue::Enable),
    };
    let arn = Place::told(gateway.transit_gateway_arn(), || transit_gateway_arn(place, id));
    let tags = tags(gateway.tags());
    let resource = place.resource(arn, id, tags, ResourceConfig::Ec2TransitGateway(config));
    Some(Resource { created_at: timestamp(gateway.creation_time()), ..resource })
}

pub(super) async fn vpn_connections(scan: &Scan, ec2: &Client) -> Vec<Resource> {
    let call = async {
        let answer = ec2.describe_vpn_connections().send().await?;
        Ok::<_, SdkError<_, _>>(answer.vpn_connections.unwrap_or_default())
    };
    let found = or_none(scan.list(VPN_CONNECTIONS, call).await);
    found.iter().filter_map(|connection| vpn_connection(&scan.place, connection)).collect()
}

/// The resource; a deleted connection is shown for a while, but does not exist any more.
fn vpn_connection(place: &Place, connection: &types::VpnConnection) -> Option<Resource> {
    let id = connection.vpn_connection_id()?;
    if connection.state() == Some(&types::VpnState::Deleted) {
        return None;
    }
    let config = VpnConnection {
        state: text(connection.state().map(types::VpnState::as_str)),
        connection_type: text(connection.r#type().map(types::GatewayType::as_str)),
        customer_gateway_id: owned(connection.customer_gateway_id()),
        vpn_gateway_id: owned(connection.vpn_gateway_id()),
        transit_gateway_id: owned(connection.transit_gateway_id()),
        tunnels: tunnels(connection),
    };
    let gateway = |kind: &str, id: &str| place.arn("ec2", &format!("{kind}/{id}"));
    let depends_on = (config.customer_gateway_id.iter().map(|id| gateway("customer-gateway", id)))
        .chain(config.vpn_gateway_id.iter().map(|id| gateway("vpn-gateway", id)))
        .chain(config.transit_gateway_id.iter().map(|id| transit_gateway_arn(place, id)))
        .collect();
    let arn = gateway("vpn-connection", id);
    let tags = tags(connection.tags());
    let resource = place.resource(arn, id, tags, ResourceConfig::Ec2VpnConnection(config));
    Some(Resource { depends_on, ..resource })
}

/// AWS tells what is set of each tunnel and how it does in two lists.
fn tunnels(connection: &types::VpnConnection) -> Vec<VpnTunnel> {
    let options =
        connection.options().map(types::VpnConnectionOptions::tunnel_options).unwrap_or_default();
    let logged = |address: &str| {
        let options = options.iter().find(|o| o.outside_ip_address() == Some(address));
        let logs = options.and_then(|o| o.log_options()?.cloud_watch_log_options()?.log_enabled());
        logs.unwrap_or(false)
    };
    let status = |address: &str| {
        let told = connection.vgw_telemetry().iter();
        let mut told = told.filter(|told| told.outside_ip_address() == Some(address));
        told.find_map(|told| owned(told.status().map(types::TelemetryStatus::as_str)))
    };
    let addresses = (options.iter().filter_map(|o| o.outside_ip_address()))
        .chain(connection.vgw_telemetry().iter().filter_map(|told| told.outside_ip_address()));
    let tunnel = |address: &str| VpnTunnel {
        outside_ip: address.to_owned(),
        status: status(address),
        logged: logged(address),
    };
    sorted(addresses.map(tunnel))
}

pub(super) async fn client_vpn_endpoints(scan: &Scan, ec2: &Client) -> Vec<Resource> {
    let list = ec2.describe_client_vpn_endpoints().max_results(1000);
    let pages = list.into_paginator().items().send().collect::<Result<Vec<_>, _>>();
    let found = or_none(scan.list(CLIENT_VPN_ENDPOINTS, pages).await);
    found.iter().filter_map(|endpoint| client_vpn_endpoint(&scan.place, endpoint)).collect()
}

fn client_vpn_endpoint(place: &Place, endpoint: &types::ClientVpnEndpoint) -> Option<Resource> {
    let id = endpoint.client_vpn_endpoint_id()?;
    let state = endpoint.status().and_then(types::ClientVpnEndpointStatus::code);
    if state == Some(&types::ClientVpnEndpointStatusCode::Deleted) {
        return None;
    }
    let log = endpoint.connection_log_options();
    let config = ClientVpnEndpoint {
        state: text(state.map(types::ClientVpnEndpointStatusCode::as_str)),
        description: owned(endpoint.description()),
        vpc_id: owned(endpoint.vpc_id()),
        security_group_ids: sorted(endpoint.security_group_ids().iter().cloned()),
        client_cidr: owned(endpoint.client_cidr_block()),
        split_tunnel: endpoint.split_tunnel().unwrap_or(false),
        port: endpoint.vpn_port(),
        transport_protocol: owned(
            endpoint.transport_protocol().map(types::TransportProtocol::as_str),
        ),
        server_certificate_arn: owned(endpoint.server_certificate_arn()),
        connections_logged: log
            .and_then(types::ConnectionLogResponseOptions::enabled)
            .unwrap_or(false),
    };
    let depends_on = (config.vpc_id.iter().map(|id| vpc_arn(place, id)))
        .chain(config.security_group_ids.iter().map(|id| security_group_arn(place, id)))
        .chain(config.server_certificate_arn.iter().filter_map(|arn| Arn::parse(arn).ok()))
        .collect();
    let arn = place.arn("ec2", &format!("client-vpn-endpoint/{id}"));
    let tags = tags(endpoint.tags());
    let created_at = endpoint.creation_time().and_then(|time| time.parse().ok());
    let resource = place.resource(arn, id, tags, ResourceConfig::Ec2ClientVpnEndpoint(config));
    Some(Resource { depends_on, created_at, ..resource })
}

#[cfg(test)]
mod tests {
    use aws_sdk_ec2::types::{
        CloudWatchLogOptions, ConnectionLogResponseOptions, TelemetryStatus, TransitGatewayOptions,
        TransitGatewayState, TunnelOption, VgwTelemetry, VpnConnectionOptions, VpnState,
        VpnTunnelLogOptions,
    };

    use super::*;
    use crate::{prices::snapshot, testing::place};

    #[test]
    fn a_transit_gateway_of_another_account_is_that_accounts() {
        let options = TransitGatewayOptions::builder()
            .auto_accept_shared_attachments(types::AutoAcceptSharedAttachmentsValue::Enable)
            .default_route_table_association(types::DefaultRouteTableAssociationValue::Disable);
        let gateway = |owner: &str| {
            types::TransitGateway::builder()
                .transit_gateway_id("tgw-1")
                .owner_id(owner)
                .state(TransitGatewayState::Available)
                .options(options.clone().build())
                .build()
        };
        let own = transit_gateway(&place(), &gateway("123456789012")).unwrap();
        assert_eq!(own.arn.resource(), "transit-gateway/tgw-1");
        let ResourceConfig::Ec2TransitGateway(config) = own.config else { panic!() };
        assert!(config.auto_accept_shared_attachments && !config.default_route_table_association);
        assert_eq!(transit_gateway(&place(), &gateway("999999999999")), None);
    }

    #[test]
    fn a_connection_tells_of_each_tunnel_and_keeps_no_key() {
        let logs = CloudWatchLogOptions::builder().log_enabled(true).build();
        let logs = VpnTunnelLogOptions::builder().cloud_watch_log_options(logs).build();
        let first = TunnelOption::builder()
            .outside_ip_address("198.51.100.1")
            .pre_shared_key("a-secret-key")
            .log_options(logs)
            .build();
        let second = TunnelOption::builder().outside_ip_address("198.51.100.2").build();
        let telemetry = |address: &str, status| {
            VgwTelemetry::builder().outside_ip_address(address).status(status).build()
        };
        let connection = |state| {
            types::VpnConnection::builder()
                .vpn_connection_id("vpn-1")
                .state(state)
                .customer_gateway_id("cgw-1")
                .transit_gateway_id("tgw-1")
                .customer_gateway_configuration("<pre_shared_key>a-secret-key</pre_shared_key>")
                .options(
                    VpnConnectionOptions::builder()
                        .tunnel_options(second.clone())
                        .tunnel_options(first.clone())
                        .build(),
                )
                .vgw_telemetry(telemetry("198.51.100.1", TelemetryStatus::Up))
                .vgw_telemetry(telemetry("198.51.100.2", TelemetryStatus::Down))
                .build()
        };
        let resource = vpn_connection(&place(), &connection(VpnState::Available)).unwrap();
        let needed: Vec<_> = resource.depends_on.iter().map(Arn::resource).collect();
        assert_eq!(needed, ["customer-gateway/cgw-1", "transit-gateway/tgw-1"]);
        assert!(!format!("{resource:?}").contains("a-secret-key"));
        let cost = snapshot::of_regions([&place().region]).monthly_cost(&resource);
        assert_eq!(cost.known().unwrap().to_string(), "$36.50");
        let ResourceConfig::Ec2VpnConnection(config) = resource.config else { panic!() };
        let told: Vec<_> = config
            .tunnels
            .iter()
            .map(|t| (&*t.outside_ip, t.status.as_deref(), t.logged))
            .collect();
        let up_and_down =
            [("198.51.100.1", Some("UP"), true), ("198.51.100.2", Some("DOWN"), false)];
        assert_eq!(told, up_and_down);
        assert_eq!(vpn_connection(&place(), &connection(VpnState::Deleted)), None);
    }

    #[test]
    fn an_endpoint_tells_whether_connections_are_logged() {
        let log = ConnectionLogResponseOptions::builder().enabled(true).build();
        let sdk = types::ClientVpnEndpoint::builder()
            .client_vpn_endpoint_id("cvpn-endpoint-1")
            .vpc_id("vpc-1")
            .security_group_ids("sg-1")
            .server_certificate_arn("arn:aws:acm:us-east-1:123456789012:certificate/1")
            .creation_time("2026-01-02T03:04:05")
            .connection_log_options(log)
            .build();
        let resource = client_vpn_endpoint(&place(), &sdk).unwrap();
        let needed: Vec<_> = resource.depends_on.iter().map(Arn::resource).collect();
        assert_eq!(needed, ["vpc/vpc-1", "security-group/sg-1", "certificate/1"]);
        let ResourceConfig::Ec2ClientVpnEndpoint(config) = resource.config else { panic!() };
        assert!(config.connections_logged && !config.split_tunnel);
    }
}
