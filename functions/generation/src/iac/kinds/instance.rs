//! EC2 instances. User data is never read, so that no secret in it gets here.

use miyabi_types::resource::{
    Resource, ResourceConfig, ResourceKind,
    ec2::{Instance, Volume},
};

use crate::iac::{
    code::Place,
    estate::{What, has_all_tags, tags},
    expr::{Body, Concern::Compute, Declaration, Expr},
};

const SUBNET: What = What::Itself(ResourceKind::Ec2Subnet);
const GROUP: What = What::Itself(ResourceKind::Ec2SecurityGroup);
const KEY: What = What::Itself(ResourceKind::KmsKey);

/// What a World does not hold of an instance, but the provider would reset or even replace it for.
const NOT_DISCOVERED: [&str; 11] = [
    "credit_specification",
    "disable_api_termination",
    "get_password_data",
    "hibernation",
    "instance_initiated_shutdown_behavior",
    "monitoring",
    "source_dest_check",
    "timeouts",
    "user_data",
    "user_data_base64",
    "user_data_replace_on_change",
];

pub fn why_not(instance: &Instance) -> Option<String> {
    let why = if matches!(instance.state.as_str(), "terminated" | "shutting-down") {
        "it is terminated"
    } else if instance.auto_scaling_group.is_some() {
        "its Auto Scaling group makes and replaces it"
    } else if instance.lifecycle == "spot" {
        "it is a Spot instance, which AWS may take away at any time"
    } else if instance.image_id.is_none() {
        "the image it was launched from is not known"
    } else {
        return None;
    };
    Some(why.into())
}

/// The instance's root volume, and whether it goes with the instance.
fn root<'w>(
    place: &Place<'_, 'w>,
    instance: &Instance,
) -> Option<(&'w Resource, &'w Volume, bool)> {
    let root = instance.root_device_name.as_deref()?;
    instance.volume_ids.iter().find_map(|id| {
        let found = place.estate.beside(place.at, ResourceKind::Ec2Volume, id)?;
        let ResourceConfig::Ec2Volume(volume) = &found.config else { return None };
        let attached = volume
            .attached_to
            .iter()
            .find(|a| a.instance_id == place.resource().id && a.device == root)?;
        Some((found, volume, attached.delete_on_termination))
    })
}

/// Provisioned figures where they are somebody's choice: what older types have is their size's.
pub fn provisioned(volume: &Volume) -> (Option<u32>, Option<u32>) {
    match volume.volume_type.as_str() {
        "gp3" => (volume.iops, volume.throughput_mibps),
        "io1" | "io2" => (volume.iops, None),
        _ => (None, None),
    }
}

/// The name in `arn:aws:iam::123456789012:instance-profile/path/name`.
fn profile(place: &Place<'_, '_>, instance: &Instance, attribute: &'static str) -> Option<Expr> {
    let arn = instance.instance_profile_arn.as_deref()?;
    let name = arn.rsplit('/').next().unwrap_or(arn);
    Some(match place.attribute(What::InstanceProfile, arn, attribute) {
        Expr::Link(link) => Expr::Link(crate::iac::expr::Link { literal: name.into(), ..link }),
        _ => name.into(),
    })
}

