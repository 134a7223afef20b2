//! Encrypts new volumes of a region.

use async_trait::async_trait;
use miyabi_types::action::{Action, Settings, TargetState};
use serde_json::json;

use super::{Setting, wanted};
use crate::{
    accounts::Clients,
    error::{Result, failed},
    step::Step,
};

pub struct EnableEbsEncryption;

#[async_trait]
impl Setting for EnableEbsEncryption {
    async fn read(&self, aws: &Clients, _action: &Action) -> Result<TargetState> {
        let answer = aws
            .ec2
            .get_ebs_encryption_by_default()
            .send()
            .await
            .map_err(failed("ec2:GetEbsEncryptionByDefault"))?;
        let on = answer.ebs_encryption_by_default().unwrap_or(false);
        Ok(TargetState::present([("ebs_encryption_by_default", json!(on))]))
    }

    async fn set(&self, aws: &Clients, _action: &Action, to: &Settings) -> Result<Step<()>> {
        if wanted::<bool>(to, "ebs_encryption_by_default")? {
            aws.ec2
                .enable_ebs_encryption_by_default()
                .send()
                .await
                .map_err(failed("ec2:EnableEbsEncryptionByDefault"))?;
        } else {
            aws.ec2
                .disable_ebs_encryption_by_default()
                .send()
                .await
                .map_err(failed("ec2:DisableEbsEncryptionByDefault"))?;
        }
        Ok(Step::Done(()))
    }
}
