//! Controls of classic load balancers that compare one setting.

use miyabi_types::{
    evidence::Unavailable,
    finding::Severity,
    resource::{
        ResourceKind,
        elasticloadbalancing::{ClassicAttributes, ClassicListener, ClassicLoadBalancer},
    },
};

use super::super::row::{ROW, Row, of};
use crate::check::{Check, Reading, Threshold};

/// The table.
pub const CHECKS: [Check; 6] = [
    Row {
        id: "elb_classic_foreign_certificate",
        title: "Classic load balancer shows a certificate that Certificate Manager does not renew",
        control: &["ELB.2"],
        kinds: &[ResourceKind::ClassicLoadBalancer],
        must: &[Threshold {
            what: "certificate of HTTPS and SSL listeners",
            value: "of Certificate Manager",
        }],
        read: of!(ClassicLoadBalancer, |it| listeners(it, is_encrypted, |l| l
            .certificate_arn
            .as_ref()
            .is_some_and(|arn| arn.contains(":acm:")))),
        ..ROW
    }
    .check(),
    Row {
        id: "elb_classic_plain_listener",
        title: "Classic load balancer listens without TLS",
        control: &["ELB.3"],
        kinds: &[ResourceKind::ClassicLoadBalancer],
        must: &[Threshold { what: "Protocol", value: "HTTPS or SSL" }],
        read: of!(ClassicLoadBalancer, |it| listeners(it, |_| true, is_encrypted)),
        ..ROW
    }
    .check(),
    Row {
        id: "elb_classic_no_draining",
        title: "Classic load balancer cuts connections off when an instance goes",
        control: &["ELB.7"],
        severity: Severity::Low,
        kinds: &[ResourceKind::ClassicLoadBalancer],
        must: &[Threshold { what: "ConnectionDraining", value: "enabled" }],
        read: of!(ClassicLoadBalancer, |it| Reading::of(&it.attributes, |a| Reading::on(
            a.connection_draining
        ))),
        ..ROW
    }
    .check(),
    Row {
        id: "elb_classic_not_cross_zone",
        title: "Classic load balancer does not share load between zones",
        control: &["ELB.9"],
        kinds: &[ResourceKind::ClassicLoadBalancer],
        must: &[Threshold { what: "CrossZoneLoadBalancing", value: "enabled" }],
        read: of!(ClassicLoadBalancer, |it| Reading::of(&it.attributes, |a| Reading::on(
            a.cross_zone
        ))),
        ..ROW
    }
    .check(),
    Row {
        id: "elb_classic_single_az",
        title: "Classic load balancer is in one zone only",
        control: &["ELB.10"],
        kinds: &[ResourceKind::ClassicLoadBalancer],
        must: &[Threshold { what: "AvailabilityZones", value: "at least 2" }],
        read: of!(ClassicLoadBalancer, |it| Reading::must(
            it.availability_zones.len() >= 2,
            it.availability_zones.join(", ")
        )),
        ..ROW
    }
    .check(),
    Row {
        id: "elb_classic_desync_monitored_only",
        title: "Classic load balancer lets ambiguous requests through",
        control: &["ELB.14"],
        kinds: &[ResourceKind::ClassicLoadBalancer],
        must: &[Threshold { what: "desync mitigation mode", value: "defensive or strictest" }],
        read: of!(ClassicLoadBalancer, |it| Reading::of(&it.attributes, desync)),
        ..ROW
    }
    .check(),
];

fn is_encrypted(listener: &ClassicListener) -> bool {
    matches!(listener.protocol.as_str(), "HTTPS" | "SSL")
}

/// Bad where one of the listeners that are `judged` is not `right`: names all such.
fn listeners(
    balancer: &ClassicLoadBalancer,
    judged: fn(&ClassicListener) -> bool,
    right: fn(&ClassicListener) -> bool,
) -> Reading {
    let judged: Vec<_> = balancer.listeners.iter().filter(|l| judged(l)).collect();
    if judged.is_empty() {
        return Reading::NotApplicable;
    }
    let wrong: Vec<_> = judged
        .into_iter()
        .filter(|listener| !right(listener))
        .map(|listener| format!("{} {}", listener.protocol, listener.port))
        .collect();
    Reading::must(wrong.is_empty(), format!("not so on {}", wrong.join(", ")))
}

fn desync(attributes: &ClassicAttributes) -> Reading {
    match attributes.desync_mitigation_mode.as_deref() {
        None => Reading::Unknown(Unavailable::because("AWS did not say which mode it is in")),
        Some(mode) => Reading::must(matches!(mode, "defensive" | "strictest"), mode),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{
        Expect::{Clear, NotApplicable, NotEvaluated, Risk},
        check_table, classic_balancer, denied,
    };
    use miyabi_types::evidence::Evidence;

    fn edit(balancer: &mut ClassicLoadBalancer, edit: fn(&mut ClassicAttributes)) {
        let Evidence::Known(attributes) = &mut balancer.attributes else { panic!("known") };
        edit(attributes);
    }

    #[test]
    fn every_row_judges() {
        check_table(
            &CHECKS,
            vec![
                ("ELB.2", classic_balancer(|_| {}), Clear),
                (
                    "ELB.2",
                    classic_balancer(|b| {
                        b.listeners[0].certificate_arn =
                            Some("arn:aws:iam::123456789012:server-certificate/old".into());
                    }),
                    Risk,
                ),
                ("ELB.2", classic_balancer(|b| b.listeners.clear()), NotApplicable),
                ("ELB.3", classic_balancer(|_| {}), Clear),
                ("ELB.3", classic_balancer(|b| b.listeners[0].protocol = "HTTP".into()), Risk),
                ("ELB.3", classic_balancer(|b| b.listeners.clear()), NotApplicable),
                ("ELB.7", classic_balancer(|_| {}), Clear),
                ("ELB.7", classic_balancer(|b| edit(b, |a| a.connection_draining = false)), Risk),
                (
                    "ELB.7",
                    classic_balancer(|b| {
                        b.attributes =
                            denied("elasticloadbalancing:DescribeLoadBalancerAttributes");
                    }),
                    NotEvaluated("denied"),
                ),
                ("ELB.9", classic_balancer(|_| {}), Clear),
                ("ELB.9", classic_balancer(|b| edit(b, |a| a.cross_zone = false)), Risk),
                ("ELB.10", classic_balancer(|_| {}), Clear),
                ("ELB.10", classic_balancer(|b| b.availability_zones.truncate(1)), Risk),
                ("ELB.14", classic_balancer(|_| {}), Clear),
                (
                    "ELB.14",
                    classic_balancer(|b| {
                        edit(b, |a| a.desync_mitigation_mode = Some("monitor".into()));
                    }),
                    Risk,
                ),
                (
                    "ELB.14",
                    classic_balancer(|b| edit(b, |a| a.desync_mitigation_mode = None)),
                    NotEvaluated("did not say"),
                ),
            ],
        );
    }
}
