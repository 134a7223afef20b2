//! The settings of a bucket, each read by a call of its own.

use aws_sdk_s3::{
    Client,
    operation::{
        get_bucket_acl::GetBucketAclOutput,
        get_bucket_lifecycle_configuration::GetBucketLifecycleConfigurationOutput,
    },
    types,
};
use miyabi_types::{
    evidence::Unavailable,
    resource::s3::{
        AclGrant, BucketEncryption, BucketLogging, LifecycleRule, ObjectLock, PublicAccessBlock,
    },
};
use serde_json::Value;

use super::{
    ACL, ENCRYPTION, LIFECYCLE, LOGGING, OBJECT_LOCK, OWNERSHIP, POLICY, POLICY_STATUS,
    PUBLIC_ACCESS_BLOCK, VERSIONING,
};
use crate::{
    collect::{natural, not_json, owned, sorted},
    scope::Scan,
};

pub(super) type Read<T> = Result<T, Unavailable>;

/// What a call each tells, or why that is not known.
pub(super) struct AtOnce {
    pub encryption: Read<Option<BucketEncryption>>,
    pub public_access_block: Read<PublicAccessBlock>,
    pub lifecycle: Read<Vec<LifecycleRule>>,
    pub logging: Read<Option<BucketLogging>>,
}

/// What another call may make superfluous, and that call's own answer.
pub(super) struct InTurn {
    pub versioning: Read<Versioning>,
    pub object_lock: Read<Option<ObjectLock>>,
    pub policy: Read<Option<Value>>,
    pub policy_is_public: Read<Option<bool>>,
    pub object_ownership: Read<Option<String>>,
    pub acl_grants: Read<Vec<AclGrant>>,
}

/// What one call tells of versions.
#[derive(Clone)]
pub(super) struct Versioning {
    pub status: Option<String>,
    pub mfa_delete: bool,
}

impl AtOnce {
    /// Reads them.
    pub(super) async fn read(scan: &Scan, client: &Client, bucket: &str) -> Self {
        let (encryption, public_access_block, lifecycle, logging) = tokio::join!(
            scan.queued(encryption(scan, client, bucket)),
            scan.queued(public_access_block(scan, client, bucket)),
            scan.queued(lifecycle(scan, client, bucket)),
            scan.queued(logging(scan, client, bucket)),
        );
        Self { encryption, public_access_block, lifecycle, logging }
    }
}

impl InTurn {
    /// Reads them.
    pub(super) async fn read(scan: &Scan, client: &Client, bucket: &str) -> Self {
        let (versions, policies, owners) = tokio::join!(
            versions(scan, client, bucket),
            policies(scan, client, bucket),
            owners(scan, client, bucket),
        );
        let ((versioning, object_lock), (policy, policy_is_public)) = (versions, policies);
        let (object_ownership, acl_grants) = owners;
        Self { versioning, object_lock, policy, policy_is_public, object_ownership, acl_grants }
    }
}

/// Only a bucket with versions can have Object Lock.
/// Source: Amazon S3 User Guide, "Locking objects with Object Lock".
async fn versions(
    scan: &Scan,
    client: &Client,
    bucket: &str,
) -> (Read<Versioning>, Read<Option<ObjectLock>>) {
    let versioning = scan.queued(versioning(scan, client, bucket)).await;
    let object_lock = match &versioning {
        Ok(Versioning { status: None, .. }) => Ok(None),
        _ => scan.queued(object_lock(scan, client, bucket)).await,
    };
    (versioning, object_lock)
}

/// Where there is no policy, none is public.
async fn policies(
    scan: &Scan,
    client: &Client,
    bucket: &str,
) -> (Read<Option<Value>>, Read<Option<bool>>) {
    let policy = scan.queued(policy(scan, client, bucket)).await;
    let is_public = match &policy {
        Ok(None) => Ok(None),
        _ => scan.queued(policy_is_public(scan, client, bucket)).await,
    };
    (policy, is_public)
}

