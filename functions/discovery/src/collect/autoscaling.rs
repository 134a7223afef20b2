//! Auto Scaling groups and launch configurations.

use aws_sdk_autoscaling::{Client, types};
use futures::FutureExt;
use miyabi_types::{
    id::Arn,
    resource::{
        Resource, ResourceConfig,
        ResourceKind::{AutoScalingGroup, AutoScalingLaunchConfiguration},
        Tags,
        autoscaling::{Group, Launch, LaunchConfiguration, Member, Mix},
        ec2::{LaunchSettings, LaunchVolume},
    },
};

use super::{
    Collected, Collector, Reach,
    ec2::{launch_needs, launch_template_arn, subnet_arn},
    elasticloadbalancing::classic_arn,
    natural, or_none, owned, sorted, tags, text, timestamp,
};
use crate::{call::Call, place::Place, scope::Scan};

const GROUPS: Call = Call::lists("autoscaling:DescribeAutoScalingGroups", &[AutoScalingGroup]);
const CONFIGURATIONS: Call =
    Call::lists("autoscaling:DescribeLaunchConfigurations", &[AutoScalingLaunchConfiguration]);

/// Reads Auto Scaling.
pub const COLLECTOR: Collector = Collector {
    service: "autoscaling",
    reach: Reach::Regional,
    calls: &[GROUPS, CONFIGURATIONS],
    collect: |scan| collect(scan).boxed(),
};

async fn collect(scan: &Scan) -> Collected {
    let client = Client::new(scan.sdk());
    let groups = client.describe_auto_scaling_groups().max_records(100).into_paginator();
    let configurations = client.describe_launch_configurations().max_records(100).into_paginator();
    let (groups, configurations) = tokio::join!(
        scan.list(GROUPS, groups.items().send().collect::<Result<Vec<_>, _>>()),
        scan.list(CONFIGURATIONS, configurations.items().send().collect::<Result<Vec<_>, _>>()),
    );
    let (groups, configurations) = (or_none(groups), or_none(configurations));
    let configurations: Vec<_> =
        configurations.iter().filter_map(|c| configuration(&scan.place, c)).collect();
    // A group tells its launch configuration by name, and the name does not make the ARN.
    let by_name = |name: &str| configurations.iter().find(|c| c.id == name).map(|c| c.arn.clone());
    let groups: Vec<_> =
        groups.iter().filter_map(|group| self::group(&scan.place, group, by_name)).collect();
    [groups, configurations].concat().into()
}

