//! Lambda.

use super::{
    PriceSheet, Service,
    rate::{Per, Rate},
};
use crate::{
    evidence::{Evidence, Unavailable},
    id::Region,
    money::{HOURS_PER_MONTH, MonthlyUsd},
    resource::lambda::{BASE_STORAGE_MIB, Function},
    utilization::Utilization,
};

/// A GiB of memory for a second that a function runs, by architecture (`x86_64`, `arm64`), in the first tier.
pub fn gib_second(architecture: &str) -> Rate {
    Rate::of(Service::Lambda, format!("run/{architecture}/gib_second"), Per::Use)
}

/// A request.
pub const REQUEST: Rate = Rate::by_use(Service::Lambda, "request");

/// A GiB of memory for a second that it is kept ready (provisioned concurrency), whether it runs or not. A
/// month has 2,628,000 seconds.
pub fn provisioned_gib_second(architecture: &str) -> Rate {
    Rate::of(Service::Lambda, format!("provisioned/{architecture}/gib_second"), Per::Use)
}

/// A GiB of memory for a second that a function runs where it is kept ready.
pub fn provisioned_run_gib_second(architecture: &str) -> Rate {
    Rate::of(Service::Lambda, format!("provisioned/{architecture}/run_gib_second"), Per::Use)
}

/// A GiB of ephemeral storage above the free 512 MiB, for a second that a function runs.
pub fn storage_gib_second(architecture: &str) -> Rate {
    Rate::of(Service::Lambda, format!("storage/{architecture}/gib_second"), Per::Use)
}

impl PriceSheet {
    /// What a function costs per month if it goes on being used as it was: its time and its requests
    /// at the first tier's price, without the free tier.
    pub fn function(
        &self,
        region: &Region,
        function: &Function,
        utilization: &Evidence<Utilization>,
    ) -> Evidence<MonthlyUsd> {
        Evidence::from(self.used(region, function, utilization))
    }

    fn used(
        &self,
        region: &Region,
        function: &Function,
        utilization: &Evidence<Utilization>,
    ) -> Result<MonthlyUsd, Unavailable> {
        let kept = function.provisioned_concurrency.get().map_err(Clone::clone)?;
        if !kept.is_empty() {
            return Err(Unavailable::because(
                "which of its requests provisioned concurrency answered is not read",
            ));
        }
        let used = utilization.get().map_err(Clone::clone)?;
        let sum = |metric: &str| used.metrics.get(metric).map(|stats| stats.sum);
        let (Some(milliseconds), Some(requests)) = (sum("Duration"), sum("Invocations")) else {
            return Err(Unavailable::because("CloudWatch reported no invocations and durations"));
        };
        let months = f64::from(used.window_days) * 24.0 / HOURS_PER_MONTH as f64;
        let seconds = milliseconds / 1000.0 / months;
        let gib = |mib: u32| f64::from(mib) / 1024.0;
        let architecture = &function.architecture;
        let memory = seconds * gib(function.memory_mib);
        let mut total = self.find(region, &gib_second(architecture), memory)?
            + self.find(region, &REQUEST, requests / months)?;
        if function.ephemeral_storage_mib > BASE_STORAGE_MIB {
            let storage = seconds * gib(function.ephemeral_storage_mib - BASE_STORAGE_MIB);
            total += self.find(region, &storage_gib_second(architecture), storage)?;
        }
        Ok(total)
    }
}
