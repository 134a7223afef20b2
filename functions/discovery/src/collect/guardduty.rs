//! GuardDuty's detectors.

use std::collections::BTreeMap;

use aws_sdk_guardduty::{
    Client,
    operation::get_detector::GetDetectorOutput,
    types::{DetectorStatus, FeatureStatus, FindingPublishingFrequency},
};
use futures::FutureExt;
use jiff::Timestamp;
use miyabi_types::{
    evidence::Unavailable,
    resource::{
        Resource, ResourceConfig,
        ResourceKind::GuardDutyDetector,
        Tags,
        guardduty::{Detector, DetectorSettings},
    },
};

use super::{Collected, Collector, Reach, or_none, owned};
use crate::{call::Call, place::Place, scope::Scan};

const DETECTORS: Call = Call::lists("guardduty:ListDetectors", &[GuardDutyDetector]);
const DETECTOR: Call = Call::details("guardduty:GetDetector");

/// Reads GuardDuty.
pub const COLLECTOR: Collector = Collector {
    service: "guardduty",
    reach: Reach::Regional,
    calls: &[DETECTORS, DETECTOR],
    collect: |scan| collect(scan).boxed(),
};

async fn collect(scan: &Scan) -> Collected {
    let client = &Client::new(scan.sdk());
    let pages = client.list_detectors().into_paginator().items().send();
    let ids = or_none(scan.list(DETECTORS, pages.collect::<Result<Vec<_>, _>>()).await);
    let resources = scan.each(ids, |id: String| async move {
        let call = client.get_detector().detector_id(&id).send();
        resource(&scan.place, &id, scan.read(DETECTOR, call).await)
    });
    resources.await.into()
}

fn resource(place: &Place, id: &str, answer: Result<GetDetectorOutput, Unavailable>) -> Resource {
    let detector =
        Detector { settings: answer.as_ref().map(settings).map_err(Clone::clone).into() };
    let arn = place.arn("guardduty", &format!("detector/{id}"));
    let resource =
        place.resource(arn, id, Tags::new(), ResourceConfig::GuardDutyDetector(detector));
    match answer {
        Ok(answer) => Resource {
            created_at: answer.created_at().and_then(|time| time.parse::<Timestamp>().ok()),
            tags: answer.tags.unwrap_or_default().into_iter().collect(),
            ..resource
        },
        Err(why) => Resource { tags_unavailable: Some(why), ..resource },
    }
}

fn settings(answer: &GetDetectorOutput) -> DetectorSettings {
    let frequency = answer.finding_publishing_frequency().map(FindingPublishingFrequency::as_str);
    let on = |status: Option<&FeatureStatus>| status == Some(&FeatureStatus::Enabled);
    let mut features = BTreeMap::new();
    for feature in answer.features() {
        let Some(name) = feature.name() else { continue };
        features.insert(name.as_str().to_owned(), on(feature.status()));
        for more in feature.additional_configuration() {
            let Some(configuration) = more.name() else { continue };
            let name = format!("{}.{}", name.as_str(), configuration.as_str());
            features.insert(name, on(more.status()));
        }
    }
    DetectorSettings {
        enabled: answer.status() == Some(&DetectorStatus::Enabled),
        publishing_frequency: owned(frequency),
        features,
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_guardduty::types::{
        DetectorAdditionalConfigurationResult, DetectorFeatureConfigurationResult,
        DetectorFeatureResult, FeatureAdditionalConfiguration,
    };
    use miyabi_types::{evidence::Evidence, id::IamAction};

    use super::*;
    use crate::testing::place;

    #[test]
    fn a_detector_tells_whether_it_works_and_on_what() {
        let feature = |name, status| {
            DetectorFeatureConfigurationResult::builder().name(name).status(status).build()
        };
        let agents = DetectorAdditionalConfigurationResult::builder()
            .name(FeatureAdditionalConfiguration::Ec2AgentManagement)
            .status(FeatureStatus::Enabled)
            .build();
        let runtime = DetectorFeatureConfigurationResult::builder()
            .name(DetectorFeatureResult::RuntimeMonitoring)
            .status(FeatureStatus::Enabled)
            .additional_configuration(agents)
            .build();
        let answer = GetDetectorOutput::builder()
            .status(DetectorStatus::Enabled)
            .created_at("2024-01-02T03:04:05.000Z")
            .finding_publishing_frequency(FindingPublishingFrequency::SixHours)
            .features(feature(DetectorFeatureResult::S3DataEvents, FeatureStatus::Enabled))
            .features(feature(DetectorFeatureResult::EksAuditLogs, FeatureStatus::Disabled))
            .features(runtime)
            .tags("team", "security")
            .build();
        let resource = resource(&place(), "d1", Ok(answer));
        assert_eq!(resource.arn.resource(), "detector/d1");
        assert_eq!(resource.created_at.unwrap().to_string(), "2024-01-02T03:04:05Z");
        assert_eq!(resource.tags["team"], "security");
        let ResourceConfig::GuardDutyDetector(detector) = resource.config else { panic!() };
        let settings = detector.settings.known().unwrap();
        assert!(settings.enabled);
        assert_eq!(settings.publishing_frequency.as_deref(), Some("SIX_HOURS"));
        let features: Vec<_> = settings.features.iter().map(|(k, on)| (&**k, *on)).collect();
        let expected = [
            ("EKS_AUDIT_LOGS", false),
            ("RUNTIME_MONITORING", true),
            ("RUNTIME_MONITORING.EC2_AGENT_MANAGEMENT", true),
            ("S3_DATA_EVENTS", true),
        ];
        assert_eq!(features, expected);
    }

    #[test]
    fn a_detector_that_may_not_be_read_is_not_taken_for_one_that_is_off() {
        let denied = Unavailable::denied(IamAction::parse("guardduty:GetDetector").unwrap());
        let resource = resource(&place(), "d1", Err(denied.clone()));
        assert_eq!(resource.tags_unavailable.as_ref(), Some(&denied));
        let ResourceConfig::GuardDutyDetector(detector) = resource.config else { panic!() };
        assert_eq!(detector.settings, Evidence::Unavailable(denied));
    }
}
