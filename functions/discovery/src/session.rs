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

/// AWS's own policies that read settings and no content, of many services. They stand for what Cloud
/// Control asks on discovery's behalf, whose actions are too many to be named here.
const MANAGED: &[&str] = &["SecurityAudit", "job-function/ViewOnlyAccess"];

/// What a role in another account is narrowed to.
static OWN: LazyLock<SessionPolicy> = LazyLock::new(|| SessionPolicy {
    document: policy(&OWN_ACTIONS, LONGEST - ARNS),
    managed: &[],
});

/// The same where Cloud Control is asked for other types too.
static WITH_OTHER_TYPES: LazyLock<SessionPolicy> =
    LazyLock::new(|| SessionPolicy { document: OWN.document.clone(), managed: MANAGED });

/// What a role in another account is narrowed to: no more than the settings make discovery read.
pub(crate) fn policy_for(settings: &TenantSettings) -> &'static SessionPolicy {
    if settings.generic_types.is_empty() { &OWN } else { &WITH_OTHER_TYPES }
}

/// Every action by its name, as long as there is room; then, of the services with the longest lists first,
/// all of a service's actions that read alike: `ec2:Describe*`.
fn policy(actions: &[&str], longest: usize) -> String {
    let mut groups = BTreeMap::<String, Vec<&str>>::new();
    for action in actions.iter().copied().filter(|action| *action != GET_CALLER_IDENTITY) {
        groups.entry(reading_alike(action)).or_default().push(action);
    }
    loop {
        let document = document(&groups);
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
fn document(groups: &BTreeMap<String, Vec<&str>>) -> String {
    let actions: Vec<&str> = groups
        .iter()
        .flat_map(
            |(group, actions)| {
                if actions.is_empty() { vec![group.as_str()] } else { actions.clone() }
            },
        )
        .collect();
    let statement = json!({ "Effect": "Allow", "Action": actions, "Resource": "*" });
    json!({ "Version": "2012-10-17", "Statement": [statement] }).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_fits_and_allows_everything_that_is_read_and_no_whole_service() {
        let policy = &*WITH_OTHER_TYPES;
        let arns =
            policy.managed.iter().map(|name| "arn:aws-us-gov:iam::aws:policy/".len() + name.len());
        let length = policy.document.len() + arns.sum::<usize>();
        assert!(length <= LONGEST, "{length} characters: {}", policy.document);
        let document: serde_json::Value = serde_json::from_str(&policy.document).unwrap();
        let allowed: Vec<_> = document["Statement"][0]["Action"].as_array().unwrap().clone();
        let allowed: Vec<_> = allowed.iter().filter_map(|action| action.as_str()).collect();
        for action in OWN_ACTIONS.iter().filter(|action| **action != GET_CALLER_IDENTITY) {
            let covers = |allowed: &&str| match allowed.strip_suffix('*') {
                Some(beginning) => action.starts_with(beginning),
                None => *action == *allowed,
            };
            assert!(allowed.iter().any(covers), "{action} is not allowed");
        }
        assert!(!allowed.iter().any(|action| action.ends_with(":*")), "{allowed:?}");
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
        let roomy = policy(&actions, LONGEST);
        assert!(actions.iter().all(|action| roomy.contains(action)), "{roomy}");
        let tight = policy(&actions, roomy.len() - 1);
        assert!(tight.contains(r#""ec2:Describe*","iam:GetUser""#), "{tight}");
    }
}
