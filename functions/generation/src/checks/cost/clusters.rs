//! Caches, search domains and warehouses that are larger, older or dearer than their use asks for.

use miyabi_types::{
    finding::Severity,
    resource::{Resource, ResourceConfig, ResourceKind},
};

use crate::{
    check::{COST, Check, Context, Found, Judge, Limit, Reference, Verdict},
    metrics::{TWO_WEEKS, conclusive},
};

const CACHE_CPU: Limit = Limit {
    name: "overprovisioned_cache_cpu_percent",
    what: "99.5th percentile of CPU, from which a cache's size is right",
    unit: "%",
    default: 40.0,
    range: (5.0, 50.0),
    source: "Flexera policy templates, AWS Rightsize ElastiCache (40 %)",
};
const CACHE_MEMORY: Limit = Limit {
    name: "overprovisioned_cache_memory_percent",
    what: "peak memory, from which a cache's size is right",
    unit: "%",
    default: 40.0,
    range: (5.0, 50.0),
    source: "aws-cost-scanner, ElastiCache memory below 40 %",
};
const SEARCH_CPU: Limit = Limit {
    name: "overprovisioned_search_cpu_percent",
    what: "99.5th percentile of CPU, from which a domain's size is right",
    unit: "%",
    default: 40.0,
    range: (5.0, 60.0),
    source: "our choice: half of the nodes still have 20 % headroom",
};
const SEARCH_JVM: Limit = Limit {
    name: "overprovisioned_search_jvm_percent",
    what: "99.5th percentile of JVM memory pressure, from which a domain's size is right",
    unit: "%",
    default: 50.0,
    range: (10.0, 75.0),
    source: "our choice: Troubleshooting Amazon OpenSearch Service keeps to 80 %, and half the nodes is not half the heap",
};
const REDSHIFT_CPU: Limit = Limit {
    name: "underused_warehouse_cpu_percent",
    what: "99.5th percentile of CPU, from which a cluster is used",
    unit: "%",
    default: 5.0,
    range: (1.0, 35.0),
    source: "AWS Trusted Advisor, Underutilized Amazon Redshift Clusters (5 % for 99 % of the time)",
};

/// The rows.
pub const CHECKS: [Check; 5] = [
    Check {
        id: "elasticache_cluster_overprovisioned",
        title: "Cache is larger than its use asks for",
        kinds: &[ResourceKind::ElastiCacheCluster],
        limits: &[CACHE_CPU, CACHE_MEMORY, TWO_WEEKS],
        saving: "half of node price × nodes × 730 h, at the next smaller size",
        commitments: true,
        advice: "Change the node type to the next smaller size; Redis OSS and Valkey do so online.",
        references: &[Reference {
            source: "Amazon ElastiCache User Guide, Scaling",
            read: "2026-11",
        }],
        judge: Judge::Logic(cache),
        ..COST
    },
    Check {
        id: "elasticache_cluster_valkey",
        title: "Redis OSS cache would be cheaper with Valkey",
        kinds: &[ResourceKind::ElastiCacheCluster],
        saving: "node price with Redis OSS − node price with Valkey",
        commitments: true,
        advice: "Upgrade the engine of the replication group to Valkey, online.",
        references: &[Reference {
            source: "Amazon ElastiCache User Guide, Upgrading engine versions (Redis OSS to Valkey)",
            read: "2026-11",
        }],
        judge: Judge::Logic(valkey),
        ..COST
    },
    Check {
        id: "opensearch_domain_gp2",
        title: "gp2 volumes of an OpenSearch domain would be cheaper as gp3",
        kinds: &[ResourceKind::OpenSearchDomain],
        saving: "GiB × nodes × (gp2 price − gp3 price)",
        advice: "Change the volume type to gp3; the domain makes new nodes and moves its data to them.",
        references: &[Reference {
            source: "Amazon OpenSearch Service Developer Guide, EBS volume size quotas",
            read: "2026-11",
        }],
        judge: Judge::Logic(gp2),
        ..COST
    },
    Check {
        id: "opensearch_domain_overprovisioned",
        title: "OpenSearch domain is larger than its use asks for",
        severity: Severity::Medium,
        kinds: &[ResourceKind::OpenSearchDomain],
        limits: &[SEARCH_CPU, SEARCH_JVM, TWO_WEEKS],
        saving: "half of node price × nodes × 730 h, at the next smaller size",
        commitments: true,
        advice: "Change the data nodes to the next smaller size, outside busy hours.",
        references: &[Reference {
            source: "Amazon OpenSearch Service Developer Guide, Troubleshooting; Recommended CloudWatch alarms",
            read: "2026-11",
        }],
        judge: Judge::Logic(search),
        ..COST
    },
    Check {
        id: "redshift_cluster_underused",
        title: "Redshift cluster is hardly used",
        severity: Severity::Medium,
        kinds: &[ResourceKind::RedshiftCluster],
        limits: &[REDSHIFT_CPU, TWO_WEEKS],
        saving: "half of node price × nodes × 730 h, with half of the nodes or hours",
        commitments: true,
        advice: "Pause it by a schedule outside working hours, resize it, or move it to Serverless.",
        references: &[Reference {
            source: "AWS Trusted Advisor, Underutilized Amazon Redshift Clusters",
            read: "2026-11",
        }],
        judge: Judge::Logic(redshift),
        ..COST
    },
];

