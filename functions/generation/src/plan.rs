//! From judgements to proposals: one per change, each with everything it mends.

use std::{cmp::Reverse, collections::BTreeMap};

use jiff::Timestamp;
use miyabi_types::{
    finding::{Category, Saving},
    id::ActionId,
    plan::{Confidence, Plan, Proposal},
    strategy::Strategy,
    world::World,
};

use crate::{
    assess::{Proposed, assess},
    lint::{Unsound, lint},
    reach::{Reach, flips_per_work},
    registry,
    rules::Rules,
};

/// Below this trust (per mille) a proposal is a guess, whatever its check says of itself.
const LOW_TRUST: u32 = 500;
/// Below this trust (per mille) a proposal is likely at most.
const FULL_TRUST: u32 = 800;

/// The plan for `world`, with what past cycles taught; documents are added by the handler.
pub fn plan<'r>(
    world: &World,
    strategy: &Strategy,
    rules: impl Into<Rules<'r>>,
    now: Timestamp,
) -> Result<Plan, Unsound> {
    let judgement = assess(world, &registry::all(), rules);
    let mut plan = Plan {
        tenant: world.manifest.tenant.clone(),
        cycle: world.manifest.cycle,
        created_at: now,
        assessment: judgement.assessment,
        proposals: proposals(judgement.remedies, strategy),
        forecast: None,
        since_last: None,
        documents: Vec::new(),
    };
    let forecast = Reach::of(&plan).forecast();
    let worth = flips_per_work(&forecast, &plan.proposals);
    plan.proposals.sort_by_cached_key(|proposal| {
        let id = proposal.action.id.clone();
        let flips = worth.get(&id).copied().unwrap_or_default();
        (Reverse((proposal.saving.amount(), flips, proposal.controls.len())), id)
    });
    plan.forecast = Some(forecast);
    lint(&plan, world)?;
    Ok(plan)
}

/// Merges remedies that are the same change, by id.
fn proposals(remedies: Vec<Proposed<'_>>, strategy: &Strategy) -> Vec<Proposal> {
    let mut merged: BTreeMap<ActionId, Proposal> = BTreeMap::new();
    for proposed in remedies {
        let proposal = proposal(proposed);
        match merged.entry(proposal.action.id.clone()) {
            std::collections::btree_map::Entry::Vacant(entry) => {
                entry.insert(proposal);
            }
            std::collections::btree_map::Entry::Occupied(mut entry) => {
                merge(entry.get_mut(), proposal);
            }
        }
    }
    let mut proposals: Vec<_> = merged.into_values().collect();
    for proposal in &mut proposals {
        proposal.findings.sort();
        proposal.confidence = trusted(proposal, strategy);
    }
    proposals
}

fn proposal(Proposed { resource, finding, remedy }: Proposed<'_>) -> Proposal {
    Proposal {
        action: remedy.action,
        findings: vec![finding.id],
        checks: [finding.check].into(),
        category: category(remedy.saving),
        severity: finding.severity,
        saving: remedy.saving,
        controls: finding.controls,
        summary: remedy.summary,
        risk: remedy.risk,
        confidence: remedy.confidence,
        agent: resource.owner(),
        tags: resource.tags.clone(),
    }
}

/// Two remedies that one action answers. Where they lead to different states, both cannot be had: the one
/// that saves more stands, and mends what it alone mends.
fn merge(proposal: &mut Proposal, other: Proposal) {
    if proposal.action.desired != other.action.desired {
        let better =
            (other.saving.amount(), other.severity) > (proposal.saving.amount(), proposal.severity);
        if better {
            *proposal = other;
        }
        return;
    }
    proposal.findings.extend(other.findings);
    proposal.checks.extend(other.checks);
    proposal.controls.extend(other.controls);
    proposal.severity = proposal.severity.max(other.severity);
    proposal.confidence = proposal.confidence.min(other.confidence);
    // One change saves once: the money that one check sees in it is the money that there is.
    if proposal.saving == Saving::None || other.saving.amount() > proposal.saving.amount() {
        proposal.saving = other.saving;
    }
    proposal.category = category(proposal.saving);
}

/// A change with money in it is about cost, any other about risk.
const fn category(saving: Saving) -> Category {
    match saving {
        Saving::None => Category::Security,
        Saving::Exact(_) | Saving::Estimated(_) | Saving::Unknown => Category::Cost,
    }
}

/// The proposal's confidence, lowered where past cycles showed that a check's promises are not kept.
fn trusted(proposal: &Proposal, strategy: &Strategy) -> Confidence {
    let trust = proposal.checks.iter().map(|check| strategy.confidence_permille(check)).min();
    let most = match trust.unwrap_or(1000) {
        0..LOW_TRUST => Confidence::Low,
        LOW_TRUST..FULL_TRUST => Confidence::Medium,
        FULL_TRUST.. => Confidence::High,
    };
    proposal.confidence.min(most)
}

#[cfg(test)]
mod tests;
