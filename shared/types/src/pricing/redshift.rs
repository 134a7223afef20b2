//! Redshift.

use super::{
    PriceSheet, Service,
    rate::{Per, Rate},
};
use crate::{evidence::Evidence, id::Region, money::MonthlyUsd, resource::redshift::Cluster};

/// A node of this type: `ra3.xlplus`.
pub fn node(node_type: &str) -> Rate {
    Rate::of(Service::Redshift, format!("node/{node_type}"), Per::Hour)
}

/// A GiB in managed storage, which RA3 nodes use.
pub const MANAGED_STORAGE_GIB: Rate = Rate::monthly(Service::Redshift, "managed_storage/gib");

impl PriceSheet {
    /// The monthly price of a cluster's nodes, without what they store in managed storage; nothing while it
    /// is paused.
    pub fn warehouse(&self, region: &Region, cluster: &Cluster) -> Evidence<MonthlyUsd> {
        let nodes = if cluster.status == "paused" { 0 } else { cluster.nodes };
        let zones = if cluster.multi_az { 2 } else { 1 };
        self.monthly(region, &node(&cluster.node_type), f64::from(nodes * zones))
    }
}
