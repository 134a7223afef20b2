//! Sets which images of a repository expire.

use async_trait::async_trait;
use miyabi_types::action::{Action, Settings, TargetState};
use serde_json::Value;

use super::{Setting, wanted};
use crate::{
    accounts::Clients,
    error::{ExecutionError, Result, failed},
    step::Step,
};

pub struct SetImageLifecycle;

const SETTING: &str = "lifecycle_policy";

#[async_trait]
impl Setting for SetImageLifecycle {
    async fn read(&self, aws: &Clients, action: &Action) -> Result<TargetState> {
        let found = aws
            .ecr
            .get_lifecycle_policy()
            .repository_name(&action.resource_id)
            .send()
            .await
            .map_err(failed("ecr:GetLifecyclePolicy"));
        let policy = match found {
            Err(error) if error.is(&["RepositoryNotFoundException"]) => {
                return Ok(TargetState::Absent);
            }
            Err(error) if error.is(&["LifecyclePolicyNotFoundException"]) => Value::Null,
            other => other?.lifecycle_policy_text().map_or(Value::Null, |text| {
                serde_json::from_str(text).unwrap_or_else(|_| text.into())
            }),
        };
        Ok(TargetState::present([(SETTING, policy)]))
    }

    async fn set(&self, aws: &Clients, action: &Action, to: &Settings) -> Result<Step<()>> {
        let name = &action.resource_id;
        if let Some(policy) = wanted::<Option<Value>>(to, SETTING)? {
            aws.ecr
                .put_lifecycle_policy()
                .repository_name(name)
                .lifecycle_policy_text(policy.to_string())
                .send()
                .await
                .map_err(failed("ecr:PutLifecyclePolicy"))?;
            return Ok(Step::Done(()));
        }
        let deleted = aws
            .ecr
            .delete_lifecycle_policy()
            .repository_name(name)
            .send()
            .await
            .map_err(failed("ecr:DeleteLifecyclePolicy"));
        match deleted {
            Err(error) if error.is(&["LifecyclePolicyNotFoundException"]) => Ok(Step::Done(())),
            Err(error) if error.is(&["RepositoryNotFoundException"]) => {
                Err(ExecutionError::Stale(format!("repository {name} is gone")))
            }
            Err(error) => Err(error),
            Ok(_) => Ok(Step::Done(())),
        }
    }
}
