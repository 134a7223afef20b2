//! Controls of IAM that compare one setting.

use miyabi_types::{
    action::{Operation, TargetState},
    finding::Severity,
    resource::{Resource, ResourceConfig, ResourceKind, iam::PasswordRules},
};
use serde_json::json;

use crate::check::{Check, FSBP, Judge, Reading, Remedy, SECURITY, Setting, Threshold, by_hand};

/// Shortest password. Source: Security Hub IAM.15, CIS AWS Foundations 1.8.
const MIN_LENGTH: u32 = 14;
/// Shortest password that IAM.7 accepts. Source: Security Hub IAM.7.
const MIN_LENGTH_FSBP: u32 = 8;
/// Earlier passwords that may not be used again. Source: Security Hub IAM.16, CIS AWS Foundations 1.9.
const MIN_REUSE_PREVENTION: u32 = 24;

/// The table.
pub const CHECKS: [Check; 4] = [
    Check {
        id: "iam_user_direct_policies",
        title: "User has policies of their own",
        severity: Severity::Low,
        kinds: &[ResourceKind::IamUser],
        controls: &["IAM.2"],
        thresholds: &[Threshold { what: "policies of the user", value: "none" }],
        references: &[FSBP],
        judge: Judge::Setting(Setting {
            name: "policies of the user",
            must_be: "none",
            read: |config| match config {
                ResourceConfig::IamUser(user) => {
                    let inline = user.inline_policies.iter().map(|policy| policy.name.as_str());
                    let attached = user.attached_policies.iter().map(String::as_str);
                    let names: Vec<_> = inline.chain(attached).collect();
                    Reading::must(names.is_empty(), names.join(", "))
                }
                _ => Reading::NotApplicable,
            },
            remedy: by_hand,
        }),
        ..SECURITY
    },
    Check {
        id: "iam_password_policy_weak",
        title: "Password policy asks for too little",
        controls: &["IAM.7"],
        thresholds: &[Threshold {
            what: "password",
            value: "upper and lower case, digit, symbol, at least 8 characters",
        }],
        judge: Judge::Setting(Setting {
            name: "password policy",
            must_be: "upper and lower case, digit, symbol, at least 8 characters",
            read: |config| {
                rules(config, |rules| {
                    let missing = missing(rules);
                    Reading::must(missing.is_empty(), format!("without {}", missing.join(", ")))
                })
            },
            remedy: strengthen,
        }),
        ..PASSWORD
    },
    Check {
        id: "iam_password_policy_short",
        title: "Passwords may be shorter than 14 characters",
        controls: &["IAM.15"],
        thresholds: &[Threshold { what: "MinimumPasswordLength", value: "at least 14" }],
        judge: Judge::Setting(Setting {
            name: "MinimumPasswordLength",
            must_be: "at least 14",
            read: |config| {
                rules(config, |rules| {
                    let length = rules.minimum_length;
                    Reading::must(length >= MIN_LENGTH, length)
                })
            },
            remedy: strengthen,
        }),
        ..PASSWORD
    },
    Check {
        id: "iam_password_policy_reuse",
        title: "Passwords may be used again too soon",
        severity: Severity::Low,
        controls: &["IAM.16"],
        thresholds: &[Threshold { what: "PasswordReusePrevention", value: "at least 24" }],
        judge: Judge::Setting(Setting {
            name: "PasswordReusePrevention",
            must_be: "at least 24",
            read: |config| {
                rules(config, |rules| {
                    let kept = rules.reuse_prevention.unwrap_or(0);
                    Reading::must(kept >= MIN_REUSE_PREVENTION, kept)
                })
            },
            remedy: strengthen,
        }),
        ..PASSWORD
    },
];

const PASSWORD: Check = Check {
    kinds: &[ResourceKind::IamPasswordPolicy],
    operation: Some(Operation::SetPasswordPolicy),
    references: &[FSBP],
    ..SECURITY
};

/// An account without a policy fails every control of it.
fn rules(config: &ResourceConfig, read: impl Fn(&PasswordRules) -> Reading) -> Reading {
    match config {
        ResourceConfig::IamPasswordPolicy(policy) => {
            policy.policy.as_ref().map_or_else(|| Reading::Bad("absent".into()), read)
        }
        _ => Reading::NotApplicable,
    }
}

