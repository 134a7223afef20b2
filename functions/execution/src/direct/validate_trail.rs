//! Signs digests of a trail's log files, so that changed ones can be told.

use async_trait::async_trait;
use miyabi_types::action::{Action, Settings, TargetState};
use serde_json::json;

use super::{Setting, wanted};
use crate::{
    accounts::Clients,
    error::{Result, failed},
    step::Step,
};

pub struct ValidateTrail;

const SETTING: &str = "log_file_validation";

#[async_trait]
impl Setting for ValidateTrail {
    async fn read(&self, aws: &Clients, action: &Action) -> Result<TargetState> {
        let answer = aws
            .cloudtrail
            .describe_trails()
            .trail_name_list(action.target.as_str())
            .send()
            .await
            .map_err(failed("cloudtrail:DescribeTrails"))?;
        Ok(answer.trail_list().first().map_or(TargetState::Absent, |trail| {
            let on = trail.log_file_validation_enabled().unwrap_or(false);
            TargetState::present([(SETTING, json!(on))])
        }))
    }

    async fn set(&self, aws: &Clients, action: &Action, to: &Settings) -> Result<Step<()>> {
        aws.cloudtrail
            .update_trail()
            .name(action.target.as_str())
            .enable_log_file_validation(wanted(to, SETTING)?)
            .send()
            .await
            .map_err(failed("cloudtrail:UpdateTrail"))?;
        Ok(Step::Done(()))
    }
}
