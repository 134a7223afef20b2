//! Remediation as data: what to change, from which state to which, how safe it is, and how it is undone.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    id::{AccountId, ActionId, Arn, Region},
    resource::{ManagedBy, Resource},
};

/// Who may let an action happen. Ordered: later is less strict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SafetyClass {
    /// Shown only; a person does it.
    Manual,
    /// A person decides.
    Approval,
    /// Reversible, loses no data, has no effect on traffic.
    Auto,
}

impl SafetyClass {
    /// The name as people read it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Manual => "manual",
            Self::Approval => "approval",
            Self::Auto => "auto",
        }
    }
}

/// What an operation leaves to go back to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Undo {
    /// The previous setting is put back.
    Restores,
    /// Restored as far as AWS allows; the text says what may differ.
    BestEffort(&'static str),
}

/// What is read, written and undone by one kind of action.
///
/// For each operation, the keys of the states of its [`Action`]s are documented;
/// reading the live resource yields the same keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Operation {
    /// Releases an Elastic IP. `public_ip`, `association_id` (null) → absent.
    ReleaseAddress,
    /// Snapshots, then deletes an unattached volume.
    /// `state` (`available`), `volume_type`, `size_gib`, `encrypted`, `availability_zone` → absent.
    DeleteVolume,
    /// Changes type and performance of a volume online. `volume_type`, `iops`, `throughput_mibps`.
    ModifyVolume,
    /// Stops, resizes and starts an instance. `instance_type`.
    ResizeInstance,
    /// Stops an instance. `state`: `running` → `stopped`.
    StopInstance,
    /// Requires `IMDSv2`. `http_tokens`: `optional` → `required`.
    RequireImdsV2,
    /// Revokes rules of a security group. `ingress`, `egress`: which of the rules named in the
    /// expected state are there (arrays of `SecurityGroupRule`) → empty arrays.
    RevokeRules,
    /// Stops giving public addresses to new instances of a subnet. `map_public_ip_on_launch`.
    DisableSubnetPublicIp,
    /// Encrypts new volumes of a region. `ebs_encryption_by_default`.
    EnableEbsEncryption,
    /// Sets the four public access block flags of a bucket. `public_access_block` (`PublicAccessBlock`).
    BlockPublicAccess,
    /// Sets default encryption of a bucket. `encryption` (null or `BucketEncryption`).
    EncryptBucket,
    /// Adds a lifecycle rule that aborts incomplete multipart uploads.
    /// `abort_multipart_days`: the smallest of enabled whole-bucket rules, or null.
    AbortMultipartUploads,
    /// Denies requests without TLS in the bucket policy. `policy` (null or the document).
    DenyInsecureTransport,
    /// Changes settings of a database instance that need no downtime: any of `backup_retention_days`,
    /// `deletion_protection`, `auto_minor_version_upgrade`, `copy_tags_to_snapshot`, `publicly_accessible`.
    ModifyDbInstance,
    /// Stops a database instance (AWS starts it again after seven days). `status`: `available` → `stopped`.
    StopDbInstance,
    /// Sets the account's password policy. `policy` (null or `PasswordRules`).
    SetPasswordPolicy,
    /// Deletes a NAT gateway; its addresses stay.
    /// `state` (`available`), `subnet_id`, `connectivity`, `allocation_ids` → absent.
    DeleteNatGateway,
    /// Deletes an interface endpoint. `state` (`available`), `vpc_id`, `service_name`, `subnet_ids`,
    /// `security_group_ids`, `private_dns` → absent.
    DeleteVpcEndpoint,
    /// Sets how many tasks a service runs. `desired_count`.
    SetDesiredCount,
    /// Pauses a Redshift cluster. `status`: `available` → `paused`.
    PauseCluster,
    /// Stops a database cluster (AWS starts it again after seven days). `status`: `available` → `stopped`.
    StopDbCluster,
    /// Sets for how long events of a log group are kept. `retention_days` (null for ever).
    SetLogRetention,
    /// Sets which images of a repository expire. `lifecycle_policy` (null or the document).
    SetImageLifecycle,
    /// Sets when files move to Infrequent Access. `to_infrequent_access` (null or `AFTER_30_DAYS` …).
    SetFileLifecycle,
    /// Deletes a secret after 30 days. `scheduled_for_deletion`: false → true.
    DeleteSecret,
    /// Encrypts messages of a queue with keys that SQS manages. `sqs_managed_sse`.
    EncryptQueue,
    /// Refuses the deletion of a load balancer. `deletion_protection`.
    ProtectLoadBalancer,
    /// Protects a table: any of `deletion_protection`, `point_in_time_recovery`.
    ProtectTable,
    /// Replaces the material of a KMS key by itself. `rotation`.
    RotateKey,
    /// Scans images of a repository when they are pushed. `scan_on_push`.
    ScanOnPush,
    /// Signs digests of a trail's log files. `log_file_validation`.
    ValidateTrail,
}

