//! Sets how many tasks an ECS service runs.

use async_trait::async_trait;
use aws_sdk_ecs::types::Service;
use miyabi_types::action::{Action, Settings, TargetState};
use serde_json::json;

use super::{Setting, wanted};
use crate::{
    accounts::Clients,
    error::{ExecutionError, Result, failed},
    step::Step,
};

pub struct SetDesiredCount;

const POLL_SECONDS: u32 = 15;

/// The cluster's name, from the service's ARN: `service/cluster/name`; the default cluster's services of
/// old have none in it.
fn cluster(action: &Action) -> Option<&str> {
    let mut parts = action.target.resource().split('/').skip(1);
    let (cluster, name) = (parts.next(), parts.next());
    name.and(cluster)
}

async fn find(aws: &Clients, action: &Action) -> Result<Option<Service>> {
    let answer = aws
        .ecs
        .describe_services()
        .set_cluster(cluster(action).map(str::to_owned))
        .services(action.target.as_str())
        .send()
        .await
        .map_err(failed("ecs:DescribeServices"))?;
    let services = answer.services.unwrap_or_default();
    Ok(services.into_iter().find(|service| service.status() == Some("ACTIVE")))
}

#[async_trait]
impl Setting for SetDesiredCount {
    async fn read(&self, aws: &Clients, action: &Action) -> Result<TargetState> {
        Ok(find(aws, action).await?.map_or(TargetState::Absent, |service| {
            TargetState::present([("desired_count", json!(service.desired_count()))])
        }))
    }

    async fn set(&self, aws: &Clients, action: &Action, to: &Settings) -> Result<Step<()>> {
        let Some(service) = find(aws, action).await? else {
            return Err(ExecutionError::Stale(format!("service {} is gone", action.label)));
        };
        let count = wanted::<i32>(to, "desired_count")?;
        if service.desired_count() != count {
            aws.ecs
                .update_service()
                .set_cluster(cluster(action).map(str::to_owned))
                .service(action.target.as_str())
                .desired_count(count)
                .send()
                .await
                .map_err(failed("ecs:UpdateService"))?;
            return Ok(Step::wait(POLL_SECONDS));
        }
        // Stopping is done when nothing runs any more; starting is the service's own affair.
        if count == 0 && service.running_count() > 0 {
            return Ok(Step::wait(POLL_SECONDS));
        }
        Ok(Step::Done(()))
    }
}
