//! IAM: everything that authorises, what users sign in with, and the password policy.

use std::{collections::BTreeMap, sync::Arc};

use aws_sdk_iam::{
    Client,
    types::{
        self, AttachedPolicy, EntityType, GroupDetail, ManagedPolicyDetail, PolicyDetail,
        RoleDetail, UserDetail,
    },
};
use futures::{FutureExt, TryStreamExt};
use miyabi_types::{
    id::Arn,
    resource::{
        Resource, ResourceConfig,
        ResourceKind::{IamGroup, IamPasswordPolicy, IamPolicy, IamRole, IamUser},
        Tags,
        iam::{Group, InlinePolicy, PasswordPolicy, PasswordRules, Policy, Role, User},
    },
};
use percent_encoding::percent_decode_str;
use serde_json::Value;

use super::{Collected, Collector, Reach, natural, or_none, owned, sorted, text, timestamp};
use crate::{call::Call, lists::pages, place::Place, scope::Scan};

mod credential_report;
mod instance_profile;
mod root;
mod server_certificate;

use credential_report::Report;

const DETAILS: Call =
    Call::lists("iam:GetAccountAuthorizationDetails", &[IamUser, IamGroup, IamRole, IamPolicy]);
const PASSWORD_POLICY: Call = Call::lists("iam:GetAccountPasswordPolicy", &[IamPasswordPolicy]);

/// Reads IAM.
pub const COLLECTOR: Collector = Collector {
    service: "iam",
    reach: Reach::Global,
    calls: &[
        DETAILS,
        PASSWORD_POLICY,
        instance_profile::PROFILES,
        credential_report::GENERATE,
        credential_report::GET,
        root::SUMMARY,
        root::VIRTUAL_MFA,
        server_certificate::CERTIFICATES,
        server_certificate::TAGS,
    ],
    collect: |scan| collect(scan).boxed(),
};

async fn collect(scan: &Scan) -> Collected {
    let client = &Client::new(scan.sdk());
    let report = credential_report::read(scan, client).map(Arc::new).boxed().shared();
    let groups = groups(scan, client).map(Arc::new).boxed().shared();
    let (report, root, certificates, profiles, password, groups, ()) = tokio::join!(
        report.clone(),
        Box::pin(root::read(scan, client)),
        Box::pin(server_certificate::read(scan, client)),
        Box::pin(instance_profile::read(scan, client)),
        password(scan, client),
        groups.clone(),
        principals(scan, client, report.clone(), groups.clone()),
    );
    let mut resources = certificates;
    resources.extend(profiles);
    resources.extend(groups.values().cloned());
    resources.extend(root.map(|root| root.resource(&scan.place, &report)));
    resources.extend(password);
    resources.into()
}

/// Whoever or whatever authorises.
enum Principal {
    User(UserDetail),
    Role(RoleDetail),
    Policy(ManagedPolicyDetail),
}

/// Groups by name.
type Groups = BTreeMap<String, Resource>;

/// Groups come first: users tell the names of theirs, and a name does not make the ARN.
async fn groups(scan: &Scan, client: &Client) -> Groups {
    let details = client.get_account_authorization_details().filter(EntityType::Group);
    let paginator = details.max_items(1000).into_paginator().send();
    let pages = pages(paginator, |page| page.group_detail_list);
    let groups = or_none(scan.list(DETAILS, pages.try_concat()).await);
    let resources = groups.iter().filter_map(|detail| group(&scan.place, detail));
    resources.map(|group| (group.id.clone(), group)).collect()
}

async fn principals(
    scan: &Scan,
    client: &Client,
    report: impl Future<Output = Arc<Report>> + Clone,
    groups: impl Future<Output = Arc<Groups>> + Clone,
) {
    let paginator = client
        .get_account_authorization_details()
        .filter(EntityType::User)
        .filter(EntityType::Role)
        .filter(EntityType::LocalManagedPolicy)
        .max_items(1000)
        .into_paginator()
        .send();
    let principals = pages(paginator, |page| {
        let users = page.user_detail_list.unwrap_or_default().into_iter();
        let roles = page.role_detail_list.unwrap_or_default().into_iter();
        let policies = page.policies.unwrap_or_default().into_iter();
        let principals = (users.map(Principal::User))
            .chain(roles.map(Principal::Role))
            .chain(policies.map(Principal::Policy));
        Some(principals.collect())
    });
    let work = |principals: Vec<Principal>| {
        let (report, groups) = (report.clone(), groups.clone());
        async move {
            let (place, report, groups) = (&scan.place, report.await, groups.await);
            let resource = |principal: &Principal| match principal {
                Principal::User(user) => self::user(place, user, &report, &groups),
                Principal::Role(role) => self::role(place, role),
                Principal::Policy(policy) => self::policy(place, policy),
            };
            principals.iter().filter_map(resource).collect()
        }
    };
    scan.stream(DETAILS, principals, work).await;
}

