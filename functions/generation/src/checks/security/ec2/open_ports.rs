//! # What
//! Security groups that let the whole internet in: on SSH (EC2.13), RDP (EC2.14), either by IPv4 (EC2.53) or
//! IPv6 (EC2.54), on any of 24 high-risk ports (EC2.19), or on anything but 80 and 443 (EC2.18).
//! # Why
//! Open administration and database ports are found and tried within minutes.
//! # Evidence
//! `ec2:DescribeSecurityGroups`: inbound rules from `0.0.0.0/0` or `::/0`. A rule for all protocols covers
//! every port. EC2.53 and EC2.54 count UDP besides TCP.
//! # Silent when
//! Rules name narrower sources, or other groups.
//! # Remedy and risk
//! Revoke exactly the rules that let the world in on a high-risk port (administration ports are among
//! them). Rules on other ports are shown only: they may be what the group is for. Whoever connects that way
//! is locked out.
//! # References
//! Security Hub EC2.13, EC2.14, EC2.18, EC2.19, EC2.53, EC2.54; AWS Config, vpc-sg-port-restriction-check.

use miyabi_types::{
    action::Operation,
    finding::Severity,
    resource::{
        Resource, ResourceConfig, ResourceKind,
        ec2::{Peer, SecurityGroupRule},
    },
};

use super::exposure::{
    ADMIN_PORTS, AUTHORIZED_PORTS, HIGH_RISK_PORTS, describe, opens, opens_either, revoke, unwanted,
};
use crate::check::{Check, Context, FSBP, Found, Judge, SECURITY, Threshold, Verdict};

/// See the module.
pub const CHECKS: [Check; 6] = [
    Check {
        id: "ec2_security_group_ssh_open",
        title: "Security group lets the world in on SSH (22)",
        controls: &["EC2.13"],
        judge: Judge::Logic(|r, c| judge(r, c, |rule| opens(rule, &[22]))),
        ..OPEN
    },
    Check {
        id: "ec2_security_group_rdp_open",
        title: "Security group lets the world in on RDP (3389)",
        controls: &["EC2.14"],
        judge: Judge::Logic(|r, c| judge(r, c, |rule| opens(rule, &[3389]))),
        ..OPEN
    },
    Check {
        id: "ec2_security_group_unauthorized_ports_open",
        title: "Security group lets the world in on ports other than 80 and 443",
        controls: &["EC2.18"],
        thresholds: &[Threshold { what: "ports open to the world", value: "80 and 443 only" }],
        judge: Judge::Logic(|r, c| judge(r, c, is_unauthorized)),
        ..OPEN
    },
    Check {
        id: "ec2_security_group_high_risk_ports_open",
        title: "Security group lets the world in on high-risk ports",
        severity: Severity::Critical,
        controls: &["EC2.19"],
        thresholds: &[Threshold {
            what: "ports closed to the world",
            value: "20, 21, 22, 23, 25, 110, 135, 143, 445, 1433, 1434, 3000, 3306, 3389, 4333, \
                    5000, 5432, 5500, 5601, 8080, 8088, 8888, 9200, 9300",
        }],
        judge: Judge::Logic(|r, c| judge(r, c, |rule| opens(rule, &HIGH_RISK_PORTS))),
        ..OPEN
    },
    Check {
        id: "ec2_security_group_admin_ports_open_ipv4",
        title: "Security group lets 0.0.0.0/0 in on administration ports (22, 3389)",
        controls: &["EC2.53"],
        judge: Judge::Logic(|r, c| {
            judge(r, c, |rule| {
                matches!(rule.peer, Peer::Cidr(_)) && opens_either(rule, &ADMIN_PORTS)
            })
        }),
        ..OPEN
    },
    Check {
        id: "ec2_security_group_admin_ports_open_ipv6",
        title: "Security group lets ::/0 in on administration ports (22, 3389)",
        controls: &["EC2.54"],
        judge: Judge::Logic(|r, c| {
            judge(r, c, |rule| {
                matches!(rule.peer, Peer::CidrV6(_)) && opens_either(rule, &ADMIN_PORTS)
            })
        }),
        ..OPEN
    },
];

const OPEN: Check = Check {
    severity: Severity::High,
    kinds: &[ResourceKind::Ec2SecurityGroup],
    operation: Some(Operation::RevokeRules),
    references: &[FSBP],
    ..SECURITY
};

/// Whether the rule lets the world in on a TCP or UDP port that is not authorised.
fn is_unauthorized(rule: &SecurityGroupRule) -> bool {
    let authorized = || {
        rule.from_port
            .is_some_and(|from| rule.to_port == Some(from) && AUTHORIZED_PORTS.contains(&from))
    };
    rule.is_open_to_world()
        && match rule.protocol.as_str() {
            "tcp" | "6" => !authorized(),
            "udp" | "17" | "-1" => true,
            // ICMP and the like have no ports.
            _ => false,
        }
}

