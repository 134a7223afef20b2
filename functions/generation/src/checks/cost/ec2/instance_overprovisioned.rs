//! # What
//! A running instance that uses less than 40 % of its CPU nearly all the time.
//! # Why
//! A smaller type would do.
//! # Evidence
//! `CPUUtilization` (99.5th percentile) over at least 14 days with at least 90 % of the datapoints. Memory is
//! not seen without the CloudWatch agent.
//! # Silent when
//! CPU reached 40 % for more than 0.5 % of the time, or the instance is idle (`ec2_instance_idle` says so).
//! # Remedy and risk
//! None proposed here: allocation chooses the type, with headroom, and proposes the change. So the saving
//! is not known here.
//! # References
//! Flexera policy templates, AWS Rightsize EC2 Instances; Compute Optimizer (P99.5, 20 % headroom).

use miyabi_types::{
    finding::Saving,
    resource::{Resource, ResourceConfig, ResourceKind},
};

use super::instance_idle::idle;
use crate::{
    check::{COST, Check, Context, Found, Judge, Limit, Reference, Verdict},
    metrics::{TWO_WEEKS, conclusive},
};

const MAX_CPU: Limit = Limit {
    name: "overprovisioned_cpu_percent",
    what: "99.5th percentile of CPU, from which an instance's size is right",
    unit: "%",
    default: 40.0,
    range: (5.0, 80.0),
    source: "Flexera policy templates, AWS Rightsize EC2 Instances",
};

/// See the module.
pub const CHECK: Check = Check {
    id: "ec2_instance_overprovisioned",
    title: "EC2 instance is larger than its CPU use asks for",
    kinds: &[ResourceKind::Ec2Instance],
    limits: &[MAX_CPU, TWO_WEEKS],
    saving: "unknown: depends on the type that allocation chooses",
    advice: "Allocation proposes the type; where it cannot, choose one with 20 % headroom over CPU and memory.",
    references: &[
        Reference {
            source: "Flexera policy templates, AWS Rightsize EC2 Instances",
            read: "2026-11",
        },
        Reference {
            source: "AWS Compute Optimizer User Guide, Rightsizing preferences",
            read: "2026-11",
        },
    ],
    judge: Judge::Logic(judge),
    ..COST
};

fn judge(resource: &Resource, context: &Context<'_>) -> Verdict {
    let ResourceConfig::Ec2Instance(instance) = &resource.config else {
        return Verdict::NotApplicable;
    };
    if instance.state != "running" {
        return Verdict::NotApplicable;
    }
    let cpu = match conclusive(resource, context.limit(&TWO_WEEKS), ["CPUUtilization"]) {
        Ok((_, [cpu])) => cpu.p99_5,
        Err(why) => return Verdict::NotEvaluated(why),
    };
    if cpu >= context.limit(&MAX_CPU) || idle(resource, context).is_ok() {
        return Verdict::Clear;
    }
    Found::waste(
        format!("CPU stayed below {cpu:.1} % for 99.5 % of the time on {}", instance.instance_type),
        Saving::Unknown,
        None,
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{Expect, check, instance, with_metrics, without_metrics};

    fn used(cpu_p99_5: f64) -> Resource {
        with_metrics(
            instance(|_| {}),
            14,
            ["CPUUtilization", "NetworkIn", "NetworkOut"],
            |name, stats| {
                if name == "CPUUtilization" {
                    stats.p99_5 = cpu_p99_5;
                    stats.maximum = cpu_p99_5;
                } else {
                    stats.sum = 1e12;
                }
            },
        )
    }

    #[test]
    fn judges() {
        check(&CHECK, "too large", used(12.0), Expect::SavesUnknown);
        check(&CHECK, "busy", used(85.0), Expect::Clear);
        check(&CHECK, "on the threshold", used(40.0), Expect::Clear);
        let denied = without_metrics(instance(|_| {}));
        check(&CHECK, "denied", denied, Expect::NotEvaluated("denied"));
    }

    #[test]
    fn leaves_idle_instances_to_their_own_check() {
        let mut idle = used(1.0);
        crate::fixture::edit_metric(&mut idle, "NetworkIn", |m| m.sum = 0.0);
        crate::fixture::edit_metric(&mut idle, "NetworkOut", |m| m.sum = 0.0);
        check(&CHECK, "idle", idle, Expect::Clear);
    }
}
