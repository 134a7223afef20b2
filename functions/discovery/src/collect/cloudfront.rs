//! CloudFront distributions and functions.

use std::collections::BTreeSet;

use aws_sdk_cloudfront::{
    Client,
    operation::list_functions::ListFunctionsOutput,
    types::{self, DistributionConfig, DistributionSummary, FunctionSummary},
};
use aws_types::region::Region;
use futures::FutureExt;
use miyabi_types::{
    evidence::{Evidence, Unavailable},
    id::Arn,
    resource::{
        Resource, ResourceConfig,
        ResourceKind::{CloudFrontDistribution, CloudFrontFunction},
        Tags,
        cloudfront::{
            Behavior, Distribution, DistributionSettings, Function, Origin, ViewerCertificate,
        },
    },
};

use super::{Collected, Collector, Reach, or_none, owned, pages::pages, sorted, timestamp};
use crate::{call::Call, place::Place, scope::Scan};

const DISTRIBUTIONS: Call = Call::lists("cloudfront:ListDistributions", &[CloudFrontDistribution]);
const CONFIG: Call = Call::details("cloudfront:GetDistributionConfig");
const TAGS: Call = Call::details("cloudfront:ListTagsForResource");
const FUNCTIONS: Call = Call::lists("cloudfront:ListFunctions", &[CloudFrontFunction]);
const DELIVERY_SOURCES: Call = Call::details("logs:DescribeDeliverySources");
const DELIVERIES: Call = Call::details("logs:DescribeDeliveries");

/// Reads CloudFront.
pub const COLLECTOR: Collector = Collector {
    service: "cloudfront",
    reach: Reach::Global,
    calls: &[DISTRIBUTIONS, CONFIG, TAGS, FUNCTIONS, DELIVERY_SOURCES, DELIVERIES],
    collect: |scan| collect(scan).boxed(),
};

async fn collect(scan: &Scan) -> Collected {
    let client = &Client::new(scan.sdk());
    let (mut resources, functions) =
        tokio::join!(distributions(scan, client), functions(scan, client));
    resources.extend(functions);
    resources.into()
}

async fn distributions(scan: &Scan, client: &Client) -> Vec<Resource> {
    let pages = client.list_distributions().into_paginator().items().send();
    let list = or_none(scan.list(DISTRIBUTIONS, pages.collect::<Result<Vec<_>, _>>()).await);
    if list.is_empty() {
        return Vec::new();
    }
    let details = scan.each(list, |summary: DistributionSummary| async move {
        let (config, tags) = tokio::join!(
            scan.read(CONFIG, client.get_distribution_config().id(summary.id()).send()),
            scan.read(TAGS, client.list_tags_for_resource().resource(summary.arn()).send()),
        );
        let config = config.map(|answer| answer.distribution_config);
        let tags = tags.map(|answer| {
            let tags = answer.tags.iter().flat_map(types::Tags::items);
            super::tags(tags.map(|tag| (Some(tag.key()), tag.value())))
        });
        (summary, config, tags)
    });
    let (details, delivering) = tokio::join!(details, delivering(scan));
    let resource = |(summary, config, tags)| {
        distribution(&scan.place, &summary, config, tags, delivering.as_ref())
    };
    details.into_iter().filter_map(resource).collect()
}

/// ARNs of what CloudWatch Logs delivers logs of. CloudFront's are all in its home region.
async fn delivering(scan: &Scan) -> Result<BTreeSet<String>, Unavailable> {
    let home = Region::new(scan.place.home());
    let config = aws_sdk_cloudwatchlogs::config::Builder::from(scan.sdk()).region(home).build();
    let client = aws_sdk_cloudwatchlogs::Client::from_conf(config);
    let sources = client.describe_delivery_sources().into_paginator().items().send();
    let deliveries = client.describe_deliveries().into_paginator().items().send();
    let (sources, deliveries) = tokio::join!(
        scan.list(DELIVERY_SOURCES, sources.collect::<Result<Vec<_>, _>>()),
        scan.list(DELIVERIES, deliveries.collect::<Result<Vec<_>, _>>()),
    );
    let deliveries = deliveries?;
    let used: BTreeSet<_> = deliveries.iter().filter_map(|d| d.delivery_source_name()).collect();
    let sources = sources?.into_iter();
    let used = sources.filter(|source| source.name().is_some_and(|name| used.contains(name)));
    Ok(used.flat_map(|source| source.resource_arns.unwrap_or_default()).collect())
}

