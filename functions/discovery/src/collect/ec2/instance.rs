//! EC2 instances with their metrics.

use aws_sdk_ec2::{Client, types};
use jiff::{Timestamp, civil::DateTime, tz::TimeZone};
use miyabi_types::{
    id::Arn,
    resource::{Resource, ResourceConfig, ec2::Instance},
};

use super::{
    INSTANCES, capacity_reservation_arn, instance_arn, memory::Memory, network_interface_arn,
    security_group_arn, subnet_arn, tags, volume_arn, vpc_arn,
};
use crate::{
    collect::{
        cloudwatch::{self, Metric},
        owned, sorted, text, timestamp,
    },
    lists::{Known, pages},
    place::Place,
    scope::Scan,
};

/// Of the instances' metrics those that right-sizing and idleness are judged by. Disk operations
/// are only reported of Nitro instances; [`Memory`] comes on top.
const METRICS: &[Metric] = &Metric::all(
    "AWS/EC2",
    "InstanceId",
    [
        "CPUUtilization",
        "NetworkIn",
        "NetworkOut",
        "EBSReadOps",
        "EBSWriteOps",
        "EBSReadBytes",
        "EBSWriteBytes",
    ],
);

pub(super) async fn collect(scan: &Scan, ec2: &Client) {
    let paginator = ec2.describe_instances().max_results(250).into_paginator().send();
    let instances = pages(paginator, |page| {
        Some(page.reservations?.into_iter().filter_map(|r| r.instances).flatten().collect())
    });
    let memory = &Memory::default();
    let work = |instances: Vec<types::Instance>| async move {
        let mut resources: Vec<_> =
            instances.iter().filter_map(|instance| resource(&scan.place, instance)).collect();
        drop(instances);
        let memory = memory.of(scan, &resources).await;
        let sources = |resource: &Resource| {
            let metrics = METRICS.iter().map(|metric| metric.of(&resource.id));
            metrics.chain(memory.get(&resource.id).cloned()).collect()
        };
        cloudwatch::fill_utilization_from(scan, sources, &mut resources).await;
        resources
    };
    let is_known = |known: &Known, instance: &types::Instance| {
        known.has(instance_arn(&scan.place, instance.instance_id().unwrap_or_default()).as_str())
    };
    scan.stream_on(INSTANCES, instances, is_known, work).await;
}

/// The resource; a terminated instance is shown for an hour, but does not exist any more.
fn resource(place: &Place, instance: &types::Instance) -> Option<Resource> {
    let id = instance.instance_id()?;
    let state = instance.state().and_then(types::InstanceState::name)?;
    if *state == types::InstanceStateName::Terminated {
        return None;
    }
    let tags = tags(instance.tags());
    let placement = instance.placement();
    let metadata = instance.metadata_options();
    let groups = instance.security_groups().iter().filter_map(|group| group.group_id());
    let volumes = instance.block_device_mappings().iter().filter_map(|m| m.ebs()?.volume_id());
    let config = Instance {
        instance_type: text(instance.instance_type().map(types::InstanceType::as_str)),
        state: state.as_str().to_owned(),
        stopped_at: instance.state_transition_reason().and_then(transition_time),
        launched_at: timestamp(instance.launch_time()),
        architecture: text(instance.architecture().map(types::ArchitectureValues::as_str)),
        platform: platform(instance),
        image_id: owned(instance.image_id()),
        lifecycle: instance
            .instance_lifecycle()
            .map_or("on-demand", types::InstanceLifecycleType::as_str)
            .to_owned(),
        tenancy: placement
            .and_then(types::Placement::tenancy)
            .map_or("default", types::Tenancy::as_str)
            .to_owned(),
        availability_zone: text(placement.and_then(types::Placement::availability_zone)),
        vpc_id: owned(instance.vpc_id()),
        subnet_id: owned(instance.subnet_id()),
        security_group_ids: sorted(groups.map(str::to_owned)),
        volume_ids: sorted(volumes.map(str::to_owned)),
        root_device_name: owned(instance.root_device_name()),
        private_ip: owned(instance.private_ip_address()),
        public_ip: owned(instance.public_ip_address()),
        key_name: owned(instance.key_name()),
        instance_profile_arn: owned(instance.iam_instance_profile().and_then(|p| p.arn())),
        imds_http_tokens: owned(
            metadata.and_then(|m| m.http_tokens()).map(types::HttpTokensState::as_str),
        ),
        imds_http_endpoint: owned(
            metadata
                .and_then(|m| m.http_endpoint())
                .map(types::InstanceMetadataEndpointState::as_str),
        ),
        ebs_optimized: instance.ebs_optimized().unwrap_or(false),
        auto_scaling_group: tags.get("aws:autoscaling:groupName").cloned(),
        virtualization_type: owned(
            instance.virtualization_type().map(types::VirtualizationType::as_str),
        ),
    };
    let stopped_at = config.stopped_at.filter(|_| config.state == "stopped");
    let config = Instance { stopped_at, ..config };
    let interfaces = instance.network_interfaces().iter().filter_map(|i| i.network_interface_id());
    let depends_on = (config.volume_ids.iter().map(|id| volume_arn(place, id)))
        .chain(config.security_group_ids.iter().map(|id| security_group_arn(place, id)))
        .chain(config.subnet_id.iter().map(|id| subnet_arn(place, id)))
        .chain(config.vpc_id.iter().map(|id| vpc_arn(place, id)))
        .chain(interfaces.map(|id| network_interface_arn(place, id)))
        .chain(config.image_id.iter().map(|id| place.image_arn(id)))
        .chain(config.instance_profile_arn.iter().filter_map(|arn| Arn::parse(arn).ok()))
        .chain(instance.capacity_reservation_id().map(|id| capacity_reservation_arn(place, id)))
        .collect();
    let arn = instance_arn(place, id);
    let created_at = created_at(instance);
    let resource = place.resource(arn, id, tags, ResourceConfig::Ec2Instance(config));
    Some(Resource { depends_on, created_at, ..resource })
}

