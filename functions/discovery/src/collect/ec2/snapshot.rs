//! EBS snapshots that the account owns, the images that need them, and whether they are public.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_ec2::{
    Client,
    types::{self, PermissionGroup, SnapshotAttributeName},
};
use miyabi_types::{
    evidence::Unavailable,
    resource::{Resource, ResourceConfig, ec2::Snapshot},
};

use super::{SNAPSHOT_ATTRIBUTE, SNAPSHOTS, image, tags};
use crate::{
    collect::{natural, or_none, owned, sorted, text, timestamp},
    place::Place,
    scope::Scan,
};

/// What says who may use snapshots, by snapshot; absent where it could not be read.
type Public = BTreeMap<String, bool>;

/// Images by the snapshots that they need.
type Uses = BTreeMap<String, Vec<String>>;

/// Snapshots and the images made of them.
pub(super) async fn collect(scan: &Scan, ec2: &Client) -> Vec<Resource> {
    let pages = ec2.describe_snapshots().owner_ids("self").max_results(1000);
    let pages = pages.into_paginator().items().send();
    let (snapshots, images) = tokio::join!(
        scan.list(SNAPSHOTS, pages.collect::<Result<Vec<_>, _>>()),
        image::list(scan, ec2)
    );
    let snapshots = or_none(snapshots);
    let mut resources: Vec<_> =
        images.iter().filter_map(|image| image::resource(&scan.place, image)).collect();
    if snapshots.is_empty() {
        return resources;
    }
    let (public, uses) = (public(scan, ec2, &snapshots).await, uses(&images));
    let resource = |snapshot| resource(&scan.place, snapshot, &uses, &public);
    resources.extend(snapshots.iter().filter_map(resource));
    resources
}

fn uses(images: &[types::Image]) -> Uses {
    let mut uses = Uses::new();
    for image in images {
        for snapshot in image::snapshots(image) {
            uses.entry(snapshot.to_owned()).or_default().push(text(image.image_id()));
        }
    }
    uses
}

/// Which snapshots anyone may use. An account has thousands of snapshots and few public ones, so
/// AWS is first asked which it lets everyone restore, and then only for the permissions of those.
async fn public(scan: &Scan, ec2: &Client, snapshots: &[types::Snapshot]) -> Public {
    let pages = ec2.describe_snapshots().owner_ids("self").restorable_by_user_ids("all");
    let pages = pages.max_results(1000).into_paginator().items().send();
    let Ok(shared) = scan.narrow(SNAPSHOTS, pages.collect::<Result<Vec<_>, _>>()).await else {
        return Public::new();
    };
    let shared: BTreeSet<String> =
        shared.iter().filter_map(|snapshot| owned(snapshot.snapshot_id())).collect();
    let others = snapshots.iter().filter_map(|snapshot| owned(snapshot.snapshot_id()));
    let others: Vec<_> = others.filter(|id| !shared.contains(id)).map(|id| (id, false)).collect();
    let checked = scan.each(shared.into_iter().collect(), |id: String| async move {
        let public = is_public(scan, ec2, &id).await;
        public.ok().map(|public| (id, public))
    });
    checked.await.into_iter().flatten().chain(others).collect()
}

async fn is_public(scan: &Scan, ec2: &Client, id: &str) -> Result<bool, Unavailable> {
    let call = ec2
        .describe_snapshot_attribute()
        .snapshot_id(id)
        .attribute(SnapshotAttributeName::CreateVolumePermission);
    let answer = scan.read(SNAPSHOT_ATTRIBUTE, call.send()).await?;
    let mut permissions = answer.create_volume_permissions().iter();
    Ok(permissions.any(|permission| permission.group() == Some(&PermissionGroup::All)))
}

fn resource(
    place: &Place,
    snapshot: &types::Snapshot,
    uses: &Uses,
    public: &Public,
) -> Option<Resource> {
    let id = snapshot.snapshot_id()?;
    let config = Snapshot {
        // AWS writes vol-ffffffff for a snapshot that was copied or imported.
        volume_id: owned(snapshot.volume_id()).filter(|id| id != "vol-ffffffff"),
        volume_size_gib: natural(snapshot.volume_size().unwrap_or(0)),
        state: text(snapshot.state().map(types::SnapshotState::as_str)),
        encrypted: snapshot.encrypted().unwrap_or(false),
        storage_tier: snapshot
            .storage_tier()
            .map_or("standard", types::StorageTier::as_str)
            .to_owned(),
        description: owned(snapshot.description()),
        image_ids: sorted(uses.get(id).cloned().unwrap_or_default()),
        public: public.get(id).copied(),
    };
    let resource = place.resource(
        place.snapshot_arn(id),
        id,
        tags(snapshot.tags()),
        ResourceConfig::Ec2Snapshot(config),
    );
    Some(Resource { created_at: timestamp(snapshot.start_time()), ..resource })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::place;

    #[test]
    fn a_snapshot_knows_its_images_and_whether_it_is_public() {
        let sdk = types::Snapshot::builder()
            .snapshot_id("snap-1")
            .volume_id("vol-ffffffff")
            .volume_size(8)
            .build();
        let uses = Uses::from([("snap-1".to_owned(), vec!["ami-2".into(), "ami-1".into()])]);
        let public = Public::from([("snap-1".to_owned(), true)]);
        let read = |uses, public| match resource(&place(), &sdk, uses, public).unwrap().config {
            ResourceConfig::Ec2Snapshot(snapshot) => snapshot,
            other => panic!("{other:?}"),
        };
        let snapshot = read(&uses, &public);
        assert_eq!(snapshot.image_ids, ["ami-1", "ami-2"]);
        assert_eq!(snapshot.public, Some(true));
        assert_eq!(snapshot.volume_id, None);
        assert_eq!(snapshot.storage_tier, "standard");
        assert_eq!(read(&uses, &Public::new()).public, None, "not read is not private");
    }
}
