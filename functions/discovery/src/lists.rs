//! Long lists: they leave memory page by page, and where Lambda's time ends in the middle of one, the next
//! invocation goes on with it.
//!
//! It lists again and leaves out the items that all is known of, by their ARNs. Going on from the next page's
//! token would save the pages as well; but one call gives a page of up to 1,000 items, while their details
//! take calls for each. And tokens expire, are refused, and are fields of other names in every API, whereas
//! what was deleted or made meanwhile is seen in a list that is read anew.

use std::{
    collections::{BTreeMap, BTreeSet, btree_map::Entry},
    convert::Infallible,
    future::{Future, pending, ready},
    iter::from_fn,
    ops::Bound,
    pin::pin,
    sync::Arc,
};

use aws_smithy_async::future::pagination_stream::PaginationStream;
use futures::{
    Stream, StreamExt,
    stream::{self, iter, once},
};
use miyabi_types::{evidence::Unavailable, resource::Resource, world::ChunkLine};
use serde::{Deserialize, Serialize};

use crate::{
    call::{Call, Failure, OnItsOwn},
    ownership::StackResource,
    part::Part,
    scope::{Scan, lock},
    seen::{Noted, PAGE, Seen, add_seen},
};

/// Pages of one list whose resources are looked at while the next page is read.
const PAGES: usize = 4;

/// Items that take calls of their own and leave memory together. What is under way when time is over is read
/// again: at API Gateway's 10 calls a second four times as many take 16 s for each of their calls. And tags of load
/// balancers are told of 20 at once.
const PORTION: usize = 40;

/// What there is of a collector that is not finished.
#[derive(Default)]
pub(crate) struct Unfinished {
    /// Its long lists, by [`Call::key`].
    pub(crate) lists: BTreeMap<String, List>,
    /// What calls told that are made once for all pages of a list.
    pub(crate) apart: Seen,
    /// Stacks by their ids.
    pub(crate) stacks: BTreeMap<String, Stack>,
}

/// A long list.
#[derive(Default)]
pub(crate) struct List {
    /// What its items became.
    pub(crate) part: Part,
    /// What calls about those items told.
    pub(crate) seen: Seen,
    /// Items that were listed.
    pub(crate) items: usize,
    /// Whether it was read to its end.
    pub(crate) whole: bool,
    /// Whether it is known of each of its items, by its ARN, that it is in the part already.
    pub(crate) lasting: bool,
}

/// What a stack owns.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Stack {
    items: usize,
    owned: Vec<StackResource>,
}

/// ARNs of the resources of a list that an earlier invocation read.
#[derive(Default)]
pub(crate) struct Known(BTreeSet<String>);

impl Known {
    /// Whether this resource was read.
    pub(crate) fn has(&self, arn: impl AsRef<str>) -> bool {
        self.0.contains(arn.as_ref())
    }

    /// ARNs of those that were read and that begin like this.
    pub(crate) fn beginning<'a>(&'a self, arn: &'a str) -> impl Iterator<Item = &'a str> {
        let from = self.0.range::<str, _>((Bound::Included(arn), Bound::Unbounded));
        from.map(String::as_str).take_while(move |known| known.starts_with(arn))
    }
}

impl Unfinished {
    /// Whether anything waits to know its owners.
    pub(crate) fn waits(&self) -> bool {
        self.lists.values().any(|list| list.part.waits())
    }

    /// How far it is: more than before means that the next invocation will come further too.
    pub(crate) fn progress(&self) -> u64 {
        let lists = self.lists.values().filter(|list| list.lasting);
        let lists = lists.map(|list| list.part.count() + u64::from(list.whole));
        lists.sum::<u64>() + self.stacks.len() as u64
    }

    /// Takes what its stacks own.
    pub(crate) fn owned(&mut self) -> Vec<StackResource> {
        let stacks = std::mem::take(&mut self.stacks);
        stacks.into_values().flat_map(|stack| stack.owned).collect()
    }
}

impl List {
    fn append(&mut self, other: Self) {
        self.part.append(other.part);
        add_seen(&mut self.seen, other.seen);
        self.items += other.items;
        self.whole &= other.whole;
        self.lasting &= other.lasting;
    }
}

/// A list while it is read: what there is of it stays, however reading it ends.
struct Reading<'a> {
    scan: &'a Scan,
    key: String,
    list: Option<List>,
}

impl Drop for Reading<'_> {
    fn drop(&mut self) {
        if let Some(list) = self.list.take() {
            self.scan.keep_list(std::mem::take(&mut self.key), list);
        }
    }
}

