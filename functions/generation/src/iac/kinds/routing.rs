//! Route tables, network ACLs and VPC endpoints.

use miyabi_types::resource::{ResourceConfig, ResourceKind};

use crate::iac::{
    code::Place,
    estate::What,
    expr::{Body, Concern::Network, Declaration, Expr},
};

const VPC: What = What::Itself(ResourceKind::Ec2Vpc);
const SUBNET: What = What::Itself(ResourceKind::Ec2Subnet);
const ROUTE_TABLE: What = What::Itself(ResourceKind::Ec2RouteTable);

pub mod route_table {
    use miyabi_types::resource::vpc::{Route, RouteTable};

    use super::*;

    /// How a route's target is called, by the beginning of its id.
    struct Target {
        prefix: &'static str,
        terraform: &'static str,
        cloudformation: &'static str,
        what: Option<ResourceKind>,
    }

    const fn target(
        prefix: &'static str,
        terraform: &'static str,
        cloudformation: &'static str,
        what: Option<ResourceKind>,
    ) -> Target {
        Target { prefix, terraform, cloudformation, what }
    }

    const TARGETS: [Target; 11] = [
        target("igw", "gateway_id", "GatewayId", Some(ResourceKind::Ec2InternetGateway)),
        target("vgw", "gateway_id", "GatewayId", None),
        target("nat", "nat_gateway_id", "NatGatewayId", Some(ResourceKind::Ec2NatGateway)),
        target("eni", "network_interface_id", "NetworkInterfaceId", None),
        target("tgw", "transit_gateway_id", "TransitGatewayId", None),
        target("pcx", "vpc_peering_connection_id", "VpcPeeringConnectionId", None),
        target("eigw", "egress_only_gateway_id", "EgressOnlyInternetGatewayId", None),
        target("lgw", "local_gateway_id", "LocalGatewayId", None),
        target("cagw", "carrier_gateway_id", "CarrierGatewayId", None),
        target("vpce", "vpc_endpoint_id", "VpcEndpointId", None),
        target("arn:aws:networkmanager", "core_network_arn", "CoreNetworkArn", None),
    ];

    /// The routes that somebody made, each with its target: not `local`, nor what was propagated, nor
    /// what a gateway endpoint puts in.
    fn made(table: &RouteTable) -> impl Iterator<Item = (&Route, &str, &'static Target)> {
        table.routes.iter().filter(|route| !route.propagated).filter_map(|route| {
            let id = route.target.as_deref()?;
            let of_endpoint = id.starts_with("vpce-") && route.destination.starts_with("pl-");
            let kind = id.split_once('-').map_or(id, |(kind, _)| kind);
            let target = TARGETS.iter().find(|target| {
                target.prefix == kind || id.starts_with("arn:") && id.starts_with(target.prefix)
            })?;
            (!of_endpoint).then_some((route, id, target))
        })
    }

