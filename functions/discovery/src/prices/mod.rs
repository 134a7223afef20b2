//! List prices of what a World holds and of what it could be exchanged for: from the AWS Price List, or from
//! the snapshot that is embedded here where the Price List cannot be asked.
//!
//! A cycle asks once, when the World is sealed, for its regions, services and sizes, and World₁ keeps the
//! prices of World₀, so that what was saved is no change of prices. Answers are kept for a day.

use std::{collections::BTreeMap, panic::resume_unwind};

use futures::{StreamExt, stream};
use jiff::Timestamp;
use miyabi_platform::{Artifacts, PhaseError};
use miyabi_types::{
    cycle::{CycleState, WorldRef},
    evidence::{Evidence, Unavailable},
    id::{IamAction, Region},
    pricing::{PriceSheet, Service, ServicePrices},
    world::{Coverage, ScopeManifest},
};
use tokio::task::spawn_blocking;

mod answers;
#[cfg(test)]
pub(crate) mod fixture;
mod list;
mod price_list;
mod product;
mod query;
mod seen;
pub(crate) mod snapshot;

pub(crate) use price_list::GET_PRODUCTS;

use self::{
    answers::{Answer, Answers},
    list::{LISTS, List},
    price_list::PriceList,
    query::Query,
    seen::Seen,
};
use crate::handler::Discovery;

/// Services that are asked about at once.
const LANES: usize = 4;

impl Discovery {
    /// The prices of what `scopes` hold. What came of asking becomes coverage of each scope of the region.
    pub(crate) async fn prices(
        &self,
        cycle: &CycleState,
        sequence: u32,
        scopes: &mut [ScopeManifest],
    ) -> Result<PriceSheet, PhaseError> {
        // Parsed while the answers are on their way.
        let blank = spawn_blocking(snapshot::blank);
        let list = PriceList::new(&self.sdk, self.budget);
        let asking =
            Asking { list: &list, artifacts: &self.artifacts, cycle, now: self.clock.now() };
        let regions = Seen::by_region(scopes);
        let parts = regions.iter().flat_map(|(region, seen)| {
            Service::ALL.iter().map(move |service| Part::new(*service, region, seen))
        });
        let asked: Vec<Part> = parts.filter(|part| !part.questions.is_empty()).collect();
        let told = stream::iter(asked).map(|part| asking.part(part)).buffered(LANES);
        let told: Vec<_> = told.collect().await;

        // Nobody cancels it.
        let mut sheet = blank.await.unwrap_or_else(|error| resume_unwind(error.into_panic()));
        let mut results = BTreeMap::<Region, Result<u64, Unavailable>>::new();
        for Told { region, service, prices, offers, failed } in told {
            for (name, offer) in offers {
                sheet.instance_types.entry(name).or_insert(offer);
            }
            let result = results.entry(region.clone()).or_insert(Ok(0));
            match (failed, result) {
                (Some(why), result) => *result = Err(why),
                (None, Ok(count)) => *count += prices.listed.len() as u64,
                (None, Err(_)) => {}
            }
            sheet.regions.entry(region).or_default().insert(service, prices);
        }
        if sequence > 0 {
            sheet.keep(&self.earlier(cycle).await?);
        }
        note(scopes, &results, list.calls());
        Ok(sheet)
    }

    /// The prices of World₀.
    async fn earlier(&self, cycle: &CycleState) -> Result<PriceSheet, PhaseError> {
        Ok(match &cycle.world0 {
            None => PriceSheet::default(),
            Some(WorldRef::Inline(world)) => world.manifest.prices.clone(),
            Some(WorldRef::Manifest(manifest)) => {
                let manifest = self.artifacts.find(cycle, Some(manifest)).await?;
                manifest.map(|manifest| manifest.prices).unwrap_or_default()
            }
        })
    }
}

/// A service in a region.
struct Part {
    region: Region,
    service: Service,
    /// What to ask, each with the list that reads the answer.
    questions: Vec<(&'static List, Query)>,
}

impl Part {
    fn new(service: Service, region: &Region, seen: &Seen) -> Self {
        let lists = LISTS.iter().filter(|list| list.service == service);
        let ask = |list: &'static List| {
            (list.queries)(region, seen).into_iter().map(move |query| (list, query))
        };
        Self { region: region.clone(), service, questions: lists.flat_map(ask).collect() }
    }
}

/// Asking, with what it takes.
struct Asking<'a> {
    list: &'a PriceList,
    artifacts: &'a Artifacts,
    cycle: &'a CycleState,
    now: Timestamp,
}

/// What is known of one service's prices in one region.
struct Told {
    region: Region,
    service: Service,
    prices: ServicePrices,
    offers: BTreeMap<String, miyabi_types::pricing::InstanceType>,
    /// Why not everything was answered.
    failed: Option<Unavailable>,
}

impl Asking<'_> {
    async fn part(&self, Part { region, service, questions }: Part) -> Told {
        let place = (&region, service);
        let kept = Answers::load(self.artifacts, self.cycle, place).await;
        let mut told = Told {
            region: region.clone(),
            service,
            prices: ServicePrices::default(),
            offers: BTreeMap::new(),
            failed: None,
        };
        let mut new = BTreeMap::new();
        for (list, query) in questions {
            let name = query.name();
            if let Some(answer) = kept.get(&name, self.now) {
                told.add(answer.clone());
                continue;
            }
            match self.list.ask(&query).await {
                Ok(products) => {
                    let answer = Answer::new(list, &products, self.now);
                    told.add(answer.clone());
                    new.insert(name, answer);
                }
                Err(why) => told.failed = Some(why),
            }
        }
        if told.failed.is_none() && told.prices.listed.is_empty() {
            let code = service.code();
            let why = format!("the Price List has no prices of {code} in {region}");
            told.failed = Some(Unavailable::because(why));
        } else {
            kept.keep(new, self.artifacts, self.cycle, place).await;
        }
        told.fill();
        told
    }
}

impl Told {
    fn add(&mut self, answer: Answer) {
        let published = [self.prices.published, answer.published].into_iter().flatten().min();
        self.prices.published = published;
        self.prices.listed.extend(answer.rates);
        self.offers.extend(answer.offers);
    }

    /// Where not everything was answered, the snapshot fills what it can.
    fn fill(&mut self) {
        let Some(why) = &mut self.failed else { return };
        let snapshot =
            snapshot::of_region(&self.region).and_then(|prices| prices.get(&self.service));
        let Some(snapshot) = snapshot else { return };
        let missing = |(key, _): &(&String, _)| !self.prices.listed.contains_key(*key);
        let prices = snapshot.snapshot.iter().filter(missing);
        self.prices.snapshot = prices.map(|(key, price)| (key.clone(), *price)).collect();
        why.reason = format!("{}; prices of {} are used", why.reason, snapshot::as_of());
    }
}

/// Writes what came of asking into the coverage of each region's scopes, and the calls to the first.
fn note(
    scopes: &mut [ScopeManifest],
    results: &BTreeMap<Region, Result<u64, Unavailable>>,
    calls: u64,
) {
    let api = IamAction::parse(GET_PRODUCTS).expect("a valid action");
    let mut calls = Some(calls);
    for scope in scopes {
        let Some(result) = results.get(&scope.scope.region) else { continue };
        scope.api_calls += calls.take().unwrap_or(0);
        let (api, result) = (api.clone(), Evidence::from(result.clone()));
        scope.coverage.push(Coverage { api, kinds: Vec::new(), result });
        scope.coverage.sort_by(|a, b| a.api.cmp(&b.api));
    }
}

#[cfg(test)]
mod tests;
