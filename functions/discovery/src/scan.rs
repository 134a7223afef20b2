//! `scan`: reads one scope.

use std::{
    cmp::Reverse, collections::BTreeMap, future::Future, iter::once, panic::resume_unwind,
    pin::pin, sync::Arc,
};

use aws_config::{Region as SdkRegion, SdkConfig};
use aws_credential_types::provider::ProvideCredentials;
use aws_sdk_sts::operation::assume_role::AssumeRoleError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use futures::{
    FutureExt,
    future::{self, Either, select},
};
use miyabi_platform::{
    PhaseError,
    aws::for_account,
    error::{beyond_permissions, chain, classify_code, denied},
};
use miyabi_types::{
    commitments::Commitments,
    cycle::CycleState,
    error::ErrorName,
    evidence::{Evidence, Unavailable},
    id::IamAction,
    phase::ScannedScope,
    settings::TenantSettings,
    world::{ChunkLine, Coverage, Scope, ScopeManifest},
};
use tokio::{task::JoinSet, time::sleep};

use crate::{
    checkpoint::{self, Before, Collectors},
    collect::{Collector, OWNERS, Reach, compute_optimizer, cost_explorer, cost_optimization_hub},
    counting::Asked,
    handler::Discovery,
    kept::Keep,
    lists::Unfinished,
    open,
    part::Part,
    place::Place,
    scope::{Finished, Scan},
    session,
};

/// The region whose endpoints global services are read through where none is configured.
const HOME: &str = "us-east-1";

impl Discovery {
    /// Reads one scope and stores what it holds. What is not read when time is `over` is left for the next
    /// invocation, which goes on from there; from `closing` on, no further pages are begun.
    pub(crate) async fn scan(
        &self,
        cycle: &CycleState,
        sequence: u32,
        scope: Scope,
        closing: impl Future<Output = ()> + Send,
        over: impl Future<Output = ()> + Send,
    ) -> Result<ScannedScope, PhaseError> {
        self.require_credentials().await?;
        let settings = self.artifacts.find(cycle, cycle.settings.as_ref()).await?;
        let path = scope_path(sequence, &scope);
        let mut before = checkpoint::load(&self.artifacts, cycle, &path).await?;
        let begun = *before.begun.get_or_insert_with(|| self.clock.now());
        let read =
            self.read(cycle, &settings.unwrap_or_default(), &scope, before, closing, over).await;
        if read.left.is_empty() {
            return self.store(cycle, &path, read.into_scope(scope)).await;
        }
        if self.artifacts.is_stored() && read.came_further {
            let remaining = u32::try_from(read.left.len()).unwrap_or(u32::MAX);
            tracing::info!(account = %scope.account, region = %scope.region, remaining, "to be continued");
            let manifest = empty(scope, Vec::new());
            checkpoint::save(&self.artifacts, cycle, &path, read.into_before().await, begun)
                .await?;
            return Ok(ScannedScope { manifest, lines: None, remaining: Some(remaining) });
        }
        // Another invocation would come no further.
        self.store(cycle, &path, read.given_up().await.into_scope(scope)).await
    }

    async fn store(
        &self,
        cycle: &CycleState,
        path: &str,
        (mut manifest, part): (ScopeManifest, Part),
    ) -> Result<ScannedScope, PhaseError> {
        tracing::info!(
            account = %manifest.scope.account,
            region = %manifest.scope.region,
            resources = manifest.resources.values().sum::<u64>(),
            api_calls = manifest.api_calls,
            "scope read"
        );
        let unwritten = |error| checkpoint::unwritten(path).with_source(error);
        if !self.artifacts.is_stored() {
            let lines = part.into_lines().map_err(unwritten)?;
            return Ok(ScannedScope { manifest, lines: Some(lines), remaining: None });
        }
        let chunk = part.into_bytes().map_err(unwritten)?;
        let chunk = self.artifacts.save_bytes(cycle, &format!("{path}.ndjson.zst"), chunk).await?;
        (manifest.chunk, manifest.sha256) = chunk.unzip();
        self.artifacts.save(cycle, &format!("{path}.json"), manifest.clone()).await?;
        Ok(ScannedScope { manifest, lines: None, remaining: None })
    }

