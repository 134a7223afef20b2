//! Changes settings of a database instance that need no downtime.

use async_trait::async_trait;
use aws_sdk_rds::types::{DbInstance, PendingModifiedValues};
use miyabi_types::action::{Action, Settings, TargetState};
use serde_json::{Value, json};

use super::{Setting, present, wanted};
use crate::{
    accounts::Clients,
    error::{ExecutionError, Result, failed},
    step::Step,
};

pub struct ModifyDbInstance;

const POLL_SECONDS: u32 = 20;

/// The database instance; `None` where there is none of this name.
pub async fn db_instance(aws: &Clients, id: &str) -> Result<Option<DbInstance>> {
    let found = aws
        .rds
        .describe_db_instances()
        .db_instance_identifier(id)
        .send()
        .await
        .map_err(failed("rds:DescribeDBInstances"));
    match found {
        Err(error) if error.is(&["DBInstanceNotFound", "DBInstanceNotFoundFault"]) => Ok(None),
        other => Ok(other?.db_instances.unwrap_or_default().into_iter().next()),
    }
}

#[async_trait]
impl Setting for ModifyDbInstance {
    /// Only the settings that the action names.
    async fn read(&self, aws: &Clients, action: &Action) -> Result<TargetState> {
        let Some(db) = db_instance(aws, &action.resource_id).await? else {
            return Ok(TargetState::Absent);
        };
        let named = present(&action.expected)?.keys();
        let settings = named.map(|name| Ok((name.clone(), setting(&db, name)?)));
        Ok(TargetState::Present(settings.collect::<Result<_>>()?))
    }

    async fn set(&self, aws: &Clients, action: &Action, to: &Settings) -> Result<Step<()>> {
        let id = &action.resource_id;
        let Some(db) = db_instance(aws, id).await? else {
            return Err(ExecutionError::Stale(format!("database instance {id} is gone")));
        };
        let mut left = Settings::new();
        for (name, value) in to {
            if setting(&db, name)? != *value {
                left.insert(name.clone(), value.clone());
            }
        }
        if left.is_empty() {
            return Ok(Step::Done(()));
        }
        match db.db_instance_status() {
            Some("available" | "storage-optimization") => {}
            Some("stopped" | "failed" | "deleting") | None => {
                return Err(ExecutionError::Stale(format!(
                    "database instance {id} is {}",
                    db.db_instance_status().unwrap_or("in no known state")
                )));
            }
            Some(_) => return Ok(Step::wait(POLL_SECONDS)),
        }
        match db.pending_modified_values() {
            Some(pending) if is_ours(pending, &left) => return Ok(Step::wait(POLL_SECONDS)),
            // Applying at once would apply them too, with whatever downtime they need.
            Some(pending) if !is_empty(pending) => {
                return Err(ExecutionError::Stale(format!(
                    "database instance {id} has other changes waiting for its maintenance window: {pending:?}"
                )));
            }
            _ => {}
        }
        let optional =
            |name: &str| left.contains_key(name).then(|| wanted(&left, name)).transpose();
        aws.rds
            .modify_db_instance()
            .db_instance_identifier(id)
            .set_backup_retention_period(
                left.contains_key(BACKUP_RETENTION)
                    .then(|| wanted::<i32>(&left, BACKUP_RETENTION))
                    .transpose()?,
            )
            .set_deletion_protection(optional("deletion_protection")?)
            .set_auto_minor_version_upgrade(optional("auto_minor_version_upgrade")?)
            .set_copy_tags_to_snapshot(optional("copy_tags_to_snapshot")?)
            .set_publicly_accessible(optional("publicly_accessible")?)
            .apply_immediately(true)
            .send()
            .await
            .map_err(failed("rds:ModifyDBInstance"))?;
        Ok(Step::wait(POLL_SECONDS))
    }
}

const BACKUP_RETENTION: &str = "backup_retention_days";

fn setting(db: &DbInstance, name: &str) -> Result<Value> {
    Ok(match name {
        BACKUP_RETENTION => json!(db.backup_retention_period().unwrap_or(0)),
        "deletion_protection" => json!(db.deletion_protection().unwrap_or(false)),
        "auto_minor_version_upgrade" => json!(db.auto_minor_version_upgrade().unwrap_or(false)),
        "copy_tags_to_snapshot" => json!(db.copy_tags_to_snapshot().unwrap_or(false)),
        "publicly_accessible" => json!(db.publicly_accessible().unwrap_or(false)),
        other => {
            return Err(ExecutionError::Refused(format!(
                "{other:?} is not a setting that a database instance takes without downtime"
            )));
        }
    })
}

fn is_empty(pending: &PendingModifiedValues) -> bool {
    *pending == PendingModifiedValues::builder().build()
}

/// Whether what is pending is what is left to do and nothing else.
fn is_ours(pending: &PendingModifiedValues, left: &Settings) -> bool {
    let mut rest = pending.clone();
    let days = rest.backup_retention_period.take();
    days.is_some() && left.get(BACKUP_RETENTION) == Some(&json!(days)) && is_empty(&rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_that_waits_is_ours_only_if_nothing_else_waits() {
        let left = Settings::from([(BACKUP_RETENTION.into(), json!(7))]);
        let pending = PendingModifiedValues::builder().backup_retention_period(7);
        assert!(is_ours(&pending.clone().build(), &left));
        assert!(!is_ours(&pending.db_instance_class("db.t3.micro").build(), &left));
        assert!(!is_ours(&PendingModifiedValues::builder().build(), &left));
    }
}
