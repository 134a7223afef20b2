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
    finding::Severity,
    plan::Confidence,
    resource::{Resource, ResourceConfig, ResourceKind},
};

use crate::{
    check::{COST, Check, Context, Judge, Limit, Reference, Remedy, Verdict},
    idle::{Idle, whole_cost},
    metrics::{Figure, Signal, TWO_WEEKS, quiet},
};

/// Peak CPU of an idle instance.
pub const CPU: Limit = Limit {
    name: "idle_cpu_percent",
    what: "peak CPU, from which an instance is used",
    unit: "%",
    default: 5.0,
    range: (1.0, 30.0),
    source: "AWS Compute Optimizer User Guide, Viewing idle resource recommendations",
};
/// Traffic of an idle instance.
pub const NETWORK: Limit = Limit {
    name: "idle_network_mb",
    what: "traffic in and out a day, from which an instance is used",
    unit: "MB",
    default: 5.0,
    range: (0.1, 1000.0),
    source: "AWS Compute Optimizer User Guide, Viewing idle resource recommendations",
};

const SIGNALS: [Signal; 2] = [
    Signal {
        what: "CPU",
        metrics: &["CPUUtilization"],
        figure: Figure::Maximum,
        below: &CPU,
        scale: 1.0,
        steady: true,
    },
    Signal {
        what: "traffic",
        metrics: &["NetworkIn", "NetworkOut"],
        figure: Figure::PerDay,
        below: &NETWORK,
        scale: 1e6,
        steady: true,
    },
];

/// See the module.
pub const CHECK: Check = Check {
    id: "ec2_instance_idle",
    title: "EC2 instance is idle",
    severity: Severity::Medium,
    kinds: &[ResourceKind::Ec2Instance],
    limits: &[CPU, NETWORK, TWO_WEEKS],
    saving: "instance price × 730 h (its volumes and addresses go on)",
    commitments: true,
    operation: Some(Operation::StopInstance),
    advice: "Lower the size of the Auto Scaling group, or end the Spot request, where it belongs to one.",
    references: &[Reference {
        source: "AWS Compute Optimizer User Guide, Viewing idle resource recommendations",
        read: "2026-11",
    }],
    judge: Judge::Idle(Idle {
        applies: |config| matches!(config, ResourceConfig::Ec2Instance(instance) if instance.state == "running"),
        signals: &SIGNALS,
        saving: whole_cost,
        remedy: stop,
        ..Idle::ANY
    }),
    ..COST
};

/// Whether `resource` is idle, with the evidence; or why it is not, or why that cannot be told.
pub fn idle(resource: &Resource, context: &Context<'_>) -> Result<String, Verdict> {
    quiet(resource, context, &TWO_WEEKS, &SIGNALS)
}

fn stop(resource: &Resource, _: &Context<'_>) -> Option<Remedy> {
    let ResourceConfig::Ec2Instance(instance) = &resource.config else { return None };
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
    use miyabi_types::resource::ec2::Instance;

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
