//! Sets the four public access block flags of a bucket.

use async_trait::async_trait;
use aws_sdk_s3::types::PublicAccessBlockConfiguration;
use miyabi_types::{
    action::{Action, Settings, TargetState},
    resource::s3::PublicAccessBlock,
};
use serde_json::Value;

use super::{Setting, s3::bucket_state, value, wanted};
use crate::{
    accounts::Clients,
    error::{Result, failed},
    step::Step,
};

pub struct BlockPublicAccess;

const SETTING: &str = "public_access_block";

#[async_trait]
impl Setting for BlockPublicAccess {
    async fn read(&self, aws: &Clients, action: &Action) -> Result<TargetState> {
        bucket_state(SETTING, flags(aws, action).await)
    }

    async fn set(&self, aws: &Clients, action: &Action, to: &Settings) -> Result<Step<()>> {
        let flags = wanted::<PublicAccessBlock>(to, SETTING)?;
        let configuration = PublicAccessBlockConfiguration::builder()
            .block_public_acls(flags.block_public_acls)
            .ignore_public_acls(flags.ignore_public_acls)
            .block_public_policy(flags.block_public_policy)
            .restrict_public_buckets(flags.restrict_public_buckets)
            .build();
        aws.s3
            .put_public_access_block()
            .bucket(&action.resource_id)
            .expected_bucket_owner(action.account.as_str())
            .public_access_block_configuration(configuration)
            .send()
            .await
            .map_err(failed("s3:PutBucketPublicAccessBlock"))?;
        Ok(Step::Done(()))
    }
}

async fn flags(aws: &Clients, action: &Action) -> Result<Value> {
    let found = aws
        .s3
        .get_public_access_block()
        .bucket(&action.resource_id)
        .expected_bucket_owner(action.account.as_str())
        .send()
        .await
        .map_err(failed("s3:GetBucketPublicAccessBlock"));
    let flags = match found {
        Err(error) if error.is(&["NoSuchPublicAccessBlockConfiguration"]) => None,
        other => other?.public_access_block_configuration,
    };
    value(flags.map_or_else(PublicAccessBlock::default, |flags| PublicAccessBlock {
        block_public_acls: flags.block_public_acls.unwrap_or(false),
        ignore_public_acls: flags.ignore_public_acls.unwrap_or(false),
        block_public_policy: flags.block_public_policy.unwrap_or(false),
        restrict_public_buckets: flags.restrict_public_buckets.unwrap_or(false),
    }))
}
