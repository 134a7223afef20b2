//! EBS snapshots that the account owns, the images that need them, and whether they are public.

use std::{collections::BTreeMap, sync::Arc};

use aws_sdk_ec2::{
    Client,
    types::{self, PermissionGroup, SnapshotAttributeName},
};
use futures::FutureExt;
use miyabi_types::{
    evidence::Unavailable,
    resource::{Resource, ResourceConfig, ec2::Snapshot},
};
use tokio::sync::OnceCell;

use super::{SNAPSHOT_ATTRIBUTE, SNAPSHOTS, image, tags};
use crate::{
    collect::{natural, owned, sorted, text, timestamp},
    lists::pages,
    place::Place,
    scope::Scan,
};

/// Whether everyone may use them, of the snapshots that AWS lets everyone restore; absent where that could
/// not be read.
type Public = BTreeMap<String, Option<bool>>;

/// Snapshots and the images made of them.
pub(super) async fn collect(scan: &Scan, ec2: &Client) {
    let paginator = ec2.describe_snapshots().owner_ids("self").max_results(1000).into_paginator();
    let (uses, public) = (image::collect(scan, ec2).map(Arc::new).shared(), &OnceCell::new());
    let work = |snapshots: Vec<types::Snapshot>| {
        let uses = uses.clone();
        async move {
            let (uses, public) = tokio::join!(uses, public.get_or_init(|| self::public(scan, ec2)));
            let resource = |snapshot| resource(&scan.place, snapshot, &uses, public.as_ref());
            snapshots.iter().filter_map(resource).collect()
        }
    };
    let snapshots = pages(paginator.send(), |page| page.snapshots);
    tokio::join!(scan.stream(SNAPSHOTS, snapshots, work), uses.clone());
}

/// Which snapshots anyone may use. An account has thousands of snapshots and few public ones, so
/// AWS is first asked which it lets everyone restore, and then only for the permissions of those.
async fn public(scan: &Scan, ec2: &Client) -> Option<Public> {
    let pages = ec2.describe_snapshots().owner_ids("self").restorable_by_user_ids("all");
    let pages = pages.max_results(1000).into_paginator().items().send();
    let shared = scan.narrow(SNAPSHOTS, pages.collect::<Result<Vec<_>, _>>()).await.ok()?;
    let shared = sorted(shared.iter().filter_map(|snapshot| owned(snapshot.snapshot_id())));
    let checked = scan.each(shared, |id: String| async move {
        let public = is_public(scan, ec2, &id).await;
        (id, public.ok())
    });
    Some(checked.await.into_iter().collect())
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
    uses: &image::Uses,
    public: Option<&Public>,
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
        public: public.and_then(|public| public.get(id).copied().unwrap_or(Some(false))),
        kms_key_id: owned(snapshot.kms_key_id()),
    };
    let depends_on = config.kms_key_id.iter().map(|key| place.key_arn(key)).collect();
    let resource = place.resource(
        place.snapshot_arn(id),
        id,
        tags(snapshot.tags()),
        ResourceConfig::Ec2Snapshot(config),
    );
    Some(Resource { depends_on, created_at: timestamp(snapshot.start_time()), ..resource })
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
            .kms_key_id("arn:aws:kms:us-east-1:123456789012:key/k")
            .build();
        let uses = image::Uses::from([("snap-1".to_owned(), vec!["ami-2".into(), "ami-1".into()])]);
        let public = Public::from([("snap-1".to_owned(), Some(true))]);
        let read = |uses, public| {
            let resource = resource(&place(), &sdk, uses, public).unwrap();
            assert_eq!(resource.depends_on[0].resource(), "key/k");
            let ResourceConfig::Ec2Snapshot(snapshot) = resource.config else { panic!() };
            snapshot
        };
        let snapshot = read(&uses, Some(&public));
        assert_eq!(snapshot.image_ids, ["ami-1", "ami-2"]);
        assert_eq!(snapshot.public, Some(true));
        assert_eq!(snapshot.volume_id, None);
        assert_eq!(snapshot.storage_tier, "standard");
        let none = Public::new();
        assert_eq!(read(&uses, Some(&none)).public, Some(false));
        let unread = Public::from([("snap-1".to_owned(), None)]);
        for unread in [None, Some(&unread)] {
            assert_eq!(read(&uses, unread).public, None, "not read is not private");
        }
    }
}
