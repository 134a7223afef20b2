//! One scope being read: its clients' configuration, and what was and what was not seen.

use std::{
    future::Future,
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
    time::Duration,
};

use aws_config::SdkConfig;
use aws_sdk_sts::config::StalledStreamProtectionConfig;
use futures::{FutureExt, StreamExt, stream};
use jiff::Timestamp;
use miyabi_types::{evidence::Unavailable, settings::TenantSettings, world::Coverage};
use tokio::sync::{Semaphore, SemaphorePermit, watch};

use crate::{
    call::{Call, Failure, OnItsOwn},
    collect::Collected,
    counting::{Allowance, Asked, Counter},
    kept::Keep,
    lists::Unfinished,
    ownership::StackResource,
    pace::{Budget, Pacer},
    part::{Part, Whole},
    place::Place,
    seen::{Noted, PAGE, Seen, Told, add_seen},
};

/// A scope being read. Collectors make their calls through it, so that each becomes coverage.
pub struct Scan {
    /// Where.
    pub place: Place,
    /// When, for look-back windows.
    pub now: Timestamp,
    budget: Budget,
    /// What is to be read, and what that may cost.
    pub settings: Arc<TenantSettings>,
    kept: Keep,
    sdk: SdkConfig,
    billed_sdk: SdkConfig,
    cloudwatch: Arc<OnceLock<aws_sdk_cloudwatch::Client>>,
    api_calls: Counter,
    cost_explorer_requests: Counter,
    /// One for each call in a queue that may be under way.
    turns: Option<Arc<Semaphore>>,
    metrics: Arc<Semaphore>,
    metrics_requested: Counter,
    metrics_left: Allowance,
    entitled: Arc<watch::Sender<bool>>,
    closing: Arc<watch::Sender<bool>>,
    pub(crate) whole: Arc<Whole>,
    pub(crate) seen: Noted,
    /// What is asked once for all pages of a list, which the next invocation asks again.
    apart: Noted,
    /// Lists of this invocation, and of the earlier ones while nobody has come to them yet.
    pub(crate) begun: Mutex<Unfinished>,
    pub(crate) earlier: Mutex<Unfinished>,
    /// What the collector answered, while it is not known who owns it.
    collected: Mutex<Option<Collected>>,
}

pub(crate) fn lock<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What one collector made of the scope.
#[derive(Default)]
pub(crate) struct Finished {
    pub(crate) part: Part,
    pub(crate) seen: Seen,
    pub(crate) owned: Vec<StackResource>,
}

impl Scan {
    /// Reads `place` with the credentials and region of `config`, as fast as `budget` lets it, for a chunk
    /// that is stored where `kept` is or travels inside events. `before` was asked by earlier invocations.
    #[must_use]
    pub(crate) fn new(
        place: Place,
        config: &SdkConfig,
        now: Timestamp,
        budget: Budget,
        settings: Arc<TenantSettings>,
        kept: Keep,
        before: Asked,
    ) -> Self {
        let (api_calls, cost_explorer_requests) = (Counter::default(), Counter::default());
        let pacer = Pacer::new(budget);
        // The pace is kept before requests are counted, so that each that leaves counts.
        let counted = api_calls.on(&without_watch(config));
        let metrics = u64::from(settings.reading_budget.metrics);
        let metrics_left = Allowance::of(metrics.saturating_sub(before.metrics_requested));
        Self {
            whole: Arc::new(Whole::new(kept.is_stored())),
            place,
            now,
            budget,
            settings,
            kept,
            sdk: pacer.on(&counted),
            billed_sdk: pacer.on(&cost_explorer_requests.on(&counted)),
            cloudwatch: Arc::default(),
            api_calls,
            cost_explorer_requests,
            turns: budget.calls().map(Semaphore::new).map(Arc::new),
            metrics: Arc::new(Semaphore::new(budget.metrics())),
            metrics_requested: Counter::default(),
            metrics_left,
            entitled: Arc::new(watch::Sender::new(false)),
            closing: Arc::new(watch::Sender::new(false)),
            seen: Noted::default(),
            apart: Noted::default(),
            begun: Mutex::default(),
            earlier: Mutex::default(),
            collected: Mutex::default(),
        }
    }

    /// The same scope for one collector, so that what it saw is told apart; it goes on from `earlier`.
    pub(crate) fn for_collector(&self, mut earlier: Unfinished) -> Self {
        let begun =
            Unfinished { stacks: std::mem::take(&mut earlier.stacks), ..Default::default() };
        Self {
            place: self.place.clone(),
            settings: Arc::clone(&self.settings),
            kept: self.kept.clone(),
            now: self.now,
            budget: self.budget,
            sdk: self.sdk.clone(),
            billed_sdk: self.billed_sdk.clone(),
            cloudwatch: Arc::clone(&self.cloudwatch),
            api_calls: self.api_calls.clone(),
            cost_explorer_requests: self.cost_explorer_requests.clone(),
            turns: self.turns.clone(),
            metrics: Arc::clone(&self.metrics),
            metrics_requested: self.metrics_requested.clone(),
            metrics_left: self.metrics_left.clone(),
            entitled: Arc::clone(&self.entitled),
            closing: Arc::clone(&self.closing),
            whole: Arc::clone(&self.whole),
            seen: Noted::default(),
            apart: Noted::default(),
            begun: Mutex::new(begun),
            earlier: Mutex::new(earlier),
            collected: Mutex::default(),
        }
    }

