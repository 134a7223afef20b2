//! Ways in from the internet: address, internet gateway, route, network ACL, security group.
//!
//! IPv4 only: IPv6 addresses of interfaces are not read. Transit gateways, firewalls and peers are not
//! followed. Source: Amazon VPC User Guide, How internet gateways work; Network ACLs (read 2026-11).

use std::collections::BTreeSet;

use miyabi_types::{
    evidence::Unavailable,
    resource::{
        Resource, ResourceConfig, ResourceKind,
        ec2::{Peer, SecurityGroupRule},
        vpc::{NetworkAcl, NetworkAclEntry, RouteTable},
    },
};

use crate::context::Context;

/// Everybody by IPv4.
const WORLD: &str = "0.0.0.0/0";
/// Everybody by IPv6.
const WORLD_IPV6: &str = "::/0";
/// A port of the range that answers go to. Source: Amazon VPC User Guide, Ephemeral ports.
const EPHEMERAL_PORT: i32 = 49_152;
/// TCP, as network ACLs number it, and everything.
const TCP: [&str; 2] = ["6", "-1"];

/// How the internet gets to a subnet, and what its network ACL lets through.
#[derive(Debug)]
pub struct Entrance<'a> {
    subnet: &'a str,
    gateway: &'a str,
    route_table: &'a str,
    acl_id: &'a str,
    acl: &'a NetworkAcl,
}

/// A TCP port that is open all the way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenPort {
    /// The port: of a range that is open, the lowest that the network ACL lets through.
    pub port: i32,
    /// The way, as people read it.
    pub path: String,
}

impl<'a> Entrance<'a> {
    /// The entrance to `subnet` near `near`; `None` where no active route leads to an internet gateway
    /// that is attached, or where the network ACL lets no answer out.
    pub fn of(
        subnet: &'a str,
        near: &Resource,
        context: &Context<'a>,
    ) -> Result<Option<Self>, Unavailable> {
        let (vpc, route_table, table) = routes(subnet, near, context)?;
        let gateway = table.routes.iter().find_map(|route| {
            let target = route.target.as_deref()?;
            (route.destination == WORLD && route.state == "active" && target.starts_with("igw-"))
                .then_some(target)
        });
        let Some(gateway) = gateway else { return Ok(None) };
        let attached = match context
            .find(ResourceKind::Ec2InternetGateway, gateway, near)
            .map(|it| &it.config)
        {
            Some(ResourceConfig::Ec2InternetGateway(config)) => {
                config.vpc_ids.iter().any(|id| id == vpc)
            }
            _ => return Err(unseen(context, ResourceKind::Ec2InternetGateway, near, gateway)),
        };
        let Some((acl_id, acl)) = network_acl(subnet, vpc, near, context)? else {
            return Err(Unavailable::because(format!("no network ACL of {subnet} was seen")));
        };
        let answers = attached && lets_through(&acl.egress, EPHEMERAL_PORT);
        Ok(answers.then_some(Self { subnet, gateway, route_table, acl_id, acl }))
    }

    /// The TCP ports within `wanted` that these security groups let the world in on, and the network ACL too.
    pub fn open_ports(
        &self,
        groups: &'a [String],
        wanted: impl Fn(i32) -> bool,
        near: &Resource,
        context: &Context<'a>,
    ) -> Result<Vec<OpenPort>, Unavailable> {
        let mut open = Vec::new();
        for id in groups {
            let found = context.find(ResourceKind::Ec2SecurityGroup, id, near);
            let Some(ResourceConfig::Ec2SecurityGroup(group)) = found.map(|it| &it.config) else {
                return Err(unseen(context, ResourceKind::Ec2SecurityGroup, near, id));
            };
            for rule in group.ingress.iter().filter(|rule| is_for_the_world(rule)) {
                let range = rule.from_port.unwrap_or(0)..=rule.to_port.unwrap_or(65_535);
                let port = self
                    .decisive_ports(*range.start(), *range.end())
                    .into_iter()
                    .find(|port| wanted(*port) && lets_through(&self.acl.ingress, *port));
                if let Some(port) = port {
                    let path = format!("{} → {id}", self.path());
                    open.push(OpenPort { port, path });
                }
            }
        }
        open.sort_by(|a, b| (a.port, &a.path).cmp(&(b.port, &b.path)));
        open.dedup();
        Ok(open)
    }

    /// Whether the network ACL lets the world in on `port`, where nothing else filters.
    pub fn is_open(&self, port: i32) -> Option<OpenPort> {
        lets_through(&self.acl.ingress, port).then(|| OpenPort { port, path: self.path() })
    }

    fn path(&self) -> String {
        let Self { subnet, gateway, route_table, acl_id, .. } = self;
        format!("internet → {gateway} → {route_table} → {acl_id} → {subnet}")
    }

