//! Launch templates with what their default and their newest version launch.

use std::collections::BTreeMap;

use aws_sdk_ec2::{
    Client,
    types::{
        self, LaunchTemplateInstanceMetadataOptions as Metadata,
        LaunchTemplateInstanceNetworkInterfaceSpecification as Interface,
    },
};
use miyabi_types::{
    evidence::{Evidence, Unavailable},
    id::Arn,
    resource::{
        Resource, ResourceConfig,
        ec2::{LaunchSettings, LaunchTemplate, LaunchVolume},
    },
};

use super::{
    LAUNCH_TEMPLATE_VERSIONS, LAUNCH_TEMPLATES, launch_template_arn, security_group_arn,
    subnet_arn, tags,
};
use crate::{
    collect::{natural, or_none, owned, sorted, text, timestamp},
    place::Place,
    scope::Scan,
};

/// What versions launch, by template and number.
type Versions = BTreeMap<(String, u64), LaunchSettings>;

pub(super) async fn collect(scan: &Scan, ec2: &Client) -> Vec<Resource> {
    let pages = ec2.describe_launch_templates().max_results(200).into_paginator().items().send();
    let templates =
        or_none(scan.list(LAUNCH_TEMPLATES, pages.collect::<Result<Vec<_>, _>>()).await);
    if templates.is_empty() {
        return Vec::new();
    }
    // Without a template's id these are those versions of all templates.
    let pages = ec2.describe_launch_template_versions().versions("$Latest").versions("$Default");
    let pages = pages.max_results(200).into_paginator().items().send();
    let versions = scan.list(LAUNCH_TEMPLATE_VERSIONS, pages.collect::<Result<Vec<_>, _>>()).await;
    let versions = versions.map(|versions| versions.iter().filter_map(version).collect());
    templates.iter().filter_map(|template| resource(&scan.place, template, &versions)).collect()
}

fn version(version: &types::LaunchTemplateVersion) -> Option<((String, u64), LaunchSettings)> {
    let key = (owned(version.launch_template_id())?, number(version.version_number()));
    Some((key, settings(version.launch_template_data()?)))
}

fn number(number: Option<i64>) -> u64 {
    number.and_then(|number| u64::try_from(number).ok()).unwrap_or(0)
}

fn resource(
    place: &Place,
    template: &types::LaunchTemplate,
    versions: &Result<Versions, Unavailable>,
) -> Option<Resource> {
    let id = template.launch_template_id()?;
    let launches = |number: u64| match versions {
        Err(why) => Evidence::Unavailable(why.clone()),
        Ok(versions) => versions.get(&(id.to_owned(), number)).cloned().map_or_else(
            || Evidence::unavailable(format!("version {number} is not among those listed")),
            Evidence::Known,
        ),
    };
    let default_version = number(template.default_version_number());
    let latest_version = number(template.latest_version_number());
    let config = LaunchTemplate {
        template_name: owned(template.launch_template_name()),
        default_version,
        latest_version,
        default: launches(default_version),
        latest: launches(latest_version),
    };
    let known = [config.default.known(), config.latest.known()].into_iter().flatten();
    let depends_on = sorted(known.flat_map(|settings| needs(place, settings)));
    let tags = tags(template.tags());
    let arn = launch_template_arn(place, id);
    let mut resource = place.resource(arn, id, tags, ResourceConfig::Ec2LaunchTemplate(config));
    resource.name = resource.name.or_else(|| owned(template.launch_template_name()));
    Some(Resource { depends_on, created_at: timestamp(template.create_time()), ..resource })
}

/// What instances that are launched so need; what is named and not identified cannot be told.
pub(in crate::collect) fn needs(place: &Place, settings: &LaunchSettings) -> Vec<Arn> {
    let image = settings.image_id.iter().filter(|id| id.starts_with("ami-"));
    let groups = settings.security_groups.iter().filter(|id| id.starts_with("sg-"));
    let snapshots = settings.volumes.iter().filter_map(|volume| volume.snapshot_id.as_deref());
    image
        .map(|id| place.image_arn(id))
        .chain(groups.map(|id| security_group_arn(place, id)))
        .chain(settings.subnet_ids.iter().map(|id| subnet_arn(place, id)))
        .chain(snapshots.map(|id| place.snapshot_arn(id)))
        .chain(settings.instance_profile.iter().filter_map(|arn| Arn::parse(arn).ok()))
        .collect()
}

