//! # What
//! An instance with more than one network interface.
//! # Why
//! It joins networks that are meant to be apart.
//! # Evidence
//! `ec2:DescribeNetworkInterfaces`: which interfaces are attached to the instance.
//! # Silent when
//! It has one. Where no interface of the instance was seen: not evaluated.
//! # Remedy and risk
//! None proposed: only its owner knows what the second is for.
//! # References
//! Security Hub EC2.17.

use miyabi_types::{
    evidence::Unavailable,
    finding::Severity,
    resource::{Resource, ResourceConfig, ResourceKind},
};

use crate::check::{Check, Context, FSBP, Found, Judge, SECURITY, Threshold, Verdict};

/// See the module.
pub const CHECK: Check = Check {
    id: "ec2_instance_several_interfaces",
    title: "Instance has several network interfaces",
    severity: Severity::Low,
    kinds: &[ResourceKind::Ec2Instance],
    controls: &["EC2.17"],
    thresholds: &[Threshold { what: "network interfaces", value: "1" }],
    references: &[FSBP],
    judge: Judge::Logic(judge),
    ..SECURITY
};

fn judge(resource: &Resource, context: &Context<'_>) -> Verdict {
    match &resource.config {
        ResourceConfig::Ec2Instance(instance)
            if !matches!(instance.state.as_str(), "terminated" | "shutting-down") => {}
        _ => return Verdict::NotApplicable,
    }
    if let Some(why) = context.unseen(ResourceKind::Ec2NetworkInterface, resource) {
        return Verdict::NotEvaluated(why.clone());
    }
    let interfaces: Vec<_> = context.interfaces_of(resource).map(|it| it.id.as_str()).collect();
    match interfaces.len() {
        0 => Verdict::NotEvaluated(Unavailable::because("none of its interfaces was seen")),
        1 => Verdict::Clear,
        _ => Found::risk(interfaces.join(", "), None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{Expect, check, check_in, instance, network_interface, world};

    #[test]
    fn judges() {
        let host = instance(|_| {});
        let second = || {
            let mut second = network_interface(|_| {});
            second.id = "eni-2".into();
            second.arn = format!("{}2", second.arn).parse().unwrap();
            second
        };
        let one = world([host.clone(), network_interface(|_| {})]);
        check_in(&CHECK, "one", one, &host, Expect::Clear);
        let two = world([host.clone(), network_interface(|_| {}), second()]);
        check_in(&CHECK, "two", two, &host, Expect::Risk);
        check(&CHECK, "unseen", host, Expect::NotEvaluated("none"));
        let gone = instance(|i| i.state = "terminated".into());
        check(&CHECK, "gone", gone, Expect::NotApplicable);
    }
}
