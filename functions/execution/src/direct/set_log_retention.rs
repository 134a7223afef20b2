//! Sets for how long events of a log group are kept.

use async_trait::async_trait;
use miyabi_types::action::{Action, Settings, TargetState};
use serde_json::json;

use super::{Setting, wanted};
use crate::{
    accounts::Clients,
    error::{Result, failed},
    step::Step,
};

pub struct SetLogRetention;

#[async_trait]
impl Setting for SetLogRetention {
    async fn read(&self, aws: &Clients, action: &Action) -> Result<TargetState> {
        let name = &action.resource_id;
        // Names that begin with this one come after it, and only the name itself is it.
        let answer = aws
            .logs
            .describe_log_groups()
            .log_group_name_prefix(name)
            .send()
            .await
            .map_err(failed("logs:DescribeLogGroups"))?;
        let group = answer.log_groups().iter().find(|group| group.log_group_name() == Some(name));
        Ok(group.map_or(TargetState::Absent, |group| {
            TargetState::present([("retention_days", json!(group.retention_in_days()))])
        }))
    }

    async fn set(&self, aws: &Clients, action: &Action, to: &Settings) -> Result<Step<()>> {
        let name = &action.resource_id;
        if let Some(days) = wanted::<Option<i32>>(to, "retention_days")? {
            aws.logs
                .put_retention_policy()
                .log_group_name(name)
                .retention_in_days(days)
                .send()
                .await
                .map_err(failed("logs:PutRetentionPolicy"))?;
        } else {
            aws.logs
                .delete_retention_policy()
                .log_group_name(name)
                .send()
                .await
                .map_err(failed("logs:DeleteRetentionPolicy"))?;
        }
        Ok(Step::Done(()))
    }
}
