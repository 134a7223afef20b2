//! RDS and Aurora.

use std::collections::BTreeSet;

use miyabi_types::{
    pricing::{
        Rate, Service, rds,
        rds::ExtendedSupport::{FirstTwoYears, ThirdYear},
    },
    resource::ResourceKind::{RdsDbCluster, RdsDbClusterSnapshot, RdsDbInstance, RdsDbSnapshot},
};

use super::{List, Product, Query, by_usage};
use crate::prices::snapshot;

/// Families of what is not an instance.
const FAMILIES: [&str; 6] = [
    "Database Storage",
    "Provisioned IOPS",
    "Provisioned Throughput",
    "ServerlessV2",
    "Storage Snapshot",
    "System Operation",
];

/// Engines as RDS and as the Price List calls them, with their edition where there are several.
const ENGINES: [(&str, &str, &str); 14] = [
    ("aurora-mysql", "Aurora MySQL", ""),
    ("aurora-postgresql", "Aurora PostgreSQL", ""),
    ("db2-ae", "Db2", "Advanced"),
    ("db2-se", "Db2", "Standard"),
    ("mariadb", "MariaDB", ""),
    ("mysql", "MySQL", ""),
    ("oracle-ee", "Oracle", "Enterprise"),
    ("oracle-se1", "Oracle", "Standard One"),
    ("oracle-se2", "Oracle", "Standard Two"),
    ("postgres", "PostgreSQL", ""),
    ("sqlserver-ee", "SQL Server", "Enterprise"),
    ("sqlserver-ex", "SQL Server", "Express"),
    ("sqlserver-se", "SQL Server", "Standard"),
    ("sqlserver-web", "SQL Server", "Web"),
];

pub(super) const LIST: List = List {
    service: Service::Rds,
    queries: |region, seen| {
        let kinds = [RdsDbInstance, RdsDbCluster, RdsDbSnapshot, RdsDbClusterSnapshot];
        if !seen.any(&kinds) {
            return Vec::new();
        }
        let all = Query::of(Service::Rds.code(), region);
        let mut queries = vec![all.clone().any("productFamily", &FAMILIES)];
        // Years have commas in their names, which separate values where several are asked for.
        for years in ["Year 1, Year 2", "Year 3"] {
            queries.push(all.clone().with("extendedSupportPricingYear", years));
        }
        let mut classes: BTreeSet<String> =
            snapshot::db_instance_classes().keys().cloned().collect();
        let mut engines = BTreeSet::new();
        for size in seen.sizes(&[RdsDbInstance]) {
            classes.insert(size.name.clone());
            let engine = size.with.first().map_or("", String::as_str);
            let engine = engine.strip_suffix("-cdb").unwrap_or(engine);
            engines.extend(
                ENGINES.iter().find(|(name, ..)| *name == engine).map(|(_, listed, _)| *listed),
            );
        }
        for engine in engines {
            let instances = all.clone().with("productFamily", "Database Instance");
            queries.extend(instances.with("databaseEngine", engine).each("instanceType", &classes));
        }
        queries
    },
    rates: |product| match product.family.as_str() {
        "Database Instance" => instance(product).into_iter().collect(),
        "Database Storage" | "Provisioned IOPS" | "Provisioned Throughput" if shared(product) => {
            storage(product)
        }
        "ServerlessV2" if product.usage() == "Aurora:ServerlessV2Usage" => {
            engine(product).map(rds::aurora_capacity_unit).into_iter().collect()
        }
        // Custom databases share the family but not the usage type.
        "Storage Snapshot" | "System Operation" if shared(product) => by_usage(
            product,
            [
                ("RDS:ChargedBackupUsage", rds::BACKUP_GIB),
                ("Aurora:BackupUsage", rds::AURORA_BACKUP_GIB),
                ("Aurora:StorageIOUsage", rds::AURORA_IO_REQUEST),
            ],
        ),
        _ => extended_support(product).into_iter().collect(),
    },
};

/// RDS's name of the product's engine.
fn engine(product: &Product) -> Option<&'static str> {
    let (listed, edition) =
        (product.attribute("databaseEngine"), product.attribute("databaseEdition"));
    let is = |(_, name, of): &&(&str, &str, &str)| *name == listed && *of == edition;
    ENGINES.iter().find(is).map(|(engine, ..)| *engine)
}

/// What is billed alike for all engines is listed for each; one stands for all.
fn shared(product: &Product) -> bool {
    matches!(product.attribute("databaseEngine"), "" | "Any" | "MySQL" | "Aurora MySQL")
}

