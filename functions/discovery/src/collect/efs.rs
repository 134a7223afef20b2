//! EFS file systems.

use std::collections::BTreeMap;

use aws_sdk_efs::{Client, types};
use futures::FutureExt;
use miyabi_types::{
    evidence::{Evidence, Unavailable},
    id::Arn,
    resource::{
        Resource, ResourceConfig,
        ResourceKind::{EfsAccessPoint, EfsFileSystem},
        efs::{AccessPoint, FileSystem, Lifecycle, PosixUser},
    },
};

use super::{
    Collected, Collector, Reach,
    cloudwatch::{self, Source},
    ec2::{network_interface_arn, subnet_arn},
    owned, tags, timestamp,
};
use crate::{
    call::Call,
    lists::{Known, pages},
    place::Place,
    scope::Scan,
};

const FILE_SYSTEMS: Call = Call::lists("elasticfilesystem:DescribeFileSystems", &[EfsFileSystem]);
const ACCESS_POINTS: Call =
    Call::lists("elasticfilesystem:DescribeAccessPoints", &[EfsAccessPoint]);
const LIFECYCLE: Call = Call::details("elasticfilesystem:DescribeLifecycleConfiguration");
const BACKUP_POLICY: Call = Call::details("elasticfilesystem:DescribeBackupPolicy");
const MOUNT_TARGETS: Call = Call::details("elasticfilesystem:DescribeMountTargets");

/// Reads EFS.
pub const COLLECTOR: Collector = Collector {
    service: "elasticfilesystem",
    reach: Reach::Regional,
    calls: &[
        FILE_SYSTEMS,
        ACCESS_POINTS,
        LIFECYCLE,
        BACKUP_POLICY,
        MOUNT_TARGETS,
        cloudwatch::GET_METRIC_DATA,
    ],
    collect: |scan| collect(scan).boxed(),
};

async fn collect(scan: &Scan) -> Collected {
    let client = &Client::new(scan.sdk());
    tokio::join!(file_systems(scan, client), access_points(scan, client));
    Collected::default()
}

async fn access_points(scan: &Scan, client: &Client) {
    let paginator = client.describe_access_points().max_results(100).into_paginator().send();
    let work = |points: Vec<types::AccessPointDescription>| async move {
        points.iter().filter_map(|point| access_point(&scan.place, point)).collect()
    };
    scan.stream(ACCESS_POINTS, pages(paginator, |page| page.access_points), work).await;
}

fn access_point(place: &Place, point: &types::AccessPointDescription) -> Option<Resource> {
    let id = point.access_point_id()?;
    let root = point.root_directory().and_then(types::RootDirectory::path);
    let config = AccessPoint {
        file_system_id: point.file_system_id()?.to_owned(),
        state: point.life_cycle_state().map_or("", types::LifeCycleState::as_str).to_owned(),
        root_directory: root.unwrap_or("/").to_owned(),
        posix_user: point.posix_user().map(|user| PosixUser { uid: user.uid(), gid: user.gid() }),
    };
    let depends_on = vec![file_system_arn(place, &config.file_system_id)];
    let arn = Place::told(point.access_point_arn(), || {
        place.arn("elasticfilesystem", &format!("access-point/{id}"))
    });
    let tags = tags(point.tags().iter().map(|tag| (Some(tag.key()), Some(tag.value()))));
    let resource = place.resource(arn, id, tags, ResourceConfig::EfsAccessPoint(config));
    Some(Resource { depends_on, ..resource })
}

fn file_system_arn(place: &Place, id: &str) -> Arn {
    place.arn("elasticfilesystem", &format!("file-system/{id}"))
}

fn system_arn(place: &Place, system: &types::FileSystemDescription) -> Arn {
    Place::told(system.file_system_arn(), || file_system_arn(place, system.file_system_id()))
}

