//! Reads that several EC2 operations share.

use aws_sdk_ec2::types::{Instance, InstanceStateName, Tag, Volume};
use serde_json::{Map, Value};

use crate::{
    accounts::Clients,
    error::{Result, failed},
};

/// The tag that names the cycle in which Miyabi made a resource.
pub const CYCLE_TAG: &str = "miyabi:cycle";
/// The tag that names the action for which Miyabi made a resource.
pub const ACTION_TAG: &str = "miyabi:action";

/// The instance; `None` once it is terminated or forgotten.
pub async fn instance(aws: &Clients, id: &str) -> Result<Option<Instance>> {
    let found = aws
        .ec2
        .describe_instances()
        .instance_ids(id)
        .send()
        .await
        .map_err(failed("ec2:DescribeInstances"));
    let answer = match found {
        Err(error) if error.is(&["InvalidInstanceID.NotFound"]) => return Ok(None),
        other => other?,
    };
    Ok(answer
        .reservations
        .unwrap_or_default()
        .into_iter()
        .flat_map(|reservation| reservation.instances.unwrap_or_default())
        .find(|instance| {
            instance.instance_id() == Some(id)
                && state_of(instance) != InstanceStateName::Terminated
                && state_of(instance) != InstanceStateName::ShuttingDown
        }))
}

/// The state of an instance; `pending` where AWS does not say yet.
pub fn state_of(instance: &Instance) -> InstanceStateName {
    instance.state().and_then(|state| state.name()).cloned().unwrap_or(InstanceStateName::Pending)
}

/// Begins to stop an instance; nothing happens where it is stopping already.
pub async fn stop(aws: &Clients, id: &str) -> Result<()> {
    aws.ec2.stop_instances().instance_ids(id).send().await.map_err(failed("ec2:StopInstances"))?;
    Ok(())
}

/// Begins to start an instance; nothing happens where it is starting already.
pub async fn start(aws: &Clients, id: &str) -> Result<()> {
    aws.ec2
        .start_instances()
        .instance_ids(id)
        .send()
        .await
        .map_err(failed("ec2:StartInstances"))?;
    Ok(())
}

/// The volume; `None` once it is deleted.
pub async fn volume(aws: &Clients, id: &str) -> Result<Option<Volume>> {
    let found = aws
        .ec2
        .describe_volumes()
        .volume_ids(id)
        .send()
        .await
        .map_err(failed("ec2:DescribeVolumes"));
    match found {
        Err(error) if error.is(&["InvalidVolume.NotFound"]) => Ok(None),
        other => Ok(other?
            .volumes
            .unwrap_or_default()
            .into_iter()
            .find(|volume| volume.volume_id() == Some(id))),
    }
}

/// Tags that may be set again: AWS keeps the prefix `aws:` to itself.
pub fn tags_to_json(tags: &[Tag]) -> Value {
    let pairs: Map<String, Value> = tags
        .iter()
        .filter_map(|tag| Some((tag.key()?, tag.value().unwrap_or_default())))
        .filter(|(key, _)| !key.starts_with("aws:"))
        .map(|(key, value)| (key.to_owned(), value.into()))
        .collect();
    Value::Object(pairs)
}

/// The tags kept by [`tags_to_json`], with `more` of them.
pub fn tags_from_json(kept: &Value, more: &[(&str, &str)]) -> Vec<Tag> {
    let kept = kept.as_object().into_iter().flatten();
    kept.map(|(key, value)| (key.as_str(), value.as_str().unwrap_or_default()))
        .filter(|(key, _)| more.iter().all(|(other, _)| other != key))
        .chain(more.iter().copied())
        .map(|(key, value)| Tag::builder().key(key).value(value).build())
        .collect()
}
