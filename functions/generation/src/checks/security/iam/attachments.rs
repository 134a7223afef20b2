//! # What
//! AWS's own policies where they should not be, or are missing: a principal with full `CloudShell` access
//! (IAM.27), an account in which nobody may talk to AWS Support (IAM.18).
//! # Why
//! `CloudShell` copies files out of the account; without Support an incident is fought alone.
//! # Evidence
//! `iam:GetAccountAuthorizationDetails`: the policies attached to users, groups and roles.
//! # Silent when
//! No principal has `AWSCloudShellFullAccess`; some role, user or group has `AWSSupportAccess`.
//! # Remedy and risk
//! None proposed: who needs what is for people to say.
//! # References
//! Security Hub IAM.18, IAM.27.

use miyabi_types::{
    finding::Severity,
    resource::{Resource, ResourceConfig, ResourceKind},
};

use crate::check::{Check, Context, FSBP, Found, Judge, SECURITY, Threshold, Verdict};

/// Source: Security Hub IAM.27.
const CLOUD_SHELL: &str = "policy/AWSCloudShellFullAccess";
/// Source: Security Hub IAM.18.
const SUPPORT: &str = "policy/AWSSupportAccess";

const PRINCIPALS: [ResourceKind; 3] =
    [ResourceKind::IamGroup, ResourceKind::IamRole, ResourceKind::IamUser];

/// See the module.
pub const CHECKS: [Check; 2] = [
    Check {
        id: "iam_nobody_may_call_support",
        title: "Nobody in the account may talk to AWS Support",
        severity: Severity::Low,
        // Of these there is one in every account.
        kinds: &[ResourceKind::IamRootAccount],
        controls: &["IAM.18"],
        thresholds: &[Threshold { what: "principals with AWSSupportAccess", value: "at least 1" }],
        references: &[FSBP],
        judge: Judge::Logic(support),
        ..SECURITY
    },
    Check {
        id: "iam_full_cloudshell",
        title: "Principal has full access to CloudShell",
        kinds: &PRINCIPALS,
        controls: &["IAM.27"],
        thresholds: &[Threshold { what: "AWSCloudShellFullAccess", value: "not attached" }],
        references: &[FSBP],
        judge: Judge::Logic(cloud_shell),
        ..SECURITY
    },
];

fn attached(resource: &Resource) -> Option<&[String]> {
    match &resource.config {
        ResourceConfig::IamGroup(group) => Some(&group.attached_policies),
        ResourceConfig::IamRole(role) => Some(&role.attached_policies),
        ResourceConfig::IamUser(user) => Some(&user.attached_policies),
        _ => None,
    }
}

fn has(resource: &Resource, policy: &str) -> bool {
    attached(resource).is_some_and(|attached| attached.iter().any(|arn| arn.ends_with(policy)))
}

fn cloud_shell(resource: &Resource, _: &Context<'_>) -> Verdict {
    match attached(resource) {
        None => Verdict::NotApplicable,
        Some(_) if has(resource, CLOUD_SHELL) => Found::risk("AWSCloudShellFullAccess", None),
        Some(_) => Verdict::Clear,
    }
}

fn support(account: &Resource, context: &Context<'_>) -> Verdict {
    for kind in PRINCIPALS {
        match context.all(kind, account) {
            Err(why) => return Verdict::NotEvaluated(why.clone()),
            Ok(principals) if principals.iter().any(|it| has(it, SUPPORT)) => {
                return Verdict::Clear;
            }
            Ok(_) => {}
        }
    }
    Found::risk("AWSSupportAccess is attached to nobody", None)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{Expect, check, check_in, deny, root, user, world};

    fn with(policy: &str) -> Resource {
        user(|user| user.attached_policies = vec![format!("arn:aws:iam::aws:{policy}")])
    }

    #[test]
    fn shells() {
        check(&CHECKS[1], "none", user(|_| {}), Expect::Clear);
        check(&CHECKS[1], "attached", with(CLOUD_SHELL), Expect::Risk);
    }

    #[test]
    fn support_is_looked_for_among_all_principals() {
        let root = root(|_| {});
        check(&CHECKS[0], "nobody", root.clone(), Expect::Risk);
        let somebody = world([root.clone(), with(SUPPORT)]);
        check_in(&CHECKS[0], "somebody", somebody, &root, Expect::Clear);
        let mut denied = world([root.clone()]);
        deny(&mut denied, "iam:GetAccountAuthorizationDetails", &PRINCIPALS);
        check_in(&CHECKS[0], "denied", denied, &root, Expect::NotEvaluated("denied"));
    }
}
