//! Artifacts by type: stored under their keys, or inline where nothing is deployed to store them.

use std::sync::Arc;

use miyabi_types::{
    artifact::{self, ArtifactKey, ArtifactRef, Versioned},
    cycle::{CycleState, WorldRef},
    world::{ChunkLine, World, WorldManifest},
};
use sha2::{Digest, Sha256};

use crate::{chunk, error::PhaseError, store::ArtifactStore};

/// Reads and writes artifacts.
#[derive(Clone, Default)]
pub struct Artifacts {
    store: Option<Arc<dyn ArtifactStore>>,
}

impl Artifacts {
    /// Artifacts kept in `store`.
    pub fn stored(store: Arc<dyn ArtifactStore>) -> Self {
        Self { store: Some(store) }
    }

    /// Artifacts that travel inside events.
    pub fn inline() -> Self {
        Self::default()
    }

    /// Artifacts in the configured bucket, or inline without one.
    pub fn configured(config: &aws_config::SdkConfig, bucket: Option<String>) -> Self {
        bucket.map_or_else(Self::inline, |bucket| {
            let client = crate::aws::s3_client(config);
            Self::stored(Arc::new(crate::store::S3Store::new(client, bucket)))
        })
    }

    /// Whether artifacts are stored (else they travel inside events).
    pub fn is_stored(&self) -> bool {
        self.store.is_some()
    }

    fn store(&self, key: &ArtifactKey) -> Result<&Arc<dyn ArtifactStore>, PhaseError> {
        self.store.as_ref().ok_or_else(|| {
            PhaseError::invalid_input(format!(
                "the event names the artifact {key}, but MIYABI_BUCKET is not set: set it, or put the artifact inline"
            ))
        })
    }

    /// The artifact that `reference` names or holds. `field` names it in errors.
    pub async fn load<T: Versioned + Clone>(
        &self,
        cycle: &CycleState,
        field: &str,
        reference: Option<&ArtifactRef<T>>,
    ) -> Result<T, PhaseError> {
        self.find(cycle, reference).await?.ok_or_else(|| missing(field))
    }

    /// The artifact that `reference` names or holds, if there is a reference.
    pub async fn find<T: Versioned + Clone>(
        &self,
        cycle: &CycleState,
        reference: Option<&ArtifactRef<T>>,
    ) -> Result<Option<T>, PhaseError> {
        match reference {
            None => Ok(None),
            Some(ArtifactRef::Inline(artifact)) => Ok(Some((**artifact).clone())),
            Some(ArtifactRef::Key(key)) => self.get(cycle, key).await.map(Some),
        }
    }

    /// The artifact stored under `key`, which must belong to the cycle's tenant.
    pub async fn get<T: Versioned>(
        &self,
        cycle: &CycleState,
        key: &ArtifactKey,
    ) -> Result<T, PhaseError> {
        own(cycle, key)?;
        Ok(artifact::from_bytes(&self.store(key)?.get(key).await?)?)
    }

    /// Stores an artifact of the cycle under `path`, or keeps it inline.
    pub async fn save<T: Versioned>(
        &self,
        cycle: &CycleState,
        path: &str,
        artifact: T,
    ) -> Result<ArtifactRef<T>, PhaseError> {
        let Some(store) = &self.store else { return Ok(ArtifactRef::inline(artifact)) };
        let key = ArtifactKey::of_cycle(&cycle.tenant, cycle.cycle, path);
        store.put(&key, artifact::to_bytes(&artifact)?, "application/json").await?;
        Ok(ArtifactRef::Key(key))
    }

    /// Stores an artifact under a key of the cycle's tenant, beyond the cycle.
    pub async fn put<T: Versioned>(
        &self,
        cycle: &CycleState,
        key: &ArtifactKey,
        artifact: &T,
    ) -> Result<(), PhaseError> {
        own(cycle, key)?;
        self.store(key)?.put(key, artifact::to_bytes(artifact)?, "application/json").await
    }

