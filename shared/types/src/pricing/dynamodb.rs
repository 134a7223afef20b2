//! `DynamoDB`.

use super::{
    PriceSheet, Service,
    rate::{Per, Rate},
};
use crate::{
    evidence::{Evidence, Unavailable},
    id::Region,
    money::{HOURS_PER_MONTH, MonthlyUsd},
    resource::dynamodb::Table,
    utilization::Utilization,
};

/// Bytes of a GiB.
const GIB: f64 = 1_073_741_824.0;

/// A provisioned read capacity unit of a table of this class (`STANDARD`, `STANDARD_INFREQUENT_ACCESS`).
pub fn read_capacity(table_class: &str) -> Rate {
    rate("provisioned/read", table_class, Per::Hour)
}

/// A provisioned write capacity unit.
pub fn write_capacity(table_class: &str) -> Rate {
    rate("provisioned/write", table_class, Per::Hour)
}

/// A read request unit of a table that pays per request.
pub fn read_request(table_class: &str) -> Rate {
    rate("request/read", table_class, Per::Use)
}

/// A write request unit of a table that pays per request.
pub fn write_request(table_class: &str) -> Rate {
    rate("request/write", table_class, Per::Use)
}

/// A GiB that a table or an index stores.
pub fn storage_gib(table_class: &str) -> Rate {
    rate("storage/gib", table_class, Per::Month)
}

/// A GiB of a table with point-in-time recovery.
pub const CONTINUOUS_BACKUP_GIB: Rate = Rate::monthly(Service::DynamoDb, "backup/continuous/gib");

/// A GiB of a backup on demand.
pub const BACKUP_GIB: Rate = Rate::monthly(Service::DynamoDb, "backup/on_demand/gib");

fn rate(what: &str, table_class: &str, per: Per) -> Rate {
    Rate::of(Service::DynamoDb, format!("{what}/{table_class}"), per)
}

impl PriceSheet {
    /// The monthly price of a table's and its indexes' capacity and storage, without the free tier. Of a
    /// table that pays per request: if it goes on being used as it was.
    pub fn table(
        &self,
        region: &Region,
        table: &Table,
        utilization: &Evidence<Utilization>,
    ) -> Evidence<MonthlyUsd> {
        Evidence::from(self.table_use(region, table, utilization))
    }

    fn table_use(
        &self,
        region: &Region,
        table: &Table,
        utilization: &Evidence<Utilization>,
    ) -> Result<MonthlyUsd, Unavailable> {
        let class = table.table_class.as_str();
        let bytes =
            table.size_bytes + table.indexes.iter().map(|index| index.size_bytes).sum::<u64>();
        let mut total = self.find(region, &storage_gib(class), bytes as f64 / GIB)?;
        if table.point_in_time_recovery.known() == Some(&true) {
            let gib = table.size_bytes as f64 / GIB;
            total += self.find(region, &CONTINUOUS_BACKUP_GIB, gib)?;
        }
        if table.billing_mode == "PAY_PER_REQUEST" {
            let used = utilization.get().map_err(Clone::clone)?;
            let sum = |metric: &str| used.metrics.get(metric).map(|stats| stats.sum);
            let (Some(read), Some(written)) =
                (sum("ConsumedReadCapacityUnits"), sum("ConsumedWriteCapacityUnits"))
            else {
                return Err(Unavailable::because("CloudWatch reported no consumed capacity"));
            };
            let months = f64::from(used.window_days) * 24.0 / HOURS_PER_MONTH as f64;
            total += self.find(region, &read_request(class), read / months)?;
            total += self.find(region, &write_request(class), written / months)?;
            return Ok(total);
        }
        let all = std::iter::once(table.capacity).chain(table.indexes.iter().map(|i| i.capacity));
        let (read, write) = all.fold((0, 0), |sum, one| (sum.0 + one.read, sum.1 + one.write));
        total += self.find(region, &read_capacity(class), read as f64)?;
        total += self.find(region, &write_capacity(class), write as f64)?;
        Ok(total)
    }
}