/// Where the bucket's owner is enforced, access control lists are off and let in nobody else.
/// Source: Amazon S3 User Guide, "Controlling ownership of objects and disabling ACLs".
async fn owners(
    scan: &Scan,
    client: &Client,
    bucket: &str,
) -> (Read<Option<String>>, Read<Vec<AclGrant>>) {
    let ownership = scan.queued(object_ownership(scan, client, bucket)).await;
    let grants = match &ownership {
        Ok(Some(rule)) if rule == types::ObjectOwnership::BucketOwnerEnforced.as_str() => {
            Ok(Vec::new())
        }
        _ => scan.queued(acl_grants(scan, client, bucket)).await,
    };
    (ownership, grants)
}

async fn encryption(scan: &Scan, client: &Client, bucket: &str) -> Read<Option<BucketEncryption>> {
    let call = client.get_bucket_encryption().bucket(bucket).send();
    let absent = &["ServerSideEncryptionConfigurationNotFoundError"];
    let answer = scan.find(ENCRYPTION, absent, call).await?;
    let configuration = answer.and_then(|answer| answer.server_side_encryption_configuration);
    Ok(configuration.as_ref().and_then(default_encryption))
}

async fn versioning(scan: &Scan, client: &Client, bucket: &str) -> Read<Versioning> {
    let call = client.get_bucket_versioning().bucket(bucket).send();
    let answer = scan.read(VERSIONING, call).await?;
    Ok(Versioning {
        status: owned(answer.status().map(types::BucketVersioningStatus::as_str)),
        mfa_delete: answer.mfa_delete() == Some(&types::MfaDeleteStatus::Enabled),
    })
}

async fn public_access_block(
    scan: &Scan,
    client: &Client,
    bucket: &str,
) -> Read<PublicAccessBlock> {
    let call = client.get_public_access_block().bucket(bucket).send();
    let absent = &["NoSuchPublicAccessBlockConfiguration"];
    let answer = scan.find(PUBLIC_ACCESS_BLOCK, absent, call).await?;
    let flags = answer.and_then(|answer| answer.public_access_block_configuration);
    Ok(flags.as_ref().map(flags_of).unwrap_or_default())
}

async fn lifecycle(scan: &Scan, client: &Client, bucket: &str) -> Read<Vec<LifecycleRule>> {
    let call = client.get_bucket_lifecycle_configuration().bucket(bucket).send();
    let answer = scan.find(LIFECYCLE, &["NoSuchLifecycleConfiguration"], call).await?;
    let rules = answer.iter().flat_map(GetBucketLifecycleConfigurationOutput::rules);
    Ok(rules.map(lifecycle_rule).collect())
}

async fn policy(scan: &Scan, client: &Client, bucket: &str) -> Read<Option<Value>> {
    let call = client.get_bucket_policy().bucket(bucket).send();
    let answer = scan.find(POLICY, &["NoSuchBucketPolicy"], call).await?;
    let Some(policy) = answer.and_then(|answer| answer.policy) else { return Ok(None) };
    serde_json::from_str(&policy).map(Some).map_err(not_json)
}

async fn policy_is_public(scan: &Scan, client: &Client, bucket: &str) -> Read<Option<bool>> {
    let call = client.get_bucket_policy_status().bucket(bucket).send();
    let answer = scan.find(POLICY_STATUS, &["NoSuchBucketPolicy"], call).await?;
    let status = answer.and_then(|answer| answer.policy_status);
    Ok(status.and_then(|status| status.is_public))
}

async fn logging(scan: &Scan, client: &Client, bucket: &str) -> Read<Option<BucketLogging>> {
    let call = client.get_bucket_logging().bucket(bucket).send();
    let answer = scan.read(LOGGING, call).await?;
    Ok(answer.logging_enabled().map(|logging| BucketLogging {
        target_bucket: logging.target_bucket().to_owned(),
        target_prefix: logging.target_prefix().to_owned(),
    }))
}

async fn acl_grants(scan: &Scan, client: &Client, bucket: &str) -> Read<Vec<AclGrant>> {
    let answer = scan.read(ACL, client.get_bucket_acl().bucket(bucket).send()).await?;
    Ok(grants(&answer))
}

