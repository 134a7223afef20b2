//! # What
//! A running Linux instance for which a Graviton type gives as much for less.
//! # Why
//! Types with AWS's own processors cost less than those with Intel's or AMD's.
//! # Evidence
//! `ec2:DescribeInstances` and the price sheet: the cheapest current arm64 type of the same class letter with at
//! least as many vCPUs and as much memory.
//! # Silent when
//! It runs on arm64, on Windows or a licensed system, or no such type is cheaper. Prices or the type's data
//! unknown: not evaluated.
//! # Remedy and risk
//! None proposed: everything on it must be there for arm64, and be tested.
//! # References
//! Compute Optimizer, AWS Graviton-based instance recommendations; Turbot AWS Thrifty.

use miyabi_types::{
    evidence::Unavailable,
    finding::{Saving, Severity},
    resource::{Resource, ResourceConfig, ResourceKind},
};

use super::instance_previous_generation::letters;
use crate::check::{COST, Check, Context, Found, Judge, Reference, Verdict};

/// See the module.
pub const CHECK: Check = Check {
    id: "ec2_instance_graviton",
    title: "EC2 instance could run on Graviton for less",
    severity: Severity::Informational,
    kinds: &[ResourceKind::Ec2Instance],
    saving: "instance price − price of the cheapest arm64 type that gives as much",
    commitments: true,
    advice: "Build and test its software for arm64, launch the Graviton type beside it, and move over.",
    references: &[Reference {
        source: "AWS Compute Optimizer User Guide, AWS Graviton-based instance recommendations",
        read: "2026-11",
    }],
    judge: Judge::Logic(judge),
    ..COST
};

fn judge(resource: &Resource, context: &Context<'_>) -> Verdict {
    let ResourceConfig::Ec2Instance(instance) = &resource.config else {
        return Verdict::NotApplicable;
    };
    let portable = matches!(instance.platform.as_str(), "" | "Linux/UNIX");
    if instance.state != "running" || !portable || instance.lifecycle != "on-demand" {
        return Verdict::NotApplicable;
    }
    let (prices, name) = (context.prices(), instance.instance_type.as_str());
    let unknown = |what: String| Verdict::NotEvaluated(Unavailable::because(what));
    let Some(now) = prices.instance_types.get(name) else {
        return unknown(format!("{name} is not in the price sheet"));
    };
    if now.arch != "x86_64" {
        return Verdict::Clear;
    }
    let Some(cost) = context.cost(resource) else {
        return unknown(format!("the price of {name} is not known"));
    };
    let best = prices
        .instance_types
        .iter()
        .filter(|(candidate, offer)| {
            offer.arch == "arm64"
                && letters(candidate).starts_with(&letters(name)[..1])
                && offer.burstable == now.burstable
                && offer.generation.as_deref() != Some("previous")
                && offer.vcpu >= now.vcpu
                && offer.memory_mib >= now.memory_mib
        })
        .filter_map(|(candidate, _)| {
            let price = prices.instance(&resource.region, candidate, &instance.platform);
            Some((*price.known()?, candidate))
        })
        .min();
    match best {
        Some((price, candidate)) if price < cost => Found::waste(
            format!("{name} costs {cost} a month; {candidate} gives as much for {price}"),
            Saving::Estimated(cost - price),
            None,
        ),
        _ => Verdict::Clear,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{Expect, check, in_region, instance};

    #[test]
    fn judges() {
        // m5.large at $0.096 an hour, m6g.large at $0.077.
        check(&CHECK, "x86", instance(|_| {}), Expect::saves("$13.87"));
        let arm = instance(|i| i.instance_type = "m6g.large".into());
        check(&CHECK, "Graviton", arm, Expect::Clear);
        let none = instance(|i| i.instance_type = "r5.large".into());
        check(&CHECK, "no such type", none, Expect::Clear);
        let windows = instance(|i| i.platform = "Windows".into());
        check(&CHECK, "Windows", windows, Expect::NotApplicable);
        let odd = instance(|i| i.instance_type = "x99.large".into());
        check(&CHECK, "unknown type", odd, Expect::NotEvaluated("not in the price sheet"));
        let elsewhere = in_region(instance(|_| {}), "sa-east-1");
        check(&CHECK, "no price", elsewhere, Expect::NotEvaluated("not known"));
    }
}
