//! Route tables and network ACLs, and the subnets that they serve.

use std::collections::BTreeMap;

use aws_sdk_ec2::{Client, types};
use miyabi_types::{
    id::Arn,
    resource::{
        Resource, ResourceConfig,
        vpc::{NetworkAcl, NetworkAclEntry, Route, RouteTable},
    },
};

use super::{
    NETWORK_ACLS, ROUTE_TABLES, instance_arn, internet_gateway_arn, nat_gateway_arn,
    network_interface_arn, route_table_arn, tags, transit_gateway_arn, vpc_arn, vpc_endpoint_arn,
};
use crate::{
    collect::{natural, or_none, owned, sorted, text},
    place::Place,
    scope::Scan,
};

pub(super) async fn route_tables(scan: &Scan, ec2: &Client) -> Vec<Resource> {
    let pages = ec2.describe_route_tables().max_results(100).into_paginator().items().send();
    let mut found = or_none(scan.list(ROUTE_TABLES, pages.collect::<Result<Vec<_>, _>>()).await);
    found.retain(|table| !scan.place.is_foreign(table.owner_id()));
    found.iter().filter_map(|table| route_table(&scan.place, table)).collect()
}

fn route_table(place: &Place, table: &types::RouteTable) -> Option<Resource> {
    let id = table.route_table_id()?;
    let associations = table.associations().iter();
    let config = RouteTable {
        vpc_id: text(table.vpc_id()),
        main: associations.clone().any(|association| association.main() == Some(true)),
        subnet_ids: sorted(associations.clone().filter_map(|a| owned(a.subnet_id()))),
        routes: sorted(table.routes().iter().filter_map(route)),
        associations: associations
            .filter_map(|a| Some((owned(a.subnet_id())?, owned(a.route_table_association_id())?)))
            .collect(),
    };
    let targets = config.routes.iter().filter_map(|route| target_arn(place, route));
    let depends_on = std::iter::once(vpc_arn(place, &config.vpc_id)).chain(targets).collect();
    let tags = tags(table.tags());
    let arn = route_table_arn(place, id);
    let resource = place.resource(arn, id, tags, ResourceConfig::Ec2RouteTable(config));
    Some(Resource { depends_on, ..resource })
}

fn route(route: &types::Route) -> Option<Route> {
    let destination = route
        .destination_cidr_block()
        .or(route.destination_ipv6_cidr_block())
        .or(route.destination_prefix_list_id())?;
    // A route has one target. An instance's is told with its interface, which is the more exact.
    let targets = [
        route.gateway_id(),
        route.nat_gateway_id(),
        route.network_interface_id(),
        route.instance_id(),
        route.transit_gateway_id(),
        route.vpc_peering_connection_id(),
        route.egress_only_internet_gateway_id(),
        route.local_gateway_id(),
        route.carrier_gateway_id(),
        route.core_network_arn(),
        route.odb_network_arn(),
    ];
    Some(Route {
        destination: destination.to_owned(),
        target: targets.into_iter().find_map(owned),
        state: route.state().map_or("active", types::RouteState::as_str).to_owned(),
        propagated: route.origin() == Some(&types::RouteOrigin::EnableVgwRoutePropagation),
    })
}

/// The ARN of a route's target, if it is one of the kinds that are read.
fn target_arn(place: &Place, route: &Route) -> Option<Arn> {
    let id = route.target.as_deref()?;
    let arn = match id.split_once('-')?.0 {
        "igw" => internet_gateway_arn,
        "nat" => nat_gateway_arn,
        "vpce" => vpc_endpoint_arn,
        "eni" => network_interface_arn,
        "tgw" => transit_gateway_arn,
        "i" => instance_arn,
        _ => return None,
    };
    Some(arn(place, id))
}

pub(super) async fn network_acls(scan: &Scan, ec2: &Client) -> Vec<Resource> {
    let pages = ec2.describe_network_acls().max_results(1000).into_paginator().items().send();
    let mut found = or_none(scan.list(NETWORK_ACLS, pages.collect::<Result<Vec<_>, _>>()).await);
    found.retain(|acl| !scan.place.is_foreign(acl.owner_id()));
    found.iter().filter_map(|acl| network_acl(&scan.place, acl)).collect()
}

