use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use miyabi_types::{
    artifact::ArtifactRef,
    cycle::CycleState,
    phase::ScannedScope,
    resource::{ResourceConfig, ResourceKind::S3Bucket, s3::Bucket},
    settings::TenantSettings,
};

use super::*;
use crate::testing::{
    aws::{Answer, Asked, empty, error, sdk},
    coverage, cycle, of_kind, place, scan_in,
};

const TOPIC: &str = "arn:aws:sns:us-east-1:123456789012:uploads";
const FUNCTION: &str = "arn:aws:lambda:us-east-1:123456789012:function:resize";

/// What is asked of the bucket `assets`, and what S3 answers.
const ANSWERS: [(&str, &str); 10] = [
    (
        "replication",
        "<ReplicationConfiguration><Role>arn:aws:iam::123456789012:role/copy</Role>\
         <Rule><Status>Enabled</Status><Destination><Bucket>arn:aws:s3:::copies</Bucket>\
         </Destination></Rule></ReplicationConfiguration>",
    ),
    (
        "website",
        "<WebsiteConfiguration><RedirectAllRequestsTo><HostName>kumo.example</HostName>\
         <Protocol>https</Protocol></RedirectAllRequestsTo></WebsiteConfiguration>",
    ),
    (
        "cors",
        "<CORSConfiguration><CORSRule><AllowedOrigin>https://kumo.example</AllowedOrigin>\
         <AllowedMethod>PUT</AllowedMethod><AllowedMethod>GET</AllowedMethod>\
         <MaxAgeSeconds>300</MaxAgeSeconds></CORSRule></CORSConfiguration>",
    ),
    (
        "notification",
        "<NotificationConfiguration><TopicConfiguration><Topic>arn:aws:sns:us-east-1:123456789012:\
         uploads</Topic><Event>s3:ObjectCreated:*</Event><Filter><S3Key><FilterRule>\
         <Name>Prefix</Name><Value>images/</Value></FilterRule></S3Key></Filter>\
         </TopicConfiguration><CloudFunctionConfiguration><CloudFunction>\
         arn:aws:lambda:us-east-1:123456789012:function:resize:live</CloudFunction>\
         <Event>s3:ObjectRemoved:Delete</Event></CloudFunctionConfiguration>\
         <EventBridgeConfiguration/></NotificationConfiguration>",
    ),
    (
        "inventory",
        "<ListInventoryConfigurationsResult><InventoryConfiguration><Id>second</Id>\
         <IsEnabled>false</IsEnabled><IncludedObjectVersions>All</IncludedObjectVersions>\
         <Destination><S3BucketDestination><Bucket>arn:aws:s3:::assets</Bucket>\
         <Format>Parquet</Format></S3BucketDestination></Destination>\
         <Schedule><Frequency>Weekly</Frequency></Schedule></InventoryConfiguration>\
         <IsTruncated>true</IsTruncated><NextContinuationToken>more</NextContinuationToken>\
         </ListInventoryConfigurationsResult>",
    ),
    (
        "intelligent-tiering",
        "<ListBucketIntelligentTieringConfigurationsOutput><IntelligentTieringConfiguration>\
         <Id>old</Id><Status>Enabled</Status><Filter><And><Prefix>logs/</Prefix>\
         <Tag><Key>keep</Key><Value>no</Value></Tag></And></Filter><Tiering><Days>180</Days>\
         <AccessTier>DEEP_ARCHIVE_ACCESS</AccessTier></Tiering><Tiering><Days>90</Days>\
         <AccessTier>ARCHIVE_ACCESS</AccessTier></Tiering></IntelligentTieringConfiguration>\
         </ListBucketIntelligentTieringConfigurationsOutput>",
    ),
    ("accelerate", "<AccelerateConfiguration><Status>Suspended</Status></AccelerateConfiguration>"),
    (
        "requestPayment",
        "<RequestPaymentConfiguration><Payer>Requester</Payer></RequestPaymentConfiguration>",
    ),
    (
        "metrics",
        "<ListMetricsConfigurationsResult><MetricsConfiguration><Id>all</Id>\
         </MetricsConfiguration></ListMetricsConfigurationsResult>",
    ),
    (
        "analytics",
        "<ListBucketAnalyticsConfigurationResult><AnalyticsConfiguration><Id>use</Id>\
         <StorageClassAnalysis/></AnalyticsConfiguration></ListBucketAnalyticsConfigurationResult>",
    ),
];

