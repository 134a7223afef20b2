//! Snapshots, then deletes an unattached volume. The undo makes a new volume from the snapshot.

use async_trait::async_trait;
use aws_sdk_ec2::types::{
    Filter, ResourceType, Snapshot, SnapshotState, TagSpecification, Volume, VolumeState,
    VolumeType,
};
use miyabi_types::action::{Action, TargetState};
use serde_json::{Value, json};

use super::{
    DirectAction,
    ec2::{ACTION_TAG, CYCLE_TAG, tags_from_json, tags_to_json, volume},
    modify_volume::has_iops,
};
use crate::{
    accounts::Clients,
    error::{ExecutionError, Result, failed},
    step::{Job, Restored, Step, is_half_way},
};

pub struct DeleteVolume;

/// Seconds between looks at a snapshot: it copies gigabytes.
const SNAPSHOT_POLL_SECONDS: u32 = 20;
/// Seconds between looks at a volume that is made or deleted.
const VOLUME_POLL_SECONDS: u32 = 5;

#[async_trait]
impl DirectAction for DeleteVolume {
    async fn read(&self, aws: &Clients, action: &Action) -> Result<TargetState> {
        Ok(volume(aws, &action.resource_id).await?.map_or(TargetState::Absent, |volume| {
            TargetState::present([
                ("state", json!(volume.state().map(VolumeState::as_str))),
                ("volume_type", json!(volume.volume_type().map(VolumeType::as_str))),
                ("size_gib", json!(volume.size())),
                ("encrypted", json!(volume.encrypted().unwrap_or(false))),
                ("availability_zone", json!(volume.availability_zone())),
            ])
        }))
    }

    async fn backup(&self, aws: &Clients, job: &Job<'_>) -> Result<Step<Value>> {
        let Some(volume) = volume(aws, &job.action.resource_id).await? else {
            return Err(ExecutionError::Stale(format!(
                "volume {} disappeared before it was backed up",
                job.action.resource_id
            )));
        };
        let noted = job.note["snapshot_id"].as_str();
        let Some(snapshot) = find_snapshot(aws, job, noted).await? else {
            if let Some(id) = noted {
                return Err(ExecutionError::NotDone(format!("snapshot {id} disappeared")));
            }
            let id = create_snapshot(aws, job, &volume).await?;
            return Ok(Step::wait_with(SNAPSHOT_POLL_SECONDS, json!({ "snapshot_id": id })));
        };
        let id = snapshot.snapshot_id().unwrap_or_default();
        match snapshot.state() {
            Some(SnapshotState::Completed) => Ok(Step::Done(json!({
                "snapshot_id": id,
                "iops": volume.iops(),
                "throughput_mibps": volume.throughput(),
                "tags": tags_to_json(volume.tags()),
            }))),
            Some(SnapshotState::Pending) | None => {
                Ok(Step::wait_with(SNAPSHOT_POLL_SECONDS, json!({ "snapshot_id": id })))
            }
            Some(state) => Err(ExecutionError::NotDone(format!(
                "snapshot {id} of volume {} ended as {}: {}",
                job.action.resource_id,
                state.as_str(),
                snapshot.state_message().unwrap_or("AWS gave no reason"),
            ))),
        }
    }

    async fn apply(&self, aws: &Clients, job: &Job<'_>) -> Result<Step<()>> {
        let id = &job.action.resource_id;
        let Some(volume) = volume(aws, id).await? else { return Ok(Step::Done(())) };
        if volume.state() == Some(&VolumeState::Deleting) {
            return Ok(Step::wait(VOLUME_POLL_SECONDS));
        }
        if job.kept("snapshot_id").as_str().is_none() {
            return Err(ExecutionError::Defect(format!(
                "volume {id} has no snapshot to go back to"
            )));
        }
        let deleted =
            aws.ec2.delete_volume().volume_id(id).send().await.map_err(failed("ec2:DeleteVolume"));
        match deleted {
            Err(error) if error.is(&["InvalidVolume.NotFound"]) => {}
            Err(error) if error.is(&["VolumeInUse"]) => {
                return Err(ExecutionError::Stale(error.to_string()));
            }
            other => {
                other?;
            }
        }
        Ok(Step::Done(()))
    }

    async fn undo(&self, aws: &Clients, job: &Job<'_>) -> Result<Step<Restored>> {
        let old = &job.action.resource_id;
        match volume(aws, old).await? {
            Some(volume) if volume.state() == Some(&VolumeState::Deleting) => {
                return Ok(Step::wait(VOLUME_POLL_SECONDS));
            }
            Some(_) => return Ok(Step::Done(Restored::Exactly)),
            None => {}
        }
        let Some(snapshot) = job.kept("snapshot_id").as_str() else {
            return Err(ExecutionError::NotDone(format!("volume {old} has no snapshot")));
        };
        let noted = job.note["volume_id"].as_str();
        let Some(new) = find_restored(aws, job, snapshot, noted).await? else {
            let id = create_volume(aws, job, snapshot).await?;
            return Ok(Step::wait_with(VOLUME_POLL_SECONDS, json!({ "volume_id": id })));
        };
        let id = new.volume_id().unwrap_or_default();
        match new.state() {
            Some(VolumeState::Available | VolumeState::InUse) => {
                Ok(Step::Done(Restored::Otherwise(format!(
                    "the data of volume {old} is back as the new volume {id}, from snapshot {snapshot}"
                ))))
            }
            Some(VolumeState::Creating) | None => {
                Ok(Step::wait_with(VOLUME_POLL_SECONDS, json!({ "volume_id": id })))
            }
            Some(state) => Err(ExecutionError::NotDone(format!(
                "volume {id} from snapshot {snapshot} is {}",
                state.as_str()
            ))),
        }
    }

