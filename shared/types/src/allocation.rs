//! The allocation: what is done now, in which wave, by whom, and why the rest is not.

use serde::{Deserialize, Serialize};

use crate::{
    artifact::Versioned,
    commitments::after::CommitmentAfter,
    finding::NotEvaluated,
    id::{ActionId, CycleId, TenantId},
    money::MonthlyUsd,
    plan::Proposal,
    settings::Mode,
    task::AwsTask,
};

/// What the state machine does next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Gate {
    /// No change is to be made.
    NothingToDo,
    /// There are changes, but the mode only observes.
    Observe,
    /// A person decides.
    Approval,
    /// Everything is of class Auto and the mode allows it.
    Auto,
}

/// Why a proposal is not done in this cycle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "because", rename_all = "snake_case")]
pub enum Refusal {
    /// A better change of the same resource is done instead.
    Superseded {
        /// The better one.
        by: ActionId,
    },
    /// The tenant's policy does not allow the operation.
    OperationNotAllowed,
    /// The resource carries an exempting tag.
    ExemptTag {
        /// The tag's key.
        key: String,
    },
    /// Its tags could not be read, and one of them might exempt it.
    TagsUnknown,
    /// The check is exempt.
    ExemptCheck,
    /// Only a person can do it.
    Manual,
    /// It saves less than the policy asks for.
    BelowMinimumSaving,
    /// The cycle's limit of changes is used up.
    OverLimit,
    /// Past cycles showed that this check's promises are not kept.
    LowConfidence,
    /// The resource must first change in another way.
    Conflicts {
        /// With this action.
        with: ActionId,
    },
}

impl Refusal {
    /// Whether the resource stays as it is: the change is not only put off, or done by a person.
    pub const fn is_final(&self) -> bool {
        match self {
            Self::OperationNotAllowed
            | Self::ExemptTag { .. }
            | Self::TagsUnknown
            | Self::ExemptCheck
            | Self::LowConfidence => true,
            Self::Superseded { .. }
            | Self::Manual
            | Self::BelowMinimumSaving
            | Self::OverLimit
            | Self::Conflicts { .. } => false,
        }
    }
}

/// A proposal that is not done now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deferred {
    /// Its action.
    pub action: ActionId,
    /// Why.
    #[serde(flatten)]
    pub why: Refusal,
}

/// Changes that are made together, followed by a health gate.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Wave {
    /// From 0; wave 0 is the canary.
    pub index: u32,
    /// Its tasks, in order.
    pub tasks: Vec<AwsTask>,
}

/// What is done in a cycle.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Allocation {
    /// Whose.
    pub tenant: TenantId,
    /// Of which cycle.
    pub cycle: CycleId,
    /// The mode it was made for.
    pub mode: Mode,
    /// What the state machine does next.
    pub gate: Gate,
    /// Proposals that allocation made itself (right-sizing …), beside those of the plan.
    pub proposals: Vec<Proposal>,
    /// What is done, in waves.
    pub waves: Vec<Wave>,
    /// What is not done, and why.
    pub deferred: Vec<Deferred>,
    /// What allocation could not judge, and why (no metrics to right-size with …), sorted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_evaluated: Vec<NotEvaluated>,
    /// What is worth committing to once proposals that the policy allows are done, right-sizing among them: those
    /// of this cycle and those that wait.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub commitments: Vec<CommitmentAfter>,
    /// What the waves are to save: competing savings on one resource counted once.
    pub promised_saving: MonthlyUsd,
    /// The security score to reach, per mille.
    pub promised_score_permille: Option<u32>,
}

impl Versioned for Allocation {
    const NAME: &'static str = "allocation";
}

impl Allocation {
    /// Every task, in order of waves.
    pub fn tasks(&self) -> impl Iterator<Item = &AwsTask> {
        self.waves.iter().flat_map(|wave| &wave.tasks)
    }
}
