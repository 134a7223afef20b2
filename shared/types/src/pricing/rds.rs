//! RDS and Aurora.

use super::{
    PriceSheet, Service,
    rate::{Per, Rate},
};
use crate::{
    evidence::{Evidence, Unavailable},
    id::Region,
    money::MonthlyUsd,
    resource::rds::DbInstance,
};

/// An instance of this class in one zone, or in two with a standby. `engine` is as RDS calls it
/// (`postgres`, `sqlserver-se` …), with the license where there is a choice: see [`billed_engine`].
pub fn instance(class: &str, engine: &str, multi_az: bool) -> Rate {
    Rate::of(Service::Rds, in_zones(format!("instance/{class}/{engine}"), multi_az), Per::Hour)
}

/// What an instance's price depends on besides its class: the engine; `…/byol` where the customer brings
/// the license; `…/io-optimized` for Aurora with storage of that kind.
pub fn billed_engine(
    engine: &str,
    license_model: Option<&str>,
    storage_type: Option<&str>,
) -> String {
    // Container databases are billed like the others.
    let engine = engine.strip_suffix("-cdb").unwrap_or(engine);
    if license_model == Some("bring-your-own-license") {
        format!("{engine}/byol")
    } else if storage_type == Some("aurora-iopt1") {
        format!("{engine}/io-optimized")
    } else {
        engine.to_owned()
    }
}

/// A GiB of allocated storage of this type (`gp2`, `gp3`, `io1`, `io2`, `standard`).
pub fn storage_gib(storage_type: &str, multi_az: bool) -> Rate {
    Rate::of(Service::Rds, in_zones(format!("storage/{storage_type}/gib"), multi_az), Per::Month)
}

/// A provisioned IOPS; of gp3, above what is included.
pub fn iops(storage_type: &str, multi_az: bool) -> Rate {
    Rate::of(Service::Rds, in_zones(format!("storage/{storage_type}/iops"), multi_az), Per::Month)
}

/// A provisioned MiB/s of gp3, above what is included.
pub fn mibps(multi_az: bool) -> Rate {
    Rate::of(Service::Rds, in_zones("storage/gp3/mibps".to_owned(), multi_az), Per::Month)
}

/// A GiB of snapshots and backups beyond what is free of charge (as much as is allocated).
pub const BACKUP_GIB: Rate = Rate::monthly(Service::Rds, "backup/gib");

/// A GiB of an Aurora cluster's snapshots and backups beyond what is free of charge.
pub const AURORA_BACKUP_GIB: Rate = Rate::monthly(Service::Rds, "aurora/backup/gib");

/// A GiB that an Aurora cluster stores (`aurora`).
pub const AURORA_STORAGE_GIB: Rate = Rate::monthly(Service::Rds, "aurora/storage/gib");

/// The same of an I/O-Optimized cluster (`aurora-iopt1`), which pays for no requests.
pub const AURORA_IO_OPTIMIZED_STORAGE_GIB: Rate =
    Rate::monthly(Service::Rds, "aurora/io_optimized_storage/gib");

/// One I/O request of an Aurora cluster with `aurora` storage.
pub const AURORA_IO_REQUEST: Rate = Rate::by_use(Service::Rds, "aurora/io_request");

/// An Aurora capacity unit (ACU) of Serverless v2: `aurora-mysql` or `aurora-postgresql`.
pub fn aurora_capacity_unit(engine: &str) -> Rate {
    Rate::of(Service::Rds, format!("aurora/capacity_unit/{engine}"), Per::Hour)
}

/// How long a version has been in Extended Support: the price rises in the third year.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ExtendedSupport {
    /// In its first two years.
    FirstTwoYears,
    /// In its third year.
    ThirdYear,
}

/// Extended Support of one vCPU of an instance in one zone; a standby counts as well. `engine` is `mysql`,
/// `postgres`, `aurora-mysql` or `aurora-postgresql`.
pub fn extended_support(engine: &str, since: ExtendedSupport) -> Rate {
    let year = match since {
        ExtendedSupport::FirstTwoYears => "first_two_years",
        ExtendedSupport::ThirdYear => "third_year",
    };
    Rate::of(Service::Rds, format!("extended_support/{engine}/{year}"), Per::Hour)
}

/// IOPS and MiB/s that storage of this type has without charge; all of them where none can be provisioned.
/// Source: Amazon RDS User Guide, "Amazon RDS DB instance storage", gp3 storage.
fn included(db: &DbInstance, storage_type: &str) -> (u32, u32) {
    // From this size on, four volumes share the load.
    let striped_from = match db.engine.split('-').next() {
        Some("sqlserver") => u32::MAX,
        Some("oracle" | "custom") => 200,
        _ => 400,
    };
    match storage_type {
        "gp3" if db.allocated_storage_gib >= striped_from => (12_000, 500),
        "gp3" => (3_000, 125),
        "io1" | "io2" => (0, u32::MAX),
        _ => (u32::MAX, u32::MAX),
    }
}

fn in_zones(key: String, multi_az: bool) -> String {
    if multi_az { key + "/multi-az" } else { key }
}

impl PriceSheet {
    /// The monthly price of a database instance with its storage; a stopped one pays for storage alone.
    pub fn db_instance(&self, region: &Region, db: &DbInstance) -> Evidence<MonthlyUsd> {
        Evidence::from(self.db(region, db))
    }

    fn db(&self, region: &Region, db: &DbInstance) -> Result<MonthlyUsd, Unavailable> {
        let storage_type = db.storage_type.as_deref();
        let engine = billed_engine(&db.engine, db.license_model.as_deref(), storage_type);
        let mut total = MonthlyUsd::ZERO;
        if db.status != "stopped" {
            let rate = |multi_az| instance(&db.class, &engine, multi_az);
            total += self.in_zones(region, db.multi_az, rate, 1.0)?;
        }
        // Aurora storage is billed per cluster by use, not per instance.
        if db.engine.starts_with("aurora") {
            return Ok(total);
        }
        let kind = storage_type.unwrap_or("gp2");
        let size = f64::from(db.allocated_storage_gib);
        total += self.in_zones(region, db.multi_az, |zones| storage_gib(kind, zones), size)?;
        let (free_iops, free_mibps) = included(db, kind);
        let paid_iops = db.iops.unwrap_or(0).saturating_sub(free_iops);
        if paid_iops > 0 {
            let paid = f64::from(paid_iops);
            total += self.in_zones(region, db.multi_az, |zones| iops(kind, zones), paid)?;
        }
        let paid_mibps = db.storage_throughput_mibps.unwrap_or(0).saturating_sub(free_mibps);
        if kind == "gp3" && paid_mibps > 0 {
            total += self.in_zones(region, db.multi_az, mibps, f64::from(paid_mibps))?;
        }
        Ok(total)
    }

    /// What `units` of a rate cost in one zone or two. A standby costs as much as the instance it stands by
    /// for, which answers where the list has no price of both.
    /// Source: Amazon RDS pricing, Multi-AZ deployments (one standby).
    fn in_zones(
        &self,
        region: &Region,
        multi_az: bool,
        rate: impl Fn(bool) -> Rate,
        units: f64,
    ) -> Result<MonthlyUsd, Unavailable> {
        if multi_az && let Ok(both) = self.find(region, &rate(true), units) {
            return Ok(both);
        }
        self.find(region, &rate(false), if multi_az { 2.0 * units } else { units })
    }
}
