//! What differs between a plan and the plan of the cycle before.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    action::Operation,
    finding::{Saving, Severity},
    id::{AccountId, ActionId, CheckId, CycleId, FindingId, Region},
    money::MonthlyUsd,
};

/// What differs from the last cycle's plan. What is the same in both is left out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PlanDiff {
    /// The last cycle.
    pub cycle: CycleId,
    /// When its plan was made.
    pub made_at: Timestamp,
    /// List price a month.
    pub monthly_cost: Changed<MonthlyUsd>,
    /// What the plan saves a month if everything is done.
    pub saving: Changed<MonthlyUsd>,
    /// Security score, per mille.
    pub score_permille: Changed<Option<u32>>,
    /// Findings: by what became of them, then worst first, then by id.
    pub findings: Vec<FindingChange>,
    /// Actions: by what became of them, then by id.
    pub actions: Vec<ActionChange>,
}

/// A figure then and now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Changed<T> {
    /// In the last cycle's plan.
    pub before: T,
    /// In this one.
    pub now: T,
}

/// What became of a finding.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FindingFate {
    /// It was not there before.
    New,
    /// It was exempt before; the exemption has ended.
    Back,
    /// It is there in both plans, but differs: one line a difference.
    Changed(Vec<String>),
    /// The check looked again and found it in order.
    Mended,
    /// Its resource is gone.
    ResourceGone,
    /// Somebody answers for it now.
    Exempt,
    /// It could not be judged this time: nobody knows whether it is mended.
    NotJudged,
    /// The check no longer asks it of this resource.
    NoLongerAsked,
}

impl FindingFate {
    /// The fate as people read it.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Back => "back: its exemption has ended",
            Self::Changed(_) => "changed",
            Self::Mended => "mended",
            Self::ResourceGone => "gone with its resource",
            Self::Exempt => "now exempt",
            Self::NotJudged => "could not be judged this time",
            Self::NoLongerAsked => "no longer asked",
        }
    }
}

/// A finding that is not in both plans, or not the same in both.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FindingChange {
    /// What became of it.
    pub fate: FindingFate,
    /// The finding.
    pub id: FindingId,
    /// Its check.
    pub check: CheckId,
    /// How bad it is, or was.
    pub severity: Severity,
    /// What is, or was, wrong.
    pub title: String,
    /// What people call its resource.
    pub label: String,
    /// Its account.
    pub account: AccountId,
    /// Its region.
    pub region: Region,
    /// What mending it is, or was, worth.
    pub saving: Saving,
}

/// What became of an action.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ActionFate {
    /// It was not proposed before.
    New,
    /// It is proposed in both, but differs: one line a difference.
    Changed(Vec<String>),
    /// It is not proposed any more.
    Gone,
}

impl ActionFate {
    /// The fate as people read it.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Changed(_) => "changed",
            Self::Gone => "no longer proposed",
        }
    }
}

/// An action that is not in both plans, or not the same in both.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ActionChange {
    /// What became of it.
    pub fate: ActionFate,
    /// The action.
    pub id: ActionId,
    /// What is, or was to be, done.
    pub operation: Operation,
    /// What people call its resource.
    pub label: String,
    /// What it saves, or was to save.
    pub saving: Saving,
}
