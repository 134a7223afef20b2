//! `OpenSearch` domains, those with Elasticsearch's engine among them.

use aws_sdk_opensearch::{Client, types};
use futures::{FutureExt, TryFutureExt};
use miyabi_types::{
    evidence::{Evidence, Unavailable},
    resource::{
        Resource, ResourceConfig, ResourceKind::OpenSearchDomain, Tags, opensearch::Domain,
    },
};
use serde_json::Value;

use super::{
    Collected, Collector, Reach,
    cloudwatch::{self, Metric},
    ec2::{security_group_arn, subnet_arn},
    natural, or_none, owned, sorted, text,
};
use crate::{call::Call, place::Place, scope::Scan};

const NAMES: Call = Call::lists("es:ListDomainNames", &[OpenSearchDomain]);
// A domain that cannot be described is not in the World.
const DOMAINS: Call = Call::lists("es:DescribeDomains", &[OpenSearchDomain]);
const TAGS: Call = Call::details("es:ListTags");

/// Those that size is judged by.
const METRICS: &[Metric] = &Metric::all(
    "AWS/ES",
    "DomainName",
    ["CPUUtilization", "JVMMemoryPressure", "FreeStorageSpace", "SearchRate", "IndexingRate"],
);

/// Most domains that one call describes. Source: `DescribeDomains` in the API reference.
const BATCH: usize = 5;

/// Reads `OpenSearch`.
pub const COLLECTOR: Collector = Collector {
    service: "es",
    reach: Reach::Regional,
    calls: &[NAMES, DOMAINS, TAGS, cloudwatch::GET_METRIC_DATA],
    collect: |scan| collect(scan).boxed(),
};

async fn collect(scan: &Scan) -> Collected {
    let client = &Client::new(scan.sdk());
    let names = client.list_domain_names().send();
    let names = names.map_ok(|answer| answer.domain_names.unwrap_or_default());
    let names = or_none(scan.list(NAMES, names).await);
    let names: Vec<_> = names.iter().filter_map(|domain| owned(domain.domain_name())).collect();
    let batches = names.chunks(BATCH).map(<[String]>::to_vec).collect();
    let domains = scan.each(batches, |names: Vec<String>| async move {
        let call = client.describe_domains().set_domain_names(Some(names)).send();
        let list = call.map_ok(|answer| answer.domain_status_list);
        or_none(scan.list(DOMAINS, list).await)
    });
    let resources = scan.each(domains.await.concat(), |domain: types::DomainStatus| async move {
        let tags = tags(scan, client, domain.arn()).await;
        resource(&scan.place, &domain, tags)
    });
    let mut resources = resources.await;
    let account = [("ClientId", scan.place.account.to_string())];
    cloudwatch::fill_utilization_with(scan, METRICS, &account, &mut resources).await;
    resources.into()
}

async fn tags(scan: &Scan, client: &Client, arn: &str) -> Result<Tags, Unavailable> {
    let answer = scan.read(TAGS, client.list_tags().arn(arn).send()).await?;
    Ok(super::tags(answer.tag_list().iter().map(|tag| (Some(tag.key()), Some(tag.value())))))
}

fn resource(
    place: &Place,
    domain: &types::DomainStatus,
    tags: Result<Tags, Unavailable>,
) -> Resource {
    let name = domain.domain_name();
    let config = config(domain);
    let groups = config.security_group_ids.iter().map(|id| security_group_arn(place, id));
    let subnets = config.subnet_ids.iter().map(|id| subnet_arn(place, id));
    let key = config.kms_key_id.iter().map(|key| place.key_arn(key));
    let depends_on = groups.chain(subnets).chain(key).collect();
    let arn = Place::told(Some(domain.arn()), || place.arn("es", &format!("domain/{name}")));
    let (tags, tags_unavailable) = super::tags_or_why(tags);
    let resource = place.resource(arn, name, tags, ResourceConfig::OpenSearchDomain(config));
    Resource { name: Some(name.to_owned()), depends_on, tags_unavailable, ..resource }
}

