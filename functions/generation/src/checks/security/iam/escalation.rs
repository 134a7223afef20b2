//! # What
//! A user or role that can do everything, or that can give itself everything.
//! # Why
//! Whoever takes over such a principal has the account.
//! # Evidence
//! `iam:GetAccountAuthorizationDetails`: what its own, attached and groups' policies allow, less what is
//! denied without a condition, within its permissions boundary ([`crate::permissions`]). Statements with a
//! condition do not count, but for `iam:PassedToService`.
//! # Silent when
//! None of the known ways is open to it. Roles that AWS made for itself are not judged.
//! # Remedy and risk
//! None proposed: only its owner knows what it needs. Take away any one permission of each way that is named.
//! # References
//! Rhino Security Labs, AWS IAM Privilege Escalation: Methods and Mitigation (2018, extended 2021); Datadog
//! Security Labs, pathfinding.cloud (2025).

use miyabi_types::{
    finding::Severity,
    resource::{Resource, ResourceConfig, ResourceKind},
};

use super::policies::is_aws_own;
use crate::{
    check::{Check, Context, Found, Judge, Reference, SECURITY, Verdict},
    permissions::Permissions,
};

/// See the module.
pub const CHECKS: [Check; 2] = [
    Check {
        id: "iam_principal_administrator",
        title: "Principal can do everything in the account",
        judge: Judge::Logic(administrator),
        ..PRINCIPAL
    },
    Check {
        id: "iam_principal_can_escalate",
        title: "Principal can give itself every permission",
        severity: Severity::High,
        judge: Judge::Logic(escalation),
        ..PRINCIPAL
    },
];

const PRINCIPAL: Check = Check {
    kinds: &[ResourceKind::IamRole, ResourceKind::IamUser],
    references: &[
        Reference {
            source: "Rhino Security Labs, AWS IAM Privilege Escalation: Methods and Mitigation",
            read: "2026-11",
        },
        Reference { source: "Datadog Security Labs, pathfinding.cloud", read: "2026-11" },
    ],
    ..SECURITY
};

/// What a way needs to be allowed on.
#[derive(Debug, Clone, Copy)]
enum On {
    /// A policy that is attached to the principal or to its groups.
    AttachedPolicy,
    /// The user itself, or any other.
    User,
    /// A group, whichever it is.
    Group,
    /// The role itself, or any other.
    Role,
    /// Anything at all.
    Anything,
}

/// A way to more: every one of these must be allowed. `passes` is the service that gets a role.
struct Way {
    actions: &'static [(&'static str, On)],
    passes: Option<&'static str>,
}

const fn on(actions: &'static [(&'static str, On)]) -> Way {
    Way { actions, passes: None }
}