    fn is_own_state(&self, live: &TargetState, job: &Job<'_>) -> bool {
        live.setting("state") == "deleting" || is_half_way(live, job.before(), &job.action.desired)
    }
}

/// The snapshot that this very action made before, by the id it noted or by its tags.
async fn find_snapshot(
    aws: &Clients,
    job: &Job<'_>,
    noted: Option<&str>,
) -> Result<Option<Snapshot>> {
    let request = aws.ec2.describe_snapshots();
    let request = match noted {
        Some(id) => request.snapshot_ids(id),
        None => request
            .owner_ids("self")
            .filters(filter("volume-id", &job.action.resource_id))
            .filters(filter(&format!("tag:{CYCLE_TAG}"), &job.cycle.to_string()))
            .filters(filter(&format!("tag:{ACTION_TAG}"), job.action.id.as_str())),
    };
    match request.send().await.map_err(failed("ec2:DescribeSnapshots")) {
        Err(error) if error.is(&["InvalidSnapshot.NotFound"]) => Ok(None),
        other => Ok(other?.snapshots.unwrap_or_default().into_iter().next()),
    }
}

async fn create_snapshot(aws: &Clients, job: &Job<'_>, volume: &Volume) -> Result<String> {
    let cycle = job.cycle.to_string();
    let tags = tags_from_json(
        &tags_to_json(volume.tags()),
        &[(CYCLE_TAG, &cycle), (ACTION_TAG, job.action.id.as_str())],
    );
    let snapshot = aws
        .ec2
        .create_snapshot()
        .volume_id(&job.action.resource_id)
        .description(format!("Miyabi: {} before its deletion", job.action.label))
        .tag_specifications(
            TagSpecification::builder()
                .resource_type(ResourceType::Snapshot)
                .set_tags(Some(tags))
                .build(),
        )
        .send()
        .await
        .map_err(failed("ec2:CreateSnapshot"))?;
    snapshot.snapshot_id.ok_or_else(|| ExecutionError::NotDone("AWS named no snapshot".into()))
}

/// The volume that this very undo made before, by the id it noted or by its tags.
async fn find_restored(
    aws: &Clients,
    job: &Job<'_>,
    snapshot: &str,
    noted: Option<&str>,
) -> Result<Option<Volume>> {
    if let Some(id) = noted {
        return volume(aws, id).await;
    }
    let found = aws
        .ec2
        .describe_volumes()
        .filters(filter("snapshot-id", snapshot))
        .filters(filter(&format!("tag:{CYCLE_TAG}"), &job.cycle.to_string()))
        .filters(filter(&format!("tag:{ACTION_TAG}"), job.action.id.as_str()))
        .send()
        .await
        .map_err(failed("ec2:DescribeVolumes"))?;
    Ok(found.volumes.unwrap_or_default().into_iter().next())
}

async fn create_volume(aws: &Clients, job: &Job<'_>, snapshot: &str) -> Result<String> {
    let before = job.before();
    let text = |name: &str| before.setting(name).as_str().unwrap_or_default().to_owned();
    let number = |name: &str| job.kept(name).as_i64().and_then(|n| i32::try_from(n).ok());
    let volume_type = VolumeType::from(text("volume_type").as_str());
    let has_iops = has_iops(&volume_type);
    let has_throughput = volume_type == VolumeType::Gp3;
    let cycle = job.cycle.to_string();
    let tags = tags_from_json(
        job.kept("tags"),
        &[(CYCLE_TAG, &cycle), (ACTION_TAG, job.action.id.as_str())],
    );
    let created = aws
        .ec2
        .create_volume()
        .snapshot_id(snapshot)
        .availability_zone(text("availability_zone"))
        .set_iops(number("iops").filter(|_| has_iops))
        .set_throughput(number("throughput_mibps").filter(|_| has_throughput))
        .volume_type(volume_type)
        .client_token(format!("{}-{cycle}", job.action.id))
        .tag_specifications(
            TagSpecification::builder()
                .resource_type(ResourceType::Volume)
                .set_tags(Some(tags))
                .build(),
        )
        .send()
        .await
        .map_err(failed("ec2:CreateVolume"))?;
    created.volume_id.ok_or_else(|| ExecutionError::NotDone("AWS named no volume".into()))
}

fn filter(name: &str, value: &str) -> Filter {
    Filter::builder().name(name).values(value).build()
}
