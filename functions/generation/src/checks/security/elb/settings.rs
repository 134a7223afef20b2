//! Controls of application, network and gateway load balancers that compare one setting.

use miyabi_types::{
    action::Operation,
    resource::{
        Resource, ResourceConfig, ResourceKind,
        elasticloadbalancing::{Listener, ListenerAction, LoadBalancer},
    },
};

use super::super::row::{ROW, Row, of};
use crate::check::{Check, Reading, Remedy, Threshold};

/// The table.
pub const CHECKS: [Check; 8] = [
    Row {
        id: "elb_http_not_redirected",
        title: "Load balancer serves plain HTTP instead of redirecting it",
        control: &["ELB.1"],
        kinds: &[ResourceKind::LoadBalancer],
        must: &[Threshold { what: "default action of HTTP listeners", value: "redirect to HTTPS" }],
        read: of!(LoadBalancer, |it| redirects(it)),
        ..ROW
    }
    .check(),
    Row {
        id: "elb_keeps_invalid_headers",
        title: "Load balancer passes invalid HTTP headers on",
        control: &["ELB.4"],
        kinds: &[ResourceKind::LoadBalancer],
        must: &[Threshold {
            what: "routing.http.drop_invalid_header_fields.enabled",
            value: "true",
        }],
        read: of!(LoadBalancer, |it| attribute(
            it,
            &["application"],
            "routing.http.drop_invalid_header_fields.enabled",
            &["true"]
        )),
        ..ROW
    }
    .check(),
    Row {
        id: "elb_not_logged",
        title: "Load balancer logs no requests",
        control: &["ELB.5"],
        kinds: &[ResourceKind::LoadBalancer, ResourceKind::ClassicLoadBalancer],
        must: &[Threshold { what: "access_logs.s3.enabled", value: "true" }],
        read: logging,
        ..ROW
    }
    .check(),
    Row {
        id: "elb_no_deletion_protection",
        title: "Load balancer can be deleted by mistake",
        control: &["ELB.6"],
        kinds: &[ResourceKind::LoadBalancer],
        must: &[Threshold { what: "deletion_protection.enabled", value: "true" }],
        read: of!(LoadBalancer, |it| attribute(
            it,
            &["application", "gateway", "network"],
            "deletion_protection.enabled",
            &["true"]
        )),
        operation: Some(Operation::ProtectLoadBalancer),
        remedy: |resource| Some(protect(resource)),
        ..ROW
    }
    .check(),
    Row {
        id: "elb_desync_monitored_only",
        title: "Load balancer lets ambiguous requests through",
        control: &["ELB.12"],
        kinds: &[ResourceKind::LoadBalancer],
        must: &[Threshold {
            what: "routing.http.desync_mitigation_mode",
            value: "defensive or strictest",
        }],
        read: of!(LoadBalancer, |it| attribute(
            it,
            &["application"],
            "routing.http.desync_mitigation_mode",
            &["defensive", "strictest"]
        )),
        ..ROW
    }
    .check(),
    Row {
        id: "elb_single_az",
        title: "Load balancer is in one zone only",
        control: &["ELB.13"],
        kinds: &[ResourceKind::LoadBalancer],
        must: &[Threshold { what: "AvailabilityZones", value: "at least 2" }],
        read: of!(LoadBalancer, |it| Reading::must(
            it.availability_zones.len() >= 2,
            it.availability_zones.join(", ")
        )),
        ..ROW
    }
    .check(),
    Row {
        id: "elb_old_tls",
        title: "Load balancer accepts TLS that is no longer recommended",
        control: &["ELB.17"],
        kinds: &[ResourceKind::LoadBalancer],
        must: &[Threshold {
            what: "SslPolicy",
            value: "a recommended policy for HTTPS and TLS listeners",
        }],
        read: of!(LoadBalancer, |it| tls(it)),
        ..ROW
    }
    .check(),
    Row {
        id: "elb_plain_listener",
        title: "Load balancer listens without TLS",
        control: &["ELB.18"],
        kinds: &[ResourceKind::LoadBalancer],
        must: &[Threshold { what: "Protocol", value: "HTTPS (application) or TLS (network)" }],
        read: of!(LoadBalancer, |it| encrypted(it)),
        ..ROW
    }
    .check(),
];

/// Recommended TLS policies. Source: Security Hub ELB.17 (parameter `sslPolicies`).
const TLS_POLICIES: [&str; 8] = [
    "ELBSecurityPolicy-TLS13-1-2-Res-2021-06",
    "ELBSecurityPolicy-TLS13-1-2-Res-FIPS-2023-04",
    "ELBSecurityPolicy-TLS13-1-2-Res-FIPS-PQ-2025-09",
    "ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09",
    "ELBSecurityPolicy-TLS13-1-3-2021-06",
    "ELBSecurityPolicy-TLS13-1-3-FIPS-2023-04",
    "ELBSecurityPolicy-TLS13-1-3-FIPS-PQ-2025-09",
    "ELBSecurityPolicy-TLS13-1-3-PQ-2025-09",
];

/// An attribute of load balancers of these types; one that AWS does not list is off.
fn attribute(balancer: &LoadBalancer, types: &[&str], name: &str, good: &[&str]) -> Reading {
    if !types.contains(&balancer.load_balancer_type.as_str()) {
        return Reading::NotApplicable;
    }
    Reading::of(&balancer.attributes, |attributes| {
        let value = attributes.get(name).map_or("not set", String::as_str);
        Reading::must(good.contains(&value), value)
    })
}

fn logging(config: &ResourceConfig) -> Reading {
    match config {
        ResourceConfig::LoadBalancer(balancer) => {
            attribute(balancer, &["application"], "access_logs.s3.enabled", &["true"])
        }
        ResourceConfig::ClassicLoadBalancer(balancer) => {
            Reading::of(&balancer.attributes, |attributes| Reading::on(attributes.access_log))
        }
        _ => Reading::NotApplicable,
    }
}