impl<'a> Reading<'a> {
    /// Begins a list, or goes on with it; then some of its items are known.
    fn new(scan: &'a Scan, call: Call, lasting: bool) -> (Self, Known) {
        let key = call.key();
        let earlier = lock(&scan.earlier).lists.remove(&key);
        // What cannot be read again is read from the beginning.
        let earlier = earlier.and_then(|list| {
            let known = if list.whole { Known::default() } else { Known(list.part.arns().ok()?) };
            Some((list, known))
        });
        let (list, known) = earlier.unwrap_or_default();
        let items = if list.whole { list.items } else { 0 };
        (Self { scan, key, list: Some(List { items, lasting, ..list }) }, known)
    }

    async fn add(&mut self, length: usize, resources: Vec<Resource>, seen: &Noted) {
        let Some(list) = &mut self.list else { return };
        list.items += length;
        if list.lasting {
            add_seen(&mut list.seen, std::mem::take(&mut *lock(seen)));
        }
        list.part.add(&self.scan.whole, resources).await;
    }

    /// Items of a list that was read to its end.
    fn end(mut self) -> usize {
        self.list.as_mut().map_or(0, |list| {
            list.whole = true;
            list.items
        })
    }
}

impl Scan {
    /// Reads a list page by page, as [`pages`] gives it. What `work` makes of a page leaves memory, so
    /// that a long list takes no more of it than a few pages. Nothing stays of a list that ends in an error:
    /// half of it is not taken for the whole.
    ///
    /// The next invocation reads such a list again: it is for those whose pages tell all of their items, or
    /// that others need as a whole.
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
        let items = self.go_through(call, pages, false, |_, _| false, work).await;
        self.record(call, items);
    }

    /// The same for items that take more than their page: the next invocation goes on with those that are not
    /// known by then, as `is_known` tells by their ARNs.
    pub(crate) async fn stream_on<T, E, K, W, F>(
        &self,
        call: Call,
        pages: impl Stream<Item = Result<Vec<T>, E>>,
        is_known: K,
        work: W,
    ) where
        E: Failure,
        K: Fn(&Known, &T) -> bool,
        W: Fn(Vec<T>) -> F,
        F: Future<Output = Vec<Resource>>,
    {
        let items = self.go_through(call, pages, true, is_known, work).await;
        self.record(call, items);
    }

    /// The same where each item is a resource that takes calls of its own.
    pub(crate) async fn stream_each<T, E, K, W, F>(
        &self,
        call: Call,
        pages: impl Stream<Item = Result<Vec<T>, E>>,
        is_known: K,
        one: W,
    ) where
        T: 'static,
        E: Failure,
        K: Fn(&Known, &T) -> bool,
        W: Fn(T) -> F,
        F: Future<Output = Option<Resource>>,
    {
        let one = &one;
        let work =
            |items| async move { self.each(items, one).await.into_iter().flatten().collect() };
        let items = self.go_through(call, in_portions(pages), true, is_known, work).await;
        self.record(call, items);
    }

    /// The same where the items were listed before.
    pub(crate) async fn listed_on<T, K, W, F>(
        &self,
        call: Call,
        items: Vec<T>,
        is_known: K,
        work: W,
    ) where
        K: Fn(&Known, &T) -> bool,
        W: Fn(Vec<T>) -> F,
        F: Future<Output = Vec<Resource>>,
    {
        let pages = in_portions(once(ready(Ok::<_, Infallible>(items))));
        // That they were listed is noted.
        let _ = self.go_through(call, pages, true, is_known, work).await;
    }

    /// The same where each of them takes calls of its own, and becomes any number of resources.
    pub(crate) async fn each_on<T, K, W, F>(&self, call: Call, items: Vec<T>, is_known: K, one: W)
    where
        T: 'static,
        K: Fn(&Known, &T) -> bool,
        W: Fn(T) -> F,
        F: Future<Output = Vec<Resource>>,
    {
        let one = &one;
        let work =
            |items| async move { self.each(items, one).await.into_iter().flatten().collect() };
        self.listed_on(call, items, is_known, work).await;
    }

    async fn go_through<T, E, K, W, F>(
        &self,
        call: Call,
        pages: impl Stream<Item = Result<Vec<T>, E>>,
        lasting: bool,
        is_known: K,
        work: W,
    ) -> Result<usize, Unavailable>
    where
        E: Failure,
        K: Fn(&Known, &T) -> bool,
        W: Fn(Vec<T>) -> F,
        F: Future<Output = Vec<Resource>>,
    {
        let (mut reading, known) = Reading::new(self, call, lasting);
        if reading.list.as_ref().is_some_and(|list| list.whole) {
            return Ok(reading.end());
        }
        let (known, is_known, work) = (&known, &is_known, &work);
        // A list that is interrupted ends without it.
        let end = once(ready(Ok(None)));
        let pages =
            pages.map(|page| page.map(Some)).chain(end).take_until(Box::pin(self.closing()));
        let pages = pages.map(|page: Result<_, E>| async move {
            let Some(mut page): Option<Vec<T>> = page? else { return Ok(None) };
            let length = page.len();
            if !known.0.is_empty() {
                page.retain(|item| !is_known(known, item));
            }
            let seen = if lasting { Noted::default() } else { Arc::clone(&self.seen) };
            // Whatever else is to be known of items is not asked for while there are none.
            let resources = if page.is_empty() {
                Vec::new()
            } else {
                PAGE.scope(Arc::clone(&seen), work(page)).await
            };
            Ok(Some((length, resources, seen)))
        });
        let mut pages = pin!(pages.buffered(PAGES));
        while let Some(page) = pages.next().await {
            match page {
                Ok(Some((length, mut resources, seen))) => {
                    if !known.0.is_empty() {
                        resources.retain(|resource| !known.has(resource.arn.as_str()));
                    }
                    reading.add(length, resources, &seen).await;
                }
                Ok(None) => return Ok(reading.end()),
                Err(error) => {
                    let error: E = error;
                    reading.list = None;
                    return Err(error.unavailable(&call.api()));
                }
            }
        }
        // The next invocation goes on.
        drop(reading);
        pending().await
    }

    /// Reads what is not a resource page by page, each into a line of its own, and answers how many items there
    /// were; an empty list is one line too. Nothing stays of a list that ends in an error.
    pub async fn stream_lines<T, E>(
        &self,
        call: Call,
        pages: impl Stream<Item = Result<Vec<T>, E>>,
        line: impl Fn(Vec<T>) -> ChunkLine,
    ) -> Result<usize, E> {
        let (mut pages, mut list) = (pin!(pages), List { whole: true, ..List::default() });
        while let Some(page) = pages.next().await {
            let page = page?;
            list.items += page.len();
            if !page.is_empty() {
                list.part.push(&self.whole, line(page));
            }
        }
        let items = list.items;
        if items == 0 {
            list.part.push(&self.whole, line(Vec::new()));
        }
        self.keep_list(call.key(), list);
        Ok(items)
    }

    /// Lets resources that `call` told leave memory now, in the order that they are given.
    pub async fn keep(&self, call: Call, resources: Vec<Resource>) {
        let mut list = List::default();
        list.part.add(&self.whole, resources).await;
        self.keep_list(call.key(), list);
    }

    fn keep_list(&self, key: String, list: List) {
        match lock(&self.begun).lists.entry(key) {
            Entry::Vacant(entry) => drop(entry.insert(list)),
            Entry::Occupied(mut entry) => entry.get_mut().append(list),
        }
    }

    /// Whether it is known what the stack with this id owns; then that counts as read.
    pub(crate) fn has_stack(&self, call: Call, id: &str) -> bool {
        let items = lock(&self.begun).stacks.get(id).map(|stack| stack.items);
        items.inspect(|items| self.record(call, Ok(*items))).is_some()
    }

    /// Of so many items, these are what the stack with this id owns.
    pub(crate) fn keep_stack(&self, id: String, items: usize, owned: Vec<StackResource>) {
        lock(&self.begun).stacks.insert(id, Stack { items, owned });
    }

    /// What all stacks own.
    pub(crate) fn owned(&self) -> Vec<StackResource> {
        lock(&self.begun).owned()
    }
}

/// The same items, so many at once that their details do not take long.
fn in_portions<T, E>(
    pages: impl Stream<Item = Result<Vec<T>, E>>,
) -> impl Stream<Item = Result<Vec<T>, E>> {
    pages.flat_map(|page| {
        let mut rest = Some(page);
        iter(from_fn(move || {
            Some(rest.take()?.map(|mut portion| {
                if portion.len() > PORTION {
                    rest = Some(Ok(portion.split_off(PORTION)));
                }
                portion
            }))
        }))
    })
}

/// The pages of one of the SDK's paginators; `items` takes what is listed out of a page.
pub fn pages<P, E, T>(
    paginator: PaginationStream<Result<P, E>>,
    items: impl Fn(P) -> Option<Vec<T>>,
) -> impl Stream<Item = Result<Vec<T>, E>>
where
    P: Send + 'static,
    E: Send + 'static,
{
    stream::unfold((paginator, items), |(mut paginator, items)| async move {
        let next = async move { (paginator.next().await, paginator) };
        let (page, paginator) = OnItsOwn::new(next).await;
        let page = page?.map(|page| items(page).unwrap_or_default());
        Some((page, (paginator, items)))
    })
}
