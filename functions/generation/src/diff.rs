//! What differs between this plan and the last cycle's.
//!
//! A finding that is not there any more is said to be mended only where its check looked again and passed:
//! what could not be seen this time is told as such.

use std::collections::{BTreeMap, BTreeSet};

use miyabi_types::{
    finding::{Finding, Place, Saving},
    id::{ActionId, FindingId},
    plan::{Plan, Proposal},
    plan_diff::{ActionChange, ActionFate, Changed, FindingChange, FindingFate, PlanDiff},
    world::{Scope, World},
};

use crate::{
    check::{Check, Context, Verdict},
    registry,
};

/// What differs in `now`, which was made of `world`, from `before`.
pub fn diff(before: &Plan, now: &Plan, world: &World) -> PlanDiff {
    PlanDiff {
        cycle: before.cycle,
        made_at: before.created_at,
        monthly_cost: Changed {
            before: before.assessment.monthly_cost,
            now: now.assessment.monthly_cost,
        },
        saving: Changed { before: before.saving(), now: now.saving() },
        score_permille: Changed {
            before: before.assessment.score.permille,
            now: now.assessment.score.permille,
        },
        findings: findings(before, now, world),
        actions: actions(before, now),
    }
}

fn by_id(plan: &Plan) -> BTreeMap<&FindingId, &Finding> {
    plan.assessment.findings.iter().map(|finding| (&finding.id, finding)).collect()
}

fn exempt(plan: &Plan) -> BTreeSet<&FindingId> {
    plan.assessment.exempted.iter().map(|exempted| &exempted.finding.id).collect()
}

fn findings(before: &Plan, now: &Plan, world: &World) -> Vec<FindingChange> {
    let (was, is) = (by_id(before), by_id(now));
    let (was_exempt, is_exempt) = (exempt(before), exempt(now));
    let gone = Gone::new(now, world, is_exempt);
    let mut changes = Vec::new();
    for (id, finding) in &is {
        let fate = match was.get(id) {
            Some(old) => match differences(old, finding) {
                lines if lines.is_empty() => continue,
                lines => FindingFate::Changed(lines),
            },
            None if was_exempt.contains(id) => FindingFate::Back,
            None => FindingFate::New,
        };
        changes.push(change(finding, fate));
    }
    for (id, finding) in &was {
        if !is.contains_key(id) {
            changes.push(change(finding, gone.fate(finding)));
        }
    }
    changes.sort_by(|a, b| {
        (&a.fate, b.severity, &a.check, &a.id).cmp(&(&b.fate, a.severity, &b.check, &b.id))
    });
    changes
}

fn change(finding: &Finding, fate: FindingFate) -> FindingChange {
    FindingChange {
        fate,
        id: finding.id.clone(),
        check: finding.check.clone(),
        severity: finding.severity,
        title: finding.title.clone(),
        label: finding.label.clone(),
        account: finding.account.clone(),
        region: finding.region.clone(),
        saving: finding.saving,
    }
}

/// The evidence is left out: its figures differ in every cycle.
fn differences(old: &Finding, new: &Finding) -> Vec<String> {
    let mut lines = Vec::new();
    if old.severity != new.severity {
        lines.push(format!("severity: {} → {}", old.severity.as_str(), new.severity.as_str()));
    }
    if amount(old.saving) != amount(new.saving) {
        lines.push(format!("saving: {} → {}", amount(old.saving), amount(new.saving)));
    }
    lines
}

fn amount(saving: Saving) -> String {
    match saving {
        Saving::None => "none".into(),
        Saving::Exact(amount) => amount.to_string(),
        Saving::Estimated(amount) => format!("{amount} estimated"),
        Saving::Unknown => "not known".into(),
    }
}

/// Why findings are not there any more.
struct Gone<'a> {
    exempt: BTreeSet<&'a FindingId>,
    unjudged: BTreeSet<(&'a str, &'a Place)>,
    context: Context<'a>,
    checks: BTreeMap<&'static str, Check>,
    world: &'a World,
}

impl<'a> Gone<'a> {
    fn new(now: &'a Plan, world: &'a World, exempt: BTreeSet<&'a FindingId>) -> Self {
        Self {
            exempt,
            unjudged: now
                .assessment
                .not_evaluated
                .iter()
                .map(|gap| (gap.check.as_str(), &gap.place))
                .collect(),
            context: Context::new(world),
            checks: registry::all().into_iter().map(|check| (check.id, check)).collect(),
            world,
        }
    }

    fn fate(&self, finding: &Finding) -> FindingFate {
        if self.exempt.contains(&finding.id) {
            return FindingFate::Exempt;
        }
        let scope = Scope { account: finding.account.clone(), region: finding.region.clone() };
        let Some(resource) = self.world.find(finding.resource.as_str()) else {
            // Its absence means something only where it could have been seen.
            let looked = self.world.manifest.scopes.iter().any(|seen| seen.scope == scope)
                && self.world.unseen(finding.kind).all(|(unseen, _)| *unseen != scope);
            return if looked { FindingFate::ResourceGone } else { FindingFate::NotJudged };
        };
        let check = finding.check.as_str();
        let places = [Place::Resource(resource.arn.clone()), Place::Scope(scope)];
        if places.iter().any(|place| self.unjudged.contains(&(check, place))) {
            return FindingFate::NotJudged;
        }
        let Some(check) = self.checks.get(check) else { return FindingFate::NoLongerAsked };
        match check.evaluate(resource, &self.context) {
            Verdict::Clear => FindingFate::Mended,
            Verdict::NotApplicable => FindingFate::NoLongerAsked,
            Verdict::Finding(_) | Verdict::NotEvaluated(_) => FindingFate::NotJudged,
        }
    }
}

fn proposed(plan: &Plan) -> BTreeMap<&ActionId, &Proposal> {
    plan.proposals.iter().map(|proposal| (&proposal.action.id, proposal)).collect()
}

fn actions(before: &Plan, now: &Plan) -> Vec<ActionChange> {
    let (was, is) = (proposed(before), proposed(now));
    let change = |proposal: &Proposal, fate| ActionChange {
        fate,
        id: proposal.action.id.clone(),
        operation: proposal.action.operation,
        label: proposal.action.label.clone(),
        saving: proposal.saving,
    };
    let mut changes = Vec::new();
    for (id, proposal) in &is {
        match was.get(id) {
            None => changes.push(change(proposal, ActionFate::New)),
            Some(old) => {
                let mut lines: Vec<String> = old
                    .action
                    .desired
                    .differences(&proposal.action.desired)
                    .into_iter()
                    .map(|line| format!("leads to {line}"))
                    .collect();
                if amount(old.saving) != amount(proposal.saving) {
                    let (from, to) = (amount(old.saving), amount(proposal.saving));
                    lines.push(format!("saving: {from} → {to}"));
                }
                if !lines.is_empty() {
                    changes.push(change(proposal, ActionFate::Changed(lines)));
                }
            }
        }
    }
    let gone = was.iter().filter(|(id, _)| !is.contains_key(*id));
    changes.extend(gone.map(|(_, proposal)| change(proposal, ActionFate::Gone)));
    changes.sort_by(|a, b| (&a.fate, &a.id).cmp(&(&b.fate, &b.id)));
    changes
}

#[cfg(test)]
mod tests;
