//! Application, network and gateway load balancers with their listeners, and target groups with
//! the health of their targets.

use std::collections::BTreeMap;

use aws_sdk_elasticloadbalancingv2::{Client, error::SdkError, types};
use miyabi_types::{
    evidence::{Evidence, Unavailable},
    id::Arn,
    resource::{
        Resource, ResourceConfig, Tags,
        elasticloadbalancing::{Listener, ListenerAction, LoadBalancer, Target, TargetGroup},
    },
};

use super::{ATTRIBUTES, LOAD_BALANCERS, TAGS, TARGET_GROUPS, TARGET_HEALTH, tag_batches};
use crate::{
    collect::{
        cloudwatch::{self, Source},
        ec2::{instance_arn, security_group_arn, subnet_arn, vpc_arn},
        natural, or_none, owned, sorted, tags, tags_or_why, text, timestamp,
    },
    lists::pages,
    place::Place,
    scope::Scan,
};

mod listeners;

type Read<T> = Result<T, Unavailable>;

type Attributes = BTreeMap<String, String>;

type TagsOf = BTreeMap<String, Read<Tags>>;

pub(super) async fn collect(scan: &Scan) {
    let client = &Client::new(scan.sdk());
    let balancers = client.describe_load_balancers().page_size(400).into_paginator().send();
    let groups = client.describe_target_groups().page_size(400).into_paginator().items().send();
    // Listeners' rules are not read: which groups they lead to, those tell themselves.
    let groups = or_none(scan.list(TARGET_GROUPS, groups.collect::<Result<Vec<_>, _>>()).await);
    let behind = &Behind::of(&groups);
    tokio::join!(
        scan.stream_on(
            LOAD_BALANCERS,
            pages(balancers, |page| page.load_balancers),
            |known, balancer| known.has(balancer.load_balancer_arn().unwrap_or_default()),
            |page| load_balancers(scan, client, page, behind),
        ),
        scan.listed_on(
            TARGET_GROUPS,
            groups,
            |known, group| known.has(group.target_group_arn().unwrap_or_default()),
            |groups| target_groups(scan, client, groups),
        ),
    );
}

/// Target groups by the load balancer that leads to them.
#[derive(Default)]
struct Behind(BTreeMap<String, Vec<Arn>>);

impl Behind {
    fn of(groups: &[types::TargetGroup]) -> Self {
        let mut behind = BTreeMap::<_, Vec<_>>::new();
        for group in groups {
            let Some(arn) = group.target_group_arn().and_then(|arn| Arn::parse(arn).ok()) else {
                continue;
            };
            for balancer in group.load_balancer_arns() {
                behind.entry(balancer.clone()).or_default().push(arn.clone());
            }
        }
        Self(behind)
    }

    fn balancer(&self, arn: &Arn) -> &[Arn] {
        self.0.get(arn.as_str()).map_or(&[], Vec::as_slice)
    }
}

async fn load_balancers(
    scan: &Scan,
    client: &Client,
    balancers: Vec<types::LoadBalancer>,
    behind: &Behind,
) -> Vec<Resource> {
    let arns: Vec<_> = balancers.iter().map(|b| text(b.load_balancer_arn())).collect();
    let details = scan.each(arns.clone(), |arn: String| async move {
        tokio::join!(attributes(scan, client, &arn), listeners::read(scan, client, &arn))
    });
    let (details, mut tags) = tokio::join!(details, tags_of(scan, client, arns));
    let found = balancers.iter().zip(details);
    let mut resources: Vec<_> = found
        .filter_map(|(balancer, (attributes, listeners))| {
            load_balancer(&scan.place, balancer, attributes, listeners, behind, &mut tags)
        })
        .collect();
    cloudwatch::fill_utilization_from(scan, metrics, &mut resources).await;
    resources
}

async fn target_groups(
    scan: &Scan,
    client: &Client,
    groups: Vec<types::TargetGroup>,
) -> Vec<Resource> {
    let arns: Vec<_> = groups.iter().map(|group| text(group.target_group_arn())).collect();
    let health =
        scan.each(arns.clone(), |arn: String| async move { targets(scan, client, &arn).await });
    let (health, mut tags) = tokio::join!(health, tags_of(scan, client, arns));
    let found = groups.iter().zip(health);
    found
        .filter_map(|(group, health)| target_group(&scan.place, group, health, &mut tags))
        .collect()
}

async fn attributes(scan: &Scan, client: &Client, arn: &str) -> Read<Attributes> {
    let call = client.describe_load_balancer_attributes().load_balancer_arn(arn);
    let answer = scan.read(ATTRIBUTES, call.send()).await?;
    let pair = |a: &types::LoadBalancerAttribute| Some((owned(a.key())?, text(a.value())));
    Ok(answer.attributes().iter().filter_map(pair).collect())
}

