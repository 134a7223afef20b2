//! The plan: every judgement on a World and every change proposed for it. Immutable once written.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    action::{Action, SafetyClass, Undo},
    agent::HistoricalAgent,
    artifact::{ArtifactRef, Versioned},
    exemption::ExemptionUse,
    finding::{Category, Finding, NotEvaluated, Saving, Severity},
    id::{ActionId, Arn, CheckId, ControlId, CycleId, FindingId, TenantId},
    money::MonthlyUsd,
    plan_diff::PlanDiff,
    resource::{ResourceKind, Tags},
    score::{Score, StandardScore},
    standard::Standard,
};

/// How a World was judged.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Assessment {
    /// Which World: 0 before acting, 1 after.
    pub sequence: u32,
    /// Resources by kind.
    pub resources: BTreeMap<ResourceKind, u64>,
    /// List price of everything whose price is known.
    pub monthly_cost: MonthlyUsd,
    /// Resources whose price is not known.
    pub unpriced: u64,
    /// What was found, sorted by id.
    pub findings: Vec<Finding>,
    /// What was found and is exempt, sorted by id: counted neither among the findings nor in the score.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exempted: Vec<Exempted>,
    /// Every exemption of the settings, in their order, with what became of it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exemptions: Vec<ExemptionUse>,
    /// Figures that the tenant set, by name; checks compared with their defaults otherwise.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub limits: BTreeMap<String, f64>,
    /// What could not be judged, sorted.
    pub not_evaluated: Vec<NotEvaluated>,
    /// The security score.
    pub score: Score,
}

impl Versioned for Assessment {
    const NAME: &'static str = "assessment";
}

impl Assessment {
    /// Findings by severity, worst first; severities without a finding are absent.
    pub fn by_severity(&self) -> BTreeMap<Severity, u64> {
        let mut counts = BTreeMap::new();
        for finding in &self.findings {
            *counts.entry(finding.severity).or_insert(0) += 1;
        }
        counts
    }
}

/// A finding that somebody answers for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Exempted {
    /// The finding.
    pub finding: Finding,
    /// The first exemption that covers it: its index in [`Assessment::exemptions`].
    pub exemption: u32,
}

impl Assessment {
    /// The exemption that covers an exempt finding.
    pub fn exemption(&self, exempted: &Exempted) -> Option<&ExemptionUse> {
        self.exemptions.get(exempted.exemption as usize)
    }
}

/// How sure a proposal's saving and safety are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Confidence {
    /// A guess worth looking at.
    Low,
    /// Likely.
    Medium,
    /// Measured or certain.
    High,
}

impl Confidence {
    /// The name as people read it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }
}

/// A change that is proposed, with what it is worth.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Proposal {
    /// What to do.
    pub action: Action,
    /// What it mends.
    pub findings: Vec<FindingId>,
    /// The checks behind those findings.
    pub checks: BTreeSet<CheckId>,
    /// Waste or risk: what it mainly mends.
    pub category: Category,
    /// The worst severity it mends.
    pub severity: Severity,
    /// What it saves. Proposals on one resource may be alternatives: see [`Plan::alternatives`].
    pub saving: Saving,
    /// Controls whose findings on this resource it mends.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub controls: BTreeSet<ControlId>,
    /// One line for people: what is done and why it is worth it.
    pub summary: String,
    /// One line for people: what can go wrong.
    pub risk: String,
    /// How sure it is.
    pub confidence: Confidence,
    /// The agent that signs it.
    pub agent: HistoricalAgent,
    /// The resource's tags, for exemptions.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: Tags,
}

impl Proposal {
    /// Units of work that it takes people, counted from what is known of every change: 1 for one that needs
    /// nobody (class Auto), 2 for one that somebody must think over (Approval), 4 for one that somebody must do
    /// (Manual); 1 more where undoing does not bring everything back, and 1 more where code must follow.
    pub const fn work(&self) -> u32 {
        let by_class = match self.action.safety {
            SafetyClass::Auto => 1,
            SafetyClass::Approval => 2,
            SafetyClass::Manual => 4,
        };
        let wary = match self.action.operation.undo() {
            Undo::Restores => 0,
            Undo::BestEffort(_) => 1,
        };
        by_class + wary + self.action.causes_drift as u32
    }
}

/// What a plan reaches if everything in it is done: of alternatives the best, and nothing that only a person
/// can do.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Forecast {
    /// The security score then, over all controls.
    pub score: StandardScore,
    /// The same for each standard.
    pub standards: BTreeMap<Standard, StandardScore>,
    /// Controls that fail now and pass then (or have nothing left to judge), with the actions that each needs.
    pub flips: BTreeMap<ControlId, BTreeSet<ActionId>>,
}

impl Forecast {
    /// The controls that `action` helps to pass.
    pub fn flipped_by<'a>(&'a self, action: &'a ActionId) -> impl Iterator<Item = &'a ControlId> {
        self.flips
            .iter()
            .filter(move |(_, actions)| actions.contains(action))
            .map(|(control, _)| control)
    }
}

/// A document or a file of code that belongs to a plan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Document {
    /// Path below the cycle, for example `cost-plan.md` or `terraform/main.tf`.
    pub path: String,
    /// Its text.
    pub content: ArtifactRef<String>,
}

/// The plan of a cycle.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// Whose.
    pub tenant: TenantId,
    /// Of which cycle.
    pub cycle: CycleId,
    /// When.
    pub created_at: Timestamp,
    /// How World₀ was judged.
    pub assessment: Assessment,
    /// What is proposed: by saving, then by controls that it turns to passed per unit of work, then by
    /// controls, then by id.
    pub proposals: Vec<Proposal>,
    /// What the plan reaches if everything in it is done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub forecast: Option<Forecast>,
    /// What differs from the plan of the last cycle; absent where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since_last: Option<PlanDiff>,
    /// Documents and code.
    pub documents: Vec<Document>,
}

impl Versioned for Plan {
    const NAME: &'static str = "plan";
}

impl Plan {
    /// The proposal with this action.
    pub fn proposal(&self, id: &ActionId) -> Option<&Proposal> {
        self.proposals.iter().find(|proposal| proposal.action.id == *id)
    }

    /// Groups of proposals of which at most one can be done, because each saves the same money:
    /// all proposals with a saving on one resource. Sorted by resource; groups of one left out.
    pub fn alternatives(&self) -> BTreeMap<&Arn, Vec<&Proposal>> {
        let mut groups: BTreeMap<&Arn, Vec<&Proposal>> = BTreeMap::new();
        for proposal in self.proposals.iter().filter(|p| p.saving != Saving::None) {
            groups.entry(&proposal.action.target).or_default().push(proposal);
        }
        groups.retain(|_, group| group.len() > 1);
        groups
    }

    /// What the plan saves if everything is done: the best alternative of each resource.
    pub fn saving(&self) -> MonthlyUsd {
        best_savings(&self.proposals)
    }
}

/// The sum of the best saving per resource: competing savings on one resource are never added up.
pub fn best_savings<'a>(proposals: impl IntoIterator<Item = &'a Proposal>) -> MonthlyUsd {
    let mut best: BTreeMap<&Arn, MonthlyUsd> = BTreeMap::new();
    for proposal in proposals {
        let amount = best.entry(&proposal.action.target).or_default();
        *amount = (*amount).max(proposal.saving.amount());
    }
    best.into_values().sum()
}
