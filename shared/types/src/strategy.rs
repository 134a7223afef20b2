//! What past cycles taught: read by the next cycle's planning and allocation.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    artifact::Versioned,
    id::{CheckId, CycleId},
    money::MonthlyUsd,
};

/// What is known of one check's promises.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckRecord {
    /// Changes that were done and stayed.
    pub completed: u32,
    /// Changes that failed or were rolled back.
    pub failed: u32,
    /// Changes that a person rejected.
    pub rejected: u32,
    /// What the completed changes promised to save, as far as it could be measured.
    pub promised: MonthlyUsd,
    /// What they were measured to save.
    pub measured: MonthlyUsd,
    /// How far to trust the check, per mille; see `miyabi-learning` for the formula.
    pub confidence_permille: u32,
}

/// The strategy for the next cycle.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Strategy {
    /// The cycle it was learned from last.
    pub cycle: Option<CycleId>,
    /// By check; absent means nothing is known yet.
    pub checks: BTreeMap<CheckId, CheckRecord>,
    /// Where the account's list price is going, in micro-USD a month; absent before two cycles.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost_trend: Option<Trend>,
    /// Where the security score is going, in per mille; absent before two cycles with a score.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub score_trend: Option<Trend>,
}

/// Where a figure is going.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trend {
    /// Cycles it was read from.
    pub cycles: u32,
    /// Which way; see `miyabi-learning` for how much is steady.
    pub direction: Direction,
    /// How much it changes in 30 days, in the figure's unit.
    pub change_per_30_days: i64,
}

/// Which way a figure is going.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// Down.
    Falling,
    /// Neither.
    Steady,
    /// Up.
    Rising,
}

impl Versioned for Strategy {
    const NAME: &'static str = "strategy";
}

impl Strategy {
    /// How far to trust a check, per mille; full trust while nothing speaks against it.
    pub fn confidence_permille(&self, check: &CheckId) -> u32 {
        self.checks.get(check).map_or(1000, |record| record.confidence_permille)
    }
}

/// One line of a tenant's history: a finished cycle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HistoryEntry {
    /// The cycle.
    pub cycle: CycleId,
    /// When it finished.
    pub at: Timestamp,
    /// List price of the account before acting.
    pub cost_before: MonthlyUsd,
    /// What acting was to save.
    pub promised_saving: MonthlyUsd,
    /// What it saved, measured on World₁; absent if nothing was executed.
    pub measured_saving: Option<MonthlyUsd>,
    /// Security score before, per mille.
    pub score_before: Option<u32>,
    /// Security score after, per mille; absent if nothing was executed.
    pub score_after: Option<u32>,
    /// What this cycle taught of each check.
    pub checks: BTreeMap<CheckId, CheckRecord>,
}

impl Versioned for HistoryEntry {
    const NAME: &'static str = "history";
}
