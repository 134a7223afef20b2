//! IAM: roles with their instance profiles, policies, users without their secrets, groups.

use miyabi_types::resource::{ResourceConfig, ResourceKind, iam::InlinePolicy};

use crate::iac::{
    code::Place,
    estate::What,
    expr::{Body, Concern::Security, Declaration, Expr},
};

const ROLE: What = What::Itself(ResourceKind::IamRole);
const POLICY: What = What::Itself(ResourceKind::IamPolicy);
const GROUP: What = What::Itself(ResourceKind::IamGroup);

/// Terraform's resources for the policies in and at a principal.
fn policies(
    place: &Place<'_, '_>,
    principal: &'static str,
    [inline_kind, attached_kind]: [&'static str; 2],
    inline: &[InlinePolicy],
    attached: &[String],
) -> Vec<Declaration> {
    let name = &place.resource().id;
    let own = || Body::new().set(principal, place.own("name", name));
    let inline = inline.iter().map(|policy| {
        let body = own().set("name", &policy.name).set("policy", &policy.document);
        Declaration::new(inline_kind, Security, body)
            .part(&policy.name)
            .id(format!("{name}:{}", policy.name))
    });
    let attached = attached.iter().map(|arn| {
        Declaration::new(attached_kind, Security, own().set("policy_arn", place.link(POLICY, arn)))
            .part(arn.rsplit('/').next().unwrap_or(arn))
            .id(format!("{name}/{arn}"))
    });
    inline.chain(attached).collect()
}

/// CloudFormation's properties for the same.
fn with_policies(
    place: &Place<'_, '_>,
    body: Body,
    inline: &[InlinePolicy],
    attached: &[String],
) -> Body {
    let inline = inline.iter().map(|policy| {
        Expr::Body(
            Body::new().set("PolicyName", &policy.name).set("PolicyDocument", &policy.document),
        )
    });
    body.some("ManagedPolicyArns", place.links(POLICY, attached))
        .some("Policies", inline.collect::<Vec<_>>())
}

pub mod role {
    use miyabi_types::resource::iam::Role;

    use super::*;

    pub fn why_not(role: &Role) -> Option<String> {
        (role.path.starts_with("/aws-service-role/") || role.path.starts_with("/aws-reserved/"))
            .then(|| "an AWS service made it and looks after it".into())
    }

    pub fn terraform(place: &Place<'_, '_>) -> Vec<Declaration> {
        let ResourceConfig::IamRole(role) = &place.resource().config else { return Vec::new() };
        let name = &place.resource().id;
        let body = Body::new()
            .set("name", name)
            .set("path", &role.path)
            .set("assume_role_policy", &role.trust_policy)
            .maybe(
                "permissions_boundary",
                role.permissions_boundary.as_deref().map(|arn| place.link(POLICY, arn)),
            );
        let mut declarations = vec![
            Declaration::new("aws_iam_role", Security, body)
                .ignoring(["description", "force_detach_policies", "max_session_duration"])
                .id(name)
                .tagged("tags"),
        ];
        let kinds = ["aws_iam_role_policy", "aws_iam_role_policy_attachment"];
        declarations.extend(policies(
            place,
            "role",
            kinds,
            &role.inline_policies,
            &role.attached_policies,
        ));
        declarations
    }

    pub fn cloudformation(place: &Place<'_, '_>) -> Vec<Declaration> {
        let ResourceConfig::IamRole(role) = &place.resource().config else { return Vec::new() };
        let name = &place.resource().id;
        let body = Body::new()
            .set("RoleName", name)
            .set("Path", &role.path)
            .set("AssumeRolePolicyDocument", &role.trust_policy)
            .maybe(
                "PermissionsBoundary",
                role.permissions_boundary.as_deref().map(|arn| place.link(POLICY, arn)),
            );
        let body = with_policies(place, body, &role.inline_policies, &role.attached_policies);
        vec![
            Declaration::new("AWS::IAM::Role", Security, body)
                .found_by([("RoleName", name.clone())])
                .tagged("Tags"),
        ]
    }
}

pub mod profile {
    use super::*;

    /// Name and path in `arn:aws:iam::123456789012:instance-profile/path/name`.
    fn parts(arn: &str) -> (&str, String) {
        let path = arn.split_once(":instance-profile").map_or("/", |(_, path)| path);
        let (path, name) = path.rsplit_once('/').unwrap_or(("", path));
        (name, format!("{path}/"))
    }

    pub fn terraform(place: &Place<'_, '_>) -> Vec<Declaration> {
        let (name, path) = parts(place.member().id);
        let body = Body::new()
            .set("name", name)
            .set("path", path)
            .set("role", place.attribute(ROLE, &place.resource().id, "name"));
        vec![
            Declaration::new("aws_iam_instance_profile", Security, body)
                .ignoring(["tags", "tags_all"])
                .id(name),
        ]
    }

    pub fn cloudformation(place: &Place<'_, '_>) -> Vec<Declaration> {
        let (name, path) = parts(place.member().id);
        let body = Body::new()
            .set("InstanceProfileName", name)
            .set("Path", path)
            .set("Roles", vec![place.attribute(ROLE, &place.resource().id, "Ref")]);
        vec![
            Declaration::new("AWS::IAM::InstanceProfile", Security, body)
                .found_by([("InstanceProfileName", name.to_owned())]),
        ]
    }
}

pub mod policy {
    use super::*;

    pub fn terraform(place: &Place<'_, '_>) -> Vec<Declaration> {
        let ResourceConfig::IamPolicy(policy) = &place.resource().config else { return Vec::new() };
        let body = Body::new()
            .maybe("name", place.resource().name.as_deref())
            .set("path", &policy.path)
            .set("policy", &policy.document);
        vec![
            // Its tags are not read.
            Declaration::new("aws_iam_policy", Security, body)
                .ignoring(["delay_after_policy_creation_in_ms", "description", "tags", "tags_all"])
                .id(place.resource().arn.as_str()),
        ]
    }

    pub fn cloudformation(place: &Place<'_, '_>) -> Vec<Declaration> {
        let ResourceConfig::IamPolicy(policy) = &place.resource().config else { return Vec::new() };
        let body = Body::new()
            .maybe("ManagedPolicyName", place.resource().name.as_deref())
            .set("Path", &policy.path)
            .set("PolicyDocument", &policy.document);
        vec![
            Declaration::new("AWS::IAM::ManagedPolicy", Security, body)
                .found_by([("PolicyArn", place.resource().arn.to_string())]),
        ]
    }
}

pub mod user {
    use super::*;

    pub fn terraform(place: &Place<'_, '_>) -> Vec<Declaration> {
        let ResourceConfig::IamUser(user) = &place.resource().config else { return Vec::new() };
        let name = &place.resource().id;
        let body = Body::new().set("name", name).set("path", &user.path);
        let mut declarations = vec![
            Declaration::new("aws_iam_user", Security, body)
                .ignoring(["force_destroy", "permissions_boundary"])
                .id(name)
                .tagged("tags"),
        ];
        let kinds = ["aws_iam_user_policy", "aws_iam_user_policy_attachment"];
        declarations.extend(policies(
            place,
            "user",
            kinds,
            &user.inline_policies,
            &user.attached_policies,
        ));
        if !user.groups.is_empty() {
            let body = Body::new()
                .set("user", place.own("name", name))
                .set("groups", place.links(GROUP, &user.groups));
            declarations.push(
                Declaration::new("aws_iam_user_group_membership", Security, body)
                    .id(format!("{name}/{}", user.groups.join("/"))),
            );
        }
        declarations
    }

    pub fn cloudformation(place: &Place<'_, '_>) -> Vec<Declaration> {
        let ResourceConfig::IamUser(user) = &place.resource().config else { return Vec::new() };
        let name = &place.resource().id;
        let body = Body::new()
            .set("UserName", name)
            .set("Path", &user.path)
            .some("Groups", place.links(GROUP, &user.groups));
        let body = with_policies(place, body, &user.inline_policies, &user.attached_policies);
        vec![
            Declaration::new("AWS::IAM::User", Security, body)
                .found_by([("UserName", name.clone())])
                .tagged("Tags"),
        ]
    }
}

pub mod group {
    use super::*;

    pub fn terraform(place: &Place<'_, '_>) -> Vec<Declaration> {
        let ResourceConfig::IamGroup(group) = &place.resource().config else { return Vec::new() };
        let name = &place.resource().id;
        let body = Body::new().set("name", name).set("path", &group.path);
        let mut declarations = vec![Declaration::new("aws_iam_group", Security, body).id(name)];
        let kinds = ["aws_iam_group_policy", "aws_iam_group_policy_attachment"];
        declarations.extend(policies(
            place,
            "group",
            kinds,
            &group.inline_policies,
            &group.attached_policies,
        ));
        declarations
    }

    pub fn cloudformation(place: &Place<'_, '_>) -> Vec<Declaration> {
        let ResourceConfig::IamGroup(group) = &place.resource().config else { return Vec::new() };
        let name = &place.resource().id;
        let body = Body::new().set("GroupName", name).set("Path", &group.path);
        let body = with_policies(place, body, &group.inline_policies, &group.attached_policies);
        vec![
            Declaration::new("AWS::IAM::Group", Security, body)
                .found_by([("GroupName", name.clone())]),
        ]
    }
}
