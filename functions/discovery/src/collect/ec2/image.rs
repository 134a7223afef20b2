//! Machine images (AMIs) that the account owns.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

use aws_sdk_ec2::{Client, types};
use futures::future::ready;
use jiff::Timestamp;
use miyabi_types::resource::{Resource, ResourceConfig, ec2::Image};

use super::{IMAGES, tags};
use crate::{
    collect::{owned, sorted, text},
    lists::pages,
    place::Place,
    scope::Scan,
};

/// Images by the snapshots that they need.
pub(super) type Uses = BTreeMap<String, Vec<String>>;

/// Reads images, and tells which snapshots they need.
pub(super) async fn collect(scan: &Scan, ec2: &Client) -> Uses {
    let uses = Mutex::new(Uses::new());
    // Disabled images hold on to their snapshots like any other.
    let request = ec2.describe_images().owners("self").include_disabled(true).max_results(1000);
    let paginator = request.into_paginator().send();
    let work = |images: Vec<types::Image>| {
        let mut uses = uses.lock().unwrap_or_else(PoisonError::into_inner);
        for image in &images {
            for snapshot in snapshots(image) {
                uses.entry(snapshot.to_owned()).or_default().push(text(image.image_id()));
            }
        }
        ready(images.iter().filter_map(|image| resource(&scan.place, image)).collect())
    };
    scan.stream(IMAGES, pages(paginator, |page| page.images), work).await;
    uses.into_inner().unwrap_or_else(PoisonError::into_inner)
}

/// The snapshots that an image is made of.
fn snapshots(image: &types::Image) -> impl Iterator<Item = &str> {
    image.block_device_mappings().iter().filter_map(|mapping| mapping.ebs()?.snapshot_id())
}

fn resource(place: &Place, image: &types::Image) -> Option<Resource> {
    let id = image.image_id()?;
    let config = Image {
        image_name: text(image.name()),
        description: owned(image.description()),
        state: text(image.state().map(types::ImageState::as_str)),
        architecture: text(image.architecture().map(types::ArchitectureValues::as_str)),
        platform: image.platform_details().map_or_else(|| "Linux/UNIX".into(), str::to_owned),
        root_device_type: text(image.root_device_type().map(types::DeviceType::as_str)),
        public: image.public().unwrap_or(false),
        snapshot_ids: sorted(snapshots(image).filter(|id| !id.is_empty()).map(str::to_owned)),
        last_launched_at: image.last_launched_time().and_then(time),
        deprecated_at: image.deprecation_time().and_then(time),
        deregistration_protection: image
            .deregistration_protection()
            .is_some_and(|protection| protection.starts_with("enabled")),
        imds_support: owned(image.imds_support().map(types::ImdsSupportValues::as_str)),
    };
    let depends_on = config.snapshot_ids.iter().map(|id| place.snapshot_arn(id)).collect();
    let mut resource = place.resource(
        place.image_arn(id),
        id,
        tags(image.tags()),
        ResourceConfig::Ec2Image(config),
    );
    resource.name = resource.name.or_else(|| owned(image.name()));
    Some(Resource { depends_on, created_at: image.creation_date().and_then(time), ..resource })
}

fn time(text: &str) -> Option<Timestamp> {
    text.parse().ok()
}

#[cfg(test)]
mod tests {
    use aws_sdk_ec2::types::{BlockDeviceMapping, DeviceType, EbsBlockDevice, ImdsSupportValues};

    use miyabi_types::id::Arn;

    use super::*;
    use crate::testing::place;

    #[test]
    fn an_image_needs_its_snapshots_and_tells_when_it_was_last_used() {
        let device = |id| {
            let ebs = EbsBlockDevice::builder().snapshot_id(id).build();
            BlockDeviceMapping::builder().ebs(ebs).build()
        };
        let sdk = types::Image::builder()
            .image_id("ami-1")
            .name("web-2024-05")
            .root_device_type(DeviceType::Ebs)
            .creation_date("2024-05-06T07:08:09.000Z")
            .last_launched_time("2024-06-01T00:00:00Z")
            .deregistration_protection("enabled-with-cooldown")
            .imds_support(ImdsSupportValues::V20)
            .public(true)
            .block_device_mappings(device("snap-2"))
            .block_device_mappings(device("snap-1"))
            .block_device_mappings(BlockDeviceMapping::builder().virtual_name("ephemeral0").build())
            .build();
        let resource = resource(&place(), &sdk).unwrap();
        assert_eq!(resource.arn.as_str(), "arn:aws:ec2:us-east-1::image/ami-1");
        assert_eq!(resource.label(), "web-2024-05 (ami-1)");
        assert_eq!(resource.created_at, Some("2024-05-06T07:08:09Z".parse().unwrap()));
        let needs: Vec<_> = resource.depends_on.iter().map(Arn::resource).collect();
        assert_eq!(needs, ["snapshot/snap-1", "snapshot/snap-2"]);
        let ResourceConfig::Ec2Image(image) = resource.config else { panic!() };
        assert_eq!(image.last_launched_at, Some("2024-06-01T00:00:00Z".parse().unwrap()));
        assert!(image.public && image.deregistration_protection && image.deprecated_at.is_none());
        assert_eq!(image.imds_support.as_deref(), Some("v2.0"));
        assert_eq!((&*image.platform, &*image.root_device_type), ("Linux/UNIX", "ebs"));
    }
}
