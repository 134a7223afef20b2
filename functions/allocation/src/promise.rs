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

#[cfg(test)]
mod tests {
    use miyabi_types::action::Operation;

    use super::*;
    use crate::fixture::{control, group, plan, propose, volume};

    fn fix(id: &str, controls: &[&str]) -> Proposal {
        let mut proposal = propose(Operation::RevokeRules, &group(id), "sg_open", 0);
        proposal.controls = controls.iter().map(|name| control(name)).collect();
        proposal
    }

    fn promised(controls: &[(&str, u64, u64)], proposals: &[Proposal]) -> Option<u32> {
        score_permille(&plan(vec![], controls).assessment.score, proposals)
    }

    #[test]
    fn a_control_passes_once_its_last_resource_is_mended() {
        let controls = [("EC2.13", 2, 5), ("EC2.14", 1, 0)];
        assert_eq!(promised(&controls, &[]), Some(0));
        assert_eq!(promised(&controls, &[fix("sg-1", &["EC2.13", "EC2.14"])]), Some(500));
        let both = [fix("sg-1", &["EC2.13", "EC2.14"]), fix("sg-2", &["EC2.13"])];
        assert_eq!(promised(&controls, &both), Some(1000));
    }

    #[test]
    fn mending_a_resource_twice_is_mending_it_once() {
        let twice = [fix("sg-1", &["EC2.13"]), fix("sg-1", &["EC2.13"])];
        assert_eq!(promised(&[("EC2.13", 2, 0)], &twice), Some(0));
    }

    #[test]
    fn a_deleted_resource_does_not_pass() {
        let mut delete = propose(Operation::DeleteVolume, &volume("vol-1", None), "ebs", 5);
        delete.controls = [control("EC2.3")].into();
        let score = promised(&[("EC2.3", 1, 0), ("EC2.8", 1, 0)], &[delete]);
        assert_eq!(score, Some(0), "EC2.3 has no data any more, EC2.8 still fails");
    }

    #[test]
    fn without_data_nothing_is_promised() {
        assert_eq!(promised(&[], &[fix("sg-1", &["EC2.13"])]), None);
    }
}
