//! A person's decision on an allocation.

use std::{collections::BTreeSet, fmt};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    artifact::{ArtifactKey, Versioned},
    id::{ActionId, CycleId},
};

/// The token with which Step Functions goes on. Never shown, logged or sent to anyone.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TaskToken(String);

impl TaskToken {
    /// The token itself, for Step Functions alone.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl From<String> for TaskToken {
    fn from(token: String) -> Self {
        Self(token)
    }
}

impl fmt::Debug for TaskToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TaskToken(…)")
    }
}

/// What was decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Do it.
    Approve,
    /// Do not.
    Reject,
}

/// A decision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// What was decided.
    pub verdict: Verdict,
    /// The actions it is about; absent means all. What is not approved is not done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub only: Option<BTreeSet<ActionId>>,
    /// Who decided.
    pub by: String,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// When.
    pub at: Timestamp,
}

/// A request for approval, kept in the ledger.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Approval {
    /// The cycle that waits.
    pub cycle: CycleId,
    /// The allocation to decide on.
    pub allocation: ArtifactKey,
    /// Its actions.
    pub actions: BTreeSet<ActionId>,
    /// The callback token; removed once decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<TaskToken>,
    /// When it was asked.
    pub requested_at: Timestamp,
    /// Until when it can be decided.
    pub expires_at: Timestamp,
    /// The decision, once there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decision: Option<Decision>,
}

impl Versioned for Approval {
    const NAME: &'static str = "approval";
}

impl Approval {
    /// The actions that may be done: none before a decision and after a rejection.
    pub fn approved(&self) -> BTreeSet<ActionId> {
        match &self.decision {
            Some(Decision { verdict: Verdict::Approve, only: None, .. }) => self.actions.clone(),
            Some(Decision { verdict: Verdict::Approve, only: Some(only), .. }) => {
                self.actions.intersection(only).cloned().collect()
            }
            // Rejecting some is approving the rest.
            Some(Decision { verdict: Verdict::Reject, only: Some(only), .. }) => {
                self.actions.difference(only).cloned().collect()
            }
            Some(Decision { verdict: Verdict::Reject, only: None, .. }) | None => BTreeSet::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::{Arn, TenantId};

    fn approval(decision: Option<(Verdict, Option<&ActionId>)>) -> (Approval, Vec<ActionId>) {
        let ids: Vec<_> = ["a", "b"]
            .map(|name| ActionId::of(name, &Arn::parse("arn:aws:s3:::bucket").unwrap()))
            .into();
        let cycle: CycleId = "0198a6b0-0000-7000-8000-000000000000".parse().unwrap();
        let approval = Approval {
            cycle,
            allocation: ArtifactKey::of_cycle(
                &TenantId::parse("acme").unwrap(),
                cycle,
                "allocation.json",
            ),
            actions: ids.iter().cloned().collect(),
            token: Some(TaskToken::from("secret".to_owned())),
            requested_at: Timestamp::UNIX_EPOCH,
            expires_at: Timestamp::UNIX_EPOCH,
            decision: decision.map(|(verdict, only)| Decision {
                verdict,
                only: only.map(|id| [id.clone()].into()),
                by: "ops".into(),
                reason: None,
                at: Timestamp::UNIX_EPOCH,
            }),
        };
        (approval, ids)
    }

    #[test]
    fn only_what_was_approved_may_be_done() {
        assert!(approval(None).0.approved().is_empty());
        assert!(approval(Some((Verdict::Reject, None))).0.approved().is_empty());
        assert_eq!(approval(Some((Verdict::Approve, None))).0.approved().len(), 2);
        let (_, ids) = approval(None);
        assert_eq!(
            approval(Some((Verdict::Approve, Some(&ids[0])))).0.approved(),
            [ids[0].clone()].into()
        );
        assert_eq!(
            approval(Some((Verdict::Reject, Some(&ids[0])))).0.approved(),
            [ids[1].clone()].into()
        );
    }

    #[test]
    fn the_token_is_never_shown() {
        let shown = format!("{:?}", approval(None).0);
        assert!(!shown.contains("secret"), "{shown}");
    }
}