/// Bad where a listener is `wrong`: names all such.
fn listeners<'a>(
    listeners: impl Iterator<Item = &'a Listener>,
    wrong: impl Fn(&Listener) -> bool,
) -> Reading {
    let mut judged = listeners.peekable();
    if judged.peek().is_none() {
        return Reading::NotApplicable;
    }
    let wrong: Vec<_> = judged
        .filter(|listener| wrong(listener))
        .map(|listener| {
            let policy = listener.ssl_policy.as_deref().map(|policy| format!(" with {policy}"));
            let port = listener.port.map(|port| format!(" {port}"));
            let protocol = listener.protocol.as_deref().unwrap_or("unknown");
            format!("{protocol}{}{}", port.unwrap_or_default(), policy.unwrap_or_default())
        })
        .collect();
    Reading::must(wrong.is_empty(), wrong.join(", "))
}

fn speaks(listener: &Listener, protocol: &str) -> bool {
    listener.protocol.as_deref() == Some(protocol)
}

fn redirects(balancer: &LoadBalancer) -> Reading {
    if balancer.load_balancer_type != "application" {
        return Reading::NotApplicable;
    }
    Reading::of(&balancer.listeners, |all| {
        listeners(all.iter().filter(|listener| speaks(listener, "HTTP")), |listener| {
            !listener.default_actions.iter().any(|action| {
                matches!(action, ListenerAction::Redirect { protocol, .. } if protocol == "HTTPS")
            })
        })
    })
}

fn tls(balancer: &LoadBalancer) -> Reading {
    Reading::of(&balancer.listeners, |all| {
        let encrypted = |l: &&Listener| speaks(l, "HTTPS") || speaks(l, "TLS");
        listeners(all.iter().filter(encrypted), |listener| {
            !listener.ssl_policy.as_deref().is_some_and(|policy| TLS_POLICIES.contains(&policy))
        })
    })
}

fn encrypted(balancer: &LoadBalancer) -> Reading {
    let protocol = match balancer.load_balancer_type.as_str() {
        "application" => "HTTPS",
        "network" => "TLS",
        _ => return Reading::NotApplicable,
    };
    Reading::of(&balancer.listeners, |all| {
        listeners(all.iter(), |listener| !speaks(listener, protocol))
    })
}

fn protect(resource: &Resource) -> Remedy {
    let name = "deletion_protection";
    let remedy = Remedy::toggle(Operation::ProtectLoadBalancer, resource, name, true);
    remedy.explained(
        "Refuse the deletion of this load balancer",
        "Whoever deletes it on purpose must lift the protection first.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{
        Expect::{Clear, NotApplicable, NotEvaluated, Risk},
        check_table, denied, listener, load_balancer,
    };
    use miyabi_types::evidence::Evidence;

    fn forwarding(protocol: &str) -> Listener {
        let forward = ListenerAction::Forward { target_group_arns: vec!["arn:aws:tg".into()] };
        listener(protocol, forward)
    }

    fn set(balancer: &mut LoadBalancer, name: &str, value: &str) {
        let Evidence::Known(attributes) = &mut balancer.attributes else { panic!("known") };
        attributes.insert(name.into(), value.into());
    }

    #[test]
    fn every_row_judges() {
        check_table(
            &CHECKS,
            vec![
                ("ELB.1", load_balancer(|_| {}), Clear),
                (
                    "ELB.1",
                    load_balancer(|b| b.listeners = Evidence::Known(vec![forwarding("HTTP")])),
                    Risk,
                ),
                (
                    "ELB.1",
                    load_balancer(|b| b.load_balancer_type = "network".into()),
                    NotApplicable,
                ),
                (
                    "ELB.1",
                    load_balancer(|b| {
                        b.listeners = denied("elasticloadbalancing:DescribeListeners");
                    }),
                    NotEvaluated("denied"),
                ),
                ("ELB.4", load_balancer(|_| {}), Clear),
                (
                    "ELB.4",
                    load_balancer(|b| {
                        set(b, "routing.http.drop_invalid_header_fields.enabled", "false");
                    }),
                    Risk,
                ),
                (
                    "ELB.4",
                    load_balancer(|b| b.load_balancer_type = "network".into()),
                    NotApplicable,
                ),
                ("ELB.5", load_balancer(|_| {}), Clear),
                ("ELB.5", load_balancer(|b| set(b, "access_logs.s3.enabled", "false")), Risk),
                ("ELB.6", load_balancer(|_| {}), Clear),
                ("ELB.6", load_balancer(|b| set(b, "deletion_protection.enabled", "false")), Risk),
                ("ELB.12", load_balancer(|_| {}), Clear),
                (
                    "ELB.12",
                    load_balancer(|b| set(b, "routing.http.desync_mitigation_mode", "monitor")),
                    Risk,
                ),
                ("ELB.13", load_balancer(|_| {}), Clear),
                ("ELB.13", load_balancer(|b| b.availability_zones.truncate(1)), Risk),
                ("ELB.17", load_balancer(|_| {}), Clear),
                (
                    "ELB.17",
                    load_balancer(|b| b.listeners = Evidence::Known(vec![forwarding("HTTPS")])),
                    Risk,
                ),
                ("ELB.17", load_balancer(|b| b.listeners = Evidence::Known(vec![])), NotApplicable),
                (
                    "ELB.18",
                    load_balancer(|b| b.listeners = Evidence::Known(vec![forwarding("HTTPS")])),
                    Clear,
                ),
                ("ELB.18", load_balancer(|_| {}), Risk),
            ],
        );
    }
}