    fn destination(route: &Route, names: [&'static str; 3]) -> &'static str {
        match &route.destination {
            list if list.starts_with("pl-") => names[2],
            v6 if v6.contains(':') => names[1],
            _ => names[0],
        }
    }

    fn to(place: &Place<'_, '_>, id: &str, target: &Target) -> Expr {
        target.what.map_or_else(|| id.into(), |kind| place.link(What::Itself(kind), id))
    }

    pub fn terraform(place: &Place<'_, '_>) -> Vec<Declaration> {
        let ResourceConfig::Ec2RouteTable(table) = &place.resource().config else {
            return Vec::new();
        };
        let names = ["cidr_block", "ipv6_cidr_block", "destination_prefix_list_id"];
        let routes: Vec<Body> = made(table)
            .map(|(route, id, target)| {
                Body::new()
                    .set(destination(route, names), &route.destination)
                    .set(target.terraform, to(place, id, target))
            })
            .collect();
        let id = &place.resource().id;
        let own = if table.main {
            let vpc = place.attribute(VPC, &table.vpc_id, "default_route_table_id");
            // Where the VPC is not written, the table is named by its own id.
            let own = match vpc {
                Expr::Link(link) => {
                    Expr::Link(crate::iac::expr::Link { literal: id.clone(), ..link })
                }
                _ => id.into(),
            };
            let body = Body::new().set("default_route_table_id", own).blocks("route", routes);
            Declaration::new("aws_default_route_table", Network, body)
                .ignoring(["timeouts"])
                .id(&table.vpc_id)
        } else {
            let body =
                Body::new().set("vpc_id", place.link(VPC, &table.vpc_id)).blocks("route", routes);
            Declaration::new("aws_route_table", Network, body).id(id)
        };
        let mut declarations = vec![own.tagged("tags")];
        declarations.extend(table.subnet_ids.iter().map(|subnet| {
            let body = Body::new()
                .set("subnet_id", place.link(SUBNET, subnet))
                .set("route_table_id", place.own("id", id));
            Declaration::new("aws_route_table_association", Network, body)
                .part(named(place, subnet))
                .id(format!("{subnet}/{id}"))
        }));
        declarations
    }

    pub fn cloudformation(place: &Place<'_, '_>) -> Vec<Declaration> {
        let ResourceConfig::Ec2RouteTable(table) = &place.resource().config else {
            return Vec::new();
        };
        // The main table comes with its VPC: it cannot be created, and so not be described.
        if table.main {
            return Vec::new();
        }
        let id = &place.resource().id;
        let body = Body::new().set("VpcId", place.link(VPC, &table.vpc_id));
        let mut declarations = vec![
            Declaration::new("AWS::EC2::RouteTable", Network, body)
                .found_by([("RouteTableId", id.clone())])
                .tagged("Tags"),
        ];
        let names = ["DestinationCidrBlock", "DestinationIpv6CidrBlock", "DestinationPrefixListId"];
        declarations.extend(made(table).map(|(route, target_id, target)| {
            let body = Body::new()
                .set("RouteTableId", place.own("Ref", id))
                .set(destination(route, names), &route.destination)
                .set(target.cloudformation, to(place, target_id, target));
            let gateway = (target.prefix == "igw").then(|| place.estate.gateway_of(&table.vpc_id));
            Declaration::new("AWS::EC2::Route", Network, body)
                .part(&route.destination)
                .after(gateway.flatten())
                .found_by([("RouteTableId", id.clone()), ("CidrBlock", route.destination.clone())])
        }));
        declarations.extend(table.subnet_ids.iter().map(|subnet| {
            let body = Body::new()
                .set("RouteTableId", place.own("Ref", id))
                .set("SubnetId", place.link(SUBNET, subnet));
            let found = table.associations.get(subnet).map(|found| ("Id", found.clone()));
            Declaration::new("AWS::EC2::SubnetRouteTableAssociation", Network, body)
                .part(named(place, subnet))
                .found_by(found)
        }));
        declarations
    }
}

/// What a subnet is called, for the names of what joins it to something.
fn named(place: &Place<'_, '_>, subnet: &str) -> String {
    let found = place.estate.find(place.at, SUBNET, subnet);
    let name = found.map(|at| place.estate.members[at].wanted_name());
    name.filter(|name| !name.is_empty()).unwrap_or_else(|| subnet.to_owned())
}

pub mod acl {
    use miyabi_types::resource::vpc::{NetworkAcl, NetworkAclEntry};

    use super::*;

    /// From here on entries are AWS's own.
    const LAST: u32 = 32_767;

    fn entries(entries: &[NetworkAclEntry]) -> impl Iterator<Item = &NetworkAclEntry> {
        entries.iter().filter(|entry| entry.number < LAST)
    }

    fn is_icmp(entry: &NetworkAclEntry) -> bool {
        matches!(entry.protocol.as_str(), "1" | "58")
    }

    fn cidr_name(entry: &NetworkAclEntry, names: [&'static str; 2]) -> &'static str {
        names[usize::from(entry.cidr.contains(':'))]
    }

    fn block(entry: &NetworkAclEntry) -> Body {
        Body::new()
            .set("rule_no", entry.number)
            .set("action", if entry.allow { "allow" } else { "deny" })
            .set("protocol", &entry.protocol)
            .set(cidr_name(entry, ["cidr_block", "ipv6_cidr_block"]), &entry.cidr)
            .set("from_port", entry.from_port.unwrap_or(0))
            .set("to_port", entry.to_port.unwrap_or(0))
    }

    pub fn terraform(place: &Place<'_, '_>) -> Vec<Declaration> {
        let ResourceConfig::Ec2NetworkAcl(acl) = &place.resource().config else {
            return Vec::new();
        };
        let id = &place.resource().id;
        let rules = |body: Body| {
            body.blocks("ingress", entries(&acl.ingress).map(block))
                .blocks("egress", entries(&acl.egress).map(block))
        };
        // Which kinds of ICMP an entry is about is not discovered.
        let unknown = [("ingress", &acl.ingress), ("egress", &acl.egress)];
        let unknown = unknown.into_iter().filter(|(_, rules)| rules.iter().any(is_icmp));
        let declaration = if acl.is_default {
            let own = match place.attribute(VPC, &acl.vpc_id, "default_network_acl_id") {
                Expr::Link(link) => {
                    Expr::Link(crate::iac::expr::Link { literal: id.clone(), ..link })
                }
                _ => id.into(),
            };
            // Subnets come to it and leave it without anybody's doing.
            let body = Body::new().set("default_network_acl_id", own);
            Declaration::new("aws_default_network_acl", Network, rules(body))
                .ignoring(["subnet_ids"])
        } else {
            let body = Body::new()
                .set("vpc_id", place.link(VPC, &acl.vpc_id))
                .some("subnet_ids", place.links(SUBNET, &acl.subnet_ids));
            Declaration::new("aws_network_acl", Network, rules(body))
        };
        vec![declaration.ignoring(unknown.map(|(name, _)| name)).id(id).tagged("tags")]
    }

    pub fn cloudformation(place: &Place<'_, '_>) -> Vec<Declaration> {
        let ResourceConfig::Ec2NetworkAcl(acl) = &place.resource().config else {
            return Vec::new();
        };
        if acl.is_default {
            return Vec::new();
        }
        let id = &place.resource().id;
        let body = Body::new().set("VpcId", place.link(VPC, &acl.vpc_id));
        let mut declarations = vec![
            Declaration::new("AWS::EC2::NetworkAcl", Network, body)
                .found_by([("Id", id.clone())])
                .tagged("Tags"),
        ];
        for (egress, rules) in [(false, &acl.ingress), (true, &acl.egress)] {
            declarations.extend(
                entries(rules).filter(|e| !is_icmp(e)).map(|e| entry(place, acl, e, egress)),
            );
        }
        declarations.extend(acl.subnet_ids.iter().map(|subnet| {
            let body = Body::new()
                .set("NetworkAclId", place.own("Ref", id))
                .set("SubnetId", place.link(SUBNET, subnet));
            let found = acl.associations.get(subnet).map(|id| ("AssociationId", id.clone()));
            Declaration::new("AWS::EC2::SubnetNetworkAclAssociation", Network, body)
                .part(named(place, subnet))
                .found_by(found)
        }));
        declarations
    }

    /// CloudFormation cannot adopt an entry: its identifier is CloudFormation's own.
    fn entry(
        place: &Place<'_, '_>,
        _: &NetworkAcl,
        entry: &NetworkAclEntry,
        egress: bool,
    ) -> Declaration {
        let ports = entry
            .from_port
            .zip(entry.to_port)
            .map(|(from, to)| Body::new().set("From", from).set("To", to));
        let protocol: Expr =
            entry.protocol.parse::<i32>().map_or_else(|_| (&entry.protocol).into(), Expr::from);
        let body = Body::new()
            .set("NetworkAclId", place.own("Ref", &place.resource().id))
            .set("RuleNumber", entry.number)
            .set("RuleAction", if entry.allow { "allow" } else { "deny" })
            .set("Egress", egress)
            .set("Protocol", protocol)
            .set(cidr_name(entry, ["CidrBlock", "Ipv6CidrBlock"]), &entry.cidr)
            .maybe("PortRange", ports);
        let side = if egress { "out" } else { "in" };
        let family = if entry.cidr.contains(':') { " v6" } else { "" };
        Declaration::new("AWS::EC2::NetworkAclEntry", Network, body)
            .part(format!("{side} {}{family}", entry.number))
    }
}

pub mod endpoint {
    use miyabi_types::resource::vpc::VpcEndpoint;

    use super::*;
    use crate::iac::expr::Concern::Security;

    const GROUP: What = What::Itself(ResourceKind::Ec2SecurityGroup);

    pub fn why_not(endpoint: &VpcEndpoint) -> Option<String> {
        if endpoint.requester_managed {
            return Some("an AWS service made it and looks after it".into());
        }
        matches!(
            endpoint.state.as_str(),
            "deleting" | "deleted" | "rejected" | "failed" | "expired"
        )
        .then(|| format!("it is {}", endpoint.state))
    }

    pub fn terraform(place: &Place<'_, '_>) -> Vec<Declaration> {
        let ResourceConfig::Ec2VpcEndpoint(endpoint) = &place.resource().config else {
            return Vec::new();
        };
        let interface = endpoint.endpoint_type == "Interface";
        let body = Body::new()
            .set("vpc_id", place.link(VPC, &endpoint.vpc_id))
            .set("service_name", &endpoint.service_name)
            .set("vpc_endpoint_type", &endpoint.endpoint_type)
            .some("subnet_ids", place.links(SUBNET, &endpoint.subnet_ids))
            .some("route_table_ids", place.links(ROUTE_TABLE, &endpoint.route_table_ids))
            .some("security_group_ids", place.links(GROUP, &endpoint.security_group_ids))
            .maybe("private_dns_enabled", interface.then_some(endpoint.private_dns))
            .maybe("policy", endpoint.policy.as_ref());
        vec![
            Declaration::new("aws_vpc_endpoint", Security, body)
                .id(&place.resource().id)
                .tagged("tags"),
        ]
    }

    pub fn cloudformation(place: &Place<'_, '_>) -> Vec<Declaration> {
        let ResourceConfig::Ec2VpcEndpoint(endpoint) = &place.resource().config else {
            return Vec::new();
        };
        let interface = endpoint.endpoint_type == "Interface";
        let body = Body::new()
            .set("VpcId", place.link(VPC, &endpoint.vpc_id))
            .set("ServiceName", &endpoint.service_name)
            .set("VpcEndpointType", &endpoint.endpoint_type)
            .some("SubnetIds", place.links(SUBNET, &endpoint.subnet_ids))
            .some("RouteTableIds", place.links(ROUTE_TABLE, &endpoint.route_table_ids))
            .some("SecurityGroupIds", place.links(GROUP, &endpoint.security_group_ids))
            .maybe("PrivateDnsEnabled", interface.then_some(endpoint.private_dns))
            .maybe("PolicyDocument", endpoint.policy.as_ref());
        vec![
            Declaration::new("AWS::EC2::VPCEndpoint", Security, body)
                .found_by([("Id", place.resource().id.clone())])
                .tagged("Tags"),
        ]
    }
}
