//! Requires `IMDSv2` of an instance.

use async_trait::async_trait;
use aws_sdk_ec2::types::HttpTokensState;
use miyabi_types::action::{Action, Settings, TargetState};
use serde_json::json;

use super::{Setting, ec2::instance, wanted};
use crate::{
    accounts::Clients,
    error::{Result, failed},
    step::Step,
};

pub struct RequireImdsV2;

#[async_trait]
impl Setting for RequireImdsV2 {
    async fn read(&self, aws: &Clients, action: &Action) -> Result<TargetState> {
        Ok(instance(aws, &action.resource_id).await?.map_or(TargetState::Absent, |instance| {
            let tokens = instance
                .metadata_options()
                .and_then(|options| options.http_tokens())
                .map(HttpTokensState::as_str);
            TargetState::present([("http_tokens", json!(tokens))])
        }))
    }

    async fn set(&self, aws: &Clients, action: &Action, to: &Settings) -> Result<Step<()>> {
        let tokens = wanted::<String>(to, "http_tokens")?;
        aws.ec2
            .modify_instance_metadata_options()
            .instance_id(&action.resource_id)
            .http_tokens(HttpTokensState::from(tokens.as_str()))
            .send()
            .await
            .map_err(failed("ec2:ModifyInstanceMetadataOptions"))?;
        Ok(Step::Done(()))
    }
}
