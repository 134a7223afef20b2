//! `security_groups.tf`: security groups with their rules.

use std::collections::BTreeMap;

use hcl::{
    Block,
    expr::Expression,
    structure::{Attribute, BlockBuilder},
};
use miyabi_types::resource::ec2::{Peer, SecurityGroup, SecurityGroupRule};

use super::{Code, File, IMPORT_ARTEFACT, Part, attributes};
use crate::iac::secret;

pub fn render(code: &Code<'_>) -> File {
    let mut file = File::new("Security groups.");
    for (at, member) in code.members() {
        if let Part::SecurityGroup(group) = member.part {
            file.push(&member.notes(), &group_block(code, at, group));
        }
    }
    file
}

fn group_block(code: &Code<'_>, at: usize, group: &SecurityGroup) -> Block {
    let member = &code.estate.members[at];
    let own = !member.is_made_by_aws();
    let sides = [("ingress", &group.ingress), ("egress", &group.egress)];
    let texts = [("name", &group.group_name), ("description", &group.description)];
    // What cannot be written as it is must not be compared with what is there.
    let mut ignored = Vec::new();
    if own {
        ignored.push(IMPORT_ARTEFACT);
        ignored
            .extend(texts.iter().filter(|(_, t)| secret::looks_secret(t)).map(|(name, _)| *name));
    }
    ignored.extend(sides.iter().filter(|(_, rules)| hides_something(rules)).map(|(side, _)| *side));
    code.resource(at, attributes(&ignored), |mut block: BlockBuilder| {
        for (name, text) in texts.iter().filter(|_| own) {
            block = block.add_attribute((*name, shown(text)));
        }
        if let Some(vpc) = &group.vpc_id {
            block = block.add_attribute(("vpc_id", code.reference(member, vpc)));
        }
        // Without a word about a side Terraform leaves it alone: having no rule is said, too.
        for (side, _) in sides.iter().filter(|(_, rules)| rules.is_empty()) {
            block = block.add_attribute((*side, Expression::Array(Vec::new())));
        }
        for (side, rules) in sides {
            for (key, peers) in merged(rules) {
                block = block.add_block(rule_block(code, at, side, &key, &peers));
            }
        }
        block
    })
}

/// A text, unless it looks like a secret.
fn shown(text: &str) -> &str {
    if secret::looks_secret(text) { "(hidden: looks like a secret)" } else { text }
}

fn hides_something(rules: &[SecurityGroupRule]) -> bool {
    rules.iter().any(|rule| rule.description.as_deref().is_some_and(secret::looks_secret))
}

/// What rules of one block share: protocol, ports and description.
type Key<'w> = (&'w str, i32, i32, Option<&'w str>);

/// Rules with the same protocol, ports and description are one block, as the provider reads them.
fn merged(rules: &[SecurityGroupRule]) -> BTreeMap<Key<'_>, Vec<&Peer>> {
    let mut blocks: BTreeMap<Key<'_>, Vec<&Peer>> = BTreeMap::new();
    for rule in rules {
        let (from, to) = ports(rule);
        blocks
            .entry((rule.protocol.as_str(), from, to, rule.description.as_deref()))
            .or_default()
            .push(&rule.peer);
    }
    blocks
}

/// The port range as the provider writes "all".
fn ports(rule: &SecurityGroupRule) -> (i32, i32) {
    let (first, last) = match rule.protocol.as_str() {
        "tcp" | "udp" => (0, 65_535),
        "icmp" | "icmpv6" => (-1, -1),
        _ => (0, 0),
    };
    (rule.from_port.unwrap_or(first), rule.to_port.unwrap_or(last))
}

fn rule_block(
    code: &Code<'_>,
    at: usize,
    side: &str,
    (protocol, from, to, description): &Key<'_>,
    peers: &[&Peer],
) -> Block {
    let own_id = code.estate.members[at].resource.id.as_str();
    let (mut v4, mut v6, mut lists, mut groups, mut own) = (vec![], vec![], vec![], vec![], false);
    for peer in peers {
        match peer {
            Peer::Cidr(cidr) => v4.push(Expression::from(cidr.as_str())),
            Peer::CidrV6(cidr) => v6.push(cidr.as_str().into()),
            Peer::PrefixList(id) => lists.push(id.as_str().into()),
            Peer::Group(id) if id == own_id => own = true,
            Peer::Group(id) => groups.push(
                code.estate
                    .find_peer(at, id)
                    .map_or_else(|| Expression::from(id.as_str()), |to| code.id_of(to)),
            ),
        }
    }
    let mut block = Block::builder(side);
    if let Some(text) = description {
        block = block.add_attribute(("description", shown(text)));
    }
    block = block
        .add_attribute(("from_port", *from))
        .add_attribute(("to_port", *to))
        .add_attribute(("protocol", *protocol));
    for (name, values) in [
        ("cidr_blocks", v4),
        ("ipv6_cidr_blocks", v6),
        ("prefix_list_ids", lists),
        ("security_groups", groups),
    ] {
        if !values.is_empty() {
            block = block.add_attribute(Attribute::new(name, values));
        }
    }
    if own {
        block = block.add_attribute(("self", true));
    }
    block.build()
}
