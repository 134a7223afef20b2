//! Which changes a CloudFormation template can say, and how.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::{
    action::{Action, Operation, Route, TargetState},
    resource::{ManagedBy, Resource},
};

impl Operation {
    /// The template properties that lead to `desired`; `None` where a template has no words for it,
    /// or where setting the property would replace the resource.
    ///
    /// Source: AWS CloudFormation Template Reference, "Update requires" of each property (read 2026-11).
    pub fn template_properties(self, desired: &TargetState) -> Option<BTreeMap<String, Value>> {
        let TargetState::Present(settings) = desired else { return None };
        let named = |names: &[(&str, &str)]| -> Option<BTreeMap<String, Value>> {
            settings
                .iter()
                .filter(|(_, value)| !value.is_null())
                .map(|(setting, value)| {
                    let (_, property) = names.iter().find(|(name, _)| name == setting)?;
                    Some(((*property).to_owned(), value.clone()))
                })
                .collect()
        };
        let properties = match self {
            Self::ModifyDbInstance => named(&[
                ("backup_retention_days", "BackupRetentionPeriod"),
                ("deletion_protection", "DeletionProtection"),
                ("auto_minor_version_upgrade", "AutoMinorVersionUpgrade"),
                ("copy_tags_to_snapshot", "CopyTagsToSnapshot"),
                ("publicly_accessible", "PubliclyAccessible"),
            ])?,
            Self::ResizeInstance => named(&[("instance_type", "InstanceType")])?,
            Self::ModifyVolume => named(&[
                ("volume_type", "VolumeType"),
                ("iops", "Iops"),
                ("throughput_mibps", "Throughput"),
            ])?,
            Self::EncryptBucket => {
                let encryption = desired.setting("encryption");
                let mut default = json!({ "SSEAlgorithm": encryption.get("algorithm")? });
                if let Some(key) = encryption["kms_key_id"].as_str() {
                    default["KMSMasterKeyID"] = key.into();
                }
                let rule = json!({
                    "BucketKeyEnabled": encryption["bucket_key"].as_bool().unwrap_or(false),
                    "ServerSideEncryptionByDefault": default,
                });
                [(
                    "BucketEncryption".into(),
                    json!({ "ServerSideEncryptionConfiguration": [rule] }),
                )]
                .into()
            }
            Self::BlockPublicAccess => {
                let flags = desired.setting("public_access_block");
                let value = json!({
                    "BlockPublicAcls": flags.get("block_public_acls")?,
                    "BlockPublicPolicy": flags.get("block_public_policy")?,
                    "IgnorePublicAcls": flags.get("ignore_public_acls")?,
                    "RestrictPublicBuckets": flags.get("restrict_public_buckets")?,
                });
                [("PublicAccessBlockConfiguration".into(), value)].into()
            }
            Self::EncryptQueue => named(&[("sqs_managed_sse", "SqsManagedSseEnabled")])?,
            Self::RotateKey => named(&[("rotation", "EnableKeyRotation")])?,
            Self::ValidateTrail => named(&[("log_file_validation", "EnableLogFileValidation")])?,
            Self::ScanOnPush => {
                let value = json!({ "ScanOnPush": desired.setting("scan_on_push") });
                [("ImageScanningConfiguration".into(), value)].into()
            }
            Self::ProtectTable => settings
                .iter()
                .map(|(setting, value)| match setting.as_str() {
                    "deletion_protection" => {
                        Some(("DeletionProtectionEnabled".to_owned(), value.clone()))
                    }
                    "point_in_time_recovery" => Some((
                        "PointInTimeRecoverySpecification".to_owned(),
                        json!({ "PointInTimeRecoveryEnabled": value }),
                    )),
                    _ => None,
                })
                .collect::<Option<_>>()?,
            // Its attributes are one list, which holds whatever else was set.
            Self::ProtectLoadBalancer
            | Self::ReleaseAddress
            | Self::DeleteVolume
            | Self::StopInstance
            | Self::RequireImdsV2
            | Self::RevokeRules
            | Self::DisableSubnetPublicIp
            | Self::EnableEbsEncryption
            | Self::AbortMultipartUploads
            | Self::DenyInsecureTransport
            | Self::StopDbInstance
            | Self::SetPasswordPolicy
            | Self::DeleteNatGateway
            | Self::DeleteVpcEndpoint
            | Self::PauseCluster
            | Self::StopDbCluster
            | Self::DeleteSecret => return None,
            Self::SetDesiredCount => named(&[("desired_count", "DesiredCount")])?,
            Self::SetLogRetention => named(&[("retention_days", "RetentionInDays")])?,
            Self::SetImageLifecycle => {
                let text = desired.setting("lifecycle_policy").to_string();
                [("LifecyclePolicy".into(), json!({ "LifecyclePolicyText": text }))].into()
            }
            Self::SetFileLifecycle => {
                let rule = json!({ "TransitionToIA": desired.setting("to_infrequent_access") });
                [("LifecyclePolicies".into(), json!([rule]))].into()
            }
        };
        (!properties.is_empty()).then_some(properties)
    }
}