/// When the instance was made. AWS tells only its last start; but its first volume was attached right after
/// it was made, and stays attached while it is stopped.
fn created_at(instance: &types::Instance) -> Option<Timestamp> {
    let launched = timestamp(instance.launch_time())?;
    let mappings = instance.block_device_mappings().iter();
    let attached = mappings.filter_map(|mapping| timestamp(mapping.ebs()?.attach_time())).min();
    Some(attached.map_or(launched, |attached| attached.min(launched)))
}

/// What the instance is billed as; `platform` alone knows Windows from the rest.
fn platform(instance: &types::Instance) -> String {
    match (instance.platform_details(), instance.platform()) {
        (Some(details), _) if !details.is_empty() => details.to_owned(),
        (_, Some(platform)) if platform.as_str().eq_ignore_ascii_case("windows") => {
            "Windows".into()
        }
        _ => "Linux/UNIX".into(),
    }
}

/// The time in `User initiated (2024-05-06 07:08:09 GMT)`; AWS gives it nowhere else.
fn transition_time(reason: &str) -> Option<Timestamp> {
    let (_, time) = reason.rsplit_once('(')?;
    let time = time.strip_suffix(')')?.trim_end_matches(" GMT").trim_end_matches(" UTC");
    let time = DateTime::strptime("%Y-%m-%d %H:%M:%S", time).ok()?;
    time.to_zoned(TimeZone::UTC).ok().map(|time| time.timestamp())
}

#[cfg(test)]
mod tests {
    use aws_sdk_ec2::types::{
        EbsInstanceBlockDevice, GroupIdentifier, HttpTokensState, IamInstanceProfile,
        InstanceBlockDeviceMapping, InstanceMetadataOptionsResponse, InstanceNetworkInterface,
        InstanceState, InstanceStateName, InstanceType, Tag,
    };

    use super::*;
    use crate::testing::place;

    fn running() -> types::builders::InstanceBuilder {
        types::Instance::builder()
            .instance_id("i-1")
            .instance_type(InstanceType::M5Large)
            .state(InstanceState::builder().name(InstanceStateName::Running).build())
            .platform_details("Linux/UNIX")
    }

    fn instance(resource: &Resource) -> &Instance {
        let ResourceConfig::Ec2Instance(instance) = &resource.config else {
            panic!("{resource:?}")
        };
        instance
    }

