//! List prices: a snapshot embedded in the function, so that a scan needs no price service.

use std::{collections::BTreeSet, sync::LazyLock};

use miyabi_types::{id::Region, pricing::PriceSheet};

/// `data/prices.json` names its sources and the date of its prices.
static SNAPSHOT: LazyLock<PriceSheet> = LazyLock::new(|| {
    serde_json::from_str(include_str!("../data/prices.json"))
        .expect("the embedded snapshot is a price sheet, a test reads it")
});

/// The prices of these regions. A region that the snapshot lacks has no prices, so what is there
/// has an unknown cost.
pub fn of_regions<'a>(regions: impl IntoIterator<Item = &'a Region>) -> PriceSheet {
    let wanted: BTreeSet<&Region> = regions.into_iter().collect();
    let prices = SNAPSHOT.regions.iter().filter(|(region, _)| wanted.contains(region));
    PriceSheet {
        as_of: SNAPSHOT.as_of,
        sources: SNAPSHOT.sources.clone(),
        regions: prices.map(|(region, prices)| (region.clone(), prices.clone())).collect(),
        instance_types: SNAPSHOT.instance_types.clone(),
        db_instance_classes: SNAPSHOT.db_instance_classes.clone(),
    }
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
}
