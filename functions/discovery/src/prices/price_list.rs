//! The AWS Price List API.

use std::sync::OnceLock;

use aws_config::{Region as SdkRegion, SdkConfig};
use aws_sdk_pricing::Client;
use miyabi_types::evidence::Unavailable;

use super::{product::Product, query::Query};
use crate::{
    call::{Call, Failure},
    counting::Counter,
    pace::{Budget, Pacer},
};

/// Asks for prices. Free of charge.
pub(crate) const GET_PRODUCTS: &str = "pricing:GetProducts";

const PRODUCTS: Call = Call::details(GET_PRODUCTS);

/// Products of one answer; the most that there may be. Source: Price List API reference, `GetProducts`.
const PAGE: i32 = 100;

/// Errors of one question, after which others may well be answered.
const OF_ONE_QUESTION: [&str; 6] = [
    "ExpiredNextTokenException",
    "InternalErrorException",
    "InvalidNextTokenException",
    "InvalidParameterException",
    "NotFoundException",
    "ThrottlingException",
];

/// The Price List, asked with Miyabi's own credentials: prices are those of everybody.
pub(crate) struct PriceList {
    client: Client,
    calls: Counter,
    /// Why nothing more is asked.
    gave_up: OnceLock<Unavailable>,
}

impl PriceList {
    /// Asks with the credentials of `sdk`, from the place nearest to its region.
    pub(crate) fn new(sdk: &SdkConfig, budget: Budget) -> Self {
        let calls = Counter::default();
        let home = sdk.region().map_or("", AsRef::as_ref);
        let near = SdkRegion::new(endpoint_region(home));
        let sdk = Pacer::new(budget).on(&calls.on(sdk)).into_builder().region(near).build();
        Self { client: Client::new(&sdk), calls, gave_up: OnceLock::new() }
    }

    /// Requests sent so far.
    pub(crate) fn calls(&self) -> u64 {
        self.calls.get()
    }

    /// Every product with a price that the question is about. After a refusal nothing more is asked.
    pub(crate) async fn ask(&self, query: &Query) -> Result<Vec<Product>, Unavailable> {
        if let Some(why) = self.gave_up.get() {
            return Err(why.clone());
        }
        let request = self
            .client
            .get_products()
            .service_code(query.service_code)
            .set_filters(Some(query.filters()))
            .format_version("aws_v1")
            .max_results(PAGE);
        let mut pages = request.into_paginator().send();
        let mut products = Vec::new();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| {
                let why = error.unavailable(&PRODUCTS.api());
                if !error.code().is_some_and(|code| OF_ONE_QUESTION.contains(&code)) {
                    let _ = self.gave_up.set(why.clone());
                }
                why
            })?;
            for item in page.price_list() {
                products.extend(Product::parse(item)?);
            }
        }
        Ok(products)
    }
}

/// The region of the partition whose endpoint answers, the nearest where there are several.
/// Source: AWS General Reference, "AWS Price List service endpoints"; as in botocore's endpoints (2026-11).
/// `GovCloud` has none.
fn endpoint_region(home: &str) -> &'static str {
    let mut parts = home.split('-');
    match (parts.next().unwrap_or_default(), parts.next().unwrap_or_default()) {
        ("af" | "eu" | "il" | "me", _) => "eu-central-1",
        ("ap", _) => "ap-south-1",
        ("cn", _) => "cn-northwest-1",
        ("us", "gov") => "us-gov-west-1",
        _ => "us-east-1",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_endpoint_is_asked() {
        for (home, endpoint) in [
            ("us-west-2", "us-east-1"),
            ("sa-east-1", "us-east-1"),
            ("eu-west-1", "eu-central-1"),
            ("ap-northeast-1", "ap-south-1"),
            ("cn-north-1", "cn-northwest-1"),
        ] {
            assert_eq!(endpoint_region(home), endpoint, "{home}");
        }
    }
}
