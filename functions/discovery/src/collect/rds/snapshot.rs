//! Snapshots of database instances and clusters, and who may restore them.

use aws_sdk_rds::{Client, types};
use jiff::Timestamp;
use miyabi_types::{
    evidence::{Evidence, Unavailable},
    resource::{Resource, ResourceConfig, rds::DbSnapshot},
};

use super::{
    CLUSTER_SNAPSHOT_ATTRIBUTES, CLUSTER_SNAPSHOTS, PAGE, SNAPSHOT_ATTRIBUTES, SNAPSHOTS, tags,
};
use crate::{
    collect::{natural, owned, sorted, text, timestamp},
    lists::{Known, pages},
    place::Place,
    scope::Scan,
};

/// The attribute that names who may restore a snapshot.
/// Source: `ModifyDBSnapshotAttribute` in the API reference.
const RESTORE: &str = "restore";

type Shared = Result<Vec<String>, Unavailable>;

pub(super) async fn of_instances(scan: &Scan, rds: &Client) {
    let one = |snapshot: types::DbSnapshot| async move {
        let id = owned(snapshot.db_snapshot_identifier())?;
        let shared = if is_shareable(snapshot.snapshot_type()) {
            shared(scan, rds, &id).await
        } else {
            Ok(Vec::new())
        };
        Some(of_instance(&scan.place, &id, &snapshot, shared))
    };
    let paginator = rds.describe_db_snapshots().max_records(PAGE).into_paginator().send();
    let snapshots = pages(paginator, |page| page.db_snapshots);
    let is_known = |known: &Known, snapshot: &types::DbSnapshot| {
        known.has(snapshot.db_snapshot_arn().unwrap_or_default())
    };
    scan.stream_each(SNAPSHOTS, snapshots, is_known, one).await;
}

pub(super) async fn of_clusters(scan: &Scan, rds: &Client) {
    let one = |snapshot: types::DbClusterSnapshot| async move {
        let id = owned(snapshot.db_cluster_snapshot_identifier())?;
        let shared = if is_shareable(snapshot.snapshot_type()) {
            cluster_shared(scan, rds, &id).await
        } else {
            Ok(Vec::new())
        };
        Some(of_cluster(&scan.place, &id, &snapshot, shared))
    };
    let paginator = rds.describe_db_cluster_snapshots().max_records(PAGE).into_paginator().send();
    let snapshots = pages(paginator, |page| page.db_cluster_snapshots);
    let is_known = |known: &Known, snapshot: &types::DbClusterSnapshot| {
        known.has(snapshot.db_cluster_snapshot_arn().unwrap_or_default())
    };
    scan.stream_each(CLUSTER_SNAPSHOTS, snapshots, is_known, one).await;
}

/// AWS lets nobody share what it takes by itself.
/// Source: Amazon RDS User Guide, Sharing a DB snapshot.
fn is_shareable(snapshot_type: Option<&str>) -> bool {
    snapshot_type != Some("automated")
}

async fn shared(scan: &Scan, rds: &Client, id: &str) -> Shared {
    let call = rds.describe_db_snapshot_attributes().db_snapshot_identifier(id).send();
    let answer = scan.read(SNAPSHOT_ATTRIBUTES, call).await?;
    let attributes = answer.db_snapshot_attributes_result();
    let attributes = attributes
        .map(types::DbSnapshotAttributesResult::db_snapshot_attributes)
        .unwrap_or_default()
        .iter();
    let restore = attributes.filter(|a| a.attribute_name() == Some(RESTORE));
    Ok(sorted(restore.flat_map(types::DbSnapshotAttribute::attribute_values).cloned()))
}

