//! What the Price List answered, kept for a day.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp, civil::Date};
use miyabi_platform::Artifacts;
use miyabi_types::{
    artifact::{ArtifactKey, Versioned},
    cycle::CycleState,
    id::{Region, TenantId},
    pricing::{InstanceType, Service, UnitPrice},
};
use serde::{Deserialize, Serialize};

use super::{
    list::{List, offer},
    product::Product,
};

/// How long an answer is good. Lists are published some times a week, and prices change seldom and are
/// announced, so that a day is soon enough; cycles that are run one after another by hand then ask once.
const GOOD_FOR: SignedDuration = SignedDuration::from_hours(24);

/// What came of one question.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Answer {
    asked_at: Timestamp,
    /// When the list that answered was published; absent where it had nothing.
    pub(crate) published: Option<Date>,
    /// Prices by the keys of their rates.
    pub(crate) rates: BTreeMap<String, UnitPrice>,
    /// What the instance types among the products offer.
    pub(crate) offers: BTreeMap<String, InstanceType>,
}

impl Answer {
    /// Reads what `list` has in these products. Two prices for one rate are none: nobody knows which is right.
    pub(crate) fn new(list: &List, products: &[Product], now: Timestamp) -> Self {
        let mut rates = BTreeMap::<String, Option<UnitPrice>>::new();
        for product in products {
            for rate in (list.rates)(product) {
                let known = rates.entry(rate.key.into_owned()).or_insert(Some(product.price));
                if *known != Some(product.price) {
                    *known = None;
                }
            }
        }
        for (rate, _) in rates.iter().filter(|(_, price)| price.is_none()) {
            tracing::warn!(service = list.service.code(), rate, "two prices in the Price List");
        }
        Self {
            asked_at: now,
            // All come from the same list; the oldest says how old the prices may be.
            published: products.iter().map(|product| product.published).min(),
            rates: rates.into_iter().filter_map(|(rate, price)| Some((rate, price?))).collect(),
            offers: products.iter().filter_map(offer).collect(),
        }
    }
}

/// The answers about one service in one region, by the names of the questions.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Answers {
    answers: BTreeMap<String, Answer>,
}

impl Versioned for Answers {
    const NAME: &'static str = "prices";
}

impl Answers {
    /// The answer to a question, while it is good.
    pub(crate) fn get(&self, name: &str, now: Timestamp) -> Option<&Answer> {
        self.answers.get(name).filter(|answer| {
            let age = now.duration_since(answer.asked_at);
            age < GOOD_FOR && !age.is_negative()
        })
    }

    /// What was kept of this service and region; nothing where nothing was, or where it cannot be read.
    pub(crate) async fn load(
        artifacts: &Artifacts,
        cycle: &CycleState,
        (region, service): (&Region, Service),
    ) -> Self {
        if !artifacts.is_stored() {
            return Self::default();
        }
        let key = key(&cycle.tenant, region, service);
        artifacts.get(cycle, &key).await.unwrap_or_else(|error| {
            tracing::debug!("no prices are kept: {error}");
            Self::default()
        })
    }

    /// Keeps the answers that are good, and these. That they cannot be kept costs nothing but asking again.
    pub(crate) async fn keep(
        mut self,
        new: BTreeMap<String, Answer>,
        artifacts: &Artifacts,
        cycle: &CycleState,
        (region, service): (&Region, Service),
    ) {
        let now = new.values().map(|answer| answer.asked_at).max();
        let Some(now) = now.filter(|_| artifacts.is_stored()) else { return };
        self.answers.retain(|_, answer| now.duration_since(answer.asked_at) < GOOD_FOR);
        self.answers.extend(new);
        let key = key(&cycle.tenant, region, service);
        if let Err(error) = artifacts.put(cycle, &key, &self).await {
            tracing::warn!("prices are not kept: {error}");
        }
    }
}

/// `tenants/{tenant}/prices/{region}/{service}.json`
fn key(tenant: &TenantId, region: &Region, service: Service) -> ArtifactKey {
    ArtifactKey::of_tenant(tenant, &format!("prices/{region}/{}.json", service.code()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prices::{fixture::item, list::LISTS};

    fn product(attributes: &[(&str, &str)], usd: &str) -> Product {
        Product::parse(&item("NAT Gateway", attributes, "Hrs", &[("0", usd)])).unwrap().unwrap()
    }

    fn answer(products: &[Product]) -> Answer {
        let nat = |list: &&List| {
            (list.rates)(&product(&[("usagetype", "NatGateway-Hours")], "1")).len() == 1
        };
        let now = "2026-03-01T12:00:00Z".parse().unwrap();
        Answer::new(LISTS.iter().find(nat).unwrap(), products, now)
    }

    #[test]
    fn two_prices_for_one_rate_are_none() {
        let hours = |usd| product(&[("usagetype", "NatGateway-Hours")], usd);
        let bytes = product(&[("usagetype", "NatGateway-Bytes")], "0.045");
        assert_eq!(answer(&[hours("0.045"), hours("0.045")]).rates.len(), 1);
        let ambiguous = answer(&[hours("0.045"), hours("0.062"), hours("0.045"), bytes]);
        assert_eq!(ambiguous.rates.keys().collect::<Vec<_>>(), ["nat_gateway/gib"]);
        assert_eq!(ambiguous.published.unwrap().to_string(), "2026-09-10");
    }

    #[test]
    fn an_answer_is_good_for_a_day() {
        let answers = Answers { answers: [("q".to_owned(), answer(&[]))].into() };
        let at = |time: &str| answers.get("q", time.parse().unwrap()).is_some();
        assert!(at("2026-03-01T12:00:00Z") && at("2026-03-02T11:59:59Z"));
        assert!(!at("2026-03-02T12:00:00Z"));
        assert!(!at("2026-03-01T11:59:59Z"), "a clock that went back");
    }
}
