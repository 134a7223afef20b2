//! VPC: what connects, routes and filters.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// A network interface.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NetworkInterface {
    /// `interface`, `nat_gateway`, `vpc_endpoint`, `lambda` …
    pub interface_type: String,
    /// `available` (attached to nothing), `in-use` …
    pub status: String,
    /// What made it says what it is for.
    pub description: Option<String>,
    /// Whether an AWS service made it and looks after it.
    pub requester_managed: bool,
    /// The service or account that made it.
    pub requester_id: Option<String>,
    /// The VPC it is in.
    pub vpc_id: Option<String>,
    /// The subnet it is in.
    pub subnet_id: Option<String>,
    /// Its Availability Zone.
    pub availability_zone: String,
    /// Security groups, sorted.
    pub security_group_ids: Vec<String>,
    /// The instance it is attached to.
    pub instance_id: Option<String>,
    /// Whether it goes with the instance it is attached to.
    pub delete_on_termination: Option<bool>,
    /// Its first private address.
    pub private_ip: Option<String>,
    /// Public IPv4 addresses, sorted.
    pub public_ips: Vec<PublicIp>,
    /// Whether it only takes packets from and for itself.
    pub source_dest_check: Option<bool>,
}

/// A public IPv4 address of a network interface.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct PublicIp {
    /// The address itself.
    pub address: String,
    /// The Elastic IP address's allocation; absent where AWS lent the address.
    pub allocation_id: Option<String>,
}

/// A group of subnets of one VPC, in which a service may put what it runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubnetGroup {
    /// Its description.
    pub description: Option<String>,
    /// The VPC that the subnets are in.
    pub vpc_id: Option<String>,
    /// The subnets, sorted.
    pub subnet_ids: Vec<String>,
}

/// A NAT gateway.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NatGateway {
    /// `available`, `pending`, `failed` or `deleting`.
    pub state: String,
    /// `public` or `private`.
    pub connectivity: String,
    /// The VPC it is in.
    pub vpc_id: Option<String>,
    /// The subnet it is in; absent where it is in every zone.
    pub subnet_id: Option<String>,
    /// Its Elastic IP addresses, sorted.
    pub allocation_ids: Vec<String>,
    /// Its public addresses, sorted.
    pub public_ips: Vec<String>,
    /// Its network interfaces, sorted.
    pub network_interface_ids: Vec<String>,
}

/// A route table.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RouteTable {
    /// The VPC it is in.
    pub vpc_id: String,
    /// Whether it serves subnets that have none of their own.
    pub main: bool,
    /// Subnets that it was given to, sorted.
    pub subnet_ids: Vec<String>,
    /// Routes, sorted.
    pub routes: Vec<Route>,
    /// The id of each association, by subnet.
    #[serde(default)]
    pub associations: BTreeMap<String, String>,
}

/// One route.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Route {
    /// An IPv4 or IPv6 block, or a prefix list.
    pub destination: String,
    /// The id of the gateway, interface or connection, `local`, or the ARN of a core network.
    pub target: Option<String>,
    /// `active`, or `blackhole` where the target is gone.
    pub state: String,
    /// Whether it was propagated, and not made by somebody.
    pub propagated: bool,
}

/// An internet gateway.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct InternetGateway {
    /// VPCs it is attached to, sorted; none where it is unused.
    pub vpc_ids: Vec<String>,
}

/// A flow log: what records the traffic of a network.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FlowLog {
    /// The id of the VPC, subnet, network interface, transit gateway or attachment whose traffic it records.
    pub watched_id: String,
    /// `ACCEPT`, `REJECT` or `ALL`; absent for transit gateways.
    pub traffic_type: Option<String>,
    /// `ACTIVE` where it records.
    pub status: String,
    /// `SUCCESS` or `FAILED`; absent where AWS does not say.
    pub delivery_status: Option<String>,
    /// Why records do not arrive: `Access error`, `Rate limited` …
    pub delivery_error: Option<String>,
    /// `cloud-watch-logs`, `s3` or `kinesis-data-firehose`.
    pub destination_type: String,
    /// The ARN of the log group, of the bucket with a folder, or of the delivery stream.
    pub destination: Option<String>,
    /// The name of the log group.
    pub log_group: Option<String>,
    /// The fields of a record, in order.
    pub format: Option<String>,
    /// The role that delivers to the log group.
    pub role_arn: Option<String>,
    /// The longest time that one record sums up: 60 or 600 seconds.
    pub max_aggregation_interval_seconds: Option<u32>,
}

/// A network ACL.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NetworkAcl {
    /// The VPC it is in.
    pub vpc_id: String,
    /// Whether it serves subnets that have none of their own.
    pub is_default: bool,
    /// Subnets that it filters, sorted.
    pub subnet_ids: Vec<String>,
    /// Inbound entries in the order in which they are tried.
    pub ingress: Vec<NetworkAclEntry>,
    /// Outbound entries in the order in which they are tried.
    pub egress: Vec<NetworkAclEntry>,
    /// The id of each association, by subnet.
    #[serde(default)]
    pub associations: BTreeMap<String, String>,
}

/// One entry of a network ACL. The first that matches decides.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct NetworkAclEntry {
    /// Lower numbers are tried first; 32767 is AWS's own last entry.
    pub number: u32,
    /// Whether it lets through; else it refuses.
    pub allow: bool,
    /// A protocol number, or `-1` for all.
    pub protocol: String,
    /// The IPv4 or IPv6 block that it is about.
    pub cidr: String,
    /// First port of TCP and UDP; absent means all.
    pub from_port: Option<i32>,
    /// Last port of TCP and UDP; absent means all.
    pub to_port: Option<i32>,
}

impl NetworkAclEntry {
    /// Whether the entry is about the whole internet.
    pub fn is_about_the_world(&self) -> bool {
        matches!(self.cidr.as_str(), "0.0.0.0/0" | "::/0")
    }

    /// Whether the entry is about TCP (or everything) on `port`.
    pub fn covers_tcp_port(&self, port: i32) -> bool {
        matches!(self.protocol.as_str(), "-1" | "6")
            && self.from_port.is_none_or(|from| from <= port)
            && self.to_port.is_none_or(|to| port <= to)
    }
}

/// A VPC endpoint.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct VpcEndpoint {
    /// `Interface`, `Gateway`, `GatewayLoadBalancer` …
    pub endpoint_type: String,
    /// For example `com.amazonaws.us-east-1.s3`.
    pub service_name: String,
    /// `available`, `pending` …
    pub state: String,
    /// The VPC it is in.
    pub vpc_id: String,
    /// Subnets with a network interface of an interface endpoint, sorted: one for each zone.
    pub subnet_ids: Vec<String>,
    /// Route tables of a gateway endpoint, sorted.
    pub route_table_ids: Vec<String>,
    /// Security groups, sorted.
    pub security_group_ids: Vec<String>,
    /// Network interfaces, sorted.
    pub network_interface_ids: Vec<String>,
    /// Whether the service's own DNS name leads to it.
    pub private_dns: bool,
    /// Whether an AWS service made it and looks after it.
    pub requester_managed: bool,
    /// Who may use it for what, as JSON; absent where AWS gives none or it is no JSON.
    pub policy: Option<serde_json::Value>,
}