pub fn terraform(place: &Place<'_, '_>) -> Vec<Declaration> {
    let ResourceConfig::Ec2Instance(instance) = &place.resource().config else {
        return Vec::new();
    };
    let zone = instance.subnet_id.is_none().then_some(instance.availability_zone.as_str());
    let tenancy = Some(instance.tenancy.as_str()).filter(|kind| *kind != "default");
    let metadata = instance.imds_http_tokens.as_deref().map(|tokens| {
        Body::new()
            .maybe("http_endpoint", instance.imds_http_endpoint.as_deref())
            .set("http_tokens", tokens)
    });
    let root = root(place, instance);
    let disk = root.map(|(resource, volume, goes_with_it)| {
        let (iops, throughput) = provisioned(volume);
        let key = volume.kms_key_id.as_deref().filter(|_| volume.encrypted);
        let tags = tags(resource).into_iter();
        let tags = tags.fold(Body::new(), |body, (key, value)| body.set(&key, value));
        Body::new()
            .set("delete_on_termination", goes_with_it)
            .set("encrypted", volume.encrypted)
            .maybe("iops", iops)
            .maybe("kms_key_id", key.map(|key| place.link(KEY, key)))
            .some("tags", tags)
            .maybe("throughput", throughput)
            .set("volume_size", volume.size_gib)
            .set("volume_type", &volume.volume_type)
    });
    let body = Body::new()
        .maybe("ami", instance.image_id.as_deref())
        .set("instance_type", &instance.instance_type)
        .maybe("subnet_id", instance.subnet_id.as_deref().map(|id| place.link(SUBNET, id)))
        .maybe("availability_zone", zone)
        .some("vpc_security_group_ids", place.links(GROUP, &instance.security_group_ids))
        .maybe("key_name", instance.key_name.as_deref())
        .maybe("iam_instance_profile", profile(place, instance, "name"))
        .maybe("tenancy", tenancy)
        .set("ebs_optimized", instance.ebs_optimized)
        .maybe_block("metadata_options", metadata)
        .maybe_block("root_block_device", disk);
    vec![
        Declaration::new("aws_instance", Compute, body)
            .ignoring(NOT_DISCOVERED)
            // Tags of the volume alone cannot be left alone where they must not be written.
            .ignoring(root.filter(|(r, ..)| !has_all_tags(r)).map(|_| "root_block_device"))
            .id(&place.resource().id)
            .tagged("tags"),
    ]
}

pub fn cloudformation(place: &Place<'_, '_>) -> Vec<Declaration> {
    let ResourceConfig::Ec2Instance(instance) = &place.resource().config else {
        return Vec::new();
    };
    let zone = instance.subnet_id.is_none().then_some(instance.availability_zone.as_str());
    let tenancy = Some(instance.tenancy.as_str()).filter(|kind| *kind != "default");
    let metadata = instance.imds_http_tokens.as_deref().map(|tokens| {
        Body::new()
            .set("HttpTokens", tokens)
            .maybe("HttpEndpoint", instance.imds_http_endpoint.as_deref())
    });
    let disk = root(place, instance).map(|(_, volume, goes_with_it)| {
        let (iops, throughput) = provisioned(volume);
        let key = volume.kms_key_id.as_deref().filter(|_| volume.encrypted);
        let ebs = Body::new()
            .set("DeleteOnTermination", goes_with_it)
            .set("Encrypted", volume.encrypted)
            .maybe("Iops", iops)
            .maybe("KmsKeyId", key.map(|key| place.link(KEY, key)))
            .maybe("Throughput", throughput)
            .set("VolumeSize", volume.size_gib)
            .set("VolumeType", &volume.volume_type);
        let device = instance.root_device_name.as_deref();
        vec![Expr::Body(Body::new().maybe("DeviceName", device).set("Ebs", ebs))]
    });
    let body = Body::new()
        .maybe("ImageId", instance.image_id.as_deref())
        .set("InstanceType", &instance.instance_type)
        .maybe("SubnetId", instance.subnet_id.as_deref().map(|id| place.link(SUBNET, id)))
        .maybe("AvailabilityZone", zone)
        .some("SecurityGroupIds", place.links(GROUP, &instance.security_group_ids))
        .maybe("KeyName", instance.key_name.as_deref())
        .maybe("IamInstanceProfile", profile(place, instance, "Ref"))
        .maybe("Tenancy", tenancy)
        .set("EbsOptimized", instance.ebs_optimized)
        .maybe("MetadataOptions", metadata)
        .maybe("BlockDeviceMappings", disk);
    vec![
        Declaration::new("AWS::EC2::Instance", Compute, body)
            .found_by([("InstanceId", place.resource().id.clone())])
            .tagged("Tags")
            .stateful(),
    ]
}
