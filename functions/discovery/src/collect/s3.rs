//! S3 buckets of the region.

use aws_sdk_s3::{Client, types};
use futures::FutureExt;
use miyabi_types::{
    id::Arn,
    resource::{Resource, ResourceConfig, ResourceKind::S3Bucket, Tags, s3::Bucket},
};

use super::{
    Collected, Collector, Reach, cloudwatch, owned,
    tagging::{self, Tagged},
    timestamp,
};
use crate::{
    call::{Call, Request::EveryBucketSetting},
    lists::{Known, pages},
    place::Place,
    scope::Scan,
};

mod on_request;
mod replication;
mod settings;
mod size;

use on_request::OnRequest;
use settings::{AtOnce, InTurn};
use size::{Sizes, Stored};

// The actions' names differ from the API's in half of the cases.
const BUCKETS: Call = Call::lists("s3:ListAllMyBuckets", &[S3Bucket]);
const LOCATION: Call = Call::lists("s3:GetBucketLocation", &[S3Bucket]);
const ENCRYPTION: Call = Call::details("s3:GetEncryptionConfiguration");
const VERSIONING: Call = Call::details("s3:GetBucketVersioning");
const PUBLIC_ACCESS_BLOCK: Call = Call::details("s3:GetBucketPublicAccessBlock");
const LIFECYCLE: Call = Call::details("s3:GetLifecycleConfiguration");
const POLICY: Call = Call::details("s3:GetBucketPolicy");
const LOGGING: Call = Call::details("s3:GetBucketLogging");
const ACL: Call = Call::details("s3:GetBucketAcl");
const OWNERSHIP: Call = Call::details("s3:GetBucketOwnershipControls");
const POLICY_STATUS: Call = Call::details("s3:GetBucketPolicyStatus");
const OBJECT_LOCK: Call = Call::details("s3:GetBucketObjectLockConfiguration");
const REPLICATION: Call = on_request("s3:GetReplicationConfiguration");
const WEBSITE: Call = on_request("s3:GetBucketWebsite");
const CORS: Call = on_request("s3:GetBucketCORS");
const NOTIFICATIONS: Call = on_request("s3:GetBucketNotification");
const INVENTORIES: Call = on_request("s3:GetInventoryConfiguration");
const INTELLIGENT_TIERING: Call = on_request("s3:GetIntelligentTieringConfiguration");
const ACCELERATION: Call = on_request("s3:GetAccelerateConfiguration");
const REQUEST_PAYMENT: Call = on_request("s3:GetBucketRequestPayment");
const METRICS: Call = on_request("s3:GetMetricsConfiguration");
const ANALYTICS: Call = on_request("s3:GetAnalyticsConfiguration");

const fn on_request(action: &'static str) -> Call {
    Call::details(action).only_with(EveryBucketSetting)
}

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
        LOGGING,
        ACL,
        OWNERSHIP,
        POLICY_STATUS,
        OBJECT_LOCK,
        REPLICATION,
        WEBSITE,
        CORS,
        NOTIFICATIONS,
        INVENTORIES,
        INTELLIGENT_TIERING,
        ACCELERATION,
        REQUEST_PAYMENT,
        METRICS,
        ANALYTICS,
        tagging::GET_RESOURCES,
        cloudwatch::LIST_METRICS,
        cloudwatch::GET_METRIC_DATA,
    ],
    collect: |scan| collect(scan).boxed(),
};