impl Operation {
    /// Every operation.
    pub const ALL: [Self; 31] = [
        Self::ReleaseAddress,
        Self::DeleteVolume,
        Self::ModifyVolume,
        Self::ResizeInstance,
        Self::StopInstance,
        Self::RequireImdsV2,
        Self::RevokeRules,
        Self::DisableSubnetPublicIp,
        Self::EnableEbsEncryption,
        Self::BlockPublicAccess,
        Self::EncryptBucket,
        Self::AbortMultipartUploads,
        Self::DenyInsecureTransport,
        Self::ModifyDbInstance,
        Self::StopDbInstance,
        Self::SetPasswordPolicy,
        Self::DeleteNatGateway,
        Self::DeleteVpcEndpoint,
        Self::SetDesiredCount,
        Self::PauseCluster,
        Self::StopDbCluster,
        Self::SetLogRetention,
        Self::SetImageLifecycle,
        Self::SetFileLifecycle,
        Self::DeleteSecret,
        Self::EncryptQueue,
        Self::ProtectLoadBalancer,
        Self::ProtectTable,
        Self::RotateKey,
        Self::ScanOnPush,
        Self::ValidateTrail,
    ];

    /// Its name in settings, reports and commands.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ReleaseAddress => "release_address",
            Self::DeleteVolume => "delete_volume",
            Self::ModifyVolume => "modify_volume",
            Self::ResizeInstance => "resize_instance",
            Self::StopInstance => "stop_instance",
            Self::RequireImdsV2 => "require_imds_v2",
            Self::RevokeRules => "revoke_rules",
            Self::DisableSubnetPublicIp => "disable_subnet_public_ip",
            Self::EnableEbsEncryption => "enable_ebs_encryption",
            Self::BlockPublicAccess => "block_public_access",
            Self::EncryptBucket => "encrypt_bucket",
            Self::AbortMultipartUploads => "abort_multipart_uploads",
            Self::DenyInsecureTransport => "deny_insecure_transport",
            Self::ModifyDbInstance => "modify_db_instance",
            Self::StopDbInstance => "stop_db_instance",
            Self::SetPasswordPolicy => "set_password_policy",
            Self::DeleteNatGateway => "delete_nat_gateway",
            Self::DeleteVpcEndpoint => "delete_vpc_endpoint",
            Self::SetDesiredCount => "set_desired_count",
            Self::PauseCluster => "pause_cluster",
            Self::StopDbCluster => "stop_db_cluster",
            Self::SetLogRetention => "set_log_retention",
            Self::SetImageLifecycle => "set_image_lifecycle",
            Self::SetFileLifecycle => "set_file_lifecycle",
            Self::DeleteSecret => "delete_secret",
            Self::EncryptQueue => "encrypt_queue",
            Self::ProtectLoadBalancer => "protect_load_balancer",
            Self::ProtectTable => "protect_table",
            Self::RotateKey => "rotate_key",
            Self::ScanOnPush => "scan_on_push",
            Self::ValidateTrail => "validate_trail",
        }
    }

    /// The least strict class that the operation may have; a check may make it stricter.
    pub const fn safety(self) -> SafetyClass {
        match self {
            Self::ModifyVolume
            | Self::EnableEbsEncryption
            | Self::EncryptBucket
            | Self::AbortMultipartUploads
            | Self::DisableSubnetPublicIp
            | Self::SetPasswordPolicy
            | Self::EncryptQueue
            | Self::ProtectLoadBalancer
            | Self::RotateKey
            | Self::ScanOnPush
            | Self::ValidateTrail => SafetyClass::Auto,
            // Reversible too, but these can refuse traffic that somebody relies on, interrupt a
            // service, cost something, or give something up that may not come back.
            Self::ReleaseAddress
            | Self::DeleteVolume
            | Self::ResizeInstance
            | Self::StopInstance
            | Self::RequireImdsV2
            | Self::RevokeRules
            | Self::BlockPublicAccess
            | Self::DenyInsecureTransport
            | Self::ModifyDbInstance
            | Self::ProtectTable
            | Self::StopDbInstance
            | Self::DeleteNatGateway
            | Self::DeleteVpcEndpoint
            | Self::SetDesiredCount
            | Self::PauseCluster
            | Self::StopDbCluster
            | Self::SetLogRetention
            | Self::SetImageLifecycle
            | Self::SetFileLifecycle
            | Self::DeleteSecret => SafetyClass::Approval,
        }
    }

    /// What undoing it gives back.
    pub const fn undo(self) -> Undo {
        match self {
            Self::ReleaseAddress => Undo::BestEffort(
                "the same address comes back only while AWS has not given it to someone else",
            ),
            Self::DeleteVolume => {
                Undo::BestEffort("the data comes back from the snapshot as a volume with a new id")
            }
            Self::DeleteNatGateway => Undo::BestEffort(
                "a gateway with the same addresses takes its place in the routes, under a new id",
            ),
            Self::DeleteVpcEndpoint => {
                Undo::BestEffort("an endpoint with the same settings comes back under a new id")
            }
            Self::SetLogRetention => {
                Undo::BestEffort("the setting comes back, events that were deleted do not")
            }
            Self::SetImageLifecycle => {
                Undo::BestEffort("the setting comes back, images that expired do not")
            }
            Self::SetFileLifecycle => {
                Undo::BestEffort("the setting comes back, files that moved stay where they are")
            }
            Self::DeleteSecret => {
                Undo::BestEffort("the secret comes back within 30 days, and not afterwards")
            }
            _ => Undo::Restores,
        }
    }

    /// Every IAM action that reading, backing up, applying and undoing it needs.
    pub const fn permissions(self) -> &'static [&'static str] {
        match self {
            Self::ReleaseAddress => &[
                "ec2:DescribeAddresses",
                "ec2:ReleaseAddress",
                "ec2:AllocateAddress",
                "ec2:CreateTags",
            ],
            Self::DeleteVolume => &[
                "ec2:DescribeVolumes",
                "ec2:DescribeSnapshots",
                "ec2:CreateSnapshot",
                "ec2:CreateTags",
                "ec2:DeleteVolume",
                "ec2:CreateVolume",
            ],
            Self::ModifyVolume => {
                &["ec2:DescribeVolumes", "ec2:DescribeVolumesModifications", "ec2:ModifyVolume"]
            }
            Self::ResizeInstance => &[
                "ec2:DescribeInstances",
                "ec2:StopInstances",
                "ec2:StartInstances",
                "ec2:ModifyInstanceAttribute",
            ],
            Self::StopInstance => {
                &["ec2:DescribeInstances", "ec2:StopInstances", "ec2:StartInstances"]
            }
            Self::RequireImdsV2 => &["ec2:DescribeInstances", "ec2:ModifyInstanceMetadataOptions"],
            Self::RevokeRules => &[
                "ec2:DescribeSecurityGroups",
                "ec2:RevokeSecurityGroupIngress",
                "ec2:RevokeSecurityGroupEgress",
                "ec2:AuthorizeSecurityGroupIngress",
                "ec2:AuthorizeSecurityGroupEgress",
            ],
            Self::DisableSubnetPublicIp => &["ec2:DescribeSubnets", "ec2:ModifySubnetAttribute"],
            Self::EnableEbsEncryption => &[
                "ec2:GetEbsEncryptionByDefault",
                "ec2:EnableEbsEncryptionByDefault",
                "ec2:DisableEbsEncryptionByDefault",
            ],
            Self::BlockPublicAccess => {
                &["s3:GetBucketPublicAccessBlock", "s3:PutBucketPublicAccessBlock"]
            }
            Self::EncryptBucket => {
                &["s3:GetEncryptionConfiguration", "s3:PutEncryptionConfiguration"]
            }
            Self::AbortMultipartUploads => {
                &["s3:GetLifecycleConfiguration", "s3:PutLifecycleConfiguration"]
            }
            Self::DenyInsecureTransport => {
                &["s3:GetBucketPolicy", "s3:PutBucketPolicy", "s3:DeleteBucketPolicy"]
            }
            Self::ModifyDbInstance => &["rds:DescribeDBInstances", "rds:ModifyDBInstance"],
            Self::StopDbInstance => {
                &["rds:DescribeDBInstances", "rds:StopDBInstance", "rds:StartDBInstance"]
            }
            Self::SetPasswordPolicy => &[
                "iam:GetAccountPasswordPolicy",
                "iam:UpdateAccountPasswordPolicy",
                "iam:DeleteAccountPasswordPolicy",
            ],
            Self::DeleteNatGateway => &[
                "ec2:DescribeNatGateways",
                "ec2:DescribeRouteTables",
                "ec2:DeleteNatGateway",
                "ec2:CreateNatGateway",
                "ec2:CreateTags",
                "ec2:ReplaceRoute",
            ],
            Self::DeleteVpcEndpoint => &[
                "ec2:DescribeVpcEndpoints",
                "ec2:DeleteVpcEndpoints",
                "ec2:CreateVpcEndpoint",
                "ec2:CreateTags",
            ],
            Self::SetDesiredCount => &["ecs:DescribeServices", "ecs:UpdateService"],
            Self::PauseCluster => {
                &["redshift:DescribeClusters", "redshift:PauseCluster", "redshift:ResumeCluster"]
            }
            Self::StopDbCluster => {
                &["rds:DescribeDBClusters", "rds:StopDBCluster", "rds:StartDBCluster"]
            }
            Self::SetLogRetention => {
                &["logs:DescribeLogGroups", "logs:PutRetentionPolicy", "logs:DeleteRetentionPolicy"]
            }
            Self::SetImageLifecycle => {
                &["ecr:GetLifecyclePolicy", "ecr:PutLifecyclePolicy", "ecr:DeleteLifecyclePolicy"]
            }
            Self::SetFileLifecycle => &[
                "elasticfilesystem:DescribeLifecycleConfiguration",
                "elasticfilesystem:PutLifecycleConfiguration",
            ],
            Self::DeleteSecret => &[
                "secretsmanager:DescribeSecret",
                "secretsmanager:DeleteSecret",
                "secretsmanager:RestoreSecret",
            ],
            Self::EncryptQueue => &["sqs:GetQueueAttributes", "sqs:SetQueueAttributes"],
            Self::ProtectLoadBalancer => &[
                "elasticloadbalancing:DescribeLoadBalancerAttributes",
                "elasticloadbalancing:ModifyLoadBalancerAttributes",
            ],
            Self::ProtectTable => &[
                "dynamodb:DescribeContinuousBackups",
                "dynamodb:DescribeTable",
                "dynamodb:UpdateContinuousBackups",
                "dynamodb:UpdateTable",
            ],
            Self::RotateKey => {
                &["kms:DisableKeyRotation", "kms:EnableKeyRotation", "kms:GetKeyRotationStatus"]
            }
            Self::ScanOnPush => &["ecr:DescribeRepositories", "ecr:PutImageScanningConfiguration"],
            Self::ValidateTrail => &["cloudtrail:DescribeTrails", "cloudtrail:UpdateTrail"],
        }
    }
}

