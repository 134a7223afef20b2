//! Denies requests without TLS in the bucket policy.

use async_trait::async_trait;
use miyabi_types::action::{Action, Settings, TargetState};
use serde_json::Value;

use super::{Setting, s3::bucket_state};
use crate::{
    accounts::Clients,
    error::{ExecutionError, Result, failed},
    step::Step,
};

pub struct DenyInsecureTransport;

const SETTING: &str = "policy";

#[async_trait]
impl Setting for DenyInsecureTransport {
    async fn read(&self, aws: &Clients, action: &Action) -> Result<TargetState> {
        bucket_state(SETTING, policy(aws, action).await)
    }

    async fn set(&self, aws: &Clients, action: &Action, to: &Settings) -> Result<Step<()>> {
        match to.get(SETTING).filter(|policy| !policy.is_null()) {
            Some(policy) => {
                aws.s3
                    .put_bucket_policy()
                    .bucket(&action.resource_id)
                    .expected_bucket_owner(action.account.as_str())
                    .policy(policy.to_string())
                    .send()
                    .await
                    .map_err(failed("s3:PutBucketPolicy"))?;
            }
            None => {
                aws.s3
                    .delete_bucket_policy()
                    .bucket(&action.resource_id)
                    .expected_bucket_owner(action.account.as_str())
                    .send()
                    .await
                    .map_err(failed("s3:DeleteBucketPolicy"))?;
            }
        }
        Ok(Step::Done(()))
    }
}

async fn policy(aws: &Clients, action: &Action) -> Result<Value> {
    let found = aws
        .s3
        .get_bucket_policy()
        .bucket(&action.resource_id)
        .expected_bucket_owner(action.account.as_str())
        .send()
        .await
        .map_err(failed("s3:GetBucketPolicy"));
    let text = match found {
        Err(error) if error.is(&["NoSuchBucketPolicy"]) => None,
        other => other?.policy,
    };
    text.map_or(Ok(Value::Null), |text| {
        serde_json::from_str(&text).map_err(|error| {
            ExecutionError::NotDone(format!(
                "the policy of bucket {} is not JSON: {error}",
                action.resource_id
            ))
        })
    })
}