async fn object_ownership(scan: &Scan, client: &Client, bucket: &str) -> Read<Option<String>> {
    let call = client.get_bucket_ownership_controls().bucket(bucket).send();
    let answer = scan.find(OWNERSHIP, &["OwnershipControlsNotFoundError"], call).await?;
    let controls = answer.and_then(|answer| answer.ownership_controls);
    let rule = controls.as_ref().and_then(|controls| controls.rules().first());
    Ok(rule.map(|rule| rule.object_ownership().as_str().to_owned()))
}

async fn object_lock(scan: &Scan, client: &Client, bucket: &str) -> Read<Option<ObjectLock>> {
    let call = client.get_object_lock_configuration().bucket(bucket).send();
    let absent = &["ObjectLockConfigurationNotFoundError"];
    let answer = scan.find(OBJECT_LOCK, absent, call).await?;
    Ok(answer.and_then(|answer| answer.object_lock_configuration).as_ref().and_then(lock))
}

fn lock(configuration: &types::ObjectLockConfiguration) -> Option<ObjectLock> {
    configuration.object_lock_enabled().filter(|on| **on == types::ObjectLockEnabled::Enabled)?;
    let retention = configuration.rule().and_then(types::ObjectLockRule::default_retention);
    Some(ObjectLock {
        mode: retention.and_then(|r| owned(r.mode().map(types::ObjectLockRetentionMode::as_str))),
        days: retention.and_then(types::DefaultRetention::days).map(natural),
        years: retention.and_then(types::DefaultRetention::years).map(natural),
    })
}

/// Whom the access control list lets in, without the owner himself.
fn grants(acl: &GetBucketAclOutput) -> Vec<AclGrant> {
    let owner = acl.owner().and_then(types::Owner::id);
    let grants = acl.grants().iter().filter_map(|grant| {
        let to = grant.grantee()?;
        let grantee = owned(to.uri().or(to.id()).or(to.email_address()))?;
        let permission = grant.permission()?.as_str().to_owned();
        Some(AclGrant { grantee, permission })
    });
    sorted(grants.filter(|grant| Some(grant.grantee.as_str()) != owner))
}

fn default_encryption(
    configuration: &types::ServerSideEncryptionConfiguration,
) -> Option<BucketEncryption> {
    let rule = configuration.rules().first()?;
    let default = rule.apply_server_side_encryption_by_default()?;
    Some(BucketEncryption {
        algorithm: default.sse_algorithm().as_str().to_owned(),
        kms_key_id: owned(default.kms_master_key_id()),
        bucket_key: rule.bucket_key_enabled().unwrap_or(false),
    })
}

fn flags_of(flags: &types::PublicAccessBlockConfiguration) -> PublicAccessBlock {
    PublicAccessBlock {
        block_public_acls: flags.block_public_acls().unwrap_or(false),
        ignore_public_acls: flags.ignore_public_acls().unwrap_or(false),
        block_public_policy: flags.block_public_policy().unwrap_or(false),
        restrict_public_buckets: flags.restrict_public_buckets().unwrap_or(false),
    }
}

