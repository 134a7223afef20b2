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
    place::Place,
};

/// Requests of one kind that a collector has under way at once, so that a large account is read
/// quickly and none of its rate limits is used up.
const CONCURRENCY: usize = 8;

/// Runs `work` on each item, at most [`CONCURRENCY`] at once, and answers in order.
///
/// Items are owned: with references the future would not be known to be `Send`.
pub fn each<T: 'static, F: Future, W: FnMut(T) -> F>(items: Vec<T>, work: W) -> Each<T, F, W> {
    stream::iter(items).map(work).buffered(CONCURRENCY).collect()
}

/// The future of [`each`].
type Each<T, F, W> = Collect<Buffered<Map<Iter<vec::IntoIter<T>>, W>>, Vec<<F as Future>::Output>>;

/// A scope being read. Collectors make their calls through it, so that each becomes coverage.
pub struct Scan {
    /// Where.
    pub place: Place,
    /// When, for look-back windows.
    pub now: Timestamp,
    sdk: SdkConfig,
    api_calls: Counter,
    cost_explorer_requests: Counter,
    seen: Mutex<BTreeMap<&'static str, Seen>>,
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
    /// Reads `place` with the credentials and region of `config`.
    #[must_use]
    pub fn new(place: Place, config: &SdkConfig, now: Timestamp) -> Self {
        let api_calls = Counter::default();
        Self {
            place,
            now,
            sdk: api_calls.on(config),
            api_calls,
            cost_explorer_requests: Counter::default(),
            seen: Mutex::default(),
        }
    }

    /// The configuration for clients; its requests are counted.
    pub const fn sdk(&self) -> &SdkConfig {
        &self.sdk
    }

    /// The same for Cost Explorer, whose requests are billed and counted once more.
    pub fn billed_sdk(&self) -> SdkConfig {
        self.cost_explorer_requests.on(&self.sdk)
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
        let entry = seen.entry(call.action).or_insert(Seen {
            call,
            items: 0,
            reads: 0,
            failed: 0,
            why: None,
        });
        entry.reads += 1;
        match result {
            Ok(items) => entry.items += items as u64,
            Err(why) => {
                entry.failed += 1;
                entry.why.get_or_insert(why);
            }
        }
    }

    /// What was and what was not seen: one entry per IAM action, sorted.
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
