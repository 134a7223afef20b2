//! # What
//! A VPC's default security group that lets anything in or out.
//! # Why
//! Whatever is launched without naming a group lands in it.
//! # Evidence
//! `ec2:DescribeSecurityGroups`: any inbound or outbound rule of a group named `default`.
//! # Silent when
//! It has no rules, or the group is not a default one.
//! # Remedy and risk
//! Revoke every rule, where nothing that was seen is in the group. Where something is, only a
//! person can move it first.
//! # References
//! Security Hub EC2.2.

use miyabi_types::{
    action::Operation,
    finding::Severity,
    resource::{Resource, ResourceConfig, ResourceKind},
};

use super::exposure::{count, is_default, revoke, seems_unused};
use crate::check::{Check, Context, FSBP, Found, Judge, SECURITY, Threshold, Verdict};

/// See the module.
pub const CHECK: Check = Check {
    id: "ec2_security_group_default_open",
    title: "Default security group has rules",
    severity: Severity::High,
    kinds: &[ResourceKind::Ec2SecurityGroup],
    controls: &["EC2.2"],
    thresholds: &[Threshold { what: "rules", value: "none" }],
    operation: Some(Operation::RevokeRules),
    references: &[FSBP],
    judge: Judge::Logic(judge),
    ..SECURITY
};

fn judge(resource: &Resource, context: &Context<'_>) -> Verdict {
    let ResourceConfig::Ec2SecurityGroup(group) = &resource.config else {
        return Verdict::NotApplicable;
    };
    if !is_default(group) {
        return Verdict::NotApplicable;
    }
    if group.ingress.is_empty() && group.egress.is_empty() {
        return Verdict::Clear;
    }
    let rules = format!(
        "{} and {}",
        count(group.ingress.len(), "inbound rule"),
        count(group.egress.len(), "outbound rule")
    );
    let users: Vec<_> = context.members(resource).map(Resource::label).collect();
    if seems_unused(resource, context) {
        Found::risk(rules, revoke(resource, group, context))
    } else if users.is_empty() {
        Found::risk(format!("{rules}; what uses it could not be read"), None)
    } else {
        Found::risk(format!("{rules}; used by {}", users.join(", ")), None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{
        Expect, check, check_in, deny, evaluate, everything, instance, security_group, world,
    };

    fn default_group() -> Resource {
        security_group(|g| {
            g.group_name = "default".into();
            g.egress = vec![everything("0.0.0.0/0")];
        })
    }

    #[test]
    fn judges() {
        check(&CHECK, "one outbound rule", default_group(), Expect::Risk);
        let empty = security_group(|g| g.group_name = "default".into());
        check(&CHECK, "no rules", empty, Expect::Clear);
        let other = security_group(|g| g.egress = vec![everything("0.0.0.0/0")]);
        check(&CHECK, "not the default", other, Expect::NotApplicable);
    }

    #[test]
    fn a_group_in_use_is_not_emptied() {
        let group = default_group();
        let world = world([group.clone(), instance(|_| {})]);
        let context = Context::new(&world);
        let Verdict::Finding(found) = CHECK.evaluate(&group, &context) else { panic!("has rules") };
        assert!(found.evidence.contains("used by i-1"), "{}", found.evidence);
        assert_eq!(found.remedy, None);
        let Verdict::Finding(alone) = evaluate(&CHECK, group.clone()) else { panic!("has rules") };
        assert!(alone.remedy.is_some());
        check_in(&CHECK, "in use", world.clone(), &group, Expect::Risk);
    }

    #[test]
    fn a_group_whose_users_could_not_be_read_is_not_emptied() {
        let group = default_group();
        let mut world = world([group.clone()]);
        deny(&mut world, "ec2:DescribeInstances", &[ResourceKind::Ec2Instance]);
        let verdict = CHECK.evaluate(&group, &Context::new(&world));
        let Verdict::Finding(found) = verdict else { panic!("has rules") };
        assert!(found.evidence.contains("could not be read"), "{}", found.evidence);
        assert_eq!(found.remedy, None);
    }
}
