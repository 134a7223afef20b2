//! The security score, as Security Hub defines it.
//!
//! Source: AWS Security Hub User Guide, "Determining security scores" and
//! "Determining the overall status of controls" (read 2026-11).

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::{finding::Severity, id::ControlId, standard::Standard};

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
    /// No finding, or only such as are suppressed.
    NoData,
    /// Switched off.
    Disabled,
}

/// The findings of one control, counted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ControlTally {
    /// The control's severity.
    pub severity: Severity,
    /// Resources that passed.
    pub passed: u64,
    /// Resources that failed.
    pub failed: u64,
    /// Resources, or scopes, that could not be judged.
    pub unknown: u64,
    /// Resources that failed and are exempt: recorded, and left out of the status.
    #[serde(default, skip_serializing_if = "is_none")]
    pub suppressed: u64,
    /// Whether the control is switched off.
    #[serde(default)]
    pub disabled: bool,
    /// Standards that it belongs to.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub standards: BTreeSet<Standard>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for it")]
const fn is_none(count: &u64) -> bool {
    *count == 0
}

impl ControlTally {
    /// Nothing counted yet.
    pub const fn new(severity: Severity) -> Self {
        Self {
            severity,
            passed: 0,
            failed: 0,
            unknown: 0,
            suppressed: 0,
            disabled: false,
            standards: BTreeSet::new(),
        }
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

/// The score of one standard, or of all controls together.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StandardScore {
    /// Per mille of `passed / (passed + failed + unknown)` over controls with data; absent without any.
    pub permille: Option<u32>,
    /// The same, each control weighted by severity (critical 10, high 7, medium 4, low 1).
    pub weighted_permille: Option<u32>,
    /// Controls by status.
    pub statuses: BTreeMap<ControlStatus, u32>,
}

impl StandardScore {
    fn of<'a>(tallies: impl IntoIterator<Item = &'a ControlTally>) -> Self {
        let mut statuses = BTreeMap::new();
        let (mut passed, mut all, mut passed_weight, mut all_weight) = (0_u32, 0_u32, 0_u32, 0_u32);
        for tally in tallies {
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
        }
    }

    /// Controls of this status.
    pub fn count(&self, status: ControlStatus) -> u32 {
        self.statuses.get(&status).copied().unwrap_or_default()
    }

    /// The score in percent, rounded to the nearest whole number as Security Hub shows it.
    pub fn percent(&self) -> Option<u32> {
        percent(self.permille)
    }
}

/// The security score of a World.
///
/// The user guide defines the summary score twice on one page, and the two differ: as passed controls over
/// controls with data, all standards together (here [`Score::permille`]), and as the mean of the standards'
/// scores ([`Score::mean_of_standards`]). Both are shown, each by its name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Score {
    /// Per mille of `passed / (passed + failed + unknown)` over controls with data; absent without any.
    pub permille: Option<u32>,
    /// The same, each control weighted by severity (critical 10, high 7, medium 4, low 1).
    pub weighted_permille: Option<u32>,
    /// Controls by status.
    pub statuses: BTreeMap<ControlStatus, u32>,
    /// The same for each standard that has a control among these.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub standards: BTreeMap<Standard, StandardScore>,
    /// Every control.
    pub controls: BTreeMap<ControlId, ControlTally>,
}

impl Score {
    /// The score of these controls.
    pub fn of(controls: BTreeMap<ControlId, ControlTally>) -> Self {
        let StandardScore { permille, weighted_permille, statuses } =
            StandardScore::of(controls.values());
        let members: BTreeSet<Standard> =
            controls.values().flat_map(|tally| &tally.standards).copied().collect();
        let standards = members
            .into_iter()
            .map(|standard| {
                let members = controls.values().filter(|t| t.standards.contains(&standard));
                (standard, StandardScore::of(members))
            })
            .collect();
        Self { permille, weighted_permille, statuses, standards, controls }
    }

    /// The score of all controls together.
    pub fn overall(&self) -> StandardScore {
        StandardScore {
            permille: self.permille,
            weighted_permille: self.weighted_permille,
            statuses: self.statuses.clone(),
        }
    }

    /// The score in percent, rounded to the nearest whole number as Security Hub shows it.
    pub fn percent(&self) -> Option<u32> {
        percent(self.permille)
    }

    /// The mean, per mille, of the scores of the standards that have data; absent without any.
    pub fn mean_of_standards(&self) -> Option<u32> {
        let scores: Vec<u32> = self.standards.values().filter_map(|s| s.permille).collect();
        let count = u32::try_from(scores.len()).ok().filter(|count| *count > 0)?;
        Some((scores.iter().sum::<u32>() + count / 2) / count)
    }
}

fn percent(permille: Option<u32>) -> Option<u32> {
    permille.map(|permille| (permille + 5) / 10)
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
    fn what_is_suppressed_is_ignored_in_the_status() {
        let tally = |passed, failed| ControlTally {
            passed,
            failed,
            suppressed: 1,
            ..ControlTally::new(Severity::High)
        };
        assert_eq!(tally(0, 0).status(), ControlStatus::NoData, "the only failure is exempt");
        assert_eq!(tally(3, 0).status(), ControlStatus::Passed);
        assert_eq!(tally(3, 1).status(), ControlStatus::Failed);
    }

    #[test]
    fn the_two_summary_scores_differ() {
        let member = |passed, failed, standards: &[Standard]| ControlTally {
            passed,
            failed,
            standards: standards.iter().copied().collect(),
            ..ControlTally::new(Severity::Medium)
        };
        let score = Score::of(
            [
                ("EC2.1", member(1, 0, &[Standard::Fsbp])),
                ("EC2.2", member(1, 0, &[Standard::Fsbp, Standard::Cis5])),
                ("EC2.13", member(0, 1, &[Standard::Cis12])),
                ("IAM.1", member(0, 1, &[Standard::Fsbp])),
                ("IAM.2", member(0, 0, &[Standard::Cis3])),
            ]
            .map(|(id, tally)| (ControlId::parse(id).unwrap(), tally))
            .into(),
        );
        let of = |standard| score.standards[&standard].permille;
        assert_eq!(of(Standard::Fsbp), Some(667));
        assert_eq!((of(Standard::Cis5), of(Standard::Cis12)), (Some(1000), Some(0)));
        assert_eq!(of(Standard::Cis3), None, "a control without data");
        assert_eq!(score.permille, Some(500), "two of four");
        assert_eq!(score.mean_of_standards(), Some(556), "(667 + 1000 + 0) / 3");
    }

    #[test]
    fn a_score_of_an_earlier_version_still_reads() {
        let stored = serde_json::json!({
            "permille": 0, "weighted_permille": 0, "statuses": {"failed": 1},
            "controls": {"EC2.1": {"severity": "high", "passed": 0, "failed": 1, "unknown": 0}},
        });
        let score: Score = serde_json::from_value(stored).unwrap();
        assert!(score.standards.is_empty() && score.mean_of_standards().is_none());
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
