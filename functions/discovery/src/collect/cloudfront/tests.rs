use aws_sdk_cloudfront::types::{
    CacheBehavior, CacheBehaviors, CustomOriginConfig, DefaultCacheBehavior, FunctionConfig,
    FunctionMetadata, HttpVersion, LoggingConfig, OriginProtocolPolicy, OriginSslProtocols,
    Origins, PriceClass, S3OriginConfig, SslProtocol, ViewerProtocolPolicy,
};
use aws_smithy_types::DateTime;
use miyabi_types::id::IamAction;

use super::*;
use crate::testing::place;

const ARN: &str = "arn:aws:cloudfront::123456789012:distribution/E1";

fn origins() -> Origins {
    let site = types::Origin::builder()
        .id("site")
        .domain_name("site.s3.us-east-1.amazonaws.com")
        .origin_access_control_id("OAC1")
        .s3_origin_config(S3OriginConfig::builder().origin_access_identity("").build())
        .build();
    let protocols = OriginSslProtocols::builder().quantity(2);
    let protocols = protocols.items(SslProtocol::TlSv12).items(SslProtocol::SsLv3).build();
    let custom = CustomOriginConfig::builder()
        .http_port(80)
        .https_port(443)
        .origin_protocol_policy(OriginProtocolPolicy::HttpsOnly)
        .origin_ssl_protocols(protocols.unwrap())
        .build();
    let api = types::Origin::builder().id("api").domain_name("api.example.com");
    let api = api.custom_origin_config(custom.unwrap()).build().unwrap();
    Origins::builder().quantity(2).items(site.unwrap()).items(api).build().unwrap()
}

fn summary() -> DistributionSummary {
    let default = DefaultCacheBehavior::builder()
        .target_origin_id("site")
        .viewer_protocol_policy(ViewerProtocolPolicy::RedirectToHttps)
        .compress(true)
        .build();
    let api = CacheBehavior::builder()
        .path_pattern("/api/*")
        .target_origin_id("api")
        .viewer_protocol_policy(ViewerProtocolPolicy::AllowAll)
        .build();
    let behaviors = CacheBehaviors::builder().quantity(1).items(api.unwrap()).build().unwrap();
    DistributionSummary::builder()
        .id("E1")
        .arn(ARN)
        .status("Deployed")
        .last_modified_time(DateTime::from_secs(0))
        .domain_name("d1.cloudfront.net")
        .comment("")
        .price_class(PriceClass::PriceClassAll)
        .enabled(true)
        .web_acl_id("")
        .http_version(HttpVersion::Http2)
        .is_ipv6_enabled(true)
        .staging(false)
        .origins(origins())
        .default_cache_behavior(default.unwrap())
        .cache_behaviors(behaviors)
        .build()
        .unwrap()
}

fn full() -> DistributionConfig {
    let logging = LoggingConfig::builder()
        .enabled(true)
        .include_cookies(false)
        .bucket("logs.s3.amazonaws.com")
        .prefix("")
        .build();
    DistributionConfig::builder()
        .caller_reference("1")
        .comment("")
        .enabled(true)
        .default_root_object("index.html")
        .logging(logging)
        .build()
        .unwrap()
}

