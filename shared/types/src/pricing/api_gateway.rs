//! API Gateway.

use super::{
    PriceSheet, Service,
    rate::{Per, Rate},
};
use crate::{evidence::Evidence, id::Region, money::MonthlyUsd, resource::api_gateway::Stage};

/// A stage's cache of this size in GB, as API Gateway writes it: `0.5`, `1.6` …
pub fn cache(size_gb: &str) -> Rate {
    Rate::of(Service::ApiGateway, format!("cache/{size_gb}"), Per::Hour)
}

/// A request to a REST API, in the first tier.
pub const REST_REQUEST: Rate = Rate::by_use(Service::ApiGateway, "request/rest");

/// A request to an HTTP API, in the first tier.
pub const HTTP_REQUEST: Rate = Rate::by_use(Service::ApiGateway, "request/http");

impl PriceSheet {
    /// The monthly price of a stage: its cache. Requests are billed with the API.
    pub(super) fn api_stage(&self, region: &Region, stage: &Stage) -> Evidence<MonthlyUsd> {
        match (&stage.cache_size_gb, stage.cache_enabled) {
            (_, false) => Evidence::Known(MonthlyUsd::ZERO),
            (Some(size), true) => self.monthly(region, &cache(size), 1.0),
            (None, true) => Evidence::unavailable("the size of its cache is not known"),
        }
    }
}
