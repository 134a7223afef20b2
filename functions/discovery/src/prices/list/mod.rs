//! Which products of the Price List have which prices, one file for each service or part of one.
//!
//! Usage types, product families and attributes are AWS's own, as published lists have them.

use miyabi_types::{
    id::Region,
    pricing::{Rate, Service},
};

use super::{product::Product, query::Query, seen::Seen};

mod api_gateway;
mod cloudtrail;
mod cloudwatch;
mod data_transfer;
mod dynamodb;
mod ebs;
mod ec2;
mod ecr;
mod ecs;
mod efs;
mod eks;
mod elasticache;
mod elb;
mod kinesis;
mod kms;
mod lambda;
mod nat_gateway;
mod opensearch;
mod rds;
mod redshift;
mod route53;
mod s3;
mod secrets_manager;
mod vpc;

pub(crate) use ec2::offer;

/// Every part of the Price List that is asked about.
pub(crate) const LISTS: &[List] = &[
    api_gateway::LIST,
    cloudtrail::LIST,
    cloudwatch::LIST,
    data_transfer::LIST,
    dynamodb::LIST,
    ebs::LIST,
    ec2::LIST,
    ecr::LIST,
    ecs::LIST,
    efs::LIST,
    eks::LIST,
    elasticache::LIST,
    elb::LIST,
    kinesis::LIST,
    kms::LIST,
    lambda::LIST,
    nat_gateway::LIST,
    opensearch::LIST,
    rds::LIST,
    redshift::LIST,
    route53::LIST,
    s3::LIST,
    secrets_manager::LIST,
    vpc::LIST,
];

/// A part of the Price List.
pub(crate) struct List {
    /// Whose rates it has.
    pub(crate) service: Service,
    /// What to ask for what is in a region.
    pub(crate) queries: fn(&Region, &Seen) -> Vec<Query>,
    /// What a product that was answered is the price of; mostly one rate, none for what is not asked about.
    pub(crate) rates: fn(&Product) -> Vec<Rate>,
}

/// The question for all of a service's products, if there is anything that they are prices of.
fn whole(service: Service, region: &Region, seen: bool) -> Vec<Query> {
    if seen { vec![Query::of(service.code(), region)] } else { Vec::new() }
}

/// The rate of a usage type.
fn by_usage<const N: usize>(product: &Product, rates: [(&str, Rate); N]) -> Vec<Rate> {
    let usage = product.usage();
    rates.into_iter().filter(|(name, _)| *name == usage).map(|(_, rate)| rate).collect()
}

/// A size and those that it could be exchanged for: the same and the next smaller one of each of these
/// families, and of its own. Sizes end with `suffix`.
fn siblings(name: &str, families: &[&str], suffix: &str) -> Vec<String> {
    const SIZES: [&str; 14] = [
        "micro", "small", "medium", "large", "xlarge", "2xlarge", "4xlarge", "8xlarge", "9xlarge",
        "10xlarge", "12xlarge", "16xlarge", "18xlarge", "24xlarge",
    ];
    let mut all = vec![name.to_owned()];
    let Some((family, size)) = name.strip_suffix(suffix).and_then(|name| name.rsplit_once('.'))
    else {
        return all;
    };
    let at = SIZES.iter().position(|known| *known == size);
    let smaller = at.and_then(|at| SIZES.get(at.checked_sub(1)?)).copied();
    for family in families.iter().copied().chain([family]) {
        for size in [Some(size), smaller].into_iter().flatten() {
            all.push(format!("{family}.{size}{suffix}"));
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::prices::fixture::item;

    /// Family, attributes, dollars.
    type Sold<'a> = (&'a str, &'a [(&'a str, &'a str)], &'a str);

    /// The prices, by the keys of their rates, that a list reads out of these products.
    pub(super) fn read(list: &List, products: &[Sold]) -> BTreeMap<String, String> {
        let mut read = BTreeMap::new();
        for (family, attributes, usd) in products {
            let product = Product::parse(&item(family, attributes, "any", &[("0", usd)])).unwrap();
            let Some(product) = product else { continue };
            for rate in (list.rates)(&product) {
                assert_eq!(rate.service, list.service);
                let price = product.price.to_string();
                assert_eq!(read.insert(rate.key.into_owned(), price), None, "{attributes:?}");
            }
        }
        read
    }

    /// The same as pairs, to compare with.
    pub(super) fn prices<const N: usize>(pairs: [(&str, &str); N]) -> BTreeMap<String, String> {
        pairs.map(|(key, usd)| (key.to_owned(), usd.to_owned())).into()
    }

    #[test]
    fn siblings_are_of_the_same_size_or_the_next_smaller_one() {
        let siblings = siblings("m5.xlarge.search", &["r6g"], ".search");
        assert_eq!(
            siblings,
            [
                "m5.xlarge.search",
                "r6g.xlarge.search",
                "r6g.large.search",
                "m5.xlarge.search",
                "m5.large.search",
            ]
        );
        assert_eq!(super::siblings("odd", &["r6g"], ".search"), ["odd"]);
    }

    #[test]
    fn of_an_empty_region_nothing_is_asked() {
        let region = Region::parse("us-east-1").unwrap();
        for list in LISTS {
            assert!((list.queries)(&region, &Seen::default()).is_empty(), "{:?}", list.service);
        }
    }
}