async fn targets(scan: &Scan, client: &Client, arn: &str) -> Read<Vec<Target>> {
    let call = client.describe_target_health().target_group_arn(arn);
    let answer = scan.read(TARGET_HEALTH, call.send()).await?;
    Ok(sorted(answer.target_health_descriptions().iter().filter_map(target)))
}

async fn tags_of(scan: &Scan, client: &Client, arns: impl IntoIterator<Item = String>) -> TagsOf {
    let read = scan.each(tag_batches(arns), |arns: Vec<String>| async move {
        let call = async {
            let answer =
                client.describe_tags().set_resource_arns(Some(arns.clone())).send().await?;
            Ok::<_, SdkError<_, _>>(answer.tag_descriptions.unwrap_or_default())
        };
        match scan.list(TAGS, call).await {
            Err(why) => arns.into_iter().map(|arn| (arn, Err(why.clone()))).collect::<Vec<_>>(),
            Ok(told) => told.iter().filter_map(told_tags).collect(),
        }
    });
    read.await.into_iter().flatten().collect()
}

fn told_tags(told: &types::TagDescription) -> Option<(String, Read<Tags>)> {
    let tags = tags(told.tags().iter().map(|tag| (tag.key(), tag.value())));
    Some((owned(told.resource_arn())?, Ok(tags)))
}

