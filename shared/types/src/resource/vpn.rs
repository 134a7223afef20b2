//! What joins networks: transit gateways, site-to-site VPN connections, Client VPN endpoints.

use serde::{Deserialize, Serialize};

/// A transit gateway of the account. One that another account shares is that account's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TransitGateway {
    /// `available`, `pending` …
    pub state: String,
    /// Its description.
    pub description: Option<String>,
    /// Whether attachments that other accounts ask for are accepted without anybody looking.
    pub auto_accept_shared_attachments: bool,
    /// Whether attachments are associated with the default route table by themselves.
    pub default_route_table_association: bool,
    /// Whether attachments tell their routes to the default route table by themselves.
    pub default_route_table_propagation: bool,
}

/// A site-to-site VPN connection. Its keys are not kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VpnConnection {
    /// `available`, `pending` …
    pub state: String,
    /// `ipsec.1`.
    pub connection_type: String,
    /// The customer's side.
    pub customer_gateway_id: Option<String>,
    /// AWS's side, where it is a virtual private gateway.
    pub vpn_gateway_id: Option<String>,
    /// AWS's side, where it is a transit gateway.
    pub transit_gateway_id: Option<String>,
    /// Its tunnels, by their outside address on AWS's side.
    pub tunnels: Vec<VpnTunnel>,
}

/// A tunnel of a VPN connection.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct VpnTunnel {
    /// Its outside address on AWS's side.
    pub outside_ip: String,
    /// `UP` or `DOWN`; absent where AWS does not say.
    pub status: Option<String>,
    /// Whether its log goes to `CloudWatch`.
    pub logged: bool,
}

/// An endpoint that people's machines dial in to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClientVpnEndpoint {
    /// `pending-associate`, `available` …
    pub state: String,
    /// Its description.
    pub description: Option<String>,
    /// The network that it leads to, once one is associated.
    pub vpc_id: Option<String>,
    /// Security groups of its interfaces there, sorted.
    pub security_group_ids: Vec<String>,
    /// The addresses that machines get.
    pub client_cidr: Option<String>,
    /// Whether only traffic to the network goes through it.
    pub split_tunnel: bool,
    /// The port that it listens on.
    pub port: Option<i32>,
    /// `udp` or `tcp`.
    pub transport_protocol: Option<String>,
    /// The ARN of its certificate.
    pub server_certificate_arn: Option<String>,
    /// Whether it is logged who connects.
    pub connections_logged: bool,
}
