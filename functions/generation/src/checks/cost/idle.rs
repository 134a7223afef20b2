//! What is paid for by the hour and used by nobody, as its metrics tell: one row a kind.
//!
//! A row names the metrics that show use, the figures from which they do, and which of them `CloudWatch`
//! reports at any time, so that silence can be told from blindness. Where all of them are sparse, no
//! datapoint at all proves nothing.

use miyabi_types::{
    action::Operation,
    finding::Severity,
    resource::{ResourceConfig, ResourceKind},
};

use super::remedies::{delete_endpoint, delete_nat_gateway, pause_cluster, stop_service};
use crate::{
    check::{COST, Check, Judge, Limit, Reference},
    idle::Idle,
    metrics::{Figure, ONE_WEEK, Signal, TWO_WEEKS},
};

const NONE: Limit = Limit {
    name: "no_use",
    what: "use, from which it counts",
    unit: "",
    default: 1.0,
    range: (1.0, 1000.0),
    source: "AWS Compute Optimizer and Trusted Advisor: idle means none at all",
};
const REQUESTS: Limit = Limit {
    name: "load_balancer_requests",
    what: "requests a day, from which a load balancer is used",
    unit: "requests",
    default: 100.0,
    range: (1.0, 100_000.0),
    source: "AWS Trusted Advisor, Idle Load Balancers (hjLMh88uM8)",
};
const IDLE_TASK_PERCENT: Limit = Limit {
    name: "idle_task_percent",
    what: "peak CPU and memory, from which a service is used",
    unit: "%",
    default: 1.0,
    range: (0.1, 10.0),
    source: "AWS Compute Optimizer User Guide, Viewing idle resource recommendations (ECS on Fargate)",
};
const IDLE_CACHE_LOOKUPS: Limit = Limit {
    name: "cache_lookups",
    what: "lookups a day, from which a cache is used",
    unit: "lookups",
    default: 1.0,
    range: (1.0, 100_000.0),
    source: "our choice: CloudBurn takes a hit rate below 5 %, aws-cost-scanner two weeks without connections",
};

/// A signal without a unit of its own.
const fn signal(
    what: &'static str,
    metrics: &'static [&'static str],
    figure: Figure,
    below: &'static Limit,
) -> Signal {
    Signal { what, metrics, figure, below, scale: 1.0, steady: true }
}

const fn sparse(signal: Signal) -> Signal {
    Signal { steady: false, ..signal }
}

/// Reported at any time; says nothing about use by itself.
const ANY: Limit = Limit {
    name: "any_figure",
    what: "shows that the resource was seen",
    unit: "",
    default: f64::MAX,
    range: (f64::MAX, f64::MAX),
    source: "not compared",
};

const OPTIMIZER: Reference = Reference {
    source: "AWS Compute Optimizer User Guide, Viewing idle resource recommendations",
    read: "2026-11",
};
const ELB_METRICS: Reference = Reference {
    source: "Elastic Load Balancing User Guides, CloudWatch metrics (reporting criteria)",
    read: "2026-11",
};
const ADVISOR_ELB: Reference =
    Reference { source: "AWS Trusted Advisor, Idle Load Balancers", read: "2026-11" };

const DELETE_BALANCER: &str = "Export its listeners, rules and attributes, take its name out of DNS, delete it. \
                               A new one has another DNS name.";

