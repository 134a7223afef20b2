//! # What
//! A running instance that did next to nothing for two weeks.
//! # Why
//! A running instance costs the same idle or busy.
//! # Evidence
//! `CPUUtilization` (peak), `NetworkIn` and `NetworkOut` (sums) over at least 14 days with at least 90 % of
//! the datapoints each. Too few datapoints prove nothing: not evaluated.
//! # Silent when
//! CPU ever reached 5 %, or traffic averaged 5 MB a day or more.
//! # Remedy and risk
//! Stop it; starting it again undoes that. Whatever it serves rarely is gone meanwhile, and an instance
//! store is lost. Spot instances and members of an Auto Scaling group are shown only: stopping them ends
//! or replaces them.
//! # References
//! Compute Optimizer, Viewing idle resource recommendations.

use miyabi_types::{
    action::{Operation, TargetState},
    finding::{Saving, Severity},
    plan::Confidence,
    resource::{Resource, ResourceConfig, ResourceKind, ec2::Instance},
};

use crate::{
    check::{COST, Check, Context, Found, Judge, Reference, Remedy, Threshold, Verdict},
    metrics::conclusive,
};

/// Days of metrics that are needed. Source: Compute Optimizer's default look-back.
pub const WINDOW_DAYS: u32 = 14;
/// Peak CPU in percent below which an instance is idle. Source: Compute Optimizer.
const MAX_CPU_PERCENT: f64 = 5.0;
/// Bytes in and out a day below which an instance is idle. Source: Compute Optimizer.
const MAX_BYTES_PER_DAY: f64 = 5e6;

/// See the module.
pub const CHECK: Check = Check {
    id: "ec2_instance_idle",
    title: "EC2 instance is idle",
    severity: Severity::Medium,
    kinds: &[ResourceKind::Ec2Instance],
    thresholds: &[
        Threshold { what: "peak CPU", value: "below 5 %" },
        Threshold { what: "network in and out", value: "below 5 MB a day" },
        Threshold { what: "metrics", value: "at least 14 days, 90 % of datapoints" },
    ],
    saving: "instance price × 730 h (its volumes and addresses go on)",
    operation: Some(Operation::StopInstance),
    references: &[Reference {
        source: "AWS Compute Optimizer User Guide, Viewing idle resource recommendations",
        read: "2026-11",
    }],
    judge: Judge::Logic(judge),
    ..COST
};

/// Whether `resource` is idle, with the evidence; or why that cannot be told.
pub(super) fn idle(resource: &Resource) -> Result<Option<String>, Verdict> {
    let (utilization, [cpu, incoming, outgoing]) =
        conclusive(resource, WINDOW_DAYS, ["CPUUtilization", "NetworkIn", "NetworkOut"])
            .map_err(Verdict::NotEvaluated)?;
    let per_day = (incoming.sum + outgoing.sum) / f64::from(utilization.window_days);
    Ok((cpu.maximum < MAX_CPU_PERCENT && per_day < MAX_BYTES_PER_DAY).then(|| {
        format!(
            "CPU peaked at {:.1} % and traffic averaged {:.1} MB a day over {} days",
            cpu.maximum,
            per_day / 1e6,
            utilization.window_days
        )
    }))
}

fn judge(resource: &Resource, context: &Context<'_>) -> Verdict {
    let ResourceConfig::Ec2Instance(instance) = &resource.config else {
        return Verdict::NotApplicable;
    };
    if instance.state != "running" {
        return Verdict::NotApplicable;
    }
    match idle(resource) {
        Err(verdict) => verdict,
        Ok(None) => Verdict::Clear,
        Ok(Some(evidence)) => {
            let saving = context.cost(resource).map_or(Saving::Unknown, Saving::Exact);
            Found::waste(evidence, saving, stop(resource, instance))
        }
    }
}

fn stop(resource: &Resource, instance: &Instance) -> Option<Remedy> {
    let stays_stopped = instance.lifecycle == "on-demand" && instance.auto_scaling_group.is_none();
    stays_stopped.then(|| {
        Remedy::new(
            Operation::StopInstance,
            resource,
            TargetState::present([("state", "running".into())]),
            TargetState::present([("state", "stopped".into())]),
        )
        .explained(
            format!("Stop this idle {} instance", instance.instance_type),
            "What it serves now and then is gone until it is started again; its public address \
             changes unless it is an Elastic IP, and instance store data is lost.",
        )
        .confidence(Confidence::Medium)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{Expect, check, evaluate, instance, with_metrics, without_metrics};

    fn used(cpu_max: f64, megabytes_per_day: f64) -> Resource {
        let network = megabytes_per_day * 1e6 * 14.0 / 2.0;
        with_metrics(
            instance(|_| {}),
            14,
            ["CPUUtilization", "NetworkIn", "NetworkOut"],
            |name, stats| match name {
                "CPUUtilization" => stats.maximum = cpu_max,
                _ => stats.sum = network,
            },
        )
    }

    #[test]
    fn judges() {
        check(&CHECK, "idle", used(2.0, 1.0), Expect::saves("$70.08"));
        check(&CHECK, "busy", used(80.0, 900.0), Expect::Clear);
        check(&CHECK, "CPU on the threshold", used(5.0, 1.0), Expect::Clear);
        check(&CHECK, "network on the threshold", used(2.0, 5.0), Expect::Clear);
        let stopped = instance(|i| i.state = "stopped".into());
        check(&CHECK, "stopped", stopped, Expect::NotApplicable);
    }

    #[test]
    fn missing_metrics_are_never_idleness() {
        check(&CHECK, "denied", without_metrics(instance(|_| {})), Expect::NotEvaluated("denied"));
        let mut gaps = used(2.0, 1.0);
        crate::fixture::edit_metric(&mut gaps, "NetworkIn", |m| {
            m.datapoints = m.datapoints * 8 / 9;
        });
        check(&CHECK, "gaps", gaps, Expect::NotEvaluated("NetworkIn"));
        let mut short = used(2.0, 1.0);
        crate::fixture::edit_window(&mut short, 13);
        check(&CHECK, "too short", short, Expect::NotEvaluated("13 days"));
    }

    #[test]
    fn members_of_a_group_and_spot_instances_are_shown_only() {
        for edit in [
            (|i: &mut Instance| i.auto_scaling_group = Some("web".into())) as fn(&mut Instance),
            |i| i.lifecycle = "spot".into(),
        ] {
            let mut resource = used(2.0, 1.0);
            if let ResourceConfig::Ec2Instance(instance) = &mut resource.config {
                edit(instance);
            }
            let Verdict::Finding(found) = evaluate(&CHECK, resource) else { panic!("idle") };
            assert_eq!(found.remedy, None);
        }
    }
}
