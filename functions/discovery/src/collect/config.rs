//! AWS Config: recorders and delivery channels.

use std::collections::BTreeMap;

use aws_sdk_config::{
    Client,
    types::{
        self, ConfigurationRecorder, ConfigurationRecorderStatus, ExclusionByResourceTypes,
        MaximumExecutionFrequency, RecordingFrequency, RecordingGroup, RecordingMode,
        RecordingStrategyType, ResourceType,
    },
};
use futures::{FutureExt, TryFutureExt};
use miyabi_types::{
    evidence::{Evidence, Unavailable},
    id::Arn,
    resource::{
        Resource, ResourceConfig,
        ResourceKind::{ConfigDeliveryChannel, ConfigRecorder},
        Tags,
        config::{DeliveryChannel, Recorder, RecorderStatus},
    },
};

use super::{Collected, Collector, Reach, or_none, owned, sorted, timestamp};
use crate::{call::Call, place::Place, scope::Scan};

const RECORDERS: Call = Call::lists("config:DescribeConfigurationRecorders", &[ConfigRecorder]);
const STATUS: Call = Call::details("config:DescribeConfigurationRecorderStatus");
const CHANNELS: Call = Call::lists("config:DescribeDeliveryChannels", &[ConfigDeliveryChannel]);

/// Reads AWS Config.
pub const COLLECTOR: Collector = Collector {
    service: "config",
    reach: Reach::Regional,
    calls: &[RECORDERS, STATUS, CHANNELS],
    collect: |scan| collect(scan).boxed(),
};

async fn collect(scan: &Scan) -> Collected {
    let client = &Client::new(scan.sdk());
    let place = &scan.place;
    let (mut resources, channels) =
        tokio::join!(recorders(scan, client), Box::pin(channels(scan, client)));
    resources.extend(channels.iter().filter_map(|channel| channel_resource(place, channel)));
    resources.into()
}

async fn recorders(scan: &Scan, client: &Client) -> Vec<Resource> {
    let call = client.describe_configuration_recorders().send();
    let call = call.map_ok(|answer| answer.configuration_recorders.unwrap_or_default());
    let recorders = or_none(scan.list(RECORDERS, call).await);
    if recorders.is_empty() {
        return Vec::new();
    }
    let status = status(scan, client).await;
    let resource = |recorder| recorder_resource(&scan.place, recorder, &status);
    recorders.iter().filter_map(resource).collect()
}

type Statuses = Result<BTreeMap<String, RecorderStatus>, Unavailable>;

async fn status(scan: &Scan, client: &Client) -> Statuses {
    let call = client.describe_configuration_recorder_status().send();
    let answer = scan.read(STATUS, call).await?;
    let statuses = answer.configuration_recorders_status().iter();
    Ok(statuses.filter_map(|s| Some((s.name()?.to_owned(), recorder_status(s)))).collect())
}

fn recorder_status(status: &ConfigurationRecorderStatus) -> RecorderStatus {
    RecorderStatus {
        recording: status.recording(),
        last_status: owned(status.last_status().map(types::RecorderStatus::as_str)),
        last_error: owned(status.last_error_code()),
        started_at: timestamp(status.last_start_time()),
    }
}

async fn channels(scan: &Scan, client: &Client) -> Vec<types::DeliveryChannel> {
    let call = client.describe_delivery_channels().send();
    let call = call.map_ok(|answer| answer.delivery_channels.unwrap_or_default());
    or_none(scan.list(CHANNELS, call).await)
}

fn recorder_resource(
    place: &Place,
    recorder: &ConfigurationRecorder,
    statuses: &Statuses,
) -> Option<Resource> {
    let name = recorder.name()?;
    let group = recorder.recording_group();
    let types = |types: &[ResourceType]| sorted(types.iter().map(|t| t.as_str().to_owned()));
    let strategy = group.and_then(|group| group.recording_strategy()?.use_only());
    let frequency = recorder.recording_mode().map(RecordingMode::recording_frequency);
    let config = Recorder {
        role_arn: owned(recorder.role_arn()),
        strategy: owned(strategy.map(RecordingStrategyType::as_str)),
        all_supported: group.is_some_and(RecordingGroup::all_supported),
        includes_global_types: group.is_some_and(RecordingGroup::include_global_resource_types),
        included_types: types(group.map(RecordingGroup::resource_types).unwrap_or_default()),
        excluded_types: types(
            group
                .and_then(|group| group.exclusion_by_resource_types())
                .map(ExclusionByResourceTypes::resource_types)
                .unwrap_or_default(),
        ),
        frequency: owned(frequency.map(RecordingFrequency::as_str)),
        service: owned(recorder.service_principal()),
        status: Evidence::from(statuses.clone().map(|mut statuses| statuses.remove(name))),
    };
    let depends_on = config.role_arn.as_deref().and_then(|role| Arn::parse(role).ok());
    let arn = Place::told(recorder.arn(), || {
        place.arn("config", &format!("configuration-recorder/{name}"))
    });
    let config = ResourceConfig::ConfigRecorder(config);
    let resource = place.resource(arn, name, Tags::new(), config);
    Some(Resource {
        name: Some(name.to_owned()),
        depends_on: depends_on.into_iter().collect(),
        tags_unavailable: Some(Unavailable::because("tags of recorders are not read")),
        ..resource
    })
}