async fn cluster_shared(scan: &Scan, rds: &Client, id: &str) -> Shared {
    let call = rds.describe_db_cluster_snapshot_attributes().db_cluster_snapshot_identifier(id);
    let answer = scan.read(CLUSTER_SNAPSHOT_ATTRIBUTES, call.send()).await?;
    let attributes = answer.db_cluster_snapshot_attributes_result();
    let attributes = attributes
        .map(types::DbClusterSnapshotAttributesResult::db_cluster_snapshot_attributes)
        .unwrap_or_default()
        .iter();
    let restore = attributes.filter(|a| a.attribute_name() == Some(RESTORE));
    Ok(sorted(restore.flat_map(types::DbClusterSnapshotAttribute::attribute_values).cloned()))
}

fn of_instance(place: &Place, id: &str, sdk: &types::DbSnapshot, shared: Shared) -> Resource {
    let snapshot = DbSnapshot {
        database_id: text(sdk.db_instance_identifier()),
        snapshot_type: text(sdk.snapshot_type()),
        status: text(sdk.status()),
        engine: text(sdk.engine()),
        engine_version: text(sdk.engine_version()),
        allocated_storage_gib: natural(sdk.allocated_storage().unwrap_or(0)),
        full_size_bytes: sdk.full_snapshot_size_in_bytes().and_then(|b| u64::try_from(b).ok()),
        encrypted: sdk.encrypted().unwrap_or(false),
        kms_key_id: owned(sdk.kms_key_id()),
        shared_with: Evidence::from(shared),
    };
    let arn = Place::told(sdk.db_snapshot_arn(), || place.arn("rds", &format!("snapshot:{id}")));
    let config = ResourceConfig::RdsDbSnapshot(snapshot);
    let resource = place.resource(arn, id, tags(sdk.tag_list()), config);
    // A copy is as old as what it was copied from.
    let created = sdk.original_snapshot_create_time().or(sdk.snapshot_create_time());
    complete(place, resource, sdk.kms_key_id(), timestamp(created))
}

fn of_cluster(place: &Place, id: &str, sdk: &types::DbClusterSnapshot, shared: Shared) -> Resource {
    let snapshot = DbSnapshot {
        database_id: text(sdk.db_cluster_identifier()),
        snapshot_type: text(sdk.snapshot_type()),
        status: text(sdk.status()),
        engine: text(sdk.engine()),
        engine_version: text(sdk.engine_version()),
        allocated_storage_gib: natural(sdk.allocated_storage().unwrap_or(0)),
        full_size_bytes: None,
        encrypted: sdk.storage_encrypted().unwrap_or(false),
        kms_key_id: owned(sdk.kms_key_id()),
        shared_with: Evidence::from(shared),
    };
    let arn = Place::told(sdk.db_cluster_snapshot_arn(), || {
        place.arn("rds", &format!("cluster-snapshot:{id}"))
    });
    let config = ResourceConfig::RdsDbClusterSnapshot(snapshot);
    let resource = place.resource(arn, id, tags(sdk.tag_list()), config);
    complete(place, resource, sdk.kms_key_id(), timestamp(sdk.snapshot_create_time()))
}

fn complete(
    place: &Place,
    resource: Resource,
    key: Option<&str>,
    created_at: Option<Timestamp>,
) -> Resource {
    Resource {
        name: Some(resource.id.clone()),
        depends_on: key.map(|key| place.key_arn(key)).into_iter().collect(),
        created_at,
        ..resource
    }
}

#[cfg(test)]
mod tests {
    use miyabi_types::{id::IamAction, resource::ResourceKind};

    use super::*;
    use crate::testing::{
        aws::{Answer, Asked, empty, error, sdk},
        coverage, of_kind, place, scan,
    };