async fn collect(scan: &Scan) -> Collected {
    // Path-style, because a bucket with dots in its name has no valid certificate of its own.
    let config = aws_sdk_s3::config::Builder::from(scan.sdk()).force_path_style(true).build();
    let client = &Client::from_conf(config);
    // No setting of several buckets is told at once but their tags.
    let (sizes, tagged) = (&Sizes::default(), &Tagged::of("s3"));
    let work = |buckets: Vec<types::Bucket>| async move {
        let buckets = here(scan, client, buckets).await;
        let names: Vec<_> = buckets.iter().filter_map(|bucket| owned(bucket.name())).collect();
        if names.is_empty() {
            return Vec::new();
        }
        // What takes two calls begins before what takes one, so that in the end nothing waits for it.
        let in_turn = scan.each(names.clone(), |name: String| async move {
            Box::pin(InTurn::read(scan, client, &name)).await
        });
        let at_once = scan.each(names.clone(), |name: String| async move {
            let at_once = Box::pin(AtOnce::read(scan, client, &name));
            tokio::join!(at_once, on_request::read(scan, client, &name))
        });
        let stored = Box::pin(sizes.read(scan, &names));
        let (in_turn, at_once, stored, _) =
            tokio::join!(in_turn, at_once, stored, tagged.read(scan));
        let created = buckets.iter().map(|bucket| timestamp(bucket.creation_date()));
        let resources = names.iter().zip(created).zip(in_turn).zip(at_once).zip(stored);
        let resources =
            resources.map(|((((name, created_at), in_turn), (at_once, more)), stored)| Resource {
                created_at,
                ..resource(&scan.place, name, in_turn, at_once, more, stored)
            });
        let mut resources: Vec<_> = resources.collect();
        tagged.fill(scan, &mut resources).await;
        resources
    };
    // The regions come with the list only if it is asked for by pages.
    let paginator = client.list_buckets().max_buckets(1000).into_paginator().send();
    let region = scan.place.region.as_str();
    let buckets = pages(paginator, |page| {
        let buckets = page.buckets?.into_iter();
        Some(buckets.filter(|bucket| told_region(bucket).is_none_or(|r| r == region)).collect())
    });
    let is_known = |known: &Known, bucket: &types::Bucket| {
        known.has(scan.place.bucket_arn(bucket.name().unwrap_or_default()).as_str())
    };
    scan.stream_on(BUCKETS, buckets, is_known, work).await;
    Collected::default()
}

fn told_region(bucket: &types::Bucket) -> Option<&str> {
    bucket.bucket_region().filter(|region| !region.is_empty())
}

