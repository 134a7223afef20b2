//! # What
//! Policies that give too much: everything (IAM.1), every action of a service (IAM.21), decryption with every
//! KMS key (KMS.1 for customer-managed, KMS.2 for inline policies).
//! # Why
//! Whoever takes over such a principal has the account, or the service, or the data.
//! # Evidence
//! `iam:GetAccountAuthorizationDetails`: the documents of customer-managed policies (default version) and of
//! inline policies. Conditions are not considered, as the controls say.
//! # Silent when
//! Every statement is narrower. Service-linked roles and policies that AWS manages are not judged: nobody
//! can change them.
//! # Remedy and risk
//! None proposed: only the principal's owner knows what it needs.
//! # References
//! Security Hub IAM.1, IAM.21, KMS.1, KMS.2.

use miyabi_types::{
    finding::Severity,
    resource::{Resource, ResourceConfig, ResourceKind, iam::InlinePolicy},
};
use serde_json::Value;

use crate::{
    check::{Check, Context, FSBP, Found, Judge, SECURITY, Verdict},
    policy_document::{Statement, matches, statements},
};

/// Actions that decrypt. Source: Security Hub KMS.1, KMS.2.
const DECRYPTING: [&str; 2] = ["kms:Decrypt", "kms:ReEncryptFrom"];

/// See the module.
pub const CHECKS: [Check; 4] = [
    Check {
        id: "iam_policy_full_admin",
        title: "Policy allows everything",
        severity: Severity::High,
        controls: &["IAM.1"],
        judge: Judge::Logic(|resource, _| managed(resource, allows_everything)),
        ..MANAGED
    },
    Check {
        id: "iam_policy_service_wildcard",
        title: "Policy allows every action of a service",
        severity: Severity::Low,
        controls: &["IAM.21"],
        judge: Judge::Logic(|resource, _| managed(resource, allows_service)),
        ..MANAGED
    },
    Check {
        id: "iam_policy_decrypts_all_keys",
        title: "Policy allows decryption with every KMS key",
        controls: &["KMS.1"],
        judge: Judge::Logic(|resource, _| managed(resource, decrypts_all)),
        ..MANAGED
    },
    Check {
        id: "iam_inline_policy_decrypts_all_keys",
        title: "Inline policy allows decryption with every KMS key",
        kinds: &[ResourceKind::IamUser, ResourceKind::IamGroup, ResourceKind::IamRole],
        controls: &["KMS.2"],
        judge: Judge::Logic(inline),
        ..MANAGED
    },
];

const MANAGED: Check = Check { kinds: &[ResourceKind::IamPolicy], references: &[FSBP], ..SECURITY };