fn network_acl(place: &Place, acl: &types::NetworkAcl) -> Option<Resource> {
    let id = acl.network_acl_id()?;
    let entries = |egress: bool| {
        let entries = acl.entries().iter().filter(move |e| e.egress().unwrap_or(false) == egress);
        sorted(entries.filter_map(entry))
    };
    let config = NetworkAcl {
        vpc_id: text(acl.vpc_id()),
        is_default: acl.is_default().unwrap_or(false),
        subnet_ids: sorted(acl.associations().iter().filter_map(|a| owned(a.subnet_id()))),
        ingress: entries(false),
        egress: entries(true),
        associations: (acl.associations().iter())
            .filter_map(|a| Some((owned(a.subnet_id())?, owned(a.network_acl_association_id())?)))
            .collect(),
    };
    let depends_on = vec![vpc_arn(place, &config.vpc_id)];
    let tags = tags(acl.tags());
    let arn = place.arn("ec2", &format!("network-acl/{id}"));
    let resource = place.resource(arn, id, tags, ResourceConfig::Ec2NetworkAcl(config));
    Some(Resource { depends_on, ..resource })
}

fn entry(entry: &types::NetworkAclEntry) -> Option<NetworkAclEntry> {
    let ports = entry.port_range();
    Some(NetworkAclEntry {
        number: natural(entry.rule_number()?),
        allow: entry.rule_action() == Some(&types::RuleAction::Allow),
        protocol: text(entry.protocol()),
        cidr: owned(entry.cidr_block()).or_else(|| owned(entry.ipv6_cidr_block()))?,
        from_port: ports.and_then(types::PortRange::from),
        to_port: ports.and_then(types::PortRange::to),
    })
}

