//! Protects a table: refuses its deletion, keeps continuous backups.

use async_trait::async_trait;
use aws_sdk_dynamodb::types::{
    PointInTimeRecoverySpecification, PointInTimeRecoveryStatus, TableDescription, TableStatus,
};
use miyabi_types::action::{Action, Settings, TargetState};
use serde_json::{Value, json};

use super::{Setting, present, wanted};
use crate::{
    accounts::Clients,
    error::{ExecutionError, Result, failed},
    step::Step,
};

pub struct ProtectTable;

const POLL_SECONDS: u32 = 5;
const DELETION_PROTECTION: &str = "deletion_protection";
const RECOVERY: &str = "point_in_time_recovery";

#[async_trait]
impl Setting for ProtectTable {
    /// Only the settings that the action names.
    async fn read(&self, aws: &Clients, action: &Action) -> Result<TargetState> {
        let Some(table) = table(aws, action).await? else { return Ok(TargetState::Absent) };
        let mut settings = Settings::new();
        for name in present(&action.expected)?.keys() {
            settings.insert(name.clone(), setting(aws, action, &table, name).await?);
        }
        Ok(TargetState::Present(settings))
    }

    async fn set(&self, aws: &Clients, action: &Action, to: &Settings) -> Result<Step<()>> {
        let name = &action.resource_id;
        let Some(table) = table(aws, action).await? else {
            return Err(ExecutionError::Stale(format!("table {name} is gone")));
        };
        match table.table_status() {
            Some(TableStatus::Active) => {}
            Some(TableStatus::Updating) => return Ok(Step::wait(POLL_SECONDS)),
            status => {
                return Err(ExecutionError::Stale(format!("table {name} is {status:?}")));
            }
        }
        if to.contains_key(RECOVERY)
            && setting(aws, action, &table, RECOVERY).await? != to[RECOVERY]
        {
            let specification = PointInTimeRecoverySpecification::builder()
                .point_in_time_recovery_enabled(wanted(to, RECOVERY)?)
                .build()
                .map_err(|error| ExecutionError::Defect(error.to_string()))?;
            aws.dynamodb
                .update_continuous_backups()
                .table_name(name)
                .point_in_time_recovery_specification(specification)
                .send()
                .await
                .map_err(failed("dynamodb:UpdateContinuousBackups"))?;
        }
        if to.contains_key(DELETION_PROTECTION)
            && setting(aws, action, &table, DELETION_PROTECTION).await? != to[DELETION_PROTECTION]
        {
            aws.dynamodb
                .update_table()
                .table_name(name)
                .deletion_protection_enabled(wanted(to, DELETION_PROTECTION)?)
                .send()
                .await
                .map_err(failed("dynamodb:UpdateTable"))?;
        }
        Ok(Step::Done(()))
    }
}

async fn table(aws: &Clients, action: &Action) -> Result<Option<TableDescription>> {
    let found = aws
        .dynamodb
        .describe_table()
        .table_name(&action.resource_id)
        .send()
        .await
        .map_err(failed("dynamodb:DescribeTable"));
    match found {
        Err(error) if error.is(&["ResourceNotFoundException"]) => Ok(None),
        other => Ok(other?.table),
    }
}

async fn setting(
    aws: &Clients,
    action: &Action,
    table: &TableDescription,
    name: &str,
) -> Result<Value> {
    match name {
        DELETION_PROTECTION => Ok(json!(table.deletion_protection_enabled().unwrap_or(false))),
        RECOVERY => {
            let answer = aws
                .dynamodb
                .describe_continuous_backups()
                .table_name(&action.resource_id)
                .send()
                .await
                .map_err(failed("dynamodb:DescribeContinuousBackups"))?;
            let status = answer
                .continuous_backups_description()
                .and_then(|backups| backups.point_in_time_recovery_description())
                .and_then(|recovery| recovery.point_in_time_recovery_status());
            Ok(json!(status == Some(&PointInTimeRecoveryStatus::Enabled)))
        }
        other => Err(ExecutionError::Refused(format!("{other:?} does not protect a table"))),
    }
}
