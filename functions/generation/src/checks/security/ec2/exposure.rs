//! What a security group lets in from the whole internet, and the one change that ends it.
//!
//! Several controls look at the same rules. Each names the same change of its group, and the plan merges
//! them, so that no rule is ever revoked twice.

use miyabi_types::{
    action::{Operation, TargetState},
    resource::{
        Resource, ResourceKind,
        ec2::{SecurityGroup, SecurityGroupRule},
    },
};
use serde_json::json;

use crate::check::{Context, Remedy};

/// Remote administration: SSH and RDP. Source: Security Hub EC2.53, EC2.54.
pub const ADMIN_PORTS: [i32; 2] = [22, 3389];

/// Ports that must never be open to the world. Source: Security Hub EC2.19 (24 ports).
pub const HIGH_RISK_PORTS: [i32; 24] = [
    20, 21, 22, 23, 25, 110, 135, 143, 445, 1433, 1434, 3000, 3306, 3389, 4333, 5000, 5432, 5500,
    5601, 8080, 8088, 8888, 9200, 9300,
];

/// Ports that may be open to the world. Source: Security Hub EC2.18.
pub const AUTHORIZED_PORTS: [i32; 2] = [80, 443];

/// Whether `rule` lets the world in on any of `ports`.
pub fn opens(rule: &SecurityGroupRule, ports: &[i32]) -> bool {
    rule.is_open_to_world() && ports.iter().any(|port| rule.covers_tcp_port(*port))
}

/// Whether `rule` lets the world in on any of `ports` by TCP or by UDP: RDP is spoken over both.
pub fn opens_either(rule: &SecurityGroupRule, ports: &[i32]) -> bool {
    let udp = matches!(rule.protocol.as_str(), "udp" | "17");
    let covers = |port: &i32| {
        rule.from_port.is_none_or(|from| from <= *port) && rule.to_port.is_none_or(|to| *port <= to)
    };
    opens(rule, ports) || udp && rule.is_open_to_world() && ports.iter().any(covers)
}

/// Whether the group is its VPC's default one.
pub fn is_default(group: &SecurityGroup) -> bool {
    group.group_name == "default"
}

/// Whether nothing is known to be in the group, and everything that could be known was seen.
pub fn seems_unused(resource: &Resource, context: &Context<'_>) -> bool {
    context.members(resource).next().is_none()
        && [
            ResourceKind::Ec2Instance,
            ResourceKind::Ec2NetworkInterface,
            ResourceKind::RdsDbInstance,
        ]
        .into_iter()
        .all(|kind| context.unseen(kind, resource).is_none())
}

/// Whether every rule of the group goes: a default one that nothing uses.
fn is_to_empty(resource: &Resource, group: &SecurityGroup, context: &Context<'_>) -> bool {
    is_default(group) && seems_unused(resource, context)
}

/// The inbound and outbound rules to revoke: those that let the world in on a high-risk port, or all of
/// them where the group is a default one that nothing is known to use.
pub fn unwanted<'a>(
    resource: &Resource,
    group: &'a SecurityGroup,
    context: &Context<'_>,
) -> (Vec<&'a SecurityGroupRule>, Vec<&'a SecurityGroupRule>) {
    if is_to_empty(resource, group, context) {
        return (group.ingress.iter().collect(), group.egress.iter().collect());
    }
    let exposed = group.ingress.iter().filter(|rule| opens(rule, &HIGH_RISK_PORTS)).collect();
    (exposed, Vec::new())
}

/// Revokes the group's unwanted rules; `None` where it has none.
pub fn revoke(resource: &Resource, group: &SecurityGroup, context: &Context<'_>) -> Option<Remedy> {
    let (ingress, egress) = unwanted(resource, group, context);
    if ingress.is_empty() && egress.is_empty() {
        return None;
    }
    let rules: Vec<String> = ingress.iter().map(|rule| describe(rule)).collect();
    let is_emptied = is_to_empty(resource, group, context);
    let summary = if is_emptied {
        "Revoke every rule of this default security group, which nothing is known to use".to_owned()
    } else {
        let what = if rules.len() == 1 { "the rule that lets" } else { "the rules that let" };
        format!("Revoke {what} the world in: {}", rules.join(", "))
    };
    let serves_web = ingress.iter().any(|rule| opens(rule, &AUTHORIZED_PORTS));
    let risk = if is_emptied {
        "Whatever is put into this group later, without rules of its own, has no connections."
    } else if serves_web {
        "A revoked rule also lets web traffic in (ports 80 and 443); add a narrow rule for it first."
    } else {
        "Whoever connects this way from outside is locked out until a narrower rule is added."
    };
    let remedy = Remedy::new(
        Operation::RevokeRules,
        resource,
        TargetState::present([("ingress", json!(ingress)), ("egress", json!(egress))]),
        TargetState::present([("ingress", json!([])), ("egress", json!([]))]),
    );
    Some(remedy.explained(summary, risk))
}

/// A rule as people read it: `tcp 22 from 0.0.0.0/0`.
pub fn describe(rule: &SecurityGroupRule) -> String {
    use miyabi_types::resource::ec2::Peer;
    let peer = match &rule.peer {
        Peer::Cidr(peer) | Peer::CidrV6(peer) | Peer::Group(peer) | Peer::PrefixList(peer) => peer,
    };
    let protocol = if rule.protocol == "-1" { "everything" } else { &rule.protocol };
    match (rule.from_port, rule.to_port) {
        (Some(from), Some(to)) if from == to => format!("{protocol} {from} from {peer}"),
        (Some(from), Some(to)) => format!("{protocol} {from}-{to} from {peer}"),
        _ => format!("{protocol} from {peer}"),
    }
}

/// `1 rule`, `2 rules`.
pub fn count(number: usize, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}