    #[test]
    fn a_snapshot_tells_what_it_was_taken_of_and_needs_its_key() {
        let sdk = types::DbSnapshot::builder()
            .db_instance_identifier("shop")
            .snapshot_type("manual")
            .status("available")
            .engine("postgres")
            .allocated_storage(100)
            .encrypted(true)
            .kms_key_id("arn:aws:kms:us-east-1:123456789012:key/k")
            .full_snapshot_size_in_bytes(1 << 30)
            .build();
        let all = Ok(vec!["111111111111".into(), "all".into()]);
        let resource = of_instance(&place(), "before-upgrade", &sdk, all);
        let arn = "arn:aws:rds:us-east-1:123456789012:snapshot:before-upgrade";
        assert_eq!(resource.arn.as_str(), arn);
        assert_eq!(resource.depends_on[0].resource(), "key/k");
        let ResourceConfig::RdsDbSnapshot(snapshot) = resource.config else { panic!() };
        assert_eq!((&*snapshot.database_id, snapshot.full_size_bytes), ("shop", Some(1 << 30)));
        assert_eq!(snapshot.is_public(), Evidence::Known(true));
    }

    fn snapshots(asked: &Asked) -> Answer {
        let item = |id, kind| {
            format!(
                "<DBSnapshot><DBSnapshotIdentifier>{id}</DBSnapshotIdentifier>\
                 <SnapshotType>{kind}</SnapshotType></DBSnapshot>"
            )
        };
        let restore = |who| {
            format!(
                "<DBSnapshotAttribute><AttributeName>restore</AttributeName><AttributeValues>\
                 <AttributeValue>{who}</AttributeValue></AttributeValues></DBSnapshotAttribute>"
            )
        };
        let body = match asked.operation.as_str() {
            "DescribeDBSnapshots" => {
                let items = [item("nightly", "automated"), item("open", "manual")].concat();
                format!("<DBSnapshots>{items}{}</DBSnapshots>", item("secret", "manual"))
            }
            "DescribeDBSnapshotAttributes" if asked.body.contains("=open") => format!(
                "<DBSnapshotAttributesResult><DBSnapshotAttributes>{}</DBSnapshotAttributes>\
                 </DBSnapshotAttributesResult>",
                restore("all")
            ),
            "DescribeDBSnapshotAttributes" => return error(asked, 403, "AccessDenied"),
            _ => return empty(asked),
        };
        let operation = &asked.operation;
        let body = format!(
            "<{operation}Response><{operation}Result>{body}</{operation}Result></{operation}Response>"
        );
        (200, body.into_bytes())
    }

    #[tokio::test]
    async fn a_snapshot_whose_permissions_are_refused_is_neither_public_nor_private() {
        let scanned = scan(sdk(snapshots), "us-east-1").await;
        let found = of_kind(&scanned, ResourceKind::RdsDbSnapshot);
        let public: Vec<_> = found
            .iter()
            .map(|resource| match &resource.config {
                ResourceConfig::RdsDbSnapshot(snapshot) => snapshot.is_public(),
                other => panic!("{other:?}"),
            })
            .collect();
        let action = IamAction::parse("rds:DescribeDBSnapshotAttributes").unwrap();
        let denied = Evidence::Unavailable(Unavailable::denied(action));
        assert_eq!(public, [Evidence::Known(false), Evidence::Known(true), denied]);
        let why = coverage(&scanned, "rds:DescribeDBSnapshotAttributes").get().unwrap_err();
        assert_eq!(why.reason, "access denied (for 1 of 2 reads)", "nobody asks of automated ones");
    }

    #[test]
    fn a_cluster_snapshot_is_a_kind_of_its_own() {
        let sdk = types::DbClusterSnapshot::builder()
            .db_cluster_identifier("shop")
            .snapshot_type("manual")
            .storage_encrypted(true)
            .build();
        let resource = of_cluster(&place(), "weekly", &sdk, Ok(Vec::new()));
        let arn = "arn:aws:rds:us-east-1:123456789012:cluster-snapshot:weekly";
        assert_eq!(resource.arn.as_str(), arn);
        let ResourceConfig::RdsDbClusterSnapshot(snapshot) = resource.config else { panic!() };
        assert!(snapshot.encrypted);
        assert_eq!(snapshot.is_public(), Evidence::Known(false));
    }
}