/// Those that are in this region, also where the list does not tell it.
async fn here(scan: &Scan, client: &Client, buckets: Vec<types::Bucket>) -> Vec<types::Bucket> {
    let region = scan.place.region.as_str();
    let here = scan.each(buckets, |bucket: types::Bucket| async move {
        let there = match told_region(&bucket) {
            Some(region) => Some(region.to_owned()),
            None => scan.queued(location(scan, client, bucket.name().unwrap_or_default())).await,
        };
        (there.as_deref() == Some(region)).then_some(bucket)
    });
    here.await.into_iter().flatten().collect()
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

fn resource(
    place: &Place,
    name: &str,
    in_turn: InTurn,
    at_once: AtOnce,
    more: OnRequest,
    stored: Stored,
) -> Resource {
    let arn = place.bucket_arn(name);
    let mut depends_on = needs(place, &at_once, &more);
    // Logs and lists of a bucket may go into itself.
    depends_on.retain(|needed| *needed != arn);
    let config = Bucket {
        encryption: at_once.encryption.into(),
        mfa_delete: in_turn.versioning.clone().map(|versioning| versioning.mfa_delete).into(),
        versioning: in_turn.versioning.map(|versioning| versioning.status).into(),
        public_access_block: at_once.public_access_block.into(),
        lifecycle: at_once.lifecycle.into(),
        policy: in_turn.policy.into(),
        logging: at_once.logging.into(),
        acl_grants: in_turn.acl_grants.into(),
        object_ownership: in_turn.object_ownership.into(),
        policy_is_public: in_turn.policy_is_public.into(),
        object_lock: in_turn.object_lock.into(),
        replication: more.replication.into(),
        website: more.website.into(),
        cors: more.cors.into(),
        notifications: more.notifications.into(),
        inventories: more.inventories.into(),
        intelligent_tiering: more.intelligent_tiering.into(),
        acceleration: more.acceleration.into(),
        requester_pays: more.requester_pays.into(),
        metrics_configurations: more.metrics_configurations.into(),
        analytics_configurations: more.analytics_configurations.into(),
        size_bytes: stored.by_type.clone().map(|by_type| by_type.values().sum()),
        size_by_type: stored.by_type,
        object_count: stored.objects,
    };
    let config = ResourceConfig::S3Bucket(config.into());
    let resource = place.resource(arn, name, Tags::default(), config);
    Resource { name: Some(name.to_owned()), depends_on, ..resource }
}

/// Keys, and where logs, copies, lists and events go.
fn needs(place: &Place, at_once: &AtOnce, more: &OnRequest) -> Vec<Arn> {
    let logging = at_once.logging.as_ref().ok().and_then(Option::as_ref);
    let target = logging.map(|logging| place.bucket_arn(&logging.target_bucket));
    let encryption = at_once.encryption.as_ref().ok().and_then(Option::as_ref);
    let key = encryption.and_then(|default| Some(place.key_arn(default.kms_key_id.as_deref()?)));
    target.into_iter().chain(key).chain(more.needs()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{
        aws::{Answer, Asked, empty, error, sdk},
        of_kind, place, scan,
    };

    #[test]
    fn the_first_region_has_no_name_and_the_second_an_old_one() {
        assert_eq!(region_of(None), "us-east-1");
        assert_eq!(region_of(Some("")), "us-east-1");
        assert_eq!(region_of(Some("EU")), "eu-west-1");
        assert_eq!(region_of(Some("ap-northeast-1")), "ap-northeast-1");
    }

    fn bucket(asked: &Asked) -> Answer {
        let body = match asked.operation.as_str() {
            _ if asked.service != "s3" => return empty(asked),
            path if path.contains("encryption") => {
                "<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault>\
                 <SSEAlgorithm>aws:kms</SSEAlgorithm><KMSMasterKeyID>alias/data</KMSMasterKeyID>\
                 </ApplyServerSideEncryptionByDefault></Rule></ServerSideEncryptionConfiguration>"
            }
            path if path.contains("logging") => {
                "<BucketLoggingStatus><LoggingEnabled><TargetBucket>logs</TargetBucket>\
                 <TargetPrefix/></LoggingEnabled></BucketLoggingStatus>"
            }
            path if path.contains("versioning") => {
                "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>"
            }
            path if path.contains("/assets") => return error(asked, 403, "AccessDenied"),
            _ => {
                "<ListAllMyBucketsResult><Buckets><Bucket><Name>assets</Name>\
                 <BucketRegion>us-east-1</BucketRegion></Bucket></Buckets></ListAllMyBucketsResult>"
            }
        };
        (200, body.as_bytes().to_vec())
    }

    #[tokio::test]
    async fn a_bucket_needs_its_key_and_where_its_logs_go() {
        let scanned = scan(sdk(bucket), "us-east-1").await;
        let assets = of_kind(&scanned, S3Bucket)[0];
        let key = place().key_arn("alias/data");
        assert_eq!(assets.depends_on, [key, place().bucket_arn("logs")]);
    }

    #[tokio::test]
    async fn what_takes_versions_is_not_asked_of_a_bucket_without() {
        let without = |asked: &Asked| match asked.operation.as_str() {
            path if path.contains("versioning") => (200, b"<VersioningConfiguration/>".to_vec()),
            path => {
                assert!(!path.contains("object-lock"), "{path}");
                bucket(asked)
            }
        };
        let scanned = scan(sdk(without), "us-east-1").await;
        let ResourceConfig::S3Bucket(assets) = &of_kind(&scanned, S3Bucket)[0].config else {
            panic!("it is a bucket")
        };
        assert_eq!(assets.object_lock.known(), Some(&None));
    }
}
