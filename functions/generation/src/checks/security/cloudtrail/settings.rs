//! Controls of trails that compare one setting.

use miyabi_types::{
    action::Operation,
    finding::Severity,
    resource::{Resource, ResourceKind},
};

use super::super::row::{ROW, Row, of};
use crate::check::{Check, Reading, Remedy, Threshold};

/// The table.
pub const CHECKS: [Check; 3] = [
    Row {
        id: "cloudtrail_not_kms_encrypted",
        title: "Trail does not encrypt its log files with a KMS key",
        control: &["CloudTrail.2"],
        kinds: &[ResourceKind::CloudTrailTrail],
        must: &[Threshold { what: "KmsKeyId", value: "set" }],
        read: of!(CloudTrailTrail, |trail| Reading::set(trail.kms_key_id.as_ref())),
        ..ROW
    }
    .check(),
    Row {
        id: "cloudtrail_no_validation",
        title: "Nobody could tell whether the trail's log files were changed",
        control: &["CloudTrail.4"],
        severity: Severity::Low,
        kinds: &[ResourceKind::CloudTrailTrail],
        must: &[Threshold { what: "LogFileValidationEnabled", value: "true" }],
        read: of!(CloudTrailTrail, |trail| Reading::on(trail.log_file_validation)),
        operation: Some(Operation::ValidateTrail),
        remedy: |resource| Some(validate(resource)),
        ..ROW
    }
    .check(),
    Row {
        id: "cloudtrail_no_log_group",
        title: "Trail sends its events to no log group",
        control: &["CloudTrail.5"],
        kinds: &[ResourceKind::CloudTrailTrail],
        must: &[Threshold { what: "CloudWatchLogsLogGroupArn", value: "set" }],
        read: of!(CloudTrailTrail, |trail| Reading::set(trail.log_group_arn.as_ref())),
        ..ROW
    }
    .check(),
];

fn validate(resource: &Resource) -> Remedy {
    Remedy::toggle(Operation::ValidateTrail, resource, "log_file_validation", true).explained(
        "Let CloudTrail sign digests of its log files, so that changed ones can be told",
        "None known: digest files are added to the trail's bucket.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::fixture::{
        Expect::{Clear, Risk},
        check_table, trail,
    };

    #[test]
    fn every_row_judges() {
        check_table(
            &CHECKS,
            vec![
                ("CloudTrail.2", trail(|_| {}), Clear),
                ("CloudTrail.2", trail(|t| t.kms_key_id = None), Risk),
                ("CloudTrail.4", trail(|_| {}), Clear),
                ("CloudTrail.4", trail(|t| t.log_file_validation = false), Risk),
                ("CloudTrail.5", trail(|_| {}), Clear),
                ("CloudTrail.5", trail(|t| t.log_group_arn = None), Risk),
            ],
        );
    }
}