fn config(resource: Resource) -> Distribution {
    match resource.config {
        ResourceConfig::CloudFrontDistribution(distribution) => distribution,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_distribution_tells_what_the_checks_ask() {
    let delivering = BTreeSet::from([ARN.to_owned()]);
    let tags = Ok([("env".into(), "prod".into())].into());
    let resource =
        distribution(&place(), &summary(), Ok(Some(full())), tags, Ok(&delivering)).unwrap();
    assert_eq!((&*resource.id, &*resource.tags["env"]), ("E1", "prod"));
    let needs: Vec<_> = resource.depends_on.iter().map(Arn::as_str).collect();
    assert_eq!(needs, ["arn:aws:s3:::site", "arn:aws:s3:::logs"]);
    let distribution = config(resource);
    assert_eq!(distribution.web_acl_id, None);
    assert!(distribution.certificate.cloudfront_default);
    let policies: Vec<_> =
        distribution.behaviors.iter().map(|b| &*b.viewer_protocol_policy).collect();
    assert_eq!(policies, ["redirect-to-https", "allow-all"]);
    assert_eq!(distribution.behaviors[1].path_pattern.as_deref(), Some("/api/*"));
    let [site, api] = &distribution.origins[..] else { panic!("{:?}", distribution.origins) };
    assert_eq!(
        (site.s3_bucket.as_deref(), site.access_control_id.as_deref()),
        (Some("site"), Some("OAC1"))
    );
    assert_eq!(
        (api.s3_bucket.as_deref(), &api.ssl_protocols),
        (None, &vec!["SSLv3".to_owned(), "TLSv1.2".to_owned()])
    );
    let settings = distribution.settings.known().unwrap();
    assert_eq!(settings.default_root_object.as_deref(), Some("index.html"));
    assert_eq!(settings.log_bucket.as_deref(), Some("logs.s3.amazonaws.com"));
    assert_eq!(distribution.delivers_logs, Evidence::Known(true));
}

#[test]
fn a_configuration_that_is_denied_is_not_taken_for_no_logging() {
    let denied = Unavailable::denied(IamAction::parse("cloudfront:GetDistributionConfig").unwrap());
    let logs = Unavailable::denied(IamAction::parse("logs:DescribeDeliveries").unwrap());
    let tags = Err(denied.clone());
    let resource =
        distribution(&place(), &summary(), Err(denied.clone()), tags, Err(&logs)).unwrap();
    assert_eq!(resource.tags_unavailable.as_ref(), Some(&denied));
    let distribution = config(resource);
    assert_eq!(distribution.settings, Evidence::Unavailable(denied));
    assert_eq!(distribution.delivers_logs, Evidence::Unavailable(logs));
}

#[test]
fn a_bucket_is_known_by_its_host_name() {
    for (host, bucket) in [
        ("a.s3.amazonaws.com", Some("a")),
        ("a.b.s3.eu-west-1.amazonaws.com", Some("a.b")),
        ("a.s3-eu-west-1.amazonaws.com", Some("a")),
        ("a.s3.cn-north-1.amazonaws.com.cn", Some("a")),
        ("a.s3-website-us-east-1.amazonaws.com", None),
        ("a.s3-accesspoint.us-east-1.amazonaws.com", None),
        ("a.execute-api.us-east-1.amazonaws.com", None),
        ("example.com", None),
    ] {
        assert_eq!(bucket_of(host), bucket, "{host}");
    }
}

#[test]
fn a_function_tells_its_runtime_and_stage() {
    let metadata = FunctionMetadata::builder()
        .function_arn("arn:aws:cloudfront::123456789012:function/rewrite")
        .stage(types::FunctionStage::Live)
        .created_time(DateTime::from_secs(1_700_000_000))
        .last_modified_time(DateTime::from_secs(1_700_000_000))
        .build();
    let config = FunctionConfig::builder().comment("").runtime("cloudfront-js-2.0".into()).build();
    let sdk = FunctionSummary::builder()
        .name("rewrite")
        .status("UNASSOCIATED")
        .function_metadata(metadata.unwrap())
        .function_config(config.unwrap())
        .build()
        .unwrap();
    let resource = function(&place(), &sdk).unwrap();
    assert_eq!((&*resource.id, resource.created_at.is_some()), ("rewrite", true));
    let ResourceConfig::CloudFrontFunction(function) = resource.config else { panic!() };
    assert_eq!(
        (&*function.runtime, function.stage.as_deref()),
        ("cloudfront-js-2.0", Some("LIVE"))
    );
    assert_eq!((function.status.as_deref(), function.comment), (Some("UNASSOCIATED"), None));
}
