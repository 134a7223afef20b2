//! Controls of `DynamoDB` that compare one setting.

use miyabi_types::{
    action::{Operation, TargetState},
    resource::{Resource, ResourceConfig, ResourceKind, dynamodb::Table},
};
use serde_json::Value;

use super::super::row::{ROW, Row, of};
use crate::check::{Check, Reading, Remedy, Threshold};

/// The table.
pub const CHECKS: [Check; 2] = [
    Row {
        id: "dynamodb_table_no_pitr",
        title: "Table cannot be restored to a point in time",
        control: &["DynamoDB.2"],
        kinds: &[ResourceKind::DynamoDbTable],
        must: &[Threshold { what: "PointInTimeRecovery", value: "enabled" }],
        read: of!(DynamoDbTable, |table| Reading::of(&table.point_in_time_recovery, |on| {
            Reading::on(*on)
        })),
        operation: Some(Operation::ProtectTable),
        remedy: protect,
        ..ROW
    }
    .check(),
    Row {
        id: "dynamodb_table_no_deletion_protection",
        title: "Table can be deleted by mistake",
        control: &["DynamoDB.6"],
        kinds: &[ResourceKind::DynamoDbTable],
        must: &[Threshold { what: "DeletionProtectionEnabled", value: "true" }],
        read: of!(DynamoDbTable, |table| Reading::on(table.deletion_protection)),
        operation: Some(Operation::ProtectTable),
        remedy: protect,
        ..ROW
    }
    .check(),
];

/// Turns on what is off of the table's protections. Both controls name this one change, and the plan
/// merges them.
fn protect(resource: &Resource) -> Option<Remedy> {
    let ResourceConfig::DynamoDbTable(table) = &resource.config else { return None };
    if table.status != "ACTIVE" {
        return None;
    }
    let off = off(table);
    let state =
        |value: bool| TargetState::present(off.iter().map(|(name, _)| (*name, Value::from(value))));
    let what: Vec<_> = off.iter().map(|(_, what)| *what).collect();
    let remedy = Remedy::new(Operation::ProtectTable, resource, state(false), state(true));
    Some(remedy.explained(
        format!("Protect this table: {}", what.join(" and ")),
        "Continuous backups are charged by the table's size. Whoever deletes the table must lift its \
         protection first.",
    ))
}

/// The protections that are known to be off, with what turning them on does.
fn off(table: &Table) -> Vec<(&'static str, &'static str)> {
    [
        ("deletion_protection", "refuse its deletion", Some(&table.deletion_protection)),
        ("point_in_time_recovery", "keep continuous backups", table.point_in_time_recovery.known()),
    ]
    .into_iter()
    .filter(|(.., on)| *on == Some(&false))
    .map(|(name, what, _)| (name, what))
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{
        Expect::{Clear, NotEvaluated, Risk},
        check_table, denied, table,
    };
    use miyabi_types::evidence::Evidence;

    #[test]
    fn every_row_judges() {
        check_table(
            &CHECKS,
            vec![
                ("DynamoDB.2", table(|_| {}), Clear),
                ("DynamoDB.2", table(|t| t.point_in_time_recovery = Evidence::Known(false)), Risk),
                (
                    "DynamoDB.2",
                    table(|t| {
                        t.point_in_time_recovery = denied("dynamodb:DescribeContinuousBackups");
                    }),
                    NotEvaluated("denied"),
                ),
                ("DynamoDB.6", table(|_| {}), Clear),
                ("DynamoDB.6", table(|t| t.deletion_protection = false), Risk),
            ],
        );
    }
}
