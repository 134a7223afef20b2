//! # What
//! A NAT gateway to which no route leads.
//! # Why
//! Nothing can reach it, and it is billed by the hour.
//! # Evidence
//! `ec2:DescribeNatGateways` and `ec2:DescribeRouteTables`: no route of the VPC has it as its target.
//! # Silent when
//! A route names it. Route tables that could not be listed: not evaluated. A gateway that is younger than
//! a day may be about to get its route.
//! # Remedy and risk
//! Delete it; a gateway that is brought back has the same addresses under a new id.
//! # References
//! Amazon VPC User Guide, NAT gateways; aws-samples, sample-cfm-tips.

use miyabi_types::{
    action::Operation,
    finding::Severity,
    resource::{Resource, ResourceConfig, ResourceKind},
};

use super::super::remedies::delete_nat_gateway;
use crate::{
    check::{COST, Check, Context, Found, Judge, Limit, Reference, Verdict},
    idle::whole_cost,
};

const MIN_AGE: Limit = Limit {
    name: "new_gateway_days",
    what: "age of a gateway, from which it should have its route",
    unit: "days",
    default: 1.0,
    range: (0.0, 30.0),
    source: "our choice: routes are made with the gateway",
};

/// See the module.
pub const CHECK: Check = Check {
    id: "ec2_nat_gateway_unrouted",
    title: "No route leads to the NAT gateway",
    severity: Severity::Medium,
    kinds: &[ResourceKind::Ec2NatGateway],
    limits: &[MIN_AGE],
    saving: "NAT gateway price × 730 h (its Elastic IP addresses are found apart once they are free)",
    operation: Some(Operation::DeleteNatGateway),
    references: &[Reference { source: "Amazon VPC User Guide, NAT gateways", read: "2026-11" }],
    judge: Judge::Logic(judge),
    ..COST
};

fn judge(resource: &Resource, context: &Context<'_>) -> Verdict {
    let ResourceConfig::Ec2NatGateway(gateway) = &resource.config else {
        return Verdict::NotApplicable;
    };
    if gateway.state != "available" {
        return Verdict::NotApplicable;
    }
    let young = resource
        .created_at
        .is_some_and(|at| (context.days_since(at) as f64) < context.limit(&MIN_AGE));
    let routed = context.naming(ResourceKind::Ec2RouteTable, &resource.id, resource).next();
    if young || routed.is_some() {
        return Verdict::Clear;
    }
    if let Some(why) = context.unseen(ResourceKind::Ec2RouteTable, resource) {
        return Verdict::NotEvaluated(why.clone());
    }
    Found::waste(
        "no route table has a route to it",
        whole_cost(resource, context),
        delete_nat_gateway(resource, context),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{
        Expect, check, check_in, days_ago, deny,
        services::{nat_gateway, route_table},
        world,
    };

    #[test]
    fn judges() {
        check(&CHECK, "alone", nat_gateway(|_| {}), Expect::saves("$32.85"));
        let gateway = nat_gateway(|_| {});
        let routed = world([gateway.clone(), route_table(|_| {})]);
        check_in(&CHECK, "routed", routed, &gateway, Expect::Clear);
        let mut new = nat_gateway(|_| {});
        new.created_at = Some(days_ago(0));
        check(&CHECK, "new", new.clone(), Expect::Clear);
        new.created_at = Some(days_ago(1));
        check(&CHECK, "on the threshold", new, Expect::saves("$32.85"));
        let gone = nat_gateway(|g| g.state = "deleting".into());
        check(&CHECK, "deleting", gone, Expect::NotApplicable);
    }

    #[test]
    fn routes_that_could_not_be_listed_are_not_absent() {
        let gateway = nat_gateway(|_| {});
        let mut world = world([gateway.clone()]);
        deny(&mut world, "ec2:DescribeRouteTables", &[ResourceKind::Ec2RouteTable]);
        check_in(&CHECK, "denied", world, &gateway, Expect::NotEvaluated("denied"));
    }
}
