//! Changes type and performance of a volume while it is in use.

use async_trait::async_trait;
use aws_sdk_ec2::types::{VolumeModification, VolumeModificationState, VolumeType};
use miyabi_types::action::{Action, Settings, TargetState};
use serde_json::json;

use super::{Setting, ec2::volume, wanted};
use crate::{
    accounts::Clients,
    error::{ExecutionError, Result, failed},
    step::Step,
};

pub struct ModifyVolume;

const POLL_SECONDS: u32 = 10;

#[async_trait]
impl Setting for ModifyVolume {
    async fn read(&self, aws: &Clients, action: &Action) -> Result<TargetState> {
        Ok(volume(aws, &action.resource_id).await?.map_or(TargetState::Absent, |volume| {
            let kind = json!(volume.volume_type().map(VolumeType::as_str));
            // Where performance follows from type and size, it is no setting and cannot differ.
            if let Some(kind) = volume.volume_type()
                && !has_iops(kind)
            {
                let planned = [&action.expected, &action.desired];
                let same_type =
                    |state: &&&TargetState| state.setting("volume_type") == kind.as_str();
                if let Some(state) = planned.iter().find(same_type) {
                    return (**state).clone();
                }
            }
            TargetState::present([
                ("volume_type", kind),
                ("iops", json!(volume.iops())),
                ("throughput_mibps", json!(volume.throughput())),
            ])
        }))
    }

    async fn set(&self, aws: &Clients, action: &Action, to: &Settings) -> Result<Step<()>> {
        let id = &action.resource_id;
        let latest = latest_modification(aws, id).await?;
        let state = latest.as_ref().and_then(VolumeModification::modification_state);
        // A volume is of the new type as soon as it is `optimizing`; that goes on for hours.
        if state == Some(&VolumeModificationState::Modifying) {
            return Ok(Step::wait(POLL_SECONDS));
        }
        let live = self.read(aws, action).await?;
        if live == TargetState::Present(to.clone()) {
            return Ok(Step::Done(()));
        }
        if let (Some(VolumeModificationState::Failed), Some(latest)) = (state, &latest) {
            // A failure of ours; an older one of somebody else had another target.
            if latest.target_volume_type().map(VolumeType::as_str)
                == to.get("volume_type").and_then(|t| t.as_str())
            {
                return Err(ExecutionError::NotDone(format!(
                    "the modification of volume {id} failed: {}",
                    latest.status_message().unwrap_or("AWS gave no reason")
                )));
            }
        }
        let volume_type = VolumeType::from(wanted::<String>(to, "volume_type")?.as_str());
        let has_iops = has_iops(&volume_type);
        let has_throughput = volume_type == VolumeType::Gp3;
        aws.ec2
            .modify_volume()
            .volume_id(id)
            .set_iops(wanted::<Option<i32>>(to, "iops")?.filter(|_| has_iops))
            .set_throughput(
                wanted::<Option<i32>>(to, "throughput_mibps")?.filter(|_| has_throughput),
            )
            .volume_type(volume_type)
            .send()
            .await
            .map_err(failed("ec2:ModifyVolume"))?;
        Ok(Step::wait(POLL_SECONDS))
    }
}

/// Whether a volume of this type can be told its performance; the other types refuse it.
pub const fn has_iops(volume_type: &VolumeType) -> bool {
    matches!(volume_type, VolumeType::Gp3 | VolumeType::Io1 | VolumeType::Io2)
}

async fn latest_modification(aws: &Clients, id: &str) -> Result<Option<VolumeModification>> {
    let found = aws
        .ec2
        .describe_volumes_modifications()
        .volume_ids(id)
        .send()
        .await
        .map_err(failed("ec2:DescribeVolumesModifications"));
    match found {
        Err(error)
            if error.is(&["InvalidVolumeModification.NotFound", "InvalidVolume.NotFound"]) =>
        {
            Ok(None)
        }
        other => Ok(other?
            .volumes_modifications
            .unwrap_or_default()
            .into_iter()
            .max_by_key(|modification| modification.start_time().copied())),
    }
}
