//! Calibration: how far to trust a check, from what became of its changes.
//!
//! ```text
//! confidence = (1 + kept) / (1 + tried)
//! tried = Σ w · (completed + failed + rejected)
//! kept  = Σ w · completed · r        r = measured / promised, between 0 and 1
//! ```
//!
//! over the cycles of the history, each weighing `w` = 0.9 to the power of its age in cycles. It is
//! the mean of a Beta distribution that begins with one kept promise: a check of which nothing is
//! known has full trust. A completed change counts as kept by the share of its promise that was
//! measured; more than was promised in one cycle does not make up for less in another. Where nothing
//! was promised, or nothing could be measured, completing it keeps it. Because old cycles fade, a
//! check that is no longer acted on is trusted again after a while and gets another try.

use miyabi_types::{money::MonthlyUsd, strategy::CheckRecord};

/// What is left of a cycle's weight one cycle later: half of it is gone after six to seven cycles.
const MEMORY: f64 = 0.9;

/// The confidence, per mille, that records leave, given from the oldest to the newest cycle with
/// the age of each in cycles (0 is the newest).
pub fn confidence_permille<'a>(records: impl IntoIterator<Item = (u32, &'a CheckRecord)>) -> u32 {
    let (mut kept, mut tried) = (0.0, 0.0);
    for (age, record) in records {
        let weight = MEMORY.powi(i32::try_from(age).unwrap_or(i32::MAX));
        let completed = f64::from(record.completed);
        tried += weight * (completed + f64::from(record.failed) + f64::from(record.rejected));
        kept += weight * completed * share_kept(record);
    }
    ((1.0 + kept) / (1.0 + tried) * 1000.0).round() as u32
}

/// The share of the promised money that was measured, between 0 and 1; 1 where none was promised.
fn share_kept(record: &CheckRecord) -> f64 {
    if record.promised <= MonthlyUsd::ZERO {
        return 1.0;
    }
    (record.measured.micros() as f64 / record.promised.micros() as f64).clamp(0.0, 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(
        completed: u32,
        failed: u32,
        rejected: u32,
        promised: i64,
        measured: i64,
    ) -> CheckRecord {
        CheckRecord {
            completed,
            failed,
            rejected,
            promised: MonthlyUsd::from_micros(promised),
            measured: MonthlyUsd::from_micros(measured),
            confidence_permille: 0,
        }
    }

    #[test]
    fn trust_follows_what_was_kept() {
        for (why, record, expected) in [
            ("nothing tried", record(0, 0, 0, 0, 0), 1000),
            ("kept in full", record(4, 0, 0, 100, 100), 1000),
            ("more than promised is not more than kept", record(4, 0, 0, 100, 300), 1000),
            ("nothing promised: done is kept", record(3, 0, 0, 0, 0), 1000),
            ("half the money", record(1, 0, 0, 100, 50), 750),
            ("no money", record(1, 0, 0, 100, 0), 500),
            ("dearer than before", record(1, 0, 0, 100, -40), 500),
            ("one failure", record(0, 1, 0, 0, 0), 500),
            ("rejected three times", record(0, 0, 3, 0, 0), 250),
            ("one of two failed", record(1, 1, 0, 10, 10), 667),
        ] {
            assert_eq!(confidence_permille([(0, &record)]), expected, "{why}");
        }
    }

    #[test]
    fn old_failures_fade_and_success_brings_trust_back() {
        let failed = record(0, 4, 0, 0, 0);
        let good = record(2, 0, 0, 10, 10);
        let at_once = confidence_permille([(0, &failed)]);
        let faded = confidence_permille([(10, &failed)]);
        let proven = confidence_permille([(10, &failed), (0, &good)]);
        assert!(at_once < faded && faded < proven, "{at_once} {faded} {proven}");
    }
}
