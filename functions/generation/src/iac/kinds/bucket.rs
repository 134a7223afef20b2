//! S3 buckets. In Terraform every setting is a resource of its own; in CloudFormation all but the policy
//! are the bucket's.

use miyabi_types::{
    evidence::Evidence,
    resource::{
        ResourceConfig, ResourceKind,
        s3::{Bucket, LifecycleRule},
    },
};

use crate::iac::{
    code::Place,
    estate::What,
    expr::{Body, Concern::Data, Declaration, Expr},
};

const BUCKET: What = What::Itself(ResourceKind::S3Bucket);
const KEY: What = What::Itself(ResourceKind::KmsKey);

/// What is known to be set.
fn set<T>(evidence: &Evidence<Option<T>>) -> Option<&T> {
    evidence.known().and_then(Option::as_ref)
}

/// The rules, if a World holds all that they do.
fn lifecycle(bucket: &Bucket) -> Option<&[LifecycleRule]> {
    let rules = bucket.lifecycle.known()?;
    let whole = rules.iter().all(|rule| !rule.filtered && !rule.more && rule.id.is_some());
    (whole && !rules.is_empty()).then_some(rules)
}

pub fn terraform(place: &Place<'_, '_>) -> Vec<Declaration> {
    let ResourceConfig::S3Bucket(bucket) = &place.resource().config else { return Vec::new() };
    let name = &place.resource().id;
    let locked = set(&bucket.object_lock).map(|_| true);
    let body = Body::new().set("bucket", name).maybe("object_lock_enabled", locked);
    let own = Declaration::new("aws_s3_bucket", Data, body)
        .ignoring(["force_destroy", "timeouts"])
        .id(name)
        .tagged("tags");
    let setting = |kind: &'static str, body: Body| {
        let bucket = Body::new().set("bucket", place.own("id", name));
        Declaration::new(kind, Data, Body(bucket.0.into_iter().chain(body.0).collect())).id(name)
    };
    let mut declarations = vec![own];
    if let Some(status) = set(&bucket.versioning) {
        let configuration = Body::new().set("status", status);
        declarations.push(
            setting(
                "aws_s3_bucket_versioning",
                Body::new().block("versioning_configuration", configuration),
            )
            // Changing it takes a code of the device.
            .ignoring(["mfa"]),
        );
    }
    if let Some(encryption) = set(&bucket.encryption) {
        let key = encryption.kms_key_id.as_deref();
        let default = Body::new()
            .maybe("kms_master_key_id", key.map(|key| place.link(KEY, key)))
            .set("sse_algorithm", &encryption.algorithm);
        let rule = Body::new()
            .set("bucket_key_enabled", encryption.bucket_key)
            .block("apply_server_side_encryption_by_default", default);
        declarations.push(setting(
            "aws_s3_bucket_server_side_encryption_configuration",
            Body::new().block("rule", rule),
        ));
    }
    if let Some(flags) =
        bucket.public_access_block.known().filter(|flags| **flags != <_>::default())
    {
        declarations.push(setting(
            "aws_s3_bucket_public_access_block",
            Body::new()
                .set("block_public_acls", flags.block_public_acls)
                .set("block_public_policy", flags.block_public_policy)
                .set("ignore_public_acls", flags.ignore_public_acls)
                .set("restrict_public_buckets", flags.restrict_public_buckets),
        ));
    }
    if let Some(ownership) = set(&bucket.object_ownership) {
        let rule = Body::new().set("object_ownership", ownership);
        declarations
            .push(setting("aws_s3_bucket_ownership_controls", Body::new().block("rule", rule)));
    }
    if let Some(rules) = lifecycle(bucket) {
        declarations.push(setting(
            "aws_s3_bucket_lifecycle_configuration",
            Body::new().blocks("rule", rules.iter().map(rule_block)),
        ));
    }
    if let Some(policy) = set(&bucket.policy) {
        declarations.push(setting("aws_s3_bucket_policy", Body::new().set("policy", policy)));
    }
    if let Some(logging) = set(&bucket.logging) {
        declarations.push(setting(
            "aws_s3_bucket_logging",
            Body::new()
                .set("target_bucket", place.link(BUCKET, &logging.target_bucket))
                .set("target_prefix", &logging.target_prefix),
        ));
    }
    if let Some(lock) = set(&bucket.object_lock)
        && let Some(mode) = &lock.mode
    {
        let retention =
            Body::new().set("mode", mode).maybe("days", lock.days).maybe("years", lock.years);
        declarations.push(setting(
            "aws_s3_bucket_object_lock_configuration",
            Body::new().block("rule", Body::new().block("default_retention", retention)),
        ));
    }
    declarations
}

