//! The plan: every judgement on a World and every change proposed for it. Immutable once written.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    action::Action,
    agent::HistoricalAgent,
    artifact::{ArtifactRef, Versioned},
    finding::{Category, Finding, NotEvaluated, Saving, Severity},
    id::{ActionId, Arn, CheckId, ControlId, CycleId, FindingId, TenantId},
    money::MonthlyUsd,
    resource::{ResourceKind, Tags},
    score::Score,
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
    /// What is proposed: by saving, then by controls, then by id.
    pub proposals: Vec<Proposal>,
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
