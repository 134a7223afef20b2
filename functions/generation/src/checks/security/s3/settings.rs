//! Controls of S3 that compare one setting.

use miyabi_types::{
    action::{Operation, TargetState},
    evidence::Evidence,
    finding::Severity,
    resource::{
        Resource, ResourceConfig, ResourceKind,
        s3::{Bucket, BucketEncryption, PublicAccessBlock},
    },
};
use serde_json::{Value, json};

use crate::{
    check::{Check, FSBP, Judge, Reading, Reference, Remedy, SECURITY, Setting, Threshold},
    checks::cost::s3::bucket_no_multipart_abort::abort_uploads,
    checks::security::row::{ROW, Row, of},
};

/// The table.
pub const CHECKS: [Check; 7] = [
    Check {
        id: "s3_bucket_unencrypted",
        title: "Bucket has no default encryption",
        kinds: &[ResourceKind::S3Bucket],
        // Security Hub retired S3.4 when S3 began to encrypt every new object by itself.
        controls: &[],
        thresholds: &[Threshold { what: "BucketEncryption", value: "set" }],
        operation: Some(Operation::EncryptBucket),
        references: &[Reference {
            source: "Amazon S3 User Guide, Setting default server-side encryption behavior",
            read: "2026-11",
        }],
        judge: Judge::Setting(Setting {
            name: "BucketEncryption",
            must_be: "set",
            read: |config| {
                bucket(
                    config,
                    |b| &b.encryption,
                    |encryption| Reading::must(encryption.is_some(), "not set"),
                )
            },
            remedy: |resource| Some(encrypt(resource)),
        }),
        ..SECURITY
    },
    Check {
        id: "s3_bucket_public_access_not_blocked",
        title: "Bucket does not block public access",
        severity: Severity::High,
        kinds: &[ResourceKind::S3Bucket],
        controls: &["S3.8"],
        thresholds: &[Threshold { what: "PublicAccessBlock", value: "all four flags" }],
        operation: Some(Operation::BlockPublicAccess),
        references: &[FSBP],
        judge: Judge::Setting(Setting {
            name: "PublicAccessBlock",
            must_be: "all four flags",
            read: |config| {
                bucket(
                    config,
                    |b| &b.public_access_block,
                    |flags| Reading::must(*flags == PublicAccessBlock::ALL, missing(*flags)),
                )
            },
            remedy: block,
        }),
        ..SECURITY
    },
    Check {
        id: "s3_bucket_no_lifecycle",
        title: "Bucket has no lifecycle rule",
        severity: Severity::Low,
        kinds: &[ResourceKind::S3Bucket],
        controls: &["S3.13"],
        thresholds: &[Threshold { what: "enabled lifecycle rules", value: "at least 1" }],
        operation: Some(Operation::AbortMultipartUploads),
        references: &[FSBP],
        judge: Judge::Setting(Setting {
            name: "LifecycleConfiguration",
            must_be: "at least one enabled rule",
            read: |config| {
                bucket(
                    config,
                    |b| &b.lifecycle,
                    |rules| {
                        Reading::must(
                            rules.iter().any(|rule| rule.enabled),
                            "without an enabled rule",
                        )
                    },
                )
            },
            remedy: |resource| match &resource.config {
                ResourceConfig::S3Bucket(bucket) => abort_uploads(resource, bucket),
                _ => None,
            },
        }),
        ..SECURITY
    },
    Row {
        id: "s3_account_public_access_not_blocked",
        title: "Account does not block public access to buckets",
        control: &["S3.1"],
        kinds: &[ResourceKind::S3AccountPublicAccessBlock],
        must: &[Threshold { what: "PublicAccessBlock of the account", value: "all four flags" }],
        read: of!(S3AccountPublicAccessBlock, |flags| {
            Reading::must(*flags == PublicAccessBlock::ALL, missing(*flags))
        }),
        ..ROW
    }
    .check(),
    Row {
        id: "s3_bucket_not_logged",
        title: "Access to the bucket is not logged",
        control: &["S3.9"],
        kinds: &[ResourceKind::S3Bucket],
        must: &[Threshold { what: "server access logging", value: "on" }],
        read: of!(S3Bucket, |bucket| {
            Reading::of(&bucket.logging, |logging| Reading::must(logging.is_some(), "off"))
        }),
        ..ROW
    }
    .check(),
    Row {
        id: "s3_bucket_acl_used",
        title: "Access to the bucket is given by an access control list",
        control: &["S3.12"],
        kinds: &[ResourceKind::S3Bucket],
        must: &[Threshold { what: "grants beyond the owner", value: "none" }],
        read: of!(S3Bucket, |bucket| acl(bucket)),
        ..ROW
    }
    .check(),
    Row {
        id: "s3_bucket_no_mfa_delete",
        title: "Versions of objects are deleted without a second factor",
        control: &["S3.20"],
        severity: Severity::Low,
        kinds: &[ResourceKind::S3Bucket],
        must: &[Threshold { what: "MFADelete", value: "Enabled" }],
        read: of!(S3Bucket, |bucket| Reading::of(&bucket.mfa_delete, |on| Reading::on(*on))),
        ..ROW
    }
    .check(),
];

/// Where bucket owners own every object, lists give nobody anything.
fn acl(bucket: &Bucket) -> Reading {
    if let Some(Some(ownership)) = bucket.object_ownership.known()
        && ownership == "BucketOwnerEnforced"
    {
        return Reading::Good;
    }
    Reading::of(&bucket.acl_grants, |grants| {
        let given: Vec<_> =
            grants.iter().map(|g| format!("{} to {}", g.permission, g.grantee)).collect();
        Reading::must(given.is_empty(), given.join(", "))
    })
}

