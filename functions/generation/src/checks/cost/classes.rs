//! Databases, caches and search nodes of a class that has a cheaper one of the same size: a newer generation, or
//! one with AWS's own (Graviton) processors. One row a service and way.
//!
//! A class is `family.size`; a successor is the same size of the family that follows it. Silent where there is
//! no such family, or where its class is known to cost as much or more.

use miyabi_types::{
    finding::Severity,
    resource::{Resource, ResourceConfig, ResourceKind},
};

use crate::check::{COST, Check, Context, Found, Judge, Reference, Verdict};

/// Families and the one that follows.
type Families = [(&'static str, &'static str)];

/// Source: Amazon RDS User Guide, DB instance class types.
const RDS_NEWER: &Families = &[
    ("db.m3", "db.m5"),
    ("db.m4", "db.m5"),
    ("db.r3", "db.r5"),
    ("db.r4", "db.r5"),
    ("db.t1", "db.t3"),
    ("db.t2", "db.t3"),
];
/// Source: Amazon RDS User Guide, Supported DB engines for DB instance classes.
const RDS_GRAVITON: &Families = &[
    ("db.m5", "db.m6g"),
    ("db.m6i", "db.m7g"),
    ("db.r5", "db.r6g"),
    ("db.r6i", "db.r7g"),
    ("db.t3", "db.t4g"),
];
/// Source: Amazon `ElastiCache` User Guide, Supported node types.
const CACHE_NEWER: &Families = &[
    ("cache.m3", "cache.m5"),
    ("cache.m4", "cache.m5"),
    ("cache.r3", "cache.r5"),
    ("cache.r4", "cache.r5"),
    ("cache.t1", "cache.t3"),
    ("cache.t2", "cache.t3"),
];
/// Source: the same.
const CACHE_GRAVITON: &Families =
    &[("cache.m5", "cache.m6g"), ("cache.r5", "cache.r6g"), ("cache.t3", "cache.t4g")];
/// Source: Amazon `OpenSearch` Service Developer Guide, Supported instance types. It counts the fifth generation and
/// Graviton2 among the previous ones by now; what follows them costs more.
const SEARCH_NEWER: &Families =
    &[("c4", "c5"), ("m3", "m5"), ("m4", "m5"), ("r3", "r5"), ("r4", "r5"), ("t2", "t3")];
/// Source: the same.
const SEARCH_GRAVITON: &Families = &[("c5", "c6g"), ("m5", "m6g"), ("r5", "r6g")];

/// Engines that run on Graviton. Source: Amazon RDS User Guide, Supported DB engines for DB instance classes.
const OPEN_ENGINES: [&str; 5] =
    ["aurora-mysql", "aurora-postgresql", "mariadb", "mysql", "postgres"];

const RDS_CLASSES: Reference =
    Reference { source: "Amazon RDS User Guide, DB instance class types", read: "2026-11" };
const CACHE_CLASSES: Reference =
    Reference { source: "Amazon ElastiCache User Guide, Supported node types", read: "2026-11" };
const SEARCH_CLASSES: Reference = Reference {
    source: "Amazon OpenSearch Service Developer Guide, Supported instance types",
    read: "2026-11",
};

const NEWER_SAVING: &str = "price − price of the same size in the next family";
const GRAVITON_SAVING: &str = "price − price of the same size with Graviton processors";

const GENERATION: Check = Check {
    saving: NEWER_SAVING,
    commitments: true,
    advice: "Change the class in the maintenance window; that means an outage of some minutes.",
    ..COST
};
const GRAVITON: Check = Check {
    severity: Severity::Informational,
    saving: GRAVITON_SAVING,
    commitments: true,
    advice: "Try the class on a replica or a copy, then change it in the maintenance window.",
    ..COST
};

/// The rows.
pub const CHECKS: [Check; 6] = [
    Check {
        id: "elasticache_cluster_graviton",
        title: "Cache nodes could run on Graviton for less",
        kinds: &[ResourceKind::ElastiCacheCluster],
        references: &[CACHE_CLASSES],
        judge: Judge::Logic(|resource, context| cache(resource, context, CACHE_GRAVITON)),
        ..GRAVITON
    },
    Check {
        id: "elasticache_cluster_previous_generation",
        title: "Cache nodes are of a previous generation",
        kinds: &[ResourceKind::ElastiCacheCluster],
        references: &[CACHE_CLASSES],
        judge: Judge::Logic(|resource, context| cache(resource, context, CACHE_NEWER)),
        ..GENERATION
    },
    Check {
        id: "opensearch_domain_graviton",
        title: "Search nodes could run on Graviton for less",
        kinds: &[ResourceKind::OpenSearchDomain],
        references: &[SEARCH_CLASSES],
        judge: Judge::Logic(|resource, context| search(resource, context, SEARCH_GRAVITON)),
        ..GRAVITON
    },
    Check {
        id: "opensearch_domain_previous_generation",
        title: "Search nodes are of a previous generation",
        kinds: &[ResourceKind::OpenSearchDomain],
        references: &[SEARCH_CLASSES],
        judge: Judge::Logic(|resource, context| search(resource, context, SEARCH_NEWER)),
        ..GENERATION
    },
    Check {
        id: "rds_instance_graviton",
        title: "Database could run on Graviton for less",
        kinds: &[ResourceKind::RdsDbInstance],
        references: &[RDS_CLASSES],
        judge: Judge::Logic(|resource, context| database(resource, context, RDS_GRAVITON)),
        ..GRAVITON
    },
    Check {
        id: "rds_instance_previous_generation",
        title: "Database instance is of a previous generation",
        kinds: &[ResourceKind::RdsDbInstance],
        references: &[RDS_CLASSES],
        judge: Judge::Logic(|resource, context| database(resource, context, RDS_NEWER)),
        ..GENERATION
    },
];

