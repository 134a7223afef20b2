//! Launch templates and Auto Scaling groups.

use miyabi_types::resource::{ResourceConfig, ResourceKind};

use crate::iac::{
    code::Place,
    estate::What,
    expr::{Body, Concern::Compute, Declaration, Expr},
};

const SUBNET: What = What::Itself(ResourceKind::Ec2Subnet);
const GROUP: What = What::Itself(ResourceKind::Ec2SecurityGroup);
const TEMPLATE: What = What::Itself(ResourceKind::Ec2LaunchTemplate);
const TARGET_GROUP: What = What::Itself(ResourceKind::TargetGroup);

pub mod template {
    use miyabi_types::resource::ec2::{LaunchSettings, LaunchTemplate, LaunchVolume};

    use super::*;

    pub fn why_not(template: &LaunchTemplate) -> Option<String> {
        match template.default.get() {
            _ if template.template_name.is_none() => Some("its name is not known".into()),
            Err(why) => Some(format!("what it launches is not known: {}", why.reason)),
            Ok(settings) if settings.by_attributes => {
                Some("it chooses instances by attributes that are not discovered".into())
            }
            Ok(settings) if !settings.subnet_ids.is_empty() => {
                Some("its network interfaces are not discovered in full".into())
            }
            Ok(_) => None,
        }
    }

    pub fn terraform(place: &Place<'_, '_>) -> Vec<Declaration> {
        let ResourceConfig::Ec2LaunchTemplate(template) = &place.resource().config else {
            return Vec::new();
        };
        let Some(launch) = template.latest.known().or(template.default.known()) else {
            return Vec::new();
        };
        let (groups, interface) =
            network(place, launch, ["associate_public_ip_address", "security_groups"]);
        let profile = launch.instance_profile.as_deref().map(|profile| {
            Body::new().set(if profile.starts_with("arn:") { "arn" } else { "name" }, profile)
        });
        let body = Body::new()
            .maybe("name", template.template_name.as_deref())
            .set("default_version", template.default_version)
            .maybe("image_id", launch.image_id.as_deref())
            .maybe("instance_type", launch.instance_type.as_deref())
            .maybe("key_name", launch.key_name.as_deref())
            .maybe("ebs_optimized", launch.ebs_optimized)
            .some("vpc_security_group_ids", groups)
            .blocks("block_device_mappings", launch.volumes.iter().map(disk))
            .maybe_block("iam_instance_profile", profile)
            .maybe_block(
                "instance_market_options",
                launch.spot.then(|| Body::new().set("market_type", "spot")),
            )
            .maybe_block(
                "metadata_options",
                metadata(launch, ["http_endpoint", "http_put_response_hop_limit", "http_tokens"]),
            )
            .maybe_block(
                "monitoring",
                launch.detailed_monitoring.map(|on| Body::new().set("enabled", on)),
            )
            .maybe_block("network_interfaces", interface)
            .maybe_block(
                "placement",
                launch.tenancy.as_deref().map(|kind| Body::new().set("tenancy", kind)),
            );
        vec![
            Declaration::new("aws_launch_template", Compute, body)
                .ignoring(["description", "update_default_version", "user_data"])
                .id(&place.resource().id)
                .tagged("tags"),
        ]
    }

    /// Where instances ask for an address, their groups belong to the interface and not to them.
    fn network(
        place: &Place<'_, '_>,
        launch: &LaunchSettings,
        names: [&str; 2],
    ) -> (Vec<Expr>, Option<Body>) {
        let groups =
            launch.security_groups.iter().map(|id| place.link(GROUP, id)).collect::<Vec<_>>();
        match launch.associate_public_ip {
            None => (groups, None),
            Some(public) => {
                (Vec::new(), Some(Body::new().set(names[0], public).some(names[1], groups)))
            }
        }
    }

    fn metadata(launch: &LaunchSettings, names: [&str; 3]) -> Option<Body> {
        let body = Body::new()
            .maybe(names[0], launch.imds_http_endpoint.as_deref())
            .maybe(names[1], launch.imds_hop_limit)
            .maybe(names[2], launch.imds_http_tokens.as_deref());
        (!body.0.is_empty()).then_some(body)
    }

    fn disk(volume: &LaunchVolume) -> Body {
        let ebs = Body::new()
            .maybe("delete_on_termination", volume.delete_on_termination)
            .maybe("encrypted", volume.encrypted)
            .maybe("iops", volume.iops)
            .maybe("snapshot_id", volume.snapshot_id.as_deref())
            .maybe("throughput", volume.throughput_mibps)
            .maybe("volume_size", volume.size_gib)
            .maybe("volume_type", volume.volume_type.as_deref());
        Body::new().set("device_name", &volume.device).block("ebs", ebs)
    }

