//! Stops a database cluster. AWS starts it again after seven days.

use async_trait::async_trait;
use aws_sdk_rds::types::DbCluster;
use miyabi_types::action::{Action, Settings, TargetState};
use serde_json::json;

use super::{Setting, wanted};
use crate::{
    accounts::Clients,
    error::{ExecutionError, Result, failed},
    step::{Job, Step, is_half_way},
};

pub struct StopDbCluster;

const POLL_SECONDS: u32 = 30;

async fn find(aws: &Clients, id: &str) -> Result<Option<DbCluster>> {
    let found = aws
        .rds
        .describe_db_clusters()
        .db_cluster_identifier(id)
        .send()
        .await
        .map_err(failed("rds:DescribeDBClusters"));
    match found {
        Err(error) if error.is(&["DBClusterNotFoundFault", "DBClusterNotFound"]) => Ok(None),
        other => Ok(other?.db_clusters.unwrap_or_default().into_iter().next()),
    }
}

#[async_trait]
impl Setting for StopDbCluster {
    async fn read(&self, aws: &Clients, action: &Action) -> Result<TargetState> {
        Ok(find(aws, &action.resource_id).await?.map_or(TargetState::Absent, |cluster| {
            TargetState::present([("status", json!(cluster.status()))])
        }))
    }

    async fn set(&self, aws: &Clients, action: &Action, to: &Settings) -> Result<Step<()>> {
        let id = &action.resource_id;
        let Some(cluster) = find(aws, id).await? else {
            return Err(ExecutionError::Stale(format!("database cluster {id} is gone")));
        };
        let target = wanted::<String>(to, "status")?;
        match (cluster.status().unwrap_or_default(), target.as_str()) {
            (status, target) if status == target => return Ok(Step::Done(())),
            ("available", "stopped") => {
                aws.rds
                    .stop_db_cluster()
                    .db_cluster_identifier(id)
                    .send()
                    .await
                    .map_err(failed("rds:StopDBCluster"))?;
            }
            ("stopped", "available") => {
                aws.rds
                    .start_db_cluster()
                    .db_cluster_identifier(id)
                    .send()
                    .await
                    .map_err(failed("rds:StartDBCluster"))?;
            }
            (_, "available" | "stopped") => {}
            (_, other) => {
                return Err(ExecutionError::Refused(format!(
                    "a database cluster cannot be led to the status {other:?}"
                )));
            }
        }
        Ok(Step::wait(POLL_SECONDS))
    }

    fn is_own_state(&self, live: &TargetState, job: &Job<'_>) -> bool {
        matches!(live.setting("status").as_str(), Some("stopping" | "starting" | "backing-up"))
            || is_half_way(live, job.before(), &job.action.desired)
    }
}
