//! Pauses a Redshift cluster.

use async_trait::async_trait;
use aws_sdk_redshift::types::Cluster;
use miyabi_types::action::{Action, Settings, TargetState};
use serde_json::json;

use super::{Setting, wanted};
use crate::{
    accounts::Clients,
    error::{ExecutionError, Result, failed},
    step::{Job, Step, is_half_way},
};

pub struct PauseCluster;

const POLL_SECONDS: u32 = 60;

async fn find(aws: &Clients, id: &str) -> Result<Option<Cluster>> {
    let found = aws
        .redshift
        .describe_clusters()
        .cluster_identifier(id)
        .send()
        .await
        .map_err(failed("redshift:DescribeClusters"));
    match found {
        Err(error) if error.is(&["ClusterNotFound", "ClusterNotFoundFault"]) => Ok(None),
        other => Ok(other?.clusters.unwrap_or_default().into_iter().next()),
    }
}

#[async_trait]
impl Setting for PauseCluster {
    async fn read(&self, aws: &Clients, action: &Action) -> Result<TargetState> {
        Ok(find(aws, &action.resource_id).await?.map_or(TargetState::Absent, |cluster| {
            TargetState::present([("status", json!(cluster.cluster_status()))])
        }))
    }

    async fn set(&self, aws: &Clients, action: &Action, to: &Settings) -> Result<Step<()>> {
        let id = &action.resource_id;
        let Some(cluster) = find(aws, id).await? else {
            return Err(ExecutionError::Stale(format!("cluster {id} is gone")));
        };
        let target = wanted::<String>(to, "status")?;
        match (cluster.cluster_status().unwrap_or_default(), target.as_str()) {
            (status, target) if status == target => return Ok(Step::Done(())),
            ("available", "paused") => {
                aws.redshift
                    .pause_cluster()
                    .cluster_identifier(id)
                    .send()
                    .await
                    .map_err(failed("redshift:PauseCluster"))?;
            }
            ("paused", "available") => {
                aws.redshift
                    .resume_cluster()
                    .cluster_identifier(id)
                    .send()
                    .await
                    .map_err(failed("redshift:ResumeCluster"))?;
            }
            (_, "available" | "paused") => {}
            (_, other) => {
                return Err(ExecutionError::Refused(format!(
                    "a cluster cannot be led to the status {other:?}"
                )));
            }
        }
        Ok(Step::wait(POLL_SECONDS))
    }

    fn is_own_state(&self, live: &TargetState, job: &Job<'_>) -> bool {
        matches!(live.setting("status").as_str(), Some("pausing" | "resuming"))
            || is_half_way(live, job.before(), &job.action.desired)
    }
}