fn channel_resource(place: &Place, channel: &types::DeliveryChannel) -> Option<Resource> {
    let name = channel.name()?;
    let frequency = channel.config_snapshot_delivery_properties();
    let frequency = frequency.and_then(|properties| properties.delivery_frequency());
    let config = DeliveryChannel {
        bucket: owned(channel.s3_bucket_name()),
        kms_key_arn: owned(channel.s3_kms_key_arn()),
        topic_arn: owned(channel.sns_topic_arn()),
        snapshot_frequency: owned(frequency.map(MaximumExecutionFrequency::as_str)),
    };
    let depends_on = [
        config.bucket.as_deref().map(|bucket| place.bucket_arn(bucket)),
        config.kms_key_arn.as_deref().map(|key| place.key_arn(key)),
        config.topic_arn.as_deref().and_then(|topic| Arn::parse(topic).ok()),
    ];
    let arn = place.arn("config", &format!("delivery-channel/{name}"));
    let config = ResourceConfig::ConfigDeliveryChannel(config);
    let resource = place.resource(arn, name, Tags::new(), config);
    Some(Resource {
        name: Some(name.to_owned()),
        depends_on: depends_on.into_iter().flatten().collect(),
        ..resource
    })
}

#[cfg(test)]
mod tests {
    use aws_sdk_config::types::{ConfigSnapshotDeliveryProperties, RecordingStrategy};
    use miyabi_types::id::IamAction;

    use super::*;
    use crate::testing::place;

    fn recorder() -> ConfigurationRecorder {
        let group = RecordingGroup::builder()
            .all_supported(false)
            .recording_strategy(
                RecordingStrategy::builder()
                    .use_only(RecordingStrategyType::ExclusionByResourceTypes)
                    .build(),
            )
            .exclusion_by_resource_types(
                ExclusionByResourceTypes::builder().resource_types(ResourceType::Instance).build(),
            )
            .build();
        ConfigurationRecorder::builder()
            .name("default")
            .role_arn("arn:aws:iam::123456789012:role/config")
            .recording_group(group)
            .build()
    }

    #[test]
    fn a_recorder_tells_what_it_records_and_whether_it_works() {
        let status = ConfigurationRecorderStatus::builder()
            .recording(true)
            .last_status(types::RecorderStatus::Failure)
            .last_error_code("AccessDenied")
            .build();
        let statuses = Ok([("default".into(), recorder_status(&status))].into());
        let resource = recorder_resource(&place(), &recorder(), &statuses).unwrap();
        assert_eq!(resource.depends_on[0].resource(), "role/config");
        let ResourceConfig::ConfigRecorder(recorder) = resource.config else { panic!() };
        assert_eq!(recorder.strategy.as_deref(), Some("EXCLUSION_BY_RESOURCE_TYPES"));
        assert_eq!(recorder.excluded_types, ["AWS::EC2::Instance"]);
        assert!(!recorder.all_supported && recorder.included_types.is_empty());
        let status = recorder.status.known().unwrap().as_ref().unwrap();
        assert!(status.recording);
        assert_eq!(status.last_status.as_deref(), Some("Failure"));
        assert_eq!(status.last_error.as_deref(), Some("AccessDenied"));
    }

    #[test]
    fn a_recorder_whose_status_is_denied_is_not_taken_for_one_that_is_off() {
        let action = "config:DescribeConfigurationRecorderStatus";
        let denied = Unavailable::denied(IamAction::parse(action).unwrap());
        let resource = recorder_resource(&place(), &recorder(), &Err(denied.clone())).unwrap();
        let ResourceConfig::ConfigRecorder(recorder) = resource.config else { panic!() };
        assert_eq!(recorder.status, Evidence::Unavailable(denied));
    }

    #[test]
    fn a_channel_needs_its_bucket() {
        let sdk = types::DeliveryChannel::builder()
            .name("default")
            .s3_bucket_name("config-logs")
            .config_snapshot_delivery_properties(
                ConfigSnapshotDeliveryProperties::builder()
                    .delivery_frequency(MaximumExecutionFrequency::OneHour)
                    .build(),
            )
            .build();
        let resource = channel_resource(&place(), &sdk).unwrap();
        assert_eq!(resource.depends_on[0].as_str(), "arn:aws:s3:::config-logs");
        let ResourceConfig::ConfigDeliveryChannel(channel) = resource.config else { panic!() };
        assert_eq!(channel.snapshot_frequency.as_deref(), Some("One_Hour"));
    }
}
