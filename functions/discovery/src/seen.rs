//! What came of calls, from which coverage is told.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex},
};

use miyabi_types::{
    evidence::{Evidence, Unavailable},
    id::IamAction,
    resource::ResourceKind,
    world::Coverage,
};
use serde::{Deserialize, Serialize};

use crate::call::Call;

/// Where calls are noted.
pub(crate) type Noted = Arc<Mutex<Seen>>;

tokio::task_local! {
    /// Where calls about one page's items are noted until all is known of them.
    pub(crate) static PAGE: Noted;
}

/// What came of each call, by [`Call::key`].
pub(crate) type Seen = BTreeMap<String, Told>;

/// What came of a call in all of its reads.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Told {
    kinds: BTreeSet<ResourceKind>,
    items: u64,
    pub(crate) reads: u64,
    failed: u64,
    pub(crate) why: Option<Unavailable>,
}

impl Told {
    pub(crate) fn of(call: &Call, result: Result<usize, Unavailable>) -> Self {
        let mut told = Self::default();
        told.note(call, result);
        told
    }

    pub(crate) fn note(&mut self, call: &Call, result: Result<usize, Unavailable>) {
        self.kinds.extend(call.kinds);
        self.reads += 1;
        match result {
            Ok(items) => self.items += items as u64,
            Err(why) => {
                self.failed += 1;
                self.why.get_or_insert(why);
            }
        }
    }

    fn add(&mut self, other: Self) {
        self.kinds.extend(other.kinds);
        self.items += other.items;
        self.reads += other.reads;
        self.failed += other.failed;
        self.why = self.why.take().or(other.why);
    }

    pub(crate) fn coverage(&self, action: &str) -> Option<Coverage> {
        let result = match self.why.clone() {
            None => Evidence::Known(self.items),
            Some(mut why) => {
                if self.failed < self.reads {
                    why.reason =
                        format!("{} (for {} of {} reads)", why.reason, self.failed, self.reads);
                }
                Evidence::Unavailable(why)
            }
        };
        let kinds = self.kinds.iter().copied().collect();
        // Every declared action is one, a test parses each.
        Some(Coverage { api: IamAction::parse(action).ok()?, kinds, result })
    }
}

/// Adds what was seen elsewhere.
pub(crate) fn add_seen(all: &mut Seen, more: Seen) {
    for (call, told) in more {
        all.entry(call).or_default().add(told);
    }
}
