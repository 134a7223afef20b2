//! Scans images of a repository when they are pushed.

use async_trait::async_trait;
use aws_sdk_ecr::types::ImageScanningConfiguration;
use miyabi_types::action::{Action, Settings, TargetState};
use serde_json::json;

use super::{Setting, wanted};
use crate::{
    accounts::Clients,
    error::{Result, failed},
    step::Step,
};

pub struct ScanOnPush;

const SETTING: &str = "scan_on_push";

#[async_trait]
impl Setting for ScanOnPush {
    async fn read(&self, aws: &Clients, action: &Action) -> Result<TargetState> {
        let found = aws
            .ecr
            .describe_repositories()
            .repository_names(&action.resource_id)
            .send()
            .await
            .map_err(failed("ecr:DescribeRepositories"));
        let repository = match found {
            Err(error) if error.is(&["RepositoryNotFoundException"]) => None,
            other => other?.repositories.unwrap_or_default().into_iter().next(),
        };
        Ok(repository.map_or(TargetState::Absent, |repository| {
            let on = repository
                .image_scanning_configuration()
                .is_some_and(ImageScanningConfiguration::scan_on_push);
            TargetState::present([(SETTING, json!(on))])
        }))
    }

    async fn set(&self, aws: &Clients, action: &Action, to: &Settings) -> Result<Step<()>> {
        let on = wanted::<bool>(to, SETTING)?;
        aws.ecr
            .put_image_scanning_configuration()
            .repository_name(&action.resource_id)
            .image_scanning_configuration(
                ImageScanningConfiguration::builder().scan_on_push(on).build(),
            )
            .send()
            .await
            .map_err(failed("ecr:PutImageScanningConfiguration"))?;
        Ok(Step::Done(()))
    }
}
