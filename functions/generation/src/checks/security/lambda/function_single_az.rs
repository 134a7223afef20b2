//! # What
//! A function in a VPC whose subnets are all in one zone.
//! # Why
//! When the zone fails, so does the function.
//! # Evidence
//! `lambda:ListFunctions` and the zones of its subnets (`ec2:DescribeSubnets`).
//! # Silent when
//! Its subnets are in two zones or more. Functions outside a VPC are not judged.
//! # Remedy and risk
//! None proposed: only the network's owner knows which subnet to add.
//! # References
//! Security Hub Lambda.5 (parameter `availabilityZones`, default 2).

use std::collections::BTreeSet;

use miyabi_types::{
    evidence::Unavailable,
    resource::{Resource, ResourceConfig, ResourceKind},
};

use crate::check::{Check, Context, FSBP, Found, Judge, SECURITY, Threshold, Verdict};

/// Fewest zones. Source: Security Hub Lambda.5.
const MIN_ZONES: usize = 2;

/// See the module.
pub const CHECK: Check = Check {
    id: "lambda_function_single_az",
    title: "Function in a VPC uses one zone only",
    kinds: &[ResourceKind::LambdaFunction],
    controls: &["Lambda.5"],
    thresholds: &[Threshold { what: "zones", value: "at least 2" }],
    references: &[FSBP],
    judge: Judge::Logic(judge),
    ..SECURITY
};

fn judge(resource: &Resource, context: &Context<'_>) -> Verdict {
    let ResourceConfig::LambdaFunction(function) = &resource.config else {
        return Verdict::NotApplicable;
    };
    if function.subnet_ids.is_empty() {
        return Verdict::NotApplicable;
    }
    let mut zones = BTreeSet::new();
    for id in &function.subnet_ids {
        let found = context.find(ResourceKind::Ec2Subnet, id, resource);
        let Some(ResourceConfig::Ec2Subnet(subnet)) = found.map(|subnet| &subnet.config) else {
            let why = context.unseen(ResourceKind::Ec2Subnet, resource).cloned();
            return Verdict::NotEvaluated(
                why.unwrap_or_else(|| Unavailable::because(format!("subnet {id} was not seen"))),
            );
        };
        zones.insert(subnet.availability_zone.as_str());
    }
    if zones.len() >= MIN_ZONES {
        return Verdict::Clear;
    }
    Found::risk(format!("all its subnets are in {}", Vec::from_iter(zones).join(", ")), None)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{Expect, check, check_in, function, subnet, world};

    #[test]
    fn judges() {
        let inside = function(|f| f.subnet_ids = vec!["subnet-1".into(), "subnet-2".into()]);
        let second = |zone: &str| {
            let mut second = subnet(|s| s.availability_zone = zone.into());
            second.id = "subnet-2".into();
            second
        };
        for (zone, expect) in [("us-east-1b", Expect::Clear), ("us-east-1a", Expect::Risk)] {
            let world = world([inside.clone(), subnet(|_| {}), second(zone)]);
            check_in(&CHECK, zone, world, &inside, expect);
        }
        check(&CHECK, "outside", function(|_| {}), Expect::NotApplicable);
        check(&CHECK, "unseen", inside, Expect::NotEvaluated("not seen"));
    }
}