fn load_balancer(
    place: &Place,
    balancer: &types::LoadBalancer,
    attributes: Read<Attributes>,
    listeners: Read<Vec<Listener>>,
    behind: &Behind,
    tags: &mut TagsOf,
) -> Option<Resource> {
    let arn = Arn::parse(balancer.load_balancer_arn()?).ok()?;
    let name = text(balancer.load_balancer_name());
    let zones = balancer.availability_zones().iter();
    let state = balancer.state().and_then(types::LoadBalancerState::code);
    let config = LoadBalancer {
        load_balancer_type: text(balancer.r#type().map(types::LoadBalancerTypeEnum::as_str)),
        scheme: owned(balancer.scheme().map(types::LoadBalancerSchemeEnum::as_str)),
        state: text(state.map(types::LoadBalancerStateEnum::as_str)),
        vpc_id: owned(balancer.vpc_id()),
        subnet_ids: sorted(zones.clone().filter_map(|zone| owned(zone.subnet_id()))),
        availability_zones: sorted(zones.filter_map(|zone| owned(zone.zone_name()))),
        security_group_ids: sorted(balancer.security_groups().to_vec()),
        dns_name: owned(balancer.dns_name()),
        ip_address_type: owned(balancer.ip_address_type().map(types::IpAddressType::as_str)),
        attributes: Evidence::from(attributes),
        listeners: Evidence::from(listeners),
    };
    let listeners = || config.listeners.known().into_iter().flatten();
    let actions = listeners().flat_map(|listener| &listener.default_actions);
    let targets = actions.filter_map(|action| match action {
        ListenerAction::Forward { target_group_arns } => Some(target_group_arns),
        _ => None,
    });
    let certificates = listeners().flat_map(|listener| {
        let list = listener.sni_certificate_arns.known().into_iter().flatten();
        listener.certificate_arns.iter().chain(list)
    });
    let told = targets.flatten().chain(certificates).filter_map(|arn| Arn::parse(arn).ok());
    let depends_on = (config.subnet_ids.iter().map(|id| subnet_arn(place, id)))
        .chain(config.security_group_ids.iter().map(|id| security_group_arn(place, id)))
        .chain(config.vpc_id.iter().map(|id| vpc_arn(place, id)))
        .chain(told)
        .chain(behind.balancer(&arn).iter().cloned())
        .collect();
    let created_at = timestamp(balancer.created_time());
    let resource = resource(place, arn, name, tags, ResourceConfig::LoadBalancer(config));
    Some(Resource { depends_on, created_at, ..resource })
}

fn resource(
    place: &Place,
    arn: Arn,
    name: String,
    tags: &mut TagsOf,
    config: ResourceConfig,
) -> Resource {
    let tags = tags.remove(arn.as_str()).unwrap_or_else(|| Ok(Tags::new()));
    let (tags, tags_unavailable) = tags_or_why(tags);
    Resource {
        tags_unavailable,
        name: Some(name.clone()),
        ..place.resource(arn, name, tags, config)
    }
}

/// Metrics that are reported even without traffic come beside those that are not, so that no
/// traffic can be told from no metrics.
/// Source: `CloudWatch` metrics in the user guide of each type of load balancer.
fn metrics(resource: &Resource) -> Vec<Source> {
    let ResourceConfig::LoadBalancer(balancer) = &resource.config else { return Vec::new() };
    let (namespace, names) = match balancer.load_balancer_type.as_str() {
        "application" => (
            "AWS/ApplicationELB",
            ["RequestCount", "ActiveConnectionCount", "ProcessedBytes", "ConsumedLCUs"],
        ),
        "network" => (
            "AWS/NetworkELB",
            ["ActiveFlowCount", "NewFlowCount", "ProcessedBytes", "ConsumedLCUs"],
        ),
        "gateway" => (
            "AWS/GatewayELB",
            ["ActiveFlowCount", "NewFlowCount", "ProcessedBytes", "ConsumedLCUs"],
        ),
        _ => return Vec::new(),
    };
    // `app/name/id` of `loadbalancer/app/name/id`.
    let id = resource.arn.resource().trim_start_matches("loadbalancer/").to_owned();
    let metric = |name| Source { namespace, name, dimensions: vec![("LoadBalancer", id.clone())] };
    names.map(metric).into()
}

fn target(description: &types::TargetHealthDescription) -> Option<Target> {
    let target = description.target()?;
    let health = description.target_health();
    Some(Target {
        id: owned(target.id())?,
        port: target.port().map(natural),
        health: text(health.and_then(|h| h.state()).map(types::TargetHealthStateEnum::as_str)),
        reason: owned(health.and_then(|h| h.reason()).map(types::TargetHealthReasonEnum::as_str)),
    })
}

fn target_group(
    place: &Place,
    group: &types::TargetGroup,
    targets: Read<Vec<Target>>,
    tags: &mut TagsOf,
) -> Option<Resource> {
    let arn = Arn::parse(group.target_group_arn()?).ok()?;
    let config = TargetGroup {
        target_type: text(group.target_type().map(types::TargetTypeEnum::as_str)),
        protocol: owned(group.protocol().map(types::ProtocolEnum::as_str)),
        port: group.port().map(natural),
        vpc_id: owned(group.vpc_id()),
        load_balancer_arns: sorted(group.load_balancer_arns().to_vec()),
        health_check_protocol: owned(
            group.health_check_protocol().map(types::ProtocolEnum::as_str),
        ),
        health_check_path: owned(group.health_check_path()),
        targets: Evidence::from(targets),
    };
    let targets = config.targets.known().into_iter().flatten();
    let targets = targets.filter_map(|target| match config.target_type.as_str() {
        "instance" => Some(instance_arn(place, &target.id)),
        "lambda" | "alb" => Arn::parse(&target.id).ok(),
        _ => None,
    });
    let depends_on = targets.chain(config.vpc_id.iter().map(|id| vpc_arn(place, id))).collect();
    let name = text(group.target_group_name());
    let resource = resource(place, arn, name, tags, ResourceConfig::TargetGroup(config));
    Some(Resource { depends_on, ..resource })
}

#[cfg(test)]
mod tests {
    use aws_sdk_elasticloadbalancingv2::types::{
        ActionTypeEnum, AvailabilityZone, ForwardActionConfig, LoadBalancerSchemeEnum,
        LoadBalancerTypeEnum, ProtocolEnum, TargetDescription, TargetGroupTuple, TargetHealth,
        TargetHealthDescription, TargetHealthReasonEnum, TargetHealthStateEnum, TargetTypeEnum,
    };
    use miyabi_types::id::IamAction;

    use super::*;
    use crate::{collect::elasticloadbalancing::LISTENERS, prices::snapshot, testing::place};

    pub(super) const BALANCER: &str =
        "arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/app/web/50dc6c495c0c9188";
    pub(super) const CERTIFICATE: &str = "arn:aws:acm:us-east-1:123456789012:certificate/1";
    pub(super) const SNI_CERTIFICATE: &str = "arn:aws:acm:us-east-1:123456789012:certificate/2";
    const RULED: &str = "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/ruled/2";
    const GROUP: &str = "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/web/1";

    fn balancer(kind: LoadBalancerTypeEnum) -> types::LoadBalancer {
        types::LoadBalancer::builder()
            .load_balancer_arn(BALANCER)
            .load_balancer_name("web")
            .r#type(kind)
            .scheme(LoadBalancerSchemeEnum::InternetFacing)
            .vpc_id("vpc-1")
            .security_groups("sg-1")
            .availability_zones(
                AvailabilityZone::builder().zone_name("us-east-1a").subnet_id("subnet-1").build(),
            )
            .build()
    }

    pub(super) fn needs(resource: &Resource) -> Vec<&str> {
        resource.depends_on.iter().map(Arn::resource).collect()
    }

    #[test]
    fn a_load_balancer_needs_its_subnets_groups_certificates_and_targets_behind_rules_too() {
        let forward = ForwardActionConfig::builder()
            .target_groups(TargetGroupTuple::builder().target_group_arn(GROUP).build())
            .build();
        let forward = types::Action::builder()
            .r#type(ActionTypeEnum::Forward)
            .target_group_arn(GROUP)
            .forward_config(forward)
            .build();
        let https = types::Listener::builder()
            .listener_arn("arn:listener")
            .port(443)
            .protocol(ProtocolEnum::Https)
            .ssl_policy("ELBSecurityPolicy-TLS13-1-2-2021-06")
            .certificates(types::Certificate::builder().certificate_arn(CERTIFICATE).build())
            .default_actions(forward)
            .build();
        let ruled = types::TargetGroup::builder()
            .target_group_arn(RULED)
            .load_balancer_arns(BALANCER)
            .build();
        let mut tags =
            TagsOf::from([(BALANCER.into(), Ok([("env".into(), "prod".into())].into()))]);
        let attributes = Attributes::from([("deletion_protection.enabled".into(), "true".into())]);
        let sdk = balancer(LoadBalancerTypeEnum::Application);
        let listeners =
            Ok(vec![listeners::listener(&https, Ok(vec![SNI_CERTIFICATE.into()])).unwrap()]);
        let behind = Behind::of(&[ruled]);
        let resource =
            load_balancer(&place(), &sdk, Ok(attributes), listeners, &behind, &mut tags).unwrap();
        assert_eq!(resource.label(), "web");
        assert_eq!(resource.tags["env"], "prod");
        assert_eq!(
            needs(&resource),
            [
                "subnet/subnet-1",
                "security-group/sg-1",
                "vpc/vpc-1",
                "targetgroup/web/1",
                "certificate/1",
                "certificate/2",
                "targetgroup/ruled/2"
            ]
        );
        let prices = snapshot::of_regions([&place().region]);
        assert_eq!(prices.monthly_cost(&resource).known().unwrap().to_string(), "$16.43");
        let requests = &metrics(&resource)[0];
        assert_eq!((requests.namespace, requests.name), ("AWS/ApplicationELB", "RequestCount"));
        let dimension = ("LoadBalancer", "app/web/50dc6c495c0c9188".to_owned());
        assert_eq!(requests.dimensions, [dimension]);
        let ResourceConfig::LoadBalancer(config) = resource.config else { panic!() };
        assert_eq!(config.attributes.known().unwrap()["deletion_protection.enabled"], "true");
        assert_eq!(config.availability_zones, ["us-east-1a"]);
        let listener = &config.listeners.known().unwrap()[0];
        assert_eq!((listener.port, listener.protocol.as_deref()), (Some(443), Some("HTTPS")));
    }

    #[test]
    fn what_may_not_be_read_of_a_load_balancer_is_unknown() {
        let denied =
            |call: crate::call::Call| Unavailable::denied(IamAction::parse(call.action).unwrap());
        let (attributes, listeners) = (denied(ATTRIBUTES), denied(LISTENERS));
        let sdk = balancer(LoadBalancerTypeEnum::Network);
        let mut tags = TagsOf::from([(BALANCER.into(), Err(denied(TAGS)))]);
        let resource = load_balancer(
            &place(),
            &sdk,
            Err(attributes.clone()),
            Err(listeners.clone()),
            &Behind::default(),
            &mut tags,
        );
        let resource = resource.unwrap();
        assert_eq!(resource.tags_unavailable, Some(denied(TAGS)));
        let ResourceConfig::LoadBalancer(config) = resource.config else { panic!() };
        assert_eq!(config.attributes.get().unwrap_err(), &attributes);
        assert_eq!(config.listeners.get().unwrap_err(), &listeners);
    }

    #[test]
    fn a_target_group_needs_its_targets_and_tells_how_they_are() {
        let sdk = types::TargetGroup::builder()
            .target_group_arn(GROUP)
            .target_group_name("web")
            .target_type(TargetTypeEnum::Instance)
            .protocol(ProtocolEnum::Http)
            .port(80)
            .vpc_id("vpc-1")
            .load_balancer_arns(BALANCER)
            .build();
        let sick = TargetHealthDescription::builder()
            .target(TargetDescription::builder().id("i-1").port(80).build())
            .target_health(
                TargetHealth::builder()
                    .state(TargetHealthStateEnum::Unhealthy)
                    .reason(TargetHealthReasonEnum::Timeout)
                    .build(),
            )
            .build();
        let targets = Ok(vec![target(&sick).unwrap()]);
        let resource = target_group(&place(), &sdk, targets, &mut TagsOf::new()).unwrap();
        assert_eq!(needs(&resource), ["instance/i-1", "vpc/vpc-1"]);
        let ResourceConfig::TargetGroup(config) = resource.config else { panic!() };
        let target = &config.targets.known().unwrap()[0];
        assert_eq!(
            (&*target.health, target.reason.as_deref()),
            ("unhealthy", Some("Target.Timeout"))
        );
        assert_eq!(config.load_balancer_arns, [BALANCER]);
    }
}
