//! Encrypts messages of a queue with keys that SQS manages.

use async_trait::async_trait;
use aws_sdk_sqs::types::QueueAttributeName;
use miyabi_types::action::{Action, Settings, TargetState};
use serde_json::json;

use super::{Setting, wanted};
use crate::{
    accounts::Clients,
    error::{Result, failed},
    step::Step,
};

pub struct EncryptQueue;

const SETTING: &str = "sqs_managed_sse";

#[async_trait]
impl Setting for EncryptQueue {
    async fn read(&self, aws: &Clients, action: &Action) -> Result<TargetState> {
        let found = aws
            .sqs
            .get_queue_attributes()
            .queue_url(&action.resource_id)
            .attribute_names(QueueAttributeName::SqsManagedSseEnabled)
            .send()
            .await
            .map_err(failed("sqs:GetQueueAttributes"));
        let absent = ["AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist"];
        let answer = match found {
            Err(error) if error.is(&absent) => return Ok(TargetState::Absent),
            other => other?,
        };
        let on = answer
            .attributes()
            .and_then(|attributes| attributes.get(&QueueAttributeName::SqsManagedSseEnabled))
            .is_some_and(|value| value == "true");
        Ok(TargetState::present([(SETTING, json!(on))]))
    }

    async fn set(&self, aws: &Clients, action: &Action, to: &Settings) -> Result<Step<()>> {
        let on = wanted::<bool>(to, SETTING)?;
        aws.sqs
            .set_queue_attributes()
            .queue_url(&action.resource_id)
            .attributes(QueueAttributeName::SqsManagedSseEnabled, on.to_string())
            .send()
            .await
            .map_err(failed("sqs:SetQueueAttributes"))?;
        Ok(Step::Done(()))
    }
}
