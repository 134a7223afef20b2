//! EBS volumes and snapshots.

use serde::{Deserialize, Serialize};

use super::{
    PriceSheet, Service,
    rate::{Per, Rate},
};
use crate::{
    evidence::{Evidence, Unavailable},
    id::Region,
    money::MonthlyUsd,
    resource::ec2,
};

/// IOPS and MiB/s that every gp3 volume has without charge.
/// Source: Amazon EBS User Guide, General Purpose SSD volumes.
pub const GP3_BASE_IOPS: u32 = 3_000;
/// See [`GP3_BASE_IOPS`].
pub const GP3_BASE_MIBPS: u32 = 125;

/// IOPS of an io2 volume up to which the first, and up to which the second price holds.
/// Source: Amazon EBS pricing, Provisioned IOPS SSD (io2).
const IO2_TIERS: [u32; 2] = [32_000, 64_000];

/// A GiB of stored snapshots. Only what changed since the snapshot before is stored.
pub const SNAPSHOT_GIB: Rate = Rate::monthly(Service::Ec2, "snapshot/gib");

/// A GiB of snapshots in the archive, where each is stored whole, for at least 90 days.
pub const ARCHIVED_SNAPSHOT_GIB: Rate = Rate::monthly(Service::Ec2, "snapshot/archived_gib");

/// A GiB of a volume of this type.
pub fn volume_gib(volume_type: &str) -> Rate {
    Rate::of(Service::Ec2, format!("volume/{volume_type}/gib"), Per::Month)
}

/// A provisioned IOPS of a volume of this type.
pub fn volume_iops(volume_type: &str) -> Rate {
    Rate::of(Service::Ec2, format!("volume/{volume_type}/iops"), Per::Month)
}

/// A provisioned IOPS of an io2 volume above 32,000 (`tier` 2) and above 64,000 (`tier` 3).
pub fn io2_iops(tier: u8) -> Rate {
    Rate::of(Service::Ec2, format!("volume/io2/iops/tier{tier}"), Per::Month)
}

/// A provisioned MiB/s of a volume of this type.
pub fn volume_mibps(volume_type: &str) -> Rate {
    Rate::of(Service::Ec2, format!("volume/{volume_type}/mibps"), Per::Month)
}

/// One I/O request to a `standard` volume; others have them included.
pub const MAGNETIC_REQUEST: Rate = Rate::by_use(Service::Ec2, "volume/standard/request");

/// What a volume's price depends on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VolumeSpec {
    /// `gp2`, `gp3` …
    pub volume_type: String,
    /// Size in GiB.
    pub size_gib: u32,
    /// IOPS, where they are provisioned.
    pub iops: Option<u32>,
    /// MiB/s, where it is provisioned.
    pub throughput_mibps: Option<u32>,
}

impl VolumeSpec {
    /// The specification of an existing volume.
    pub fn of(volume: &ec2::Volume) -> Self {
        Self {
            volume_type: volume.volume_type.clone(),
            size_gib: volume.size_gib,
            iops: volume.iops,
            throughput_mibps: volume.throughput_mibps,
        }
    }

    /// What is paid for: each rate and how much of it.
    fn bill(&self) -> Vec<(Rate, u32)> {
        let kind = self.volume_type.as_str();
        let mut bill = vec![(volume_gib(kind), self.size_gib)];
        let iops = self.iops.unwrap_or(0);
        match kind {
            "gp3" => {
                let mibps = self.throughput_mibps.unwrap_or(0);
                bill.push((volume_iops(kind), iops.saturating_sub(GP3_BASE_IOPS)));
                bill.push((volume_mibps(kind), mibps.saturating_sub(GP3_BASE_MIBPS)));
            }
            "io1" => bill.push((volume_iops(kind), iops)),
            "io2" => {
                let [first, second] = IO2_TIERS;
                bill.push((volume_iops(kind), iops.min(first)));
                bill.push((io2_iops(2), iops.clamp(first, second) - first));
                bill.push((io2_iops(3), iops.saturating_sub(second)));
            }
            _ => {}
        }
        bill.retain(|(_, units)| *units > 0);
        bill
    }
}

impl PriceSheet {
    /// The monthly price of a volume of this type, size and performance.
    pub fn volume(&self, region: &Region, spec: &VolumeSpec) -> Evidence<MonthlyUsd> {
        let cost = |(rate, units): (Rate, u32)| self.find(region, &rate, f64::from(units));
        let total: Result<_, Unavailable> = spec.bill().into_iter().map(cost).sum();
        Evidence::from(total)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pricing::tests::{sheet, virginia};

    fn cost(kind: &str, size_gib: u32, iops: u32, mibps: u32) -> String {
        let spec = VolumeSpec {
            volume_type: kind.into(),
            size_gib,
            iops: Some(iops),
            throughput_mibps: Some(mibps),
        };
        let sheet = sheet(&[
            (volume_gib("gp2"), "0.1"),
            (volume_gib("gp3"), "0.08"),
            (volume_iops("gp3"), "0.005"),
            (volume_mibps("gp3"), "0.04"),
            (volume_gib("io2"), "0.125"),
            (volume_iops("io2"), "0.065"),
            (io2_iops(2), "0.0455"),
        ]);
        match sheet.volume(&virginia(), &spec).get() {
            Ok(cost) => cost.to_string(),
            Err(why) => why.reason.clone(),
        }
    }

    #[test]
    fn gp3_pays_only_for_performance_above_its_base() {
        assert_eq!(cost("gp3", 1000, 3000, 125), "$80.00");
        assert_eq!(cost("gp3", 1000, 3000, 250), "$85.00");
        assert_eq!(cost("gp3", 2048, 6144, 250), "$184.56");
        assert_eq!(cost("gp2", 1000, 3000, 0), "$100.00");
    }

    #[test]
    fn io2_pays_less_for_iops_above_a_tier() {
        assert_eq!(cost("io2", 100, 32_000, 0), "$2,092.50");
        assert_eq!(cost("io2", 100, 33_000, 0), "$2,138.00");
        let above = cost("io2", 100, 64_001, 0);
        assert!(
            above.contains("tier3"),
            "a part without a price leaves the whole unknown: {above}"
        );
    }
}