fn rule_block(rule: &LifecycleRule) -> Body {
    let days = |name: &str, days: Option<u32>| days.map(|days| Body::new().set(name, days));
    let prefix = rule.prefix.as_deref().filter(|prefix| !prefix.is_empty());
    Body::new()
        .maybe("id", rule.id.as_deref())
        .set("status", if rule.enabled { "Enabled" } else { "Disabled" })
        .maybe_block(
            "abort_incomplete_multipart_upload",
            days("days_after_initiation", rule.abort_multipart_days),
        )
        .maybe_block("expiration", days("days", rule.expiration_days))
        .block("filter", Body::new().maybe("prefix", prefix))
        .maybe_block(
            "noncurrent_version_expiration",
            days("noncurrent_days", rule.noncurrent_expiration_days),
        )
        .blocks(
            "transition",
            rule.transitions
                .iter()
                .map(|(days, class)| Body::new().set("days", *days).set("storage_class", class)),
        )
}

pub fn cloudformation(place: &Place<'_, '_>) -> Vec<Declaration> {
    let ResourceConfig::S3Bucket(bucket) = &place.resource().config else { return Vec::new() };
    let name = &place.resource().id;
    let flags = bucket.public_access_block.known().map(|flags| {
        Body::new()
            .set("BlockPublicAcls", flags.block_public_acls)
            .set("BlockPublicPolicy", flags.block_public_policy)
            .set("IgnorePublicAcls", flags.ignore_public_acls)
            .set("RestrictPublicBuckets", flags.restrict_public_buckets)
    });
    let encryption = set(&bucket.encryption).map(|encryption| {
        let key = encryption.kms_key_id.as_deref();
        let default = Body::new()
            .set("SSEAlgorithm", &encryption.algorithm)
            .maybe("KMSMasterKeyID", key.map(|key| place.link(KEY, key)));
        let rule = Body::new()
            .set("BucketKeyEnabled", encryption.bucket_key)
            .set("ServerSideEncryptionByDefault", default);
        Body::new().set("ServerSideEncryptionConfiguration", vec![Expr::Body(rule)])
    });
    let ownership = set(&bucket.object_ownership).map(|ownership| {
        Body::new().set("Rules", vec![Expr::Body(Body::new().set("ObjectOwnership", ownership))])
    });
    let lifecycle = lifecycle(bucket).map(|rules| {
        Body::new()
            .set("Rules", rules.iter().map(|rule| rule_object(rule).into()).collect::<Vec<Expr>>())
    });
    let logging = set(&bucket.logging).map(|logging| {
        Body::new()
            .set("DestinationBucketName", place.link(BUCKET, &logging.target_bucket))
            .set("LogFilePrefix", &logging.target_prefix)
    });
    let lock = set(&bucket.object_lock);
    let retention = lock.filter(|lock| lock.mode.is_some()).map(|lock| {
        let retention = Body::new()
            .maybe("Mode", lock.mode.as_deref())
            .maybe("Days", lock.days)
            .maybe("Years", lock.years);
        Body::new()
            .set("ObjectLockEnabled", "Enabled")
            .set("Rule", Body::new().set("DefaultRetention", retention))
    });
    let body = Body::new()
        .set("BucketName", name)
        .maybe("BucketEncryption", encryption)
        .maybe("LifecycleConfiguration", lifecycle)
        .maybe("LoggingConfiguration", logging)
        .maybe("ObjectLockConfiguration", retention)
        .maybe("ObjectLockEnabled", lock.map(|_| true))
        .maybe("OwnershipControls", ownership)
        .maybe("PublicAccessBlockConfiguration", flags)
        .maybe(
            "VersioningConfiguration",
            set(&bucket.versioning).map(|status| Body::new().set("Status", status)),
        );
    let mut declarations = vec![
        Declaration::new("AWS::S3::Bucket", Data, body)
            .found_by([("BucketName", name.clone())])
            .tagged("Tags")
            .stateful(),
    ];
    if let Some(policy) = set(&bucket.policy) {
        let body = Body::new().set("Bucket", place.own("Ref", name)).set("PolicyDocument", policy);
        declarations.push(
            Declaration::new("AWS::S3::BucketPolicy", Data, body)
                .found_by([("Bucket", name.clone())]),
        );
    }
    declarations
}

fn rule_object(rule: &LifecycleRule) -> Body {
    let prefix = rule.prefix.as_deref().filter(|prefix| !prefix.is_empty());
    let transitions = rule.transitions.iter().map(|(days, class)| {
        Expr::Body(Body::new().set("StorageClass", class).set("TransitionInDays", *days))
    });
    let noncurrent = rule.noncurrent_expiration_days;
    Body::new()
        .maybe("Id", rule.id.as_deref())
        .set("Status", if rule.enabled { "Enabled" } else { "Disabled" })
        .maybe("Prefix", prefix)
        .maybe(
            "AbortIncompleteMultipartUpload",
            rule.abort_multipart_days.map(|days| Body::new().set("DaysAfterInitiation", days)),
        )
        .maybe("ExpirationInDays", rule.expiration_days)
        .maybe(
            "NoncurrentVersionExpiration",
            noncurrent.map(|days| Body::new().set("NoncurrentDays", days)),
        )
        .some("Transitions", transitions.collect::<Vec<_>>())
}