const fn passing(service: &'static str, actions: &'static [(&'static str, On)]) -> Way {
    Way { actions, passes: Some(service) }
}

/// The published ways that today's services still have. Source: the references of [`CHECKS`].
const WAYS: [Way; 26] = [
    on(&[("iam:CreatePolicyVersion", On::AttachedPolicy)]),
    on(&[("iam:SetDefaultPolicyVersion", On::AttachedPolicy)]),
    on(&[("iam:AttachUserPolicy", On::User)]),
    on(&[("iam:AttachGroupPolicy", On::Group)]),
    on(&[("iam:AttachRolePolicy", On::Role)]),
    on(&[("iam:PutUserPolicy", On::User)]),
    on(&[("iam:PutGroupPolicy", On::Group)]),
    on(&[("iam:PutRolePolicy", On::Role)]),
    on(&[("iam:AddUserToGroup", On::Group)]),
    on(&[("iam:CreateAccessKey", On::User)]),
    on(&[("iam:CreateLoginProfile", On::User)]),
    on(&[("iam:UpdateLoginProfile", On::User)]),
    on(&[("iam:UpdateAssumeRolePolicy", On::Role), ("sts:AssumeRole", On::Role)]),
    on(&[("lambda:UpdateFunctionCode", On::Anything)]),
    on(&[("glue:UpdateDevEndpoint", On::Anything)]),
    on(&[("ssm:SendCommand", On::Anything)]),
    passing("ec2.amazonaws.com", &[("ec2:RunInstances", On::Anything)]),
    passing(
        "lambda.amazonaws.com",
        &[("lambda:CreateFunction", On::Anything), ("lambda:InvokeFunction", On::Anything)],
    ),
    passing(
        "lambda.amazonaws.com",
        &[
            ("lambda:CreateFunction", On::Anything),
            ("lambda:CreateEventSourceMapping", On::Anything),
        ],
    ),
    passing(
        "lambda.amazonaws.com",
        &[("lambda:CreateFunction", On::Anything), ("lambda:AddPermission", On::Anything)],
    ),
    passing("cloudformation.amazonaws.com", &[("cloudformation:CreateStack", On::Anything)]),
    passing("glue.amazonaws.com", &[("glue:CreateDevEndpoint", On::Anything)]),
    passing(
        "glue.amazonaws.com",
        &[("glue:CreateJob", On::Anything), ("glue:StartJobRun", On::Anything)],
    ),
    passing(
        "sagemaker.amazonaws.com",
        &[
            ("sagemaker:CreateNotebookInstance", On::Anything),
            ("sagemaker:CreatePresignedNotebookInstanceUrl", On::Anything),
        ],
    ),
    passing(
        "codebuild.amazonaws.com",
        &[("codebuild:CreateProject", On::Anything), ("codebuild:StartBuild", On::Anything)],
    ),
    passing(
        "ecs-tasks.amazonaws.com",
        &[("ecs:RegisterTaskDefinition", On::Anything), ("ecs:RunTask", On::Anything)],
    ),
];

fn permissions<'a>(
    resource: &'a Resource,
    context: &Context<'a>,
) -> Result<Permissions<'a>, Verdict> {
    if matches!(&resource.config, ResourceConfig::IamRole(role) if is_aws_own(&role.path)) {
        return Err(Verdict::NotApplicable);
    }
    match Permissions::of(resource, context) {
        None => Err(Verdict::NotApplicable),
        Some(Err(why)) => Err(Verdict::NotEvaluated(why)),
        Some(Ok(permissions)) => Ok(permissions),
    }
}

fn administrator(resource: &Resource, context: &Context<'_>) -> Verdict {
    match permissions(resource, context) {
        Err(verdict) => verdict,
        Ok(permissions) if permissions.is_administrator() => Found::risk("may do * with *", None),
        Ok(_) => Verdict::Clear,
    }
}

fn escalation(resource: &Resource, context: &Context<'_>) -> Verdict {
    let permissions = match permissions(resource, context) {
        Err(verdict) => return verdict,
        // There is nothing left that it could give itself.
        Ok(permissions) if permissions.is_administrator() => return Verdict::NotApplicable,
        Ok(permissions) => permissions,
    };
    let open: Vec<String> = WAYS
        .iter()
        .filter(|way| is_open(way, resource, &permissions))
        .map(|way| {
            let passes = way.passes.map(|service| format!("iam:PassRole to {service}"));
            let actions = way.actions.iter().map(|(action, _)| (*action).to_owned());
            passes.into_iter().chain(actions).collect::<Vec<_>>().join(" + ")
        })
        .collect();
    if open.is_empty() { Verdict::Clear } else { Found::risk(open.join("; "), None) }
}

