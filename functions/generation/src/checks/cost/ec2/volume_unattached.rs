//! # What
//! An EBS volume that is attached to no instance.
//! # Why
//! Provisioned storage is billed whether or not anything can reach it.
//! # Evidence
//! `ec2:DescribeVolumes`: state `available`, no attachment.
//! # Silent when
//! The volume is attached, or on its way to or from being so.
//! # Remedy and risk
//! Snapshot it, then delete it. The data comes back from the snapshot as a volume with a new id. The saving
//! is what the volume costs less a full snapshot, which is the most that a snapshot can cost; where that
//! leaves nothing (cold and magnetic volumes) the saving is not known.
//! # References
//! Trusted Advisor `DAvU99Dc4C`; Compute Optimizer, idle EBS volumes.

use miyabi_types::{
    action::{Operation, TargetState},
    finding::{Saving, Severity},
    plan::Confidence,
    resource::{Resource, ResourceConfig, ResourceKind, ec2::Volume},
};

use super::volume_idle::as_a_snapshot;
use crate::check::{COST, Check, Context, Found, Judge, Reference, Remedy, Verdict};

/// See the module.
pub const CHECK: Check = Check {
    id: "ebs_volume_unattached",
    title: "EBS volume is attached to nothing",
    severity: Severity::Medium,
    kinds: &[ResourceKind::Ec2Volume],
    saving: "volume price − GiB × snapshot price",
    operation: Some(Operation::DeleteVolume),
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
    if volume.state != "available" || !volume.attached_to.is_empty() {
        return Verdict::Clear;
    }
    let saving = as_a_snapshot(resource, volume.size_gib, context);
    let expected = TargetState::present([
        ("state", volume.state.clone().into()),
        ("volume_type", volume.volume_type.clone().into()),
        ("size_gib", volume.size_gib.into()),
        ("encrypted", volume.encrypted.into()),
        ("availability_zone", volume.availability_zone.clone().into()),
    ]);
    let remedy = Remedy::new(Operation::DeleteVolume, resource, expected, TargetState::Absent)
        .explained(
            format!("Snapshot and delete this unattached {} volume", describe(volume)),
            "Something may attach it by its id; restored from the snapshot it has a new one.",
        )
        .confidence(if saving == Saving::Unknown { Confidence::Low } else { Confidence::High });
    Found::waste(format!("{}, attached to nothing", describe(volume)), saving, Some(remedy))
}

fn describe(volume: &Volume) -> String {
    format!("{} GiB {}", volume.size_gib, volume.volume_type)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{Expect, check, in_region, volume};

    fn unattached(edit: impl FnOnce(&mut Volume)) -> Resource {
        volume(|v| {
            v.state = "available".into();
            v.attached_to.clear();
            edit(v);
        })
    }

    #[test]
    fn judges() {
        // 100 GiB of gp2 at $0.10 less a full snapshot at $0.05.
        check(&CHECK, "unattached", unattached(|_| {}), Expect::saves("$5.00"));
        check(&CHECK, "attached", volume(|_| {}), Expect::Clear);
        check(&CHECK, "on its way", unattached(|v| v.state = "creating".into()), Expect::Clear);
    }

    #[test]
    fn a_saving_that_a_snapshot_may_eat_up_is_unknown() {
        check(
            &CHECK,
            "as dear as its snapshot",
            unattached(|v| v.volume_type = "standard".into()),
            Expect::SavesUnknown,
        );
        check(&CHECK, "no price", in_region(unattached(|_| {}), "sa-east-1"), Expect::SavesUnknown);
    }
}
