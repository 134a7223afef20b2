//! A plan with its World, indexed for what documents ask of it: each question is answered without
//! going through the plan again, so that writing stays linear in resources.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use miyabi_types::{
    finding::{Category, Finding, Saving},
    id::{ActionId, Arn, ControlId, FindingId},
    money::MonthlyUsd,
    plan::{Plan, Proposal},
    world::World,
};

use super::{hub::Hub, reconcile::Reconciled};
use crate::reach::{Reach, flips_per_work};

/// A plan as documents read it.
pub struct View<'p> {
    pub world: &'p World,
    pub plan: &'p Plan,
    pub reach: Reach<'p>,
    pub bill: Reconciled<'p>,
    pub hub: Hub<'p>,
    findings: BTreeMap<&'p FindingId, &'p Finding>,
    proposals: BTreeMap<&'p FindingId, Vec<&'p Proposal>>,
    flips: BTreeMap<&'p ActionId, Vec<&'p ControlId>>,
    worth: BTreeMap<ActionId, u32>,
    saved_on: BTreeSet<&'p Arn>,
}

impl<'p> View<'p> {
    pub fn new(world: &'p World, plan: &'p Plan) -> Self {
        let reach = Reach::of(plan);
        let mut proposals: BTreeMap<&FindingId, Vec<&Proposal>> = BTreeMap::new();
        for proposal in &plan.proposals {
            for finding in &proposal.findings {
                proposals.entry(finding).or_default().push(proposal);
            }
        }
        let mut flips: BTreeMap<&ActionId, Vec<&ControlId>> = BTreeMap::new();
        for (control, reached) in reach.controls.iter().filter(|(_, reached)| reached.flips) {
            for action in &reached.actions {
                flips.entry(action).or_default().push(control);
            }
        }
        Self {
            worth: flips_per_work(&reach.forecast(), &plan.proposals),
            findings: plan.assessment.findings.iter().map(|f| (&f.id, f)).collect(),
            bill: Reconciled::of(world, plan),
            hub: Hub::of(world),
            saved_on: plan
                .proposals
                .iter()
                .filter(|proposal| proposal.saving != Saving::None)
                .map(|proposal| &proposal.action.target)
                .collect(),
            world,
            plan,
            reach,
            proposals,
            flips,
        }
    }

    /// The findings that `proposal` mends.
    pub fn mended_by(&self, proposal: &Proposal) -> Vec<&'p Finding> {
        proposal.findings.iter().filter_map(|id| self.findings.get(id).copied()).collect()
    }

    /// The proposals that mend a finding.
    pub fn proposals_for(&self, finding: &FindingId) -> &[&'p Proposal] {
        self.proposals.get(finding).map_or(&[], Vec::as_slice)
    }

    /// The controls that `proposal` helps to pass, counting every other change as done.
    pub fn flipped_by(&self, proposal: &Proposal) -> &[&'p ControlId] {
        self.flips.get(&proposal.action.id).map_or(&[], Vec::as_slice)
    }

    /// Controls turned to passed per unit of work, in thousandths.
    pub fn flips_per_work(&self, proposal: &Proposal) -> u32 {
        self.worth.get(&proposal.action.id).copied().unwrap_or_default()
    }

    /// Findings of waste.
    pub fn waste(&self) -> impl Iterator<Item = &'p Finding> {
        self.plan.assessment.findings.iter().filter(|f| f.category == Category::Cost)
    }

    /// Findings of risk.
    pub fn risks(&self) -> impl Iterator<Item = &'p Finding> {
        self.plan
            .assessment
            .findings
            .iter()
            .filter(|f| f.category == Category::Security || !f.controls.is_empty())
    }

    /// Proposals with money in them, in the plan's order: by saving.
    pub fn saving(&self) -> Vec<&'p Proposal> {
        let pays = |p: &&Proposal| p.category == Category::Cost || p.saving != Saving::None;
        self.plan.proposals.iter().filter(pays).collect()
    }

    /// Proposals that mend a control or a risk: by controls that they turn to passed per unit of work, then
    /// worst first.
    pub fn securing(&self) -> Vec<&'p Proposal> {
        let mends = |p: &&Proposal| p.category == Category::Security || !p.controls.is_empty();
        let mut proposals: Vec<_> = self.plan.proposals.iter().filter(mends).collect();
        proposals.sort_by_cached_key(|proposal| {
            std::cmp::Reverse((
                self.flips_per_work(proposal),
                proposal.severity,
                proposal.controls.len(),
                std::cmp::Reverse(proposal.action.id.clone()),
            ))
        });
        proposals
    }

    /// What the plan saves a month, as far as that is billed: more cannot go from a bill like the last one.
    pub fn saved(&self) -> MonthlyUsd {
        self.bill.capped().unwrap_or_else(|| self.plan.saving())
    }

    /// When the World was seen, to the second.
    pub fn seen_at(&self) -> Timestamp {
        let at = self.world.manifest.taken_at;
        Timestamp::from_second(at.as_second()).unwrap_or(at)
    }

    /// Whether a change of the plan saves on this resource already.
    pub fn is_saved_on(&self, resource: &Arn) -> bool {
        self.saved_on.contains(resource)
    }

    /// The accounts that were looked at.
    pub fn accounts(&self) -> BTreeSet<&'p str> {
        self.world.manifest.scopes.iter().map(|scope| scope.scope.account.as_str()).collect()
    }

    /// How many reads failed.
    pub fn failed_reads(&self) -> usize {
        let coverage = self.world.manifest.scopes.iter().flat_map(|scope| &scope.coverage);
        coverage.filter(|coverage| coverage.result.known().is_none()).count()
    }
}
