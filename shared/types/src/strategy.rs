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
    /// What the completed changes promised to save.
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
