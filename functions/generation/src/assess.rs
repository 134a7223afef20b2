//! Judges a whole World: every check on every resource of its kinds.

use std::collections::{BTreeMap, BTreeSet};

use miyabi_types::{
    evidence::Unavailable,
    finding::{Finding, NotEvaluated, Place},
    id::{ControlId, FindingId},
    plan::Assessment,
    resource::Resource,
    score::{ControlTally, Score},
    world::{Scope, World},
};

use crate::check::{Check, Context, Remedy, Verdict};

/// What came of judging a World.
#[derive(Debug)]
pub struct Judgement<'a> {
    /// Findings, what could not be judged, and the score.
    pub assessment: Assessment,
    /// What to do about findings, by resource, in the order of the checks.
    pub remedies: Vec<Proposed<'a>>,
}

/// A remedy with the finding it mends.
#[derive(Debug)]
pub struct Proposed<'a> {
    /// The resource.
    pub resource: &'a Resource,
    /// The finding.
    pub finding: Finding,
    /// The change.
    pub remedy: Remedy,
}

/// Judges `world` by `checks`.
pub fn assess<'a>(world: &'a World, checks: &[Check]) -> Judgement<'a> {
    let context = Context::new(world);
    let mut findings = Vec::new();
    let mut remedies = Vec::new();
    let mut not_evaluated = BTreeSet::new();
    let mut controls: BTreeMap<ControlId, ControlTally> = BTreeMap::new();

    for check in checks {
        let id = check.check_id();
        let control_ids = check.control_ids();
        let mut tally = ControlTally::new(check.severity);
        for kind in check.kinds {
            for (scope, why) in world.unseen(*kind) {
                not_evaluated.insert(NotEvaluated {
                    check: id.clone(),
                    place: Place::Scope(scope.clone()),
                    why: why.clone(),
                    controls: control_ids.clone(),
                });
                tally.unknown += 1;
            }
        }
        let mut judged: BTreeMap<Scope, Unjudged<'_>> = BTreeMap::new();
        for resource in world.resources.iter().filter(|r| check.kinds.contains(&r.kind())) {
            let scope = judged
                .entry(Scope { account: resource.account.clone(), region: resource.region.clone() })
                .or_default();
            match check.evaluate(resource, &context) {
                Verdict::NotApplicable => {}
                Verdict::Clear => {
                    tally.passed += 1;
                    scope.judged += 1;
                }
                Verdict::NotEvaluated(why) => {
                    tally.unknown += 1;
                    scope.unjudged.push((resource, why));
                }
                Verdict::Finding(found) => {
                    tally.failed += 1;
                    scope.judged += 1;
                    let finding = Finding {
                        id: FindingId::of(&id, &resource.arn),
                        check: id.clone(),
                        category: check.category,
                        severity: check.severity,
                        controls: control_ids.clone(),
                        resource: resource.arn.clone(),
                        kind: resource.kind(),
                        label: resource.label(),
                        account: resource.account.clone(),
                        region: resource.region.clone(),
                        title: check.title.into(),
                        evidence: found.evidence,
                        saving: found.saving,
                    };
                    if let Some(remedy) = found.remedy {
                        remedies.push(Proposed { resource, finding: finding.clone(), remedy });
                    }
                    findings.push(finding);
                }
            }
        }
        for (scope, unjudged) in judged {
            not_evaluated.extend(unjudged.widest(scope).into_iter().map(|(place, why)| {
                NotEvaluated { check: id.clone(), place, why, controls: control_ids.clone() }
            }));
        }
        for control in control_ids {
            let total = controls.entry(control).or_insert(ControlTally::new(check.severity));
            total.passed += tally.passed;
            total.failed += tally.failed;
            total.unknown += tally.unknown;
        }
    }

    findings.sort_by(|a, b| a.id.cmp(&b.id));
    Judgement {
        assessment: Assessment {
            sequence: world.manifest.sequence,
            resources: counts(world),
            monthly_cost: world.monthly_cost(),
            unpriced: world.resources.iter().filter(|r| r.monthly_cost.known().is_none()).count()
                as u64,
            findings,
            not_evaluated: not_evaluated.into_iter().collect(),
            score: Score::of(controls),
        },
        remedies,
    }
}

fn counts(world: &World) -> BTreeMap<miyabi_types::resource::ResourceKind, u64> {
    let mut counts = BTreeMap::new();
    for resource in &world.resources {
        *counts.entry(resource.kind()).or_insert(0) += 1;
    }
    counts
}

/// What one check could not judge in one scope.
#[derive(Default)]
struct Unjudged<'a> {
    judged: u64,
    unjudged: Vec<(&'a Resource, Unavailable)>,
}

impl Unjudged<'_> {
    /// The scope, once, where several resources in it share one reason and none could be judged; else each resource.
    fn widest(self, scope: Scope) -> Vec<(Place, Unavailable)> {
        let one_reason = self.unjudged.windows(2).all(|pair| pair[0].1 == pair[1].1);
        if self.judged == 0 && self.unjudged.len() > 1 && one_reason {
            let why = self.unjudged[0].1.clone();
            return vec![(Place::Scope(scope), why)];
        }
        self.unjudged
            .into_iter()
            .map(|(resource, why)| (Place::Resource(resource.arn.clone()), why))
            .collect()
    }
}