fn managed(resource: &Resource, too_much: fn(Statement<'_>) -> Option<String>) -> Verdict {
    let ResourceConfig::IamPolicy(policy) = &resource.config else {
        return Verdict::NotApplicable;
    };
    match first(&policy.document, too_much) {
        Some(what) => {
            let uses = policy.attachment_count;
            Found::risk(format!("{what}; attached to {uses} principal(s)"), None)
        }
        None => Verdict::Clear,
    }
}

fn inline(resource: &Resource, _: &Context<'_>) -> Verdict {
    let policies: &[InlinePolicy] = match &resource.config {
        ResourceConfig::IamUser(user) => &user.inline_policies,
        ResourceConfig::IamGroup(group) => &group.inline_policies,
        ResourceConfig::IamRole(role) if !is_aws_own(&role.path) => &role.inline_policies,
        _ => return Verdict::NotApplicable,
    };
    let wrong = policies.iter().find_map(|policy| {
        first(&policy.document, decrypts_all).map(|what| format!("{}: {what}", policy.name))
    });
    wrong.map_or(Verdict::Clear, |what| Found::risk(what, None))
}

/// Whether AWS made the role for itself: service-linked, or of IAM Identity Center.
pub fn is_aws_own(path: &str) -> bool {
    path.starts_with("/aws-service-role/") || path.starts_with("/aws-reserved/")
}

fn first(document: &Value, too_much: fn(Statement<'_>) -> Option<String>) -> Option<String> {
    statements(document).filter(|statement| statement.allows()).find_map(too_much)
}

fn allows_everything(statement: Statement<'_>) -> Option<String> {
    let everything = statement.actions().any(|action| matches!(action, "*" | "*:*"))
        && statement.resources().any(|resource| resource == "*");
    everything.then(|| "allows * on *".to_owned())
}

fn allows_service(statement: Statement<'_>) -> Option<String> {
    statement
        .actions()
        .map(|action| (action, "allows"))
        .chain(statement.not_actions().map(|action| (action, "allows all but")))
        .find(|(action, _)| action.strip_suffix(":*").is_some_and(|service| service != "*"))
        .map(|(action, allows)| format!("{allows} {action}"))
}

fn decrypts_all(statement: Statement<'_>) -> Option<String> {
    let action = DECRYPTING.into_iter().find(|action| statement.covers_action(action))?;
    let on = statement.resources().find(|resource| is_every_key(resource))?;
    Some(format!("allows {action} on {on}"))
}

/// Whether the resource pattern covers every key of an account and region, at least.
fn is_every_key(resource: &str) -> bool {
    resource == "*"
        || matches("arn:*:kms:*:*:key/*", resource) && resource.ends_with(":key/*")
        || resource.starts_with("arn:") && resource.contains(":kms:") && resource.ends_with(":*")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::fixture::{Expect, allow, check, policy, role, user};

    #[test]
    fn everything() {
        check(&CHECKS[0], "admin", policy(allow("*", "*")), Expect::Risk);
        check(&CHECKS[0], "one bucket", policy(allow("*", "arn:aws:s3:::data")), Expect::Clear);
        check(&CHECKS[0], "one service", policy(allow("s3:*", "*")), Expect::Clear);
        let denied = json!({ "Statement": [{ "Effect": "Deny", "Action": "*", "Resource": "*" }] });
        check(&CHECKS[0], "denied", policy(denied), Expect::Clear);
    }

    #[test]
    fn a_whole_service() {
        check(&CHECKS[1], "service", policy(allow("s3:*", "arn:aws:s3:::data")), Expect::Risk);
        check(&CHECKS[1], "prefix", policy(allow("s3:Get*", "*")), Expect::Clear);
        check(&CHECKS[1], "admin is IAM.1's", policy(allow("*", "*")), Expect::Clear);
        let but =
            json!({ "Statement": { "Effect": "Allow", "NotAction": "iam:*", "Resource": "*" } });
        check(&CHECKS[1], "all but", policy(but), Expect::Risk);
    }

    #[test]
    fn every_key() {
        let one = "arn:aws:kms:us-east-1:123456789012:key/1234";
        for (case, document, expect) in [
            ("all", allow("kms:Decrypt", "*"), Expect::Risk),
            ("by pattern", allow("kms:De*", "arn:aws:kms:*:*:key/*"), Expect::Risk),
            ("admin", allow("*", "*"), Expect::Risk),
            ("re-encrypt", allow("kms:ReEncrypt*", "*"), Expect::Risk),
            ("one key", allow("kms:Decrypt", one), Expect::Clear),
            ("encrypt only", allow("kms:Encrypt", "*"), Expect::Clear),
        ] {
            check(&CHECKS[2], case, policy(document), expect);
        }
    }

    #[test]
    fn inline_policies() {
        let all = || allow("kms:Decrypt", "*");
        check(&CHECKS[3], "role", role("/", all()), Expect::Risk);
        check(&CHECKS[3], "narrow", role("/", allow("s3:GetObject", "*")), Expect::Clear);
        let linked = role("/aws-service-role/x.amazonaws.com/", all());
        check(&CHECKS[3], "service-linked", linked, Expect::NotApplicable);
        let named = InlinePolicy { name: "keys".into(), document: all() };
        let user = user(|user| user.inline_policies = vec![named]);
        check(&CHECKS[3], "user", user, Expect::Risk);
    }
}