/// The policies that somebody needs to do what he may: those that the account manages.
fn policies<'a>(arns: impl IntoIterator<Item = &'a String>) -> impl Iterator<Item = Arn> {
    let arns = arns.into_iter().filter_map(|arn| Arn::parse(&**arn).ok());
    arns.filter(|arn| arn.account() != "aws")
}

fn user(place: &Place, user: &UserDetail, report: &Report, groups: &Groups) -> Option<Resource> {
    let name = user.user_name()?;
    let boundary = user.permissions_boundary();
    let config = User {
        path: text(user.path()),
        inline_policies: inline(user.user_policy_list()),
        attached_policies: attached(user.attached_managed_policies()),
        groups: sorted(user.group_list().iter().cloned()),
        credentials: report.of(name),
        permissions_boundary: owned(boundary.and_then(|b| b.permissions_boundary_arn())),
    };
    let member = config.groups.iter().filter_map(|name| Some(groups.get(name)?.arn.clone()));
    let depends_on = policies(config.attached_policies.iter().chain(&config.permissions_boundary))
        .chain(member)
        .collect();
    let arn = Place::told(user.arn(), || place.global_arn("iam", &format!("user/{name}")));
    let resource = place.resource(arn, name, tags(user.tags()), ResourceConfig::IamUser(config));
    Some(Resource {
        name: Some(name.to_owned()),
        depends_on,
        created_at: timestamp(user.create_date()),
        ..resource
    })
}

fn group(place: &Place, group: &GroupDetail) -> Option<Resource> {
    let name = group.group_name()?;
    let config = Group {
        path: text(group.path()),
        inline_policies: inline(group.group_policy_list()),
        attached_policies: attached(group.attached_managed_policies()),
    };
    let depends_on = policies(&config.attached_policies).collect();
    let arn = Place::told(group.arn(), || place.global_arn("iam", &format!("group/{name}")));
    let resource = place.resource(arn, name, Tags::new(), ResourceConfig::IamGroup(config));
    Some(Resource {
        name: Some(name.to_owned()),
        depends_on,
        created_at: timestamp(group.create_date()),
        ..resource
    })
}

fn role(place: &Place, role: &RoleDetail) -> Option<Resource> {
    let name = role.role_name()?;
    let boundary = role.permissions_boundary();
    let config = Role {
        path: text(role.path()),
        trust_policy: role.assume_role_policy_document().map_or(Value::Null, document),
        inline_policies: inline(role.role_policy_list()),
        attached_policies: attached(role.attached_managed_policies()),
        last_used_at: timestamp(role.role_last_used().and_then(|used| used.last_used_date())),
        permissions_boundary: owned(boundary.and_then(|b| b.permissions_boundary_arn())),
        instance_profiles: sorted(
            role.instance_profile_list().iter().map(|profile| profile.arn().to_owned()),
        ),
    };
    let depends_on = policies(config.attached_policies.iter().chain(&config.permissions_boundary));
    let depends_on = depends_on.collect();
    let arn = Place::told(role.arn(), || place.global_arn("iam", &format!("role/{name}")));
    let resource = place.resource(arn, name, tags(role.tags()), ResourceConfig::IamRole(config));
    Some(Resource {
        name: Some(name.to_owned()),
        depends_on,
        created_at: timestamp(role.create_date()),
        ..resource
    })
}

