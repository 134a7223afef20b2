//! One scope being read: its clients' configuration, and what was and what was not seen.

use std::{
    collections::{BTreeMap, BTreeSet},
    future::Future,
    pin::pin,
    sync::{Arc, Mutex, OnceLock, PoisonError},
    vec,
};

use aws_config::SdkConfig;
use aws_sdk_sts::config::StalledStreamProtectionConfig;
use aws_smithy_async::future::pagination_stream::PaginationStream;
use futures::{
    Stream, StreamExt,
    stream::{self, Buffered, Collect, Iter, Map},
};
use jiff::Timestamp;
use miyabi_types::{
    evidence::{Evidence, Unavailable},
    id::IamAction,
    resource::{Resource, ResourceKind},
    settings::TenantSettings,
    world::{ChunkLine, Coverage},
};
use serde::{Deserialize, Serialize};
use tokio::sync::{Semaphore, SemaphorePermit, watch};

use crate::{
    call::{Call, Failure},
    collect::Collected,
    counting::{Allowance, Asked, Counter},
    kept::Keep,
    ownership::StackResource,
    pace::{Budget, Pacer},
    part::{Part, Whole},
    place::Place,
};

/// Pages of one list whose resources are looked at while the next page is read.
const PAGES: usize = 4;

/// The future of [`Scan::each`].
type Each<T, F, W> = Collect<Buffered<Map<Iter<vec::IntoIter<T>>, W>>, Vec<<F as Future>::Output>>;

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
    metrics: Arc<Semaphore>,
    metrics_requested: Counter,
    metrics_left: Allowance,
    entitled: Arc<watch::Sender<bool>>,
    whole: Arc<Whole>,
    seen: Mutex<Seen>,
    streamed: Mutex<BTreeMap<&'static str, Part>>,
}

/// What came of each call, by [`Call::key`].
pub(crate) type Seen = BTreeMap<String, Told>;

