//! How long a plan takes, and how much memory. `scale make RESOURCES DIRECTORY` stores the World of a made-up
//! account of that size; `scale plan DIRECTORY` plans it as the function does, with that directory as its
//! bucket, and prints what each part took as JSON. `cargo xtask bench generation` runs both.

use std::{
    env,
    error::Error,
    fs,
    path::Path,
    sync::{Arc, Mutex},
    time::Instant,
};

use async_trait::async_trait;
// The fixtures say `crate::check`.
use miyabi_generation::{check, handler::Handler};
use miyabi_platform::{
    Artifacts, Clock, PhaseError,
    chunk::ChunkWriter,
    store::{ArtifactStore, DirectoryStore},
};
use miyabi_types::{
    artifact::{ArtifactKey, ArtifactRef},
    cycle::{CycleState, WorldRef},
    phase::GenerationRequest,
    resource::Resource,
    settings::Mode,
    world::{ChunkLine, Scope, World},
};
use serde_json::json;

#[expect(dead_code, reason = "only the account is made here; the rest is for tests")]
#[path = "../src/fixture/mod.rs"]
mod fixture;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let words: Vec<String> = env::args().skip(1).collect();
    match words.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["make", resources, directory] => make(resources.parse()?, Path::new(directory)).await,
        ["plan", directory] => plan(Path::new(directory)).await,
        _ => Err("scale make RESOURCES DIRECTORY, or scale plan DIRECTORY".into()),
    }
}

fn cycle() -> Result<Box<CycleState>, Box<dyn Error>> {
    let mut cycle = CycleState::new("acme".parse()?, fixture::cycle(), Mode::Observe);
    let key = ArtifactKey::of_cycle(&cycle.tenant, cycle.cycle, "world-0/manifest.json");
    cycle.world0 = Some(WorldRef::Manifest(ArtifactRef::Key(key)));
    Ok(Box::new(cycle))
}

async fn make(resources: usize, directory: &Path) -> Result<(), Box<dyn Error>> {
    let cycle = cycle()?;
    let artifacts = Artifacts::stored(Arc::new(Directory::new(directory)));
    let World { mut manifest, mut resources, .. } = fixture::account::account(resources);
    for scope in &mut manifest.scopes {
        let mut writer = ChunkWriter::default();
        let here = |one: &mut Resource| is_in(one, &scope.scope);
        for resource in resources.extract_if(.., here) {
            writer.push(&ChunkLine::Resource(Box::new(resource)));
        }
        let path = format!("world-0/{}.ndjson.zst", scope.scope.region);
        let saved = artifacts.save_bytes(&cycle, &path, writer.finish()?).await?;
        (scope.chunk, scope.sha256) = saved.unzip();
    }
    artifacts.save(&cycle, "world-0/manifest.json", manifest).await?;
    Ok(())
}

fn is_in(resource: &Resource, scope: &Scope) -> bool {
    (&resource.account, &resource.region) == (&scope.account, &scope.region)
}

async fn plan(directory: &Path) -> Result<(), Box<dyn Error>> {
    let store = Arc::new(Directory::new(directory));
    let handler = Handler { artifacts: Artifacts::stored(store.clone()), clock: store.clone() };
    handler.handle(GenerationRequest::Plan { cycle: cycle()? }).await?;
    println!("{}", serde_json::Value::from(store.spans()));
    Ok(())
}

/// A directory in the place of the bucket, which notes when it is asked for what.
struct Directory {
    store: DirectoryStore,
    begun: Instant,
    /// What was done from the mark before until then.
    marks: Mutex<Vec<(&'static str, f64, u64)>>,
}

impl Directory {
    fn new(path: &Path) -> Self {
        Self { store: DirectoryStore::new(path), begun: Instant::now(), marks: Mutex::default() }
    }

    /// Notes that what was done until now belongs to `part`.
    fn mark(&self, part: &'static str) {
        let mut marks = self.marks.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let now = (part, self.begun.elapsed().as_secs_f64(), peak_kib());
        match marks.last_mut() {
            Some(last) if last.0 == part => *last = now,
            _ => marks.push(now),
        }
    }

    /// What each part took, and the peak of memory until its end.
    fn spans(&self) -> Vec<serde_json::Value> {
        let marks = self.marks.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let starts = std::iter::once(0.0).chain(marks.iter().map(|(_, until, _)| *until));
        let spans = marks.iter().zip(starts).map(|((part, until, peak), from)| {
            json!({ "name": part, "seconds": until - from, "peak_kib": peak })
        });
        spans.collect()
    }
}

/// The parts of a plan by the files that they end with.
fn part(path: &str) -> &'static str {
    match path.split('/').next().unwrap_or_default() {
        "cost-plan.md" | "report.html" | "security-plan.md" => "plan and documents",
        "terraform" | "cloudformation" | "remediation" => "code",
        "plan.json" => "plan.json",
        _ => "formats",
    }
}

/// The handler asks for the time when the World is loaded.
impl Clock for Directory {
    fn now(&self) -> jiff::Timestamp {
        self.mark("load");
        fixture::now()
    }
}

#[async_trait]
impl ArtifactStore for Directory {
    async fn get(&self, key: &ArtifactKey) -> Result<Vec<u8>, PhaseError> {
        self.store.get(key).await
    }

    async fn put(&self, key: &ArtifactKey, bytes: Vec<u8>, of: &str) -> Result<(), PhaseError> {
        let written = self.store.put(key, bytes, of).await;
        // tenants/acme/cycles/{id}/{path}
        self.mark(part(key.as_str().splitn(5, '/').nth(4).unwrap_or_default()));
        written
    }

    async fn list(&self, prefix: &str) -> Result<Vec<ArtifactKey>, PhaseError> {
        self.store.list(prefix).await
    }
}

/// The most memory that this process ever had, in KiB.
fn peak_kib() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|kib| kib.parse().ok()).unwrap_or_default()
}