fn database(resource: &Resource, context: &Context<'_>, families: &Families) -> Verdict {
    let ResourceConfig::RdsDbInstance(db) = &resource.config else {
        return Verdict::NotApplicable;
    };
    let portable = families != RDS_GRAVITON || OPEN_ENGINES.contains(&db.engine.as_str());
    if db.status == "stopped" || !portable {
        return Verdict::NotApplicable;
    }
    judge(resource, context, families, &db.class, |class| {
        let mut changed = db.clone();
        changed.class = class;
        ResourceConfig::RdsDbInstance(changed)
    })
}

fn cache(resource: &Resource, context: &Context<'_>, families: &Families) -> Verdict {
    let ResourceConfig::ElastiCacheCluster(cache) = &resource.config else {
        return Verdict::NotApplicable;
    };
    judge(resource, context, families, &cache.node_type, |class| {
        let mut changed = cache.clone();
        changed.node_type = class;
        ResourceConfig::ElastiCacheCluster(changed)
    })
}

fn search(resource: &Resource, context: &Context<'_>, families: &Families) -> Verdict {
    let ResourceConfig::OpenSearchDomain(domain) = &resource.config else {
        return Verdict::NotApplicable;
    };
    judge(resource, context, families, &domain.instance_type, |class| {
        let mut changed = domain.clone();
        changed.instance_type = class;
        ResourceConfig::OpenSearchDomain(changed)
    })
}

fn judge(
    resource: &Resource,
    context: &Context<'_>,
    families: &Families,
    class: &str,
    with: impl FnOnce(String) -> ResourceConfig,
) -> Verdict {
    let Some(next) = successor(class, families) else { return Verdict::Clear };
    context.saving_as(resource, with(next.clone())).map_or(Verdict::Clear, |saving| {
        Found::waste(format!("{class}; {next} is of the same size"), saving, None)
    })
}

/// The class of the same size in the family that follows.
fn successor(class: &str, families: &Families) -> Option<String> {
    families.iter().find_map(|(family, next)| {
        let size = class.strip_prefix(family)?.strip_prefix('.')?;
        Some(format!("{next}.{size}"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{
        Expect, check, db, in_region,
        services::{cache_cluster, domain},
    };

    fn row(id: &str) -> &'static Check {
        CHECKS.iter().find(|check| check.id == id).unwrap()
    }

    fn class(name: &str) -> Resource {
        db(|db| db.class = name.into())
    }

    #[test]
    fn databases_of_a_previous_generation() {
        let check_id = row("rds_instance_previous_generation");
        // db.m4.large at $0.175 an hour, db.m5.large at $0.171.
        check(check_id, "previous", class("db.m4.large"), Expect::saves("$2.92"));
        check(check_id, "current", class("db.m5.large"), Expect::Clear);
        check(check_id, "unpriced", class("db.r3.large"), Expect::SavesUnknown);
        let elsewhere = in_region(class("db.m4.large"), "sa-east-1");
        check(check_id, "no price", elsewhere, Expect::SavesUnknown);
        check(check_id, "as dear", class("db.t2.medium"), Expect::Clear);
        let stopped = db(|db| {
            db.class = "db.m4.large".into();
            db.status = "stopped".into();
        });
        check(check_id, "stopped", stopped, Expect::NotApplicable);
    }

    #[test]
    fn databases_on_graviton() {
        let check_id = row("rds_instance_graviton");
        check(check_id, "x86", class("db.m5.large"), Expect::Found);
        check(check_id, "Graviton", class("db.m6g.large"), Expect::Clear);
        let licensed = db(|db| db.engine = "sqlserver-se".into());
        check(check_id, "SQL Server", licensed, Expect::NotApplicable);
    }

    #[test]
    fn caches_and_search() {
        let cache = |name: &str| cache_cluster(|c| c.node_type = name.into());
        let newer = row("elasticache_cluster_previous_generation");
        check(newer, "previous", cache("cache.m4.large"), Expect::Found);
        check(newer, "current", cache("cache.m5.large"), Expect::Clear);
        let graviton = row("elasticache_cluster_graviton");
        check(graviton, "x86", cache("cache.r5.large"), Expect::Found);
        check(graviton, "Graviton", cache("cache.r6g.large"), Expect::Clear);
        let nodes = |name: &str| domain(|d| d.instance_type = name.into());
        let newer = row("opensearch_domain_previous_generation");
        check(newer, "previous", nodes("m4.large.search"), Expect::Found);
        check(newer, "current", nodes("m5.large.search"), Expect::Clear);
        let graviton = row("opensearch_domain_graviton");
        check(graviton, "x86", nodes("m5.large.search"), Expect::Found);
        check(graviton, "Graviton", nodes("m6g.large.search"), Expect::Clear);
    }

    #[test]
    fn a_family_is_not_the_beginning_of_another() {
        assert_eq!(successor("db.m5d.large", RDS_GRAVITON), None);
        assert_eq!(successor("db.m5.large", RDS_GRAVITON).as_deref(), Some("db.m6g.large"));
    }
}
