//! # What
//! A security group that nothing is in and that no other group's rule names.
//! # Why
//! One day somebody picks it for its name, with rules that nobody has looked at for years.
//! # Evidence
//! Network interfaces, instances, databases, load balancers, functions and whatever else was seen to be in
//! groups; rules of other groups.
//! # Silent when
//! Something is in it, or a rule names it. A VPC's default group cannot be deleted and is not judged. Where
//! interfaces, instances or databases could not be listed: not evaluated.
//! # Remedy and risk
//! None proposed: launch templates of other tools may name it.
//! # References
//! Amazon VPC User Guide, Delete a security group.

use miyabi_types::{
    finding::Severity,
    resource::{Resource, ResourceConfig, ResourceKind},
};

use super::exposure::is_default;
use crate::check::{Check, Context, Found, Judge, Reference, SECURITY, Verdict};

/// What tells whether a group is used at all.
const TELLING: [ResourceKind; 4] = [
    ResourceKind::Ec2Instance,
    ResourceKind::Ec2NetworkInterface,
    ResourceKind::Ec2SecurityGroup,
    ResourceKind::RdsDbInstance,
];

/// See the module.
pub const CHECK: Check = Check {
    id: "ec2_security_group_unused",
    title: "Nothing uses the security group",
    severity: Severity::Low,
    kinds: &[ResourceKind::Ec2SecurityGroup],
    references: &[Reference {
        source: "Amazon VPC User Guide, Delete a security group",
        read: "2026-11",
    }],
    judge: Judge::Logic(judge),
    ..SECURITY
};

fn judge(resource: &Resource, context: &Context<'_>) -> Verdict {
    let ResourceConfig::Ec2SecurityGroup(group) = &resource.config else {
        return Verdict::NotApplicable;
    };
    if is_default(group) {
        return Verdict::NotApplicable;
    }
    if context.members(resource).next().is_some() {
        return Verdict::Clear;
    }
    if let Some(why) = TELLING.iter().find_map(|kind| context.unseen(*kind, resource)) {
        return Verdict::NotEvaluated(why.clone());
    }
    let mut naming = context.naming(ResourceKind::Ec2SecurityGroup, &resource.id, resource);
    let named = naming.any(|other| other.id != resource.id);
    if named { Verdict::Clear } else { Found::risk("nothing is in it and no rule names it", None) }
}

#[cfg(test)]
mod tests {
    use miyabi_types::resource::ec2::Peer;

    use super::*;
    use crate::fixture::{
        Expect, check, check_in, deny, network_interface, security_group, tcp, world,
    };

    #[test]
    fn judges() {
        let group = security_group(|_| {});
        check(&CHECK, "alone", group.clone(), Expect::Risk);
        let used = world([group.clone(), network_interface(|_| {})]);
        check_in(&CHECK, "an interface", used, &group, Expect::Clear);
        let mut naming = security_group(|g| {
            let mut rule = tcp(22..=22, "10.0.0.0/8");
            rule.peer = Peer::Group("sg-1".into());
            g.ingress = vec![rule];
        });
        naming.id = "sg-2".into();
        naming.arn = format!("{}2", naming.arn).parse().unwrap();
        let named = world([group.clone(), naming]);
        check_in(&CHECK, "named by a rule", named, &group, Expect::Clear);
        let default = security_group(|g| g.group_name = "default".into());
        check(&CHECK, "default", default, Expect::NotApplicable);
        let mut denied = world([group.clone()]);
        deny(&mut denied, "ec2:DescribeNetworkInterfaces", &[ResourceKind::Ec2NetworkInterface]);
        check_in(&CHECK, "denied", denied, &group, Expect::NotEvaluated("denied"));
    }
}
