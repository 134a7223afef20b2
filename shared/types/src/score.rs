//! The security score, as Security Hub defines it.
//!
//! Source: AWS Security Hub User Guide, "Determining security scores" and
//! "Determining the overall status of controls" (read 2026-11).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{finding::Severity, id::ControlId};

/// The overall status of a control.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ControlStatus {
    /// Every finding passed.
    Passed,
    /// At least one finding failed.
    Failed,
    /// None failed, and at least one could not be judged.
    Unknown,
    /// No finding.
    NoData,
    /// Switched off.
    Disabled,
}

/// The findings of one control, counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ControlTally {
    /// The control's severity.
    pub severity: Severity,
    /// Resources that passed.
    pub passed: u64,
    /// Resources that failed.
    pub failed: u64,
    /// Resources, or scopes, that could not be judged.
    pub unknown: u64,
    /// Whether the control is switched off.
    #[serde(default)]
    pub disabled: bool,
}

impl ControlTally {
    /// Nothing counted yet.
    pub const fn new(severity: Severity) -> Self {
        Self { severity, passed: 0, failed: 0, unknown: 0, disabled: false }
    }

    /// The overall status: failed wins over unknown, unknown over passed.
    pub const fn status(&self) -> ControlStatus {
        if self.disabled {
            ControlStatus::Disabled
        } else if self.failed > 0 {
            ControlStatus::Failed
        } else if self.unknown > 0 {
            ControlStatus::Unknown
        } else if self.passed > 0 {
            ControlStatus::Passed
        } else {
            ControlStatus::NoData
        }
    }
}

/// The security score of a World.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Score {
    /// Per mille of `passed / (passed + failed + unknown)` over controls with data; absent without any.
    pub permille: Option<u32>,
    /// The same, each control weighted by severity (critical 10, high 7, medium 4, low 1).
    pub weighted_permille: Option<u32>,
    /// Controls by status.
    pub statuses: BTreeMap<ControlStatus, u32>,
    /// Every control.
    pub controls: BTreeMap<ControlId, ControlTally>,
}

impl Score {
    /// The score of these controls.
    pub fn of(controls: BTreeMap<ControlId, ControlTally>) -> Self {
        let mut statuses = BTreeMap::new();
        let (mut passed, mut all, mut passed_weight, mut all_weight) = (0_u32, 0_u32, 0_u32, 0_u32);
        for tally in controls.values() {
            let status = tally.status();
            *statuses.entry(status).or_insert(0) += 1;
            let counts = matches!(
                status,
                ControlStatus::Passed | ControlStatus::Failed | ControlStatus::Unknown
            );
            if counts {
                all += 1;
                all_weight += weight(tally.severity);
            }
            if status == ControlStatus::Passed {
                passed += 1;
                passed_weight += weight(tally.severity);
            }
        }
        Self {
            permille: ratio(passed, all),
            weighted_permille: ratio(passed_weight, all_weight),
            statuses,
            controls,
        }
    }

    /// The score in percent, rounded to the nearest whole number as Security Hub shows it.
    pub fn percent(&self) -> Option<u32> {
        self.permille.map(|permille| (permille + 5) / 10)
    }
}

fn ratio(part: u32, whole: u32) -> Option<u32> {
    (whole > 0).then(|| (part * 1000 + whole / 2) / whole)
}

const fn weight(severity: Severity) -> u32 {
    match severity {
        Severity::Critical => 10,
        Severity::High => 7,
        Severity::Medium => 4,
        Severity::Low => 1,
        Severity::Informational => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn controls(passed: u32, failed: u32, no_data: u32) -> BTreeMap<ControlId, ControlTally> {
        let tally =
            |passed, failed| ControlTally { passed, failed, ..ControlTally::new(Severity::Medium) };
        let mut all = Vec::new();
        all.extend((0..passed).map(|_| tally(1, 0)));
        all.extend((0..failed).map(|_| tally(9_999, 1)));
        all.extend((0..no_data).map(|_| tally(0, 0)));
        all.into_iter()
            .enumerate()
            .map(|(i, tally)| (ControlId::parse(format!("EC2.{i}")).unwrap(), tally))
            .collect()
    }

    // The two worked examples of the user guide.
    #[test]
    fn agrees_with_the_user_guide() {
        assert_eq!(Score::of(controls(7, 3, 0)).percent(), Some(70));
        assert_eq!(Score::of(controls(6, 4, 2)).percent(), Some(60));
    }

    #[test]
    fn unknown_counts_against_and_no_data_does_not() {
        let mut all = controls(9, 0, 1);
        let unknown = ControlTally { unknown: 1, passed: 5, ..ControlTally::new(Severity::High) };
        assert_eq!(unknown.status(), ControlStatus::Unknown);
        all.insert(ControlId::parse("IAM.1").unwrap(), unknown);
        assert_eq!(Score::of(all).percent(), Some(90));
        assert_eq!(Score::of(controls(0, 0, 3)).percent(), None);
    }

    #[test]
    fn a_disabled_control_leaves_the_denominator() {
        let mut all = controls(1, 0, 0);
        let disabled =
            ControlTally { failed: 1, disabled: true, ..ControlTally::new(Severity::High) };
        all.insert(ControlId::parse("IAM.1").unwrap(), disabled);
        assert_eq!(Score::of(all).percent(), Some(100));
    }
}
