//! List prices and what a resource costs by them.
//!
//! There is one file for each service: its [`Rate`]s (what there are prices of, each documented with its
//! unit), and what its resources cost. A sheet knows what a rate costs in a region:
//!
//! ```text
//! sheet.price(region, &vpc::NAT_GATEWAY)                    of one unit: 0.045 dollars an hour
//! sheet.monthly(region, &vpc::NAT_GATEWAY, 2.0)             two of them, kept for a month: $65.70
//! sheet.monthly(region, &vpc::NAT_GATEWAY_GIB, 500.0)       500 GiB through them in a month: $22.50
//! sheet.monthly(region, &rds::BACKUP_GIB, 100.0)            100 GiB kept for a month: $9.50
//! ```
//!
//! A new price is a rate in its service's file, and in discovery the product of the Price List that has it.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::{
    evidence::{Evidence, Unavailable},
    id::Region,
    money::{HOURS_PER_MONTH, MonthlyUsd},
};

pub mod api_gateway;
pub mod cloudtrail;
pub mod cloudwatch;
mod cost;
pub mod data_transfer;
pub mod dynamodb;
pub mod ebs;
pub mod ec2;
pub mod ecr;
pub mod ecs;
pub mod efs;
pub mod eks;
pub mod elasticache;
pub mod elb;
pub mod kinesis;
pub mod kms;
pub mod lambda;
pub mod opensearch;
mod rate;
pub mod rds;
pub mod redshift;
pub mod route53;
pub mod s3;
pub mod secrets_manager;
mod size;
mod unit_price;
pub(crate) mod version1;
pub mod vpc;

pub use ebs::{GP3_BASE_IOPS, GP3_BASE_MIBPS, VolumeSpec};
pub use rate::{Per, Rate, Service};
pub use size::Size;
pub use unit_price::UnitPrice;

/// Prices of the regions that a World covers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct PriceSheet {
    /// The date of the snapshot's prices; each service tells that of the Price List's own.
    pub as_of: Option<Date>,
    /// Where the snapshot's prices come from.
    pub sources: Vec<String>,
    /// Prices by region and service.
    pub regions: BTreeMap<Region, RegionPrices>,
    /// EC2 instance types by name.
    pub instance_types: BTreeMap<String, InstanceType>,
    /// RDS instance classes by name.
    #[serde(default)]
    pub db_instance_classes: BTreeMap<String, DbInstanceClass>,
}

/// Prices of one region by service.
pub type RegionPrices = BTreeMap<Service, ServicePrices>;

/// Prices of one service in one region, by the keys of their [`Rate`]s; what is absent is unknown, never free.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ServicePrices {
    /// When the list that the Price List API answered with was published.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub published: Option<Date>,
    /// What the Price List API answered.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub listed: BTreeMap<String, UnitPrice>,
    /// Prices of the snapshot that Miyabi holds, for what the API could not be asked about.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub snapshot: BTreeMap<String, UnitPrice>,
}

impl ServicePrices {
    /// The price under a rate's key.
    pub fn get(&self, key: &str) -> Option<UnitPrice> {
        self.listed.get(key).or_else(|| self.snapshot.get(key)).copied()
    }
}

/// What an EC2 instance type offers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct InstanceType {
    /// Virtual CPUs.
    pub vcpu: u32,
    /// Memory in MiB.
    pub memory_mib: u64,
    /// `x86_64` or `arm64`.
    pub arch: String,
    /// `current` or `previous`.
    #[serde(default)]
    pub generation: Option<String>,
    /// `nitro` or `xen`.
    #[serde(default)]
    pub hypervisor: Option<String>,
    /// Network bandwidth in Gbit/s.
    #[serde(default)]
    pub network_gbps: Option<f64>,
    /// EBS bandwidth in Mbit/s.
    #[serde(default)]
    pub ebs_mbps: Option<f64>,
    /// Whether its CPU is in credits.
    #[serde(default)]
    pub burstable: bool,
}

/// What an RDS instance class offers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DbInstanceClass {
    /// Virtual CPUs.
    pub vcpu: u32,
    /// Memory in MiB.
    pub memory_mib: u64,
}

impl PriceSheet {
    /// The price of one unit of `rate`.
    pub fn price(&self, region: &Region, rate: &Rate) -> Evidence<UnitPrice> {
        Evidence::from(self.unit_price(region, rate))
    }

    /// What `units` of `rate` cost a month: kept all month where it is billed by the hour or the month, used
    /// within the month where it is billed by use. None cost nothing, whatever one would.
    pub fn monthly(&self, region: &Region, rate: &Rate, units: f64) -> Evidence<MonthlyUsd> {
        Evidence::from(self.find(region, rate, units))
    }

    /// This sheet with one more price, as the Price List API would have told it.
    #[must_use]
    pub fn with(mut self, region: &Region, rate: &Rate, price: UnitPrice) -> Self {
        let prices = self.regions.entry(region.clone()).or_default();
        let prices = prices.entry(rate.service).or_default();
        prices.listed.insert(rate.key.clone().into_owned(), price);
        self
    }

    /// When the lists that the Price List API answered with were published: the first and the last of them.
    pub fn published(&self) -> Option<(Date, Date)> {
        let dates = || self.services().filter_map(|(_, prices)| prices.published);
        dates().min().zip(dates().max())
    }

