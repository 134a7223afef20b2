//! Sets when files of a file system move to Infrequent Access. Its other rules stay as they are.

use async_trait::async_trait;
use aws_sdk_efs::types::{LifecyclePolicy, TransitionToIaRules};
use miyabi_types::action::{Action, Settings, TargetState};
use serde_json::json;

use super::{Setting, wanted};
use crate::{
    accounts::Clients,
    error::{Result, failed},
    step::Step,
};

pub struct SetFileLifecycle;

const SETTING: &str = "to_infrequent_access";

async fn policies(aws: &Clients, id: &str) -> Result<Option<Vec<LifecyclePolicy>>> {
    let found = aws
        .efs
        .describe_lifecycle_configuration()
        .file_system_id(id)
        .send()
        .await
        .map_err(failed("elasticfilesystem:DescribeLifecycleConfiguration"));
    match found {
        Err(error) if error.is(&["FileSystemNotFound"]) => Ok(None),
        other => Ok(Some(other?.lifecycle_policies.unwrap_or_default())),
    }
}

#[async_trait]
impl Setting for SetFileLifecycle {
    async fn read(&self, aws: &Clients, action: &Action) -> Result<TargetState> {
        Ok(policies(aws, &action.resource_id).await?.map_or(TargetState::Absent, |policies| {
            let days = policies.iter().find_map(LifecyclePolicy::transition_to_ia);
            TargetState::present([(SETTING, json!(days.map(TransitionToIaRules::as_str)))])
        }))
    }

    async fn set(&self, aws: &Clients, action: &Action, to: &Settings) -> Result<Step<()>> {
        let id = &action.resource_id;
        // The call replaces every rule.
        let mut rules = policies(aws, id).await?.unwrap_or_default();
        rules.retain(|policy| policy.transition_to_ia().is_none());
        if let Some(days) = wanted::<Option<String>>(to, SETTING)? {
            let days = TransitionToIaRules::from(days.as_str());
            rules.insert(0, LifecyclePolicy::builder().transition_to_ia(days).build());
        }
        aws.efs
            .put_lifecycle_configuration()
            .file_system_id(id)
            .set_lifecycle_policies(Some(rules))
            .send()
            .await
            .map_err(failed("elasticfilesystem:PutLifecycleConfiguration"))?;
        Ok(Step::Done(()))
    }
}
