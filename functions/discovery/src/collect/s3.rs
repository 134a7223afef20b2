//! S3 buckets of the region.

use aws_sdk_s3::{
    Client,
    operation::{
        get_bucket_lifecycle_configuration::GetBucketLifecycleConfigurationOutput,
        get_bucket_tagging::GetBucketTaggingOutput,
    },
    types,
};
use futures::FutureExt;
use miyabi_types::{
    evidence::{Evidence, Unavailable},
    resource::{
        Resource, ResourceConfig,
        ResourceKind::S3Bucket,
        Tags,
        s3::{Bucket, BucketEncryption, LifecycleRule, PublicAccessBlock},
    },
};
use serde_json::Value;

use super::{
    Collected, Collector, Reach,
    cloudwatch::{self, Query, Series},
    natural, or_none, owned, timestamp,
};
use crate::{call::Call, place::Place, scope::Scan};

// The actions' names differ from the API's in half of the cases.
const BUCKETS: Call = Call::lists("s3:ListAllMyBuckets", &[S3Bucket]);
const LOCATION: Call = Call::lists("s3:GetBucketLocation", &[S3Bucket]);
const ENCRYPTION: Call = Call::details("s3:GetEncryptionConfiguration");
const VERSIONING: Call = Call::details("s3:GetBucketVersioning");
const PUBLIC_ACCESS_BLOCK: Call = Call::details("s3:GetBucketPublicAccessBlock");
const LIFECYCLE: Call = Call::details("s3:GetLifecycleConfiguration");
const POLICY: Call = Call::details("s3:GetBucketPolicy");
const TAGGING: Call = Call::details("s3:GetBucketTagging");

/// Days in which a size must have been reported; CloudWatch reports it once a day, a day late.
const SIZE_DAYS: u32 = 3;

/// Reads S3.
pub const COLLECTOR: Collector = Collector {
    service: "s3",
    reach: Reach::Regional,
    calls: &[
        BUCKETS,
        LOCATION,
        ENCRYPTION,
        VERSIONING,
        PUBLIC_ACCESS_BLOCK,
        LIFECYCLE,
        POLICY,
        TAGGING,
        cloudwatch::GET_METRIC_DATA,
    ],
    collect: |scan| collect(scan).boxed(),
};

async fn collect(scan: &Scan) -> Collected {
    // Path-style, because a bucket with dots in its name has no valid certificate of its own.
    let config = aws_sdk_s3::config::Builder::from(scan.sdk()).force_path_style(true).build();
    let client = &Client::from_conf(config);
    let buckets = here(scan, client).await;
    let names: Vec<_> = buckets.iter().filter_map(|bucket| owned(bucket.name())).collect();
    let settings = scan.each(names.clone(), |name: String| async move {
        Box::pin(settings(scan, client, &name)).await
    });
    let (settings, sizes) = tokio::join!(settings, sizes(scan, &names));
    let created = buckets.iter().map(|bucket| timestamp(bucket.creation_date()));
    let resources = names.iter().zip(created).zip(settings).zip(sizes);
    let resources = resources.map(|(((name, created_at), settings), size)| Resource {
        created_at,
        ..resource(&scan.place, name, settings, size)
    });
    resources.collect::<Vec<_>>().into()
}

/// The account's buckets that are in this region.
async fn here(scan: &Scan, client: &Client) -> Vec<types::Bucket> {
    // The regions come with the list only if it is asked for by pages.
    let pages = client.list_buckets().max_buckets(1000).into_paginator().items().send();
    let buckets = match pages.collect::<Result<Vec<_>, _>>().await {
        Ok(buckets) => buckets,
        Err(error) => {
            return or_none(scan.list(BUCKETS, std::future::ready(Err(error))).await);
        }
    };
    let region = scan.place.region.as_str();
    let here = scan.each(buckets, |bucket: types::Bucket| async move {
        let there = match bucket.bucket_region().filter(|region| !region.is_empty()) {
            Some(region) => Some(region.to_owned()),
            None => location(scan, client, bucket.name().unwrap_or_default()).await,
        };
        (there.as_deref() == Some(region)).then_some(bucket)
    });
    let here: Vec<_> = here.await.into_iter().flatten().collect();
    scan.record(BUCKETS, Ok(here.len()));
    here
}

async fn location(scan: &Scan, client: &Client, bucket: &str) -> Option<String> {
    let call = client.get_bucket_location().bucket(bucket).send();
    let answer = scan.read(LOCATION, call).await.ok()?;
    Some(region_of(answer.location_constraint().map(types::BucketLocationConstraint::as_str)))
}

/// Two regions are written otherwise. Source: `GetBucketLocation` in the API reference.
fn region_of(constraint: Option<&str>) -> String {
    match constraint {
        None | Some("") => "us-east-1",
        Some("EU") => "eu-west-1",
        Some(region) => region,
    }
    .to_owned()
}

/// The settings of one bucket, each read by a call of its own.
struct Settings {
    encryption: Result<Option<BucketEncryption>, Unavailable>,
    versioning: Result<Option<String>, Unavailable>,
    public_access_block: Result<PublicAccessBlock, Unavailable>,
    lifecycle: Result<Vec<LifecycleRule>, Unavailable>,
    policy: Result<Option<Value>, Unavailable>,
    tags: Result<Tags, Unavailable>,
}

