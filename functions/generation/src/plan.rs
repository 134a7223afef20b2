//! From judgements to proposals: one per change, each with everything it mends.

use std::collections::BTreeMap;

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
    registry,
};

/// Below this trust (per mille) a proposal is a guess, whatever its check says of itself.
const LOW_TRUST: u32 = 500;
/// Below this trust (per mille) a proposal is likely at most.
const FULL_TRUST: u32 = 800;

/// The plan for `world`, with what past cycles taught; documents are added by the handler.
pub fn plan(world: &World, strategy: &Strategy, now: Timestamp) -> Result<Plan, Unsound> {
    let judgement = assess(world, &registry::all());
    let plan = Plan {
        tenant: world.manifest.tenant.clone(),
        cycle: world.manifest.cycle,
        created_at: now,
        assessment: judgement.assessment,
        proposals: proposals(judgement.remedies, strategy),
        documents: Vec::new(),
    };
    lint(&plan, world)?;
    Ok(plan)
}

/// Merges remedies that are the same change: by saving, then by number of controls, then by id.
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
    proposals.sort_by(|a, b| {
        (b.saving.amount(), b.controls.len())
            .cmp(&(a.saving.amount(), a.controls.len()))
            .then_with(|| a.action.id.cmp(&b.action.id))
    });
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

fn merge(proposal: &mut Proposal, other: Proposal) {
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