    /// Stores a text of the cycle under `path`, or keeps it inline.
    pub async fn save_text(
        &self,
        cycle: &CycleState,
        path: &str,
        text: String,
        media_type: &str,
    ) -> Result<ArtifactRef<String>, PhaseError> {
        let Some(store) = &self.store else { return Ok(ArtifactRef::inline(text)) };
        let key = ArtifactKey::of_cycle(&cycle.tenant, cycle.cycle, path);
        store.put(&key, text.into_bytes(), media_type).await?;
        Ok(ArtifactRef::Key(key))
    }

    /// The text that `reference` names or holds.
    pub async fn load_text(
        &self,
        cycle: &CycleState,
        reference: &ArtifactRef<String>,
    ) -> Result<String, PhaseError> {
        match reference {
            ArtifactRef::Inline(text) => Ok((**text).clone()),
            ArtifactRef::Key(key) => {
                own(cycle, key)?;
                String::from_utf8(self.store(key)?.get(key).await?).map_err(|e| {
                    PhaseError::invalid_input(format!("{key} is not UTF-8")).with_source(e)
                })
            }
        }
    }

    /// Stores bytes of the cycle under `path`. Answers the key and the SHA-256 of what was stored;
    /// nothing where artifacts travel inside events.
    pub async fn save_bytes(
        &self,
        cycle: &CycleState,
        path: &str,
        bytes: Vec<u8>,
    ) -> Result<Option<(ArtifactKey, String)>, PhaseError> {
        let Some(store) = &self.store else { return Ok(None) };
        let key = ArtifactKey::of_cycle(&cycle.tenant, cycle.cycle, path);
        let hash = hex(&bytes);
        store.put(&key, bytes, "application/zstd").await?;
        Ok(Some((key, hash)))
    }

    /// Bytes that [`Self::save_bytes`] stored; `sha256` must be what it answered.
    pub async fn load_bytes(
        &self,
        cycle: &CycleState,
        key: &ArtifactKey,
        sha256: Option<&str>,
    ) -> Result<Vec<u8>, PhaseError> {
        own(cycle, key)?;
        let bytes = self.store(key)?.get(key).await?;
        if sha256.is_some_and(|expected| expected != hex(&bytes)) {
            return Err(PhaseError::internal(format!(
                "{key} is not what was stored: its hash differs"
            )));
        }
        Ok(bytes)
    }

    /// The lines of a stored scope; `sha256` must be what [`Self::save_bytes`] answered.
    pub async fn load_chunk(
        &self,
        cycle: &CycleState,
        key: &ArtifactKey,
        sha256: Option<&str>,
    ) -> Result<Vec<ChunkLine>, PhaseError> {
        let bytes = self.load_bytes(cycle, key, sha256).await?;
        chunk::read(&bytes).map_err(|error| no_chunk(key, error))
    }

    /// The World that `reference` names or holds, whole. `field` names it in errors.
    pub async fn load_world(
        &self,
        cycle: &CycleState,
        field: &str,
        reference: Option<&WorldRef>,
    ) -> Result<World, PhaseError> {
        let manifest = match reference {
            None => return Err(missing(field)),
            Some(WorldRef::Inline(world)) => return Ok((**world).clone()),
            Some(WorldRef::Manifest(manifest)) => self.load(cycle, field, Some(manifest)).await?,
        };
        let scopes = manifest.scopes.iter();
        let chunks: Vec<_> = scopes
            .filter_map(|it| Some((it.scope.clone(), it.chunk.clone()?, it.sha256.clone())))
            .collect();
        let mut world = World::begin(manifest);
        for (scope, key, sha256) in chunks {
            let bytes = self.load_bytes(cycle, &key, sha256.as_deref()).await?;
            // Line by line: all lines beside the World would be twice the memory.
            for line in chunk::lines(&bytes).map_err(|error| no_chunk(&key, error))? {
                world.add(&scope, line.map_err(|error| no_chunk(&key, error))?);
            }
        }
        Ok(world.finish())
    }