fn cache(resource: &Resource, context: &Context<'_>) -> Verdict {
    let ResourceConfig::ElastiCacheCluster(cache) = &resource.config else {
        return Verdict::NotApplicable;
    };
    // Memcached tells no share of its memory.
    if cache.status != "available" || cache.engine == "memcached" {
        return Verdict::NotApplicable;
    }
    let metrics = ["CPUUtilization", "DatabaseMemoryUsagePercentage", "CacheHits", "CacheMisses"];
    let (_, [cpu, memory, hits, misses]) =
        match conclusive(resource, context.limit(&TWO_WEEKS), metrics) {
            Ok(found) => found,
            Err(why) => return Verdict::NotEvaluated(why),
        };
    // One that is never asked is elasticache_cluster_idle's.
    let idle = hits.sum + misses.sum < 1.0;
    if cpu.p99_5 >= context.limit(&CACHE_CPU)
        || memory.maximum >= context.limit(&CACHE_MEMORY)
        || idle
    {
        return Verdict::Clear;
    }
    Found::waste(
        format!(
            "99.5 % of the time CPU of {} is below {:.1} %, and its memory at most {:.0} % full",
            cache.node_type, cpu.p99_5, memory.maximum
        ),
        context.share(resource, 0.5),
        None,
    )
}

fn valkey(resource: &Resource, context: &Context<'_>) -> Verdict {
    let ResourceConfig::ElastiCacheCluster(cache) = &resource.config else {
        return Verdict::NotApplicable;
    };
    if cache.engine != "redis" {
        return Verdict::NotApplicable;
    }
    let mut changed = cache.clone();
    changed.engine = "valkey".into();
    let saving = context.saving_as(resource, ResourceConfig::ElastiCacheCluster(changed));
    saving.map_or(Verdict::Clear, |saving| {
        Found::waste(
            format!("{} {} with Redis OSS {}", cache.nodes, cache.node_type, cache.engine_version),
            saving,
            None,
        )
    })
}

fn gp2(resource: &Resource, context: &Context<'_>) -> Verdict {
    let ResourceConfig::OpenSearchDomain(domain) = &resource.config else {
        return Verdict::NotApplicable;
    };
    if domain.volume_type.as_deref() != Some("gp2") {
        return Verdict::NotApplicable;
    }
    let mut changed = domain.clone();
    changed.volume_type = Some("gp3".into());
    let saving = context.saving_as(resource, ResourceConfig::OpenSearchDomain(changed));
    saving.map_or(Verdict::Clear, |saving| {
        let gib = domain.volume_size_gib.unwrap_or_default();
        Found::waste(format!("{} × {gib} GiB gp2", domain.instance_count), saving, None)
    })
}

fn search(resource: &Resource, context: &Context<'_>) -> Verdict {
    let ResourceConfig::OpenSearchDomain(domain) = &resource.config else {
        return Verdict::NotApplicable;
    };
    let metrics = ["CPUUtilization", "JVMMemoryPressure", "SearchRate", "IndexingRate"];
    let (_, [cpu, jvm, searches, writes]) =
        match conclusive(resource, context.limit(&TWO_WEEKS), metrics) {
            Ok(found) => found,
            Err(why) => return Verdict::NotEvaluated(why),
        };
    let idle = searches.maximum < 1.0 && writes.maximum < 1.0;
    if cpu.p99_5 >= context.limit(&SEARCH_CPU) || jvm.p99_5 >= context.limit(&SEARCH_JVM) || idle {
        return Verdict::Clear;
    }
    Found::waste(
        format!(
            "99.5 % of the time CPU of {} {} is below {:.1} % and JVM memory pressure below {:.1} %",
            domain.instance_count, domain.instance_type, cpu.p99_5, jvm.p99_5
        ),
        context.share(resource, 0.5),
        None,
    )
}