    #[test]
    fn an_instance_needs_all_that_it_runs_on() {
        let ebs = EbsInstanceBlockDevice::builder().volume_id("vol-1").build();
        let sdk = running()
            .block_device_mappings(InstanceBlockDeviceMapping::builder().ebs(ebs).build())
            .security_groups(GroupIdentifier::builder().group_id("sg-2").build())
            .security_groups(GroupIdentifier::builder().group_id("sg-1").build())
            .subnet_id("subnet-1")
            .vpc_id("vpc-1")
            .network_interfaces(
                InstanceNetworkInterface::builder().network_interface_id("eni-1").build(),
            )
            .image_id("ami-1")
            .iam_instance_profile(
                IamInstanceProfile::builder()
                    .arn("arn:aws:iam::123456789012:instance-profile/web")
                    .build(),
            )
            .capacity_reservation_id("cr-1")
            .metadata_options(
                InstanceMetadataOptionsResponse::builder()
                    .http_tokens(HttpTokensState::Optional)
                    .build(),
            )
            .tags(Tag::builder().key("Name").value("web").build())
            .tags(Tag::builder().key("aws:autoscaling:groupName").value("web-asg").build())
            .build();
        let resource = resource(&place(), &sdk).unwrap();
        assert_eq!(resource.arn.as_str(), "arn:aws:ec2:us-east-1:123456789012:instance/i-1");
        assert_eq!(resource.label(), "web (i-1)");
        let needs: Vec<_> = resource.depends_on.iter().map(Arn::resource).collect();
        assert_eq!(
            needs,
            [
                "volume/vol-1",
                "security-group/sg-1",
                "security-group/sg-2",
                "subnet/subnet-1",
                "vpc/vpc-1",
                "network-interface/eni-1",
                "image/ami-1",
                "instance-profile/web",
                "capacity-reservation/cr-1",
            ]
        );
        let config = instance(&resource);
        assert_eq!(config.instance_type, "m5.large");
        assert_eq!(config.security_group_ids, ["sg-1", "sg-2"]);
        assert_eq!(config.imds_http_tokens.as_deref(), Some("optional"));
        assert_eq!((&*config.lifecycle, &*config.tenancy), ("on-demand", "default"));
        assert_eq!(config.auto_scaling_group.as_deref(), Some("web-asg"));
    }

    #[test]
    fn an_instance_that_was_started_again_was_made_when_its_first_volume_was_attached() {
        let made = |launched: i64, attached: &[i64]| {
            let time = aws_smithy_types::DateTime::from_secs;
            let mapping = |at: &i64| {
                let ebs = EbsInstanceBlockDevice::builder().attach_time(time(*at)).build();
                InstanceBlockDeviceMapping::builder().ebs(ebs).build()
            };
            let mappings = attached.iter().map(mapping).collect();
            let sdk = running()
                .launch_time(time(launched))
                .set_block_device_mappings(Some(mappings))
                .build();
            resource(&place(), &sdk).unwrap().created_at.map(Timestamp::as_second)
        };
        assert_eq!(made(100, &[]), Some(100));
        assert_eq!(made(100, &[102, 500]), Some(100), "attached after its first start");
        assert_eq!(made(900, &[500, 102]), Some(102), "started again");
    }

    #[test]
    fn a_stopped_instance_tells_since_when() {
        let stopped = |reason: &str| {
            let sdk = running()
                .state(InstanceState::builder().name(InstanceStateName::Stopped).build())
                .state_transition_reason(reason)
                .build();
            instance(&resource(&place(), &sdk).unwrap()).stopped_at
        };
        let time = Some("2024-05-06T07:08:09Z".parse().unwrap());
        assert_eq!(stopped("User initiated (2024-05-06 07:08:09 GMT)"), time);
        assert_eq!(stopped("User initiated (2024-05-06 07:08:09 UTC)"), time);
        assert_eq!(stopped("Server.ScheduledStop: Stopped due to scheduled retirement"), None);
        assert_eq!(stopped("User initiated shutdown (soon)"), None);
        assert_eq!(stopped(""), None);
    }

    #[test]
    fn a_running_instance_was_not_stopped_even_if_it_once_was() {
        let sdk =
            running().state_transition_reason("User initiated (2024-05-06 07:08:09 GMT)").build();
        assert_eq!(instance(&resource(&place(), &sdk).unwrap()).stopped_at, None);
    }

    #[test]
    fn a_terminated_instance_does_not_exist() {
        let gone = InstanceState::builder().name(InstanceStateName::Terminated).build();
        assert_eq!(resource(&place(), &running().state(gone).build()), None);
    }
}