async fn settings(scan: &Scan, client: &Client, bucket: &str) -> Settings {
    let (encryption, versioning, block, lifecycle, policy, tags) = tokio::join!(
        scan.find(
            ENCRYPTION,
            &["ServerSideEncryptionConfigurationNotFoundError"],
            client.get_bucket_encryption().bucket(bucket).send(),
        ),
        scan.read(VERSIONING, client.get_bucket_versioning().bucket(bucket).send()),
        scan.find(
            PUBLIC_ACCESS_BLOCK,
            &["NoSuchPublicAccessBlockConfiguration"],
            client.get_public_access_block().bucket(bucket).send(),
        ),
        scan.find(
            LIFECYCLE,
            &["NoSuchLifecycleConfiguration"],
            client.get_bucket_lifecycle_configuration().bucket(bucket).send(),
        ),
        scan.find(
            POLICY,
            &["NoSuchBucketPolicy"],
            client.get_bucket_policy().bucket(bucket).send(),
        ),
        scan.find(
            TAGGING,
            &["NoSuchTagSet", "NoSuchTagSetError"],
            client.get_bucket_tagging().bucket(bucket).send(),
        ),
    );
    Settings {
        encryption: encryption.map(|answer| {
            answer
                .and_then(|a| a.server_side_encryption_configuration)
                .and_then(|c| self::encryption(&c))
        }),
        versioning: versioning
            .map(|answer| owned(answer.status().map(types::BucketVersioningStatus::as_str))),
        public_access_block: block.map(|answer| {
            let flags = answer.and_then(|answer| answer.public_access_block_configuration);
            flags.as_ref().map(public_access_block).unwrap_or_default()
        }),
        lifecycle: lifecycle.map(|answer| {
            answer
                .iter()
                .flat_map(GetBucketLifecycleConfigurationOutput::rules)
                .map(lifecycle_rule)
                .collect()
        }),
        policy: policy.and_then(|answer| {
            let Some(policy) = answer.and_then(|answer| answer.policy) else { return Ok(None) };
            serde_json::from_str(&policy).map(Some).map_err(super::not_json)
        }),
        tags: tags.map(|answer| {
            let tags = answer.iter().flat_map(GetBucketTaggingOutput::tag_set);
            super::tags(tags.map(|tag| (Some(tag.key()), Some(tag.value()))))
        }),
    }
}

fn encryption(
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

fn public_access_block(flags: &types::PublicAccessBlockConfiguration) -> PublicAccessBlock {
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
    }
}

/// The newest size of each bucket.
async fn sizes(scan: &Scan, buckets: &[String]) -> Vec<Evidence<u64>> {
    let query = |bucket: &String| Query {
        namespace: "AWS/S3",
        name: "BucketSizeBytes",
        dimensions: vec![
            ("BucketName", bucket.clone()),
            ("StorageType", "StandardStorage".to_owned()),
        ],
        statistic: "Average",
        period_seconds: 86_400,
    };
    let queries: Vec<_> = buckets.iter().map(query).collect();
    match cloudwatch::read(scan, SIZE_DAYS, &queries).await {
        Ok(series) => series.iter().map(size).collect(),
        Err(why) => vec![Evidence::Unavailable(why); buckets.len()],
    }
}

fn size(series: &Series) -> Evidence<u64> {
    match series.iter().max_by_key(|(time, _)| *time) {
        Some((_, bytes)) => Evidence::Known(*bytes as u64),
        None => Evidence::unavailable(format!(
            "CloudWatch reported no size in the last {SIZE_DAYS} days"
        )),
    }
}

fn resource(place: &Place, name: &str, settings: Settings, size_bytes: Evidence<u64>) -> Resource {
    let (tags, tags_unavailable) = super::tags_or_why(settings.tags);
    let config = Bucket {
        encryption: settings.encryption.into(),
        versioning: settings.versioning.into(),
        public_access_block: settings.public_access_block.into(),
        lifecycle: settings.lifecycle.into(),
        policy: settings.policy.into(),
        size_bytes,
    };
    let arn = place.bucket_arn(name);
    let resource = place.resource(arn, name, tags, ResourceConfig::S3Bucket(config));
    Resource { name: Some(name.to_owned()), tags_unavailable, ..resource }
}

#[cfg(test)]
mod tests {
    use aws_sdk_s3::types::{
        AbortIncompleteMultipartUpload, ExpirationStatus, LifecycleRuleAndOperator,
        LifecycleRuleFilter, Tag, Transition, TransitionStorageClass,
    };
    use jiff::Timestamp;

    use super::*;

    #[test]
    fn the_first_region_has_no_name_and_the_second_an_old_one() {
        assert_eq!(region_of(None), "us-east-1");
        assert_eq!(region_of(Some("")), "us-east-1");
        assert_eq!(region_of(Some("EU")), "eu-west-1");
        assert_eq!(region_of(Some("ap-northeast-1")), "ap-northeast-1");
    }

    #[test]
    fn an_absent_size_is_unknown_and_the_newest_one_counts() {
        let at = |seconds| Timestamp::from_second(seconds).unwrap();
        assert_eq!(size(&vec![(at(9), 5.0), (at(10), 7.0), (at(8), 6.0)]), Evidence::Known(7));
        assert!(size(&Series::new()).known().is_none());
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