    /// The table of contents of the World that `reference` names or holds.
    pub async fn find_manifest(
        &self,
        cycle: &CycleState,
        reference: Option<&WorldRef>,
    ) -> Result<Option<WorldManifest>, PhaseError> {
        match reference {
            None => Ok(None),
            Some(WorldRef::Inline(world)) => Ok(Some(world.manifest.clone())),
            Some(WorldRef::Manifest(manifest)) => self.find(cycle, Some(manifest)).await,
        }
    }
}

fn no_chunk(key: &ArtifactKey, error: std::io::Error) -> PhaseError {
    PhaseError::invalid_input(format!("{key} is not a World chunk")).with_source(error)
}

fn missing(field: &str) -> PhaseError {
    PhaseError::invalid_input(format!(
        "cycle.{field} is missing: run the phase before, or put it inline"
    ))
}

fn own(cycle: &CycleState, key: &ArtifactKey) -> Result<(), PhaseError> {
    if key.belongs_to(&cycle.tenant) {
        return Ok(());
    }
    Err(PhaseError::invalid_input(format!("{key} does not belong to tenant {}", cycle.tenant)))
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    Sha256::digest(bytes).iter().fold(String::with_capacity(64), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::MemoryStore;
    use miyabi_types::{
        costs::CostHistory, error::ErrorName, evidence::Evidence, settings::Mode,
        settings::TenantSettings,
    };

    fn cycle() -> CycleState {
        CycleState::new(
            "acme".parse().unwrap(),
            "0198a6b0-0000-7000-8000-000000000000".parse().unwrap(),
            Mode::Observe,
        )
    }

    #[tokio::test]
    async fn what_was_saved_comes_back() {
        let artifacts = Artifacts::stored(Arc::new(MemoryStore::default()));
        let settings = TenantSettings { mode: Mode::Auto, ..TenantSettings::default() };
        let saved = artifacts.save(&cycle(), "settings.json", settings.clone()).await.unwrap();
        assert!(saved.key().is_some());
        assert_eq!(artifacts.load(&cycle(), "settings", Some(&saved)).await.unwrap(), settings);

        let lines = vec![ChunkLine::Costs { costs: Evidence::Known(CostHistory::default()) }];
        let mut writer = chunk::ChunkWriter::default();
        writer.push(&lines[0]);
        let bytes = writer.finish().unwrap();
        let (key, hash) = artifacts.save_bytes(&cycle(), "w.zst", bytes).await.unwrap().unwrap();
        assert_eq!(artifacts.load_chunk(&cycle(), &key, Some(&hash)).await.unwrap(), lines);
        let tampered = artifacts.load_chunk(&cycle(), &key, Some("00")).await.unwrap_err();
        assert_eq!(tampered.name, ErrorName::Internal);
    }

    #[tokio::test]
    async fn without_a_bucket_artifacts_travel_inline() {
        let artifacts = Artifacts::inline();
        let saved =
            artifacts.save(&cycle(), "settings.json", TenantSettings::default()).await.unwrap();
        assert!(saved.key().is_none());
        let key =
            ArtifactRef::<TenantSettings>::Key(ArtifactKey::of_tenant(&cycle().tenant, "x.json"));
        let error = artifacts.load(&cycle(), "settings", Some(&key)).await.unwrap_err();
        assert!(error.message.contains("MIYABI_BUCKET"), "{error}");
    }

    #[tokio::test]
    async fn another_tenants_artifact_is_refused() {
        let store = Arc::new(MemoryStore::default());
        let artifacts = Artifacts::stored(store);
        let other = ArtifactKey::of_tenant(&"other".parse().unwrap(), "settings.json");
        let error = artifacts.get::<TenantSettings>(&cycle(), &other).await.unwrap_err();
        assert_eq!(error.name, ErrorName::InvalidInput);
        assert!(error.message.contains("acme"), "{error}");
    }
}
