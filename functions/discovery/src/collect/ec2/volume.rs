//! EBS volumes.

use aws_sdk_ec2::{Client, types};
use miyabi_types::resource::{
    Resource, ResourceConfig,
    ec2::{Attachment, Volume},
};

use super::{VOLUMES, tags, volume_arn};
use crate::{
    collect::{
        cloudwatch::{self, Metric},
        natural, owned, sorted, text, timestamp,
    },
    lists::{Known, pages},
    place::Place,
    scope::Scan,
};

/// Of the volumes' metrics those that idleness and provisioned performance are judged by. A volume
/// reports them while it is attached.
const METRICS: &[Metric] = &Metric::all(
    "AWS/EBS",
    "VolumeId",
    ["VolumeReadOps", "VolumeWriteOps", "VolumeReadBytes", "VolumeWriteBytes"],
);

/// An account may have hundreds of thousands, so they leave page by page.
pub(super) async fn collect(scan: &Scan, ec2: &Client) {
    let paginator = ec2.describe_volumes().max_results(250).into_paginator().send();
    let work = |volumes: Vec<types::Volume>| async move {
        let mut resources: Vec<_> =
            volumes.iter().filter_map(|volume| resource(&scan.place, volume)).collect();
        drop(volumes);
        cloudwatch::fill_utilization(scan, METRICS, &mut resources).await;
        resources
    };
    let volumes = pages(paginator, |page| page.volumes);
    let is_known = |known: &Known, volume: &types::Volume| {
        known.has(volume_arn(&scan.place, volume.volume_id().unwrap_or_default()).as_str())
    };
    scan.stream_on(VOLUMES, volumes, is_known, work).await;
}

fn resource(place: &Place, volume: &types::Volume) -> Option<Resource> {
    let id = volume.volume_id()?;
    let config = Volume {
        volume_type: text(volume.volume_type().map(types::VolumeType::as_str)),
        size_gib: natural(volume.size().unwrap_or(0)),
        iops: volume.iops().map(natural),
        throughput_mibps: volume.throughput().map(natural),
        state: text(volume.state().map(types::VolumeState::as_str)),
        encrypted: volume.encrypted().unwrap_or(false),
        kms_key_id: owned(volume.kms_key_id()),
        snapshot_id: owned(volume.snapshot_id()),
        availability_zone: text(volume.availability_zone()),
        attached_to: sorted(volume.attachments().iter().filter_map(attachment)),
    };
    // A volume lives on without its snapshot, but not without its key.
    let depends_on = config.kms_key_id.iter().map(|key| place.key_arn(key)).collect();
    let tags = tags(volume.tags());
    let resource =
        place.resource(volume_arn(place, id), id, tags, ResourceConfig::Ec2Volume(config));
    Some(Resource { depends_on, created_at: timestamp(volume.create_time()), ..resource })
}

fn attachment(attachment: &types::VolumeAttachment) -> Option<Attachment> {
    Some(Attachment {
        instance_id: attachment.instance_id()?.to_owned(),
        device: text(attachment.device()),
        delete_on_termination: attachment.delete_on_termination().unwrap_or(false),
    })
}

#[cfg(test)]
mod tests {
    use aws_sdk_ec2::types::{VolumeAttachment, VolumeState, VolumeType};

    use super::*;
    use crate::testing::place;

    const KEY: &str = "arn:aws:kms:us-east-1:123456789012:key/1";

    #[test]
    fn a_volume_keeps_what_its_price_and_its_use_depend_on() {
        let sdk = types::Volume::builder()
            .volume_id("vol-1")
            .volume_type(VolumeType::Gp2)
            .size(100)
            .iops(300)
            .state(VolumeState::InUse)
            .encrypted(true)
            .kms_key_id(KEY)
            .snapshot_id("")
            .availability_zone("us-east-1a")
            .create_time(aws_smithy_types::DateTime::from_secs(1_700_000_000))
            .attachments(
                VolumeAttachment::builder()
                    .instance_id("i-1")
                    .device("/dev/xvda")
                    .delete_on_termination(true)
                    .build(),
            )
            .build();
        let resource = resource(&place(), &sdk).unwrap();
        assert_eq!(resource.created_at, Some("2023-11-14T22:13:20Z".parse().unwrap()));
        assert_eq!(resource.depends_on[0].as_str(), KEY, "it lives on without its snapshot");
        assert_eq!(resource.depends_on.len(), 1);
        let ResourceConfig::Ec2Volume(volume) = resource.config else { panic!() };
        assert_eq!((&*volume.volume_type, volume.size_gib, volume.iops), ("gp2", 100, Some(300)));
        assert_eq!(volume.throughput_mibps, None);
        assert_eq!(volume.snapshot_id, None, "AWS writes an empty id for none");
        assert_eq!(volume.state, "in-use");
        assert_eq!(volume.attached_to[0].instance_id, "i-1");
    }
}