fn redshift(resource: &Resource, context: &Context<'_>) -> Verdict {
    let ResourceConfig::RedshiftCluster(cluster) = &resource.config else {
        return Verdict::NotApplicable;
    };
    if cluster.status != "available" {
        return Verdict::NotApplicable;
    }
    let metrics = ["CPUUtilization", "DatabaseConnections"];
    let (_, [cpu, connections]) = match conclusive(resource, context.limit(&TWO_WEEKS), metrics) {
        Ok(found) => found,
        Err(why) => return Verdict::NotEvaluated(why),
    };
    // One without connections is redshift_cluster_idle's.
    if cpu.p99_5 >= context.limit(&REDSHIFT_CPU) || connections.maximum < 1.0 {
        return Verdict::Clear;
    }
    Found::waste(
        format!(
            "99.5 % of the time CPU of {} {} is below {:.1} %",
            cluster.nodes, cluster.node_type, cpu.p99_5
        ),
        context.share(resource, 0.5),
        None,
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{
        Expect, check,
        services::{cache_cluster, domain, redshift_cluster},
        with_metrics, without_metrics,
    };

    fn row(id: &str) -> &'static Check {
        CHECKS.iter().find(|check| check.id == id).unwrap()
    }

    #[test]
    fn caches() {
        let row = row("elasticache_cluster_overprovisioned");
        let used = |cpu: f64, memory: f64, hits: f64| {
            let metrics =
                ["CPUUtilization", "DatabaseMemoryUsagePercentage", "CacheHits", "CacheMisses"];
            with_metrics(cache_cluster(|_| {}), 14, metrics, |name, m| match name {
                "CPUUtilization" => m.p99_5 = cpu,
                "DatabaseMemoryUsagePercentage" => m.maximum = memory,
                _ => m.sum = hits,
            })
        };
        check(row, "too large", used(10.0, 20.0, 1e6), Expect::Found);
        check(row, "CPU on the threshold", used(40.0, 20.0, 1e6), Expect::Clear);
        check(row, "memory on the threshold", used(10.0, 40.0, 1e6), Expect::Clear);
        check(row, "idle", used(1.0, 1.0, 0.0), Expect::Clear);
        check(
            row,
            "denied",
            without_metrics(cache_cluster(|_| {})),
            Expect::NotEvaluated("denied"),
        );
        let memcached = cache_cluster(|c| c.engine = "memcached".into());
        check(row, "Memcached", memcached, Expect::NotApplicable);
    }

    #[test]
    fn engines() {
        let row = row("elasticache_cluster_valkey");
        check(row, "Redis OSS", cache_cluster(|_| {}), Expect::Found);
        let valkey = cache_cluster(|c| c.engine = "valkey".into());
        check(row, "Valkey", valkey, Expect::NotApplicable);
    }

    #[test]
    fn search_domains() {
        let volumes = row("opensearch_domain_gp2");
        check(volumes, "gp2", domain(|_| {}), Expect::Found);
        let gp3 = domain(|d| d.volume_type = Some("gp3".into()));
        check(volumes, "gp3", gp3, Expect::NotApplicable);
        let row = row("opensearch_domain_overprovisioned");
        let used = |cpu: f64, jvm: f64, rate: f64| {
            let metrics = ["CPUUtilization", "JVMMemoryPressure", "SearchRate", "IndexingRate"];
            with_metrics(domain(|_| {}), 14, metrics, |name, m| match name {
                "CPUUtilization" => m.p99_5 = cpu,
                "JVMMemoryPressure" => m.p99_5 = jvm,
                _ => m.maximum = rate,
            })
        };
        check(row, "too large", used(10.0, 30.0, 5.0), Expect::Found);
        check(row, "CPU on the threshold", used(40.0, 30.0, 5.0), Expect::Clear);
        check(row, "JVM on the threshold", used(10.0, 50.0, 5.0), Expect::Clear);
        check(row, "idle", used(1.0, 10.0, 0.0), Expect::Clear);
        check(row, "denied", without_metrics(domain(|_| {})), Expect::NotEvaluated("denied"));
    }

    #[test]
    fn warehouses() {
        let row = row("redshift_cluster_underused");
        let used = |cpu: f64, connections: f64| {
            let metrics = ["CPUUtilization", "DatabaseConnections"];
            with_metrics(redshift_cluster(|_| {}), 14, metrics, |name, m| {
                m.p99_5 = cpu;
                m.maximum = if name == "CPUUtilization" { cpu } else { connections };
            })
        };
        check(row, "hardly used", used(4.9, 3.0), Expect::Found);
        check(row, "on the threshold", used(5.0, 3.0), Expect::Clear);
        check(row, "idle", used(1.0, 0.0), Expect::Clear);
        check(
            row,
            "denied",
            without_metrics(redshift_cluster(|_| {})),
            Expect::NotEvaluated("denied"),
        );
        let paused = redshift_cluster(|c| c.status = "paused".into());
        check(row, "paused", paused, Expect::NotApplicable);
    }
}