fn group(
    place: &Place,
    group: &types::AutoScalingGroup,
    configuration_arn: impl Fn(&str) -> Option<Arn>,
) -> Option<Resource> {
    let name = group.auto_scaling_group_name()?;
    let policy = group.mixed_instances_policy();
    let mixed = policy.and_then(types::MixedInstancesPolicy::launch_template);
    let overrides = mixed.map(types::LaunchTemplate::overrides).unwrap_or_default();
    let template =
        group.launch_template().or(mixed.and_then(|m| m.launch_template_specification()));
    let size = |size: Option<i32>| natural(size.unwrap_or(0));
    let zones = group.vpc_zone_identifier().unwrap_or_default().split(',').map(str::trim);
    let config = Group {
        min_size: size(group.min_size()),
        max_size: size(group.max_size()),
        desired_capacity: size(group.desired_capacity()),
        launch: launch(template, group.launch_configuration_name()),
        instance_types: overrides.iter().filter_map(|o| owned(o.instance_type())).collect(),
        mix: policy.and_then(types::MixedInstancesPolicy::instances_distribution).map(mix),
        availability_zones: sorted(group.availability_zones().to_vec()),
        subnet_ids: sorted(zones.filter(|id| !id.is_empty()).map(str::to_owned)),
        instances: sorted(group.instances().iter().filter_map(member)),
        load_balancer_names: sorted(group.load_balancer_names().to_vec()),
        target_group_arns: sorted(group.target_group_arns().to_vec()),
        health_check_type: text(group.health_check_type()),
        suspended_processes: sorted(
            group.suspended_processes().iter().filter_map(|process| owned(process.process_name())),
        ),
        capacity_rebalance: group.capacity_rebalance().unwrap_or(false),
        protected_from_scale_in: group.new_instances_protected_from_scale_in().unwrap_or(false),
        status: owned(group.status()),
    };
    let launch_arn = match &config.launch {
        Launch::Template { id, .. } => Some(launch_template_arn(place, id)),
        Launch::Configuration { name } => configuration_arn(name),
        Launch::Unknown => None,
    };
    let overriding = overrides.iter().filter_map(|o| o.launch_template_specification());
    let overriding = overriding.filter_map(|template| template.launch_template_id());
    let depends_on = (config.subnet_ids.iter().map(|id| subnet_arn(place, id)))
        .chain(launch_arn)
        .chain(overriding.map(|id| launch_template_arn(place, id)))
        .chain(config.target_group_arns.iter().filter_map(|arn| Arn::parse(arn).ok()))
        .chain(config.load_balancer_names.iter().map(|name| classic_arn(place, name)))
        .collect();
    let arn = Place::told(group.auto_scaling_group_arn(), || {
        // A made-up id: AWS tells the real one with the ARN.
        place.arn("autoscaling", &format!("autoScalingGroup:*:autoScalingGroupName/{name}"))
    });
    let tags = tags(group.tags().iter().map(|tag| (tag.key(), tag.value())));
    let resource = place.resource(arn, name, tags, ResourceConfig::AutoScalingGroup(config));
    Some(Resource {
        name: Some(name.to_owned()),
        depends_on,
        created_at: timestamp(group.created_time()),
        ..resource
    })
}

fn launch(template: Option<&types::LaunchTemplateSpecification>, name: Option<&str>) -> Launch {
    let id = template.and_then(|template| owned(template.launch_template_id()));
    match (id, owned(name)) {
        (Some(id), _) => {
            let version = template.and_then(|template| owned(template.version()));
            // What AWS launches where no version is named.
            Launch::Template { id, version: version.unwrap_or_else(|| "$Default".into()) }
        }
        (None, Some(name)) => Launch::Configuration { name },
        (None, None) => Launch::Unknown,
    }
}

/// Absent numbers are AWS's defaults: all on demand.
fn mix(distribution: &types::InstancesDistribution) -> Mix {
    Mix {
        on_demand_base: natural(distribution.on_demand_base_capacity().unwrap_or(0)),
        on_demand_percentage: natural(
            distribution.on_demand_percentage_above_base_capacity().unwrap_or(100),
        ),
        spot_allocation_strategy: owned(distribution.spot_allocation_strategy()),
    }
}

fn member(instance: &types::Instance) -> Option<Member> {
    Some(Member {
        instance_id: owned(instance.instance_id())?,
        lifecycle_state: text(instance.lifecycle_state().map(types::LifecycleState::as_str)),
        healthy: instance.health_status().is_some_and(|s| s.eq_ignore_ascii_case("healthy")),
        protected_from_scale_in: instance.protected_from_scale_in().unwrap_or(false),
    })
}