/// Settings of a resource by name, as far as an operation cares.
pub type Settings = BTreeMap<String, Value>;

/// The state of an action's target.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TargetState {
    /// It does not exist.
    Absent,
    /// It exists with these settings.
    Present(Settings),
}

impl TargetState {
    /// A state from its settings.
    pub fn present<K: Into<String>>(settings: impl IntoIterator<Item = (K, Value)>) -> Self {
        Self::Present(settings.into_iter().map(|(key, value)| (key.into(), value)).collect())
    }

    /// A setting's value; null where the resource or the setting is absent.
    pub fn setting(&self, name: &str) -> &Value {
        match self {
            Self::Absent => &Value::Null,
            Self::Present(settings) => settings.get(name).unwrap_or(&Value::Null),
        }
    }

    /// What differs between this state and `other`, one line a setting: `volume_type: "gp2" → "gp3"`.
    pub fn differences(&self, other: &Self) -> Vec<String> {
        match (self, other) {
            (Self::Absent, Self::Absent) => Vec::new(),
            (Self::Absent, Self::Present(_)) => vec!["absent → present".into()],
            (Self::Present(_), Self::Absent) => vec!["present → absent".into()],
            (Self::Present(a), Self::Present(b)) => {
                let names: std::collections::BTreeSet<_> = a.keys().chain(b.keys()).collect();
                names
                    .into_iter()
                    .filter_map(|name| {
                        let (from, to) = (
                            a.get(name).unwrap_or(&Value::Null),
                            b.get(name).unwrap_or(&Value::Null),
                        );
                        (from != to).then(|| format!("{name}: {from} → {to}"))
                    })
                    .collect()
            }
        }
    }
}

