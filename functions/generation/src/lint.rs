//! Looks a plan over before anybody sees it. What it finds is a defect of Miyabi, never of the account.

use std::collections::{BTreeMap, BTreeSet};

use miyabi_platform::PhaseError;
use miyabi_types::{
    action::{Operation, SafetyClass, TargetState, Undo},
    id::Arn,
    money::MonthlyUsd,
    plan::{Plan, Proposal, best_savings},
    resource::{Resource, ResourceKind},
    world::World,
};
use serde_json::Value;

/// A plan that must not be shown.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the plan is not sound: {}", .0.join("; "))]
pub struct Unsound(pub Vec<String>);

impl From<Unsound> for PhaseError {
    fn from(unsound: Unsound) -> Self {
        Self::internal(unsound.to_string())
    }
}

/// Finds everything that is wrong with `plan`, which was made of `world`.
pub fn lint(plan: &Plan, world: &World) -> Result<(), Unsound> {
    let findings: BTreeSet<_> = plan.assessment.findings.iter().map(|f| &f.id).collect();
    let mut problems = Problems::default();
    let mut ids = BTreeSet::new();

    for proposal in &plan.proposals {
        problems.of(proposal).when(!ids.insert(&proposal.action.id), "has the id of another");
        problems.of(proposal).when(proposal.findings.is_empty(), "mends nothing");
        for finding in &proposal.findings {
            problems
                .of(proposal)
                .when(!findings.contains(finding), format!("mends {finding}, which was not found"));
        }
        problems.action(proposal);
        match world.find(proposal.action.target.as_str()) {
            None => problems.of(proposal).when(true, "is about a resource that was not seen"),
            Some(resource) => problems.fits(proposal, resource),
        }
    }
    problems.contradictions(&plan.proposals);
    problems.dangling(plan, world);
    problems.totals(plan, world);
    if problems.0.is_empty() { Ok(()) } else { Err(Unsound(problems.0)) }
}

#[derive(Default)]
struct Problems(Vec<String>);

struct Of<'a> {
    problems: &'a mut Vec<String>,
    proposal: &'a Proposal,
}

impl Of<'_> {
    fn when(self, is_wrong: bool, what: impl AsRef<str>) {
        if is_wrong {
            let action = &self.proposal.action;
            self.problems.push(format!(
                "{} of {} ({}) {}",
                action.operation.name(),
                action.label,
                action.id,
                what.as_ref()
            ));
        }
    }
}

impl Problems {
    const fn of<'a>(&'a mut self, proposal: &'a Proposal) -> Of<'a> {
        Of { problems: &mut self.0, proposal }
    }

    fn action(&mut self, proposal: &Proposal) {
        let action = &proposal.action;
        self.of(proposal).when(action.expected == action.desired, "changes nothing");
        self.of(proposal).when(
            action.safety > action.operation.safety(),
            "is of a looser class than its operation",
        );
        let silent = matches!(action.operation.undo(), Undo::BestEffort(text) if text.is_empty());
        self.of(proposal)
            .when(silent && action.safety != SafetyClass::Manual, "does not say how it is undone");
        self.of(proposal).when(
            proposal.summary.is_empty() || proposal.risk.is_empty(),
            "does not say what it does or what can go wrong",
        );
        self.of(proposal).when(
            proposal.saving.amount() < MonthlyUsd::ZERO,
            format!("saves {}", proposal.saving.amount()),
        );
    }

    fn fits(&mut self, proposal: &Proposal, resource: &Resource) {
        let saving = proposal.saving.amount();
        if let Some(cost) = resource.monthly_cost.known() {
            self.of(proposal)
                .when(saving > *cost, format!("saves {saving} of a resource that costs {cost}"));
        }
        self.of(proposal).when(
            resource.managed_by.is_managed() && proposal.action.safety == SafetyClass::Auto,
            "changes by itself what infrastructure as code owns",
        );
    }