async fn file_systems(scan: &Scan, client: &Client) {
    let paginator = client.describe_file_systems().max_items(100).into_paginator().send();
    let one = |system: types::FileSystemDescription| async move {
        let id = system.file_system_id();
        let (lifecycle, backups, mount_targets) = tokio::join!(
            lifecycle(scan, client, id),
            automatic_backups(scan, client, id),
            mount_targets(scan, client, id),
        );
        resource(&scan.place, &system, Settings { lifecycle, backups, mount_targets })
    };
    let work = |systems| async move {
        let mut resources = scan.each(systems, one).await;
        cloudwatch::fill_utilization_from(scan, metrics, &mut resources).await;
        resources
    };
    let systems = pages(paginator, |page| page.file_systems);
    let is_known = |known: &Known, system: &types::FileSystemDescription| {
        known.has(system_arn(&scan.place, system).as_str())
    };
    scan.stream_on(FILE_SYSTEMS, systems, is_known, work).await;
}

/// Bytes stored are reported whether anybody is there or not, clients and traffic while they are there.
/// Source: Amazon EFS User Guide, `CloudWatch` metrics for Amazon EFS.
fn metrics(resource: &Resource) -> Vec<Source> {
    let metric = |name, more: Option<(&'static str, &str)>| {
        let mut dimensions = vec![("FileSystemId", resource.id.clone())];
        dimensions.extend(more.map(|(name, value)| (name, value.to_owned())));
        Source { namespace: "AWS/EFS", name, dimensions }
    };
    vec![
        metric("ClientConnections", None),
        metric("MeteredIOBytes", None),
        metric("StorageBytes", Some(("StorageClass", "Total"))),
    ]
}

/// What calls of their own tell.
struct Settings {
    lifecycle: Result<Lifecycle, Unavailable>,
    backups: Result<bool, Unavailable>,
    mount_targets: Result<Vec<types::MountTargetDescription>, Unavailable>,
}

async fn lifecycle(scan: &Scan, client: &Client, id: &str) -> Result<Lifecycle, Unavailable> {
    let call = client.describe_lifecycle_configuration().file_system_id(id).send();
    let answer = scan.read(LIFECYCLE, call).await?;
    Ok(rules(answer.lifecycle_policies()))
}

/// Each rule comes in a policy of its own.
fn rules(policies: &[types::LifecyclePolicy]) -> Lifecycle {
    Lifecycle {
        to_infrequent_access: policies.iter().find_map(|policy| {
            owned(policy.transition_to_ia().map(types::TransitionToIaRules::as_str))
        }),
        to_archive: policies.iter().find_map(|policy| {
            owned(policy.transition_to_archive().map(types::TransitionToArchiveRules::as_str))
        }),
        to_standard: policies.iter().find_map(|policy| {
            owned(
                policy
                    .transition_to_primary_storage_class()
                    .map(types::TransitionToPrimaryStorageClassRules::as_str),
            )
        }),
    }
}

async fn automatic_backups(scan: &Scan, client: &Client, id: &str) -> Result<bool, Unavailable> {
    let call = client.describe_backup_policy().file_system_id(id).send();
    let answer = scan.find(BACKUP_POLICY, &["PolicyNotFound"], call).await?;
    let policy = answer.and_then(|answer| answer.backup_policy);
    Ok(policy.is_some_and(|policy| {
        matches!(policy.status(), types::Status::Enabled | types::Status::Enabling)
    }))
}

async fn mount_targets(
    scan: &Scan,
    client: &Client,
    id: &str,
) -> Result<Vec<types::MountTargetDescription>, Unavailable> {
    let pages = client.describe_mount_targets().file_system_id(id).into_paginator().items().send();
    scan.list(MOUNT_TARGETS, pages.collect::<Result<Vec<_>, _>>()).await
}

/// The id of each mount target, by subnet.
fn by_subnet(targets: &[types::MountTargetDescription]) -> BTreeMap<String, String> {
    let ids = targets.iter().map(|t| (t.subnet_id().to_owned(), t.mount_target_id().to_owned()));
    ids.collect()
}

