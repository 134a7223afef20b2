//! `ElastiCache` nodes.

use super::{
    PriceSheet, Service,
    rate::{Per, Rate},
};
use crate::{
    evidence::Evidence, id::Region, money::MonthlyUsd, resource::elasticache::CacheCluster,
};

/// A node of this type (`cache.m6g.large`) and engine (`redis`, `valkey`, `memcached`).
pub fn node(node_type: &str, engine: &str) -> Rate {
    Rate::of(Service::ElastiCache, format!("node/{node_type}/{engine}"), Per::Hour)
}

/// A GiB of backups beyond the one that is free of charge.
pub const BACKUP_GIB: Rate = Rate::monthly(Service::ElastiCache, "backup/gib");

impl PriceSheet {
    /// The monthly price of a cluster's nodes.
    pub fn cache_cluster(&self, region: &Region, cluster: &CacheCluster) -> Evidence<MonthlyUsd> {
        let rate = node(&cluster.node_type, &cluster.engine);
        self.monthly(region, &rate, f64::from(cluster.nodes))
    }
}