fn configuration(place: &Place, launch: &types::LaunchConfiguration) -> Option<Resource> {
    let name = launch.launch_configuration_name()?;
    let metadata = launch.metadata_options();
    let settings = LaunchSettings {
        image_id: owned(launch.image_id()),
        instance_type: owned(launch.instance_type()),
        by_attributes: false,
        key_name: owned(launch.key_name()),
        instance_profile: owned(launch.iam_instance_profile()),
        security_groups: sorted(launch.security_groups().to_vec()),
        subnet_ids: Vec::new(),
        associate_public_ip: launch.associate_public_ip_address(),
        imds_http_tokens: owned(
            metadata
                .and_then(|m| m.http_tokens())
                .map(types::InstanceMetadataHttpTokensState::as_str),
        ),
        imds_http_endpoint: owned(
            metadata
                .and_then(|m| m.http_endpoint())
                .map(types::InstanceMetadataEndpointState::as_str),
        ),
        imds_hop_limit: metadata
            .and_then(types::InstanceMetadataOptions::http_put_response_hop_limit)
            .map(natural),
        volumes: sorted(launch.block_device_mappings().iter().filter_map(volume)),
        ebs_optimized: launch.ebs_optimized(),
        detailed_monitoring: launch
            .instance_monitoring()
            .and_then(types::InstanceMonitoring::enabled),
        spot: launch.spot_price().is_some_and(|price| !price.is_empty()),
        tenancy: owned(launch.placement_tenancy()),
        // Only that there is any: it often holds secrets.
        has_user_data: launch.user_data().is_some_and(|data| !data.is_empty()),
    };
    let depends_on = launch_needs(place, &settings);
    let config = LaunchConfiguration { settings, spot_price: owned(launch.spot_price()) };
    let arn = Place::told(launch.launch_configuration_arn(), || {
        let path = format!("launchConfiguration:*:launchConfigurationName/{name}");
        place.arn("autoscaling", &path)
    });
    let config = ResourceConfig::AutoScalingLaunchConfiguration(config);
    Some(Resource {
        name: Some(name.to_owned()),
        depends_on,
        created_at: timestamp(launch.created_time()),
        // AWS has no tags of launch configurations.
        ..place.resource(arn, name, Tags::new(), config)
    })
}

fn volume(mapping: &types::BlockDeviceMapping) -> Option<LaunchVolume> {
    let ebs = mapping.ebs()?;
    Some(LaunchVolume {
        device: text(mapping.device_name()),
        volume_type: owned(ebs.volume_type()),
        size_gib: ebs.volume_size().map(natural),
        iops: ebs.iops().map(natural),
        throughput_mibps: ebs.throughput().map(natural),
        encrypted: ebs.encrypted(),
        snapshot_id: owned(ebs.snapshot_id()),
        delete_on_termination: ebs.delete_on_termination(),
    })
}

#[cfg(test)]
mod tests {
    use aws_sdk_autoscaling::types::{
        Ebs, Instance, InstanceMetadataHttpTokensState, InstanceMetadataOptions,
        InstancesDistribution, LaunchTemplate, LaunchTemplateOverrides,
        LaunchTemplateSpecification, LifecycleState, MixedInstancesPolicy, TagDescription,
    };

    use super::*;
    use crate::testing::place;

    const GROUP: &str = "arn:aws:autoscaling:us-east-1:123456789012:autoScalingGroup:\
                         1:autoScalingGroupName/web";
    const TARGETS: &str = "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/web/1";

    fn sdk() -> types::builders::AutoScalingGroupBuilder {
        types::AutoScalingGroup::builder()
            .auto_scaling_group_name("web")
            .auto_scaling_group_arn(GROUP)
            .min_size(1)
            .max_size(4)
            .desired_capacity(2)
            .vpc_zone_identifier("subnet-2,subnet-1")
    }

    fn needs(resource: &Resource) -> Vec<&str> {
        resource.depends_on.iter().map(Arn::resource).collect()
    }