    pub fn cloudformation(place: &Place<'_, '_>) -> Vec<Declaration> {
        let ResourceConfig::Ec2LaunchTemplate(template) = &place.resource().config else {
            return Vec::new();
        };
        let Some(launch) = template.latest.known().or(template.default.known()) else {
            return Vec::new();
        };
        let (groups, interface) = network(place, launch, ["AssociatePublicIpAddress", "Groups"]);
        let interfaces: Vec<Expr> =
            interface.into_iter().map(|body| body.set("DeviceIndex", 0).into()).collect();
        let profile = launch.instance_profile.as_deref().map(|profile| {
            Body::new().set(if profile.starts_with("arn:") { "Arn" } else { "Name" }, profile)
        });
        let disks = launch.volumes.iter().map(|volume| {
            let ebs = Body::new()
                .maybe("DeleteOnTermination", volume.delete_on_termination)
                .maybe("Encrypted", volume.encrypted)
                .maybe("Iops", volume.iops)
                .maybe("SnapshotId", volume.snapshot_id.as_deref())
                .maybe("Throughput", volume.throughput_mibps)
                .maybe("VolumeSize", volume.size_gib)
                .maybe("VolumeType", volume.volume_type.as_deref());
            Expr::Body(Body::new().set("DeviceName", &volume.device).set("Ebs", ebs))
        });
        let market = launch.spot.then(|| Body::new().set("MarketType", "spot"));
        let names = ["HttpEndpoint", "HttpPutResponseHopLimit", "HttpTokens"];
        let data = Body::new()
            .maybe("ImageId", launch.image_id.as_deref())
            .maybe("InstanceType", launch.instance_type.as_deref())
            .maybe("KeyName", launch.key_name.as_deref())
            .maybe("EbsOptimized", launch.ebs_optimized)
            .some("SecurityGroupIds", groups)
            .some("BlockDeviceMappings", disks.collect::<Vec<_>>())
            .maybe("IamInstanceProfile", profile)
            .maybe("InstanceMarketOptions", market)
            .maybe("MetadataOptions", metadata(launch, names))
            .maybe(
                "Monitoring",
                launch.detailed_monitoring.map(|on| Body::new().set("Enabled", on)),
            )
            .some("NetworkInterfaces", interfaces)
            .maybe(
                "Placement",
                launch.tenancy.as_deref().map(|kind| Body::new().set("Tenancy", kind)),
            );
        let body = Body::new()
            .maybe("LaunchTemplateName", template.template_name.as_deref())
            .set("LaunchTemplateData", data);
        vec![
            Declaration::new("AWS::EC2::LaunchTemplate", Compute, body)
                .found_by([("LaunchTemplateId", place.resource().id.clone())]),
        ]
    }
}

pub mod group {
    use miyabi_types::resource::autoscaling::{Group, Launch};

    use super::*;

    pub fn why_not(group: &Group) -> Option<String> {
        match &group.launch {
            _ if group.status.is_some() => Some("it is being deleted".into()),
            Launch::Unknown => Some("what it launches by is not known".into()),
            _ => None,
        }
    }

