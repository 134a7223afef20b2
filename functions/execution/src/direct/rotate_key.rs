//! Replaces the material of a KMS key by itself.

use async_trait::async_trait;
use miyabi_types::action::{Action, Settings, TargetState};
use serde_json::json;

use super::{Setting, wanted};
use crate::{
    accounts::Clients,
    error::{Result, failed},
    step::Step,
};

pub struct RotateKey;

const SETTING: &str = "rotation";

#[async_trait]
impl Setting for RotateKey {
    async fn read(&self, aws: &Clients, action: &Action) -> Result<TargetState> {
        let found = aws
            .kms
            .get_key_rotation_status()
            .key_id(&action.resource_id)
            .send()
            .await
            .map_err(failed("kms:GetKeyRotationStatus"));
        match found {
            Err(error) if error.is(&["NotFoundException"]) => Ok(TargetState::Absent),
            other => Ok(TargetState::present([(SETTING, json!(other?.key_rotation_enabled()))])),
        }
    }

    async fn set(&self, aws: &Clients, action: &Action, to: &Settings) -> Result<Step<()>> {
        let id = &action.resource_id;
        if wanted::<bool>(to, SETTING)? {
            let call = aws.kms.enable_key_rotation().key_id(id).send().await;
            call.map_err(failed("kms:EnableKeyRotation"))?;
        } else {
            let call = aws.kms.disable_key_rotation().key_id(id).send().await;
            call.map_err(failed("kms:DisableKeyRotation"))?;
        }
        Ok(Step::Done(()))
    }
}