fn policy(place: &Place, policy: &ManagedPolicyDetail) -> Option<Resource> {
    let name = policy.policy_name()?;
    let default = policy.policy_version_list().iter().find(|v| v.is_default_version());
    let config = Policy {
        path: text(policy.path()),
        attachment_count: natural(policy.attachment_count().unwrap_or(0)),
        document: default.and_then(|version| version.document()).map_or(Value::Null, document),
    };
    let arn = Place::told(policy.arn(), || place.global_arn("iam", &format!("policy/{name}")));
    // The API takes policies by their ARN.
    let id = arn.to_string();
    let resource = place.resource(arn, id, Tags::new(), ResourceConfig::IamPolicy(config));
    Some(Resource {
        name: Some(name.to_owned()),
        created_at: timestamp(policy.create_date()),
        ..resource
    })
}

fn inline(policies: &[PolicyDetail]) -> Vec<InlinePolicy> {
    let mut policies: Vec<_> = policies
        .iter()
        .map(|policy| InlinePolicy {
            name: text(policy.policy_name()),
            document: policy.policy_document().map_or(Value::Null, document),
        })
        .collect();
    policies.sort_by(|a, b| a.name.cmp(&b.name));
    policies
}

fn attached(policies: &[AttachedPolicy]) -> Vec<String> {
    sorted(policies.iter().filter_map(|policy| owned(policy.policy_arn())))
}

fn tags(tags: &[types::Tag]) -> Tags {
    super::tags(tags.iter().map(|tag| (Some(tag.key()), Some(tag.value()))))
}

/// A policy document; IAM answers them URL-encoded. One that is not JSON is kept as its text, so
/// that it is seen to be something else than an empty policy.
fn document(encoded: &str) -> Value {
    let decoded = percent_decode_str(encoded).decode_utf8_lossy();
    serde_json::from_str(encoded)
        .or_else(|_| serde_json::from_str(&decoded))
        .unwrap_or_else(|_| Value::String(decoded.into_owned()))
}

async fn password(scan: &Scan, client: &Client) -> Option<Resource> {
    let call = client.get_account_password_policy().send();
    let codes = &["NoSuchEntity", "NoSuchEntityException"];
    let answer = scan.find(PASSWORD_POLICY, codes, call).await.ok()?;
    let policy = answer.and_then(|answer| answer.password_policy);
    Some(password_resource(&scan.place, policy.as_ref()))
}

