//! Controls of GuardDuty's detectors that compare one setting.

use miyabi_types::{
    evidence::Unavailable,
    finding::Severity,
    resource::{ResourceKind, guardduty::Detector},
};

use super::super::row::{ROW, Row, of};
use crate::check::{Check, FSBP_QUOTED, Reading, Threshold};

/// The table.
pub const CHECKS: [Check; 9] = [
    Row {
        id: "guardduty_no_eks_audit_logs",
        title: "GuardDuty does not watch audit logs of Kubernetes clusters",
        control: &["GuardDuty.5"],
        severity: Severity::High,
        kinds: &[ResourceKind::GuardDutyDetector],
        must: &[Threshold { what: "EKS_AUDIT_LOGS", value: "enabled" }],
        read: of!(GuardDutyDetector, |detector| feature(detector, "EKS_AUDIT_LOGS")),
        ..ROW
    }
    .check(),
    Row {
        id: "guardduty_no_lambda",
        title: "GuardDuty does not watch network activity of functions",
        control: &["GuardDuty.6"],
        severity: Severity::High,
        kinds: &[ResourceKind::GuardDutyDetector],
        must: &[Threshold { what: "LAMBDA_NETWORK_LOGS", value: "enabled" }],
        read: of!(GuardDutyDetector, |detector| feature(detector, "LAMBDA_NETWORK_LOGS")),
        ..ROW
    }
    .check(),
    Row {
        id: "guardduty_no_kubernetes_agent",
        title: "GuardDuty does not put its agent on Kubernetes clusters",
        control: &["GuardDuty.7"],
        severity: Severity::High,
        kinds: &[ResourceKind::GuardDutyDetector],
        must: &[Threshold {
            what: "EKS_ADDON_MANAGEMENT",
            value: "enabled, of RUNTIME_MONITORING or EKS_RUNTIME_MONITORING",
        }],
        read: of!(GuardDutyDetector, |detector| agent(
            detector,
            &["RUNTIME_MONITORING", "EKS_RUNTIME_MONITORING"],
            "EKS_ADDON_MANAGEMENT"
        )),
        ..ROW
    }
    .check(),
    Row {
        id: "guardduty_no_malware",
        title: "GuardDuty does not watch malware on volumes",
        control: &["GuardDuty.8"],
        severity: Severity::High,
        kinds: &[ResourceKind::GuardDutyDetector],
        must: &[Threshold { what: "EBS_MALWARE_PROTECTION", value: "enabled" }],
        read: of!(GuardDutyDetector, |detector| feature(detector, "EBS_MALWARE_PROTECTION")),
        ..ROW
    }
    .check(),
    Row {
        id: "guardduty_no_rds",
        title: "GuardDuty does not watch logins to databases",
        control: &["GuardDuty.9"],
        severity: Severity::High,
        kinds: &[ResourceKind::GuardDutyDetector],
        must: &[Threshold { what: "RDS_LOGIN_EVENTS", value: "enabled" }],
        read: of!(GuardDutyDetector, |detector| feature(detector, "RDS_LOGIN_EVENTS")),
        ..ROW
    }
    .check(),
    Row {
        id: "guardduty_no_s3",
        title: "GuardDuty does not watch reads and writes of objects",
        control: &["GuardDuty.10"],
        severity: Severity::High,
        kinds: &[ResourceKind::GuardDutyDetector],
        must: &[Threshold { what: "S3_DATA_EVENTS", value: "enabled" }],
        read: of!(GuardDutyDetector, |detector| feature(detector, "S3_DATA_EVENTS")),
        ..ROW
    }
    .check(),
    Row {
        id: "guardduty_no_runtime",
        title: "GuardDuty does not watch what runs inside of machines and containers",
        control: &["GuardDuty.11"],
        severity: Severity::High,
        kinds: &[ResourceKind::GuardDutyDetector],
        must: &[Threshold { what: "RUNTIME_MONITORING", value: "enabled" }],
        read: of!(GuardDutyDetector, |detector| feature(detector, "RUNTIME_MONITORING")),
        ..ROW
    }
    .check(),
    Row {
        id: "guardduty_no_fargate_agent",
        title: "GuardDuty does not put its agent into Fargate's containers",
        control: &["GuardDuty.12"],
        references: &[FSBP_QUOTED],
        kinds: &[ResourceKind::GuardDutyDetector],
        must: &[Threshold { what: "ECS_FARGATE_AGENT_MANAGEMENT", value: "enabled" }],
        read: of!(GuardDutyDetector, |detector| agent(
            detector,
            &["RUNTIME_MONITORING"],
            "ECS_FARGATE_AGENT_MANAGEMENT"
        )),
        ..ROW
    }
    .check(),
    Row {
        id: "guardduty_no_instance_agent",
        title: "GuardDuty does not put its agent on instances",
        control: &["GuardDuty.13"],
        kinds: &[ResourceKind::GuardDutyDetector],
        must: &[Threshold { what: "EC2_AGENT_MANAGEMENT", value: "enabled" }],
        read: of!(GuardDutyDetector, |detector| agent(
            detector,
            &["RUNTIME_MONITORING"],
            "EC2_AGENT_MANAGEMENT"
        )),
        ..ROW
    }
    .check(),
];

