//! Stops, resizes and starts an instance. One that was stopped stays stopped.

use async_trait::async_trait;
use aws_sdk_ec2::types::{AttributeValue, InstanceStateName, InstanceType};
use miyabi_types::action::{Action, TargetState};
use serde_json::{Value, json};

use super::{
    DirectAction,
    ec2::{instance, start, state_of, stop},
};
use crate::{
    accounts::Clients,
    error::{ExecutionError, Result, failed},
    step::{Job, Restored, Step},
};

pub struct ResizeInstance;

const POLL_SECONDS: u32 = 15;
/// Starts after which an instance that stops again is given up (its key may be out of reach).
const MAX_STARTS: u64 = 3;

#[async_trait]
impl DirectAction for ResizeInstance {
    async fn read(&self, aws: &Clients, action: &Action) -> Result<TargetState> {
        Ok(instance(aws, &action.resource_id).await?.map_or(TargetState::Absent, |instance| {
            let kind = instance.instance_type().map(InstanceType::as_str);
            TargetState::present([("instance_type", json!(kind))])
        }))
    }

    /// Keeps whether it runs, for the state alone does not say.
    async fn backup(&self, aws: &Clients, job: &Job<'_>) -> Result<Step<Value>> {
        let id = &job.action.resource_id;
        let Some(instance) = instance(aws, id).await? else {
            return Err(ExecutionError::Stale(format!("instance {id} is gone")));
        };
        match state_of(&instance) {
            state @ (InstanceStateName::Running | InstanceStateName::Stopped) => {
                Ok(Step::Done(json!({ "state": state.as_str() })))
            }
            _ => Ok(Step::wait(POLL_SECONDS)),
        }
    }

    async fn apply(&self, aws: &Clients, job: &Job<'_>) -> Result<Step<()>> {
        lead_to(aws, job, &job.action.desired).await
    }

    async fn undo(&self, aws: &Clients, job: &Job<'_>) -> Result<Step<Restored>> {
        Ok(match lead_to(aws, job, job.before()).await? {
            Step::Done(()) => Step::Done(Restored::Exactly),
            Step::Pending { retry_after, note } => Step::Pending { retry_after, note },
        })
    }
}

/// Goes one step towards the type of `to`, in the running state that the backup kept.
async fn lead_to(aws: &Clients, job: &Job<'_>, to: &TargetState) -> Result<Step<()>> {
    let id = &job.action.resource_id;
    let Some(instance) = instance(aws, id).await? else {
        return Err(ExecutionError::Stale(format!("instance {id} is gone")));
    };
    let Some(target) = to.setting("instance_type").as_str() else {
        return Err(ExecutionError::Refused(format!("no instance type to give to instance {id}")));
    };
    let is_target = instance.instance_type().map(InstanceType::as_str) == Some(target);
    let runs = job.kept("state").as_str() == Some(InstanceStateName::Running.as_str());
    match (is_target, state_of(&instance)) {
        (true, InstanceStateName::Running) if runs => Ok(Step::Done(())),
        (true, InstanceStateName::Stopped) if !runs => Ok(Step::Done(())),
        (true, InstanceStateName::Stopped) => {
            let starts = job.note["starts"].as_u64().unwrap_or(0) + 1;
            if starts > MAX_STARTS {
                let reason = instance.state_reason().and_then(|reason| reason.message());
                return Err(ExecutionError::NotDone(format!(
                    "instance {id} stops each time it is started: {}",
                    reason.unwrap_or("AWS gave no reason")
                )));
            }
            start(aws, id).await?;
            Ok(Step::wait_with(POLL_SECONDS, json!({ "starts": starts })))
        }
        (_, InstanceStateName::Running) => {
            stop(aws, id).await?;
            Ok(Step::wait(POLL_SECONDS))
        }
        (false, InstanceStateName::Stopped) => {
            aws.ec2
                .modify_instance_attribute()
                .instance_id(id)
                .instance_type(AttributeValue::builder().value(target).build())
                .send()
                .await
                .map_err(failed("ec2:ModifyInstanceAttribute"))?;
            Ok(Step::wait(1))
        }
        _ => Ok(Step::wait(POLL_SECONDS)),
    }
}