fn resource(place: &Place, system: &types::FileSystemDescription, settings: Settings) -> Resource {
    let id = system.file_system_id();
    let size = system.size_in_bytes();
    let targets = settings.mount_targets.as_deref();
    let target_ids = targets.map(by_subnet).map_err(Clone::clone);
    let bytes = |bytes: Option<i64>| bytes.and_then(|bytes| u64::try_from(bytes).ok());
    let config = FileSystem {
        state: system.life_cycle_state().as_str().to_owned(),
        performance_mode: system.performance_mode().as_str().to_owned(),
        throughput_mode: system
            .throughput_mode()
            .map_or("bursting", |mode| mode.as_str())
            .to_owned(),
        provisioned_mibps: system.provisioned_throughput_in_mibps(),
        encrypted: system.encrypted().unwrap_or(false),
        kms_key_id: owned(system.kms_key_id()),
        availability_zone: owned(system.availability_zone_name()),
        size_bytes: bytes(size.map(types::FileSystemSize::value)).unwrap_or(0),
        standard_bytes: bytes(size.and_then(types::FileSystemSize::value_in_standard)),
        infrequent_access_bytes: bytes(size.and_then(types::FileSystemSize::value_in_ia)),
        archive_bytes: bytes(size.and_then(types::FileSystemSize::value_in_archive)),
        mount_target_ids: target_ids.clone().unwrap_or_default(),
        subnet_ids: Evidence::from(target_ids.map(|ids| ids.into_keys().collect())),
        lifecycle: Evidence::from(settings.lifecycle),
        automatic_backups: Evidence::from(settings.backups),
    };
    let subnets = config.subnet_ids.known().into_iter().flatten();
    let subnets = subnets.map(|subnet| subnet_arn(place, subnet));
    // The interfaces tell the security groups.
    let interfaces = targets.unwrap_or_default().iter().filter_map(|t| t.network_interface_id());
    let interfaces = interfaces.map(|id| network_interface_arn(place, id));
    let key = config.kms_key_id.iter().map(|key| place.key_arn(key));
    let depends_on = subnets.chain(interfaces).chain(key).collect();
    let arn = system_arn(place, system);
    let tags = tags(system.tags().iter().map(|tag| (Some(tag.key()), Some(tag.value()))));
    let resource = place.resource(arn, id, tags, ResourceConfig::EfsFileSystem(config));
    let created_at = timestamp(Some(system.creation_time()));
    Resource { depends_on, created_at, ..resource }
}

#[cfg(test)]
mod tests {
    use aws_sdk_efs::types::{
        FileSystemDescription, FileSystemSize, LifeCycleState, LifecyclePolicy, PerformanceMode,
        Tag, TransitionToArchiveRules, TransitionToIaRules,
    };
    use aws_smithy_types::DateTime;
    use miyabi_types::id::IamAction;

    use super::*;
    use crate::testing::{
        aws::{Answer, Asked, empty, error, sdk},
        of_kind, place, scan,
    };

    #[test]
    fn an_access_point_tells_what_its_users_see_and_who_they_are() {
        let point = |root: Option<&str>, user: Option<types::PosixUser>| {
            let root = root.map(|path| types::RootDirectory::builder().path(path).build());
            let sdk = types::AccessPointDescription::builder()
                .access_point_id("fsap-1")
                .file_system_id("fs-1")
                .set_root_directory(root)
                .set_posix_user(user)
                .build();
            let resource = access_point(&place(), &sdk).unwrap();
            assert_eq!(resource.depends_on[0].resource(), "file-system/fs-1");
            match resource.config {
                ResourceConfig::EfsAccessPoint(config) => {
                    (config.root_directory, config.posix_user)
                }
                other => panic!("{other:?}"),
            }
        };
        let user = types::PosixUser::builder().uid(1000).gid(100).build().unwrap();
        let bound = point(Some("/app"), Some(user));
        assert_eq!(bound, ("/app".into(), Some(PosixUser { uid: 1000, gid: 100 })));
        assert_eq!(point(None, None), ("/".into(), None));
    }

