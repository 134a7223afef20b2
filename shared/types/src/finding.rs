//! Judgements: what a check says of a resource.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::{
    evidence::Unavailable,
    id::{AccountId, Arn, CheckId, ControlId, FindingId, Region},
    money::MonthlyUsd,
    resource::ResourceKind,
    world::Scope,
};

/// How bad it is; Security Hub's scale.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Good to know.
    Informational,
    /// Need not be mended on its own.
    Low,
    /// Should be mended without urgency.
    Medium,
    /// Should be mended as a priority.
    High,
    /// Must be mended at once.
    Critical,
}

impl Severity {
    /// The scale from worst to least.
    pub const WORST_FIRST: [Self; 5] =
        [Self::Critical, Self::High, Self::Medium, Self::Low, Self::Informational];

    /// The name as people read it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Informational => "informational",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }
}

/// What a check is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Category {
    /// Waste.
    Cost,
    /// Risk.
    Security,
}

impl Category {
    /// The name as people read it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Cost => "cost",
            Self::Security => "security",
        }
    }
}

/// How much would be saved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Saving {
    /// No money in it.
    None,
    /// From unit prices and known quantities.
    Exact(MonthlyUsd),
    /// From a bound or a model.
    Estimated(MonthlyUsd),
    /// There is money in it, how much is not known; never counted as 0.
    Unknown,
}

impl Saving {
    /// The amount where one is known, else nothing.
    pub fn amount(self) -> MonthlyUsd {
        match self {
            Self::Exact(amount) | Self::Estimated(amount) => amount,
            Self::None | Self::Unknown => MonthlyUsd::ZERO,
        }
    }

    /// The share `share` (0 to 1) of it, as an estimate.
    #[must_use]
    pub fn share(self, share: f64) -> Self {
        match self {
            Self::Exact(amount) | Self::Estimated(amount) => {
                Self::Estimated(MonthlyUsd::from_units(amount.micros(), share))
            }
            Self::None | Self::Unknown => self,
        }
    }
}

/// Something a check found on a resource.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// The same check on the same resource has the same id in every cycle.
    pub id: FindingId,
    /// The check.
    pub check: CheckId,
    /// What the check is about.
    pub category: Category,
    /// How bad it is.
    pub severity: Severity,
    /// Security Hub controls that fail because of it.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub controls: BTreeSet<ControlId>,
    /// The resource.
    pub resource: Arn,
    /// Its kind.
    pub kind: ResourceKind,
    /// What people call it.
    pub label: String,
    /// Its account.
    pub account: AccountId,
    /// Its region.
    pub region: Region,
    /// One line: what is wrong.
    pub title: String,
    /// What was seen, with its figures.
    pub evidence: String,
    /// What mending it is worth.
    pub saving: Saving,
}

/// Something a check could not judge.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct NotEvaluated {
    /// The check.
    pub check: CheckId,
    /// Where: a whole scope, or one resource.
    pub place: Place,
    /// Why.
    pub why: Unavailable,
    /// Security Hub controls that are unknown because of it.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub controls: BTreeSet<ControlId>,
}

/// Where a check could not judge: always the widest place that holds.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// Every resource of the check's kind in a scope.
    Scope(Scope),
    /// One resource.
    Resource(Arn),
}
