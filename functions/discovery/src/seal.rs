//! `seal`: puts the scopes together to a World.

use futures::{FutureExt, StreamExt, TryStreamExt, future::ready, stream};
use miyabi_platform::PhaseError;
use miyabi_types::{
    artifact::ArtifactKey,
    cycle::{CycleState, WorldRef},
    error::ErrorName,
    evidence::Unavailable,
    phase::ScannedScope,
    world::{Scope, ScopeManifest, World, WorldManifest},
};

use crate::{
    handler::Discovery,
    scan::{empty, scope_path, unseen},
};

/// Manifests that are read at once.
const AT_ONCE: usize = 16;

impl Discovery {
    /// Seals World `sequence` of the cycle. A scope that no scan left anything of is in it too, with
    /// coverage that says so.
    pub(crate) async fn seal(
        &self,
        mut cycle: CycleState,
        sequence: u32,
        mut scopes: Vec<Scope>,
        mut inline: Vec<ScannedScope>,
    ) -> Result<CycleState, PhaseError> {
        if sequence > 1 {
            return Err(PhaseError::invalid_input(format!(
                "sequence {sequence} is neither 0 nor 1"
            )));
        }
        scopes.sort();
        scopes.dedup();
        let mut chunks = Vec::new();
        let manifests = scopes.into_iter().map(|scope| {
            let here = inline.iter().position(|scanned| scanned.manifest.scope == scope);
            let Some(index) = here else {
                return self.stored(&cycle, sequence, scope).boxed();
            };
            let ScannedScope { manifest, lines, .. } = inline.swap_remove(index);
            chunks.extend(lines.map(|lines| (scope, lines)));
            ready(Ok(manifest)).boxed()
        });
        // Only manifests are read, however large the chunks are.
        let manifests = stream::iter(manifests.collect::<Vec<_>>()).buffered(AT_ONCE);
        let mut manifests: Vec<ScopeManifest> = manifests.try_collect().await?;
        let prices = self.prices(&cycle, sequence, &mut manifests).await?;
        let manifest = WorldManifest {
            tenant: cycle.tenant.clone(),
            cycle: cycle.cycle,
            sequence,
            taken_at: self.clock.now(),
            prices,
            scopes: manifests,
        };
        let world = if self.artifacts.is_stored() {
            let path = format!("world-{sequence}/manifest.json");
            WorldRef::Manifest(self.artifacts.save(&cycle, &path, manifest).await?)
        } else {
            WorldRef::Inline(Box::new(World::assemble(manifest, chunks)))
        };
        if sequence == 0 {
            cycle.world0 = Some(world);
        } else {
            cycle.world1 = Some(world);
        }
        Ok(cycle)
    }

    async fn stored(
        &self,
        cycle: &CycleState,
        sequence: u32,
        scope: Scope,
    ) -> Result<ScopeManifest, PhaseError> {
        if self.artifacts.is_stored() {
            let path = format!("{}.json", scope_path(sequence, &scope));
            let key = ArtifactKey::of_cycle(&cycle.tenant, cycle.cycle, &path);
            match self.artifacts.get::<ScopeManifest>(cycle, &key).await {
                Err(error) if error.name == ErrorName::InvalidInput => {
                    tracing::warn!(account = %scope.account, region = %scope.region, "{error}");
                }
                answer => return answer,
            }
        }
        let why = Unavailable::because("the scan of the scope failed; its log says why");
        let coverage = unseen(&scope, &why);
        Ok(empty(scope, coverage))
    }
}

#[cfg(test)]
mod tests;
