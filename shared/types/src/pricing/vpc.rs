//! What a VPC is billed for: gateways, endpoints, public addresses.

use super::{PriceSheet, Service, rate::Rate};
use crate::{
    evidence::Evidence,
    id::Region,
    money::MonthlyUsd,
    resource::vpc::{NatGateway, NetworkInterface, VpcEndpoint},
};

/// A public IPv4 address, in use or idle.
pub const PUBLIC_IPV4: Rate = Rate::hourly(Service::Vpc, "public_ipv4");

/// A NAT gateway, without its traffic and its addresses.
pub const NAT_GATEWAY: Rate = Rate::hourly(Service::Ec2, "nat_gateway");

/// A GiB through a NAT gateway.
pub const NAT_GATEWAY_GIB: Rate = Rate::by_use(Service::Ec2, "nat_gateway/gib");

/// An interface endpoint in one zone, without its traffic.
pub const INTERFACE_ENDPOINT: Rate = Rate::hourly(Service::Vpc, "endpoint/interface");

/// A GiB through an interface endpoint, in the first tier.
pub const INTERFACE_ENDPOINT_GIB: Rate = Rate::by_use(Service::Vpc, "endpoint/interface/gib");

/// A Gateway Load Balancer endpoint in one zone, without its traffic.
pub const GATEWAY_BALANCER_ENDPOINT: Rate = Rate::hourly(Service::Vpc, "endpoint/gateway_balancer");

/// A GiB through a Gateway Load Balancer endpoint.
pub const GATEWAY_BALANCER_ENDPOINT_GIB: Rate =
    Rate::by_use(Service::Vpc, "endpoint/gateway_balancer/gib");

/// A site-to-site VPN connection.
pub const VPN_CONNECTION: Rate = Rate::hourly(Service::Vpc, "vpn_connection");

/// A VPC at a transit gateway.
pub const TRANSIT_GATEWAY_ATTACHMENT: Rate =
    Rate::hourly(Service::Vpc, "transit_gateway/attachment");

impl PriceSheet {
    /// The monthly price of one public IPv4 address, in use or idle.
    pub fn public_ipv4(&self, region: &Region) -> Evidence<MonthlyUsd> {
        self.monthly(region, &PUBLIC_IPV4, 1.0)
    }

    /// The monthly price of the public addresses that AWS lent a network interface; Elastic IP
    /// addresses are resources of their own.
    pub(super) fn network_interface(
        &self,
        region: &Region,
        interface: &NetworkInterface,
    ) -> Evidence<MonthlyUsd> {
        let lent = interface.public_ips.iter().filter(|ip| ip.allocation_id.is_none()).count();
        self.monthly(region, &PUBLIC_IPV4, lent as f64)
    }

    /// The monthly price of a gateway, without its traffic.
    pub(super) fn nat_gateway(
        &self,
        region: &Region,
        gateway: &NatGateway,
    ) -> Evidence<MonthlyUsd> {
        let kept = gateway.state == "available";
        self.monthly(region, &NAT_GATEWAY, f64::from(u8::from(kept)))
    }

    /// The monthly price of an endpoint, without its traffic: for each zone that it is in.
    pub(super) fn vpc_endpoint(
        &self,
        region: &Region,
        endpoint: &VpcEndpoint,
    ) -> Evidence<MonthlyUsd> {
        let zones = endpoint.subnet_ids.len() as f64;
        match endpoint.endpoint_type.as_str() {
            "Gateway" => Evidence::Known(MonthlyUsd::ZERO),
            "Interface" => self.monthly(region, &INTERFACE_ENDPOINT, zones),
            "GatewayLoadBalancer" => self.monthly(region, &GATEWAY_BALANCER_ENDPOINT, zones),
            kind => Evidence::unavailable(format!("no price for {kind} endpoints")),
        }
    }
}
