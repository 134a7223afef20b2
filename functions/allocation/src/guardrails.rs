//! Guardrails: what the tenant's policy and past experience do not let happen.

use miyabi_types::{
    action::SafetyClass, allocation::Refusal, finding::Category, plan::Proposal,
    resource::Resource, settings::Policy, strategy::Strategy,
};

/// Confidence in a check, per mille, below which its changes are put off. A quarter of the promises
/// kept is worse than guessing; `miyabi-learning` forgets with time, so the check gets another try.
pub const MINIMUM_CONFIDENCE_PERMILLE: u32 = 250;

/// Why a proposal may not be done, whatever else is done; `None` if it may.
///
/// `resource` is the proposal's target as it was seen. One exempt or distrusted check is enough:
/// in doubt nothing is changed.
pub fn refusal(
    proposal: &Proposal,
    resource: Option<&Resource>,
    policy: &Policy,
    strategy: &Strategy,
) -> Option<Refusal> {
    let action = &proposal.action;
    if action.safety == SafetyClass::Manual {
        return Some(Refusal::Manual);
    }
    if policy
        .allowed_operations
        .as_ref()
        .is_some_and(|allowed| !allowed.contains(&action.operation))
    {
        return Some(Refusal::OperationNotAllowed);
    }
    let exempting = policy.exempt_tags.iter().find(|rule| {
        rule.matches(&proposal.tags) || resource.is_some_and(|seen| rule.matches(&seen.tags))
    });
    if let Some(rule) = exempting {
        return Some(Refusal::ExemptTag { key: rule.key.clone() });
    }
    if !policy.exempt_tags.is_empty()
        && resource.is_some_and(|seen| seen.tags_unavailable.is_some())
    {
        return Some(Refusal::TagsUnknown);
    }
    if proposal.checks.iter().any(|check| policy.exempt_checks.contains(check)) {
        return Some(Refusal::ExemptCheck);
    }
    let distrusted = |check| strategy.confidence_permille(check) < MINIMUM_CONFIDENCE_PERMILLE;
    if proposal.checks.iter().any(distrusted) {
        return Some(Refusal::LowConfidence);
    }
    // A change that mends a control is a fix, whatever it saves; an unknown saving reaches no minimum.
    let is_fix = proposal.category == Category::Security || !proposal.controls.is_empty();
    let too_little = !is_fix && proposal.saving.amount() < policy.minimum_saving;
    too_little.then_some(Refusal::BelowMinimumSaving)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use miyabi_types::{
        action::Operation, evidence::Unavailable, finding::Saving, resource::ManagedBy,
        settings::TagRule, strategy::CheckRecord,
    };
    use serde_json::json;

    use super::*;
    use crate::fixture::{check, control, propose, resource, usd, volume, with};

    struct Case {
        proposal: Proposal,
        resource: Resource,
        policy: Policy,
        strategy: Strategy,
    }

    fn case(change: impl FnOnce(&mut Case)) -> Option<Refusal> {
        let target = with(volume("vol-1", None), &[("/tags", json!({"team": "web"}))]);
        let mut case = Case {
            proposal: propose(Operation::ModifyVolume, &target, "ebs_volume_gp2", 10),
            resource: resource(target),
            policy: Policy::default(),
            strategy: Strategy::default(),
        };
        change(&mut case);
        refusal(&case.proposal, Some(&case.resource), &case.policy, &case.strategy)
    }

    fn trust(case: &mut Case, permille: u32) {
        let record = CheckRecord { confidence_permille: permille, ..CheckRecord::default() };
        case.strategy.checks.insert(check("ebs_volume_gp2"), record);
    }

    fn rule(key: &str, value: &str) -> TagRule {
        TagRule { key: key.into(), value: value.into() }
    }

    #[test]
    fn without_a_reason_against_it_a_change_is_made() {
        assert_eq!(case(|_| ()), None);
        assert_eq!(case(|c| c.resource.managed_by = ManagedBy::Terraform), None);
    }

    #[test]
    fn what_only_a_person_can_do_is_not_done() {
        assert_eq!(case(|c| c.proposal.action.safety = SafetyClass::Manual), Some(Refusal::Manual));
    }

    #[test]
    fn only_allowed_operations_are_done() {
        let allow = |operations: BTreeSet<Operation>| {
            case(|c| c.policy.allowed_operations = Some(operations))
        };
        assert_eq!(allow([Operation::ModifyVolume].into()), None);
        assert_eq!(allow([Operation::DeleteVolume].into()), Some(Refusal::OperationNotAllowed));
        assert_eq!(allow(BTreeSet::new()), Some(Refusal::OperationNotAllowed));
    }

    #[test]
    fn a_tag_exempts_its_resource() {
        let exempt = |rules: &[TagRule]| case(|c| c.policy.exempt_tags = rules.to_vec());
        let team = Some(Refusal::ExemptTag { key: "team".into() });
        assert_eq!(exempt(&[rule("team", "")]), team);
        assert_eq!(exempt(&[rule("other", ""), rule("team", "web")]), team);
        assert_eq!(exempt(&[rule("team", "data")]), None);
        assert_eq!(exempt(&[rule("Team", "web")]), None, "keys are case-sensitive, as in AWS");
        let on_proposal_only = case(|c| {
            c.policy.exempt_tags = vec![rule("team", "")];
            c.resource.tags.clear();
        });
        assert_eq!(on_proposal_only, team);
        let by_default = case(|c| {
            c.resource.tags.insert("miyabi:exempt".into(), "because".into());
        });
        assert_eq!(by_default, Some(Refusal::ExemptTag { key: "miyabi:exempt".into() }));
    }

    #[test]
    fn tags_that_could_not_be_read_may_exempt() {
        let blind = |c: &mut Case| {
            c.resource.tags_unavailable = Some(Unavailable::because("access denied"));
        };
        assert_eq!(case(blind), Some(Refusal::TagsUnknown));
        let no_rules = case(|c| {
            blind(c);
            c.policy.exempt_tags.clear();
        });
        assert_eq!(no_rules, None);
    }

    #[test]
    fn an_exempt_check_is_not_acted_on_even_beside_others() {
        let exempt = |name: &str| {
            case(|c| {
                c.proposal.checks.insert(check("another_check"));
                c.policy.exempt_checks.insert(check(name));
            })
        };
        assert_eq!(exempt("ebs_volume_gp2"), Some(Refusal::ExemptCheck));
        assert_eq!(exempt("another_check"), Some(Refusal::ExemptCheck));
        assert_eq!(exempt("unrelated_check"), None);
    }

    #[test]
    fn a_check_that_does_not_keep_its_promises_is_put_off() {
        assert_eq!(case(|c| trust(c, MINIMUM_CONFIDENCE_PERMILLE)), None);
        let below = case(|c| trust(c, MINIMUM_CONFIDENCE_PERMILLE - 1));
        assert_eq!(below, Some(Refusal::LowConfidence));
    }

    #[test]
    fn small_savings_are_left_and_security_is_not_held_to_them() {
        assert_eq!(case(|c| c.policy.minimum_saving = usd(10)), None, "exactly enough");
        assert_eq!(case(|c| c.policy.minimum_saving = usd(11)), Some(Refusal::BelowMinimumSaving));
        let security = case(|c| {
            c.policy.minimum_saving = usd(11);
            c.proposal.category = Category::Security;
        });
        assert_eq!(security, None);
        let mends = case(|c| {
            c.policy.minimum_saving = usd(11);
            c.proposal.controls = [control("S3.13")].into();
        });
        assert_eq!(mends, None);
        let unknown = |dollars| {
            case(|c| {
                c.policy.minimum_saving = usd(dollars);
                c.proposal.saving = Saving::Unknown;
            })
        };
        assert_eq!((unknown(0), unknown(1)), (None, Some(Refusal::BelowMinimumSaving)));
    }
}
