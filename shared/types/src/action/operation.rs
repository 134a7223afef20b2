//! What Miyabi can do to a resource: how safe each of it is, how it is undone, which IAM actions it takes.

use serde::{Deserialize, Serialize};

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

/// What is always the same about an operation.
struct Facts {
    name: &'static str,
    safety: SafetyClass,
    undo: Undo,
    permissions: &'static [&'static str],
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
        self.facts().name
    }

    /// The least strict class that the operation may have; a check may make it stricter.
    pub const fn safety(self) -> SafetyClass {
        self.facts().safety
    }

    /// What undoing it gives back.
    pub const fn undo(self) -> Undo {
        self.facts().undo
    }

    /// Every IAM action that reading, backing up, applying and undoing it needs.
    pub const fn permissions(self) -> &'static [&'static str] {
        self.facts().permissions
    }

    // Of the reversible ones, those need an approval that can refuse traffic which somebody relies on, interrupt
    // a service, cost something, or give something up that may not come back.
    const fn facts(self) -> Facts {
        use SafetyClass::{Approval, Auto};
        use Undo::{BestEffort, Restores};
        match self {
            Self::ReleaseAddress => Facts {
                name: "release_address",
                safety: Approval,
                undo: BestEffort(
                    "the same address comes back only while AWS has not given it to someone else",
                ),
                permissions: &[
                    "ec2:DescribeAddresses",
                    "ec2:ReleaseAddress",
                    "ec2:AllocateAddress",
                    "ec2:CreateTags",
                ],
            },
            Self::DeleteVolume => Facts {
                name: "delete_volume",
                safety: Approval,
                undo: BestEffort("the data comes back from the snapshot as a volume with a new id"),
                permissions: &[
                    "ec2:DescribeVolumes",
                    "ec2:DescribeSnapshots",
                    "ec2:CreateSnapshot",
                    "ec2:CreateTags",
                    "ec2:DeleteVolume",
                    "ec2:CreateVolume",
                ],
            },
            Self::ModifyVolume => Facts {
                name: "modify_volume",
                safety: Auto,
                undo: Restores,
                permissions: &[
                    "ec2:DescribeVolumes",
                    "ec2:DescribeVolumesModifications",
                    "ec2:ModifyVolume",
                ],
            },
            Self::ResizeInstance => Facts {
                name: "resize_instance",
                safety: Approval,
                undo: Restores,
                permissions: &[
                    "ec2:DescribeInstances",
                    "ec2:StopInstances",
                    "ec2:StartInstances",
                    "ec2:ModifyInstanceAttribute",
                ],
            },
            Self::StopInstance => Facts {
                name: "stop_instance",
                safety: Approval,
                undo: Restores,
                permissions: &["ec2:DescribeInstances", "ec2:StopInstances", "ec2:StartInstances"],
            },
            Self::RequireImdsV2 => Facts {
                name: "require_imds_v2",
                safety: Approval,
                undo: Restores,
                permissions: &["ec2:DescribeInstances", "ec2:ModifyInstanceMetadataOptions"],
            },
            Self::RevokeRules => Facts {
                name: "revoke_rules",
                safety: Approval,
                undo: Restores,
                permissions: &[
                    "ec2:DescribeSecurityGroups",
                    "ec2:RevokeSecurityGroupIngress",
                    "ec2:RevokeSecurityGroupEgress",
                    "ec2:AuthorizeSecurityGroupIngress",
                    "ec2:AuthorizeSecurityGroupEgress",
                ],
            },
            Self::DisableSubnetPublicIp => Facts {
                name: "disable_subnet_public_ip",
                safety: Auto,
                undo: Restores,
                permissions: &["ec2:DescribeSubnets", "ec2:ModifySubnetAttribute"],
            },
            Self::EnableEbsEncryption => Facts {
                name: "enable_ebs_encryption",
                safety: Auto,
                undo: Restores,
                permissions: &[
                    "ec2:GetEbsEncryptionByDefault",
                    "ec2:EnableEbsEncryptionByDefault",
                    "ec2:DisableEbsEncryptionByDefault",
                ],
            },
            Self::BlockPublicAccess => Facts {
                name: "block_public_access",
                safety: Approval,
                undo: Restores,
                permissions: &["s3:GetBucketPublicAccessBlock", "s3:PutBucketPublicAccessBlock"],
            },
            Self::EncryptBucket => Facts {
                name: "encrypt_bucket",
                safety: Auto,
                undo: Restores,
                permissions: &["s3:GetEncryptionConfiguration", "s3:PutEncryptionConfiguration"],
            },
            Self::AbortMultipartUploads => Facts {
                name: "abort_multipart_uploads",
                safety: Auto,
                undo: Restores,
                permissions: &["s3:GetLifecycleConfiguration", "s3:PutLifecycleConfiguration"],
            },
            Self::DenyInsecureTransport => Facts {
                name: "deny_insecure_transport",
                safety: Approval,
                undo: Restores,
                permissions: &["s3:GetBucketPolicy", "s3:PutBucketPolicy", "s3:DeleteBucketPolicy"],
            },
            Self::ModifyDbInstance => Facts {
                name: "modify_db_instance",
                safety: Approval,
                undo: Restores,
                permissions: &["rds:DescribeDBInstances", "rds:ModifyDBInstance"],
            },
            Self::StopDbInstance => Facts {
                name: "stop_db_instance",
                safety: Approval,
                undo: Restores,
                permissions: &[
                    "rds:DescribeDBInstances",
                    "rds:StopDBInstance",
                    "rds:StartDBInstance",
                ],
            },
            Self::SetPasswordPolicy => Facts {
                name: "set_password_policy",
                safety: Auto,
                undo: Restores,
                permissions: &[
                    "iam:GetAccountPasswordPolicy",
                    "iam:UpdateAccountPasswordPolicy",
                    "iam:DeleteAccountPasswordPolicy",
                ],
            },
            Self::DeleteNatGateway => Facts {
                name: "delete_nat_gateway",
                safety: Approval,
                undo: BestEffort(
                    "a gateway with the same addresses takes its place in the routes, under a new id",
                ),
                permissions: &[
                    "ec2:DescribeNatGateways",
                    "ec2:DescribeRouteTables",
                    "ec2:DeleteNatGateway",
                    "ec2:CreateNatGateway",
                    "ec2:CreateTags",
                    "ec2:ReplaceRoute",
                ],
            },
            Self::DeleteVpcEndpoint => Facts {
                name: "delete_vpc_endpoint",
                safety: Approval,
                undo: BestEffort("an endpoint with the same settings comes back under a new id"),
                permissions: &[
                    "ec2:DescribeVpcEndpoints",
                    "ec2:DeleteVpcEndpoints",
                    "ec2:CreateVpcEndpoint",
                    "ec2:CreateTags",
                ],
            },
            Self::SetDesiredCount => Facts {
                name: "set_desired_count",
                safety: Approval,
                undo: Restores,
                permissions: &["ecs:DescribeServices", "ecs:UpdateService"],
            },
            Self::PauseCluster => Facts {
                name: "pause_cluster",
                safety: Approval,
                undo: Restores,
                permissions: &[
                    "redshift:DescribeClusters",
                    "redshift:PauseCluster",
                    "redshift:ResumeCluster",
                ],
            },
            Self::StopDbCluster => Facts {
                name: "stop_db_cluster",
                safety: Approval,
                undo: Restores,
                permissions: &["rds:DescribeDBClusters", "rds:StopDBCluster", "rds:StartDBCluster"],
            },
            Self::SetLogRetention => Facts {
                name: "set_log_retention",
                safety: Approval,
                undo: BestEffort("the setting comes back, events that were deleted do not"),
                permissions: &[
                    "logs:DescribeLogGroups",
                    "logs:PutRetentionPolicy",
                    "logs:DeleteRetentionPolicy",
                ],
            },
            Self::SetImageLifecycle => Facts {
                name: "set_image_lifecycle",
                safety: Approval,
                undo: BestEffort("the setting comes back, images that expired do not"),
                permissions: &[
                    "ecr:GetLifecyclePolicy",
                    "ecr:PutLifecyclePolicy",
                    "ecr:DeleteLifecyclePolicy",
                ],
            },
            Self::SetFileLifecycle => Facts {
                name: "set_file_lifecycle",
                safety: Approval,
                undo: BestEffort("the setting comes back, files that moved stay where they are"),
                permissions: &[
                    "elasticfilesystem:DescribeLifecycleConfiguration",
                    "elasticfilesystem:PutLifecycleConfiguration",
                ],
            },
            Self::DeleteSecret => Facts {
                name: "delete_secret",
                safety: Approval,
                undo: BestEffort("the secret comes back within 30 days, and not afterwards"),
                permissions: &[
                    "secretsmanager:DescribeSecret",
                    "secretsmanager:DeleteSecret",
                    "secretsmanager:RestoreSecret",
                ],
            },
            Self::EncryptQueue => Facts {
                name: "encrypt_queue",
                safety: Auto,
                undo: Restores,
                permissions: &["sqs:GetQueueAttributes", "sqs:SetQueueAttributes"],
            },
            Self::ProtectLoadBalancer => Facts {
                name: "protect_load_balancer",
                safety: Auto,
                undo: Restores,
                permissions: &[
                    "elasticloadbalancing:DescribeLoadBalancerAttributes",
                    "elasticloadbalancing:ModifyLoadBalancerAttributes",
                ],
            },
            Self::ProtectTable => Facts {
                name: "protect_table",
                safety: Approval,
                undo: Restores,
                permissions: &[
                    "dynamodb:DescribeContinuousBackups",
                    "dynamodb:DescribeTable",
                    "dynamodb:UpdateContinuousBackups",
                    "dynamodb:UpdateTable",
                ],
            },
            Self::RotateKey => Facts {
                name: "rotate_key",
                safety: Auto,
                undo: Restores,
                permissions: &[
                    "kms:DisableKeyRotation",
                    "kms:EnableKeyRotation",
                    "kms:GetKeyRotationStatus",
                ],
            },
            Self::ScanOnPush => Facts {
                name: "scan_on_push",
                safety: Auto,
                undo: Restores,
                permissions: &["ecr:DescribeRepositories", "ecr:PutImageScanningConfiguration"],
            },
            Self::ValidateTrail => Facts {
                name: "validate_trail",
                safety: Auto,
                undo: Restores,
                permissions: &["cloudtrail:DescribeTrails", "cloudtrail:UpdateTrail"],
            },
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
    fn classes_are_ordered_from_strict_to_free() {
        assert!(
            SafetyClass::Manual < SafetyClass::Approval
                && SafetyClass::Approval < SafetyClass::Auto
        );
    }
}