    /// Nothing refers to what is not there, or will not be: no resource that stays needs one that is deleted,
    /// and what the forecast counts on is in the plan.
    fn dangling(&mut self, plan: &Plan, world: &World) {
        let deleted: BTreeMap<&Arn, &Proposal> = plan
            .proposals
            .iter()
            .filter(|proposal| proposal.action.desired == TargetState::Absent)
            .map(|proposal| (&proposal.action.target, proposal))
            .collect();
        for resource in world.resources.iter().filter(|r| !deleted.contains_key(&r.arn)) {
            for needed in &resource.depends_on {
                if let Some(proposal) = deleted.get(needed) {
                    let is_needed = !does_without(resource, proposal.action.operation);
                    self.of(proposal)
                        .when(is_needed, format!("deletes what {} needs", resource.arn));
                }
            }
        }
        let known: BTreeSet<_> = plan.proposals.iter().map(|p| &p.action.id).collect();
        let flips = plan.forecast.iter().flat_map(|forecast| &forecast.flips);
        for (control, actions) in flips {
            for action in actions.iter().filter(|action| !known.contains(action)) {
                self.0.push(format!("{control} is to pass by {action}, which is not proposed"));
            }
        }
    }

    /// What is saved is part of what is paid.
    fn totals(&mut self, plan: &Plan, world: &World) {
        let cost = world.monthly_cost();
        if plan.assessment.monthly_cost != cost {
            let told = plan.assessment.monthly_cost;
            self.0.push(format!("the plan says that {told} is paid, the World says {cost}"));
        }
        let priced = plan.proposals.iter().filter(|proposal| {
            let target = world.find(proposal.action.target.as_str());
            target.is_some_and(|resource| resource.monthly_cost.known().is_some())
        });
        let saved = best_savings(priced);
        if saved > cost {
            self.0.push(format!("the plan saves {saved} of the {cost} that is paid"));
        }
    }

    /// No two proposals want different things of one setting, and no rule is revoked twice.
    fn contradictions(&mut self, proposals: &[Proposal]) {
        let mut wanted: BTreeMap<(&Arn, &str), &Value> = BTreeMap::new();
        let mut revoked: BTreeSet<(&Arn, &str, String)> = BTreeSet::new();
        for proposal in proposals {
            let action = &proposal.action;
            if let TargetState::Present(settings) = &action.desired {
                for (name, value) in settings {
                    let first = wanted.entry((&action.target, name)).or_insert(value);
                    let contradicts = *first != value;
                    self.of(proposal)
                        .when(contradicts, format!("wants {name} {value}, another wants {first}"));
                }
            }
            if action.operation == Operation::RevokeRules {
                for direction in ["ingress", "egress"] {
                    let rules = action.expected.setting(direction).as_array();
                    for rule in rules.into_iter().flatten() {
                        let again = !revoked.insert((&action.target, direction, rule.to_string()));
                        self.of(proposal).when(again, format!("revokes {rule} again"));
                    }
                }
            }
        }
    }
}

/// Whether a resource stays what it is without what `operation` deletes: routes through an idle gateway lead
/// nowhere, as its proposal says, and its backup keeps them.
fn does_without(resource: &Resource, operation: Operation) -> bool {
    operation == Operation::DeleteNatGateway && resource.kind() == ResourceKind::Ec2RouteTable
}

#[cfg(test)]
mod tests {
    use miyabi_types::{exemption::Exemptions, finding::Saving, id::FindingId, strategy::Strategy};
    use serde_json::json;

    use super::*;
    use crate::{
        fixture::{
            now, route_table, security_group, services::nat_gateway, tcp, volume,
            with_metric_names, world,
        },
        plan::plan,
    };

    /// Makes a plan of a wasteful volume and an open group, spoils it, and checks what is said of it.
    #[track_caller]
    fn check(spoil: impl FnOnce(&mut Plan), expected: &str) {
        let group = security_group(|g| g.ingress = vec![tcp(22..=22, "0.0.0.0/0")]);
        let world = world([volume(|_| {}), group]);
        let mut plan = plan(&world, &Strategy::default(), &Exemptions::default(), now()).unwrap();
        assert_eq!(plan.proposals.len(), 2, "modify the volume, revoke the rule");
        spoil(&mut plan);
        let problems = lint(&plan, &world).unwrap_err().to_string();
        assert!(problems.contains(expected), "{problems}");
        assert!(problems.contains("act-"), "names the proposal: {problems}");
    }