/// How an action reaches its target.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "via", rename_all = "snake_case")]
pub enum Route {
    /// By the service's own API.
    #[default]
    Direct,
    /// By a change set on the CloudFormation stack that owns the resource, so that no drift arises.
    ChangeSet {
        /// The stack's name.
        stack: String,
        /// The resource's logical id in the template.
        logical_id: String,
        /// Template properties to set, by name.
        properties: BTreeMap<String, Value>,
    },
}

/// A change of one resource.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Action {
    /// The same operation on the same resource has the same id in every cycle.
    pub id: ActionId,
    /// What is done.
    pub operation: Operation,
    /// To which resource.
    pub target: Arn,
    /// The id that AWS's API takes: `vol-…`, bucket name.
    pub resource_id: String,
    /// What people call it.
    pub label: String,
    /// Its account.
    pub account: AccountId,
    /// Its region.
    pub region: Region,
    /// The state it was planned for; any other is a stale plan.
    pub expected: TargetState,
    /// The state it leads to; if that is already so, there is nothing to do.
    pub desired: TargetState,
    /// Who may let it happen.
    pub safety: SafetyClass,
    /// How it reaches its target.
    #[serde(default)]
    pub route: Route,
    /// Whether it makes the resource differ from the code that owns it.
    #[serde(default)]
    pub causes_drift: bool,
}