/// What came of a call in all of its reads.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Told {
    kinds: BTreeSet<ResourceKind>,
    items: u64,
    reads: u64,
    failed: u64,
    why: Option<Unavailable>,
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
    /// that is stored where `kept` is or travels inside events.
    #[must_use]
    pub(crate) fn new(
        place: Place,
        config: &SdkConfig,
        now: Timestamp,
        budget: Budget,
        settings: Arc<TenantSettings>,
        kept: Keep,
    ) -> Self {
        let (api_calls, cost_explorer_requests) = (Counter::default(), Counter::default());
        let pacer = Pacer::new(budget);
        // The pace is kept before requests are counted, so that each that leaves counts.
        let counted = api_calls.on(&without_watch(config));
        let metrics_left = Allowance::of(settings.reading_budget.metrics.into());
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
            metrics: Arc::new(Semaphore::new(budget.metrics())),
            metrics_requested: Counter::default(),
            metrics_left,
            entitled: Arc::new(watch::Sender::new(false)),
            seen: Mutex::default(),
            streamed: Mutex::default(),
        }
    }

    /// The same scope for one collector, so that what it saw is told apart.
    pub(crate) fn for_collector(&self) -> Self {
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
            metrics: Arc::clone(&self.metrics),
            metrics_requested: self.metrics_requested.clone(),
            metrics_left: self.metrics_left.clone(),
            entitled: Arc::clone(&self.entitled),
            whole: Arc::clone(&self.whole),
            seen: Mutex::default(),
            streamed: Mutex::default(),
        }
    }

    /// What is known of the scope as a whole.
    pub(crate) fn whole(&self) -> &Whole {
        &self.whole
    }

    /// Takes what a collector left, once it is known who owns it.
    pub(crate) async fn finish(self, collected: Collected) -> Finished {
        let mut part = Part::default();
        let streamed = self.streamed.into_inner().unwrap_or_else(PoisonError::into_inner);
        for mut list in streamed.into_values() {
            list.settle(&self.whole).await;
            part.append(list);
        }
        part.add(&self.whole, collected.resources).await;
        part.settle(&self.whole).await;
        for line in collected.lines {
            part.push(&self.whole, line);
        }
        let seen = self.seen.into_inner().unwrap_or_else(PoisonError::into_inner);
        Finished { part, seen, owned: collected.owned }
    }

    /// How many items of a list are looked at at once.
    pub const fn lanes(&self) -> usize {
        self.budget.lanes()
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
        stream::iter(items).map(work).buffered(self.lanes()).collect()
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

    /// Reads a list page by page, as [`pages`] gives it. What `work` makes of a page leaves memory, so
    /// that a long list takes no more of it than a few pages. Nothing stays of a list that ends in an error:
    /// half of it is not taken for the whole.
    pub async fn stream<T, E, W, F>(
        &self,
        call: Call,
        pages: impl Stream<Item = Result<Vec<T>, E>>,
        work: W,
    ) where
        E: Failure,
        W: Fn(Vec<T>) -> F,
        F: Future<Output = Vec<Resource>>,
    {
        let work = &work;
        let pages = pages.map(|page| async move {
            let page = page?;
            let length = page.len();
            // Whatever else is to be known of items is not asked for while there are none.
            Ok((length, if length == 0 { Vec::new() } else { work(page).await }))
        });
        let mut pages = pin!(pages.buffered(PAGES));
        let (mut items, mut part) = (0, Part::default());
        while let Some(page) = pages.next().await {
            match page {
                Ok((length, resources)) => {
                    items += length;
                    part.add(&self.whole, resources).await;
                }
                Err(error) => {
                    let error: E = error;
                    return self.record(call, Err(error.unavailable(&call.api())));
                }
            }
        }
        self.record(call, Ok(items));
        self.append(call, part);
    }

    /// Reads what is not a resource page by page, each into a line of its own, and answers how many items there
    /// were; an empty list is one line too. Nothing stays of a list that ends in an error.
    pub async fn stream_lines<T, E>(
        &self,
        call: Call,
        pages: impl Stream<Item = Result<Vec<T>, E>>,
        line: impl Fn(Vec<T>) -> ChunkLine,
    ) -> Result<usize, E> {
        let (mut pages, mut items, mut part) = (pin!(pages), 0, Part::default());
        while let Some(page) = pages.next().await {
            let page = page?;
            items += page.len();
            if !page.is_empty() {
                part.push(&self.whole, line(page));
            }
        }
        if items == 0 {
            part.push(&self.whole, line(Vec::new()));
        }
        self.append(call, part);
        Ok(items)
    }

    /// Lets resources that `call` told leave memory now, in the order that they are given.
    pub async fn keep(&self, call: Call, resources: Vec<Resource>) {
        let mut part = Part::default();
        part.add(&self.whole, resources).await;
        self.append(call, part);
    }

    fn append(&self, call: Call, part: Part) {
        let mut streamed = self.streamed.lock().unwrap_or_else(PoisonError::into_inner);
        streamed.entry(call.action).or_default().append(part);
    }

    /// The same where each item is a resource that takes calls of its own.
    pub async fn stream_each<T, E, W, F>(
        &self,
        call: Call,
        pages: impl Stream<Item = Result<Vec<T>, E>>,
        work: W,
    ) where
        T: 'static,
        E: Failure,
        W: Fn(T) -> F,
        F: Future<Output = Option<Resource>>,
    {
        let work = &work;
        let page =
            |items| async move { self.each(items, work).await.into_iter().flatten().collect() };
        self.stream(call, pages, page).await;
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
        let entry = seen.entry(call.key()).or_default();
        entry.kinds.extend(call.kinds);
        entry.reads += 1;
        match result {
            Ok(items) => entry.items += items as u64,
            Err(why) => {
                entry.failed += 1;
                entry.why.get_or_insert(why);
            }
        }
    }

    /// Takes over what a collector saw.
    pub(crate) fn saw(&self, seen: Seen) {
        let mut all = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        for (call, told) in seen {
            all.entry(call).or_default().add(told);
        }
    }

    /// What was and what was not seen: one entry per call, sorted.
    pub fn coverage(&self) -> Vec<Coverage> {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.iter()
            .filter_map(|(action, told)| {
                told.coverage(action.split(' ').next().unwrap_or_default())
            })
            .collect()
    }
}

impl Told {
    fn add(&mut self, other: Self) {
        self.kinds.extend(other.kinds);
        self.items += other.items;
        self.reads += other.reads;
        self.failed += other.failed;
        self.why = self.why.take().or(other.why);
    }

    fn coverage(&self, action: &str) -> Option<Coverage> {
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

/// The SDK watches bodies for stalling while it reads them. Here each is read whole before the SDK sees it, within
/// the time that an attempt may take: the watch would only cost.
fn without_watch(config: &SdkConfig) -> SdkConfig {
    let off = StalledStreamProtectionConfig::disabled();
    config.to_builder().stalled_stream_protection(off).build()
}

/// The pages of one of the SDK's paginators; `items` takes what is listed out of a page.
pub fn pages<P, E, T>(
    paginator: PaginationStream<Result<P, E>>,
    items: impl Fn(P) -> Option<Vec<T>>,
) -> impl Stream<Item = Result<Vec<T>, E>> {
    stream::unfold((paginator, items), |(mut paginator, items)| async move {
        let page = paginator.next().await?;
        let page = page.map(|page| items(page).unwrap_or_default());
        Some((page, (paginator, items)))
    })
}