fn missing(rules: &PasswordRules) -> Vec<&'static str> {
    [
        ("upper case", rules.require_uppercase),
        ("lower case", rules.require_lowercase),
        ("digits", rules.require_numbers),
        ("symbols", rules.require_symbols),
        ("8 characters", rules.minimum_length >= MIN_LENGTH_FSBP),
    ]
    .into_iter()
    .filter(|(_, there)| !there)
    .map(|(name, _)| name)
    .collect()
}

/// What an account without a password policy has.
/// Source: IAM User Guide, Default password policy, as the API's defaults express it.
const NONE: PasswordRules = PasswordRules {
    minimum_length: 8,
    require_uppercase: false,
    require_lowercase: false,
    require_numbers: false,
    require_symbols: false,
    allow_users_to_change: true,
    max_age_days: None,
    reuse_prevention: None,
    hard_expiry: false,
};

/// Raises what is too low and leaves what is stricter.
fn strengthen(resource: &Resource) -> Option<Remedy> {
    let ResourceConfig::IamPasswordPolicy(policy) = &resource.config else { return None };
    let today = policy.policy.unwrap_or(NONE);
    let stronger = PasswordRules {
        minimum_length: today.minimum_length.max(MIN_LENGTH),
        require_uppercase: true,
        require_lowercase: true,
        require_numbers: true,
        require_symbols: true,
        reuse_prevention: Some(today.reuse_prevention.unwrap_or(0).max(MIN_REUSE_PREVENTION)),
        ..today
    };
    let remedy = Remedy::new(
        Operation::SetPasswordPolicy,
        resource,
        TargetState::present([("policy", json!(policy.policy))]),
        TargetState::present([("policy", json!(stronger))]),
    );
    Some(remedy.explained(
        "Ask for passwords of 14 characters of every kind that none of the last 24 was",
        "Existing passwords stay valid; users meet the rules at their next change.",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{
        Expect::{Clear, Risk},
        check_table, password_policy, user,
    };

    #[test]
    fn every_row_judges() {
        let edited = |edit: fn(&mut PasswordRules)| {
            password_policy(|policy| policy.as_mut().into_iter().for_each(edit))
        };
        let absent = || password_policy(|policy| *policy = None);
        let attached = vec!["arn:aws:iam::aws:policy/ReadOnlyAccess".to_owned()];
        check_table(
            &CHECKS,
            vec![
                ("IAM.2", user(|_| {}), Clear),
                ("IAM.2", user(|user| user.attached_policies = attached), Risk),
                ("IAM.7", edited(|_| {}), Clear),
                ("IAM.7", edited(|rules| rules.minimum_length = 8), Clear),
                ("IAM.7", edited(|rules| rules.minimum_length = 7), Risk),
                ("IAM.7", edited(|rules| rules.require_symbols = false), Risk),
                ("IAM.7", absent(), Risk),
                ("IAM.15", edited(|rules| rules.minimum_length = 14), Clear),
                ("IAM.15", edited(|rules| rules.minimum_length = 13), Risk),
                ("IAM.15", absent(), Risk),
                ("IAM.16", edited(|rules| rules.reuse_prevention = Some(24)), Clear),
                ("IAM.16", edited(|rules| rules.reuse_prevention = Some(23)), Risk),
                ("IAM.16", edited(|rules| rules.reuse_prevention = None), Risk),
            ],
        );
    }

    #[test]
    fn what_is_stricter_stays() {
        let strict = password_policy(|policy| {
            if let Some(rules) = policy {
                rules.minimum_length = 20;
                rules.max_age_days = Some(60);
                rules.reuse_prevention = None;
            }
        });
        let desired = strengthen(&strict).unwrap().action.desired;
        let policy = desired.setting("policy");
        assert_eq!((&policy["minimum_length"], &policy["max_age_days"]), (&json!(20), &json!(60)));
        assert_eq!(policy["reuse_prevention"], 24);
    }
}
