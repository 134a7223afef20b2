//! `seal`: puts the scopes together to a World.

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
        let mut manifests = Vec::with_capacity(scopes.len());
        let mut chunks = Vec::new();
        for scope in scopes {
            let here = inline.iter().position(|scanned| scanned.manifest.scope == scope);
            let manifest = match here.map(|index| inline.swap_remove(index)) {
                Some(ScannedScope { manifest, lines, .. }) => {
                    chunks.extend(lines.map(|lines| (scope, lines)));
                    manifest
                }
                None => self.stored(&cycle, sequence, scope).await?,
            };
            manifests.push(manifest);
        }
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
