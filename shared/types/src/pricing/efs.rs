//! EFS.

use super::{
    PriceSheet, Service,
    rate::{Per, Rate},
};
use crate::{
    evidence::{Evidence, Unavailable},
    id::Region,
    money::MonthlyUsd,
    resource::efs::FileSystem,
};

/// Bytes of a GiB.
const GIB: f64 = 1_073_741_824.0;

/// A GiB of a class: `standard`, `infrequent_access`, `archive`; `one_zone` of a file system in one zone.
/// Infrequent access costs less with elastic throughput, whose reads and writes cost more:
/// `infrequent_access_elastic`.
pub fn storage_gib(class: &str, one_zone: bool) -> Rate {
    let zones = if one_zone { "/one_zone" } else { "" };
    Rate::of(Service::Efs, format!("storage/{class}/gib{zones}"), Per::Month)
}

/// A GiB that is read from or written to a class other than `standard`.
pub fn access_gib(class: &str) -> Rate {
    Rate::of(Service::Efs, format!("access/{class}/gib"), Per::Use)
}

/// A provisioned MiB/s above what the stored data includes.
pub const MIBPS: Rate = Rate::monthly(Service::Efs, "throughput/mibps");

impl PriceSheet {
    /// The monthly price of what a file system stores; reading and writing come on top.
    pub fn file_system(&self, region: &Region, system: &FileSystem) -> Evidence<MonthlyUsd> {
        Evidence::from(self.stored(region, system))
    }

    fn stored(&self, region: &Region, system: &FileSystem) -> Result<MonthlyUsd, Unavailable> {
        if system.throughput_mode == "provisioned" {
            return Err(Unavailable::because(
                "how much of its provisioned throughput the stored data includes is not read",
            ));
        }
        let one_zone = system.availability_zone.is_some();
        let infrequent = match system.throughput_mode.as_str() {
            "elastic" => "infrequent_access_elastic",
            _ => "infrequent_access",
        };
        let all = [
            ("standard", system.standard_bytes.unwrap_or(system.size_bytes)),
            (infrequent, system.infrequent_access_bytes.unwrap_or(0)),
            ("archive", system.archive_bytes.unwrap_or(0)),
        ];
        all.into_iter()
            .map(|(class, bytes)| {
                self.find(region, &storage_gib(class, one_zone), bytes as f64 / GIB)
            })
            .sum()
    }
}
