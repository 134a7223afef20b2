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