    /// From now on no list is read further than the pages that are under way.
    pub(crate) fn close(&self) {
        self.closing.send_replace(true);
    }

    pub(crate) async fn closing(&self) {
        // The sender is this very value, so that it cannot be gone.
        let _ = self.closing.subscribe().wait_for(|closing| *closing).await;
    }

    /// Takes what a collector found, once it is known who owns it.
    pub(crate) async fn finish(&self, collected: Collected) -> Finished {
        let waits = !collected.resources.is_empty() || lock(&self.begun).waits();
        *lock(&self.collected) = Some(collected);
        if waits {
            self.whole.owners().await;
        }
        self.put_together(self.left()).await
    }

    /// Whether its collector is done but for knowing who owns what it found.
    pub(crate) fn is_collected(&self) -> bool {
        lock(&self.collected).is_some()
    }

    /// What there is of the collector so far.
    pub(crate) fn left(&self) -> Unfinished {
        let mut left = std::mem::take(&mut *lock(&self.begun));
        let earlier = std::mem::take(&mut *lock(&self.earlier));
        left.apart = std::mem::take(&mut *lock(&self.apart));
        for (call, told) in earlier.apart {
            left.apart.entry(call).or_insert(told);
        }
        for (call, list) in earlier.lists {
            left.lists.entry(call).or_insert(list);
        }
        left
    }

    /// All of it as one part; it must be known who owns it.
    pub(crate) async fn put_together(&self, left: Unfinished) -> Finished {
        let (mut part, mut seen) = (Part::default(), std::mem::take(&mut *lock(&self.seen)));
        for mut list in left.lists.into_values() {
            list.part.settle(&self.whole).await;
            part.append(list.part);
            add_seen(&mut seen, list.seen);
        }
        add_seen(&mut seen, left.apart);
        let collected = lock(&self.collected).take().unwrap_or_default();
        part.add(&self.whole, collected.resources).await;
        part.settle(&self.whole).await;
        for line in collected.lines {
            part.push(&self.whole, line);
        }
        Finished { part, seen, owned: collected.owned }
    }

    /// The same where nobody will go on with it: lists that were read to their end count, the first pages of
    /// the others are in the part, and whatever was not read is unknown for this reason.
    pub(crate) async fn give_up(
        &self,
        left: Unfinished,
        calls: &[Call],
        why: &Unavailable,
    ) -> Finished {
        for call in calls.iter().filter(|call| call.is_made(&self.settings)) {
            let (key, mut why) = (call.key(), why.clone());
            let mut seen = lock(&self.seen);
            let entry = seen.entry(key.clone()).or_default();
            let failed = entry.why.is_some();
            match left.lists.get(&key) {
                // What was listed before by another call is counted item by item.
                Some(list) if list.whole && list.seen.contains_key(&key) => {}
                // Of more reads than one, the others may not be in the part.
                Some(list) if list.whole && entry.reads < 2 => {
                    *entry = Told::of(call, Ok(list.items));
                }
                Some(list) => {
                    why.reason = format!("{}; {} were read", why.reason, list.part.count());
                    *entry = Told::of(call, Err(why));
                }
                // It failed, whatever the time.
                None if failed => {}
                // What was read of it is not in the part.
                None => *entry = Told::of(call, Err(why)),
            }
        }
        self.put_together(left).await
    }

    /// How much sooner than the others the first collector begins.
    pub(crate) const fn head_start(&self) -> Option<Duration> {
        self.budget.head_start()
    }

    /// How many items of a list are looked at at once.
    pub const fn lanes(&self) -> usize {
        self.budget.lanes()
    }

    /// Runs `work` on each item, as many at once as the budget lets it, and answers in order.
    ///
    /// Items are owned: with references the future would not be known to be `Send`.
    pub fn each<T, F, W>(
        &self,
        items: Vec<T>,
        mut work: W,
    ) -> impl Future<Output = Vec<F::Output>> + use<T, F, W>
    where
        T: 'static,
        F: Future,
        W: FnMut(T) -> F,
    {
        let items = items.into_iter().enumerate();
        let work = move |(place, item)| work(item).map(move |done| (place, done));
        // One that takes longer keeps none of the others waiting.
        stream::iter(items).map(work).buffer_unordered(self.lanes()).collect().map(
            |mut all: Vec<_>| {
                all.sort_unstable_by_key(|(place, _)| *place);
                all.into_iter().map(|(_, done)| done).collect()
            },
        )
    }

