//! Deletes a secret after 30 days, the longest that AWS keeps one for its way back.

use async_trait::async_trait;
use miyabi_types::action::{Action, Settings, TargetState};
use serde_json::json;

use super::{Setting, wanted};
use crate::{
    accounts::Clients,
    error::{Result, failed},
    step::Step,
};

pub struct DeleteSecret;

const SETTING: &str = "scheduled_for_deletion";
/// Days until a deleted secret is gone. Source: AWS Secrets Manager API reference, `DeleteSecret`.
const RECOVERY_DAYS: i64 = 30;

#[async_trait]
impl Setting for DeleteSecret {
    async fn read(&self, aws: &Clients, action: &Action) -> Result<TargetState> {
        let found = aws
            .secrets
            .describe_secret()
            .secret_id(action.target.as_str())
            .send()
            .await
            .map_err(failed("secretsmanager:DescribeSecret"));
        match found {
            Err(error) if error.is(&["ResourceNotFoundException"]) => Ok(TargetState::Absent),
            other => {
                let deleted = other?.deleted_date().is_some();
                Ok(TargetState::present([(SETTING, json!(deleted))]))
            }
        }
    }

    async fn set(&self, aws: &Clients, action: &Action, to: &Settings) -> Result<Step<()>> {
        let id = action.target.as_str();
        if wanted::<bool>(to, SETTING)? {
            aws.secrets
                .delete_secret()
                .secret_id(id)
                .recovery_window_in_days(RECOVERY_DAYS)
                .send()
                .await
                .map_err(failed("secretsmanager:DeleteSecret"))?;
        } else {
            aws.secrets
                .restore_secret()
                .secret_id(id)
                .send()
                .await
                .map_err(failed("secretsmanager:RestoreSecret"))?;
        }
        Ok(Step::Done(()))
    }
}
