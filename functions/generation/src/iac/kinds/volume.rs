//! EBS volumes that outlive their instance; root volumes are written with it.

use miyabi_types::{
    id::Region,
    resource::{ResourceConfig, ResourceKind, ec2::Volume},
};

use super::instance::provisioned;
use crate::iac::{
    code::Place,
    estate::{Ids, What},
    expr::{
        Body,
        Concern::{Compute, Data},
        Declaration,
    },
};

const INSTANCE: What = What::Itself(ResourceKind::Ec2Instance);
const KEY: What = What::Itself(ResourceKind::KmsKey);

pub fn why_not(ids: &Ids<'_>, region: &Region, volume: &Volume) -> Option<String> {
    if matches!(volume.state.as_str(), "deleting" | "deleted" | "error") {
        return Some(format!("it is {}", volume.state));
    }
    for attachment in &volume.attached_to {
        let holder = ids.get(&(region, ResourceKind::Ec2Instance, &*attachment.instance_id));
        let Some(ResourceConfig::Ec2Instance(instance)) = holder.map(|held| &held.config) else {
            continue;
        };
        if instance.root_device_name.as_ref() == Some(&attachment.device) {
            return Some("it is an instance's root volume, and written with it".into());
        }
        if instance.auto_scaling_group.is_some() || instance.lifecycle == "spot" {
            return Some("it comes and goes with its instance".into());
        }
    }
    None
}

pub fn terraform(place: &Place<'_, '_>) -> Vec<Declaration> {
    let ResourceConfig::Ec2Volume(volume) = &place.resource().config else { return Vec::new() };
    let id = &place.resource().id;
    let (iops, throughput) = provisioned(volume);
    let key = volume.kms_key_id.as_deref().filter(|_| volume.encrypted);
    let body = Body::new()
        .set("availability_zone", &volume.availability_zone)
        .set("size", volume.size_gib)
        .set("type", &volume.volume_type)
        .maybe("iops", iops)
        .maybe("throughput", throughput)
        .set("encrypted", volume.encrypted)
        .maybe("kms_key_id", key.map(|key| place.link(KEY, key)));
    let mut declarations = vec![
        Declaration::new("aws_ebs_volume", Data, body)
            .ignoring(["final_snapshot", "snapshot_id"])
            .id(id)
            .tagged("tags"),
    ];
    declarations.extend(volume.attached_to.iter().map(|attached| {
        let body = Body::new()
            .set("device_name", &attached.device)
            .set("volume_id", place.own("id", id))
            .set("instance_id", place.link(INSTANCE, &attached.instance_id));
        Declaration::new("aws_volume_attachment", Compute, body)
            .part(part(volume, &attached.instance_id))
            .id(format!("{}:{id}:{}", attached.device, attached.instance_id))
    }));
    declarations
}

pub fn cloudformation(place: &Place<'_, '_>) -> Vec<Declaration> {
    let ResourceConfig::Ec2Volume(volume) = &place.resource().config else { return Vec::new() };
    let id = &place.resource().id;
    let (iops, throughput) = provisioned(volume);
    let key = volume.kms_key_id.as_deref().filter(|_| volume.encrypted);
    let body = Body::new()
        .set("AvailabilityZone", &volume.availability_zone)
        .set("Size", volume.size_gib)
        .set("VolumeType", &volume.volume_type)
        .maybe("Iops", iops)
        .maybe("Throughput", throughput)
        .set("Encrypted", volume.encrypted)
        .maybe("KmsKeyId", key.map(|key| place.link(KEY, key)));
    let mut declarations = vec![
        Declaration::new("AWS::EC2::Volume", Data, body)
            .found_by([("VolumeId", id.clone())])
            .tagged("Tags")
            .stateful(),
    ];
    declarations.extend(volume.attached_to.iter().map(|attached| {
        let body = Body::new()
            .set("Device", &attached.device)
            .set("VolumeId", place.own("Ref", id))
            .set("InstanceId", place.link(INSTANCE, &attached.instance_id));
        Declaration::new("AWS::EC2::VolumeAttachment", Compute, body)
            .part(part(volume, &attached.instance_id))
            .found_by([("VolumeId", id.clone()), ("InstanceId", attached.instance_id.clone())])
    }));
    declarations
}

/// Only volumes that are attached to several instances need to tell them apart.
fn part(volume: &Volume, instance: &str) -> String {
    if volume.attached_to.len() > 1 { instance.to_owned() } else { String::new() }
}
