//! What was read of a scope before Lambda's time was over, so that the next invocation goes on from there.

use std::{collections::BTreeMap, io};

use jiff::Timestamp;
use miyabi_platform::{Artifacts, PhaseError};
use miyabi_types::{
    artifact::{ArtifactKey, Versioned},
    cycle::CycleState,
    error::ErrorName,
    resource::ResourceKind,
};
use serde::{Deserialize, Serialize};

use crate::{
    counting::Asked,
    lists::{List, Stack, Unfinished},
    ownership::StackResource,
    part::{Part, Sizes},
    scope::Finished,
    seen::Seen,
};

/// Finished collectors, by their names.
pub(crate) type Collectors = BTreeMap<String, Finished>;

/// What was found is stored as one object; this says whose which of its bytes are.
#[derive(Debug, Serialize, Deserialize)]
struct Checkpoint {
    collectors: Vec<Saved>,
    #[serde(default)]
    unfinished: Vec<SavedUnfinished>,
    #[serde(flatten)]
    asked: Asked,
    begun: Timestamp,
    chunk: ArtifactKey,
    sha256: String,
}

impl Versioned for Checkpoint {
    const NAME: &'static str = "checkpoint";
}

#[derive(Debug, Serialize, Deserialize)]
struct Saved {
    collector: String,
    #[serde(flatten)]
    part: SavedPart,
    seen: Seen,
    owned: Vec<StackResource>,
}

#[derive(Debug, Serialize, Deserialize)]
struct SavedPart {
    bytes: usize,
    /// Bytes after those, of resources that wait to know their owners.
    #[serde(default)]
    waiting: usize,
    resources: BTreeMap<ResourceKind, u64>,
    #[serde(default)]
    sizes: Sizes,
}

#[derive(Debug, Serialize, Deserialize)]
struct SavedUnfinished {
    collector: String,
    lists: Vec<SavedList>,
    apart: Seen,
    stacks: BTreeMap<String, Stack>,
}

#[derive(Debug, Serialize, Deserialize)]
struct SavedList {
    call: String,
    #[serde(flatten)]
    part: SavedPart,
    seen: Seen,
    items: usize,
    whole: bool,
}

/// What earlier invocations left.
#[derive(Default)]
pub(crate) struct Before {
    /// Finished collectors.
    pub(crate) collectors: Collectors,
    /// The others, by their names.
    pub(crate) unfinished: BTreeMap<String, Unfinished>,
    /// What they asked.
    pub(crate) asked: Asked,
    /// When the first of them began: what looks back looks back from then.
    pub(crate) begun: Option<Timestamp>,
}

/// Stores what there is of the scope at `path`, and what was asked for it so far.
pub(crate) async fn save(
    artifacts: &Artifacts,
    cycle: &CycleState,
    path: &str,
    left: Before,
    begun: Timestamp,
) -> Result<(), PhaseError> {
    let (collectors, unfinished, chunk) =
        written(left.collectors, left.unfinished).map_err(|e| unwritten(path).with_source(e))?;
    let chunk = artifacts.save_bytes(cycle, &format!("{path}.partial.ndjson.zst"), chunk).await?;
    let Some((chunk, sha256)) = chunk else { return Ok(()) };
    let asked = left.asked;
    let checkpoint = Checkpoint { collectors, unfinished, asked, begun, chunk, sha256 };
    artifacts.save(cycle, &format!("{path}.checkpoint.json"), checkpoint).await.map(drop)
}

/// The parts' bytes one after another, in the order that [`load`] takes them off again.
fn written(
    collectors: Collectors,
    unfinished: BTreeMap<String, Unfinished>,
) -> io::Result<(Vec<Saved>, Vec<SavedUnfinished>, Vec<u8>)> {
    let mut chunk = Vec::new();
    let mut put = |mut part: Part| {
        let (resources, sizes) = (part.resources().clone(), part.sizes().clone());
        let waiting = part.take_waiting()?;
        let bytes = part.into_bytes()?;
        chunk.extend_from_slice(&bytes);
        chunk.extend_from_slice(&waiting);
        let (bytes, waiting) = (bytes.len(), waiting.len());
        io::Result::Ok(SavedPart { bytes, waiting, resources, sizes })
    };
    let finished = collectors.into_iter().map(|(collector, Finished { part, seen, owned })| {
        Ok(Saved { collector, part: put(part)?, seen, owned })
    });
    let finished = finished.collect::<io::Result<_>>()?;
    let unfinished = unfinished.into_iter().map(|(collector, left)| {
        let lists = left.lists.into_iter().filter(|(_, list)| list.lasting);
        let lists = lists.map(|(call, List { part, seen, items, whole, .. })| {
            Ok(SavedList { call, part: put(part)?, seen, items, whole })
        });
        let (lists, apart) = (lists.collect::<io::Result<_>>()?, left.apart);
        Ok(SavedUnfinished { collector, lists, apart, stacks: left.stacks })
    });
    let unfinished = unfinished.collect::<io::Result<_>>()?;
    Ok((finished, unfinished, chunk))
}

/// What was stored of the scope at `path`; nothing where nothing was, or where what is there does not fit
/// together.
pub(crate) async fn load(
    artifacts: &Artifacts,
    cycle: &CycleState,
    path: &str,
) -> Result<Before, PhaseError> {
    if !artifacts.is_stored() {
        return Ok(Before::default());
    }
    let path = format!("{path}.checkpoint.json");
    let key = ArtifactKey::of_cycle(&cycle.tenant, cycle.cycle, &path);
    let Some(checkpoint) = there(artifacts.get::<Checkpoint>(cycle, &key).await)? else {
        return Ok(Before::default());
    };
    let sha256 = Some(&*checkpoint.sha256);
    let Some(chunk) = there(artifacts.load_bytes(cycle, &checkpoint.chunk, sha256).await)? else {
        return Ok(Before::default());
    };
    Ok(restored(checkpoint, &chunk).unwrap_or_default())
}

fn restored(checkpoint: Checkpoint, mut rest: &[u8]) -> Option<Before> {
    let mut part = |saved: SavedPart| {
        let (bytes, more) = rest.split_at_checked(saved.bytes)?;
        let (waiting, more) = more.split_at_checked(saved.waiting)?;
        rest = more;
        Part::restored(bytes.to_vec(), saved.resources, saved.sizes, waiting).ok()
    };
    let mut before =
        Before { asked: checkpoint.asked, begun: Some(checkpoint.begun), ..Before::default() };
    for Saved { collector, part: saved, seen, owned } in checkpoint.collectors {
        before.collectors.insert(collector, Finished { part: part(saved)?, seen, owned });
    }
    for SavedUnfinished { collector, lists, apart, stacks } in checkpoint.unfinished {
        let mut left = Unfinished { apart, stacks, ..Unfinished::default() };
        for SavedList { call, part: saved, seen, items, whole } in lists {
            let list = List { part: part(saved)?, seen, items, whole, lasting: true };
            left.lists.insert(call, list);
        }
        before.unfinished.insert(collector, left);
    }
    Some(before)
}

/// Nothing is there, or something else than what was stored: then the scope is read from its beginning.
fn there<T>(loaded: Result<T, PhaseError>) -> Result<Option<T>, PhaseError> {
    match loaded {
        Ok(loaded) => Ok(Some(loaded)),
        Err(error) if matches!(error.name, ErrorName::InvalidInput | ErrorName::Internal) => {
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

pub(crate) fn unwritten(path: &str) -> PhaseError {
    PhaseError::internal(format!("cannot write the chunk of {path}"))
}
