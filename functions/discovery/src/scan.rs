//! `scan`: reads one scope.

use std::collections::BTreeMap;

use aws_config::{Region as SdkRegion, SdkConfig};
use aws_credential_types::provider::ProvideCredentials;
use aws_sdk_sts::operation::assume_role::AssumeRoleError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use futures::future::join_all;
use miyabi_platform::{
    PhaseError,
    aws::for_account,
    error::{chain, classify_code},
};
use miyabi_types::{
    cycle::CycleState,
    error::ErrorName,
    evidence::{Evidence, Unavailable},
    id::IamAction,
    phase::ScannedScope,
    resource::Resource,
    settings::TenantSettings,
    world::{ChunkLine, Coverage, Scope, ScopeManifest},
};

use crate::{
    collect::{REGISTRY, Reach, generic},
    handler::Discovery,
    open::{self, GET_CALLER_IDENTITY},
    ownership::Ownership,
    place::Place,
    prices,
    scope::Scan,
    session,
};

/// The region whose endpoints global services are read through where none is configured.
const HOME: &str = "us-east-1";

impl Discovery {
    /// Reads one scope and stores what it holds.
    pub(crate) async fn scan(
        &self,
        cycle: &CycleState,
        sequence: u32,
        scope: Scope,
    ) -> Result<ScannedScope, PhaseError> {
        self.require_credentials().await?;
        let settings = self.artifacts.find(cycle, cycle.settings.as_ref()).await?;
        let (lines, mut manifest) = self.read(cycle, &settings.unwrap_or_default(), scope).await;
        let path = scope_path(sequence, &manifest.scope);
        let chunk = self.artifacts.save_chunk(cycle, &format!("{path}.ndjson.zst"), &lines).await?;
        let stored = chunk.is_some();
        (manifest.chunk, manifest.sha256) = chunk.unzip();
        if stored {
            self.artifacts.save(cycle, &format!("{path}.json"), manifest.clone()).await?;
        }
        Ok(ScannedScope { manifest, lines: (!stored).then_some(lines) })
    }

    async fn read(
        &self,
        cycle: &CycleState,
        settings: &TenantSettings,
        scope: Scope,
    ) -> (Vec<ChunkLine>, ScopeManifest) {
        let home = self.sdk.region().map_or(HOME, AsRef::as_ref).to_owned();
        let access = settings.accounts.iter().find(|access| access.account == scope.account);
        let near = if scope.region.is_global() { home.clone() } else { scope.region.to_string() };
        let sdk = for_account(&self.sdk, &cycle.tenant, access, Some(&session::POLICY))
            .await
            .into_builder()
            .region(SdkRegion::new(near))
            .build();
        let place = Place::new(scope.account.clone(), scope.region.clone(), &home);
        let mut scan = Scan::new(place, &sdk, self.clock.now(), self.budget);
        scan.generic_types.clone_from(&settings.generic_types);
        let lines = match entitled(&scan, &sdk, &home).await {
            Ok(()) => collect(&scan).await,
            Err(why) => unseen_lines(&scope, &why),
        };
        let (api_calls, cost_explorer_requests) = scan.calls();
        let mut coverage = scan.coverage();
        if let Some(Err(why)) =
            coverage.iter().find(|c| c.api.as_str() == GET_CALLER_IDENTITY).map(|c| c.result.get())
        {
            coverage = unseen(&scope, why);
        }
        let mut manifest =
            ScopeManifest { api_calls, cost_explorer_requests, ..empty(scope, coverage) };
        for line in &lines {
            if let ChunkLine::Resource(resource) = line {
                *manifest.resources.entry(resource.kind()).or_default() += 1;
            }
        }
        tracing::info!(
            account = %manifest.scope.account,
            region = %manifest.scope.region,
            resources = lines.len(),
            api_calls,
            "scope read"
        );
        (lines, manifest)
    }
}

/// Whether the credentials are good, and for the account that is to be read.
async fn entitled(scan: &Scan, sdk: &SdkConfig, home: &str) -> Result<(), Unavailable> {
    let result = identity(scan, sdk, home).await;
    scan.record(open::CALLER, result.clone().map(|()| 1));
    result
}

