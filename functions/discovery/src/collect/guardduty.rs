//! GuardDuty's detectors.

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
    let features = answer.features().iter().filter_map(|feature| {
        let enabled = feature.status() == Some(&FeatureStatus::Enabled);
        Some((feature.name()?.as_str().to_owned(), enabled))
    });
    DetectorSettings {
        enabled: answer.status() == Some(&DetectorStatus::Enabled),
        publishing_frequency: owned(frequency),
        features: features.collect(),
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_guardduty::types::{DetectorFeatureConfigurationResult, DetectorFeatureResult};
    use miyabi_types::{evidence::Evidence, id::IamAction};

    use super::*;
    use crate::testing::place;

    #[test]
    fn a_detector_tells_whether_it_works_and_on_what() {
        let feature = |name, status| {
            DetectorFeatureConfigurationResult::builder().name(name).status(status).build()
        };
        let answer = GetDetectorOutput::builder()
            .status(DetectorStatus::Enabled)
            .created_at("2024-01-02T03:04:05.000Z")
            .finding_publishing_frequency(FindingPublishingFrequency::SixHours)
            .features(feature(DetectorFeatureResult::S3DataEvents, FeatureStatus::Enabled))
            .features(feature(DetectorFeatureResult::EksAuditLogs, FeatureStatus::Disabled))
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
        assert_eq!(features, [("EKS_AUDIT_LOGS", false), ("S3_DATA_EVENTS", true)]);
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