impl Action {
    /// Sends the action through the CloudFormation stack that owns `resource`, where it is known which
    /// one and the template can say the change; then it causes no drift.
    pub fn route_by_stack(&mut self, resource: &Resource) {
        let ManagedBy::CloudFormation { stack, logical_id: Some(logical_id) } =
            &resource.managed_by
        else {
            return;
        };
        if let Some(properties) = self.operation.template_properties(&self.desired) {
            self.route = Route::ChangeSet {
                stack: stack.clone(),
                logical_id: logical_id.clone(),
                properties,
            };
            self.causes_drift = false;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resource::s3::PublicAccessBlock;

    fn check(operation: Operation, desired: &TargetState, expected: &Value) {
        let properties = operation.template_properties(desired);
        assert_eq!(json!(properties), *expected, "{}", operation.name());
    }

    #[test]
    fn changes_are_said_in_template_properties() {
        check(
            Operation::ModifyDbInstance,
            &TargetState::present([
                ("backup_retention_days", json!(7)),
                ("publicly_accessible", json!(false)),
            ]),
            &json!({ "BackupRetentionPeriod": 7, "PubliclyAccessible": false }),
        );
        check(
            Operation::ModifyVolume,
            &TargetState::present([
                ("volume_type", json!("gp3")),
                ("iops", json!(3000)),
                ("throughput_mibps", Value::Null),
            ]),
            &json!({ "VolumeType": "gp3", "Iops": 3000 }),
        );
        check(
            Operation::BlockPublicAccess,
            &TargetState::present([("public_access_block", json!(PublicAccessBlock::ALL))]),
            &json!({ "PublicAccessBlockConfiguration": {
                "BlockPublicAcls": true, "BlockPublicPolicy": true,
                "IgnorePublicAcls": true, "RestrictPublicBuckets": true,
            }}),
        );
        check(
            Operation::EncryptBucket,
            &TargetState::present([(
                "encryption",
                json!({ "algorithm": "AES256", "kms_key_id": null, "bucket_key": false }),
            )]),
            &json!({ "BucketEncryption": { "ServerSideEncryptionConfiguration": [{
                "BucketKeyEnabled": false,
                "ServerSideEncryptionByDefault": { "SSEAlgorithm": "AES256" },
            }]}}),
        );
    }

    #[test]
    fn flags_are_said_as_their_service_calls_them() {
        check(
            Operation::ProtectTable,
            &TargetState::present([
                ("deletion_protection", json!(true)),
                ("point_in_time_recovery", json!(true)),
            ]),
            &json!({
                "DeletionProtectionEnabled": true,
                "PointInTimeRecoverySpecification": { "PointInTimeRecoveryEnabled": true },
            }),
        );
        check(
            Operation::RotateKey,
            &TargetState::present([("rotation", json!(true))]),
            &json!({ "EnableKeyRotation": true }),
        );
        check(
            Operation::ScanOnPush,
            &TargetState::present([("scan_on_push", json!(true))]),
            &json!({ "ImageScanningConfiguration": { "ScanOnPush": true } }),
        );
    }

    #[test]
    fn what_a_template_cannot_say_is_not_guessed() {
        check(
            Operation::ModifyDbInstance,
            &TargetState::present([("some_new_setting", json!(1))]),
            &Value::Null,
        );
        check(Operation::ModifyVolume, &TargetState::Absent, &Value::Null);
        check(
            Operation::StopInstance,
            &TargetState::present([("state", json!("stopped"))]),
            &Value::Null,
        );
    }
}