/// Lets subnets depend on the route table and the network ACL that serve them, which only those
/// tell: the one a subnet was given, or else the main route table of its VPC.
pub(super) fn serve_subnets(resources: &mut [Resource]) {
    let mut given: BTreeMap<String, Vec<Arn>> = BTreeMap::new();
    let mut routed: BTreeMap<String, Arn> = BTreeMap::new();
    let mut main: BTreeMap<String, Arn> = BTreeMap::new();
    for resource in &*resources {
        match &resource.config {
            ResourceConfig::Ec2RouteTable(table) => {
                for subnet in &table.subnet_ids {
                    routed.insert(subnet.clone(), resource.arn.clone());
                }
                if table.main {
                    main.insert(table.vpc_id.clone(), resource.arn.clone());
                }
            }
            ResourceConfig::Ec2NetworkAcl(acl) => {
                for subnet in &acl.subnet_ids {
                    given.entry(subnet.clone()).or_default().push(resource.arn.clone());
                }
            }
            _ => {}
        }
    }
    for resource in resources {
        let ResourceConfig::Ec2Subnet(subnet) = &resource.config else { continue };
        let table = routed.get(&resource.id).or_else(|| main.get(&subnet.vpc_id)).cloned();
        resource.depends_on.extend(table);
        resource.depends_on.extend(given.remove(&resource.id).unwrap_or_default());
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_ec2::types::{
        NetworkAclAssociation, PortRange, RouteOrigin, RouteState, RouteTableAssociation,
        RuleAction,
    };
    use miyabi_types::resource::{Tags, ec2::Subnet};

    use super::*;
    use crate::testing::place;

    fn needs(resource: &Resource) -> Vec<&str> {
        resource.depends_on.iter().map(Arn::resource).collect()
    }

    fn table(id: &str) -> types::builders::RouteTableBuilder {
        types::RouteTable::builder().route_table_id(id).vpc_id("vpc-1")
    }

    #[test]
    fn a_route_table_needs_its_vpc_and_its_gateways() {
        let to = |cidr: &str| types::Route::builder().destination_cidr_block(cidr);
        let sdk = table("rtb-1")
            .associations(RouteTableAssociation::builder().main(true).build())
            .associations(RouteTableAssociation::builder().subnet_id("subnet-1").build())
            .routes(to("10.0.0.0/16").gateway_id("local").state(RouteState::Active).build())
            .routes(to("0.0.0.0/0").nat_gateway_id("nat-1").build())
            .routes(to("10.1.0.0/16").vpc_peering_connection_id("pcx-1").build())
            .routes(to("10.4.0.0/16").transit_gateway_id("tgw-1").build())
            .routes(
                to("10.2.0.0/16")
                    .instance_id("i-1")
                    .network_interface_id("eni-1")
                    .state(RouteState::Blackhole)
                    .build(),
            )
            .routes(
                to("10.3.0.0/16")
                    .gateway_id("vgw-1")
                    .origin(RouteOrigin::EnableVgwRoutePropagation)
                    .build(),
            )
            .routes(
                types::Route::builder()
                    .destination_prefix_list_id("pl-1")
                    .gateway_id("vpce-1")
                    .build(),
            )
            .build();
        let resource = route_table(&place(), &sdk).unwrap();
        assert_eq!(
            needs(&resource),
            [
                "vpc/vpc-1",
                "natgateway/nat-1",
                "network-interface/eni-1",
                "transit-gateway/tgw-1",
                "vpc-endpoint/vpce-1"
            ]
        );
        let ResourceConfig::Ec2RouteTable(config) = resource.config else { panic!() };
        assert!(config.main && config.subnet_ids == ["subnet-1"]);
        let read: Vec<_> = config
            .routes
            .iter()
            .map(|r| (&*r.destination, r.target.as_deref().unwrap(), &*r.state, r.propagated))
            .collect();
        assert_eq!(
            read,
            [
                ("0.0.0.0/0", "nat-1", "active", false),
                ("10.0.0.0/16", "local", "active", false),
                ("10.1.0.0/16", "pcx-1", "active", false),
                ("10.2.0.0/16", "eni-1", "blackhole", false),
                ("10.3.0.0/16", "vgw-1", "active", true),
                ("10.4.0.0/16", "tgw-1", "active", false),
                ("pl-1", "vpce-1", "active", false),
            ]
        );
    }

    #[test]
    fn entries_of_a_network_acl_are_in_the_order_in_which_they_are_tried() {
        let entry = |number, egress, action, ports: Option<(i32, i32)>| {
            let ports = ports.map(|(from, to)| PortRange::builder().from(from).to(to).build());
            types::NetworkAclEntry::builder()
                .rule_number(number)
                .egress(egress)
                .rule_action(action)
                .protocol(if ports.is_some() { "6" } else { "-1" })
                .cidr_block("0.0.0.0/0")
                .set_port_range(ports)
                .build()
        };
        let sdk = types::NetworkAcl::builder()
            .network_acl_id("acl-1")
            .vpc_id("vpc-1")
            .is_default(true)
            .associations(NetworkAclAssociation::builder().subnet_id("subnet-1").build())
            .entries(entry(32767, false, RuleAction::Deny, None))
            .entries(entry(100, false, RuleAction::Allow, Some((22, 22))))
            .entries(entry(100, true, RuleAction::Allow, None))
            .build();
        let resource = network_acl(&place(), &sdk).unwrap();
        assert_eq!(resource.arn.resource(), "network-acl/acl-1");
        assert_eq!(needs(&resource), ["vpc/vpc-1"]);
        let ResourceConfig::Ec2NetworkAcl(acl) = resource.config else { panic!() };
        let [ssh, rest] = &acl.ingress[..] else { panic!("{:?}", acl.ingress) };
        assert!(ssh.allow && ssh.is_about_the_world());
        assert!(ssh.covers_tcp_port(22) && !ssh.covers_tcp_port(3389));
        assert!(!rest.allow && rest.covers_tcp_port(3389) && rest.number == 32767);
        assert_eq!(acl.egress.len(), 1);
    }

    #[test]
    fn a_subnet_needs_the_route_table_and_the_acl_that_serve_it() {
        let subnet = |id: &str| {
            let config = Subnet {
                vpc_id: "vpc-1".into(),
                cidr_block: "10.0.0.0/24".into(),
                availability_zone: "us-east-1a".into(),
                map_public_ip_on_launch: false,
                assign_ipv6_on_creation: Some(false),
                default_for_az: false,
                available_ip_count: 250,
            };
            let arn = place().arn("ec2", &format!("subnet/{id}"));
            place().resource(arn, id, Tags::new(), ResourceConfig::Ec2Subnet(config))
        };
        let main = RouteTableAssociation::builder().main(true).build();
        let given = RouteTableAssociation::builder().subnet_id("subnet-1").build();
        let acl = types::NetworkAcl::builder()
            .network_acl_id("acl-1")
            .associations(NetworkAclAssociation::builder().subnet_id("subnet-1").build())
            .build();
        let mut resources = [
            subnet("subnet-1"),
            subnet("subnet-2"),
            route_table(&place(), &table("rtb-main").associations(main).build()).unwrap(),
            route_table(&place(), &table("rtb-1").associations(given).build()).unwrap(),
            network_acl(&place(), &acl).unwrap(),
        ];
        serve_subnets(&mut resources);
        assert_eq!(needs(&resources[0]), ["route-table/rtb-1", "network-acl/acl-1"]);
        assert_eq!(needs(&resources[1]), ["route-table/rtb-main"]);
    }
}