fn password_resource(place: &Place, policy: Option<&types::PasswordPolicy>) -> Resource {
    let rules = policy.map(|policy| PasswordRules {
        minimum_length: policy.minimum_password_length().map_or(6, natural),
        require_uppercase: policy.require_uppercase_characters(),
        require_lowercase: policy.require_lowercase_characters(),
        require_numbers: policy.require_numbers(),
        require_symbols: policy.require_symbols(),
        allow_users_to_change: policy.allow_users_to_change_password(),
        max_age_days: policy.max_password_age().map(natural).filter(|days| *days > 0),
        reuse_prevention: policy.password_reuse_prevention().map(natural).filter(|n| *n > 0),
        hard_expiry: policy.hard_expiry().unwrap_or(false),
    });
    place.resource(
        place.global_arn("iam", "password-policy"),
        place.account.as_str(),
        Tags::new(),
        ResourceConfig::IamPasswordPolicy(PasswordPolicy { policy: rules }),
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::testing::{
        aws::{Answer, Asked, empty, sdk},
        of_kind, place, scan,
    };

    fn people(asked: &Asked) -> Answer {
        let policy = |name: &str| {
            format!(
                "<AttachedManagedPolicies><member><PolicyArn>{name}</PolicyArn></member>\
                 </AttachedManagedPolicies>"
            )
        };
        let ours = policy("arn:aws:iam::123456789012:policy/shop/orders");
        let body = match asked.operation.as_str() {
            "GetAccountAuthorizationDetails" if asked.body.contains("=Group") => format!(
                "<GroupDetailList><member><GroupName>admins</GroupName>\
                 <Arn>arn:aws:iam::123456789012:group/people/admins</Arn>{ours}</member>\
                 </GroupDetailList>"
            ),
            "GetAccountAuthorizationDetails" => format!(
                "<UserDetailList><member><UserName>hanako</UserName>{}\
                 <GroupList><member>admins</member></GroupList></member></UserDetailList>\
                 <RoleDetailList><member><RoleName>web</RoleName>{ours}<PermissionsBoundary>\
                 <PermissionsBoundaryArn>arn:aws:iam::123456789012:policy/limits\
                 </PermissionsBoundaryArn></PermissionsBoundary></member></RoleDetailList>",
                policy("arn:aws:iam::aws:policy/ReadOnlyAccess")
            ),
            _ => return empty(asked),
        };
        let operation = &asked.operation;
        let body = format!(
            "<{operation}Response><{operation}Result>{body}</{operation}Result></{operation}Response>"
        );
        (200, body.into_bytes())
    }

    #[tokio::test]
    async fn whoever_may_do_something_needs_what_lets_him() {
        let scanned = scan(sdk(people), "aws-global").await;
        let needs = |kind| {
            let found = of_kind(&scanned, kind);
            found[0].depends_on.iter().map(|arn| arn.resource().to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(needs(IamUser), ["group/people/admins"], "AWS's own policies cannot go");
        assert_eq!(needs(IamGroup), ["policy/shop/orders"]);
        assert_eq!(needs(IamRole), ["policy/limits", "policy/shop/orders"]);
    }

    #[test]
    fn documents_are_decoded_and_garbage_is_not_an_empty_policy() {
        let policy = json!({"Statement": [{"Resource": "arn:aws:s3:::a/50%25"}]});
        assert_eq!(document(&policy.to_string()), policy, "one that is not encoded stays as it is");
        assert_eq!(document("%7B%22Version%22%3A%20%222012-10-17%22%7D")["Version"], "2012-10-17");
        assert_eq!(document("%7Bnot json"), json!("{not json"));
    }

    #[test]
    fn a_role_keeps_its_trust_and_its_policies_in_order() {
        let inline = |name: &str| {
            PolicyDetail::builder().policy_name(name).policy_document("%7B%7D").build()
        };
        let sdk = RoleDetail::builder()
            .role_name("deploy")
            .arn("arn:aws:iam::123456789012:role/ci/deploy")
            .path("/ci/")
            .assume_role_policy_document("%7B%22Statement%22%3A%5B%5D%7D")
            .role_policy_list(inline("b"))
            .role_policy_list(inline("a"))
            .attached_managed_policies(
                AttachedPolicy::builder()
                    .policy_arn("arn:aws:iam::aws:policy/AdministratorAccess")
                    .build(),
            )
            .build();
        let resource = role(&place(), &sdk).unwrap();
        assert_eq!((&*resource.id, resource.arn.resource()), ("deploy", "role/ci/deploy"));
        let ResourceConfig::IamRole(role) = resource.config else { panic!() };
        assert_eq!(role.trust_policy, json!({"Statement": []}));
        let names: Vec<_> = role.inline_policies.iter().map(|policy| &*policy.name).collect();
        assert_eq!(names, ["a", "b"]);
        assert_eq!(role.attached_policies, ["arn:aws:iam::aws:policy/AdministratorAccess"]);
    }

    #[test]
    fn of_a_managed_policy_the_default_version_counts() {
        let version = |default, document: &str| {
            types::PolicyVersion::builder().is_default_version(default).document(document).build()
        };
        let sdk = ManagedPolicyDetail::builder()
            .policy_name("ops")
            .arn("arn:aws:iam::123456789012:policy/ops")
            .attachment_count(2)
            .policy_version_list(version(false, r#"{"Version":"old"}"#))
            .policy_version_list(version(true, r#"{"Version":"2012-10-17"}"#))
            .build();
        let ResourceConfig::IamPolicy(policy) = policy(&place(), &sdk).unwrap().config else {
            panic!()
        };
        assert_eq!(
            (policy.attachment_count, &policy.document["Version"]),
            (2, &json!("2012-10-17"))
        );
    }

    #[test]
    fn an_account_without_a_password_policy_is_known_to_have_none() {
        let none = password_resource(&place(), None);
        assert_eq!(none.arn.as_str(), "arn:aws:iam::123456789012:password-policy");
        let ResourceConfig::IamPasswordPolicy(none) = none.config else { panic!() };
        assert_eq!(none.policy, None);
        let sdk = types::PasswordPolicy::builder().minimum_password_length(14).max_password_age(0);
        let some = password_resource(&place(), Some(&sdk.build())).config;
        let ResourceConfig::IamPasswordPolicy(some) = some else { panic!() };
        let rules = some.policy.unwrap();
        assert_eq!((rules.minimum_length, rules.max_age_days), (14, None));
    }
}
