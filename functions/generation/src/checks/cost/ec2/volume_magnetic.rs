//! # What
//! A magnetic (`standard`) volume, a previous generation.
//! # Why
//! It bills every million I/Os and gives about 100 IOPS; gp3 bills none and gives 3,000.
//! # Evidence
//! `ec2:DescribeVolumes`. I/Os are not read, so whether gp3 costs less is not known.
//! # Silent when
//! The volume is of another type.
//! # Remedy and risk
//! None proposed: for a volume that is hardly read, magnetic storage costs less per GiB.
//! # References
//! EBS User Guide, Previous generation volumes.

use miyabi_types::{
    finding::Saving,
    resource::{Resource, ResourceConfig, ResourceKind},
};

use crate::check::{COST, Check, Context, Found, Judge, Reference, Verdict};

/// See the module.
pub const CHECK: Check = Check {
    id: "ebs_volume_magnetic",
    title: "Magnetic volume of a previous generation",
    kinds: &[ResourceKind::Ec2Volume],
    saving: "unknown: depends on I/Os, which are not read",
    advice: "Snapshot it and make a gp3 volume of the snapshot; a magnetic volume cannot be modified.",
    references: &[Reference {
        source: "Amazon EBS User Guide, Previous generation volumes",
        read: "2026-11",
    }],
    judge: Judge::Logic(judge),
    ..COST
};

fn judge(resource: &Resource, _: &Context<'_>) -> Verdict {
    match &resource.config {
        ResourceConfig::Ec2Volume(volume) if volume.volume_type == "standard" => Found::waste(
            format!("{} GiB of magnetic storage; gp3 bills no I/O and is faster", volume.size_gib),
            Saving::Unknown,
            None,
        ),
        ResourceConfig::Ec2Volume(_) => Verdict::Clear,
        _ => Verdict::NotApplicable,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{Expect, check, volume};

    #[test]
    fn judges() {
        let standard = volume(|v| v.volume_type = "standard".into());
        check(&CHECK, "magnetic", standard, Expect::SavesUnknown);
        check(&CHECK, "gp2", volume(|_| {}), Expect::Clear);
    }
}
