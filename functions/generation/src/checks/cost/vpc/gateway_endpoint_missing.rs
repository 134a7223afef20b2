//! # What
//! A VPC with a NAT gateway, but without a gateway endpoint for S3 or for `DynamoDB`.
//! # Why
//! Traffic with both then goes through the NAT gateway, which bills every GiB; gateway endpoints are free.
//! # Evidence
//! `ec2:DescribeNatGateways`, `ec2:DescribeVpcEndpoints`. How much of the traffic is for them is only in flow
//! logs, so the saving is not known.
//! # Silent when
//! The VPC has both endpoints, or no NAT gateway.
//! # Remedy and risk
//! None proposed: bucket policies that name the NAT gateway's address would refuse what then comes through
//! the endpoint.
//! # References
//! Amazon VPC User Guide, NAT gateways, Pricing; AWS `PrivateLink` Guide, Gateway endpoints.

use miyabi_types::{
    finding::Saving,
    resource::{Resource, ResourceConfig, ResourceKind},
};

use crate::check::{COST, Check, Context, Found, Judge, Reference, Verdict};

/// Services with gateway endpoints. Source: AWS `PrivateLink` Guide, Gateway endpoints.
const SERVICES: [&str; 2] = ["dynamodb", "s3"];

/// See the module.
pub const CHECK: Check = Check {
    id: "ec2_vpc_gateway_endpoint_missing",
    title: "Traffic with S3 or DynamoDB goes through a NAT gateway",
    kinds: &[ResourceKind::Ec2Vpc],
    saving: "unknown: GiB with S3 and DynamoDB × NAT gateway price, and only flow logs tell the GiB",
    advice: "Make gateway endpoints for S3 and DynamoDB in the route tables that lead to the NAT gateway.",
    references: &[Reference {
        source: "AWS PrivateLink Guide, Gateway endpoints",
        read: "2026-11",
    }],
    judge: Judge::Logic(judge),
    ..COST
};

fn judge(resource: &Resource, context: &Context<'_>) -> Verdict {
    for kind in [ResourceKind::Ec2NatGateway, ResourceKind::Ec2VpcEndpoint] {
        if let Some(why) = context.unseen(kind, resource) {
            return Verdict::NotEvaluated(why.clone());
        }
    }
    let vpc = resource.id.as_str();
    let gateways = context.naming(ResourceKind::Ec2NatGateway, vpc, resource).filter(|gateway| {
        matches!(&gateway.config, ResourceConfig::Ec2NatGateway(gateway)
            if gateway.state == "available" && gateway.connectivity == "public")
    });
    if gateways.count() == 0 {
        return Verdict::NotApplicable;
    }
    let has = |service: &str| {
        context.naming(ResourceKind::Ec2VpcEndpoint, vpc, resource).any(|endpoint| {
            matches!(&endpoint.config, ResourceConfig::Ec2VpcEndpoint(endpoint)
                if endpoint.endpoint_type == "Gateway"
                    && endpoint.service_name.rsplit('.').next() == Some(service))
        })
    };
    let missing: Vec<_> = SERVICES.into_iter().filter(|service| !has(service)).collect();
    if missing.is_empty() {
        return Verdict::Clear;
    }
    Found::waste(
        format!("a NAT gateway, and no gateway endpoint for {}", missing.join(" and ")),
        Saving::Unknown,
        None,
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{
        Expect, check, check_in, deny,
        services::{nat_gateway, vpc_endpoint},
        vpc, world,
    };

    fn endpoint(service: &str) -> Resource {
        let mut endpoint = vpc_endpoint(|e| {
            e.endpoint_type = "Gateway".into();
            e.service_name = format!("com.amazonaws.us-east-1.{service}");
        });
        endpoint.id = format!("vpce-{service}");
        endpoint.arn = endpoint.arn.as_str().replace("vpce-1", &endpoint.id).parse().unwrap();
        endpoint
    }

    #[test]
    fn judges() {
        let one = vpc(|_| {});
        check(&CHECK, "no NAT gateway", one.clone(), Expect::NotApplicable);
        let gateway = || nat_gateway(|_| {});
        let bad = world([one.clone(), gateway(), endpoint("s3")]);
        check_in(&CHECK, "one is missing", bad, &one, Expect::SavesUnknown);
        let good = world([one.clone(), gateway(), endpoint("s3"), endpoint("dynamodb")]);
        check_in(&CHECK, "both", good, &one, Expect::Clear);
        let mut unseen = world([one.clone(), gateway()]);
        deny(&mut unseen, "ec2:DescribeVpcEndpoints", &[ResourceKind::Ec2VpcEndpoint]);
        check_in(&CHECK, "denied", unseen, &one, Expect::NotEvaluated("denied"));
    }
}
