//! # What
//! A VPC without an interface endpoint of a service: EC2 (EC2.10), ECR's API (EC2.55) and registry (EC2.56),
//! Systems Manager (EC2.57), its incident contacts (EC2.58) and incidents (EC2.60).
//! # Why
//! Calls to the service leave the VPC by way of the internet.
//! # Evidence
//! `ec2:DescribeVpcEndpoints`.
//! # Silent when
//! The VPC has such an endpoint, or its FIPS variant, and it is available.
//! # Remedy and risk
//! None proposed: an interface endpoint is charged by the hour in each zone. Disable the control where
//! nothing in the VPC calls the service.
//! # References
//! Security Hub EC2.10, EC2.55, EC2.56, EC2.57, EC2.58, EC2.60.

use miyabi_types::resource::{Resource, ResourceConfig, ResourceKind};

use crate::check::{Check, Context, FSBP, Found, Judge, SECURITY, Threshold, Verdict};

/// One row.
macro_rules! endpoint {
    ($id:literal, $of:literal, $control:literal, $service:literal) => {
        Check {
            id: concat!("ec2_vpc_no_", $id, "_endpoint"),
            title: concat!("VPC has no endpoint of ", $of),
            kinds: &[ResourceKind::Ec2Vpc],
            controls: &[$control],
            thresholds: &[Threshold {
                what: concat!("interface endpoints of ", $service),
                value: "at least 1",
            }],
            references: &[FSBP],
            judge: Judge::Logic(|vpc, context| judge(vpc, context, $service)),
            ..SECURITY
        }
    };
}

/// See the module.
pub const CHECKS: [Check; 6] = [
    endpoint!("ec2", "EC2", "EC2.10", "ec2"),
    endpoint!("ecr_api", "ECR's API", "EC2.55", "ecr.api"),
    endpoint!("ecr_registry", "ECR's registry", "EC2.56", "ecr.dkr"),
    endpoint!("ssm", "Systems Manager", "EC2.57", "ssm"),
    endpoint!("ssm_contacts", "Systems Manager's contacts", "EC2.58", "ssm-contacts"),
    endpoint!("ssm_incidents", "Systems Manager's incidents", "EC2.60", "ssm-incidents"),
];

fn judge(vpc: &Resource, context: &Context<'_>, service: &str) -> Verdict {
    if let Some(why) = context.unseen(ResourceKind::Ec2VpcEndpoint, vpc) {
        return Verdict::NotEvaluated(why.clone());
    }
    // `ec2messages` is another service than `ec2`.
    let name = format!("com.amazonaws.{}.{service}", vpc.region);
    let mut endpoints = context.naming(ResourceKind::Ec2VpcEndpoint, &vpc.id, vpc);
    let there = endpoints.any(|endpoint| match &endpoint.config {
        ResourceConfig::Ec2VpcEndpoint(endpoint) => {
            endpoint.service_name.strip_suffix("-fips").unwrap_or(&endpoint.service_name) == name
                && endpoint.state.eq_ignore_ascii_case("available")
        }
        _ => false,
    });
    if there { Verdict::Clear } else { Found::risk(format!("no endpoint of {name}"), None) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{Expect, check, check_in, deny, vpc, vpc_endpoint, world};

    #[test]
    fn judges() {
        let home = vpc(|_| {});
        check(&CHECKS[0], "none", home.clone(), Expect::Risk);
        let messages = vpc_endpoint(|e| e.service_name.push_str("messages"));
        let fips = vpc_endpoint(|e| e.service_name.push_str("-fips"));
        let elsewhere = vpc_endpoint(|e| e.vpc_id = "vpc-2".into());
        let pending = vpc_endpoint(|e| e.state = "pending".into());
        for (case, endpoint, expect) in [
            ("there", vpc_endpoint(|_| {}), Expect::Clear),
            ("its FIPS variant", fips, Expect::Clear),
            ("of another service", messages, Expect::Risk),
            ("in another VPC", elsewhere, Expect::Risk),
            ("not available", pending, Expect::Risk),
        ] {
            check_in(&CHECKS[0], case, world([home.clone(), endpoint]), &home, expect);
        }
        let mut denied = world([home.clone()]);
        deny(&mut denied, "ec2:DescribeVpcEndpoints", &[ResourceKind::Ec2VpcEndpoint]);
        check_in(&CHECKS[0], "denied", denied, &home, Expect::NotEvaluated("denied"));
    }
}