fn distribution(
    place: &Place,
    summary: &DistributionSummary,
    config: Result<Option<DistributionConfig>, Unavailable>,
    tags: Result<Tags, Unavailable>,
    delivering: Result<&BTreeSet<String>, &Unavailable>,
) -> Option<Resource> {
    let arn = Arn::parse(summary.arn()).ok()?;
    let aliases = summary.aliases().map(types::Aliases::items).unwrap_or_default();
    let origins = summary.origins().map(types::Origins::items).unwrap_or_default();
    let behaviors = summary.cache_behaviors().map(types::CacheBehaviors::items).unwrap_or_default();
    let default = summary.default_cache_behavior().map(default_behavior);
    let groups = summary.origin_groups().map(types::OriginGroups::items).unwrap_or_default();
    let members = groups.iter().map(|g| g.members().map_or(0, |members| members.items().len()));
    let config = Distribution {
        domain_name: summary.domain_name().to_owned(),
        status: summary.status().to_owned(),
        enabled: summary.enabled(),
        aliases: sorted(aliases.iter().cloned()),
        comment: owned(Some(summary.comment())),
        price_class: summary.price_class().as_str().to_owned(),
        http_version: summary.http_version().as_str().to_owned(),
        web_acl_id: owned(Some(summary.web_acl_id())),
        certificate: summary.viewer_certificate().map_or_else(no_certificate, certificate),
        origins: origins.iter().map(origin).collect(),
        behaviors: default.into_iter().chain(behaviors.iter().map(behavior)).collect(),
        settings: Evidence::from(config.map(|config| settings(config.as_ref()))),
        delivers_logs: match delivering {
            Ok(arns) => Evidence::Known(arns.contains(arn.as_str())),
            Err(why) => Evidence::Unavailable(why.clone()),
        },
        origin_groups: Some(members.map(|origins| u32::try_from(origins).unwrap_or(0)).collect()),
    };
    let depends_on = depends_on(place, &config);
    let (tags, tags_unavailable) = super::tags_or_why(tags);
    let config = ResourceConfig::CloudFrontDistribution(config);
    let resource = place.resource(arn, summary.id(), tags, config);
    let name = resource.name.or_else(|| aliases.first().cloned());
    Some(Resource { name, depends_on, tags_unavailable, ..resource })
}

fn depends_on(place: &Place, distribution: &Distribution) -> Vec<Arn> {
    let buckets = distribution.origins.iter().filter_map(|origin| origin.s3_bucket.as_deref());
    let log_bucket = distribution.settings.known().and_then(|s| s.log_bucket.as_deref());
    let buckets = buckets.chain(log_bucket.and_then(bucket_of)).map(|name| place.bucket_arn(name));
    let functions = distribution.behaviors.iter().flat_map(|behavior| &behavior.function_arns);
    let others = functions.chain(&distribution.certificate.acm_arn).chain(&distribution.web_acl_id);
    buckets.chain(others.filter_map(|arn| Arn::parse(arn).ok())).collect()
}

fn settings(config: Option<&DistributionConfig>) -> DistributionSettings {
    let logging = config.and_then(DistributionConfig::logging).filter(|logging| logging.enabled());
    DistributionSettings {
        default_root_object: owned(config.and_then(DistributionConfig::default_root_object)),
        log_bucket: owned(logging.map(types::LoggingConfig::bucket)),
    }
}

fn certificate(certificate: &types::ViewerCertificate) -> ViewerCertificate {
    ViewerCertificate {
        cloudfront_default: certificate.cloud_front_default_certificate().unwrap_or(false),
        acm_arn: owned(certificate.acm_certificate_arn()),
        minimum_protocol_version: certificate.minimum_protocol_version().map(|v| v.as_str().into()),
        ssl_support_method: certificate.ssl_support_method().map(|method| method.as_str().into()),
    }
}

/// A distribution that says nothing has CloudFront's own.
fn no_certificate() -> ViewerCertificate {
    ViewerCertificate {
        cloudfront_default: true,
        acm_arn: None,
        minimum_protocol_version: None,
        ssl_support_method: None,
    }
}

