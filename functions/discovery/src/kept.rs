//! What one scan leaves to the next: answers that were paid for, kept for their day.

use std::collections::BTreeMap;

use jiff::civil::Date;
use miyabi_platform::Artifacts;
use miyabi_types::{
    artifact::Versioned,
    evidence::Evidence,
    id::{AccountId, TenantId},
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Where a tenant's answers are kept; nowhere where artifacts travel inside events.
#[derive(Clone)]
pub(crate) struct Keep {
    artifacts: Artifacts,
    tenant: TenantId,
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
    pub(crate) const fn new(artifacts: Artifacts, tenant: TenantId) -> Self {
        Self { artifacts, tenant }
    }

    /// Whether anything is kept at all.
    pub(crate) fn is_stored(&self) -> bool {
        self.artifacts.is_stored()
    }

    /// The answers about `account` of this day; none yet if they are of another one.
    pub(crate) async fn answers(&self, account: &AccountId, day: Date) -> Answers {
        let kept = self.artifacts.recall::<Answers>(&self.tenant, &path(account)).await;
        let kept = kept.unwrap_or_else(|error| {
            tracing::warn!(%account, "what Cost Explorer answered today cannot be read: {error}");
            None
        });
        kept.filter(|answers| answers.day == day).unwrap_or_else(|| Answers {
            day,
            requests: 0,
            given: BTreeMap::new(),
        })
    }

    /// Keeps the answers about `account`. That they are not kept costs money, but nothing is wrong for it.
    pub(crate) async fn keep(&self, account: &AccountId, answers: &Answers) {
        if let Err(error) = self.artifacts.keep(&self.tenant, &path(account), answers).await {
            tracing::warn!(%account, "what Cost Explorer answered is not kept: {error}");
        }
    }
}

fn path(account: &AccountId) -> String {
    format!("cost-explorer/{account}.json")
}