fn lifecycle_rule(rule: &types::LifecycleRule) -> LifecycleRule {
    let filter = rule.filter();
    let both = filter.and_then(types::LifecycleRuleFilter::and);
    #[expect(deprecated, reason = "rules written before 2016 have their prefix here")]
    let old_prefix = rule.prefix();
    let prefix = filter
        .and_then(types::LifecycleRuleFilter::prefix)
        .or_else(|| both.and_then(types::LifecycleRuleAndOperator::prefix))
        .or(old_prefix);
    let days = |days: Option<i32>| days.map(natural);
    LifecycleRule {
        id: owned(rule.id()),
        enabled: *rule.status() == types::ExpirationStatus::Enabled,
        prefix: owned(prefix),
        filtered: filter.is_some_and(|f| {
            f.tag().is_some()
                || f.object_size_greater_than().is_some()
                || f.object_size_less_than().is_some()
        }) || both.is_some_and(|both| {
            !both.tags().is_empty()
                || both.object_size_greater_than().is_some()
                || both.object_size_less_than().is_some()
        }),
        abort_multipart_days: days(
            rule.abort_incomplete_multipart_upload()
                .and_then(types::AbortIncompleteMultipartUpload::days_after_initiation),
        ),
        expiration_days: days(rule.expiration().and_then(types::LifecycleExpiration::days)),
        noncurrent_expiration_days: days(
            rule.noncurrent_version_expiration()
                .and_then(types::NoncurrentVersionExpiration::noncurrent_days),
        ),
        transitions: rule
            .transitions()
            .iter()
            .filter_map(|t| Some((natural(t.days()?), t.storage_class()?.as_str().to_owned())))
            .collect(),
        more: !rule.noncurrent_version_transitions().is_empty()
            || rule.transitions().iter().any(|t| t.days().is_none())
            || rule.expiration().is_some_and(|e| {
                e.date().is_some() || e.expired_object_delete_marker() == Some(true)
            })
            || rule
                .noncurrent_version_expiration()
                .is_some_and(|e| e.newer_noncurrent_versions().is_some()),
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_s3::types::{
        AbortIncompleteMultipartUpload, DefaultRetention, ExpirationStatus, Grant, Grantee,
        LifecycleRuleAndOperator, LifecycleRuleFilter, ObjectLockConfiguration, ObjectLockEnabled,
        ObjectLockRetentionMode, ObjectLockRule, Owner, Permission, Tag, Transition,
        TransitionStorageClass, Type,
    };

    use super::*;

    #[test]
    fn the_owner_is_no_grant_and_everyone_is_a_public_one() {
        let owner = || Grantee::builder().r#type(Type::CanonicalUser).id("owner").build().unwrap();
        let all = Grantee::builder()
            .r#type(Type::Group)
            .uri("http://acs.amazonaws.com/groups/global/AllUsers")
            .build()
            .unwrap();
        let grant = |to, may| Grant::builder().grantee(to).permission(may).build();
        let acl = GetBucketAclOutput::builder()
            .owner(Owner::builder().id("owner").build())
            .grants(grant(owner(), Permission::FullControl))
            .grants(grant(all, Permission::Read))
            .build();
        let grants = grants(&acl);
        assert_eq!((grants.len(), &*grants[0].permission), (1, "READ"));
        assert!(grants[0].is_public());
    }

    #[test]
    fn object_lock_tells_how_long_new_objects_are_kept() {
        let retention =
            DefaultRetention::builder().mode(ObjectLockRetentionMode::Governance).days(30).build();
        let rule = ObjectLockRule::builder().default_retention(retention).build();
        let on =
            || ObjectLockConfiguration::builder().object_lock_enabled(ObjectLockEnabled::Enabled);
        let read = lock(&on().rule(rule).build()).unwrap();
        assert_eq!(
            (read.mode.as_deref(), read.days, read.years),
            (Some("GOVERNANCE"), Some(30), None)
        );
        assert_eq!(lock(&on().build()), Some(ObjectLock::default()));
        assert_eq!(lock(&ObjectLockConfiguration::builder().build()), None);
    }

    #[test]
    fn a_lifecycle_rule_tells_whether_it_is_for_the_whole_bucket() {
        let rule = || types::LifecycleRule::builder().status(ExpirationStatus::Enabled);
        let abort = AbortIncompleteMultipartUpload::builder().days_after_initiation(7).build();
        let whole = rule()
            .filter(LifecycleRuleFilter::builder().prefix("").build())
            .abort_incomplete_multipart_upload(abort)
            .transitions(
                Transition::builder()
                    .days(30)
                    .storage_class(TransitionStorageClass::StandardIa)
                    .build(),
            )
            .build()
            .unwrap();
        let read = lifecycle_rule(&whole);
        assert!(read.enabled && !read.filtered && read.prefix.is_none());
        assert_eq!(read.abort_multipart_days, Some(7));
        assert_eq!(read.transitions, [(30, "STANDARD_IA".to_owned())]);

        let tag = Tag::builder().key("tmp").value("1").build().unwrap();
        let both = LifecycleRuleAndOperator::builder().prefix("logs/").tags(tag).build();
        let part = rule().filter(LifecycleRuleFilter::builder().and(both).build()).build().unwrap();
        let read = lifecycle_rule(&part);
        assert!(read.filtered && read.prefix.as_deref() == Some("logs/"));
    }
}