async fn identity(scan: &Scan, sdk: &SdkConfig, home: &str) -> Result<(), Unavailable> {
    if let Some(provider) = sdk.credentials_provider()
        && let Err(error) = provider.provide_credentials().await
    {
        let assume_role = IamAction::parse("sts:AssumeRole").expect("valid action");
        return Err(if is_denied_role(&error) {
            Unavailable::denied(assume_role)
        } else {
            Unavailable::because(format!("no credentials for the account: {}", chain(&error)))
        });
    }
    let account = match open::own_account(scan.sdk()).await {
        Ok(account) => account,
        Err(error) if error.name == ErrorName::AccessDenied => {
            return Err(refused_or_disabled(scan, home).await);
        }
        Err(error) => return Err(Unavailable::because(chain(&error))),
    };
    if account == scan.place.account {
        return Ok(());
    }
    Err(Unavailable::because(format!(
        "the credentials are for account {account}, not {}: give the account a role_arn in the settings",
        scan.place.account
    )))
}

/// A region that the account has not enabled knows none of its credentials; another one does.
async fn refused_or_disabled(scan: &Scan, home: &str) -> Unavailable {
    let elsewhere = scan.sdk().to_builder().region(SdkRegion::new(home.to_owned())).build();
    let region = &scan.place.region;
    if region.as_str() != home && !region.is_global() && open::own_account(&elsewhere).await.is_ok()
    {
        return Unavailable::because(format!("the region {region} is not enabled for the account"));
    }
    Unavailable::because("the credentials are expired or not valid")
}

fn is_denied_role(error: &(dyn std::error::Error + 'static)) -> bool {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if let Some(error) = error.downcast_ref::<AssumeRoleError>() {
            return classify_code(error.code().unwrap_or_default()) == ErrorName::AccessDenied;
        }
        cause = error.source();
    }
    false
}

/// Runs every collector of the scope's reach at once.
async fn collect(scan: &Scan) -> Vec<ChunkLine> {
    let reach = Reach::of(&scan.place.region);
    let collectors = REGISTRY.iter().filter(|collector| collector.reach == reach);
    let collected = join_all(collectors.map(|collector| (collector.collect)(scan))).await;

    let (mut resources, mut lines, mut owned) = (Vec::new(), Vec::new(), Vec::new());
    for part in collected {
        resources.extend(part.resources);
        lines.extend(part.lines);
        owned.extend(part.owned);
    }
    generic::give_way(&mut resources);
    complete(scan, &mut resources, &Ownership::from_iter(owned));
    let resources = resources.into_iter().map(|resource| ChunkLine::Resource(Box::new(resource)));
    resources.chain(lines).collect()
}

/// Fills in what takes the whole scope: owners, prices, order.
fn complete(scan: &Scan, resources: &mut [Resource], ownership: &Ownership) {
    let prices = prices::of_regions([&scan.place.region]);
    for resource in resources.iter_mut() {
        resource.managed_by = ownership.of(resource);
        resource.monthly_cost = prices.monthly_cost(resource);
        resource.depends_on.sort();
        resource.depends_on.dedup();
    }
    resources.sort_by(|a, b| a.arn.cmp(&b.arn));
}

/// The path of a scope's artifacts, without ending.
pub(crate) fn scope_path(sequence: u32, scope: &Scope) -> String {
    format!("world-{sequence}/{}/{}", scope.account, scope.region)
}

/// The manifest of a scope that nothing was read of yet.
pub(crate) const fn empty(scope: Scope, coverage: Vec<Coverage>) -> ScopeManifest {
    ScopeManifest {
        scope,
        coverage,
        resources: BTreeMap::new(),
        api_calls: 0,
        cost_explorer_requests: 0,
        chunk: None,
        sha256: None,
    }
}

/// The coverage of a scope of which nothing could be read.
pub(crate) fn unseen(scope: &Scope, why: &Unavailable) -> Vec<Coverage> {
    let reach = Reach::of(&scope.region);
    let calls = REGISTRY.iter().filter(|c| c.reach == reach).flat_map(|c| c.calls);
    let mut coverage: Vec<_> = calls
        .map(|call| Coverage {
            api: call.api(),
            kinds: call.kinds.to_vec(),
            result: Evidence::Unavailable(why.clone()),
        })
        .collect();
    coverage.sort_by(|a, b| (&a.api, &a.kinds).cmp(&(&b.api, &b.kinds)));
    coverage.dedup_by(|a, b| a.api == b.api && a.kinds == b.kinds);
    coverage
}

/// What such a scope says besides resources.
fn unseen_lines(scope: &Scope, why: &Unavailable) -> Vec<ChunkLine> {
    vec![match Reach::of(&scope.region) {
        Reach::Global => ChunkLine::Costs { costs: Evidence::Unavailable(why.clone()) },
        Reach::Regional => ChunkLine::SecurityHub { findings: Evidence::Unavailable(why.clone()) },
    }]
}

#[cfg(test)]
mod faults;
#[cfg(test)]
mod tests;
