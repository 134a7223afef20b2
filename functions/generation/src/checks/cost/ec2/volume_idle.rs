//! # What
//! An attached volume that is neither read nor written.
//! # Why
//! It is billed all the same; a snapshot keeps its data for less.
//! # Evidence
//! `VolumeReadOps` and `VolumeWriteOps` (sums) over at least 14 days with at least 90 % of the datapoints each.
//! # Silent when
//! There was an operation a day on average, or it is a root volume, or its instance is stopped
//! (`ebs_volume_on_stopped_instance` says so: volumes of stopped instances report nothing).
//! # Remedy and risk
//! None proposed: detaching a volume that is mounted may hurt its instance. Unmount it there, detach it, and the
//! next cycle proposes to snapshot and delete it.
//! # References
//! Trusted Advisor, Underutilized Amazon EBS Volumes; Compute Optimizer, idle EBS volumes.

use miyabi_types::{
    finding::Saving,
    money::MonthlyUsd,
    resource::{Resource, ResourceConfig, ResourceKind},
};

use crate::{
    check::{COST, Check, Context, Found, Judge, Limit, Reference, Verdict},
    metrics::{Figure, Signal, TWO_WEEKS, quiet},
};

const OPERATIONS: Limit = Limit {
    name: "volume_operations",
    what: "reads and writes a day, from which a volume is used",
    unit: "operations",
    default: 1.0,
    range: (1.0, 500.0),
    source: "AWS Trusted Advisor, Underutilized Amazon EBS Volumes (below 1 IOPS a day)",
};

/// See the module.
pub const CHECK: Check = Check {
    id: "ebs_volume_idle",
    title: "Attached volume is neither read nor written",
    kinds: &[ResourceKind::Ec2Volume],
    limits: &[OPERATIONS, TWO_WEEKS],
    saving: "volume price − GiB × snapshot price, if it is kept as a snapshot",
    advice: "Unmount and detach it; once nothing misses it, snapshot and delete it.",
    references: &[Reference {
        source: "AWS Trusted Advisor, Underutilized Amazon EBS Volumes",
        read: "2026-11",
    }],
    judge: Judge::Logic(judge),
    ..COST
};

fn judge(resource: &Resource, context: &Context<'_>) -> Verdict {
    let ResourceConfig::Ec2Volume(volume) = &resource.config else {
        return Verdict::NotApplicable;
    };
    if volume.attached_to.is_empty() {
        return Verdict::NotApplicable;
    }
    let mut instances = volume.attached_to.iter().map(|attachment| {
        let found = context.find(ResourceKind::Ec2Instance, &attachment.instance_id, resource)?;
        let ResourceConfig::Ec2Instance(instance) = &found.config else { return None };
        let root = instance.root_device_name.as_deref() == Some(&attachment.device);
        Some(instance.state == "running" && !root)
    });
    if !instances.all(|running| running.unwrap_or(true)) {
        return Verdict::NotApplicable;
    }
    let operations = Signal {
        what: "reads and writes",
        metrics: &["VolumeReadOps", "VolumeWriteOps"],
        figure: Figure::PerDay,
        below: &OPERATIONS,
        scale: 1.0,
        steady: true,
    };
    match quiet(resource, context, &TWO_WEEKS, &[operations]) {
        Err(verdict) => verdict,
        Ok(evidence) => {
            Found::waste(evidence, as_a_snapshot(resource, volume.size_gib, context), None)
        }
    }
}

/// What is saved by keeping a volume as a snapshot, at most as dear as a full one.
pub fn as_a_snapshot(resource: &Resource, size_gib: u32, context: &Context<'_>) -> Saving {
    let snapshot = context.snapshot_cost(resource, size_gib);
    match (context.cost(resource), snapshot.known()) {
        (Some(cost), Some(snapshot)) if cost - *snapshot > MonthlyUsd::ZERO => {
            Saving::Estimated(cost - *snapshot)
        }
        _ => Saving::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        checks::cost::ec2::volumes::tests::busy,
        fixture::{Expect, check, check_in, instance, volume, without_metrics, world},
    };

    #[test]
    fn judges() {
        let data = || volume(|v| v.attached_to[0].device = "/dev/sdf".into());
        check(&CHECK, "idle", busy(data(), 0.0, 0.0), Expect::saves("$5.00"));
        check(&CHECK, "busy", busy(data(), 10.0, 0.0), Expect::Clear);
        check(&CHECK, "denied", without_metrics(data()), Expect::NotEvaluated("denied"));
        let loose = busy(volume(|v| v.attached_to.clear()), 0.0, 0.0);
        check(&CHECK, "attached to nothing", loose, Expect::NotApplicable);
        let root = busy(volume(|_| {}), 0.0, 0.0);
        let both = world([root.clone(), instance(|_| {})]);
        check_in(&CHECK, "root volume", both, &root, Expect::NotApplicable);
        let stopped = instance(|i| i.state = "stopped".into());
        let idle = busy(data(), 0.0, 0.0);
        check_in(&CHECK, "stopped", world([idle.clone(), stopped]), &idle, Expect::NotApplicable);
    }
}
