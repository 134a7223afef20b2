//! # What
//! A region in which GuardDuty is off.
//! # Why
//! Nobody is told of stolen credentials or of machines that mine.
//! # Evidence
//! `guardduty:ListDetectors` and `GetDetector`.
//! # Silent when
//! The region has a detector that is enabled; a suspended one is not.
//! # Remedy and risk
//! None proposed: GuardDuty is charged by the events it reads.
//! # References
//! Security Hub GuardDuty.1.

use miyabi_types::{
    finding::Severity,
    resource::{Resource, ResourceConfig, ResourceKind},
};

use crate::check::{Check, Context, FSBP, Found, Judge, SECURITY, Threshold, Verdict};

/// See the module.
pub const CHECK: Check = Check {
    id: "guardduty_detector_missing",
    title: "GuardDuty is off in the region",
    severity: Severity::High,
    // Of these there is one in every region.
    kinds: &[ResourceKind::Ec2RegionDefaults],
    controls: &["GuardDuty.1"],
    thresholds: &[Threshold { what: "enabled detectors", value: "at least 1" }],
    references: &[FSBP],
    judge: Judge::Logic(judge),
    ..SECURITY
};

fn judge(region: &Resource, context: &Context<'_>) -> Verdict {
    let detectors = match context.all(ResourceKind::GuardDutyDetector, region) {
        Ok(detectors) => detectors,
        Err(why) => return Verdict::NotEvaluated(why.clone()),
    };
    let mut evidence = "there is no detector";
    for detector in detectors {
        let ResourceConfig::GuardDutyDetector(detector) = &detector.config else { continue };
        match detector.settings.get() {
            Err(why) => return Verdict::NotEvaluated(why.clone()),
            Ok(settings) if settings.enabled => return Verdict::Clear,
            Ok(_) => evidence = "its detector is suspended",
        }
    }
    Found::risk(evidence, None)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{Expect, check, check_in, denied, deny, detector, region_defaults, world};
    use miyabi_types::{evidence::Evidence, resource::guardduty::DetectorSettings};

    #[test]
    fn judges() {
        let region = region_defaults(|_| {});
        check(&CHECK, "none", region.clone(), Expect::Risk);
        let suspended = DetectorSettings {
            enabled: false,
            publishing_frequency: None,
            features: std::collections::BTreeMap::new(),
        };
        let suspended = detector(|d| d.settings = Evidence::Known(suspended));
        let unread = detector(|d| d.settings = denied("guardduty:GetDetector"));
        for (case, detector, expect) in [
            ("on", detector(|_| {}), Expect::Clear),
            ("suspended", suspended, Expect::Risk),
            ("unread", unread, Expect::NotEvaluated("denied")),
        ] {
            check_in(&CHECK, case, world([region.clone(), detector]), &region, expect);
        }
        let mut unlisted = world([region.clone()]);
        deny(&mut unlisted, "guardduty:ListDetectors", &[ResourceKind::GuardDutyDetector]);
        check_in(&CHECK, "denied", unlisted, &region, Expect::NotEvaluated("denied"));
    }
}
