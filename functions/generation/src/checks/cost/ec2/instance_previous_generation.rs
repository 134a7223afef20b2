//! # What
//! A running instance of a previous generation, for which a newer type of the same family costs less.
//! # Why
//! Newer generations give at least as much for less money.
//! # Evidence
//! `ec2:DescribeInstances` and the price sheet: a current type of the same family letter and architecture
//! with at least as many vCPUs and as much memory, at a lower price.
//! # Silent when
//! There is no such type. Prices or the type's data unknown: not evaluated.
//! # Remedy and risk
//! None proposed: old images may lack the ENA and `NVMe` drivers that the newer generation needs, which
//! cannot be seen from outside.
//! # References
//! `OptScale`, instance generation upgrade; EC2 User Guide, Change the instance type.

use miyabi_types::{
    evidence::Unavailable,
    finding::Saving,
    pricing::InstanceType,
    resource::{Resource, ResourceConfig, ResourceKind},
};

use crate::check::{COST, Check, Context, Found, Judge, Reference, Verdict};

/// Families that AWS still sells as current, but that have a cheaper successor. Source: Turbot AWS Thrifty.
const SUPERSEDED: [&str; 1] = ["t2"];

/// See the module.
pub const CHECK: Check = Check {
    id: "ec2_instance_previous_generation",
    title: "EC2 instance is of a previous generation",
    kinds: &[ResourceKind::Ec2Instance],
    saving: "instance price − price of the cheapest newer type that gives as much",
    commitments: true,
    advice: "Make an image, check that its drivers (ENA, NVMe) suit, and change the type at a restart.",
    references: &[Reference { source: "OptScale, instance generation upgrade", read: "2026-11" }],
    judge: Judge::Logic(judge),
    ..COST
};

fn judge(resource: &Resource, context: &Context<'_>) -> Verdict {
    let ResourceConfig::Ec2Instance(instance) = &resource.config else {
        return Verdict::NotApplicable;
    };
    if instance.state != "running" {
        return Verdict::NotApplicable;
    }
    let (prices, name) = (context.prices(), instance.instance_type.as_str());
    let Some(now) = prices.instance_types.get(name) else {
        return Verdict::NotEvaluated(Unavailable::because(format!(
            "{name} is not in the price sheet"
        )));
    };
    if !is_superseded(name, now) {
        return Verdict::Clear;
    }
    let Some(cost) = context.cost(resource) else {
        return Verdict::NotEvaluated(Unavailable::because(format!(
            "the price of {name} is not known"
        )));
    };
    let newer = prices
        .instance_types
        .iter()
        .filter(|(candidate, offer)| replaces(name, now, candidate, offer))
        .filter_map(|(candidate, _)| {
            let price = prices.instance(&resource.region, candidate, &instance.platform);
            Some((*price.known()?, candidate))
        })
        .min();
    match newer {
        Some((price, candidate)) if price < cost => Found::waste(
            format!("{name} costs {cost} a month; {candidate} gives as much for {price}"),
            Saving::Estimated(cost - price),
            None,
        ),
        _ => Verdict::Clear,
    }
}

fn is_superseded(name: &str, offer: &InstanceType) -> bool {
    offer.generation.as_deref() == Some("previous") || SUPERSEDED.contains(&family(name))
}

/// Whether `candidate` is a newer type that gives at least what `name` gives.
fn replaces(name: &str, now: &InstanceType, candidate: &str, offer: &InstanceType) -> bool {
    letters(candidate) == letters(name)
        && offer.arch == now.arch
        && offer.burstable == now.burstable
        && offer.vcpu >= now.vcpu
        && offer.memory_mib >= now.memory_mib
        && !is_superseded(candidate, offer)
}

/// `m5a` of `m5a.large`.
fn family(name: &str) -> &str {
    name.split('.').next().unwrap_or(name)
}

/// `m` of `m5a.large`.
pub fn letters(name: &str) -> &str {
    let end = name.find(|c: char| c.is_ascii_digit()).unwrap_or(name.len());
    &name[..end]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{Expect, check, in_region, instance};

    fn of_type(name: &str) -> Resource {
        instance(|i| i.instance_type = name.into())
    }

    #[test]
    fn judges() {
        // m4.large at $0.100 an hour, m5.large at $0.096.
        check(&CHECK, "previous", of_type("m4.large"), Expect::saves("$2.92"));
        check(&CHECK, "superseded", of_type("t2.medium"), Expect::saves("$3.50"));
        check(&CHECK, "current", of_type("m5.large"), Expect::Clear);
        check(&CHECK, "unknown type", of_type("x9.large"), Expect::NotEvaluated("price sheet"));
        let elsewhere = in_region(of_type("m4.large"), "sa-east-1");
        check(&CHECK, "no price", elsewhere, Expect::NotEvaluated("price"));
    }

    #[test]
    fn a_newer_type_at_the_same_price_is_no_saving() {
        check(&CHECK, "as dear", of_type("r4.large"), Expect::Clear);
    }
}
