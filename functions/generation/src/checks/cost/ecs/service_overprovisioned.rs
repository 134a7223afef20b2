//! # What
//! A Fargate service whose tasks use little of the vCPUs and the memory they pay for.
//! # Why
//! Fargate bills what a task asks for, not what it uses.
//! # Evidence
//! `CPUUtilization` and `MemoryUtilization` (99.5th percentile) over at least 14 days with at least 90 % of
//! the datapoints, and the size in the task definition.
//! # Silent when
//! Either reached 40 %, the service is idle (`ecs_service_idle` says so), or tasks are of the smallest size.
//! # Remedy and risk
//! None proposed: a new revision of the task definition with half of both, rolled out as any release is.
//! # References
//! Compute Optimizer, Amazon ECS services on Fargate; Turbot AWS Thrifty, ECS.

use miyabi_types::resource::{Resource, ResourceConfig, ResourceKind};

use super::{definition, half, on_fargate, tasks_cost};
use crate::{
    check::{COST, Check, Context, Found, Judge, Limit, Reference, Verdict},
    metrics::{TWO_WEEKS, conclusive},
};

const MAX_USE: Limit = Limit {
    name: "overprovisioned_task_percent",
    what: "99.5th percentile of CPU and of memory, from which a task's size is right",
    unit: "%",
    default: 40.0,
    range: (5.0, 50.0),
    source: "Flexera policy templates, AWS Rightsize (40 %): half of the size still has 20 % headroom",
};
/// CPU units of the smallest task. Source: Amazon ECS Developer Guide, task size.
const SMALLEST_CPU_UNITS: u32 = 256;

/// See the module.
pub const CHECK: Check = Check {
    id: "ecs_service_overprovisioned",
    title: "Fargate tasks are larger than their use asks for",
    kinds: &[ResourceKind::EcsService],
    limits: &[MAX_USE, TWO_WEEKS],
    saving: "half of (vCPU × vCPU price + GiB × memory price) × tasks × 730 h",
    commitments: true,
    advice: "Release a revision of the task definition with half the vCPUs and half the memory.",
    references: &[Reference {
        source: "AWS Compute Optimizer User Guide, Amazon ECS services on Fargate",
        read: "2026-11",
    }],
    judge: Judge::Logic(judge),
    ..COST
};

fn judge(resource: &Resource, context: &Context<'_>) -> Verdict {
    let ResourceConfig::EcsService(service) = &resource.config else {
        return Verdict::NotApplicable;
    };
    if !on_fargate(resource) || service.running_count == 0 {
        return Verdict::NotApplicable;
    }
    let Some(size) = definition(resource, context)
        .and_then(|definition| definition.cpu.as_deref()?.parse::<u32>().ok())
    else {
        return Verdict::NotEvaluated(context.why_unknown("ecs:DescribeTaskDefinition", resource));
    };
    if size <= SMALLEST_CPU_UNITS {
        return Verdict::Clear;
    }
    let metrics = ["CPUUtilization", "MemoryUtilization"];
    let (_, [cpu, memory]) = match conclusive(resource, context.limit(&TWO_WEEKS), metrics) {
        Ok(found) => found,
        Err(why) => return Verdict::NotEvaluated(why),
    };
    let most = context.limit(&MAX_USE);
    let idle = cpu.maximum < 1.0 && memory.maximum < 1.0;
    if cpu.p99_5 >= most || memory.p99_5 >= most || idle {
        return Verdict::Clear;
    }
    Found::waste(
        format!(
            "99.5 % of the time CPU is below {:.1} % and memory below {:.1} % of tasks of {size} CPU units",
            cpu.p99_5, memory.p99_5
        ),
        half(tasks_cost(resource, context)),
        None,
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{
        Expect, check_in,
        services::{service, task_definition},
        with_metrics, without_metrics, world,
    };

    fn judged(cpu: f64, memory: f64, size: &str, expect: Expect) {
        let used = with_metrics(
            service(|_| {}),
            14,
            ["CPUUtilization", "MemoryUtilization"],
            |name, m| {
                m.p99_5 = if name == "CPUUtilization" { cpu } else { memory };
                m.maximum = m.p99_5;
            },
        );
        let definition = task_definition(|definition| definition.cpu = Some(size.into()));
        check_in(
            &CHECK,
            &format!("{cpu} {memory}"),
            world([used.clone(), definition]),
            &used,
            expect,
        );
    }

    #[test]
    fn judges() {
        judged(12.0, 20.0, "1024", Expect::Found);
        judged(40.0, 20.0, "1024", Expect::Clear);
        judged(12.0, 40.0, "1024", Expect::Clear);
        judged(0.5, 0.5, "1024", Expect::Clear);
        judged(12.0, 20.0, "256", Expect::Clear);
        let blind = without_metrics(service(|_| {}));
        let both = world([blind.clone(), task_definition(|_| {})]);
        check_in(&CHECK, "denied", both, &blind, Expect::NotEvaluated("denied"));
        let alone = world([blind.clone()]);
        check_in(&CHECK, "no definition", alone, &blind, Expect::NotEvaluated("did not say"));
    }
}