fn bucket<T>(
    config: &ResourceConfig,
    setting: impl Fn(&Bucket) -> &Evidence<T>,
    read: impl Fn(&T) -> Reading,
) -> Reading {
    match config {
        ResourceConfig::S3Bucket(bucket) => match setting(bucket).get() {
            Ok(value) => read(value),
            Err(why) => Reading::Unknown(why.clone()),
        },
        _ => Reading::NotApplicable,
    }
}

/// The flags that are not set.
fn missing(flags: PublicAccessBlock) -> String {
    let names = [
        ("BlockPublicAcls", flags.block_public_acls),
        ("IgnorePublicAcls", flags.ignore_public_acls),
        ("BlockPublicPolicy", flags.block_public_policy),
        ("RestrictPublicBuckets", flags.restrict_public_buckets),
    ];
    let missing: Vec<_> = names.iter().filter(|(_, set)| !set).map(|(name, _)| *name).collect();
    format!("without {}", missing.join(", "))
}

fn encrypt(resource: &Resource) -> Remedy {
    let encryption =
        BucketEncryption { algorithm: "AES256".into(), kms_key_id: None, bucket_key: false };
    Remedy::new(
        Operation::EncryptBucket,
        resource,
        TargetState::present([("encryption", Value::Null)]),
        TargetState::present([("encryption", json!(encryption))]),
    )
    .explained(
        "Encrypt new objects with keys that S3 manages (AES256)",
        "None known: readers and writers notice nothing.",
    )
}

fn block(resource: &Resource) -> Option<Remedy> {
    let ResourceConfig::S3Bucket(bucket) = &resource.config else { return None };
    let flags = bucket.public_access_block.known()?;
    let remedy = Remedy::new(
        Operation::BlockPublicAccess,
        resource,
        TargetState::present([("public_access_block", json!(flags))]),
        TargetState::present([("public_access_block", json!(PublicAccessBlock::ALL))]),
    );
    Some(remedy.explained(
        "Block all public access to this bucket",
        "If it serves a public website or downloads, those stop.",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{
        Expect::{Clear, NotEvaluated, Risk},
        account_block, bucket, check_table, denied, lifecycle_rule,
    };
    use miyabi_types::resource::s3::{AclGrant, BucketLogging};

    #[test]
    fn every_row_judges() {
        let three = PublicAccessBlock { restrict_public_buckets: false, ..PublicAccessBlock::ALL };
        let mut disabled = lifecycle_rule();
        disabled.enabled = false;
        let logging = BucketLogging { target_bucket: "logs".into(), target_prefix: String::new() };
        let grant = AclGrant { grantee: "210987654321".into(), permission: "READ".into() };
        check_table(
            &CHECKS,
            vec![
                ("s3_bucket_unencrypted", bucket(|_| {}), Clear),
                ("s3_bucket_unencrypted", bucket(|b| b.encryption = Evidence::Known(None)), Risk),
                (
                    "s3_bucket_unencrypted",
                    bucket(|b| b.encryption = denied("s3:GetEncryptionConfiguration")),
                    NotEvaluated("denied"),
                ),
                ("S3.8", bucket(|_| {}), Clear),
                ("S3.8", bucket(|b| b.public_access_block = Evidence::Known(three)), Risk),
                (
                    "S3.8",
                    bucket(|b| b.public_access_block = denied("s3:GetBucketPublicAccessBlock")),
                    NotEvaluated("denied"),
                ),
                ("S3.13", bucket(|_| {}), Clear),
                ("S3.13", bucket(|b| b.lifecycle = Evidence::Known(vec![])), Risk),
                ("S3.13", bucket(|b| b.lifecycle = Evidence::Known(vec![disabled])), Risk),
                (
                    "S3.13",
                    bucket(|b| b.lifecycle = denied("s3:GetLifecycleConfiguration")),
                    NotEvaluated("denied"),
                ),
                ("S3.1", account_block(|_| {}), Clear),
                ("S3.1", account_block(|flags| *flags = three), Risk),
                ("S3.9", bucket(|b| b.logging = Evidence::Known(Some(logging))), Clear),
                ("S3.9", bucket(|_| {}), Risk),
                (
                    "S3.9",
                    bucket(|b| b.logging = denied("s3:GetBucketLogging")),
                    NotEvaluated("denied"),
                ),
                ("S3.12", bucket(|_| {}), Clear),
                (
                    "S3.12",
                    bucket(|b| {
                        b.object_ownership = Evidence::Known(None);
                        b.acl_grants = Evidence::Known(vec![grant]);
                    }),
                    Risk,
                ),
                (
                    "S3.12",
                    bucket(|b| {
                        b.object_ownership = Evidence::Known(None);
                        b.acl_grants = denied("s3:GetBucketAcl");
                    }),
                    NotEvaluated("denied"),
                ),
                ("S3.20", bucket(|b| b.mfa_delete = Evidence::Known(true)), Clear),
                ("S3.20", bucket(|_| {}), Risk),
            ],
        );
    }

    #[test]
    fn the_evidence_names_the_missing_flags() {
        let flags = PublicAccessBlock { block_public_acls: true, ..PublicAccessBlock::default() };
        assert_eq!(
            missing(flags),
            "without IgnorePublicAcls, BlockPublicPolicy, RestrictPublicBuckets"
        );
    }
}