fn config(domain: &types::DomainStatus) -> Domain {
    let cluster = domain.cluster_config();
    let zones = cluster.filter(|c| c.zone_awareness_enabled() == Some(true));
    let masters = cluster.filter(|c| c.dedicated_master_enabled() == Some(true));
    let warm = cluster.filter(|c| c.warm_enabled() == Some(true));
    let volumes = domain.ebs_options().filter(|ebs| ebs.ebs_enabled() == Some(true));
    let vpc = domain.vpc_options();
    let at_rest = domain.encryption_at_rest_options();
    let endpoint = domain.domain_endpoint_options();
    let logs = domain.log_publishing_options().into_iter().flatten();
    Domain {
        engine_version: text(domain.engine_version()),
        instance_type: text(
            cluster
                .and_then(|c| c.instance_type())
                .map(types::OpenSearchPartitionInstanceType::as_str),
        ),
        instance_count: natural(
            cluster.and_then(types::ClusterConfig::instance_count).unwrap_or(0),
        ),
        zone_awareness: zones.is_some(),
        // Two, where nothing is said. Source: `ZoneAwarenessConfig` in the API reference.
        zones: zones.map(|c| {
            let config = c.zone_awareness_config();
            natural(
                config.and_then(types::ZoneAwarenessConfig::availability_zone_count).unwrap_or(2),
            )
        }),
        dedicated_master_type: masters.and_then(|c| {
            owned(c.dedicated_master_type().map(types::OpenSearchPartitionInstanceType::as_str))
        }),
        dedicated_master_count: natural(
            masters.and_then(types::ClusterConfig::dedicated_master_count).unwrap_or(0),
        ),
        warm_type: warm.and_then(|c| {
            owned(c.warm_type().map(types::OpenSearchWarmPartitionInstanceType::as_str))
        }),
        warm_count: natural(warm.and_then(types::ClusterConfig::warm_count).unwrap_or(0)),
        volume_type: volumes
            .and_then(|ebs| owned(ebs.volume_type().map(types::VolumeType::as_str))),
        volume_size_gib: volumes.and_then(types::EbsOptions::volume_size).map(natural),
        iops: volumes.and_then(types::EbsOptions::iops).map(natural),
        throughput_mibps: volumes.and_then(types::EbsOptions::throughput).map(natural),
        vpc_id: vpc.and_then(|vpc| owned(vpc.vpc_id())),
        subnet_ids: sorted(vpc.into_iter().flat_map(types::VpcDerivedInfo::subnet_ids).cloned()),
        security_group_ids: sorted(
            vpc.into_iter().flat_map(types::VpcDerivedInfo::security_group_ids).cloned(),
        ),
        access_policy: Evidence::from(policy(domain.access_policies())),
        encryption_at_rest: at_rest
            .and_then(types::EncryptionAtRestOptions::enabled)
            .unwrap_or(false),
        kms_key_id: at_rest.and_then(|options| owned(options.kms_key_id())),
        node_to_node_encryption: domain
            .node_to_node_encryption_options()
            .and_then(types::NodeToNodeEncryptionOptions::enabled)
            .unwrap_or(false),
        enforce_https: endpoint
            .and_then(types::DomainEndpointOptions::enforce_https)
            .unwrap_or(false),
        tls_security_policy: endpoint.and_then(|options| {
            owned(options.tls_security_policy().map(types::TlsSecurityPolicy::as_str))
        }),
        fine_grained_access: domain
            .advanced_security_options()
            .and_then(types::AdvancedSecurityOptions::enabled)
            .unwrap_or(false),
        published_logs: sorted(
            logs.filter(|(_, log)| log.enabled() == Some(true))
                .map(|(kind, _)| kind.as_str().to_owned()),
        ),
        update_available: domain
            .service_software_options()
            .and_then(types::ServiceSoftwareOptions::update_available)
            .unwrap_or(false),
    }
}

fn policy(policy: Option<&str>) -> Result<Option<Value>, Unavailable> {
    let Some(policy) = policy.filter(|policy| !policy.is_empty()) else { return Ok(None) };
    serde_json::from_str(policy).map(Some).map_err(super::not_json)
}

#[cfg(test)]
mod tests {
    use aws_sdk_opensearch::types::{
        ClusterConfig, DomainEndpointOptions, DomainStatus, EbsOptions, EncryptionAtRestOptions,
        LogPublishingOption, LogType, OpenSearchPartitionInstanceType, VolumeType, VpcDerivedInfo,
    };

    use miyabi_types::id::Arn;

