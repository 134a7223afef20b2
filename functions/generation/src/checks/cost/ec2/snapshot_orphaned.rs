//! # What
//! A snapshot older than 30 days whose volume is gone and which no image uses.
//! # Why
//! It is often left over; each stored GiB is billed.
//! # Evidence
//! `ec2:DescribeSnapshots`, `ec2:DescribeVolumes`, `ec2:DescribeImages`.
//! # Silent when
//! The volume exists, an image uses it, it is at most 30 days old, it is archived, or it is a copy (copies
//! name no real volume).
//! # Remedy and risk
//! None proposed: it may be the only backup there is. The saving is a bound: AWS does not say how much of a
//! snapshot is stored, so it is that of a full one.
//! # References
//! Turbot AWS Thrifty; Cloud Custodian, unused snapshots.

use miyabi_types::{
    evidence::Unavailable,
    finding::Saving,
    resource::{Resource, ResourceConfig, ResourceKind, ec2::Snapshot},
};

use crate::check::{COST, Check, Context, Found, Judge, Limit, Reference, Verdict};

const MIN_AGE: Limit = Limit {
    name: "orphaned_snapshot_days",
    what: "age of a snapshot of a volume that is gone, after which it is left over",
    unit: "days",
    default: 30.0,
    range: (0.0, 730.0),
    source: "our choice, as Turbot AWS Thrifty has it for RDS snapshots (30 days)",
};

/// What AWS names as the volume of a copied snapshot.
const VOLUME_OF_COPIES: &str = "vol-ffffffff";

/// See the module.
pub const CHECK: Check = Check {
    id: "ebs_snapshot_orphaned",
    title: "Snapshot of a volume that is gone",
    kinds: &[ResourceKind::Ec2Snapshot],
    limits: &[MIN_AGE],
    saving: "at most GiB × snapshot price",
    advice: "If no rule keeps it, delete it with a Recycle Bin retention rule in place, or archive it.",
    references: &[Reference {
        source: "aws-cost-scanner, EBS-004 (orphaned snapshots)",
        read: "2026-11",
    }],
    judge: Judge::Logic(judge),
    ..COST
};

/// Whether `snapshot` names a volume that is gone; an error where volumes could not be listed.
pub(super) fn is_orphan(
    resource: &Resource,
    snapshot: &Snapshot,
    context: &Context<'_>,
) -> Result<bool, Unavailable> {
    let Some(volume) = snapshot.volume_id.as_deref().filter(|id| *id != VOLUME_OF_COPIES) else {
        return Ok(false);
    };
    if context.find(ResourceKind::Ec2Volume, volume, resource).is_some() {
        return Ok(false);
    }
    context.unseen(ResourceKind::Ec2Volume, resource).map_or(Ok(true), |why| Err(why.clone()))
}

/// The most that deleting the snapshot saves.
pub(super) fn bound(resource: &Resource, snapshot: &Snapshot, context: &Context<'_>) -> Saving {
    context
        .snapshot_cost(resource, snapshot.volume_size_gib)
        .known()
        .map_or(Saving::Unknown, |cost| Saving::Estimated(*cost))
}

/// The age in days of a snapshot that nothing keeps: in the standard tier and used by no image. An error
/// where images could not be listed.
pub(super) fn age_if_loose(
    resource: &Resource,
    snapshot: &Snapshot,
    context: &Context<'_>,
) -> Result<Option<i64>, Unavailable> {
    let loose = snapshot.image_ids.is_empty() && snapshot.storage_tier != "archive";
    let age = resource.created_at.filter(|_| loose).map(|at| context.days_since(at));
    match (age, context.unseen(ResourceKind::Ec2Image, resource)) {
        (Some(_), Some(why)) => Err(why.clone()),
        (age, _) => Ok(age),
    }
}

fn judge(resource: &Resource, context: &Context<'_>) -> Verdict {
    let ResourceConfig::Ec2Snapshot(snapshot) = &resource.config else {
        return Verdict::NotApplicable;
    };
    let age = match age_if_loose(resource, snapshot, context) {
        Ok(age) => age,
        Err(why) => return Verdict::NotEvaluated(why),
    };
    let Some(age) = age.filter(|age| *age as f64 > context.limit(&MIN_AGE)) else {
        return Verdict::Clear;
    };
    match is_orphan(resource, snapshot, context) {
        Err(why) => Verdict::NotEvaluated(why),
        Ok(false) => Verdict::Clear,
        Ok(true) => Found::waste(
            format!("{} GiB, {age} days old, its volume is gone", snapshot.volume_size_gib),
            bound(resource, snapshot, context),
            None,
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{Expect, check, check_in, deny, snapshot, volume, world};

    #[test]
    fn judges() {
        check(&CHECK, "orphan", snapshot(31, |_| {}), Expect::saves("$5.00"));
        check(&CHECK, "on the threshold", snapshot(30, |_| {}), Expect::Clear);
        let imaged = snapshot(31, |s| s.image_ids = vec!["ami-1".into()]);
        check(&CHECK, "of an image", imaged, Expect::Clear);
        let copy = snapshot(31, |s| s.volume_id = Some(VOLUME_OF_COPIES.into()));
        check(&CHECK, "copy", copy, Expect::Clear);
        let kept = snapshot(31, |_| {});
        let both = world([kept.clone(), volume(|_| {})]);
        check_in(&CHECK, "volume exists", both, &kept, Expect::Clear);
    }

    #[test]
    fn volumes_that_could_not_be_listed_are_not_gone() {
        let snapshot = snapshot(31, |_| {});
        let mut world = world([snapshot.clone()]);
        deny(&mut world, "ec2:DescribeVolumes", &[ResourceKind::Ec2Volume]);
        check_in(&CHECK, "denied", world, &snapshot, Expect::NotEvaluated("denied"));
    }

    #[test]
    fn images_that_could_not_be_listed_may_use_it() {
        let snapshot = snapshot(31, |_| {});
        let mut world = world([snapshot.clone()]);
        deny(&mut world, "ec2:DescribeImages", &[ResourceKind::Ec2Image]);
        check_in(&CHECK, "denied", world, &snapshot, Expect::NotEvaluated("denied"));
    }
}