fn origin(origin: &types::Origin) -> Origin {
    let custom = origin.custom_origin_config();
    let protocols = custom.and_then(|custom| custom.origin_ssl_protocols());
    let protocols = protocols.map(types::OriginSslProtocols::items).unwrap_or_default();
    Origin {
        id: origin.id().to_owned(),
        domain_name: origin.domain_name().to_owned(),
        s3_bucket: bucket_of(origin.domain_name()).map(str::to_owned),
        access_control_id: owned(origin.origin_access_control_id()),
        access_identity: owned(
            origin.s3_origin_config().map(types::S3OriginConfig::origin_access_identity),
        ),
        protocol_policy: custom.map(|custom| custom.origin_protocol_policy().as_str().to_owned()),
        ssl_protocols: sorted(protocols.iter().map(|protocol| protocol.as_str().to_owned())),
    }
}

/// The bucket of an S3 host name: `bucket.s3.amazonaws.com`, `bucket.s3.region.amazonaws.com`,
/// `bucket.s3-region.amazonaws.com`; not of websites and access points, which are other servers.
fn bucket_of(domain: &str) -> Option<&str> {
    let host = domain.strip_suffix(".cn").unwrap_or(domain).strip_suffix(".amazonaws.com")?;
    let at = host.rfind(".s3")?;
    let (bucket, rest) = (&host[..at], &host[at + ".s3".len()..]);
    let other = ["-website", "-accesspoint", "-object-lambda"];
    let s3 = rest.is_empty() || rest.starts_with('.') || rest.starts_with('-');
    (s3 && !other.iter().any(|other| rest.starts_with(other))).then_some(bucket)
}

fn default_behavior(behavior: &types::DefaultCacheBehavior) -> Behavior {
    Behavior {
        path_pattern: None,
        origin_id: behavior.target_origin_id().to_owned(),
        viewer_protocol_policy: behavior.viewer_protocol_policy().as_str().to_owned(),
        compress: behavior.compress().unwrap_or(false),
        function_arns: function_arns(
            behavior.lambda_function_associations(),
            behavior.function_associations(),
        ),
    }
}

fn behavior(behavior: &types::CacheBehavior) -> Behavior {
    Behavior {
        path_pattern: Some(behavior.path_pattern().to_owned()),
        origin_id: behavior.target_origin_id().to_owned(),
        viewer_protocol_policy: behavior.viewer_protocol_policy().as_str().to_owned(),
        compress: behavior.compress().unwrap_or(false),
        function_arns: function_arns(
            behavior.lambda_function_associations(),
            behavior.function_associations(),
        ),
    }
}

fn function_arns(
    lambda: Option<&types::LambdaFunctionAssociations>,
    edge: Option<&types::FunctionAssociations>,
) -> Vec<String> {
    let lambda = lambda.map(types::LambdaFunctionAssociations::items).unwrap_or_default();
    let edge = edge.map(types::FunctionAssociations::items).unwrap_or_default();
    let lambda = lambda.iter().map(|function| function.lambda_function_arn().to_owned());
    sorted(lambda.chain(edge.iter().map(|function| function.function_arn().to_owned())))
}

async fn functions(scan: &Scan, client: &Client) -> Vec<Resource> {
    let list = pages(
        |marker| client.list_functions().set_marker(marker).send(),
        |page: ListFunctionsOutput| {
            page.function_list.map_or_else(Default::default, |list| {
                (list.items.unwrap_or_default(), list.next_marker)
            })
        },
    );
    let functions = or_none(scan.list(FUNCTIONS, list).await);
    functions.iter().filter_map(|summary| function(&scan.place, summary)).collect()
}

fn function(place: &Place, summary: &FunctionSummary) -> Option<Resource> {
    let metadata = summary.function_metadata()?;
    let arn = Arn::parse(metadata.function_arn()).ok()?;
    let config = summary.function_config();
    let stores = config.and_then(|config| config.key_value_store_associations());
    let stores = stores.map(types::KeyValueStoreAssociations::items).unwrap_or_default();
    let stores = stores.iter().map(|store| store.key_value_store_arn().to_owned());
    let config = Function {
        runtime: config.map(|c| c.runtime().as_str().to_owned()).unwrap_or_default(),
        stage: metadata.stage().map(|stage| stage.as_str().to_owned()),
        status: owned(summary.status()),
        comment: owned(config.map(types::FunctionConfig::comment)),
        key_value_stores: sorted(stores),
    };
    let depends_on = config.key_value_stores.iter().filter_map(|a| Arn::parse(a).ok()).collect();
    let created_at = timestamp(metadata.created_time());
    let config = ResourceConfig::CloudFrontFunction(config);
    let resource = place.resource(arn, summary.name(), Tags::new(), config);
    let name = Some(summary.name().to_owned());
    Some(Resource { name, depends_on, created_at, ..resource })
}

#[cfg(test)]
mod tests;