    #[test]
    fn finds_what_is_wrong() {
        check(
            |plan| {
                let again = plan.proposals[0].clone();
                plan.proposals.push(again);
            },
            "has the id of another",
        );
        check(
            |plan| {
                plan.proposals[0].findings =
                    vec![FindingId::parse("fnd-0123456789abcdef").unwrap()];
            },
            "fnd-0123456789abcdef, which was not found",
        );
        check(|plan| plan.proposals[0].findings.clear(), "mends nothing");
        check(
            |plan| plan.proposals[0].saving = Saving::Exact(MonthlyUsd::from_micros(10_000_001)),
            "of a resource that costs $10.00",
        );
        check(
            |plan| plan.proposals[0].action.expected = plan.proposals[0].action.desired.clone(),
            "changes nothing",
        );
        check(|plan| plan.proposals[1].action.safety = SafetyClass::Auto, "looser class");
        check(|plan| plan.proposals[0].risk.clear(), "what can go wrong");
        check(
            |plan| plan.proposals[0].action.target = Arn::parse("arn:aws:s3:::other").unwrap(),
            "not seen",
        );
    }

    #[test]
    fn finds_what_would_be_left_dangling() {
        let group = security_group(|g| g.ingress = vec![tcp(22..=22, "0.0.0.0/0")]);
        let mut needy = group.clone();
        let unused = volume(|v| {
            v.state = "available".into();
            v.attached_to.clear();
        });
        needy.depends_on = vec![unused.arn.clone()];
        let sound = world([group, unused.clone()]);
        let made = |world| plan(world, &Strategy::default(), &Exemptions::default(), now());
        assert!(made(&sound).is_ok());
        let problems = made(&world([needy, unused])).unwrap_err().to_string();
        assert!(problems.contains("delete_volume") && problems.contains("needs"), "{problems}");
    }

    #[test]
    fn routes_may_lead_to_a_gateway_that_is_to_go() {
        let metrics = ["ActiveConnectionCount", "BytesOutToDestination", "BytesInFromSource"];
        let gateway = with_metric_names(nat_gateway(|_| {}), 14, metrics);
        let mut routes = route_table(|_| {});
        routes.depends_on = vec![gateway.arn.clone()];
        let world = world([gateway, routes]);
        let plan = plan(&world, &Strategy::default(), &Exemptions::default(), now()).unwrap();
        let operations: Vec<_> = plan.proposals.iter().map(|p| p.action.operation).collect();
        assert!(operations.contains(&Operation::DeleteNatGateway), "{operations:?}");
    }

    #[test]
    fn finds_totals_that_do_not_add_up() {
        check(
            |plan| {
                plan.assessment.monthly_cost = MonthlyUsd::ZERO;
                plan.proposals[0].findings.clear();
            },
            "the plan says that $0.00 is paid, the World says $10.00",
        );
        check(
            |plan| {
                let gone = plan.proposals.pop().unwrap();
                plan.proposals[0].findings.clear();
                assert!(
                    plan.forecast
                        .as_ref()
                        .unwrap()
                        .flips
                        .values()
                        .any(|actions| actions.contains(&gone.action.id))
                );
            },
            "which is not proposed",
        );
    }

    #[test]
    fn finds_contradictions() {
        check(
            |plan| {
                let mut other = plan.proposals[0].clone();
                other.action.desired = TargetState::present([("volume_type", json!("sc1"))]);
                plan.proposals.push(other);
            },
            "wants volume_type \"sc1\", another wants \"gp3\"",
        );
        check(
            |plan| {
                let again = plan.proposals[1].clone();
                plan.proposals.push(again);
            },
            "again",
        );
    }
}
