//! Stops a database instance. AWS starts it again after seven days.

use async_trait::async_trait;
use miyabi_types::action::{Action, Settings, TargetState};
use serde_json::json;

use super::{Setting, modify_db_instance::db_instance, wanted};
use crate::{
    accounts::Clients,
    error::{ExecutionError, Result, failed},
    step::{Job, Step, is_half_way},
};

pub struct StopDbInstance;

const POLL_SECONDS: u32 = 30;

#[async_trait]
impl Setting for StopDbInstance {
    async fn read(&self, aws: &Clients, action: &Action) -> Result<TargetState> {
        Ok(db_instance(aws, &action.resource_id).await?.map_or(TargetState::Absent, |db| {
            TargetState::present([("status", json!(db.db_instance_status()))])
        }))
    }

    async fn set(&self, aws: &Clients, action: &Action, to: &Settings) -> Result<Step<()>> {
        let id = &action.resource_id;
        let Some(db) = db_instance(aws, id).await? else {
            return Err(ExecutionError::Stale(format!("database instance {id} is gone")));
        };
        let target = wanted::<String>(to, "status")?;
        match (db.db_instance_status().unwrap_or_default(), target.as_str()) {
            (status, target) if status == target => return Ok(Step::Done(())),
            ("available", "stopped") => {
                aws.rds
                    .stop_db_instance()
                    .db_instance_identifier(id)
                    .send()
                    .await
                    .map_err(failed("rds:StopDBInstance"))?;
            }
            ("stopped", "available") => {
                aws.rds
                    .start_db_instance()
                    .db_instance_identifier(id)
                    .send()
                    .await
                    .map_err(failed("rds:StartDBInstance"))?;
            }
            (_, "available" | "stopped") => {}
            (_, other) => {
                return Err(ExecutionError::Refused(format!(
                    "a database instance cannot be led to the status {other:?}"
                )));
            }
        }
        Ok(Step::wait(POLL_SECONDS))
    }

    fn is_own_state(&self, live: &TargetState, job: &Job<'_>) -> bool {
        matches!(
            live.setting("status").as_str(),
            Some("stopping" | "starting" | "backing-up" | "configuring-enhanced-monitoring")
        ) || is_half_way(live, job.before(), &job.action.desired)
    }
}
