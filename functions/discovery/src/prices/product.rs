//! One product of the Price List, as `GetProducts` answers it: a JSON text.

use std::collections::BTreeMap;

use jiff::{Timestamp, civil::Date, tz::TimeZone};
use miyabi_types::{evidence::Unavailable, pricing::UnitPrice};
use serde::Deserialize;

/// A product with its price on demand.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Product {
    /// For example `Compute Instance`; some products have none.
    pub(crate) family: String,
    attributes: BTreeMap<String, String>,
    /// The price of one unit in the first tier that is not free of charge. What AWS lists per GiB/s is per
    /// MiB/s here.
    pub(crate) price: UnitPrice,
    /// When the list was published.
    pub(crate) published: Date,
}

impl Product {
    /// Reads one item of an answer. `None` for a product that is not sold on demand, or that is free of
    /// charge whatever is used of it: neither is a price.
    pub(crate) fn parse(item: &str) -> Result<Option<Self>, Unavailable> {
        let item: Item = serde_json::from_str(item).map_err(|error| {
            Unavailable::because(format!("the Price List answered what is no product: {error}"))
        })?;
        let published = item.publication_date.to_zoned(TimeZone::UTC).date();
        let Sold { product_family, attributes } = item.product;
        let dimensions = item.terms.on_demand.into_values().flat_map(|term| term.price_dimensions);
        let mut tiers = Vec::new();
        for (_, tier) in dimensions {
            // China is billed in yuan.
            let Some(usd) = tier.price_per_unit.get("USD") else { continue };
            let price = UnitPrice::parse(usd).ok_or_else(|| {
                Unavailable::because(format!("the Price List answered the price {usd:?}"))
            })?;
            let from: f64 = tier.begin_range.as_deref().unwrap_or("0").parse().unwrap_or(0.0);
            tiers.push((from, price, tier.unit));
        }
        tiers.sort_by(|a, b| a.0.total_cmp(&b.0));
        let paid = tiers.into_iter().find(|(_, price, _)| !price.is_zero());
        Ok(paid.map(|(_, price, unit)| {
            let per_gib = unit.eq_ignore_ascii_case("GiBps-mo");
            let price = if per_gib { price.divided_by(1024) } else { price };
            Self { family: product_family, attributes, price, published }
        }))
    }

    /// An attribute, empty where the product has none of that name.
    pub(crate) fn attribute(&self, name: &str) -> &str {
        self.attributes.get(name).map_or("", String::as_str)
    }

    /// Its usage type without the region that most begin with, which few write out: `NatGateway-Hours` of
    /// `APN1-NatGateway-Hours`, `KMS-Keys` of `ap-northeast-1-KMS-Keys`.
    pub(crate) fn usage(&self) -> &str {
        let usage = self.attribute("usagetype");
        let region = self.attribute("regionCode");
        if let Some(rest) = usage.strip_prefix(region).and_then(|rest| rest.strip_prefix('-')) {
            return rest;
        }
        match usage.split_once('-') {
            Some((region, rest)) if is_region(region) => rest,
            _ => usage,
        }
    }
}

/// Whether this is how usage types name a region: `EU`, or three letters and a digit.
fn is_region(prefix: &str) -> bool {
    let bytes = prefix.as_bytes();
    prefix == "EU"
        || (bytes.len() == 4
            && bytes[..3].iter().all(u8::is_ascii_uppercase)
            && bytes[3].is_ascii_digit())
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Item {
    product: Sold,
    #[serde(default)]
    terms: Terms,
    publication_date: Timestamp,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Sold {
    #[serde(default)]
    product_family: String,
    #[serde(default)]
    attributes: BTreeMap<String, String>,
}

#[derive(Default, Deserialize)]
struct Terms {
    #[serde(default, rename = "OnDemand")]
    on_demand: BTreeMap<String, Term>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Term {
    #[serde(default)]
    price_dimensions: BTreeMap<String, Tier>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Tier {
    #[serde(default)]
    unit: String,
    begin_range: Option<String>,
    #[serde(default)]
    price_per_unit: BTreeMap<String, String>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prices::fixture::item;

    fn parsed(item: &str) -> Product {
        Product::parse(item).unwrap().unwrap()
    }

    #[test]
    fn a_product_has_the_price_on_demand_of_its_first_paid_tier() {
        let table = item(
            "Provisioned IOPS",
            &[("usagetype", "ReadCapacityUnit-Hrs"), ("group", "DDB-ReadUnits")],
            "ReadCapacityUnit-Hrs",
            &[("0", "0.0000000000"), ("18600", "0.0001300000")],
        );
        let product = parsed(&table);
        assert_eq!(product.price.to_string(), "0.00013", "the free tier is the account's");
        assert_eq!(product.published.to_string(), "2026-09-10");
        assert_eq!(
            (&*product.family, product.attribute("group")),
            ("Provisioned IOPS", "DDB-ReadUnits")
        );
        assert_eq!(product.attribute("vcpu"), "");
    }

    #[test]
    fn throughput_is_listed_per_gib_and_provisioned_per_mib() {
        let throughput = item(
            "Provisioned Throughput",
            &[("usagetype", "APN1-EBS:VolumeP-Throughput.gp3")],
            "GiBps-mo",
            &[("0", "49.1520000000")],
        );
        assert_eq!(parsed(&throughput).price.to_string(), "0.048");
    }

    #[test]
    fn what_is_free_or_not_sold_on_demand_has_no_price() {
        let capacity_block = item("Compute Instance", &[], "Hrs", &[("0", "0.0000000000")]);
        assert_eq!(Product::parse(&capacity_block).unwrap(), None);
        let reserved = r#"{"product":{"productFamily":"Dedicated Host","attributes":{},"sku":"S"},
            "serviceCode":"AmazonEC2","terms":{"Reserved":{}},"version":"20190920043334",
            "publicationDate":"2019-09-20T04:33:34Z"}"#;
        assert_eq!(Product::parse(reserved).unwrap(), None);
        let yuan = item("NAT Gateway", &[], "Hrs", &[("0", "0.4")]).replace("USD", "CNY");
        assert_eq!(Product::parse(&yuan).unwrap(), None);
    }

    #[test]
    fn garbage_is_no_price() {
        assert!(Product::parse("{}").is_err());
        let odd = item("NAT Gateway", &[], "Hrs", &[("0", "about 4 cents")]);
        assert!(Product::parse(&odd).unwrap_err().reason.contains("about 4 cents"));
    }

    #[test]
    fn usage_types_begin_with_their_region_or_do_not() {
        let usage = |name| {
            let attributes = [("usagetype", name), ("regionCode", "sa-east-1")];
            parsed(&item("", &attributes, "Hrs", &[("0", "1")])).usage().to_owned()
        };
        assert_eq!(usage("sa-east-1-KMS-Keys"), "KMS-Keys");
        assert_eq!(usage("NatGateway-Hours"), "NatGateway-Hours");
        assert_eq!(usage("EU-NatGateway-Hours"), "NatGateway-Hours");
        assert_eq!(usage("APN1-IA-TimedStorage-ByteHrs"), "IA-TimedStorage-ByteHrs");
        assert_eq!(usage("IA-TimedStorage-ByteHrs"), "IA-TimedStorage-ByteHrs");
        assert_eq!(usage("USE1-TS-LoadBalancerUsage"), "TS-LoadBalancerUsage");
    }
}
