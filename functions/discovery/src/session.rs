//! The session policy that narrows an assumed role to what discovery reads, however much the role may do.

use std::{collections::BTreeMap, sync::LazyLock};

use miyabi_platform::aws::SessionPolicy;
use miyabi_types::settings::TenantSettings;
use serde_json::json;

use crate::{open::GET_CALLER_IDENTITY, permissions::OWN as OWN_ACTIONS};

/// Longest session policy, in characters, the ARNs of managed ones included. Source: `AssumeRole`
/// in the STS API reference, "Policy" and "`PolicyArns`".
const LONGEST: usize = 2048;

/// Room for the managed policies' ARNs.
const ARNS: usize = 128;

/// AWS's own policies that only read, of nearly all services. They stand for what Cloud Control asks on
/// discovery's behalf, whose actions are too many to be named here.
const MANAGED: &[&str] = &["SecurityAudit", "ReadOnlyAccess"];

/// What the second one would let read of content: objects, items, records, log events, parameters.
const CONTENT: &[&str] = &[
    "athena:GetQueryResults*",
    "codecommit:Get*",
    "dynamodb:BatchGet*",
    "dynamodb:GetItem",
    "dynamodb:Query",
    "dynamodb:Scan",
    "ecr:BatchGetImage",
    "ecr:GetDownload*",
    "kinesis:GetRecords",
    "logs:FilterLogEvents",
    "logs:GetLogEvents",
    "logs:GetLogRecord",
    "logs:GetQueryResults",
    "rds:Download*",
    "s3:GetObject*",
    "ssm:GetParameter*",
];

/// What a role in another account is narrowed to.
static OWN: LazyLock<SessionPolicy> =
    LazyLock::new(|| SessionPolicy { document: policy(&OWN_ACTIONS, &[], LONGEST), managed: &[] });

/// The same where Cloud Control is asked for other types too.
static WITH_OTHER_TYPES: LazyLock<SessionPolicy> = LazyLock::new(|| SessionPolicy {
    document: policy(&OWN_ACTIONS, CONTENT, LONGEST - ARNS),
    managed: MANAGED,
});

/// What a role in another account is narrowed to: no more than the settings make discovery read.
pub(crate) fn policy_for(settings: &TenantSettings) -> &'static SessionPolicy {
    if settings.generic_types.is_empty() { &OWN } else { &WITH_OTHER_TYPES }
}

/// Denies some actions and allows others: each by its name, as long as there is room; then, of the services with the longest lists first,
/// all of a service's actions that read alike: `ec2:Describe*`.
fn policy(actions: &[&str], denied: &[&str], longest: usize) -> String {
    let mut groups = BTreeMap::<String, Vec<&str>>::new();
    for action in actions.iter().copied().filter(|action| *action != GET_CALLER_IDENTITY) {
        groups.entry(reading_alike(action)).or_default().push(action);
    }
    loop {
        let document = document(&groups, denied);
        if document.len() <= longest {
            return document;
        }
        let saved = |(group, actions): (&String, &Vec<&str>)| {
            let named: usize = actions.iter().map(|action| action.len() + 3).sum();
            named.saturating_sub(group.len() + 3)
        };
        let longest_list = groups
            .iter()
            .filter(|group| saved(*group) > 0)
            .max_by_key(|group| saved(*group))
            .map(|(group, _)| group.clone());
        // Without anything left to shorten it is too long for STS, which then says so.
        let Some(group) = longest_list else { return document };
        groups.insert(group, Vec::new());
    }
}

/// `ec2:Describe*` of `ec2:DescribeVolumes`; an action that does not read by its name stands for itself.
fn reading_alike(action: &str) -> String {
    for verb in ["Describe", "Get", "List"] {
        if let Some((service, name)) = action.split_once(':')
            && name.starts_with(verb)
        {
            return format!("{service}:{verb}*");
        }
    }
    action.to_owned()
}

/// The policy in which a group without names stands for all of it.
fn document(groups: &BTreeMap<String, Vec<&str>>, denied: &[&str]) -> String {
    let actions: Vec<&str> = groups
        .iter()
        .flat_map(
            |(group, actions)| {
                if actions.is_empty() { vec![group.as_str()] } else { actions.clone() }
            },
        )
        .collect();
    let statement =
        |effect, actions| json!({ "Effect": effect, "Action": actions, "Resource": "*" });
    let mut statements = vec![statement("Allow", actions.as_slice())];
    if !denied.is_empty() {
        statements.push(statement("Deny", denied));
    }
    json!({ "Version": "2012-10-17", "Statement": statements }).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::PERMISSIONS;

    /// Whether one of these patterns, which may end with `*`, is of the action.
    fn names(patterns: &serde_json::Value, action: &str) -> bool {
        let patterns = patterns.as_array().unwrap().iter().map(|one| one.as_str().unwrap());
        let is_of = |pattern: &str| match pattern.strip_suffix('*') {
            Some(beginning) => action.starts_with(beginning),
            None => action == pattern,
        };
        patterns.into_iter().any(is_of)
    }

    #[test]
    fn it_fits_and_allows_everything_that_is_read_and_no_whole_service() {
        let policy = &*WITH_OTHER_TYPES;
        let arns =
            policy.managed.iter().map(|name| "arn:aws-us-gov:iam::aws:policy/".len() + name.len());
        let length = policy.document.len() + arns.sum::<usize>();
        assert!(length <= LONGEST, "{length} characters: {}", policy.document);
        let document: serde_json::Value = serde_json::from_str(&policy.document).unwrap();
        let allowed = &document["Statement"][0]["Action"];
        for action in OWN_ACTIONS.iter().filter(|action| **action != GET_CALLER_IDENTITY) {
            assert!(names(allowed, action), "{action} is not allowed");
        }
        let whole = |action: &serde_json::Value| action.as_str().unwrap().ends_with(":*");
        assert!(!allowed.as_array().unwrap().iter().any(whole), "{allowed}");
    }

    #[test]
    fn content_is_denied_and_nothing_that_is_read() {
        let document: serde_json::Value = serde_json::from_str(&WITH_OTHER_TYPES.document).unwrap();
        let denial = &document["Statement"][1];
        assert_eq!(denial["Effect"], "Deny");
        let denied = &denial["Action"];
        for action in ["s3:GetObject", "s3:GetObjectVersion", "ssm:GetParameters", "dynamodb:Scan"]
        {
            assert!(names(denied, action), "{action} is not denied");
        }
        for action in PERMISSIONS.iter() {
            assert!(!names(denied, action), "{action} is denied");
        }
    }

    #[test]
    fn other_types_are_allowed_only_where_the_settings_ask_for_them() {
        assert!(policy_for(&TenantSettings::default()).managed.is_empty());
        let all = TenantSettings { generic_types: vec!["*".into()], ..TenantSettings::default() };
        assert_eq!(policy_for(&all).managed, MANAGED);
    }

    #[test]
    fn names_stay_as_long_as_there_is_room() {
        let actions = ["ec2:DescribeImages", "ec2:DescribeVolumes", "iam:GetUser"];
        let roomy = policy(&actions, &[], LONGEST);
        assert!(actions.iter().all(|action| roomy.contains(action)), "{roomy}");
        let tight = policy(&actions, &[], roomy.len() - 1);
        assert!(tight.contains(r#""ec2:Describe*","iam:GetUser""#), "{tight}");
    }
}