    async fn read(
        &self,
        cycle: &CycleState,
        settings: &TenantSettings,
        scope: &Scope,
        mut before: Before,
        closing: impl Future<Output = ()> + Send,
        over: impl Future<Output = ()> + Send,
    ) -> Read {
        let home = self.sdk.region().map_or(HOME, AsRef::as_ref).to_owned();
        let access = settings.accounts.iter().find(|access| access.account == scope.account);
        let near = if scope.region.is_global() { home.clone() } else { scope.region.to_string() };
        let sdk =
            for_account(&self.sdk, &cycle.tenant, access, Some(session::policy_for(settings)))
                .await
                .into_builder()
                .region(SdkRegion::new(near))
                .build();
        let place = Place::new(scope.account.clone(), scope.region.clone(), &home);
        let kept = Keep::new(self.artifacts.clone(), cycle.clone());
        let asked_for = Arc::new(settings.clone());
        let begun = before.begun.unwrap_or_else(|| self.clock.now());
        let scan = Scan::new(place, &sdk, begun, self.budget, asked_for, kept, before.asked);
        // Nothing waits for the answer who asks, but what is billed; and what is read counts only if that is
        // good.
        let asked = before.asked;
        let all = collect(&scan, &mut before, closing, over).map(Ok).boxed();
        let read = future::try_join(entitled(&scan, &sdk, &home).boxed(), all).await;
        let asked = asked + scan.asked();
        match read {
            Ok(((), (left, came_further))) => {
                let (collectors, part) = (before.collectors, Part::default());
                Read { scan, collectors, part, left, came_further, asked, coverage: None }
            }
            Err(why) => {
                let refused = Reach::of(&scope.region).collectors();
                let part = unseen_part(&scan, refused, &why);
                let coverage = Some(unseen(scope, &why));
                Read {
                    scan,
                    collectors: Collectors::new(),
                    part,
                    left: Vec::new(),
                    came_further: false,
                    asked,
                    coverage,
                }
            }
        }
    }
}

/// What came of reading a scope.
struct Read {
    scan: Scan,
    /// Finished collectors, also those of earlier invocations.
    collectors: Collectors,
    /// What is in the scope besides.
    part: Part,
    /// Collectors that did not finish.
    left: Vec<Left>,
    /// Whether there is more than there was before this invocation.
    came_further: bool,
    /// What was asked, also by earlier invocations.
    asked: Asked,
    /// Where nothing could be read: the coverage of all of it.
    coverage: Option<Vec<Coverage>>,
}

/// A collector that did not finish.
struct Left {
    collector: &'static Collector,
    scan: Arc<Scan>,
    unfinished: Unfinished,
}

impl Read {
    /// What the next invocation goes on from.
    async fn into_before(self) -> Before {
        let mut unfinished = BTreeMap::new();
        for Left { collector, unfinished: mut left, .. } in self.left {
            if self.scan.whole.is_owned() {
                for list in left.lists.values_mut().filter(|list| list.lasting) {
                    list.part.settle(&self.scan.whole).await;
                }
            }
            unfinished.insert(collector.name().to_owned(), left);
        }
        Before { collectors: self.collectors, unfinished, asked: self.asked, begun: None }
    }

    /// What did not finish is not known, but for what was read of it.
    async fn given_up(mut self) -> Self {
        let why = Unavailable::because("reading it takes longer than a function may run");
        if !self.scan.whole.is_owned() {
            let owners = self.left.iter_mut().find(|left| left.collector.name() == OWNERS);
            let owned = owners.map(|left| left.unfinished.owned()).unwrap_or_default();
            self.scan.whole.owned(&owned);
        }
        for Left { collector, scan, unfinished } in std::mem::take(&mut self.left) {
            let finished = if scan.is_collected() {
                scan.put_together(unfinished).await
            } else {
                // What are lines instead of resources may have been read.
                if !unfinished.lists.contains_key(collector.name()) {
                    self.part.append(unseen_part(&self.scan, once(collector), &why));
                }
                scan.give_up(unfinished, collector.calls, &why).await
            };
            self.collectors.insert(collector.name().to_owned(), finished);
        }
        self
    }

    /// The manifest and everything found, collector by collector, so that the same is written alike.
    fn into_scope(self, scope: Scope) -> (ScopeManifest, Part) {
        let mut part = Part::default();
        for (_, finished) in self.collectors {
            self.scan.saw(finished.seen);
            part.append(finished.part);
        }
        part.append(self.part);
        let coverage = self.coverage.unwrap_or_else(|| self.scan.coverage());
        let Asked { api_calls, cost_explorer_requests, metrics_requested } = self.asked;
        let (resources, sizes) = (part.resources().clone(), part.sizes().clone());
        let manifest = ScopeManifest {
            resources,
            sizes,
            api_calls,
            cost_explorer_requests,
            metrics_requested,
            ..empty(scope, coverage)
        };
        (manifest, part)
    }
}

/// Whether the credentials are good, and for the account that is to be read.
async fn entitled(scan: &Scan, sdk: &SdkConfig, home: &str) -> Result<(), Unavailable> {
    let result = identity(scan, sdk, home).await;
    scan.record(open::CALLER, result.clone().map(|()| 1));
    if result.is_ok() {
        scan.is_entitled();
    }
    result
}