impl Action {
    /// The action `operation` on `resource`. A resource that infrastructure as code owns is never
    /// changed without a person's approval, and the action says that it causes drift.
    pub fn new(
        operation: Operation,
        resource: &Resource,
        expected: TargetState,
        desired: TargetState,
    ) -> Self {
        let managed = resource.managed_by != ManagedBy::None;
        let safety = operation.safety();
        Self {
            // Two changes of different settings by one operation are two actions.
            id: ActionId::of(&Self::discriminator(operation, &expected), &resource.arn),
            operation,
            target: resource.arn.clone(),
            resource_id: resource.id.clone(),
            label: resource.label(),
            account: resource.account.clone(),
            region: resource.region.clone(),
            expected,
            desired,
            safety: if managed { safety.min(SafetyClass::Approval) } else { safety },
            route: Route::Direct,
            causes_drift: managed,
        }
    }

    fn discriminator(operation: Operation, expected: &TargetState) -> String {
        match (operation, expected) {
            (
                Operation::ModifyDbInstance | Operation::ProtectTable,
                TargetState::Present(settings),
            ) => {
                let names: Vec<_> = settings.keys().map(String::as_str).collect();
                format!("{} {}", operation.name(), names.join(" "))
            }
            (Operation::RevokeRules, TargetState::Present(settings)) => {
                format!(
                    "{} {}",
                    operation.name(),
                    serde_json::to_string(settings).unwrap_or_default()
                )
            }
            _ => operation.name().into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_operation_has_a_name_that_is_its_serialised_form() {
        for operation in Operation::ALL {
            assert_eq!(serde_json::to_value(operation).unwrap(), operation.name());
            for permission in operation.permissions() {
                assert!(crate::id::IamAction::parse(*permission).is_ok(), "{permission}");
            }
        }
    }

    #[test]
    fn differences_name_each_setting() {
        let before = TargetState::present([("volume_type", "gp2".into()), ("iops", Value::Null)]);
        let after = TargetState::present([("volume_type", "gp3".into()), ("iops", 3000.into())]);
        assert_eq!(
            before.differences(&after),
            ["iops: null → 3000", "volume_type: \"gp2\" → \"gp3\""]
        );
        assert_eq!(before.differences(&TargetState::Absent), ["present → absent"]);
        assert!(after.differences(&after).is_empty());
    }

    #[test]
    fn classes_are_ordered_from_strict_to_free() {
        assert!(
            SafetyClass::Manual < SafetyClass::Approval
                && SafetyClass::Approval < SafetyClass::Auto
        );
    }
}
