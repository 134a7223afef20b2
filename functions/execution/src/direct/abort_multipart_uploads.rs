//! Adds a lifecycle rule that aborts incomplete multipart uploads. Other rules stay as they are.

use async_trait::async_trait;
use aws_sdk_s3::{
    operation::get_bucket_lifecycle_configuration::GetBucketLifecycleConfigurationOutput,
    types::{
        AbortIncompleteMultipartUpload, BucketLifecycleConfiguration, ExpirationStatus,
        LifecycleRule, LifecycleRuleFilter, TransitionDefaultMinimumObjectSize,
    },
};
use miyabi_types::action::{Action, Settings, TargetState};
use serde_json::{Value, json};

use super::{Setting, s3::bucket_state, wanted};
use crate::{
    accounts::Clients,
    error::{ExecutionError, Result, failed},
    step::Step,
};

pub struct AbortMultipartUploads;

const SETTING: &str = "abort_multipart_days";
/// The id of the rule that is ours to add and to take away.
const RULE_ID: &str = "miyabi-abort-multipart-uploads";

#[async_trait]
impl Setting for AbortMultipartUploads {
    async fn read(&self, aws: &Clients, action: &Action) -> Result<TargetState> {
        let found = lifecycle(aws, action).await;
        bucket_state(SETTING, found.map(|found| days(found.rules.unwrap_or_default().as_slice())))
    }

    async fn set(&self, aws: &Clients, action: &Action, to: &Settings) -> Result<Step<()>> {
        let found = lifecycle(aws, action).await?;
        let size = found.transition_default_minimum_object_size;
        let mut rules = found.rules.unwrap_or_default();
        rules.retain(|rule| rule.id() != Some(RULE_ID));
        // Ours is needed only where the bucket's own rules do not already lead there.
        let target = wanted::<Option<i32>>(to, SETTING)?;
        if days(&rules) != json!(target)
            && let Some(days) = target
        {
            rules.push(rule(days)?);
        }
        put(aws, action, rules, size).await?;
        Ok(Step::Done(()))
    }
}

async fn lifecycle(
    aws: &Clients,
    action: &Action,
) -> Result<GetBucketLifecycleConfigurationOutput> {
    let found = aws
        .s3
        .get_bucket_lifecycle_configuration()
        .bucket(&action.resource_id)
        .expected_bucket_owner(action.account.as_str())
        .send()
        .await
        .map_err(failed("s3:GetLifecycleConfiguration"));
    match found {
        Err(error) if error.is(&["NoSuchLifecycleConfiguration"]) => {
            Ok(GetBucketLifecycleConfigurationOutput::builder().build())
        }
        other => other,
    }
}

async fn put(
    aws: &Clients,
    action: &Action,
    rules: Vec<LifecycleRule>,
    size: Option<TransitionDefaultMinimumObjectSize>,
) -> Result<()> {
    if rules.is_empty() {
        aws.s3
            .delete_bucket_lifecycle()
            .bucket(&action.resource_id)
            .expected_bucket_owner(action.account.as_str())
            .send()
            .await
            .map_err(failed("s3:PutLifecycleConfiguration"))?;
        return Ok(());
    }
    let configuration = BucketLifecycleConfiguration::builder()
        .set_rules(Some(rules))
        .build()
        .map_err(|error| ExecutionError::Defect(error.to_string()))?;
    aws.s3
        .put_bucket_lifecycle_configuration()
        .bucket(&action.resource_id)
        .expected_bucket_owner(action.account.as_str())
        .set_transition_default_minimum_object_size(size)
        .lifecycle_configuration(configuration)
        .send()
        .await
        .map_err(failed("s3:PutLifecycleConfiguration"))?;
    Ok(())
}

fn rule(days: i32) -> Result<LifecycleRule> {
    LifecycleRule::builder()
        .id(RULE_ID)
        .status(ExpirationStatus::Enabled)
        .filter(LifecycleRuleFilter::builder().prefix("").build())
        .abort_incomplete_multipart_upload(
            AbortIncompleteMultipartUpload::builder().days_after_initiation(days).build(),
        )
        .build()
        .map_err(|error| ExecutionError::Defect(error.to_string()))
}

/// The smallest number of days of enabled rules for the whole bucket; null without one.
fn days(rules: &[LifecycleRule]) -> Value {
    let days = rules
        .iter()
        .filter(|rule| *rule.status() == ExpirationStatus::Enabled && is_whole_bucket(rule))
        .filter_map(|rule| rule.abort_incomplete_multipart_upload()?.days_after_initiation())
        .min();
    json!(days)
}

#[expect(deprecated, reason = "rules written before 2016 carry their prefix outside the filter")]
fn is_whole_bucket(rule: &LifecycleRule) -> bool {
    let outer = rule.prefix().unwrap_or_default();
    let narrows = rule.filter().is_some_and(|filter| {
        filter.prefix().is_some_and(|prefix| !prefix.is_empty())
            || filter.tag().is_some()
            || filter.and().is_some()
            || filter.object_size_greater_than().is_some()
            || filter.object_size_less_than().is_some()
    });
    outer.is_empty() && !narrows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_enabled_rules_for_the_whole_bucket_count() {
        assert_eq!(days(&[]), Value::Null);
        assert_eq!(days(&[rule(7).unwrap(), rule(3).unwrap()]), json!(3));
        let mut disabled = rule(1).unwrap();
        disabled.status = ExpirationStatus::Disabled;
        let mut narrow = rule(2).unwrap();
        narrow.filter = Some(LifecycleRuleFilter::builder().prefix("logs/").build());
        assert_eq!(days(&[disabled, narrow, rule(7).unwrap()]), json!(7));
    }
}