fn instance(product: &Product) -> Option<Rate> {
    let class = product.attribute("instanceType");
    let (usage, _) = product.usage().split_once(':')?;
    let io_optimized = match usage {
        "InstanceUsage" | "Multi-AZUsage" | "MirrorUsage" => false,
        "InstanceUsageIOOptimized" => true,
        _ => return None,
    };
    let multi_az = match product.attribute("deploymentOption") {
        "Single-AZ" => false,
        "Multi-AZ" | "Multi-AZ (SQL Server Mirror)" => true,
        _ => return None,
    };
    let byol = product.attribute("licenseModel") == "Bring your own license";
    let engine = rds::billed_engine(
        engine(product)?,
        byol.then_some("bring-your-own-license"),
        io_optimized.then_some("aurora-iopt1"),
    );
    Some(rds::instance(class, &engine, multi_az))
}

fn storage(product: &Product) -> Vec<Rate> {
    let aurora = by_usage(
        product,
        [
            ("Aurora:StorageUsage", rds::AURORA_STORAGE_GIB),
            ("Aurora:IO-OptimizedStorageUsage", rds::AURORA_IO_OPTIMIZED_STORAGE_GIB),
        ],
    );
    if !aurora.is_empty() {
        return aurora;
    }
    let usage = product.usage();
    let Some(usage) = usage.strip_prefix("RDS:") else { return Vec::new() };
    let (usage, multi_az) = match usage.strip_prefix("Multi-AZ-") {
        Some(usage) => (usage, true),
        None => (usage, false),
    };
    let rate = match usage {
        "StorageUsage" => rds::storage_gib("standard", multi_az),
        "GP2-Storage" => rds::storage_gib("gp2", multi_az),
        "GP3-Storage" => rds::storage_gib("gp3", multi_az),
        "PIOPS-Storage" => rds::storage_gib("io1", multi_az),
        "PIOPS-Storage-IO2" => rds::storage_gib("io2", multi_az),
        "PIOPS" => rds::iops("io1", multi_az),
        "IO2-PIOPS" => rds::iops("io2", multi_az),
        "GP3-PIOPS" => rds::iops("gp3", multi_az),
        "GP3-Throughput" => rds::mibps(multi_az),
        _ => return Vec::new(),
    };
    vec![rate]
}

/// `ExtendedSupport:Yr1-Yr2:PostgreSQL11`: all versions of an engine cost the same. Serverless capacity
/// (`ASv2`) is billed by another unit.
fn extended_support(product: &Product) -> Option<Rate> {
    let usage = product.usage().strip_prefix("ExtendedSupport:")?;
    let (year, version) = usage.split_once(':')?;
    let since = match year {
        "Yr1-Yr2" => FirstTwoYears,
        "Yr3" => ThirdYear,
        _ => return None,
    };
    let engine = match version.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.') {
        "MySQL" => "mysql",
        "PostgreSQL" => "postgres",
        "AuroraMySQL" => "aurora-mysql",
        "AuroraPostgreSQL" => "aurora-postgresql",
        _ => return None,
    };
    Some(rds::extended_support(engine, since))
}

#[cfg(test)]
mod tests {
    use super::{
        super::tests::{prices, read},
        *,
    };

