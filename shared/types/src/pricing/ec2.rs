//! EC2 instances.

use super::{
    InstanceType, PriceSheet, Service,
    rate::{Per, Rate},
};
use crate::{
    evidence::{Evidence, Unavailable},
    id::Region,
    money::MonthlyUsd,
    resource::ec2::{CapacityReservation, Instance},
};

/// What runs on an instance, as far as its price depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Platform {
    /// As EC2 calls it: `PlatformDetails`.
    pub details: &'static str,
    /// In the keys of rates.
    pub name: &'static str,
    /// Its code in the Price List (`operation`), which alone tells it from every other platform: products of
    /// Windows with, without and with one's own licence share all other attributes.
    pub operation: &'static str,
}

/// The platforms. Source: Amazon EC2 User Guide, "AMI billing information fields".
pub const PLATFORMS: &[Platform] = &[
    platform_of("Linux/UNIX", "linux", "RunInstances"),
    platform_of("Red Hat BYOL Linux", "rhel-byol", "RunInstances:00g0"),
    platform_of("Red Hat Enterprise Linux", "rhel", "RunInstances:0010"),
    platform_of("Red Hat Enterprise Linux with HA", "rhel-ha", "RunInstances:1010"),
    platform_of(
        "Red Hat Enterprise Linux with SQL Server Standard and HA",
        "rhel-ha-sql-standard",
        "RunInstances:1014",
    ),
    platform_of(
        "Red Hat Enterprise Linux with SQL Server Enterprise and HA",
        "rhel-ha-sql-enterprise",
        "RunInstances:1110",
    ),
    platform_of(
        "Red Hat Enterprise Linux with SQL Server Standard",
        "rhel-sql-standard",
        "RunInstances:0014",
    ),
    platform_of(
        "Red Hat Enterprise Linux with SQL Server Web",
        "rhel-sql-web",
        "RunInstances:0210",
    ),
    platform_of(
        "Red Hat Enterprise Linux with SQL Server Enterprise",
        "rhel-sql-enterprise",
        "RunInstances:0110",
    ),
    platform_of("SQL Server Enterprise", "linux-sql-enterprise", "RunInstances:0100"),
    platform_of("SQL Server Standard", "linux-sql-standard", "RunInstances:0004"),
    platform_of("SQL Server Web", "linux-sql-web", "RunInstances:0200"),
    platform_of("SUSE Linux", "suse", "RunInstances:000g"),
    platform_of("Ubuntu Pro", "ubuntu-pro", "RunInstances:0g00"),
    platform_of("Windows", "windows", "RunInstances:0002"),
    platform_of("Windows BYOL", "windows-byol", "RunInstances:0800"),
    platform_of(
        "Windows with SQL Server Enterprise",
        "windows-sql-enterprise",
        "RunInstances:0102",
    ),
    platform_of("Windows with SQL Server Standard", "windows-sql-standard", "RunInstances:0006"),
    platform_of("Windows with SQL Server Web", "windows-sql-web", "RunInstances:0202"),
];

const fn platform_of(
    details: &'static str,
    name: &'static str,
    operation: &'static str,
) -> Platform {
    Platform { details, name, operation }
}

impl Platform {
    /// The platform that EC2 calls `details`. EC2 leaves Linux out in places.
    pub fn find(details: &str) -> Option<&'static Self> {
        let details = match details {
            "" => "Linux/UNIX",
            "windows" => "Windows",
            details => details,
        };
        PLATFORMS.iter().find(|platform| platform.details == details)
    }
}

/// An instance that runs on demand. `tenancy` is `default` or `dedicated`, as EC2 calls it.
pub fn instance(instance_type: &str, platform: &Platform, tenancy: &str) -> Rate {
    let name = platform.name;
    let key = match tenancy {
        "default" => format!("instance/{instance_type}/{name}"),
        tenancy => format!("instance/{instance_type}/{name}/{tenancy}"),
    };
    Rate::of(Service::Ec2, key, Per::Hour)
}

/// A dedicated host of a family, `m5`.
pub fn dedicated_host(family: &str) -> Rate {
    Rate::of(Service::Ec2, format!("host/{family}"), Per::Hour)
}

impl PriceSheet {
    /// The monthly price of an instance type that runs on demand with `platform`, on shared hardware.
    pub fn instance(
        &self,
        region: &Region,
        instance_type: &str,
        platform: &str,
    ) -> Evidence<MonthlyUsd> {
        self.instance_with(region, instance_type, platform, "default")
    }

    /// The same with a tenancy: `default` or `dedicated`.
    pub fn instance_with(
        &self,
        region: &Region,
        instance_type: &str,
        platform: &str,
        tenancy: &str,
    ) -> Evidence<MonthlyUsd> {
        if !matches!(tenancy, "default" | "dedicated") {
            return Evidence::unavailable(format!(
                "instances with {tenancy} tenancy have no price"
            ));
        }
        match Platform::find(platform) {
            Some(platform) => {
                self.monthly(region, &instance(instance_type, platform, tenancy), 1.0)
            }
            None => Evidence::unavailable(format!("no price for platform {platform}")),
        }
    }

    /// The monthly price of an instance as it is: nothing while it is stopped.
    pub(super) fn ec2_instance(
        &self,
        region: &Region,
        instance: &Instance,
    ) -> Evidence<MonthlyUsd> {
        let Instance { instance_type, platform, lifecycle, tenancy, .. } = instance;
        match instance.state.as_str() {
            "running" | "pending" if lifecycle == "on-demand" && tenancy != "host" => {
                self.instance_with(region, instance_type, platform, tenancy)
            }
            "running" | "pending" => Evidence::unavailable(format!(
                "{lifecycle} instances with {tenancy} tenancy have no list price here"
            )),
            _ => Evidence::Known(MonthlyUsd::ZERO),
        }
    }

    /// The monthly price of reserved capacity that no instance uses; what is used is billed as the
    /// instances that use it.
    pub(super) fn unused_capacity(
        &self,
        region: &Region,
        held: &CapacityReservation,
    ) -> Evidence<MonthlyUsd> {
        if held.state != "active" || held.available_count == 0 {
            return Evidence::Known(MonthlyUsd::ZERO);
        }
        if held.reservation_type != "default" {
            return Evidence::unavailable(format!(
                "{} reservations have no list price here",
                held.reservation_type
            ));
        }
        self.instance_with(region, &held.instance_type, &held.platform, &held.tenancy)
            .map(|price| MonthlyUsd::from_units(price.micros(), f64::from(held.available_count)))
    }

    /// What an instance type offers.
    pub fn instance_type(&self, name: &str) -> Result<&InstanceType, Unavailable> {
        self.instance_types
            .get(name)
            .ok_or_else(|| Unavailable::because(format!("the capacities of {name} are not known")))
    }
}
