//! Classic load balancers.

use std::collections::BTreeMap;

use aws_sdk_elasticloadbalancing::{Client, error::SdkError, types};
use miyabi_types::{
    evidence::{Evidence, Unavailable},
    id::Arn,
    resource::{
        Resource, ResourceConfig, Tags,
        elasticloadbalancing::{ClassicAttributes, ClassicListener, ClassicLoadBalancer},
    },
};

use super::{ATTRIBUTES, LOAD_BALANCERS, TAGS, classic_arn, tag_batches};
use crate::{
    collect::{
        cloudwatch::{self, Metric},
        ec2::{instance_arn, security_group_arn, subnet_arn, vpc_arn},
        natural, or_none, owned, sorted, tags, tags_or_why, timestamp,
    },
    place::Place,
    scope::Scan,
};

/// Requests are reported only while there are any; healthy hosts as long as any are registered.
const METRICS: &[Metric] =
    &Metric::all("AWS/ELB", "LoadBalancerName", ["RequestCount", "HealthyHostCount"]);

type TagsOf = BTreeMap<String, Result<Tags, Unavailable>>;

pub(super) async fn collect(scan: &Scan) -> Vec<Resource> {
    let client = &Client::new(scan.sdk());
    let pages = client.describe_load_balancers().page_size(400).into_paginator().items().send();
    let balancers = or_none(scan.list(LOAD_BALANCERS, pages.collect::<Result<Vec<_>, _>>()).await);
    let names = || balancers.iter().filter_map(|b| owned(b.load_balancer_name()));
    let attributes = scan.each(names().collect(), |name: String| async move {
        attributes(scan, client, &name).await
    });
    let (attributes, mut tags) = tokio::join!(attributes, tags_of(scan, client, names()));
    let mut resources: Vec<_> = balancers
        .iter()
        .filter(|balancer| owned(balancer.load_balancer_name()).is_some())
        .zip(attributes)
        .filter_map(|(balancer, attributes)| resource(&scan.place, balancer, attributes, &mut tags))
        .collect();
    cloudwatch::fill_utilization(scan, METRICS, &mut resources).await;
    resources
}

async fn attributes(
    scan: &Scan,
    client: &Client,
    name: &str,
) -> Result<ClassicAttributes, Unavailable> {
    let call = client.describe_load_balancer_attributes().load_balancer_name(name);
    let answer = scan.read(ATTRIBUTES, call.send()).await?;
    let told = answer.load_balancer_attributes();
    told.map(classic_attributes).ok_or_else(|| Unavailable::because("the answer has no attributes"))
}

fn classic_attributes(told: &types::LoadBalancerAttributes) -> ClassicAttributes {
    let log = told.access_log();
    let mut additional = told.additional_attributes().iter();
    ClassicAttributes {
        access_log: log.is_some_and(types::AccessLog::enabled),
        access_log_bucket: owned(log.and_then(types::AccessLog::s3_bucket_name)),
        cross_zone: told
            .cross_zone_load_balancing()
            .is_some_and(types::CrossZoneLoadBalancing::enabled),
        connection_draining: told
            .connection_draining()
            .is_some_and(types::ConnectionDraining::enabled),
        idle_timeout_seconds: told.connection_settings().map(|s| natural(s.idle_timeout())),
        desync_mitigation_mode: additional
            .find(|attribute| attribute.key() == Some("elb.http.desyncmitigationmode"))
            .and_then(|attribute| owned(attribute.value())),
    }
}

async fn tags_of(scan: &Scan, client: &Client, names: impl IntoIterator<Item = String>) -> TagsOf {
    let read = scan.each(tag_batches(names), |names: Vec<String>| async move {
        let call = async {
            let call = client.describe_tags().set_load_balancer_names(Some(names.clone()));
            let answer = call.send().await?;
            Ok::<_, SdkError<_, _>>(answer.tag_descriptions.unwrap_or_default())
        };
        match scan.list(TAGS, call).await {
            Err(why) => names.into_iter().map(|name| (name, Err(why.clone()))).collect::<Vec<_>>(),
            Ok(told) => told.iter().filter_map(told_tags).collect(),
        }
    });
    read.await.into_iter().flatten().collect()
}

fn told_tags(told: &types::TagDescription) -> Option<(String, Result<Tags, Unavailable>)> {
    let tags = tags(told.tags().iter().map(|tag| (Some(tag.key()), tag.value())));
    Some((owned(told.load_balancer_name())?, Ok(tags)))
}

