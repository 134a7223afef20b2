//! Engines and Kubernetes versions that are past their standard support, for which AWS charges extra.
//!
//! When extended support begins is AWS's to say; the tables hold what its guides said when they were read. A
//! version that no table has is clear if it is newer than all of them, and not evaluated otherwise.

use jiff::{
    ToSpan,
    civil::{Date, date},
    tz::TimeZone,
};
use miyabi_types::{
    evidence::Unavailable,
    finding::{Saving, Severity},
    money::MonthlyUsd,
    pricing::{
        eks,
        rds::{ExtendedSupport, extended_support},
    },
    resource::{Resource, ResourceConfig, ResourceKind, rds::DbInstance},
};

use crate::check::{COST, Check, Context, Found, Judge, Reference, Verdict};

/// Major versions and the first day on which extended support is charged, oldest first.
type Begins = [(&'static str, Date)];

/// Source: Amazon RDS User Guide, Supported `MySQL` major versions.
const MYSQL: &Begins = &[("5.7", date(2024, 3, 1)), ("8.0", date(2026, 8, 1))];
/// Source: Amazon Aurora User Guide, Release calendars for Aurora `MySQL` (version 2 is 5.7, version 3 is 8.0).
const AURORA_MYSQL: &Begins = &[("5.7", date(2024, 12, 1)), ("8.0", date(2028, 5, 1))];
/// Source: Amazon RDS User Guide, Release calendars for `PostgreSQL`; Aurora has the same days.
const POSTGRES: &Begins = &[
    ("11", date(2024, 4, 1)),
    ("12", date(2025, 3, 1)),
    ("13", date(2026, 3, 1)),
    ("14", date(2027, 3, 1)),
    ("15", date(2028, 3, 1)),
    ("16", date(2029, 3, 1)),
    ("17", date(2030, 3, 1)),
    ("18", date(2031, 3, 1)),
];
/// Source: Amazon EKS User Guide, Kubernetes release calendar: the day that ends standard support is charged.
const KUBERNETES: &Begins = &[
    ("1.28", date(2024, 11, 26)),
    ("1.29", date(2025, 3, 23)),
    ("1.30", date(2025, 7, 23)),
    ("1.31", date(2025, 11, 26)),
    ("1.32", date(2026, 3, 23)),
    ("1.33", date(2026, 7, 29)),
    ("1.34", date(2026, 12, 2)),
    ("1.35", date(2027, 3, 27)),
    ("1.36", date(2027, 8, 2)),
];

/// The rows.
pub const CHECKS: [Check; 3] = [
    Check {
        id: "eks_cluster_extended_support",
        title: "Kubernetes version is in extended support",
        severity: Severity::Medium,
        kinds: &[ResourceKind::EksCluster],
        saving: "price of extended support × 730 h",
        advice: "Upgrade the cluster one minor version after the other, the nodes after it.",
        references: &[Reference {
            source: "Amazon EKS User Guide, Kubernetes release calendar",
            read: "2026-11",
        }],
        judge: Judge::Logic(kubernetes),
        ..COST
    },
    Check {
        id: "rds_cluster_extended_support",
        title: "Database cluster's engine is in extended support",
        kinds: &[ResourceKind::RdsDbCluster],
        judge: Judge::Logic(cluster),
        ..ENGINE
    },
    Check {
        id: "rds_instance_extended_support",
        title: "Database's engine is in extended support",
        kinds: &[ResourceKind::RdsDbInstance],
        judge: Judge::Logic(instance),
        ..ENGINE
    },
];

const ENGINE: Check = Check {
    severity: Severity::Medium,
    saving: "vCPU × extended support price × 730 h (× 2 if Multi-AZ)",
    advice: "Upgrade the major version: try it on a snapshot, then by a blue/green deployment.",
    references: &[Reference {
        source: "Amazon RDS and Amazon Aurora User Guides, Extended Support; release calendars of MySQL and PostgreSQL",
        read: "2026-11",
    }],
    ..COST
};

fn kubernetes(resource: &Resource, context: &Context<'_>) -> Verdict {
    let ResourceConfig::EksCluster(cluster) = &resource.config else {
        return Verdict::NotApplicable;
    };
    let settings = match cluster.settings.get() {
        Ok(settings) => settings,
        Err(why) => return Verdict::NotEvaluated(why.clone()),
    };
    // Under standard support alone, AWS upgrades the cluster by itself when it ends.
    if settings.support_type.as_deref() == Some("STANDARD") {
        return Verdict::Clear;
    }
    judge(&settings.version, KUBERNETES, context, |_| {
        context.rate(resource, &eks::EXTENDED_SUPPORT, 1.0).map_or(Saving::Unknown, Saving::Exact)
    })
}

fn instance(resource: &Resource, context: &Context<'_>) -> Verdict {
    let ResourceConfig::RdsDbInstance(db) = &resource.config else {
        return Verdict::NotApplicable;
    };
    if db.cluster_id.is_some() {
        return Verdict::NotApplicable;
    }
    let lifecycle = db.engine_lifecycle_support.as_deref();
    engine(&db.engine, &db.engine_version, lifecycle, context, |since| {
        vcpus(resource, db, since, context).map_or(Saving::Unknown, Saving::Exact)
    })
}

/// What extended support of an instance costs.
fn vcpus(
    resource: &Resource,
    db: &DbInstance,
    since: Date,
    context: &Context<'_>,
) -> Option<MonthlyUsd> {
    let class = context.prices().db_instance_classes.get(&db.class)?;
    let zones = if db.multi_az { 2.0 } else { 1.0 };
    // From the third year on it is dearer.
    let third = since.checked_add(2.years()).is_ok_and(|third| today(context) >= third);
    let year = if third { ExtendedSupport::ThirdYear } else { ExtendedSupport::FirstTwoYears };
    context.rate(resource, &extended_support(&db.engine, year), f64::from(class.vcpu) * zones)
}

fn cluster(resource: &Resource, context: &Context<'_>) -> Verdict {
    let ResourceConfig::RdsDbCluster(db) = &resource.config else {
        return Verdict::NotApplicable;
    };
    let lifecycle = db.engine_lifecycle_support.as_deref();
    engine(&db.engine, &db.engine_version, lifecycle, context, |since| {
        let members = db.members.iter().map(|member| {
            let id = &member.instance_id;
            let found = context.find(ResourceKind::RdsDbInstance, id, resource)?;
            let ResourceConfig::RdsDbInstance(db) = &found.config else { return None };
            vcpus(resource, db, since, context)
        });
        let total: Option<MonthlyUsd> = members.sum();
        total.map_or(Saving::Unknown, Saving::Exact)
    })
}

fn engine(
    engine: &str,
    version: &str,
    lifecycle: Option<&str>,
    context: &Context<'_>,
    saving: impl FnOnce(Date) -> Saving,
) -> Verdict {
    let begins = match engine {
        "mysql" => MYSQL,
        "aurora-mysql" => AURORA_MYSQL,
        "postgres" | "aurora-postgresql" => POSTGRES,
        _ => return Verdict::NotApplicable,
    };
    if lifecycle == Some("open-source-rds-extended-support-disabled") {
        return Verdict::Clear;
    }
    judge(version, begins, context, saving)
}

fn today(context: &Context<'_>) -> Date {
    context.now().to_zoned(TimeZone::UTC).date()
}

fn judge(
    version: &str,
    begins: &Begins,
    context: &Context<'_>,
    saving: impl FnOnce(Date) -> Saving,
) -> Verdict {
    let is = |major: &str| {
        version.strip_prefix(major).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    };
    match begins.iter().find(|(major, _)| is(major)) {
        Some((major, from)) if today(context) >= *from => Found::waste(
            format!("{version}: extended support of {major} is charged since {from}"),
            saving(*from),
            None,
        ),
        Some(_) => Verdict::Clear,
        None => {
            let newest = begins.last().map_or("", |(major, _)| major);
            if numbers(version) > numbers(newest) {
                Verdict::Clear
            } else {
                Verdict::NotEvaluated(Unavailable::because(format!(
                    "it is not known since when support of {version} is charged"
                )))
            }
        }
    }
}

fn numbers(version: &str) -> Vec<u32> {
    version.split('.').map_while(|part| part.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{
        Expect, check, db, denied,
        services::{db_cluster, eks_cluster},
    };

    fn row(id: &str) -> &'static Check {
        CHECKS.iter().find(|check| check.id == id).unwrap()
    }

    #[test]
    fn databases() {
        let row = row("rds_instance_extended_support");
        let at = |engine: &str, version: &str| {
            db(|db| {
                db.engine = engine.into();
                db.engine_version = version.into();
            })
        };
        check(row, "5.7", at("mysql", "5.7.44"), Expect::Found);
        check(row, "8.4", at("mysql", "8.4.3"), Expect::Clear);
        check(row, "12", at("postgres", "12.22"), Expect::Found);
        check(row, "16", at("postgres", "16.4"), Expect::Clear);
        check(row, "18", at("postgres", "18.1"), Expect::Clear);
        check(row, "older than the table", at("postgres", "9.6"), Expect::NotEvaluated("9.6"));
        check(row, "other", at("oracle-ee", "19"), Expect::NotApplicable);
        let refused = db(|db| {
            db.engine_version = "5.7.44".into();
            db.engine_lifecycle_support = Some("open-source-rds-extended-support-disabled".into());
        });
        check(row, "refused", refused, Expect::Clear);
    }

    #[test]
    fn clusters() {
        let row = row("rds_cluster_extended_support");
        let at = |version: &str| {
            db_cluster(|db| {
                db.engine = "aurora-postgresql".into();
                db.engine_version = version.into();
            })
        };
        check(row, "13", at("13.18"), Expect::Found);
        check(row, "14", at("14.15"), Expect::Clear);
        check(row, "Aurora MySQL 3", db_cluster(|_| {}), Expect::Clear);
        let second = db_cluster(|db| db.engine_version = "5.7.mysql_aurora.2.12.5".into());
        check(row, "Aurora MySQL 2", second, Expect::Found);
        let other = db_cluster(|db| db.engine = "neptune".into());
        check(row, "other", other, Expect::NotApplicable);
    }

    #[test]
    fn kubernetes_versions() {
        let row = row("eks_cluster_extended_support");
        let at = |version: &str, support: &str| {
            eks_cluster(|cluster| {
                if let miyabi_types::evidence::Evidence::Known(settings) = &mut cluster.settings {
                    settings.version = version.into();
                    settings.support_type = Some(support.into());
                }
            })
        };
        check(row, "extended", at("1.31", "EXTENDED"), Expect::Found);
        check(row, "upgraded by AWS", at("1.31", "STANDARD"), Expect::Clear);
        check(row, "supported", at("1.36", "EXTENDED"), Expect::Clear);
        check(row, "new", at("1.40", "EXTENDED"), Expect::Clear);
        let unread = eks_cluster(|cluster| cluster.settings = denied("eks:DescribeCluster"));
        check(row, "denied", unread, Expect::NotEvaluated("denied"));
    }

    #[test]
    fn is_charged_from_its_day_on() {
        // Fixtures are seen on 2026-11-01.
        let world = crate::fixture::world([]);
        let context = Context::new(&world);
        let from = |day| judge("1", &[("1", day)], &context, |_| Saving::Unknown);
        assert_eq!(from(date(2026, 11, 2)), Verdict::Clear);
        assert!(matches!(from(date(2026, 11, 1)), Verdict::Finding(_)));
    }
}