    /// The ports of a range at which what the network ACL or anybody's list of ports says may change.
    fn decisive_ports(&self, from: i32, to: i32) -> BTreeSet<i32> {
        let edges = self.acl.ingress.iter().flat_map(|entry| {
            let (first, last) = (entry.from_port.unwrap_or(0), entry.to_port.unwrap_or(65_535));
            [first - 1, first, last, last + 1]
        });
        // Around the ports of the web, which many lists except.
        let web = [79, 80, 81, 442, 443, 444];
        [from, to].into_iter().chain(web).chain(edges).filter(|p| (from..=to).contains(p)).collect()
    }
}

/// The internet gateway that everything is routed to from `subnet`, by IPv4 or IPv6, if there is one.
pub fn way_out<'a>(
    subnet: &str,
    near: &Resource,
    context: &Context<'a>,
) -> Result<Option<&'a str>, Unavailable> {
    let (_, _, table) = routes(subnet, near, context)?;
    Ok(table.routes.iter().find_map(|route| {
        let target = route.target.as_deref()?;
        let everything = [WORLD, WORLD_IPV6].contains(&route.destination.as_str());
        (everything && target.starts_with("igw-")).then_some(target)
    }))
}

/// The VPC of a subnet, and the id and the routes of its route table.
fn routes<'a>(
    subnet: &str,
    near: &Resource,
    context: &Context<'a>,
) -> Result<(&'a str, &'a str, &'a RouteTable), Unavailable> {
    let vpc = match context.find(ResourceKind::Ec2Subnet, subnet, near).map(|it| &it.config) {
        Some(ResourceConfig::Ec2Subnet(config)) => config.vpc_id.as_str(),
        _ => return Err(unseen(context, ResourceKind::Ec2Subnet, near, subnet)),
    };
    let (id, table) = route_table(subnet, vpc, near, context)?
        .ok_or_else(|| Unavailable::because(format!("no route table of {subnet} was seen")))?;
    Ok((vpc, id, table))
}

/// The route table that was given to the subnet, or else its VPC's main one.
fn route_table<'a>(
    subnet: &str,
    vpc: &str,
    near: &Resource,
    context: &Context<'a>,
) -> Result<Option<(&'a str, &'a RouteTable)>, Unavailable> {
    let tables = |id| {
        let naming = naming(ResourceKind::Ec2RouteTable, id, near, context)?;
        Ok(naming.filter_map(|it| match &it.config {
            ResourceConfig::Ec2RouteTable(table) => Some((it.id.as_str(), table)),
            _ => None,
        }))
    };
    let own = tables(subnet)?.next();
    Ok(own.or(tables(vpc)?.find(|(_, it)| it.main)))
}

/// The network ACL that was given to the subnet, or else its VPC's default one.
fn network_acl<'a>(
    subnet: &str,
    vpc: &str,
    near: &Resource,
    context: &Context<'a>,
) -> Result<Option<(&'a str, &'a NetworkAcl)>, Unavailable> {
    let acls = |id| {
        let naming = naming(ResourceKind::Ec2NetworkAcl, id, near, context)?;
        Ok(naming.filter_map(|it| match &it.config {
            ResourceConfig::Ec2NetworkAcl(acl) => Some((it.id.as_str(), acl)),
            _ => None,
        }))
    };
    let own = acls(subnet)?.next();
    Ok(own.or(acls(vpc)?.find(|(_, it)| it.is_default)))
}

/// The resources of this kind that name `id`, or why they could not be listed.
fn naming<'a, 'b>(
    kind: ResourceKind,
    id: &'b str,
    near: &'b Resource,
    context: &'b Context<'a>,
) -> Result<impl Iterator<Item = &'a Resource> + use<'a, 'b>, Unavailable> {
    match context.unseen(kind, near) {
        Some(why) => Err(why.clone()),
        None => Ok(context.naming(kind, id, near)),
    }
}

fn is_for_the_world(rule: &SecurityGroupRule) -> bool {
    matches!(&rule.peer, Peer::Cidr(cidr) if cidr == WORLD)
        && matches!(rule.protocol.as_str(), "tcp" | "6" | "-1")
}

/// Whether the first entry about the whole internet and the port allows it.
fn lets_through(entries: &[NetworkAclEntry], port: i32) -> bool {
    entries
        .iter()
        .find(|entry| {
            entry.cidr == WORLD
                && TCP.contains(&entry.protocol.as_str())
                && entry.covers_tcp_port(port)
        })
        .is_some_and(|entry| entry.allow)
}

fn unseen(context: &Context<'_>, kind: ResourceKind, near: &Resource, what: &str) -> Unavailable {
    let why = context.unseen(kind, near).cloned();
    why.unwrap_or_else(|| Unavailable::because(format!("{what} was not seen")))
}
