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
    let too_little = proposal.saving.amount() < policy.minimum_saving;
    (proposal.category == Category::Cost && too_little).then_some(Refusal::BelowMinimumSaving)
}