    #[test]
    fn a_file_system_tells_its_sizes_and_needs_its_subnets_and_interfaces() {
        let size = FileSystemSize::builder().value(30).value_in_standard(10).value_in_ia(20);
        let sdk = FileSystemDescription::builder()
            .owner_id("123456789012")
            .creation_token("token")
            .file_system_id("fs-1")
            .creation_time(DateTime::from_secs(1_700_000_000))
            .life_cycle_state(LifeCycleState::Available)
            .number_of_mount_targets(1)
            .size_in_bytes(size.build())
            .performance_mode(PerformanceMode::GeneralPurpose)
            .encrypted(true)
            .kms_key_id("arn:aws:kms:us-east-1:123456789012:key/k")
            .tags(Tag::builder().key("Name").value("shared").build().unwrap())
            .build()
            .unwrap();
        let policies = [
            LifecyclePolicy::builder().transition_to_ia(TransitionToIaRules::After30Days).build(),
            LifecyclePolicy::builder()
                .transition_to_archive(TransitionToArchiveRules::After90Days)
                .build(),
        ];
        let target = types::MountTargetDescription::builder()
            .mount_target_id("fsmt-1")
            .file_system_id("fs-1")
            .subnet_id("subnet-1")
            .network_interface_id("eni-1")
            .life_cycle_state(LifeCycleState::Available)
            .build()
            .unwrap();
        let settings = Settings {
            lifecycle: Ok(rules(&policies)),
            backups: Ok(true),
            mount_targets: Ok(vec![target]),
        };
        let resource = resource(&place(), &sdk, settings);
        assert_eq!(resource.arn.resource(), "file-system/fs-1");
        assert_eq!(resource.name.as_deref(), Some("shared"));
        let needed: Vec<_> = resource.depends_on.iter().map(Arn::resource).collect();
        assert_eq!(needed, ["subnet/subnet-1", "network-interface/eni-1", "key/k"]);
        let ResourceConfig::EfsFileSystem(system) = resource.config else { panic!() };
        assert_eq!((system.size_bytes, system.infrequent_access_bytes), (30, Some(20)));
        assert_eq!((&*system.throughput_mode, system.archive_bytes), ("bursting", None));
        let lifecycle = system.lifecycle.known().unwrap();
        assert_eq!(lifecycle.to_infrequent_access.as_deref(), Some("AFTER_30_DAYS"));
        assert_eq!(lifecycle.to_archive.as_deref(), Some("AFTER_90_DAYS"));
        assert_eq!(lifecycle.to_standard, None);
    }

    fn one_system(asked: &Asked) -> Answer {
        let system = r#"{"FileSystems":[{"OwnerId":"1","CreationToken":"t","FileSystemId":"fs-1",
            "CreationTime":1700000000,"LifeCycleState":"available","NumberOfMountTargets":0,
            "SizeInBytes":{"Value":6},"PerformanceMode":"generalPurpose","Tags":[]}]}"#;
        match asked.operation.as_str() {
            _ if asked.service != "elasticfilesystem" => empty(asked),
            path if path.ends_with("/backup-policy") => error(asked, 404, "PolicyNotFound"),
            path if path.ends_with("/lifecycle-configuration") => {
                error(asked, 403, "AccessDeniedException")
            }
            path if path.contains("/mount-targets") => (200, br#"{"MountTargets":[]}"#.into()),
            _ => (200, system.as_bytes().to_vec()),
        }
    }

    #[tokio::test]
    async fn no_backup_policy_is_known_and_a_refused_lifecycle_is_not() {
        let scanned = scan(sdk(one_system), "us-east-1").await;
        let found = of_kind(&scanned, EfsFileSystem);
        let ResourceConfig::EfsFileSystem(system) = &found[0].config else { panic!() };
        assert_eq!(system.automatic_backups, Evidence::Known(false));
        assert_eq!(system.subnet_ids, Evidence::Known(Vec::new()));
        let action = "elasticfilesystem:DescribeLifecycleConfiguration";
        let denied = Unavailable::denied(IamAction::parse(action).unwrap());
        assert_eq!(system.lifecycle, Evidence::Unavailable(denied));
    }
}