async fn identity(scan: &Scan, sdk: &SdkConfig, home: &str) -> Result<(), Unavailable> {
    if let Some(provider) = sdk.credentials_provider()
        && let Err(error) = provider.provide_credentials().await
    {
        return Err(denied_role(&error).unwrap_or_else(|| {
            Unavailable::because(format!("no credentials for the account: {}", chain(&error)))
        }));
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

/// Why the role may not be assumed, if that is the reason.
fn denied_role(error: &(dyn std::error::Error + 'static)) -> Option<Unavailable> {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if let Some(error) = error.downcast_ref::<AssumeRoleError>() {
            let code = error.code().unwrap_or_default();
            let is_denied = classify_code("sts", code) == ErrorName::AccessDenied
                && beyond_permissions(code).is_none();
            let assume_role = IamAction::parse("sts:AssumeRole").expect("valid action");
            return is_denied.then(|| denied(assume_role, Some(error)));
        }
        cause = error.source();
    }
    None
}

/// Runs every collector of the scope's reach that has not finished before, all at once, and adds those that
/// finish. Answers the others, and whether there is more than before.
async fn collect(
    scan: &Scan,
    before: &mut Before,
    closing: impl Future<Output = ()> + Send,
    over: impl Future<Output = ()> + Send,
) -> (Vec<Left>, bool) {
    let known = before.collectors.len();
    if let Some(finished) = before.collectors.get(OWNERS) {
        scan.whole.owned(&finished.owned);
    } else if !Reach::of(&scan.place.region).collectors().any(|one| one.name() == OWNERS) {
        scan.whole.owned(&[]);
    }
    let left = Reach::of(&scan.place.region).collectors();
    let left = left.filter(|collector| !before.collectors.contains_key(collector.name()));
    let mut left: Vec<_> = left.collect();
    let mut head_start = scan.head_start();
    if head_start.is_some() {
        // First what makes the most calls once its list is there.
        left.sort_by_key(|collector| Reverse(collector.details()));
    }
    let left: Vec<_> = left
        .into_iter()
        .map(|collector| {
            let unfinished = before.unfinished.remove(collector.name()).unwrap_or_default();
            (collector, unfinished.progress(), Arc::new(scan.for_collector(unfinished)))
        })
        .collect();
    // Each is a task, so that where there are several threads none waits for another one's work.
    let mut running = JoinSet::new();
    for (collector, _, own) in &left {
        running.spawn(run(collector, Arc::clone(own)));
        if let Some(head_start) = head_start.take() {
            sleep(head_start).await;
        }
    }
    let collectors = &mut before.collectors;
    ended(&mut running, collectors, closing).await;
    scan.close();
    ended(&mut running, collectors, over).await;
    // What they leave is there once they have stopped.
    running.shutdown().await;
    let mut came_further = collectors.len() > known;
    let left = left.into_iter().filter(|(one, ..)| !collectors.contains_key(one.name()));
    let left = left.map(|(collector, before, scan)| {
        let unfinished = scan.left();
        came_further |= unfinished.progress() > before;
        Left { collector, scan, unfinished }
    });
    (left.collect(), came_further)
}

/// Adds all that finish until then.
async fn ended(
    running: &mut JoinSet<(&'static str, Finished)>,
    collectors: &mut Collectors,
    until: impl Future<Output = ()>,
) {
    let mut until = pin!(until);
    while let Either::Left((Some(ended), _)) =
        select(pin!(running.join_next()), until.as_mut()).await
    {
        // Nobody else can cancel it.
        let (name, finished) = ended.unwrap_or_else(|error| resume_unwind(error.into_panic()));
        collectors.insert(name.to_owned(), finished);
    }
}

async fn run(collector: &'static Collector, own: Arc<Scan>) -> (&'static str, Finished) {
    let collected = (collector.collect)(&own).await;
    if collector.name() == OWNERS {
        own.whole.owned(&collected.owned);
    }
    (collector.name(), own.finish(collected).await)
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
        sizes: BTreeMap::new(),
        api_calls: 0,
        cost_explorer_requests: 0,
        metrics_requested: 0,
        chunk: None,
        sha256: None,
    }
}

/// The coverage of a scope of which nothing could be read.
pub(crate) fn unseen(scope: &Scope, why: &Unavailable) -> Vec<Coverage> {
    let calls = Reach::of(&scope.region).collectors().flat_map(|collector| collector.calls);
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

/// What is said of services that could not be read, besides their coverage.
fn unseen_part(
    scan: &Scan,
    collectors: impl Iterator<Item = &'static Collector>,
    why: &Unavailable,
) -> Part {
    let mut part = Part::default();
    for collector in collectors {
        let unavailable = why.clone();
        match collector.service {
            "ce" => {
                let commitments = Commitments::unknown(why);
                let costs = Evidence::Unavailable(unavailable);
                for line in cost_explorer::lines(costs, commitments) {
                    part.push(&scan.whole, line);
                }
            }
            "compute-optimizer" => {
                for line in compute_optimizer::unknown(why) {
                    part.push(&scan.whole, line);
                }
            }
            "cost-optimization-hub" => {
                let recommendations = Evidence::Unavailable(unavailable);
                part.push(&scan.whole, cost_optimization_hub::line(recommendations));
            }
            "securityhub" => {
                let findings = Evidence::Unavailable(unavailable);
                part.push(&scan.whole, ChunkLine::SecurityHub { findings });
            }
            _ => {}
        }
    }
    part
}

#[cfg(test)]
mod faults;
#[cfg(test)]
mod interruption;
#[cfg(test)]
mod size;
#[cfg(test)]
mod tests;
