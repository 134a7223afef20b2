//! `ElastiCache`.

use std::collections::BTreeSet;

use miyabi_types::{
    pricing::{Service, elasticache},
    resource::ResourceKind::ElastiCacheCluster,
};

use super::{List, Query, siblings};

/// Families that nodes are made of today, with their smallest size first.
const FAMILIES: [&str; 9] = [
    "cache.t3",
    "cache.t4g",
    "cache.m5",
    "cache.m6g",
    "cache.m7g",
    "cache.r5",
    "cache.r6g",
    "cache.r6gd",
    "cache.r7g",
];

pub(super) const LIST: List = List {
    service: Service::ElastiCache,
    queries: |region, seen| {
        let mut nodes = BTreeSet::new();
        for size in seen.sizes(&[ElastiCacheCluster]) {
            nodes.extend(siblings(&size.name, &FAMILIES, ""));
        }
        let all = Query::of(Service::ElastiCache.code(), region);
        let mut queries =
            all.clone().with("productFamily", "Cache Instance").each("instanceType", &nodes);
        if !queries.is_empty() {
            queries.push(all.with("productFamily", "Storage Snapshot"));
        }
        queries
    },
    rates: |product| {
        let node_type = product.attribute("instanceType");
        match (product.family.as_str(), product.usage().split_once(':')) {
            // Extended support has the same family and another usage type.
            ("Cache Instance", Some(("NodeUsage", _))) => {
                let engine = product.attribute("cacheEngine").to_lowercase();
                vec![elasticache::node(node_type, &engine)]
            }
            ("Storage Snapshot", _) if product.usage().contains("BackupUsage") => {
                vec![elasticache::BACKUP_GIB]
            }
            _ => Vec::new(),
        }
    },
};

#[cfg(test)]
mod tests {
    use super::{
        super::tests::{prices, read},
        *,
    };

    #[test]
    fn nodes_are_told_apart_by_engine_and_extended_support_is_left_out() {
        let node = |usage, engine| {
            [("usagetype", usage), ("instanceType", "cache.t3.micro"), ("cacheEngine", engine)]
        };
        let family = "Cache Instance";
        let usage = "APN1-NodeUsage:cache.t3.micro";
        let read = read(
            &LIST,
            &[
                (family, &node(usage, "Redis"), "0.0260000000"),
                (family, &node(usage, "Valkey"), "0.0208000000"),
                (
                    family,
                    &node("APN1-ExtendedSupportYr3-NodeUsage:cache.t3.micro", "Redis"),
                    "0.042",
                ),
                ("Storage Snapshot", &[("usagetype", "APN1-BackupUsage")], "0.0850000000"),
            ],
        );
        assert_eq!(
            read,
            prices([
                ("backup/gib", "0.085"),
                ("node/cache.t3.micro/redis", "0.026"),
                ("node/cache.t3.micro/valkey", "0.0208"),
            ])
        );
    }
}
