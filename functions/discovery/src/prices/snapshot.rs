//! The prices that are embedded in the function, for where the Price List cannot be asked.

use std::{collections::BTreeMap, sync::LazyLock};

use jiff::civil::Date;
use miyabi_types::{
    id::Region,
    pricing::{DbInstanceClass, InstanceType, PriceSheet, RegionPrices},
};
use serde::Deserialize;

/// `data/prices.json`: prices, their sources and their date.
#[derive(Deserialize)]
struct Snapshot {
    as_of: Date,
    sources: Vec<String>,
    regions: BTreeMap<Region, RegionPrices>,
}

/// `data/instance_types.json`: what instance types offer, which is the same in every region.
#[derive(Deserialize)]
struct Offers {
    instance_types: BTreeMap<String, InstanceType>,
    db_instance_classes: BTreeMap<String, DbInstanceClass>,
}

static SNAPSHOT: LazyLock<Snapshot> = LazyLock::new(|| {
    serde_json::from_str(include_str!("../../data/prices.json"))
        .expect("the embedded snapshot holds prices, a test reads it")
});

static OFFERS: LazyLock<Offers> = LazyLock::new(|| {
    serde_json::from_str(include_str!("../../data/instance_types.json"))
        .expect("the embedded offers can be read, a test reads them")
});

/// The date of its prices.
pub(crate) fn as_of() -> Date {
    SNAPSHOT.as_of
}

/// The prices of a region, if there are any.
pub(crate) fn of_region(region: &Region) -> Option<&'static RegionPrices> {
    SNAPSHOT.regions.get(region)
}

/// What EC2 instance types offer, by name.
pub(crate) fn instance_types() -> &'static BTreeMap<String, InstanceType> {
    &OFFERS.instance_types
}

/// What RDS instance classes offer, by name.
pub(crate) fn db_instance_classes() -> &'static BTreeMap<String, DbInstanceClass> {
    &OFFERS.db_instance_classes
}

/// A sheet without any prices yet, which tells where those of the snapshot come from.
pub(crate) fn blank() -> PriceSheet {
    PriceSheet {
        as_of: Some(SNAPSHOT.as_of),
        sources: SNAPSHOT.sources.clone(),
        regions: BTreeMap::new(),
        instance_types: OFFERS.instance_types.clone(),
        db_instance_classes: OFFERS.db_instance_classes.clone(),
    }
}

/// All prices of these regions that the snapshot has.
#[cfg(test)]
pub(crate) fn of_regions<'a>(regions: impl IntoIterator<Item = &'a Region>) -> PriceSheet {
    let mut sheet = blank();
    for region in regions {
        if let Some(prices) = of_region(region) {
            sheet.regions.insert(region.clone(), prices.clone());
        }
    }
    sheet
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_snapshot_holds_the_prices_of_the_regions_asked_for() {
        let virginia = Region::parse("us-east-1").unwrap();
        let sheet = of_regions([&virginia, &Region::parse("xx-nowhere-1").unwrap()]);
        assert_eq!(sheet.regions.keys().collect::<Vec<_>>(), [&virginia]);
        assert!(sheet.as_of.is_some() && !sheet.sources.is_empty());
        let m5 = sheet.instance(&virginia, "m5.large", "Linux/UNIX");
        assert_eq!(m5.known().unwrap().to_string(), "$70.08");
        assert!(sheet.instance_types["m5.large"].memory_mib == 8192);
    }

    #[test]
    fn nothing_in_the_snapshot_is_free() {
        for (region, services) in &SNAPSHOT.regions {
            for (service, prices) in services {
                assert!(prices.listed.is_empty() && prices.published.is_none());
                for (key, price) in &prices.snapshot {
                    assert!(!price.is_zero(), "{key} of {} in {region}", service.code());
                }
            }
        }
    }
}
