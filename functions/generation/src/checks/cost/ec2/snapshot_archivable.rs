//! # What
//! The only snapshot of its volume, older than 90 days, in the standard tier.
//! # Why
//! In the archive a GiB costs a quarter. A snapshot that is alone stores the same in both tiers, since the
//! archive keeps each snapshot whole; one of a chain may store more there.
//! # Evidence
//! `ec2:DescribeSnapshots`, `ec2:DescribeImages`.
//! # Silent when
//! It is younger, an image uses it, or another snapshot of its volume is there.
//! # Remedy and risk
//! None proposed: restoring from the archive takes up to 72 hours, and 90 days in it are the least that is paid.
//! # References
//! EBS User Guide, Archive Amazon EBS snapshots (pricing and billing).

use miyabi_types::{
    finding::Saving,
    pricing::ebs::{ARCHIVED_SNAPSHOT_GIB, SNAPSHOT_GIB},
    resource::{Resource, ResourceConfig, ResourceKind},
};

use super::snapshot_orphaned::age_if_loose;
use crate::check::{COST, Check, Context, Found, Judge, Limit, Reference, Verdict};

const MIN_AGE: Limit = Limit {
    name: "snapshot_archive_days",
    what: "age of a snapshot, after which it should be archived",
    unit: "days",
    default: 90.0,
    range: (1.0, 730.0),
    source: "Amazon EBS User Guide, Archive Amazon EBS snapshots (least archive period)",
};

/// See the module.
pub const CHECK: Check = Check {
    id: "ebs_snapshot_archivable",
    title: "Lone old snapshot is not archived",
    kinds: &[ResourceKind::Ec2Snapshot],
    limits: &[MIN_AGE],
    saving: "at most GiB × (snapshot price − archive price)",
    advice: "Move it to the archive tier, if a restore may take three days.",
    references: &[Reference {
        source: "Amazon EBS User Guide, Archive Amazon EBS snapshots",
        read: "2026-11",
    }],
    judge: Judge::Logic(judge),
    ..COST
};

fn judge(resource: &Resource, context: &Context<'_>) -> Verdict {
    let ResourceConfig::Ec2Snapshot(snapshot) = &resource.config else {
        return Verdict::NotApplicable;
    };
    let Some(volume) = snapshot.volume_id.as_deref() else { return Verdict::NotApplicable };
    let age = match age_if_loose(resource, snapshot, context) {
        Ok(age) => age,
        Err(why) => return Verdict::NotEvaluated(why),
    };
    let Some(age) = age.filter(|age| *age as f64 > context.limit(&MIN_AGE)) else {
        return Verdict::Clear;
    };
    if context.naming(ResourceKind::Ec2Snapshot, volume, resource).count() > 1 {
        return Verdict::Clear;
    }
    let gib = f64::from(snapshot.volume_size_gib);
    let tiers = context.rate(resource, &SNAPSHOT_GIB, gib).zip(context.rate(
        resource,
        &ARCHIVED_SNAPSHOT_GIB,
        gib,
    ));
    let saving = tiers.map(|(standard, archive)| standard - archive);
    Found::waste(
        format!("{} GiB, {age} days old, the only one of {volume}", snapshot.volume_size_gib),
        saving.map_or(Saving::Unknown, Saving::Estimated),
        None,
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{Expect, check, check_in, snapshot, world};

    #[test]
    fn judges() {
        check(&CHECK, "old", snapshot(91, |_| {}), Expect::saves("$3.75"));
        check(&CHECK, "on the threshold", snapshot(90, |_| {}), Expect::Clear);
        let archived = snapshot(91, |s| s.storage_tier = "archive".into());
        check(&CHECK, "archived", archived, Expect::Clear);
        let one = snapshot(91, |_| {});
        let mut other = snapshot(1, |_| {});
        other.id = "snap-2".into();
        other.arn = other.arn.as_str().replace("snap-1", "snap-2").parse().unwrap();
        check_in(&CHECK, "of a chain", world([one.clone(), other]), &one, Expect::Clear);
    }
}