    #[test]
    fn a_group_needs_its_subnets_its_launch_template_and_its_targets() {
        let template = LaunchTemplateSpecification::builder().launch_template_id("lt-1").build();
        let other = |kind| LaunchTemplateOverrides::builder().instance_type(kind).build();
        let policy = MixedInstancesPolicy::builder()
            .launch_template(
                LaunchTemplate::builder()
                    .launch_template_specification(template)
                    .overrides(other("m6g.large"))
                    .overrides(other("m5.large"))
                    .build(),
            )
            .instances_distribution(
                InstancesDistribution::builder()
                    .on_demand_percentage_above_base_capacity(25)
                    .build(),
            )
            .build();
        let instance = |id: &str, health: &str| {
            Instance::builder()
                .instance_id(id)
                .lifecycle_state(LifecycleState::InService)
                .health_status(health)
                .build()
        };
        let sdk = sdk()
            .mixed_instances_policy(policy)
            .target_group_arns(TARGETS)
            .load_balancer_names("old")
            .instances(instance("i-2", "Unhealthy"))
            .instances(instance("i-1", "Healthy"))
            .tags(TagDescription::builder().key("env").value("prod").build())
            .build();
        let resource = group(&place(), &sdk, |_| None).unwrap();
        assert_eq!(resource.arn.as_str(), GROUP);
        assert_eq!(resource.tags["env"], "prod");
        assert_eq!(
            needs(&resource),
            [
                "subnet/subnet-1",
                "subnet/subnet-2",
                "launch-template/lt-1",
                "targetgroup/web/1",
                "loadbalancer/old"
            ]
        );
        let ResourceConfig::AutoScalingGroup(config) = resource.config else { panic!() };
        assert_eq!((config.min_size, config.max_size, config.desired_capacity), (1, 4, 2));
        assert_eq!(config.instance_types, ["m6g.large", "m5.large"], "in order of preference");
        let mix = config.mix.unwrap();
        assert_eq!((mix.on_demand_base, mix.on_demand_percentage), (0, 25));
        let healthy: Vec<_> =
            config.instances.iter().map(|m| (&*m.instance_id, m.healthy)).collect();
        assert_eq!(healthy, [("i-1", true), ("i-2", false)]);
        let default = Launch::Template { id: "lt-1".into(), version: "$Default".into() };
        assert_eq!(config.launch, default);
    }

    #[test]
    fn a_group_finds_its_launch_configuration_by_name() {
        let sdk = sdk().launch_configuration_name("old").build();
        let old = place().arn("autoscaling", "launchConfiguration:9:launchConfigurationName/old");
        let resource = group(&place(), &sdk, |name| (name == "old").then(|| old.clone())).unwrap();
        assert!(resource.depends_on.contains(&old));
        let ResourceConfig::AutoScalingGroup(config) = resource.config else { panic!() };
        assert_eq!(config.launch, Launch::Configuration { name: "old".into() });
        assert_eq!(config.mix, None);
    }

    #[test]
    fn a_launch_configuration_tells_what_it_launches_but_no_user_data() {
        let device = types::BlockDeviceMapping::builder()
            .device_name("/dev/xvda")
            .ebs(Ebs::builder().volume_type("gp2").volume_size(8).build())
            .build();
        let sdk = types::LaunchConfiguration::builder()
            .launch_configuration_name("old")
            .image_id("ami-1")
            .instance_type("t2.micro")
            .security_groups("sg-1")
            .security_groups("default")
            .associate_public_ip_address(true)
            .user_data("c2VjcmV0")
            .metadata_options(
                InstanceMetadataOptions::builder()
                    .http_tokens(InstanceMetadataHttpTokensState::Optional)
                    .build(),
            )
            .block_device_mappings(device)
            .build();
        let resource = configuration(&place(), &sdk).unwrap();
        assert_eq!(needs(&resource), ["image/ami-1", "security-group/sg-1"]);
        assert!(!serde_json::to_string(&resource).unwrap().contains("c2VjcmV0"));
        let ResourceConfig::AutoScalingLaunchConfiguration(config) = resource.config else {
            panic!()
        };
        let settings = config.settings;
        assert!(settings.has_user_data && !settings.spot);
        assert_eq!(settings.associate_public_ip, Some(true));
        assert_eq!(settings.imds_http_tokens.as_deref(), Some("optional"));
        assert_eq!(settings.volumes[0].size_gib, Some(8));
    }
}
