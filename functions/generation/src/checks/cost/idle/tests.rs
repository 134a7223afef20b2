//! Each row, used and idle.

use miyabi_types::resource::Resource;

use super::*;
use crate::fixture::{
    Expect, check, days_ago, edit_metric,
    services::{
        cache_cluster, classic_load_balancer, domain, file_system, load_balancer, nat_gateway,
        redshift_cluster, service, stage, table, vpc_endpoint,
    },
    with_metric_names, without_metrics,
};

/// One of the kind that a row is about, to which it applies.
fn example(row: &Check) -> Resource {
    match row.id {
        "apigateway_stage_cache_idle" => stage(|_| {}),
        "dynamodb_table_idle" => table(|_| {}),
        "ec2_nat_gateway_idle" => nat_gateway(|_| {}),
        "ec2_vpc_endpoint_idle" => vpc_endpoint(|_| {}),
        "ecs_service_idle" => service(|_| {}),
        "efs_file_system_idle" => file_system(|_| {}),
        "elasticache_cluster_idle" => cache_cluster(|_| {}),
        "elb_classic_load_balancer_idle" => classic_load_balancer(|_| {}),
        "elb_load_balancer_idle" => load_balancer(|_| {}),
        "elb_network_load_balancer_idle" => {
            load_balancer(|b| b.load_balancer_type = "network".into())
        }
        "opensearch_domain_idle" => domain(|_| {}),
        "redshift_cluster_idle" => redshift_cluster(|_| {}),
        other => panic!("no example of {other}"),
    }
}

fn idle(row: &Check) -> &Idle {
    let Judge::Idle(idle) = &row.judge else { panic!("{} is not judged by metrics", row.id) };
    idle
}

/// With every metric of the row reported at zero.
fn quiet(row: &Check) -> Resource {
    let names = idle(row).signals.iter().flat_map(|signal| signal.metrics).copied();
    with_metric_names(example(row), 14, names)
}

#[test]
fn what_does_nothing_is_found() {
    for row in &CHECKS {
        check(row, "quiet", quiet(row), Expect::Found);
        check(row, "denied", without_metrics(example(row)), Expect::NotEvaluated("denied"));
    }
}

#[test]
fn a_signal_on_its_threshold_is_use() {
    for row in &CHECKS {
        for signal in idle(row).signals.iter().filter(|signal| signal.below.default < f64::MAX) {
            let mut used = quiet(row);
            edit_metric(&mut used, signal.metrics[0], |stats| {
                let limit = signal.below.default * signal.scale;
                stats.maximum = limit;
                stats.average = limit;
                stats.p99_5 = limit;
                stats.sum = limit * 14.0;
            });
            check(row, signal.what, used, Expect::Clear);
        }
    }
}

#[test]
fn silence_is_evidence_only_beside_something_that_is_always_reported() {
    for row in &CHECKS {
        let steady: Vec<_> = idle(row).signals.iter().filter(|signal| signal.steady).collect();
        for signal in &steady {
            let mut gaps = quiet(row);
            edit_metric(&mut gaps, signal.metrics[0], |stats| stats.datapoints /= 2);
            check(row, "gaps", gaps, Expect::NotEvaluated("of its datapoints"));
        }
        let names = steady.iter().flat_map(|signal| signal.metrics).copied();
        let silent = with_metric_names(example(row), 14, names);
        let expect = if steady.is_empty() {
            Expect::NotEvaluated("under load alone")
        } else {
            Expect::Found
        };
        check(row, "sparse metrics are silent", silent, expect);
    }
}

#[test]
fn what_is_younger_than_the_look_back_is_not_judged() {
    for row in &CHECKS {
        let mut young = quiet(row);
        young.created_at = Some(days_ago(idle(row).days.default as i64 - 1));
        // Datapoints all through the look-back prove the age; an instance tells only its last start.
        let steady = idle(row).signals.iter().any(|signal| signal.steady);
        let expect = if steady { Expect::Found } else { Expect::NotEvaluated("days old") };
        check(row, "young", young, expect);
    }
}

#[test]
fn what_a_service_looks_after_is_not_deleted() {
    let row = CHECKS.iter().find(|row| row.id == "ec2_vpc_endpoint_idle").unwrap();
    let mut managed = quiet(row);
    if let ResourceConfig::Ec2VpcEndpoint(endpoint) = &mut managed.config {
        endpoint.requester_managed = true;
    }
    let crate::check::Verdict::Finding(found) = crate::fixture::evaluate(row, managed) else {
        panic!("idle")
    };
    assert_eq!(found.remedy, None);
}
