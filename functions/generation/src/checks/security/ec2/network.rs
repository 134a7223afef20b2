//! Controls of network ACLs and interfaces that compare one setting.

use miyabi_types::{
    evidence::Unavailable,
    finding::Severity,
    resource::{
        ResourceKind,
        vpc::{NetworkAcl, NetworkAclEntry, NetworkInterface},
    },
};

use super::{
    super::row::{ROW, Row, of},
    exposure::ADMIN_PORTS,
};
use crate::check::{Check, Reading, Threshold};

/// The table.
pub const CHECKS: [Check; 3] = [
    Row {
        id: "ec2_network_acl_unused",
        title: "Network ACL filters no subnet",
        control: &["EC2.16"],
        severity: Severity::Low,
        kinds: &[ResourceKind::Ec2NetworkAcl],
        must: &[Threshold { what: "associations", value: "at least 1" }],
        read: of!(Ec2NetworkAcl, |acl| unused(acl)),
        ..ROW
    }
    .check(),
    Row {
        id: "ec2_network_acl_admin_ports_open",
        title: "Network ACL lets the world in on SSH or RDP",
        control: &["EC2.21"],
        kinds: &[ResourceKind::Ec2NetworkAcl],
        must: &[Threshold {
            what: "inbound entries for 0.0.0.0/0 and ::/0",
            value: "without 22 and 3389",
        }],
        read: of!(Ec2NetworkAcl, |acl| admin_ports(acl)),
        ..ROW
    }
    .check(),
    Row {
        id: "ec2_interface_unchecked",
        title: "Interface takes packets that are neither from nor for itself",
        control: &["EC2.180"],
        kinds: &[ResourceKind::Ec2NetworkInterface],
        must: &[Threshold { what: "SourceDestCheck", value: "true" }],
        read: of!(Ec2NetworkInterface, |it| unchecked(it)),
        ..ROW
    }
    .check(),
];

/// Kinds of interface that users look after. Source: Security Hub EC2.180.
const OF_USERS: [&str; 6] =
    ["aws_codestar_connections_managed", "branch", "efa", "interface", "lambda", "quicksight"];

/// A VPC always has its default one, used or not.
fn unused(acl: &NetworkAcl) -> Reading {
    if acl.is_default && acl.subnet_ids.is_empty() {
        return Reading::NotApplicable;
    }
    Reading::must(!acl.subnet_ids.is_empty(), "none")
}

/// The first entry that is about the whole internet and a port decides on it.
fn admin_ports(acl: &NetworkAcl) -> Reading {
    let open: Vec<_> = ADMIN_PORTS
        .into_iter()
        .filter(|port| {
            ["0.0.0.0/0", "::/0"].into_iter().any(|world| {
                let decides =
                    |entry: &&NetworkAclEntry| entry.cidr == world && entry.covers_tcp_port(*port);
                acl.ingress.iter().find(decides).is_some_and(|entry| entry.allow)
            })
        })
        .map(|port| port.to_string())
        .collect();
    Reading::must(open.is_empty(), format!("{} open", open.join(" and ")))
}

fn unchecked(interface: &NetworkInterface) -> Reading {
    if interface.requester_managed || !OF_USERS.contains(&interface.interface_type.as_str()) {
        return Reading::NotApplicable;
    }
    match interface.source_dest_check {
        None => Reading::Unknown(Unavailable::because("AWS did not say whether it is on")),
        Some(on) => Reading::on(on),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::fixture::{
        Expect::{Clear, NotApplicable, NotEvaluated, Risk},
        check_table, network_acl, network_interface,
    };

    fn entry(number: u32, allow: bool, protocol: &str, port: Option<i32>) -> NetworkAclEntry {
        NetworkAclEntry {
            number,
            allow,
            protocol: protocol.into(),
            cidr: "0.0.0.0/0".into(),
            from_port: port,
            to_port: port,
        }
    }

    #[test]
    fn every_row_judges() {
        check_table(
            &CHECKS,
            vec![
                ("EC2.16", network_acl(|_| {}), Clear),
                (
                    "EC2.16",
                    network_acl(|a| {
                        a.is_default = false;
                        a.subnet_ids.clear();
                    }),
                    Risk,
                ),
                (
                    "EC2.16",
                    network_acl(|a| {
                        a.is_default = true;
                        a.subnet_ids.clear();
                    }),
                    NotApplicable,
                ),
                ("EC2.21", network_acl(|_| {}), Clear),
                ("EC2.21", network_acl(|a| a.ingress.insert(0, entry(50, true, "-1", None))), Risk),
                (
                    "EC2.21",
                    network_acl(|a| a.ingress.insert(0, entry(50, true, "6", Some(22)))),
                    Risk,
                ),
                (
                    "EC2.21",
                    network_acl(|a| {
                        a.ingress.insert(0, entry(60, true, "-1", None));
                        a.ingress.insert(0, entry(51, false, "6", Some(3389)));
                        a.ingress.insert(0, entry(50, false, "6", Some(22)));
                    }),
                    Clear,
                ),
                ("EC2.180", network_interface(|_| {}), Clear),
                ("EC2.180", network_interface(|i| i.source_dest_check = Some(false)), Risk),
                ("EC2.180", network_interface(|i| i.requester_managed = true), NotApplicable),
                (
                    "EC2.180",
                    network_interface(|i| i.source_dest_check = None),
                    NotEvaluated("did not say"),
                ),
            ],
        );
    }
}
