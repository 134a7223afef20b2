//! # What
//! A role that lets in everybody, a stranger's account without an external id, or every workflow of an
//! identity provider; and a role that nobody has used for long.
//! # Why
//! A role is as safe as those it trusts. Without an external id a service that acts for many can be made to
//! act on the wrong one (the confused deputy); without a condition on the subject, any repository of anybody
//! gets in through its provider.
//! # Evidence
//! `iam:GetAccountAuthorizationDetails`: trust policies and when roles were last used (IAM keeps 400 days);
//! the organization's accounts, where they can be listed.
//! # Silent when
//! Principals are of the own account or organization; a condition asks for an external id, an organization,
//! an ARN; a condition names the subject. Roles that AWS made for itself are not judged.
//! # Remedy and risk
//! None proposed: who must get in is for people to say.
//! # References
//! IAM User Guide, The confused deputy problem; Configuring a role for GitHub OIDC identity provider.

use miyabi_types::{
    finding::Severity,
    resource::{Resource, ResourceConfig, ResourceKind, iam::Role},
};

use super::policies::is_aws_own;
use crate::{
    check::{Check, Context, Found, Judge, Limit, Reference, SECURITY, Verdict},
    policy_document::{Statement, statements},
};

const UNUSED: Limit = Limit {
    name: "role_unused_days",
    what: "days since it was used, from which a role is unused",
    unit: "days",
    default: 90.0,
    range: (7.0, 365.0),
    source: "AWS Security Hub User Guide, unused access findings (look-back of 90 days)",
};

/// See the module.
pub const CHECKS: [Check; 4] = [
    Check {
        id: "iam_role_trusts_everybody",
        title: "Everybody may take the role",
        severity: Severity::Critical,
        judge: Judge::Logic(|resource, context| judge(resource, context, everybody)),
        ..ROLE
    },
    Check {
        id: "iam_role_no_external_id",
        title: "Another account may take the role without an external id",
        judge: Judge::Logic(|resource, context| judge(resource, context, stranger)),
        ..ROLE
    },
    Check {
        id: "iam_role_oidc_any_subject",
        title: "Anybody at the identity provider may take the role",
        severity: Severity::High,
        judge: Judge::Logic(|resource, context| judge(resource, context, any_subject)),
        ..ROLE
    },
    Check {
        id: "iam_role_unused",
        title: "Nobody has used the role for long",
        severity: Severity::Low,
        limits: &[UNUSED],
        judge: Judge::Logic(unused),
        ..ROLE
    },
];

const ROLE: Check = Check {
    kinds: &[ResourceKind::IamRole],
    references: &[Reference {
        source: "IAM User Guide, The confused deputy problem; Create a role for OpenID Connect federation",
        read: "2026-11",
    }],
    ..SECURITY
};

fn role(resource: &Resource) -> Option<&Role> {
    match &resource.config {
        ResourceConfig::IamRole(role) if !is_aws_own(&role.path) => Some(role),
        _ => None,
    }
}

fn judge(
    resource: &Resource,
    context: &Context<'_>,
    wrong: fn(Statement<'_>, &Resource, &Context<'_>) -> Option<String>,
) -> Verdict {
    let Some(role) = role(resource) else { return Verdict::NotApplicable };
    statements(&role.trust_policy)
        .filter(|statement| statement.allows())
        .find_map(|statement| wrong(statement, resource, context))
        .map_or(Verdict::Clear, |what| Found::risk(what, None))
}

fn everybody(statement: Statement<'_>, _: &Resource, _: &Context<'_>) -> Option<String> {
    let open = statement.is_public() && !has(statement, "sts:externalid");
    open.then(|| "its trust policy names everybody, under no condition".to_owned())
}

fn stranger(statement: Statement<'_>, role: &Resource, context: &Context<'_>) -> Option<String> {
    let narrowed = statement.is_narrowed_by(&["aws:principalorgid", "aws:principalorgpaths"])
        || has(statement, "sts:externalid");
    if narrowed {
        return None;
    }
    let other = statement.aws_principals().find(|principal| {
        account_of(principal)
            .is_some_and(|account| account != role.account.as_str() && !is_ours(account, context))
    })?;
    Some(format!("{other} may take it, and needs no external id"))
}

/// The account of a principal: an account id, or an ARN that holds one.
fn account_of(principal: &str) -> Option<&str> {
    let account =
        if principal.starts_with("arn:") { principal.split(':').nth(4)? } else { principal };
    (account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit())).then_some(account)
}

/// Whether the account is one that was looked at, or is of the organization.
fn is_ours(account: &str, context: &Context<'_>) -> bool {
    let scopes = &context.world.manifest.scopes;
    scopes.iter().any(|manifest| manifest.scope.account.as_str() == account)
        || context.is_known(ResourceKind::OrganizationsAccount, account)
}

