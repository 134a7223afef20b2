//! # What
//! A public address that AWS lent an instance which a load balancer serves.
//! # Why
//! Every public IPv4 address is billed by the hour; clients reach the instance through the load balancer.
//! # Evidence
//! `ec2:DescribeNetworkInterfaces` (addresses) and `elasticloadbalancing:DescribeTargetHealth` (targets).
//! # Silent when
//! The instance is in no target group, or the address is an Elastic IP address, which somebody chose.
//! # Remedy and risk
//! None proposed: an instance needs a NAT gateway or endpoints to reach out without the address.
//! # References
//! Amazon VPC User Guide, IP addressing (public IPv4 addresses are billed since February 2024).

use miyabi_types::{
    finding::Saving,
    resource::{Resource, ResourceConfig, ResourceKind},
};

use crate::check::{COST, Check, Context, Found, Judge, Reference, Verdict};

/// See the module.
pub const CHECK: Check = Check {
    id: "ec2_public_ipv4_needless",
    title: "Instance behind a load balancer has a public address",
    kinds: &[ResourceKind::Ec2NetworkInterface],
    saving: "public IPv4 price × addresses × 730 h",
    advice: "Move the instance to a private subnet; let it reach out by endpoints or a NAT gateway that is there.",
    references: &[Reference {
        source: "Amazon VPC User Guide, IP addressing for your VPCs and subnets",
        read: "2026-11",
    }],
    judge: Judge::Logic(judge),
    ..COST
};

fn judge(resource: &Resource, context: &Context<'_>) -> Verdict {
    let ResourceConfig::Ec2NetworkInterface(interface) = &resource.config else {
        return Verdict::NotApplicable;
    };
    let Some(instance) = interface.instance_id.as_deref() else { return Verdict::NotApplicable };
    if interface.public_ips.iter().all(|ip| ip.allocation_id.is_some()) {
        return Verdict::NotApplicable;
    }
    if let Some(why) = context.unseen(ResourceKind::TargetGroup, resource) {
        return Verdict::NotEvaluated(why.clone());
    }
    let served = context.naming(ResourceKind::TargetGroup, instance, resource).next();
    served.map_or(Verdict::Clear, |group| {
        Found::waste(
            format!(
                "{instance} is a target of {} and has a public address of its own",
                group.label()
            ),
            context.cost(resource).map_or(Saving::Unknown, Saving::Exact),
            None,
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{
        Expect, check, check_in, deny,
        services::{network_interface, target_group},
        world,
    };

    #[test]
    fn judges() {
        let lent = network_interface(|_| {});
        check(&CHECK, "no load balancer", lent.clone(), Expect::Clear);
        let served = world([lent.clone(), target_group(|_| {})]);
        check_in(&CHECK, "served", served, &lent, Expect::saves("$3.65"));
        let chosen =
            network_interface(|i| i.public_ips[0].allocation_id = Some("eipalloc-1".into()));
        check(&CHECK, "Elastic IP", chosen, Expect::NotApplicable);
        let mut unseen = world([lent.clone()]);
        deny(
            &mut unseen,
            "elasticloadbalancing:DescribeTargetGroups",
            &[ResourceKind::TargetGroup],
        );
        check_in(&CHECK, "denied", unseen, &lent, Expect::NotEvaluated("denied"));
    }
}