const LAST_INVENTORY: &str = "<ListInventoryConfigurationsResult>\
     <ContinuationToken>more</ContinuationToken><InventoryConfiguration>\
     <Id>first</Id><IsEnabled>true</IsEnabled><Filter><Prefix>images/</Prefix></Filter>\
     <IncludedObjectVersions>Current</IncludedObjectVersions><Destination><S3BucketDestination>\
     <Bucket>arn:aws:s3:::lists</Bucket><Format>CSV</Format></S3BucketDestination></Destination>\
     <Schedule><Frequency>Daily</Frequency></Schedule></InventoryConfiguration>\
     </ListInventoryConfigurationsResult>";

const BUCKETS: &str = "<ListAllMyBucketsResult><Buckets><Bucket><Name>assets</Name>\
     <BucketRegion>us-east-1</BucketRegion></Bucket></Buckets></ListAllMyBucketsResult>";

/// The part of the query that names the setting, if it is one of those above.
fn setting(asked: &Asked) -> Option<&'static (&'static str, &'static str)> {
    let (_, query) = asked.operation.split_once("/assets/?")?;
    let named = |name: &str| query.split('&').any(|part| part.trim_end_matches('=') == name);
    ANSWERS.iter().find(|(name, _)| named(name))
}

/// The bucket as a scan reads it, where `answer` says what becomes of the settings.
async fn assets(
    every_bucket_setting: bool,
    answer: impl Fn(&Asked, &str) -> Answer + Send + Sync + 'static,
) -> (ScannedScope, Box<Bucket>) {
    let settings = TenantSettings { every_bucket_setting, ..TenantSettings::default() };
    let cycle = CycleState { settings: Some(ArtifactRef::inline(settings)), ..cycle() };
    let sdk = sdk(move |asked: &Asked| match setting(asked) {
        _ if asked.service != "s3" => empty(asked),
        Some((_, body)) => answer(asked, body),
        None if asked.operation.contains("/assets") => error(asked, 403, "AccessDenied"),
        None => (200, BUCKETS.as_bytes().to_vec()),
    });
    let scanned = scan_in(cycle, sdk, "us-east-1").await;
    let ResourceConfig::S3Bucket(bucket) = of_kind(&scanned, S3Bucket)[0].config.clone() else {
        panic!("it is a bucket")
    };
    (scanned, bucket)
}

fn told(asked: &Asked, body: &str) -> Answer {
    let last = asked.operation.contains("continuation-token=more");
    (200, if last { LAST_INVENTORY } else { body }.as_bytes().to_vec())
}