fn resource(
    place: &Place,
    balancer: &types::LoadBalancerDescription,
    attributes: Result<ClassicAttributes, Unavailable>,
    tags: &mut TagsOf,
) -> Option<Resource> {
    let name = balancer.load_balancer_name()?;
    let instances = balancer.instances().iter();
    let config = ClassicLoadBalancer {
        scheme: owned(balancer.scheme()),
        vpc_id: owned(balancer.vpc_id()),
        subnet_ids: sorted(balancer.subnets().to_vec()),
        availability_zones: sorted(balancer.availability_zones().to_vec()),
        security_group_ids: sorted(balancer.security_groups().to_vec()),
        instance_ids: sorted(instances.filter_map(|instance| owned(instance.instance_id()))),
        dns_name: owned(balancer.dns_name()),
        listeners: sorted(balancer.listener_descriptions().iter().filter_map(listener)),
        health_check_target: owned(balancer.health_check().map(types::HealthCheck::target)),
        attributes: Evidence::from(attributes),
    };
    let certificates = config.listeners.iter().filter_map(|one| one.certificate_arn.as_deref());
    let depends_on = (config.instance_ids.iter().map(|id| instance_arn(place, id)))
        .chain(config.subnet_ids.iter().map(|id| subnet_arn(place, id)))
        .chain(config.security_group_ids.iter().map(|id| security_group_arn(place, id)))
        .chain(config.vpc_id.iter().map(|id| vpc_arn(place, id)))
        .chain(certificates.filter_map(|arn| Arn::parse(arn).ok()))
        .collect();
    let (tags, tags_unavailable) =
        tags_or_why(tags.remove(name).unwrap_or_else(|| Ok(Tags::new())));
    let config = ResourceConfig::ClassicLoadBalancer(config);
    Some(Resource {
        name: Some(name.to_owned()),
        tags_unavailable,
        depends_on,
        created_at: timestamp(balancer.created_time()),
        ..place.resource(classic_arn(place, name), name, tags, config)
    })
}

fn listener(description: &types::ListenerDescription) -> Option<ClassicListener> {
    let listener = description.listener()?;
    Some(ClassicListener {
        port: natural(listener.load_balancer_port()),
        protocol: listener.protocol().to_uppercase(),
        instance_port: natural(listener.instance_port()),
        instance_protocol: owned(listener.instance_protocol()).map(|p| p.to_uppercase()),
        certificate_arn: owned(listener.ssl_certificate_id()),
        policy_names: sorted(description.policy_names().to_vec()),
    })
}

#[cfg(test)]
mod tests {
    use aws_sdk_elasticloadbalancing::types::{
        AccessLog, AdditionalAttribute, Instance, Listener, ListenerDescription,
        LoadBalancerAttributes,
    };
    use miyabi_types::id::{Arn, IamAction};

    use super::*;
    use crate::{prices::snapshot, testing::place};

    #[test]
    fn a_classic_load_balancer_needs_its_instances_and_tells_its_listeners() {
        let listener = Listener::builder()
            .protocol("http")
            .load_balancer_port(80)
            .instance_port(8080)
            .build()
            .unwrap();
        let sdk = types::LoadBalancerDescription::builder()
            .load_balancer_name("old")
            .scheme("internet-facing")
            .subnets("subnet-1")
            .security_groups("sg-1")
            .vpc_id("vpc-1")
            .instances(Instance::builder().instance_id("i-1").build())
            .listener_descriptions(ListenerDescription::builder().listener(listener).build())
            .build();
        let attributes = LoadBalancerAttributes::builder()
            .access_log(AccessLog::builder().enabled(true).s3_bucket_name("logs").build())
            .additional_attributes(
                AdditionalAttribute::builder()
                    .key("elb.http.desyncmitigationmode")
                    .value("monitor")
                    .build(),
            )
            .build();
        let denied = Unavailable::denied(IamAction::parse(TAGS.action).unwrap());
        let mut tags = TagsOf::from([("old".to_owned(), Err(denied.clone()))]);
        let resource =
            resource(&place(), &sdk, Ok(classic_attributes(&attributes)), &mut tags).unwrap();
        let needs: Vec<_> = resource.depends_on.iter().map(Arn::resource).collect();
        assert_eq!(needs, ["instance/i-1", "subnet/subnet-1", "security-group/sg-1", "vpc/vpc-1"]);
        assert_eq!(resource.arn.resource(), "loadbalancer/old");
        assert_eq!(resource.tags_unavailable, Some(denied));
        let cost = snapshot::of_regions([&place().region]).monthly_cost(&resource);
        assert_eq!(cost.known().unwrap().to_string(), "$18.25");
        let ResourceConfig::ClassicLoadBalancer(config) = resource.config else { panic!() };
        let listener = &config.listeners[0];
        assert_eq!(
            (listener.port, &*listener.protocol, listener.instance_port),
            (80, "HTTP", 8080)
        );
        let attributes = config.attributes.known().unwrap();
        assert!(attributes.access_log && !attributes.cross_zone);
        assert_eq!(attributes.access_log_bucket.as_deref(), Some("logs"));
        assert_eq!(attributes.desync_mitigation_mode.as_deref(), Some("monitor"));
    }
}