/// A protection of a detector that works; of one that does not, none is on.
fn feature(detector: &Detector, name: &str) -> Reading {
    Reading::of(&detector.settings, |settings| {
        let on = settings.enabled && settings.features.get(name) == Some(&true);
        Reading::must(on, "off")
    })
}

/// Whether a detector that works puts its agent somewhere by itself, for one of these protections.
fn agent(detector: &Detector, protections: &[&str], management: &str) -> Reading {
    Reading::of(&detector.settings, |settings| {
        let on = |name: &str| settings.enabled && settings.features.get(name) == Some(&true);
        let watching: Vec<_> = protections.iter().filter(|name| on(name)).collect();
        let configured =
            |name: &&&str| settings.features.keys().any(|key| key.starts_with(&format!("{name}.")));
        if !watching.is_empty() && !watching.iter().any(configured) {
            return Reading::Unknown(Unavailable::because("AWS did not say where its agent goes"));
        }
        Reading::must(watching.iter().any(|name| on(&format!("{name}.{management}"))), "off")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{
        Expect::{Clear, NotEvaluated, Risk},
        check_table, denied, detector,
    };
    use miyabi_types::evidence::Evidence;

    fn off(detector: &mut Detector, name: &str) {
        let Evidence::Known(settings) = &mut detector.settings else { panic!("known") };
        settings.features.insert(name.into(), false);
    }

    fn unconfigured(detector: &mut Detector) {
        let Evidence::Known(settings) = &mut detector.settings else { panic!("known") };
        settings.features.retain(|name, _| !name.contains('.'));
    }

    #[test]
    fn every_row_judges() {
        check_table(
            &CHECKS,
            vec![
                ("GuardDuty.5", detector(|_| {}), Clear),
                ("GuardDuty.5", detector(|d| off(d, "EKS_AUDIT_LOGS")), Risk),
                ("GuardDuty.6", detector(|_| {}), Clear),
                ("GuardDuty.6", detector(|d| off(d, "LAMBDA_NETWORK_LOGS")), Risk),
                ("GuardDuty.7", detector(|_| {}), Clear),
                ("GuardDuty.7", detector(|d| off(d, "RUNTIME_MONITORING")), Risk),
                (
                    "GuardDuty.7",
                    detector(|d| off(d, "RUNTIME_MONITORING.EKS_ADDON_MANAGEMENT")),
                    Risk,
                ),
                ("GuardDuty.7", detector(unconfigured), NotEvaluated("did not say")),
                ("GuardDuty.8", detector(|_| {}), Clear),
                ("GuardDuty.8", detector(|d| off(d, "EBS_MALWARE_PROTECTION")), Risk),
                ("GuardDuty.9", detector(|_| {}), Clear),
                ("GuardDuty.9", detector(|d| off(d, "RDS_LOGIN_EVENTS")), Risk),
                ("GuardDuty.10", detector(|_| {}), Clear),
                ("GuardDuty.10", detector(|d| off(d, "S3_DATA_EVENTS")), Risk),
                (
                    "GuardDuty.10",
                    detector(|d| d.settings = denied("guardduty:GetDetector")),
                    NotEvaluated("denied"),
                ),
                ("GuardDuty.11", detector(|_| {}), Clear),
                ("GuardDuty.11", detector(|d| off(d, "RUNTIME_MONITORING")), Risk),
                ("GuardDuty.12", detector(|_| {}), Clear),
                (
                    "GuardDuty.12",
                    detector(|d| off(d, "RUNTIME_MONITORING.ECS_FARGATE_AGENT_MANAGEMENT")),
                    Risk,
                ),
                ("GuardDuty.13", detector(|_| {}), Clear),
                (
                    "GuardDuty.13",
                    detector(|d| off(d, "RUNTIME_MONITORING.EC2_AGENT_MANAGEMENT")),
                    Risk,
                ),
            ],
        );
    }
}