fn is_open(way: &Way, principal: &Resource, permissions: &Permissions<'_>) -> bool {
    // Names that nobody gave: a pattern that covers them covers any.
    let any = |kind: &str| format!("arn:aws:iam::{}:{kind}/0-any-0", principal.account);
    let passes = way.passes.is_none_or(|service| {
        permissions.allows("iam:PassRole", &any("role"), &[("iam:PassedToService", service)])
    });
    let own = |kind: ResourceKind| (principal.kind() == kind).then(|| principal.arn.to_string());
    let on_one_of = |action: &str, own: Option<String>, kind: &str| {
        own.into_iter().chain([any(kind)]).any(|arn| permissions.allows(action, &arn, &[]))
    };
    passes
        && way.actions.iter().all(|(action, on)| match on {
            On::AttachedPolicy => permissions
                .attached()
                .iter()
                .filter(|arn| !arn.contains(":iam::aws:policy/"))
                .any(|arn| permissions.allows(action, arn, &[])),
            On::User => on_one_of(action, own(ResourceKind::IamUser), "user"),
            On::Group => on_one_of(action, None, "group"),
            On::Role => on_one_of(action, own(ResourceKind::IamRole), "role"),
            On::Anything => permissions.allows_somewhere(action),
        })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::fixture::{
        ACCOUNT, Expect, allow, check, check_in, evaluate, policy, role, user, world,
    };

    /// The ways that a role with these actions on everything has.
    fn ways(actions: &[&str]) -> String {
        let document = json!({ "Statement": {
            "Effect": "Allow", "Action": actions, "Resource": "*",
        }});
        match evaluate(&CHECKS[1], role("/", document)) {
            Verdict::Finding(found) => found.evidence,
            Verdict::Clear => String::new(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn administrators() {
        check(&CHECKS[0], "everything", role("/", allow("*", "*")), Expect::Risk);
        check(&CHECKS[0], "one service", role("/", allow("s3:*", "*")), Expect::Clear);
        let own = role("/aws-service-role/x.amazonaws.com/", allow("*", "*"));
        check(&CHECKS[0], "AWS's own", own, Expect::NotApplicable);
        let by_name = user(|user| {
            user.groups.clear();
            user.attached_policies = vec!["arn:aws:iam::aws:policy/AdministratorAccess".into()];
        });
        check(&CHECKS[0], "by AWS's policy", by_name, Expect::Risk);
        let admin = role("/", allow("*", "*"));
        check(&CHECKS[1], "nothing left to gain", admin, Expect::NotApplicable);
    }

    #[test]
    fn every_step_of_a_way_is_needed() {
        assert_eq!(ways(&["s3:*"]), "");
        assert_eq!(ways(&["ec2:RunInstances"]), "");
        assert_eq!(ways(&["iam:PassRole"]), "");
        let both = ways(&["iam:PassRole", "ec2:RunInstances"]);
        assert_eq!(both, "iam:PassRole to ec2.amazonaws.com + ec2:RunInstances");
        assert_eq!(ways(&["iam:PutRolePolicy"]), "iam:PutRolePolicy");
        assert_eq!(ways(&["iam:UpdateAssumeRolePolicy"]), "");
        assert!(ways(&["iam:*"]).contains("iam:AttachRolePolicy"));
    }

    #[test]
    fn on_what_a_way_is_open_matters() {
        let own = format!("arn:aws:iam::{ACCOUNT}:role/app");
        let risk = |document| role("/", document);
        check(&CHECKS[1], "itself", risk(allow("iam:PutRolePolicy", &own)), Expect::Risk);
        let other = allow("iam:PutRolePolicy", "arn:aws:iam::123456789012:role/other");
        check(&CHECKS[1], "a named other", risk(other), Expect::Clear);
        let version = allow("iam:CreatePolicyVersion", "*");
        check(&CHECKS[1], "no policy is attached", risk(version.clone()), Expect::Clear);
        let attached = user(|user| {
            user.groups.clear();
            user.attached_policies = vec![format!("arn:aws:iam::{ACCOUNT}:policy/app")];
        });
        let world = world([attached.clone(), policy(version)]);
        check_in(&CHECKS[1], "its own policy", world, &attached, Expect::Risk);
        let narrowed = json!({ "Statement": [
            { "Effect": "Allow", "Action": "ec2:RunInstances", "Resource": "*" },
            { "Effect": "Allow", "Action": "iam:PassRole",
              "Resource": "arn:aws:iam::123456789012:role/app-*" },
        ]});
        check(&CHECKS[1], "passes some roles only", risk(narrowed), Expect::Clear);
    }
}