    #[test]
    fn engines_editions_licenses_and_zones_are_told_apart() {
        let instance = |usage, class, engine, edition, zones, license| {
            [
                ("usagetype", usage),
                ("instanceType", class),
                ("databaseEngine", engine),
                ("databaseEdition", edition),
                ("deploymentOption", zones),
                ("licenseModel", license),
            ]
        };
        let (single, multi) = ("Single-AZ", "Multi-AZ");
        let (free, own, included) =
            ("No license required", "Bring your own license", "License included");
        let family = "Database Instance";
        let (r6g, r5) = ("InstanceUsage:db.r6g.large", "InstanceUsage:db.r5.large");
        let read = read(
            &LIST,
            &[
                (
                    family,
                    &instance(r6g, "db.r6g.large", "PostgreSQL", "", single, free),
                    "0.2250000000",
                ),
                (
                    family,
                    &instance(
                        "Multi-AZUsage:db.r6g.large",
                        "db.r6g.large",
                        "PostgreSQL",
                        "",
                        multi,
                        free,
                    ),
                    "0.45",
                ),
                (
                    family,
                    &instance(
                        "Multi-AZClusterUsage:db.r6gd.large",
                        "db.r6gd.large",
                        "PostgreSQL",
                        "",
                        "Multi-AZ (readable standbys)",
                        free,
                    ),
                    "0.9",
                ),
                (
                    family,
                    &instance(r6g, "db.r6g.large", "Aurora MySQL", "", single, free),
                    "0.2600000000",
                ),
                (
                    family,
                    &instance(
                        "InstanceUsageIOOptimized:db.r6g.large",
                        "db.r6g.large",
                        "Aurora MySQL",
                        "",
                        single,
                        free,
                    ),
                    "0.3380000000",
                ),
                (
                    family,
                    &instance(r5, "db.r5.large", "Oracle", "Standard Two", single, own),
                    "0.2400000000",
                ),
                (
                    family,
                    &instance(r5, "db.r5.large", "Oracle", "Standard Two", single, included),
                    "0.4710000000",
                ),
                (
                    family,
                    &instance(r5, "db.r5.large", "SQL Server", "Web", single, included),
                    "0.3400000000",
                ),
            ],
        );
        assert_eq!(
            read,
            prices([
                ("instance/db.r5.large/oracle-se2", "0.471"),
                ("instance/db.r5.large/oracle-se2/byol", "0.24"),
                ("instance/db.r5.large/sqlserver-web", "0.34"),
                ("instance/db.r6g.large/aurora-mysql", "0.26"),
                ("instance/db.r6g.large/aurora-mysql/io-optimized", "0.338"),
                ("instance/db.r6g.large/postgres", "0.225"),
                ("instance/db.r6g.large/postgres/multi-az", "0.45"),
            ])
        );
    }

    #[test]
    fn storage_backups_and_extended_support_are_read() {
        let mysql = ("databaseEngine", "MySQL");
        let storage = "Database Storage";
        let read = read(
            &LIST,
            &[
                (storage, &[("usagetype", "USE1-RDS:GP3-Storage"), mysql], "0.1150000000"),
                (
                    storage,
                    &[("usagetype", "USE1-RDS:GP3-Storage"), ("databaseEngine", "PostgreSQL")],
                    "0.115",
                ),
                (storage, &[("usagetype", "USE1-RDS:Multi-AZ-GP3-Storage"), mysql], "0.2300000000"),
                (
                    storage,
                    &[("usagetype", "Aurora:StorageUsage"), ("databaseEngine", "Any")],
                    "0.1000000000",
                ),
                (
                    "Provisioned IOPS",
                    &[("usagetype", "USE1-RDS:Multi-AZ-GP3-PIOPS"), mysql],
                    "0.0400000000",
                ),
                (
                    "Provisioned IOPS",
                    &[("usagetype", "RDS:Multi-AZ-IO2-PIOPS"), mysql],
                    "0.2000000000",
                ),
                (
                    "Storage Snapshot",
                    &[("usagetype", "RDS:ChargedBackupUsage"), mysql],
                    "0.0950000000",
                ),
                (
                    "Storage Snapshot",
                    &[("usagetype", "RDSCustom:ChargedBackupUsage"), mysql],
                    "0.095",
                ),
                (
                    "System Operation",
                    &[("usagetype", "EUC1-Aurora:StorageIOUsage"), ("databaseEngine", "Any")],
                    "0.00000022",
                ),
                ("", &[("usagetype", "EUC1-ExtendedSupport:Yr1-Yr2:PostgreSQL11")], "0.122"),
                ("", &[("usagetype", "EUC1-ExtendedSupport:Yr3:PostgreSQL11")], "0.244"),
                (
                    "",
                    &[("usagetype", "EUC1-ExtendedSupport:Yr1-Yr2:ASv2:AuroraPostgreSQL13")],
                    "0.104",
                ),
                ("", &[("usagetype", "EUC1-ExtendedSupport:Yr1-Yr2:MySQL5.7")], "0.122"),
            ],
        );
        assert_eq!(
            read,
            prices([
                ("aurora/io_request", "0.00000022"),
                ("aurora/storage/gib", "0.1"),
                ("backup/gib", "0.095"),
                ("extended_support/mysql/first_two_years", "0.122"),
                ("extended_support/postgres/first_two_years", "0.122"),
                ("extended_support/postgres/third_year", "0.244"),
                ("storage/gp3/gib", "0.115"),
                ("storage/gp3/gib/multi-az", "0.23"),
                ("storage/gp3/iops/multi-az", "0.04"),
                ("storage/io2/iops/multi-az", "0.2"),
            ])
        );
    }
}