    pub fn terraform(place: &Place<'_, '_>) -> Vec<Declaration> {
        let ResourceConfig::AutoScalingGroup(group) = &place.resource().config else {
            return Vec::new();
        };
        let zones = group.subnet_ids.is_empty().then_some(&group.availability_zones);
        let mut body = Body::new()
            .set("name", &place.resource().id)
            .set("min_size", group.min_size)
            .set("max_size", group.max_size)
            .set("desired_capacity", group.desired_capacity)
            .some("vpc_zone_identifier", place.links(SUBNET, &group.subnet_ids))
            .maybe("availability_zones", zones)
            .some("target_group_arns", place.links(TARGET_GROUP, &group.target_group_arns))
            .some("load_balancers", &group.load_balancer_names)
            .set("health_check_type", &group.health_check_type)
            .set("capacity_rebalance", group.capacity_rebalance)
            .set("protect_from_scale_in", group.protected_from_scale_in)
            .some("suspended_processes", &group.suspended_processes);
        body = match (&group.launch, &group.mix) {
            (Launch::Template { id, version }, None) => body.block(
                "launch_template",
                Body::new().set("id", place.link(TEMPLATE, id)).set("version", version),
            ),
            (Launch::Template { id, version }, Some(mix)) => {
                let distribution = Body::new()
                    .set("on_demand_base_capacity", mix.on_demand_base)
                    .set("on_demand_percentage_above_base_capacity", mix.on_demand_percentage)
                    .maybe("spot_allocation_strategy", mix.spot_allocation_strategy.as_deref());
                let specification = Body::new()
                    .set("launch_template_id", place.link(TEMPLATE, id))
                    .set("version", version);
                let overrides = group.instance_types.iter();
                let overrides = overrides.map(|kind| Body::new().set("instance_type", kind));
                let template = Body::new()
                    .block("launch_template_specification", specification)
                    .blocks("override", overrides);
                body.block(
                    "mixed_instances_policy",
                    Body::new()
                        .block("instances_distribution", distribution)
                        .block("launch_template", template),
                )
            }
            (Launch::Configuration { name }, _) => body.set("launch_configuration", name),
            (Launch::Unknown, _) => body,
        };
        // Whether its tags pass to instances is not discovered, and how large it is changes by itself.
        let ignored = [
            "default_cooldown",
            "default_instance_warmup",
            "desired_capacity",
            "enabled_metrics",
            "force_delete",
            "force_delete_warm_pool",
            "health_check_grace_period",
            "ignore_failed_scaling_activities",
            "max_instance_lifetime",
            "metrics_granularity",
            "tag",
            "termination_policies",
            "timeouts",
            "wait_for_capacity_timeout",
        ];
        vec![
            Declaration::new("aws_autoscaling_group", Compute, body)
                .ignoring(ignored)
                .id(&place.resource().id),
        ]
    }

    pub fn cloudformation(place: &Place<'_, '_>) -> Vec<Declaration> {
        let ResourceConfig::AutoScalingGroup(group) = &place.resource().config else {
            return Vec::new();
        };
        let zones = group.subnet_ids.is_empty().then_some(&group.availability_zones);
        let mut body = Body::new()
            .set("AutoScalingGroupName", &place.resource().id)
            .set("MinSize", group.min_size.to_string())
            .set("MaxSize", group.max_size.to_string())
            .set("DesiredCapacity", group.desired_capacity.to_string())
            .some("VPCZoneIdentifier", place.links(SUBNET, &group.subnet_ids))
            .maybe("AvailabilityZones", zones)
            .some("TargetGroupARNs", place.links(TARGET_GROUP, &group.target_group_arns))
            .some("LoadBalancerNames", &group.load_balancer_names)
            .set("HealthCheckType", &group.health_check_type)
            .set("CapacityRebalance", group.capacity_rebalance)
            .set("NewInstancesProtectedFromScaleIn", group.protected_from_scale_in);
        let launch = |id: &str, version: &str| {
            // CloudFormation takes no `$Latest`: it asks for the version itself.
            let version = match version {
                "$Latest" => place.attribute(TEMPLATE, id, "LatestVersionNumber"),
                "$Default" => place.attribute(TEMPLATE, id, "DefaultVersionNumber"),
                number => number.into(),
            };
            let version = match version {
                Expr::Link(link) => {
                    Expr::Link(crate::iac::expr::Link { literal: "1".into(), ..link })
                }
                Expr::Text(text) if text == id => "1".into(),
                other => other,
            };
            Body::new().set("LaunchTemplateId", place.link(TEMPLATE, id)).set("Version", version)
        };
        body = match (&group.launch, &group.mix) {
            (Launch::Template { id, version }, None) => {
                body.set("LaunchTemplate", launch(id, version))
            }
            (Launch::Template { id, version }, Some(mix)) => {
                let distribution = Body::new()
                    .set("OnDemandBaseCapacity", mix.on_demand_base)
                    .set("OnDemandPercentageAboveBaseCapacity", mix.on_demand_percentage)
                    .maybe("SpotAllocationStrategy", mix.spot_allocation_strategy.as_deref());
                let overrides = group.instance_types.iter();
                let overrides =
                    overrides.map(|kind| Expr::Body(Body::new().set("InstanceType", kind)));
                let template = Body::new()
                    .set("LaunchTemplateSpecification", launch(id, version))
                    .some("Overrides", overrides.collect::<Vec<_>>());
                let policy = Body::new()
                    .set("InstancesDistribution", distribution)
                    .set("LaunchTemplate", template);
                body.set("MixedInstancesPolicy", policy)
            }
            (Launch::Configuration { name }, _) => body.set("LaunchConfigurationName", name),
            (Launch::Unknown, _) => body,
        };
        vec![
            Declaration::new("AWS::AutoScaling::AutoScalingGroup", Compute, body)
                .found_by([("AutoScalingGroupName", place.resource().id.clone())]),
        ]
    }
}
