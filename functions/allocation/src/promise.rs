//! What an allocation promises: the security score to reach.

use std::collections::BTreeSet;

use miyabi_types::{
    action::TargetState,
    id::{Arn, ControlId},
    plan::Proposal,
    score::Score,
};

/// The score, per mille, once every proposal is done: each resource that a control fails on counts
/// as passed where a proposal mends the control there, and is gone where a proposal deletes it.
/// `None` where no control has data.
pub fn score_permille<'a>(
    score: &Score,
    proposals: impl IntoIterator<Item = &'a Proposal>,
) -> Option<u32> {
    let mut controls = score.controls.clone();
    let mut mended: BTreeSet<(&ControlId, &Arn)> = BTreeSet::new();
    for proposal in proposals {
        for control in &proposal.controls {
            let Some(tally) = controls.get_mut(control) else { continue };
            if tally.failed > 0 && mended.insert((control, &proposal.action.target)) {
                tally.failed -= 1;
                if proposal.action.desired != TargetState::Absent {
                    tally.passed += 1;
                }
            }
        }
    }
    Score::of(controls).permille
}