fn settings(data: &types::ResponseLaunchTemplateData) -> LaunchSettings {
    let interfaces = data.network_interfaces();
    let groups = data.security_group_ids().iter().chain(data.security_groups());
    let metadata = data.metadata_options();
    let profile = data.iam_instance_profile();
    let market = data.instance_market_options().and_then(|options| options.market_type());
    LaunchSettings {
        image_id: owned(data.image_id()),
        instance_type: owned(data.instance_type().map(types::InstanceType::as_str)),
        by_attributes: data.instance_requirements().is_some(),
        key_name: owned(data.key_name()),
        instance_profile: profile.and_then(|p| owned(p.arn()).or_else(|| owned(p.name()))),
        security_groups: sorted(
            groups.chain(interfaces.iter().flat_map(Interface::groups)).cloned(),
        ),
        subnet_ids: sorted(interfaces.iter().filter_map(|i| owned(i.subnet_id()))),
        // An address on any of its interfaces makes an instance public.
        associate_public_ip: interfaces
            .iter()
            .filter_map(Interface::associate_public_ip_address)
            .reduce(|one, other| one || other),
        imds_http_tokens: owned(
            metadata
                .and_then(|m| m.http_tokens())
                .map(types::LaunchTemplateHttpTokensState::as_str),
        ),
        imds_http_endpoint: owned(
            metadata
                .and_then(|m| m.http_endpoint())
                .map(types::LaunchTemplateInstanceMetadataEndpointState::as_str),
        ),
        imds_hop_limit: metadata.and_then(Metadata::http_put_response_hop_limit).map(natural),
        volumes: sorted(data.block_device_mappings().iter().filter_map(volume)),
        ebs_optimized: data.ebs_optimized(),
        detailed_monitoring: data.monitoring().and_then(types::LaunchTemplatesMonitoring::enabled),
        spot: market == Some(&types::MarketType::Spot),
        tenancy: owned(data.placement().and_then(|p| p.tenancy()).map(types::Tenancy::as_str)),
        // Only that there is any: it often holds secrets.
        has_user_data: data.user_data().is_some_and(|data| !data.is_empty()),
    }
}

fn volume(mapping: &types::LaunchTemplateBlockDeviceMapping) -> Option<LaunchVolume> {
    let ebs = mapping.ebs()?;
    Some(LaunchVolume {
        device: text(mapping.device_name()),
        volume_type: owned(ebs.volume_type().map(types::VolumeType::as_str)),
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
    use aws_sdk_ec2::types::{
        InstanceType, LaunchTemplateEbsBlockDevice, LaunchTemplateHttpTokensState,
        LaunchTemplateIamInstanceProfileSpecification, VolumeType,
    };
    use miyabi_types::id::IamAction;

    use super::*;
    use crate::testing::place;

    fn template() -> types::LaunchTemplate {
        types::LaunchTemplate::builder()
            .launch_template_id("lt-1")
            .launch_template_name("web")
            .default_version_number(1)
            .latest_version_number(3)
            .build()
    }

    fn data() -> types::ResponseLaunchTemplateData {
        let ebs = LaunchTemplateEbsBlockDevice::builder()
            .volume_type(VolumeType::Gp2)
            .volume_size(20)
            .encrypted(false)
            .build();
        let profile = "arn:aws:iam::123456789012:instance-profile/web";
        types::ResponseLaunchTemplateData::builder()
            .image_id("ami-1")
            .instance_type(InstanceType::M5Large)
            .user_data("c2VjcmV0")
            .iam_instance_profile(
                LaunchTemplateIamInstanceProfileSpecification::builder().arn(profile).build(),
            )
            .network_interfaces(
                Interface::builder()
                    .associate_public_ip_address(true)
                    .groups("sg-1")
                    .subnet_id("subnet-1")
                    .build(),
            )
            .network_interfaces(Interface::builder().associate_public_ip_address(false).build())
            .metadata_options(
                Metadata::builder().http_tokens(LaunchTemplateHttpTokensState::Optional).build(),
            )
            .block_device_mappings(
                types::LaunchTemplateBlockDeviceMapping::builder()
                    .device_name("/dev/xvda")
                    .ebs(ebs)
                    .build(),
            )
            .build()
    }

    #[test]
    fn a_template_tells_what_it_launches_but_no_user_data() {
        let first = types::LaunchTemplateVersion::builder()
            .launch_template_id("lt-1")
            .version_number(1)
            .launch_template_data(data())
            .build();
        let versions = Ok(Versions::from_iter(version(&first)));
        let resource = resource(&place(), &template(), &versions).unwrap();
        assert_eq!(resource.label(), "web (lt-1)");
        assert!(!serde_json::to_string(&resource).unwrap().contains("c2VjcmV0"));
        let needs: Vec<_> = resource.depends_on.iter().map(Arn::resource).collect();
        assert_eq!(
            needs,
            ["security-group/sg-1", "subnet/subnet-1", "image/ami-1", "instance-profile/web"]
        );
        let ResourceConfig::Ec2LaunchTemplate(config) = resource.config else { panic!() };
        let settings = config.default.known().unwrap();
        assert_eq!(settings.instance_type.as_deref(), Some("m5.large"));
        assert_eq!(settings.associate_public_ip, Some(true));
        assert_eq!(settings.imds_http_tokens.as_deref(), Some("optional"));
        assert!(settings.has_user_data && !settings.spot && !settings.by_attributes);
        let volume = &settings.volumes[0];
        assert_eq!((volume.volume_type.as_deref(), volume.size_gib), (Some("gp2"), Some(20)));
        assert_eq!(volume.encrypted, Some(false));
        let why = config.latest.get().unwrap_err();
        assert_eq!(why.reason, "version 3 is not among those listed");
    }

    #[test]
    fn versions_that_may_not_be_read_are_unknown() {
        let action = IamAction::parse(LAUNCH_TEMPLATE_VERSIONS.action).unwrap();
        let denied = Unavailable::denied(action);
        let resource = resource(&place(), &template(), &Err(denied.clone())).unwrap();
        let ResourceConfig::Ec2LaunchTemplate(config) = resource.config else { panic!() };
        assert_eq!(config.default.get().unwrap_err(), &denied);
    }
}
