//! The strategy for the next cycle, from the whole history.

use std::collections::BTreeMap;

use miyabi_types::{
    id::CheckId,
    strategy::{CheckRecord, HistoryEntry, Strategy},
};

use crate::{calibration::confidence_permille, trend};

/// The strategy that a history teaches. The order of its lines does not matter, and of two lines of
/// one cycle the later one counts.
pub fn strategy(history: &[HistoryEntry]) -> Strategy {
    // Cycle ids sort by time.
    let cycles: BTreeMap<_, _> = history.iter().map(|entry| (entry.cycle, entry)).collect();
    let entries: Vec<&HistoryEntry> = cycles.into_values().collect();
    let mut by_check: BTreeMap<&CheckId, Vec<(u32, &CheckRecord)>> = BTreeMap::new();
    for (age, entry) in (0..).zip(entries.iter().rev()) {
        for (check, record) in &entry.checks {
            by_check.entry(check).or_default().push((age, record));
        }
    }
    Strategy {
        cycle: entries.last().map(|entry| entry.cycle),
        checks: by_check
            .into_iter()
            .map(|(check, records)| (check.clone(), total(&records)))
            .collect(),
        cost_trend: trend::cost(&entries),
        score_trend: trend::score(&entries),
    }
}

/// Everything that was ever experienced with a check, and how far to trust it now.
fn total(records: &[(u32, &CheckRecord)]) -> CheckRecord {
    let mut total = CheckRecord {
        confidence_permille: confidence_permille(records.iter().copied()),
        ..CheckRecord::default()
    };
    for (_, record) in records {
        total.completed += record.completed;
        total.failed += record.failed;
        total.rejected += record.rejected;
        total.promised += record.promised;
        total.measured += record.measured;
    }
    total
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{check, cycle, line};

    fn failed(n: u32) -> HistoryEntry {
        let mut entry = line(n, 100, None);
        let record = CheckRecord { failed: 1, ..CheckRecord::default() };
        entry.checks.insert(check("gp2"), record);
        entry
    }

    #[test]
    fn counts_add_up_and_the_order_of_lines_does_not_matter() {
        let lines = [failed(1), failed(2), line(3, 100, None)];
        let learned = strategy(&lines);
        assert_eq!(learned.cycle, Some(cycle(3)));
        assert_eq!(learned.checks[&check("gp2")].failed, 2);
        let [a, b, c] = lines;
        assert_eq!(strategy(&[c, a, b]), learned);
    }

    #[test]
    fn a_cycle_that_is_delivered_twice_counts_once() {
        assert_eq!(strategy(&[failed(1), failed(1)]), strategy(&[failed(1)]));
    }

    #[test]
    fn a_quiet_check_gets_its_trust_back() {
        let trust = |quiet: u32| {
            let history: Vec<_> =
                (1..=5).map(failed).chain((6..6 + quiet).map(|n| line(n, 100, None))).collect();
            strategy(&history).confidence_permille(&check("gp2"))
        };
        assert!(trust(0) < 250, "{}", trust(0));
        assert!((1..20).all(|n| trust(n) > trust(n - 1)));
        assert!(trust(10) > 250, "{}", trust(10));
    }

    #[test]
    fn without_history_nothing_is_known() {
        assert_eq!(strategy(&[]), Strategy::default());
    }
}
