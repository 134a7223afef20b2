//! What was read of a scope before Lambda's time was over, so that the next invocation goes on from there.

use std::collections::BTreeMap;

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
    ownership::StackResource,
    part::{Part, Sizes},
    scope::{Finished, Seen},
};

/// Finished collectors, by their names.
pub(crate) type Collectors = BTreeMap<String, Finished>;

/// What finished collectors found is stored as one object; this says whose which of its bytes are.
#[derive(Debug, Serialize, Deserialize)]
struct Checkpoint {
    collectors: Vec<Saved>,
    #[serde(flatten)]
    asked: Asked,
    chunk: ArtifactKey,
    sha256: String,
}

impl Versioned for Checkpoint {
    const NAME: &'static str = "checkpoint";
}

#[derive(Debug, Serialize, Deserialize)]
struct Saved {
    collector: String,
    bytes: usize,
    resources: BTreeMap<ResourceKind, u64>,
    #[serde(default)]
    sizes: Sizes,
    seen: Seen,
    owned: Vec<StackResource>,
}

/// What earlier invocations left.
#[derive(Default)]
pub(crate) struct Before {
    /// Finished collectors.
    pub(crate) collectors: Collectors,
    /// What they asked.
    pub(crate) asked: Asked,
}

/// Stores what is finished of the scope at `path`, and what was asked for it so far.
pub(crate) async fn save(
    artifacts: &Artifacts,
    cycle: &CycleState,
    path: &str,
    collectors: Collectors,
    asked: Asked,
) -> Result<(), PhaseError> {
    let (mut saved, mut chunk) = (Vec::new(), Vec::new());
    for (collector, Finished { part, seen, owned }) in collectors {
        let (resources, sizes) = (part.resources().clone(), part.sizes().clone());
        let bytes = part.into_bytes().map_err(|error| unwritten(path).with_source(error))?;
        chunk.extend_from_slice(&bytes);
        saved.push(Saved { collector, bytes: bytes.len(), resources, sizes, seen, owned });
    }
    let chunk = artifacts.save_bytes(cycle, &format!("{path}.partial.ndjson.zst"), chunk).await?;
    let Some((chunk, sha256)) = chunk else { return Ok(()) };
    let checkpoint = Checkpoint { collectors: saved, asked, chunk, sha256 };
    artifacts.save(cycle, &format!("{path}.checkpoint.json"), checkpoint).await.map(drop)
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
    let (mut collectors, mut rest) = (Collectors::new(), &*chunk);
    for saved in checkpoint.collectors {
        let Some((bytes, more)) = rest.split_at_checked(saved.bytes) else {
            return Ok(Before::default());
        };
        rest = more;
        let part = Part::restored(bytes.to_vec(), saved.resources, saved.sizes);
        let finished = Finished { part, seen: saved.seen, owned: saved.owned };
        collectors.insert(saved.collector, finished);
    }
    Ok(Before { collectors, asked: checkpoint.asked })
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