    /// Services with prices of the snapshot, sorted.
    pub fn of_snapshot(&self) -> BTreeSet<Service> {
        let from = |(service, prices): (Service, &ServicePrices)| {
            (!prices.snapshot.is_empty()).then_some(service)
        };
        self.services().filter_map(from).collect()
    }

    fn services(&self) -> impl Iterator<Item = (Service, &ServicePrices)> {
        self.regions.values().flatten().map(|(service, prices)| (*service, prices))
    }

    /// Takes over what an earlier sheet says, so that two Worlds that are compared have the same prices.
    pub fn keep(&mut self, earlier: &Self) {
        for (region, services) in &earlier.regions {
            let here = self.regions.entry(region.clone()).or_default();
            for (service, earlier) in services {
                let prices = here.entry(*service).or_default();
                prices.published = earlier.published.or(prices.published);
                for key in earlier.listed.keys().chain(earlier.snapshot.keys()) {
                    prices.listed.remove(key);
                    prices.snapshot.remove(key);
                }
                prices.listed.extend(earlier.listed.clone());
                prices.snapshot.extend(earlier.snapshot.clone());
            }
        }
        for (name, offer) in &earlier.instance_types {
            self.instance_types.entry(name.clone()).or_insert_with(|| offer.clone());
        }
    }

    fn unit_price(&self, region: &Region, rate: &Rate) -> Result<UnitPrice, Unavailable> {
        let prices = self.regions.get(region).and_then(|prices| prices.get(&rate.service));
        prices
            .and_then(|prices| prices.get(&rate.key))
            .ok_or_else(|| Unavailable::because(format!("no price for {rate} in {region}")))
    }

    fn find(&self, region: &Region, rate: &Rate, units: f64) -> Result<MonthlyUsd, Unavailable> {
        if units <= 0.0 {
            return Ok(MonthlyUsd::ZERO);
        }
        let price = self.unit_price(region, rate)?;
        Ok(price.for_units(match rate.per {
            Per::Hour => units * HOURS_PER_MONTH as f64,
            Per::Month | Per::Use => units,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(super) fn virginia() -> Region {
        Region::parse("us-east-1").unwrap()
    }

    /// A sheet with these prices in us-east-1.
    pub(super) fn sheet(prices: &[(Rate, &str)]) -> PriceSheet {
        prices.iter().fold(PriceSheet::default(), |sheet, (rate, usd)| {
            sheet.with(&virginia(), rate, UnitPrice::parse(usd).unwrap())
        })
    }

    #[test]
    fn a_rate_is_billed_by_the_hour_the_month_or_the_use() {
        let sheet = sheet(&[
            (vpc::NAT_GATEWAY, "0.045"),
            (vpc::NAT_GATEWAY_GIB, "0.045"),
            (rds::BACKUP_GIB, "0.095"),
        ]);
        let cost = |rate: &Rate, units| {
            sheet.monthly(&virginia(), rate, units).known().unwrap().to_string()
        };
        assert_eq!(cost(&vpc::NAT_GATEWAY, 2.0), "$65.70");
        assert_eq!(cost(&vpc::NAT_GATEWAY_GIB, 500.0), "$22.50");
        assert_eq!(cost(&rds::BACKUP_GIB, 100.0), "$9.50");
        assert_eq!(cost(&kms::KEY, 0.0), "$0.00", "of nothing, no price needs to be known");
    }

    #[test]
    fn an_unknown_price_is_unknown_and_says_what_is_missing() {
        let sheet = sheet(&[(vpc::NAT_GATEWAY, "0.045")]);
        let elsewhere = Region::parse("eu-west-1").unwrap();
        for (region, rate) in [(&elsewhere, &vpc::NAT_GATEWAY), (&virginia(), &kms::KEY)] {
            let why = sheet.monthly(region, rate, 1.0).get().unwrap_err().reason.clone();
            assert!(why.contains(region.as_str()) && why.contains(&*rate.key), "{why}");
        }
    }

    #[test]
    fn a_later_sheet_keeps_what_an_earlier_one_said() {
        let earlier = sheet(&[(vpc::NAT_GATEWAY, "0.045")]);
        let mut later = sheet(&[(vpc::NAT_GATEWAY, "0.05"), (kms::KEY, "1")]);
        later.keep(&earlier);
        let usd = |rate| later.price(&virginia(), rate).known().unwrap().to_string();
        assert_eq!([usd(&vpc::NAT_GATEWAY), usd(&kms::KEY)], ["0.045", "1"]);
        let mut asked = sheet(&[(vpc::NAT_GATEWAY, "0.05")]);
        let held = ServicePrices {
            snapshot: [("nat_gateway".to_owned(), UnitPrice::from_micros(45_000))].into(),
            ..ServicePrices::default()
        };
        let snapshot = PriceSheet {
            regions: [(virginia(), [(Service::Ec2, held)].into())].into(),
            ..PriceSheet::default()
        };
        asked.keep(&snapshot);
        assert_eq!(
            asked.price(&virginia(), &vpc::NAT_GATEWAY).known().unwrap().to_string(),
            "0.045"
        );
    }

    #[test]
    fn what_the_api_told_goes_before_the_snapshot() {
        let price = UnitPrice::from_micros;
        let prices = ServicePrices {
            published: None,
            listed: [("a".to_owned(), price(1))].into(),
            snapshot: [("a".to_owned(), price(2)), ("b".to_owned(), price(3))].into(),
        };
        assert_eq!([prices.get("a"), prices.get("b")], [Some(price(1)), Some(price(3))]);
    }
}
