//! `OpenSearch` domains.

use super::{
    PriceSheet, Service,
    rate::{Per, Rate},
};
use crate::{
    evidence::{Evidence, Unavailable},
    id::Region,
    money::MonthlyUsd,
    resource::opensearch::Domain,
};

/// IOPS and MiB/s that a gp3 volume of this size has without charge, and at the least.
/// Source: Amazon `OpenSearch` Service pricing, EBS volumes, as price calculators quote it (2026-11).
fn included(size_gib: u32) -> (u32, u32) {
    let mibps = if size_gib <= 170 { 125 } else { 250 * size_gib.div_ceil(3_072) };
    (size_gib.saturating_mul(3).max(3_000), mibps.min(1_000))
}

/// A node of this type: `m6g.large.search`.
pub fn instance(instance_type: &str) -> Rate {
    Rate::of(Service::OpenSearch, format!("instance/{instance_type}"), Per::Hour)
}

/// A GiB of a node's volume of this type.
pub fn volume_gib(volume_type: &str) -> Rate {
    Rate::of(Service::OpenSearch, format!("volume/{volume_type}/gib"), Per::Month)
}

/// A provisioned IOPS of a node's volume; of gp3, above what is included.
pub fn volume_iops(volume_type: &str) -> Rate {
    Rate::of(Service::OpenSearch, format!("volume/{volume_type}/iops"), Per::Month)
}

/// A provisioned MiB/s of a node's gp3 volume, above what is included.
pub const GP3_MIBPS: Rate = Rate::monthly(Service::OpenSearch, "volume/gp3/mibps");

/// A GiB in `UltraWarm` or cold storage.
pub const MANAGED_STORAGE_GIB: Rate = Rate::monthly(Service::OpenSearch, "managed_storage/gib");

impl PriceSheet {
    /// The monthly price of a domain's nodes and their volumes, without what warm and cold nodes store.
    pub fn domain(&self, region: &Region, domain: &Domain) -> Evidence<MonthlyUsd> {
        Evidence::from(self.nodes(region, domain))
    }

    fn nodes(&self, region: &Region, domain: &Domain) -> Result<MonthlyUsd, Unavailable> {
        let nodes = f64::from(domain.instance_count);
        let mut total = self.find(region, &instance(&domain.instance_type), nodes)?;
        let masters =
            domain.dedicated_master_type.as_deref().map(|t| (t, domain.dedicated_master_count));
        let warm = domain.warm_type.as_deref().map(|t| (t, domain.warm_count));
        for (instance_type, count) in
            masters.into_iter().chain(warm).filter(|(_, count)| *count > 0)
        {
            total += self.find(region, &instance(instance_type), f64::from(count))?;
        }
        let (Some(kind), Some(size)) = (domain.volume_type.as_deref(), domain.volume_size_gib)
        else {
            return Ok(total);
        };
        total += self.find(region, &volume_gib(kind), nodes * f64::from(size))?;
        let (free_iops, free_mibps) = match kind {
            "gp3" => included(size),
            "io1" => (0, u32::MAX),
            _ => (u32::MAX, u32::MAX),
        };
        let iops = domain.iops.unwrap_or(0).saturating_sub(free_iops);
        let mibps = domain.throughput_mibps.unwrap_or(0).saturating_sub(free_mibps);
        if iops > 0 {
            total += self.find(region, &volume_iops(kind), nodes * f64::from(iops))?;
        }
        if mibps > 0 {
            total += self.find(region, &GP3_MIBPS, nodes * f64::from(mibps))?;
        }
        Ok(total)
    }
}
