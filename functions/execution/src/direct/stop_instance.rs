//! Stops an instance.

use async_trait::async_trait;
use aws_sdk_ec2::types::InstanceStateName;
use miyabi_types::action::{Action, Settings, TargetState};
use serde_json::json;

use super::{
    Setting,
    ec2::{instance, start, state_of, stop},
    wanted,
};
use crate::{
    accounts::Clients,
    error::{ExecutionError, Result},
    step::{Job, Step, is_half_way},
};

pub struct StopInstance;

const POLL_SECONDS: u32 = 15;

#[async_trait]
impl Setting for StopInstance {
    async fn read(&self, aws: &Clients, action: &Action) -> Result<TargetState> {
        Ok(instance(aws, &action.resource_id).await?.map_or(TargetState::Absent, |instance| {
            TargetState::present([("state", json!(state_of(&instance).as_str()))])
        }))
    }

    async fn set(&self, aws: &Clients, action: &Action, to: &Settings) -> Result<Step<()>> {
        let id = &action.resource_id;
        let Some(instance) = instance(aws, id).await? else {
            return Err(ExecutionError::Stale(format!("instance {id} is gone")));
        };
        let target = wanted::<String>(to, "state")?;
        match (state_of(&instance), target.as_str()) {
            (InstanceStateName::Running, "stopped") => stop(aws, id).await?,
            (InstanceStateName::Stopped, "running") => start(aws, id).await?,
            (state, target) if state.as_str() == target => return Ok(Step::Done(())),
            (_, "running" | "stopped") => {}
            (_, other) => {
                return Err(ExecutionError::Refused(format!(
                    "an instance cannot be led to the state {other:?}"
                )));
            }
        }
        Ok(Step::wait(POLL_SECONDS))
    }

    fn is_own_state(&self, live: &TargetState, job: &Job<'_>) -> bool {
        matches!(live.setting("state").as_str(), Some("stopping" | "pending"))
            || is_half_way(live, job.before(), &job.action.desired)
    }
}