    /// Waits until one more answer full of datapoints fits in memory; it does until the permit is dropped.
    pub async fn room_for_metrics(&self) -> Option<SemaphorePermit<'_>> {
        // It is never closed.
        self.metrics.acquire().await.ok()
    }

    /// The configuration for clients; its requests are paced and counted.
    pub const fn sdk(&self) -> &SdkConfig {
        &self.sdk
    }

    /// The one client of CloudWatch, which nearly every page of every list asks: a client of its own each time
    /// would take more CPU than the question.
    pub(crate) fn cloudwatch(&self) -> &aws_sdk_cloudwatch::Client {
        self.cloudwatch.get_or_init(|| aws_sdk_cloudwatch::Client::new(&self.sdk))
    }

    /// The same for Cost Explorer, whose requests are billed and counted once more.
    pub const fn billed_sdk(&self) -> &SdkConfig {
        &self.billed_sdk
    }

    /// What was asked so far.
    pub(crate) fn asked(&self) -> Asked {
        Asked {
            api_calls: self.api_calls.get(),
            cost_explorer_requests: self.cost_explorer_requests.get(),
            metrics_requested: self.metrics_requested.get(),
        }
    }

    /// From now on it is known that the credentials are good, and for this account.
    pub(crate) fn is_entitled(&self) {
        self.entitled.send_replace(true);
    }

    /// Waits until it is known that the credentials are for this account. Where they are not, the scan ends
    /// meanwhile.
    pub(crate) async fn entitled(&self) {
        // The sender is this very value, so that it cannot be gone.
        let _ = self.entitled.subscribe().wait_for(|entitled| *entitled).await;
    }

    /// What is kept from scan to scan.
    pub(crate) const fn kept(&self) -> &Keep {
        &self.kept
    }

    /// Takes so many metrics out of the budget for them; or says that it is used up.
    pub(crate) fn take_metrics(&self, count: u64) -> Result<(), Unavailable> {
        if self.metrics_left.take(count) {
            return Ok(());
        }
        Err(Unavailable::because(format!(
            "the budget of {} metrics is used up (setting reading_budget.metrics)",
            self.settings.reading_budget.metrics
        )))
    }

    /// So many metrics are asked for now.
    pub(crate) fn asks_for_metrics(&self, count: u64) {
        self.metrics_requested.add(count);
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

    /// Makes one of very many calls once it is its turn. The SDK's future, which takes the room, should begin inside
    /// `call`, so that there is none of it before.
    pub async fn queued<F: Future>(&self, call: F) -> F::Output {
        let _turn = match &self.turns {
            // It is never closed.
            Some(turns) => turns.acquire().await.ok(),
            None => None,
        };
        call.await
    }

    /// Reads one thing.
    pub fn read<T, E>(
        &self,
        call: Call,
        item: impl Future<Output = Result<T, E>> + Send + 'static,
    ) -> impl Future<Output = Result<T, Unavailable>>
    where
        T: Send + 'static,
        E: Failure + Send + 'static,
    {
        let item = OnItsOwn::new(item);
        async move {
            let result = item.await.map_err(|error| error.unavailable(&call.api()));
            self.record(call, result.as_ref().map_or_else(|why| Err(why.clone()), |_| Ok(1)));
            result
        }
    }

    /// Reads a setting that may not be there: an error with one of the codes `absent` says so.
    pub fn find<T, E>(
        &self,
        call: Call,
        absent: &[&str],
        item: impl Future<Output = Result<T, E>> + Send + 'static,
    ) -> impl Future<Output = Result<Option<T>, Unavailable>>
    where
        T: Send + 'static,
        E: Failure + Send + 'static,
    {
        let item = OnItsOwn::new(item);
        async move {
            let result = match item.await {
                Ok(item) => Ok(Some(item)),
                Err(error) if error.code().is_some_and(|code| absent.contains(&code)) => Ok(None),
                Err(error) => Err(error.unavailable(&call.api())),
            };
            self.record(call, result.as_ref().map_or_else(|why| Err(why.clone()), |_| Ok(1)));
            result
        }
    }

    /// Notes what came of a call: how many items, or why none.
    pub fn record(&self, call: Call, result: Result<usize, Unavailable>) {
        let seen = PAGE.try_with(Arc::clone).unwrap_or_else(|_| Arc::clone(&self.seen));
        lock(&seen).entry(call.key()).or_default().note(&call, result);
    }

    /// Asks once for all pages of a list, whichever of them is the first to need it.
    pub(crate) fn apart<F: Future>(&self, asks: F) -> impl Future<Output = F::Output> {
        PAGE.scope(Arc::clone(&self.apart), asks)
    }

    /// Takes over what a collector saw.
    pub(crate) fn saw(&self, seen: Seen) {
        add_seen(&mut lock(&self.seen), seen);
    }

    /// What was and what was not seen: one entry per call, sorted.
    pub fn coverage(&self) -> Vec<Coverage> {
        lock(&self.seen)
            .iter()
            .filter_map(|(action, told)| {
                told.coverage(action.split(' ').next().unwrap_or_default())
            })
            .collect()
    }
}

/// The SDK watches bodies for stalling while it reads them. Here each is read whole before the SDK sees it, within
/// the time that an attempt may take: the watch would only cost.
fn without_watch(config: &SdkConfig) -> SdkConfig {
    let off = StalledStreamProtectionConfig::disabled();
    config.to_builder().stalled_stream_protection(off).build()
}

#[cfg(test)]
mod tests;
