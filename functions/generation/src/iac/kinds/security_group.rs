//! Security groups with their rules.
//!
//! Rules are written inside of their group: rules of their own need ids that a World does not hold.

use std::collections::BTreeMap;

use miyabi_types::resource::{
    ResourceConfig, ResourceKind,
    ec2::{Peer, SecurityGroup, SecurityGroupRule},
};

use crate::iac::{
    code::Place,
    estate::What,
    expr::{Body, Concern::Security, Declaration, Expr},
    secret,
};

const VPC: What = What::Itself(ResourceKind::Ec2Vpc);
const GROUP: What = What::Itself(ResourceKind::Ec2SecurityGroup);

pub fn terraform(place: &Place<'_, '_>) -> Vec<Declaration> {
    let ResourceConfig::Ec2SecurityGroup(group) = &place.resource().config else {
        return Vec::new();
    };
    let vpc = group.vpc_id.as_deref().map(|vpc| place.link(VPC, vpc));
    let sides = [("ingress", &group.ingress), ("egress", &group.egress)];
    let rules = |mut body: Body| {
        for (side, rules) in sides {
            // Without a word about a side Terraform leaves it alone: having no rule is said, too.
            if rules.is_empty() {
                body = body.set(side, Vec::<Expr>::new());
            }
        }
        for (side, rules) in sides {
            body = body.blocks(side, merged(rules).map(|(key, peers)| block(place, &key, &peers)));
        }
        body
    };
    // The group that came with the VPC can be adopted and emptied, but not made.
    let declaration = if is_default(group) {
        Declaration::new(
            "aws_default_security_group",
            Security,
            rules(Body::new().maybe("vpc_id", vpc)),
        )
    } else {
        let body = Body::new()
            .set("name", &group.group_name)
            .set("description", &group.description)
            .maybe("vpc_id", vpc);
        Declaration::new("aws_security_group", Security, rules(body))
            .ignoring(["revoke_rules_on_delete", "timeouts"])
    };
    vec![declaration.id(&place.resource().id).tagged("tags")]
}

fn is_default(group: &SecurityGroup) -> bool {
    group.group_name == "default"
}

/// What rules of one block share: protocol, ports and description.
type Key<'w> = (&'w str, i32, i32, Option<&'w str>);

/// Rules with the same protocol, ports and description are one block, as the provider reads them.
fn merged(rules: &[SecurityGroupRule]) -> impl Iterator<Item = (Key<'_>, Vec<&Peer>)> {
    let mut blocks: BTreeMap<Key<'_>, Vec<&Peer>> = BTreeMap::new();
    for rule in rules {
        let (first, last) = whole(&rule.protocol).unwrap_or((0, 0));
        let ports = (rule.from_port.unwrap_or(first), rule.to_port.unwrap_or(last));
        let key = (rule.protocol.as_str(), ports.0, ports.1, rule.description.as_deref());
        blocks.entry(key).or_default().push(&rule.peer);
    }
    blocks.into_iter()
}

/// The range that means all, of protocols that have ports or types.
fn whole(protocol: &str) -> Option<(i32, i32)> {
    match protocol {
        "tcp" | "udp" => Some((0, 65_535)),
        "icmp" | "icmpv6" => Some((-1, -1)),
        _ => None,
    }
}

fn block(
    place: &Place<'_, '_>,
    (protocol, from, to, description): &Key<'_>,
    peers: &[&Peer],
) -> Body {
    let own_id = &place.resource().id;
    let (mut v4, mut v6, mut lists, mut groups) = (vec![], vec![], vec![], vec![]);
    for peer in peers {
        match peer {
            Peer::Cidr(cidr) => v4.push(Expr::from(cidr)),
            Peer::CidrV6(cidr) => v6.push(cidr.into()),
            Peer::PrefixList(id) => lists.push(id.into()),
            Peer::Group(id) if id == own_id => {}
            Peer::Group(id) => groups.push(place.link(GROUP, id)),
        }
    }
    let own = peers.iter().any(|peer| matches!(peer, Peer::Group(id) if id == own_id));
    Body::new()
        .maybe("description", *description)
        .set("from_port", *from)
        .set("to_port", *to)
        .set("protocol", *protocol)
        .some("cidr_blocks", v4)
        .some("ipv6_cidr_blocks", v6)
        .some("prefix_list_ids", lists)
        .some("security_groups", groups)
        .maybe("self", own.then_some(true))
}

pub fn cloudformation(place: &Place<'_, '_>) -> Vec<Declaration> {
    let ResourceConfig::Ec2SecurityGroup(group) = &place.resource().config else {
        return Vec::new();
    };
    if is_default(group) {
        return Vec::new();
    }
    let id = &place.resource().id;
    let mut body = Body::new()
        .set("GroupName", &group.group_name)
        .set("GroupDescription", &group.description)
        .maybe("VpcId", group.vpc_id.as_deref().map(|vpc| place.link(VPC, vpc)));
    let mut untied = Vec::new();
    for (side, rules, other) in [
        ("SecurityGroupIngress", &group.ingress, "Source"),
        ("SecurityGroupEgress", &group.egress, "Destination"),
    ] {
        let mut entries = Vec::new();
        for (at, found) in rules.iter().enumerate() {
            let written = rule(place, found, other);
            let peer = match &found.peer {
                Peer::Group(peer) => place.link(GROUP, peer),
                _ => Expr::Bool(false),
            };
            let Expr::Link(link) = peer else {
                entries.push(written.into());
                continue;
            };
            // Groups cannot name themselves or each other while they are made: then the rule follows.
            let kind = match other {
                "Source" => "AWS::EC2::SecurityGroupIngress",
                _ => "AWS::EC2::SecurityGroupEgress",
            };
            let body = Body::new().set("GroupId", place.own("GroupId", id));
            let body = Body(body.0.into_iter().chain(written.0.clone()).collect());
            untied.push(
                Declaration::new(kind, Security, body)
                    .part(format!("rule {}", at + 1))
                    .unties(link.clone()),
            );
            entries.push(Expr::Tied(Box::new(written.into()), link));
        }
        body = body.set(side, entries);
    }
    let mut declarations = vec![
        Declaration::new("AWS::EC2::SecurityGroup", Security, body)
            .found_by([("Id", id.clone())])
            .tagged("Tags"),
    ];
    declarations.extend(untied);
    declarations
}

fn rule(place: &Place<'_, '_>, rule: &SecurityGroupRule, other: &str) -> Body {
    // Other protocols have no ports.
    let ports = whole(&rule.protocol)
        .map(|(first, last)| (rule.from_port.unwrap_or(first), rule.to_port.unwrap_or(last)));
    let (name, value) = match &rule.peer {
        Peer::Cidr(cidr) => ("CidrIp".to_owned(), cidr.into()),
        Peer::CidrV6(cidr) => ("CidrIpv6".to_owned(), cidr.into()),
        Peer::PrefixList(id) => (format!("{other}PrefixListId"), id.into()),
        Peer::Group(id) => (format!("{other}SecurityGroupId"), place.link(GROUP, id)),
    };
    let told = rule.description.as_deref().filter(|text| !secret::looks_secret(text));
    Body::new()
        .set("IpProtocol", &rule.protocol)
        .maybe("FromPort", ports.map(|(from, _)| from))
        .maybe("ToPort", ports.map(|(_, to)| to))
        .set(&name, value)
        .maybe("Description", told)
}