/// A provider whose users nobody but a condition on the subject tells apart: any but SAML.
fn any_subject(statement: Statement<'_>, _: &Resource, _: &Context<'_>) -> Option<String> {
    let provider = statement
        .federated_principals()
        .find(|provider| provider.contains(":oidc-provider/"))?
        .split_once(":oidc-provider/")?
        .1;
    let subject = format!("{}:sub", provider.to_lowercase());
    let named = statement.conditions().iter().any(|(operator, key, values)| {
        *key == subject
            && operator.starts_with("String")
            && !operator.contains("Not")
            && !operator.ends_with("IfExists")
            && !values.iter().any(|value| is_any_subject(value))
    });
    (!named).then(|| format!("no condition says which subject of {provider}"))
}

/// A pattern that any repository of GitHub, or anybody at all, fulfils.
fn is_any_subject(value: &str) -> bool {
    let owner = value.strip_prefix("repo:").map(|rest| rest.split('/').next().unwrap_or(""));
    value.starts_with('*') || owner.is_some_and(|owner| owner.contains('*') || owner.is_empty())
}

fn has(statement: Statement<'_>, wanted: &str) -> bool {
    statement.conditions().iter().any(|(operator, key, values)| {
        key == wanted && operator.starts_with("String") && !values.iter().any(|v| v == "*")
    })
}

fn unused(resource: &Resource, context: &Context<'_>) -> Verdict {
    let Some(role) = role(resource) else { return Verdict::NotApplicable };
    let Some(since) = role.last_used_at.or(resource.created_at) else {
        return Verdict::NotEvaluated(miyabi_types::evidence::Unavailable::because(
            "AWS did not say when it was made or used",
        ));
    };
    let days = context.days_since(since);
    if (days as f64) < context.limit(&UNUSED) {
        return Verdict::Clear;
    }
    let evidence = match role.last_used_at {
        Some(_) => format!("last used {days} days ago"),
        None => format!("not known to have been used since it was made {days} days ago"),
    };
    Found::risk(evidence, None)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::fixture::{Expect, check, days_ago, role as a_role};

    fn trusting(principal: Value, condition: Value) -> Resource {
        let mut resource = a_role("/", json!({}));
        let ResourceConfig::IamRole(role) = &mut resource.config else { panic!("a role") };
        let mut statement = json!({ "Effect": "Allow", "Action": "sts:AssumeRole" });
        statement["Principal"] = principal;
        statement["Condition"] = condition;
        role.trust_policy = json!({ "Statement": [statement] });
        resource
    }

    #[test]
    fn strangers() {
        let [open, external, ..] = &CHECKS;
        check(open, "everybody", trusting(json!("*"), json!({})), Expect::Risk);
        let org = json!({ "StringEquals": { "aws:PrincipalOrgID": "o-1" } });
        check(open, "the organization", trusting(json!("*"), org.clone()), Expect::Clear);
        let other = || json!({ "AWS": "arn:aws:iam::210987654321:root" });
        check(external, "another account", trusting(other(), json!({})), Expect::Risk);
        let id = json!({ "StringEquals": { "sts:ExternalId": "secret" } });
        check(external, "with an external id", trusting(other(), id), Expect::Clear);
        check(external, "of the organization", trusting(other(), org), Expect::Clear);
        let own = json!({ "AWS": "arn:aws:iam::123456789012:root" });
        check(external, "own account", trusting(own, json!({})), Expect::Clear);
        let service = json!({ "Service": "ec2.amazonaws.com" });
        check(external, "a service", trusting(service, json!({})), Expect::Clear);
    }

    #[test]
    fn workflows() {
        let oidc = &CHECKS[2];
        let github = || {
            json!({ "Federated":
                "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com" })
        };
        let sub = |value: &str| json!({ "StringLike": { "token.actions.githubusercontent.com:sub": value } });
        check(oidc, "anybody", trusting(github(), json!({})), Expect::Risk);
        check(oidc, "any repository", trusting(github(), sub("repo:*")), Expect::Risk);
        check(oidc, "one owner's", trusting(github(), sub("repo:acme/*")), Expect::Clear);
        let audience =
            json!({ "StringEquals": { "token.actions.githubusercontent.com:aud": "sts" } });
        check(oidc, "audience only", trusting(github(), audience), Expect::Risk);
        let saml = json!({ "Federated": "arn:aws:iam::123456789012:saml-provider/sso" });
        check(oidc, "SAML", trusting(saml, json!({})), Expect::Clear);
    }

    #[test]
    fn roles_that_nobody_uses() {
        let used = |days: i64| {
            let mut resource = a_role("/", json!({}));
            let ResourceConfig::IamRole(role) = &mut resource.config else { panic!("a role") };
            role.last_used_at = Some(days_ago(days));
            resource
        };
        check(&CHECKS[3], "in use", used(89), Expect::Clear);
        check(&CHECKS[3], "unused", used(90), Expect::Risk);
        // Fixtures are 200 days old.
        check(&CHECKS[3], "never", a_role("/", json!({})), Expect::Risk);
    }
}
