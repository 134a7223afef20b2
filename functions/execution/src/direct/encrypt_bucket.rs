//! Sets default encryption of a bucket.

use async_trait::async_trait;
use aws_sdk_s3::types::{
    ServerSideEncryption, ServerSideEncryptionByDefault, ServerSideEncryptionConfiguration,
    ServerSideEncryptionRule,
};
use miyabi_types::{
    action::{Action, Settings, TargetState},
    resource::s3::BucketEncryption,
};
use serde_json::Value;

use super::{Setting, s3::bucket_state, value, wanted};
use crate::{
    accounts::Clients,
    error::{ExecutionError, Result, failed},
    step::Step,
};

pub struct EncryptBucket;

const SETTING: &str = "encryption";

#[async_trait]
impl Setting for EncryptBucket {
    async fn read(&self, aws: &Clients, action: &Action) -> Result<TargetState> {
        bucket_state(SETTING, encryption(aws, action).await)
    }

    async fn set(&self, aws: &Clients, action: &Action, to: &Settings) -> Result<Step<()>> {
        let Some(wanted) = wanted::<Option<BucketEncryption>>(to, SETTING)? else {
            aws.s3
                .delete_bucket_encryption()
                .bucket(&action.resource_id)
                .expected_bucket_owner(action.account.as_str())
                .send()
                .await
                .map_err(failed("s3:PutEncryptionConfiguration"))?;
            return Ok(Step::Done(()));
        };
        let defect =
            |error: aws_sdk_s3::error::BuildError| ExecutionError::Defect(error.to_string());
        let by_default = ServerSideEncryptionByDefault::builder()
            .sse_algorithm(ServerSideEncryption::from(wanted.algorithm.as_str()))
            .set_kms_master_key_id(wanted.kms_key_id)
            .build()
            .map_err(defect)?;
        let rule = ServerSideEncryptionRule::builder()
            .apply_server_side_encryption_by_default(by_default)
            .bucket_key_enabled(wanted.bucket_key)
            .build();
        aws.s3
            .put_bucket_encryption()
            .bucket(&action.resource_id)
            .expected_bucket_owner(action.account.as_str())
            .server_side_encryption_configuration(
                ServerSideEncryptionConfiguration::builder().rules(rule).build().map_err(defect)?,
            )
            .send()
            .await
            .map_err(failed("s3:PutEncryptionConfiguration"))?;
        Ok(Step::Done(()))
    }
}

async fn encryption(aws: &Clients, action: &Action) -> Result<Value> {
    let found = aws
        .s3
        .get_bucket_encryption()
        .bucket(&action.resource_id)
        .expected_bucket_owner(action.account.as_str())
        .send()
        .await
        .map_err(failed("s3:GetEncryptionConfiguration"));
    let configuration = match found {
        Err(error) if error.is(&["ServerSideEncryptionConfigurationNotFoundError"]) => None,
        other => other?.server_side_encryption_configuration,
    };
    let rule = configuration.and_then(|configuration| configuration.rules.into_iter().next());
    value(rule.and_then(|rule| {
        let by_default = rule.apply_server_side_encryption_by_default?;
        Some(BucketEncryption {
            algorithm: by_default.sse_algorithm.as_str().to_owned(),
            kms_key_id: by_default.kms_master_key_id,
            bucket_key: rule.bucket_key_enabled.unwrap_or(false),
        })
    }))
}