fn judge(
    resource: &Resource,
    context: &Context<'_>,
    is_wrong: impl Fn(&SecurityGroupRule) -> bool,
) -> Verdict {
    let ResourceConfig::Ec2SecurityGroup(group) = &resource.config else {
        return Verdict::NotApplicable;
    };
    let wrong: Vec<_> = group.ingress.iter().filter(|rule| is_wrong(rule)).collect();
    if wrong.is_empty() {
        return Verdict::Clear;
    }
    let evidence: Vec<_> = wrong.iter().map(|rule| describe(rule)).collect();
    // Only a change that mends the control is its remedy.
    let (revoked, _) = unwanted(resource, group, context);
    let remedy = wrong
        .iter()
        .all(|rule| revoked.contains(rule))
        .then(|| revoke(resource, group, context))
        .flatten();
    Found::risk(evidence.join(", "), remedy)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{Expect, check, evaluate, everything, security_group, tcp};

    /// The controls that fail for a group with these rules.
    fn failing(rules: &[SecurityGroupRule]) -> Vec<&'static str> {
        let group = security_group(|g| g.ingress = rules.to_vec());
        CHECKS
            .iter()
            .filter(|check| matches!(evaluate(check, group.clone()), Verdict::Finding(_)))
            .map(|check| check.controls[0])
            .collect()
    }

    #[test]
    fn judges() {
        let world = "0.0.0.0/0";
        assert_eq!(failing(&[tcp(22..=22, world)]), ["EC2.13", "EC2.18", "EC2.19", "EC2.53"]);
        assert_eq!(failing(&[tcp(3389..=3389, "::/0")]), ["EC2.14", "EC2.18", "EC2.19", "EC2.54"]);
        assert_eq!(failing(&[tcp(5432..=5432, world)]), ["EC2.18", "EC2.19"]);
        assert_eq!(failing(&[tcp(8443..=8443, world)]), ["EC2.18"]);
        assert_eq!(failing(&[everything(world)]).len(), 5, "all but IPv6");
        assert_eq!(failing(&[tcp(80..=80, world), tcp(443..=443, "::/0")]), [""; 0]);
        assert_eq!(failing(&[tcp(22..=22, "10.0.0.0/8")]), [""; 0]);
        assert_eq!(failing(&[]), [""; 0]);
    }

    #[test]
    fn on_the_threshold_of_a_range() {
        let world = "0.0.0.0/0";
        assert_eq!(failing(&[tcp(80..=81, world)]), ["EC2.18"]);
        assert_eq!(failing(&[tcp(23..=24, world)]), ["EC2.18", "EC2.19"]);
        assert_eq!(failing(&[tcp(9300..=9300, world)]), ["EC2.18", "EC2.19"]);
        assert_eq!(failing(&[tcp(9301..=9301, world)]), ["EC2.18"]);
    }

    #[test]
    fn administration_by_udp_is_administration() {
        let udp = |ports, peer| {
            let mut rule = tcp(ports, peer);
            rule.protocol = "udp".into();
            rule
        };
        assert_eq!(failing(&[udp(3389..=3389, "0.0.0.0/0")]), ["EC2.18", "EC2.53"]);
        assert_eq!(failing(&[udp(3000..=4000, "::/0")]), ["EC2.18", "EC2.54"]);
        assert_eq!(failing(&[udp(3390..=4000, "0.0.0.0/0")]), ["EC2.18"]);
        assert_eq!(failing(&[udp(3389..=3389, "10.0.0.0/8")]), [""; 0]);
    }

    #[test]
    fn ports_mean_nothing_to_icmp() {
        let mut ping = tcp(22..=22, "0.0.0.0/0");
        ping.protocol = "icmp".into();
        assert_eq!(failing(&[ping]), [""; 0]);
    }

    #[test]
    fn every_control_names_the_same_change() {
        let rules =
            [tcp(22..=22, "0.0.0.0/0"), tcp(443..=443, "0.0.0.0/0"), tcp(3306..=3306, "::/0")];
        let group = security_group(|g| g.ingress = rules.to_vec());
        let actions: Vec<_> = CHECKS
            .iter()
            .filter_map(|check| match evaluate(check, group.clone()) {
                Verdict::Finding(found) => found.remedy.map(|remedy| remedy.action),
                _ => None,
            })
            .collect();
        assert_eq!(actions.len(), 4, "EC2.13, EC2.18, EC2.19, EC2.53");
        assert!(actions.iter().all(|action| *action == actions[0]));
        let revoked = actions[0].expected.setting("ingress");
        assert_eq!(*revoked, serde_json::json!([rules[0], rules[2]]), "and not the web rule");
    }

    #[test]
    fn what_may_be_in_use_is_shown_only() {
        let group = security_group(|g| g.ingress = vec![tcp(8443..=8443, "0.0.0.0/0")]);
        let Verdict::Finding(found) = evaluate(&CHECKS[2], group.clone()) else {
            panic!("EC2.18 fails")
        };
        assert_eq!(found.remedy, None);
        check(&CHECKS[2], "shown", group, Expect::Risk);
    }
}