#[tokio::test]
async fn each_setting_is_read_and_leads_to_what_it_names() {
    let (scanned, bucket) = assets(true, told).await;
    let replication = bucket.replication.known().unwrap().as_ref().unwrap();
    assert!(replication.rules[0].enabled);
    let website = bucket.website.known().unwrap().as_ref().unwrap();
    assert_eq!(website.redirect_host.as_deref(), Some("kumo.example"));
    assert_eq!((&website.index_document, website.routing_rules), (&None, 0));
    let cors = &bucket.cors.known().unwrap()[0];
    assert_eq!(cors.allowed_methods, ["GET", "PUT"]);
    assert_eq!(
        (&*cors.allowed_origins[0], cors.max_age_seconds),
        ("https://kumo.example", Some(300))
    );
    let notifications = bucket.notifications.known().unwrap();
    assert!(notifications.event_bridge);
    let [function, topic] = &notifications.targets[..] else { panic!("{notifications:?}") };
    assert_eq!(function.destination, format!("{FUNCTION}:live"));
    assert_eq!((&*topic.destination, topic.prefix.as_deref()), (TOPIC, Some("images/")));
    let lists = bucket.inventories.known().unwrap();
    let ids: Vec<_> =
        lists.iter().map(|list| (&*list.id, list.enabled, &*list.frequency)).collect();
    assert_eq!(ids, [("first", true, "Daily"), ("second", false, "Weekly")]);
    let tiering = &bucket.intelligent_tiering.known().unwrap()[0];
    assert!(tiering.enabled && tiering.filtered && tiering.prefix.as_deref() == Some("logs/"));
    let tiers = [(90, "ARCHIVE_ACCESS".to_owned()), (180, "DEEP_ARCHIVE_ACCESS".to_owned())];
    assert_eq!(tiering.tiers, tiers);
    assert_eq!(bucket.acceleration.known().unwrap().as_deref(), Some("Suspended"));
    assert_eq!(bucket.requester_pays.known(), Some(&true));
    assert_eq!(bucket.metrics_configurations.known().unwrap(), &["all"]);
    assert_eq!(bucket.analytics_configurations.known().unwrap(), &["use"]);

    // A function is needed whatever its alias, and nothing needs itself.
    let needed = &of_kind(&scanned, S3Bucket)[0].depends_on;
    let needed: Vec<_> = needed.iter().map(Arn::as_str).collect();
    let role = place().global_arn("iam", "role/copy");
    let [copies, lists] = ["copies", "lists"].map(|name| place().bucket_arn(name));
    assert_eq!(needed, [role.as_str(), FUNCTION, copies.as_str(), lists.as_str(), TOPIC]);
    assert_eq!(coverage(&scanned, "s3:GetInventoryConfiguration").known(), Some(&2));
}

#[tokio::test]
async fn nothing_is_asked_that_nobody_asked_for_and_each_fact_names_the_setting() {
    let asked = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&asked);
    let (scanned, bucket) = assets(false, move |asked, body| {
        counted.fetch_add(1, Ordering::SeqCst);
        told(asked, body)
    })
    .await;
    assert_eq!(asked.load(Ordering::SeqCst), 0);
    let why = bucket.website.get().unwrap_err();
    assert!(why.reason.contains("every_bucket_setting"), "{}", why.reason);
    assert_eq!(bucket.requester_pays.get().unwrap_err(), why);
    let said = |action: &str| scanned.manifest.coverage.iter().any(|c| c.api.as_str() == action);
    assert!(said("s3:GetBucketVersioning") && !said("s3:GetBucketWebsite"));
}

#[tokio::test]
async fn what_is_not_set_is_known_and_what_is_denied_names_the_permission() {
    let (_, bucket) = assets(true, |asked, body| match setting(asked).map(|(name, _)| *name) {
        Some("replication") => error(asked, 404, "ReplicationConfigurationNotFoundError"),
        Some("website") => error(asked, 404, "NoSuchWebsiteConfiguration"),
        Some("cors") => error(asked, 404, "NoSuchCORSConfiguration"),
        Some("accelerate") => error(asked, 405, "MethodNotAllowed"),
        Some("inventory") => error(asked, 403, "AccessDenied"),
        _ => told(asked, body),
    })
    .await;
    assert_eq!(bucket.replication.known(), Some(&None));
    assert_eq!(bucket.website.known(), Some(&None));
    assert_eq!(bucket.cors.known(), Some(&Vec::new()));
    assert_eq!(bucket.acceleration.known(), Some(&None), "the region has none");
    let permission = bucket.inventories.get().unwrap_err().missing_permission.as_ref().unwrap();
    assert_eq!(permission.as_str(), "s3:GetInventoryConfiguration");
}
