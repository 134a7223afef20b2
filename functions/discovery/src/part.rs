//! What was found of a scope, on its way into the scope's chunk.

use std::{
    collections::{BTreeMap, BTreeSet},
    io,
    sync::Arc,
};

use miyabi_platform::chunk::{self, ChunkWriter};
use miyabi_types::{
    pricing::Size,
    resource::{Resource, ResourceKind},
    world::ChunkLine,
};
use tokio::sync::watch;

use crate::ownership::{Ownership, StackResource};

/// Resources of one list that wait in memory until it is known who owns them; then their list waits.
const WAITING: usize = 5_000;

/// What takes the whole scope to know.
pub(crate) struct Whole {
    owners: watch::Sender<Option<Arc<Ownership>>>,
    /// Whether chunks are stored; otherwise lines stay as they are, to travel inside events.
    stored: bool,
}

impl Whole {
    pub(crate) fn new(stored: bool) -> Self {
        Self { owners: watch::Sender::new(None), stored }
    }

    /// From now on it is known what stacks own.
    pub(crate) fn owned(&self, resources: &[StackResource]) {
        let owners: Ownership = resources.iter().cloned().collect();
        self.owners.send_replace(Some(Arc::new(owners)));
    }

    /// Whether it is known who owns what.
    pub(crate) fn is_owned(&self) -> bool {
        self.owners.borrow().is_some()
    }

    pub(crate) async fn owners(&self) -> Arc<Ownership> {
        let mut owners = self.owners.subscribe();
        let known = owners.wait_for(Option::is_some).await;
        // The sender is this very value, so that it cannot be gone.
        known.ok().and_then(|known| known.clone()).unwrap_or_default()
    }
}

/// The sizes of resources that have prices of their own, by kind.
pub(crate) type Sizes = BTreeMap<ResourceKind, BTreeSet<Size>>;

/// Resources and other lines in the order that they were found.
#[derive(Default)]
pub(crate) struct Part {
    waiting: Vec<Resource>,
    lines: Vec<ChunkLine>,
    writer: ChunkWriter,
    resources: BTreeMap<ResourceKind, u64>,
    sizes: Sizes,
}

impl Part {
    /// A part that was stored before; of `waiting` it is not known yet who owns them.
    pub(crate) fn restored(
        bytes: Vec<u8>,
        resources: BTreeMap<ResourceKind, u64>,
        sizes: Sizes,
        waiting: &[u8],
    ) -> io::Result<Self> {
        let waiting = found(waiting).collect::<io::Result<_>>()?;
        let writer = ChunkWriter::resume(bytes);
        Ok(Self { waiting, writer, resources, sizes, ..Self::default() })
    }

    /// Takes out what waits, as bytes to be restored from.
    pub(crate) fn take_waiting(&mut self) -> io::Result<Vec<u8>> {
        let mut writer = ChunkWriter::default();
        for resource in std::mem::take(&mut self.waiting) {
            writer.push(&ChunkLine::Resource(Box::new(resource)));
        }
        writer.finish()
    }

    /// The ARNs of what is in a part that was restored.
    pub(crate) fn arns(&self) -> io::Result<BTreeSet<String>> {
        let written = found(self.writer.written());
        let waiting = self.waiting.iter().map(|resource| resource.arn.as_str().to_owned());
        let arns = written.map(|resource| Ok(resource?.arn.as_str().to_owned()));
        arns.chain(waiting.map(Ok)).collect()
    }

    /// Whether any of it waits to know its owners.
    pub(crate) const fn waits(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// How many resources are in it.
    pub(crate) fn count(&self) -> u64 {
        self.resources.values().sum::<u64>() + self.waiting.len() as u64
    }

    /// Adds resources that were found at once.
    pub(crate) async fn add(&mut self, whole: &Whole, mut resources: Vec<Resource>) {
        resources.sort_by(|a, b| a.arn.cmp(&b.arn));
        self.waiting.append(&mut resources);
        if self.waiting.len() >= WAITING || whole.is_owned() {
            self.settle(whole).await;
        }
    }

    /// Writes what waits, as soon as it can be completed.
    pub(crate) async fn settle(&mut self, whole: &Whole) {
        if self.waiting.is_empty() {
            return;
        }
        let owners = whole.owners().await;
        for mut resource in std::mem::take(&mut self.waiting) {
            resource.managed_by = owners.of(&resource);
            resource.depends_on.sort();
            resource.depends_on.dedup();
            *self.resources.entry(resource.kind()).or_default() += 1;
            let sizes = Size::of(&resource);
            if !sizes.is_empty() {
                self.sizes.entry(resource.kind()).or_default().extend(sizes);
            }
            self.push(whole, ChunkLine::Resource(Box::new(resource)));
        }
    }

    /// Adds a line.
    pub(crate) fn push(&mut self, whole: &Whole, line: ChunkLine) {
        if whole.stored {
            self.writer.push(&line);
        } else {
            self.lines.push(line);
        }
    }

    /// Adds another part, settled like this one.
    pub(crate) fn append(&mut self, other: Self) {
        self.waiting.extend(other.waiting);
        self.lines.extend(other.lines);
        self.writer.append(other.writer);
        for (kind, count) in other.resources {
            *self.resources.entry(kind).or_default() += count;
        }
        for (kind, sizes) in other.sizes {
            self.sizes.entry(kind).or_default().extend(sizes);
        }
    }

    /// How many resources of each kind are in it.
    pub(crate) const fn resources(&self) -> &BTreeMap<ResourceKind, u64> {
        &self.resources
    }

    /// Their sizes.
    pub(crate) const fn sizes(&self) -> &Sizes {
        &self.sizes
    }

    /// The chunk, where chunks are stored.
    pub(crate) fn into_bytes(self) -> io::Result<Vec<u8>> {
        self.writer.finish()
    }

    /// The lines, wherever they are.
    pub(crate) fn into_lines(self) -> io::Result<Vec<ChunkLine>> {
        let mut lines = chunk::read(&self.writer.finish()?)?;
        lines.extend(self.lines);
        Ok(lines)
    }
}

/// The resources of a chunk.
fn found(bytes: &[u8]) -> impl Iterator<Item = io::Result<Resource>> {
    let lines = chunk::lines(bytes);
    let (lines, failed) =
        lines.map_or_else(|error| (None, Some(Err(error))), |it| (Some(it), None));
    let resources = lines.into_iter().flatten().filter_map(|line| match line {
        Ok(ChunkLine::Resource(resource)) => Some(Ok(*resource)),
        Ok(_) => None,
        Err(error) => Some(Err(error)),
    });
    failed.into_iter().chain(resources)
}
