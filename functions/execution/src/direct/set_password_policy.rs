//! Sets the account's password policy.

use async_trait::async_trait;
use miyabi_types::{
    action::{Action, Settings, TargetState},
    resource::iam::PasswordRules,
};

use super::{Setting, value, wanted};
use crate::{
    accounts::Clients,
    error::{ExecutionError, Result, failed},
    step::Step,
};

pub struct SetPasswordPolicy;

const SETTING: &str = "policy";
/// The length that IAM asks for where a policy says none.
const DEFAULT_LENGTH: u32 = 6;

#[async_trait]
impl Setting for SetPasswordPolicy {
    async fn read(&self, aws: &Clients, _action: &Action) -> Result<TargetState> {
        let found = aws
            .iam
            .get_account_password_policy()
            .send()
            .await
            .map_err(failed("iam:GetAccountPasswordPolicy"));
        let policy = match found {
            Err(error) if error.is(&["NoSuchEntity", "NoSuchEntityException"]) => None,
            other => other?.password_policy,
        };
        let count = |number: Option<i32>| {
            number.and_then(|n| u32::try_from(n).ok()).filter(|number| *number > 0)
        };
        let rules = policy.map(|policy| PasswordRules {
            minimum_length: count(policy.minimum_password_length).unwrap_or(DEFAULT_LENGTH),
            require_uppercase: policy.require_uppercase_characters,
            require_lowercase: policy.require_lowercase_characters,
            require_numbers: policy.require_numbers,
            require_symbols: policy.require_symbols,
            allow_users_to_change: policy.allow_users_to_change_password,
            max_age_days: count(policy.max_password_age),
            reuse_prevention: count(policy.password_reuse_prevention),
            hard_expiry: policy.hard_expiry.unwrap_or(false),
        });
        Ok(TargetState::present([(SETTING, value(rules)?)]))
    }

    async fn set(&self, aws: &Clients, _action: &Action, to: &Settings) -> Result<Step<()>> {
        let Some(rules) = wanted::<Option<PasswordRules>>(to, SETTING)? else {
            let deleted = aws
                .iam
                .delete_account_password_policy()
                .send()
                .await
                .map_err(failed("iam:DeleteAccountPasswordPolicy"));
            return match deleted {
                Err(error) if !error.is(&["NoSuchEntity", "NoSuchEntityException"]) => Err(error),
                _ => Ok(Step::Done(())),
            };
        };
        let number = |n: u32| {
            i32::try_from(n).map_err(|_| {
                ExecutionError::Refused(format!("{n} is too much for a password rule"))
            })
        };
        // IAM takes what is left out as its default, so everything is said.
        aws.iam
            .update_account_password_policy()
            .minimum_password_length(number(rules.minimum_length)?)
            .require_uppercase_characters(rules.require_uppercase)
            .require_lowercase_characters(rules.require_lowercase)
            .require_numbers(rules.require_numbers)
            .require_symbols(rules.require_symbols)
            .allow_users_to_change_password(rules.allow_users_to_change)
            .set_max_password_age(rules.max_age_days.map(number).transpose()?)
            .set_password_reuse_prevention(rules.reuse_prevention.map(number).transpose()?)
            .hard_expiry(rules.hard_expiry)
            .send()
            .await
            .map_err(failed("iam:UpdateAccountPasswordPolicy"))?;
        Ok(Step::Done(()))
    }
}