/// The rows.
pub const CHECKS: [Check; 12] = [
    Check {
        id: "apigateway_stage_cache_idle",
        title: "Cache of an API stage answers nothing",
        severity: Severity::Low,
        kinds: &[ResourceKind::ApiGatewayStage],
        limits: &[IDLE_CACHE_LOOKUPS, TWO_WEEKS],
        saving: "cache price × 730 h",
        advice: "Switch the stage's cache off; switching it on again takes some minutes and starts empty.",
        references: &[Reference {
            source: "Amazon API Gateway Developer Guide, Amazon API Gateway dimensions and metrics",
            read: "2026-11",
        }],
        judge: Judge::Idle(Idle {
            applies: |config| matches!(config, ResourceConfig::ApiGatewayStage(stage) if stage.cache_enabled),
            signals: &[sparse(signal(
                "lookups",
                &["CacheHitCount", "CacheMissCount"],
                Figure::PerDay,
                &IDLE_CACHE_LOOKUPS,
            ))],
            ..Idle::ANY
        }),
        ..COST
    },
    Check {
        id: "dynamodb_table_idle",
        title: "Provisioned table is not read or written",
        severity: Severity::Medium,
        kinds: &[ResourceKind::DynamoDbTable],
        limits: &[NONE, TWO_WEEKS],
        saving: "table price (capacity, and storage if it is deleted)",
        advice: "Back it up and delete it, or switch it to on-demand, which costs nothing but storage while idle.",
        references: &[OPTIMIZER, super::dynamodb::DYNAMODB],
        judge: Judge::Idle(Idle {
            applies: |config| {
                matches!(config, ResourceConfig::DynamoDbTable(table)
                    if table.status == "ACTIVE" && table.billing_mode == "PROVISIONED"
                        && table.replica_regions.is_empty())
            },
            signals: &[
                sparse(signal(
                    "capacity units consumed",
                    &["ConsumedReadCapacityUnits", "ConsumedWriteCapacityUnits"],
                    Figure::PerDay,
                    &NONE,
                )),
                signal(
                    "read capacity provisioned",
                    &["ProvisionedReadCapacityUnits"],
                    Figure::Average,
                    &ANY,
                ),
            ],
            ..Idle::ANY
        }),
        ..COST
    },
    Check {
        id: "ec2_nat_gateway_idle",
        title: "NAT gateway carries no traffic",
        severity: Severity::Medium,
        kinds: &[ResourceKind::Ec2NatGateway],
        limits: &[NONE, TWO_WEEKS],
        saving: "NAT gateway price × 730 h (its Elastic IP addresses are found apart once they are free)",
        operation: Some(Operation::DeleteNatGateway),
        references: &[OPTIMIZER],
        judge: Judge::Idle(Idle {
            applies: |config| matches!(config, ResourceConfig::Ec2NatGateway(gateway) if gateway.state == "available"),
            signals: &[
                signal("connections", &["ActiveConnectionCount"], Figure::Maximum, &NONE),
                sparse(signal(
                    "bytes",
                    &["BytesOutToDestination", "BytesInFromSource"],
                    Figure::PerDay,
                    &NONE,
                )),
            ],
            remedy: delete_nat_gateway,
            ..Idle::ANY
        }),
        ..COST
    },
    Check {
        id: "ec2_vpc_endpoint_idle",
        title: "Interface endpoint carries no traffic",
        kinds: &[ResourceKind::Ec2VpcEndpoint],
        limits: &[NONE, TWO_WEEKS],
        saving: "endpoint price × zones × 730 h",
        operation: Some(Operation::DeleteVpcEndpoint),
        references: &[Reference {
            source: "AWS PrivateLink Guide, CloudWatch metrics for AWS PrivateLink",
            read: "2026-11",
        }],
        judge: Judge::Idle(Idle {
            applies: |config| {
                matches!(config, ResourceConfig::Ec2VpcEndpoint(endpoint)
                    if endpoint.endpoint_type == "Interface" && endpoint.state == "available")
            },
            signals: &[
                sparse(signal("bytes", &["BytesProcessed"], Figure::PerDay, &NONE)),
                sparse(signal("connections", &["ActiveConnections"], Figure::Maximum, &NONE)),
            ],
            remedy: delete_endpoint,
            ..Idle::ANY
        }),
        ..COST
    },
    Check {
        id: "ecs_service_idle",
        title: "Fargate service does nothing",
        severity: Severity::Medium,
        kinds: &[ResourceKind::EcsService],
        limits: &[IDLE_TASK_PERCENT, TWO_WEEKS],
        saving: "(vCPU × vCPU price + GiB × memory price) × tasks × 730 h",
        commitments: true,
        operation: Some(Operation::SetDesiredCount),
        references: &[OPTIMIZER],
        judge: Judge::Idle(Idle {
            applies: |config| {
                matches!(config, ResourceConfig::EcsService(service)
                    if service.status == "ACTIVE" && service.running_count > 0)
            },
            signals: &[
                signal("CPU", &["CPUUtilization"], Figure::Maximum, &IDLE_TASK_PERCENT),
                signal("memory", &["MemoryUtilization"], Figure::Maximum, &IDLE_TASK_PERCENT),
            ],
            saving: super::ecs::tasks_cost,
            remedy: stop_service,
            ..Idle::ANY
        }),
        ..COST
    },
    Check {
        id: "efs_file_system_idle",
        title: "File system has no clients",
        kinds: &[ResourceKind::EfsFileSystem],
        limits: &[NONE, TWO_WEEKS],
        saving: "storage price, if it is deleted",
        advice: "Back it up with AWS Backup and delete it, or let its files move to Archive.",
        references: &[Reference {
            source: "Amazon EFS User Guide, CloudWatch metrics for Amazon EFS",
            read: "2026-11",
        }],
        judge: Judge::Idle(Idle {
            applies: |config| {
                matches!(config, ResourceConfig::EfsFileSystem(system)
                    if system.state == "available"
                        && system.subnet_ids.known().is_none_or(|subnets| !subnets.is_empty()))
            },
            signals: &[
                sparse(signal("clients", &["ClientConnections"], Figure::Maximum, &NONE)),
                sparse(signal("bytes", &["MeteredIOBytes"], Figure::PerDay, &NONE)),
                signal("bytes stored", &["StorageBytes"], Figure::Average, &ANY),
            ],
            ..Idle::ANY
        }),
        ..COST
    },
    Check {
        id: "elasticache_cluster_idle",
        title: "Cache is never asked for anything",
        severity: Severity::Medium,
        kinds: &[ResourceKind::ElastiCacheCluster],
        limits: &[IDLE_CACHE_LOOKUPS, TWO_WEEKS],
        saving: "node price × nodes × 730 h",
        commitments: true,
        advice: "Take a final backup (Redis OSS, Valkey) and delete the cluster or its replication group.",
        references: &[Reference {
            source: "Amazon ElastiCache User Guide, Metrics for Valkey and Redis OSS",
            read: "2026-11",
        }],
        judge: Judge::Idle(Idle {
            applies: |config| matches!(config, ResourceConfig::ElastiCacheCluster(cache) if cache.status == "available"),
            signals: &[
                signal(
                    "lookups",
                    &["CacheHits", "CacheMisses"],
                    Figure::PerDay,
                    &IDLE_CACHE_LOOKUPS,
                ),
                signal("connections", &["CurrConnections"], Figure::Average, &ANY),
            ],
            ..Idle::ANY
        }),
        ..COST
    },
    Check {
        id: "elb_classic_load_balancer_idle",
        title: "Classic load balancer has next to no requests",
        kinds: &[ResourceKind::ClassicLoadBalancer],
        limits: &[REQUESTS, TWO_WEEKS],
        saving: "load balancer price × 730 h",
        advice: DELETE_BALANCER,
        references: &[ADVISOR_ELB, ELB_METRICS],
        judge: Judge::Idle(Idle {
            applies: |config| {
                matches!(config, ResourceConfig::ClassicLoadBalancer(balancer)
                    if !balancer.instance_ids.is_empty()
                        && balancer.listeners.iter().all(|l| l.protocol.starts_with("HTTP")))
            },
            signals: &[
                sparse(signal("requests", &["RequestCount"], Figure::PerDay, &REQUESTS)),
                signal("healthy instances", &["HealthyHostCount"], Figure::Average, &ANY),
            ],
            ..Idle::ANY
        }),
        ..COST
    },
    Check {
        id: "elb_load_balancer_idle",
        title: "Application load balancer has next to no requests",
        kinds: &[ResourceKind::LoadBalancer],
        limits: &[REQUESTS, TWO_WEEKS],
        saving: "load balancer price × 730 h",
        advice: DELETE_BALANCER,
        references: &[ADVISOR_ELB, ELB_METRICS],
        judge: Judge::Idle(Idle {
            applies: |config| is_balancer(config, &["application"]),
            signals: &[
                sparse(signal("requests", &["RequestCount"], Figure::PerDay, &REQUESTS)),
                signal("capacity units", &["ConsumedLCUs"], Figure::Average, &ANY),
            ],
            ..Idle::ANY
        }),
        ..COST
    },
    Check {
        id: "elb_network_load_balancer_idle",
        title: "Network or gateway load balancer carries no connection",
        kinds: &[ResourceKind::LoadBalancer],
        limits: &[NONE, TWO_WEEKS],
        saving: "load balancer price × 730 h",
        advice: DELETE_BALANCER,
        references: &[ADVISOR_ELB, ELB_METRICS],
        judge: Judge::Idle(Idle {
            applies: |config| is_balancer(config, &["network", "gateway"]),
            signals: &[
                sparse(signal("new connections", &["NewFlowCount"], Figure::PerDay, &NONE)),
                sparse(signal("connections", &["ActiveFlowCount"], Figure::Maximum, &NONE)),
                signal("capacity units", &["ConsumedLCUs"], Figure::Average, &ANY),
            ],
            ..Idle::ANY
        }),
        ..COST
    },
    Check {
        id: "opensearch_domain_idle",
        title: "OpenSearch domain is neither searched nor written",
        severity: Severity::Medium,
        kinds: &[ResourceKind::OpenSearchDomain],
        limits: &[NONE, TWO_WEEKS],
        saving: "(node price × nodes + storage) × 730 h",
        commitments: true,
        advice: "Take a manual snapshot to S3 and delete the domain.",
        references: &[Reference {
            source: "Amazon OpenSearch Service Developer Guide, Monitoring cluster metrics",
            read: "2026-11",
        }],
        judge: Judge::Idle(Idle {
            signals: &[
                signal("searches", &["SearchRate"], Figure::Maximum, &NONE),
                signal("writes", &["IndexingRate"], Figure::Maximum, &NONE),
            ],
            ..Idle::ANY
        }),
        ..COST
    },
    Check {
        id: "redshift_cluster_idle",
        title: "Redshift cluster has no connections",
        severity: Severity::High,
        kinds: &[ResourceKind::RedshiftCluster],
        limits: &[NONE, ONE_WEEK],
        saving: "node price × nodes × 730 h (storage of a paused cluster goes on)",
        commitments: true,
        operation: Some(Operation::PauseCluster),
        references: &[Reference {
            source: "AWS Trusted Advisor, Underutilized Amazon Redshift Clusters (G31sQ1E9U)",
            read: "2026-11",
        }],
        judge: Judge::Idle(Idle {
            applies: |config| matches!(config, ResourceConfig::RedshiftCluster(cluster) if cluster.status == "available"),
            days: &ONE_WEEK,
            signals: &[signal("connections", &["DatabaseConnections"], Figure::Maximum, &NONE)],
            remedy: pause_cluster,
            ..Idle::ANY
        }),
        ..COST
    },
];

fn is_balancer(config: &ResourceConfig, kinds: &[&str]) -> bool {
    matches!(config, ResourceConfig::LoadBalancer(balancer)
        if balancer.state == "active" && kinds.contains(&balancer.load_balancer_type.as_str()))
}

#[cfg(test)]
mod tests;
