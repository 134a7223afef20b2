//! One scope being read: its clients' configuration, and what was and what was not seen.

use std::{
    collections::BTreeMap,
    future::Future,
    sync::{Mutex, PoisonError},
    vec,
};

use aws_config::SdkConfig;
use futures::{
    StreamExt,
    stream::{self, Buffered, Collect, Iter, Map},
};
use jiff::Timestamp;
use miyabi_types::{
    evidence::{Evidence, Unavailable},
    world::Coverage,
};

use crate::{
    call::{Call, Failure},
    counting::Counter,
    pace::{Budget, Pacer},
    place::Place,
};

/// The future of [`Scan::each`].
type Each<T, F, W> = Collect<Buffered<Map<Iter<vec::IntoIter<T>>, W>>, Vec<<F as Future>::Output>>;

/// A scope being read. Collectors make their calls through it, so that each becomes coverage.
pub struct Scan {
    /// Where.
    pub place: Place,
    /// When, for look-back windows.
    pub now: Timestamp,
    budget: Budget,
    /// CloudFormation types that Cloud Control is to list; absent means the default.
    pub generic_types: Option<Vec<String>>,
    sdk: SdkConfig,
    billed_sdk: SdkConfig,
    api_calls: Counter,
    cost_explorer_requests: Counter,
    seen: Mutex<BTreeMap<Call, Seen>>,
}

#[derive(Debug)]
struct Seen {
    call: Call,
    items: u64,
    reads: u64,
    failed: u64,
    why: Option<Unavailable>,
}

impl Scan {
    /// Reads `place` with the credentials and region of `config`, as fast as `budget` lets it.
    #[must_use]
    pub fn new(place: Place, config: &SdkConfig, now: Timestamp, budget: Budget) -> Self {
        let (api_calls, cost_explorer_requests) = (Counter::default(), Counter::default());
        let pacer = Pacer::new(budget);
        // The pace is kept before requests are counted, so that each that leaves counts.
        let counted = api_calls.on(config);
        Self {
            place,
            now,
            budget,
            generic_types: None,
            sdk: pacer.on(&counted),
            billed_sdk: pacer.on(&cost_explorer_requests.on(&counted)),
            api_calls,
            cost_explorer_requests,
            seen: Mutex::default(),
        }
    }

    /// Runs `work` on each item, as many at once as the budget lets it, and answers in order.
    ///
    /// Items are owned: with references the future would not be known to be `Send`.
    pub fn each<T, F, W>(&self, items: Vec<T>, work: W) -> Each<T, F, W>
    where
        T: 'static,
        F: Future,
        W: FnMut(T) -> F,
    {
        stream::iter(items).map(work).buffered(self.budget.lanes()).collect()
    }

    /// The configuration for clients; its requests are paced and counted.
    pub const fn sdk(&self) -> &SdkConfig {
        &self.sdk
    }

    /// The same for Cost Explorer, whose requests are billed and counted once more.
    pub const fn billed_sdk(&self) -> &SdkConfig {
        &self.billed_sdk
    }

    /// API calls made so far, and Cost Explorer requests among them.
    pub fn calls(&self) -> (u64, u64) {
        (self.api_calls.get(), self.cost_explorer_requests.get())
    }

    /// Reads a list, every page of it.
    pub async fn list<T, E: Failure>(
        &self,
        call: Call,
        items: impl Future<Output = Result<Vec<T>, E>>,
    ) -> Result<Vec<T>, Unavailable> {
        let result = items.await.map_err(|error| error.unavailable(&call.api()));
        self.record(call, result.as_ref().map_or_else(|why| Err(why.clone()), |l| Ok(l.len())));
        result
    }

    /// Reads a part of what was listed before, so that nothing is counted twice.
    pub async fn narrow<T, E: Failure>(
        &self,
        call: Call,
        items: impl Future<Output = Result<Vec<T>, E>>,
    ) -> Result<Vec<T>, Unavailable> {
        let result = items.await.map_err(|error| error.unavailable(&call.api()));
        self.record(call, result.as_ref().map_or_else(|why| Err(why.clone()), |_| Ok(0)));
        result
    }

    /// Reads one thing.
    pub async fn read<T, E: Failure>(
        &self,
        call: Call,
        item: impl Future<Output = Result<T, E>>,
    ) -> Result<T, Unavailable> {
        let result = item.await.map_err(|error| error.unavailable(&call.api()));
        self.record(call, result.as_ref().map_or_else(|why| Err(why.clone()), |_| Ok(1)));
        result
    }

    /// Reads a setting that may not be there: an error with one of the codes `absent` says so.
    pub async fn find<T, E: Failure>(
        &self,
        call: Call,
        absent: &[&str],
        item: impl Future<Output = Result<T, E>>,
    ) -> Result<Option<T>, Unavailable> {
        let result = match item.await {
            Ok(item) => Ok(Some(item)),
            Err(error) if error.code().is_some_and(|code| absent.contains(&code)) => Ok(None),
            Err(error) => Err(error.unavailable(&call.api())),
        };
        self.record(call, result.as_ref().map_or_else(|why| Err(why.clone()), |_| Ok(1)));
        result
    }

    /// Notes what came of a call: how many items, or why none.
    pub fn record(&self, call: Call, result: Result<usize, Unavailable>) {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let entry =
            seen.entry(call).or_insert(Seen { call, items: 0, reads: 0, failed: 0, why: None });
        entry.reads += 1;
        match result {
            Ok(items) => entry.items += items as u64,
            Err(why) => {
                entry.failed += 1;
                entry.why.get_or_insert(why);
            }
        }
    }

    /// What was and what was not seen: one entry per call, sorted.
    pub fn coverage(&self) -> Vec<Coverage> {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.values().map(Seen::coverage).collect()
    }
}

impl Seen {
    fn coverage(&self) -> Coverage {
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
        Coverage { api: self.call.api(), kinds: self.call.kinds.to_vec(), result }
    }
}
