//! What one scan leaves to the next: answers that were paid for, kept for their day.

use std::{collections::BTreeMap, sync::Arc};

use jiff::civil::Date;
use miyabi_platform::Artifacts;
use miyabi_types::{
    artifact::{ArtifactKey, Versioned},
    cycle::CycleState,
    evidence::Evidence,
    id::AccountId,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Where a tenant's answers are kept; nowhere where artifacts travel inside events.
#[derive(Clone)]
pub(crate) struct Keep {
    artifacts: Artifacts,
    cycle: Arc<CycleState>,
}

/// What Cost Explorer answered about one account on one day.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Answers {
    /// The day (UTC).
    pub(crate) day: Date,
    /// Requests that were sent on it, also those that led to no answer.
    pub(crate) requests: u64,
    /// Answers by question.
    pub(crate) given: BTreeMap<String, Given>,
}

/// One answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Given {
    /// Items that it was made of.
    pub(crate) items: usize,
    /// What was made of them.
    pub(crate) answer: Evidence<Value>,
}

impl Versioned for Answers {
    const NAME: &'static str = "cost-explorer-answers";
}

impl Keep {
    pub(crate) fn new(artifacts: Artifacts, cycle: CycleState) -> Self {
        Self { artifacts, cycle: Arc::new(cycle) }
    }

    /// Whether anything is kept at all.
    pub(crate) fn is_stored(&self) -> bool {
        self.artifacts.is_stored()
    }

    /// The answers about `account` of this day; none yet if they are of another one, or cannot be read.
    pub(crate) async fn answers(&self, account: &AccountId, day: Date) -> Answers {
        let none = Answers { day, requests: 0, given: BTreeMap::new() };
        if !self.is_stored() {
            return none;
        }
        match self.artifacts.get::<Answers>(&self.cycle, &self.key(account)).await {
            Ok(answers) if answers.day == day => answers,
            Ok(_) => none,
            Err(error) => {
                tracing::debug!(%account, "no answers of Cost Explorer are kept: {error}");
                none
            }
        }
    }

    /// Keeps the answers about `account`. That they are not kept costs money, but nothing is wrong for it.
    pub(crate) async fn keep(&self, account: &AccountId, answers: &Answers) {
        if let Err(error) = self.artifacts.put(&self.cycle, &self.key(account), answers).await {
            tracing::warn!(%account, "what Cost Explorer answered is not kept: {error}");
        }
    }

    /// `tenants/{tenant}/cost-explorer/{account}.json`
    fn key(&self, account: &AccountId) -> ArtifactKey {
        ArtifactKey::of_tenant(&self.cycle.tenant, &format!("cost-explorer/{account}.json"))
    }
}