    use super::*;
    use crate::testing::{
        aws::{Answer, Asked, empty, error, sdk},
        coverage, of_kind, place, scan,
    };

    fn domain() -> types::builders::DomainStatusBuilder {
        let cluster = ClusterConfig::builder()
            .instance_type(OpenSearchPartitionInstanceType::from("m6g.large.search"))
            .instance_count(3);
        DomainStatus::builder()
            .domain_id("123456789012/logs")
            .domain_name("logs")
            .arn("arn:aws:es:us-east-1:123456789012:domain/logs")
            .engine_version("OpenSearch_2.17")
            .cluster_config(cluster.build())
    }

    fn read(domain: &DomainStatus) -> (Resource, Domain) {
        let resource = resource(&place(), domain, Ok(Tags::new()));
        let ResourceConfig::OpenSearchDomain(config) = resource.config.clone() else { panic!() };
        (resource, config)
    }

    #[test]
    fn a_domain_in_a_vpc_needs_its_subnets_and_security_groups() {
        let vpc = VpcDerivedInfo::builder()
            .vpc_id("vpc-1")
            .subnet_ids("subnet-1")
            .security_group_ids("sg-1");
        let ebs = EbsOptions::builder().ebs_enabled(true).volume_type(VolumeType::Gp3);
        let log = |enabled| LogPublishingOption::builder().enabled(enabled).build();
        let (resource, config) = read(
            &domain()
                .vpc_options(vpc.build())
                .ebs_options(ebs.volume_size(100).iops(3000).build())
                .encryption_at_rest_options(
                    EncryptionAtRestOptions::builder().enabled(true).kms_key_id("k").build(),
                )
                .domain_endpoint_options(
                    DomainEndpointOptions::builder().enforce_https(true).build(),
                )
                .log_publishing_options(LogType::AuditLogs, log(true))
                .log_publishing_options(LogType::IndexSlowLogs, log(false))
                .access_policies(r#"{"Statement":[]}"#)
                .build()
                .unwrap(),
        );
        let needed: Vec<_> = resource.depends_on.iter().map(Arn::resource).collect();
        assert_eq!(needed, ["security-group/sg-1", "subnet/subnet-1", "key/k"]);
        assert_eq!((&*config.instance_type, config.instance_count), ("m6g.large.search", 3));
        assert_eq!(
            (config.volume_type.as_deref(), config.volume_size_gib),
            (Some("gp3"), Some(100))
        );
        assert_eq!(config.published_logs, ["AUDIT_LOGS"]);
        assert!(config.encryption_at_rest && config.enforce_https);
        let policy = serde_json::json!({ "Statement": [] });
        assert_eq!(config.access_policy, Evidence::Known(Some(policy)));
    }

    #[test]
    fn what_a_domain_does_not_say_is_off() {
        let (_, config) = read(&domain().build().unwrap());
        assert_eq!((config.vpc_id, config.zones, config.volume_type), (None, None, None));
        assert_eq!(config.access_policy, Evidence::Known(None));
        assert!(!config.encryption_at_rest && !config.fine_grained_access);
    }

    fn one_domain(asked: &Asked) -> Answer {
        let body = match asked.operation.as_str() {
            _ if asked.service != "es" => return empty(asked),
            operation if operation.ends_with("/domain") => {
                r#"{"DomainNames":[{"DomainName":"logs"}]}"#
            }
            operation if operation.starts_with("POST") => {
                r#"{"DomainStatusList":[{"DomainId":"1/logs","DomainName":"logs",
                    "ARN":"arn:aws:es:us-east-1:123456789012:domain/logs","ClusterConfig":{}}]}"#
            }
            _ => return error(asked, 403, "AccessDeniedException"),
        };
        (200, body.as_bytes().to_vec())
    }

    #[tokio::test]
    async fn a_domain_whose_tags_are_refused_is_there_and_says_so() {
        let scanned = scan(sdk(one_domain), "us-east-1").await;
        let found = of_kind(&scanned, OpenSearchDomain);
        assert_eq!(found[0].id, "logs");
        let why = found[0].tags_unavailable.as_ref().unwrap();
        assert_eq!(why.missing_permission.as_ref().unwrap().as_str(), "es:ListTags");
        assert!(coverage(&scanned, "es:ListTags").known().is_none());
    }
}
