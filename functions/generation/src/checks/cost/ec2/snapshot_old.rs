//! # What
//! A snapshot older than 90 days that no image uses, of a volume that still exists.
//! # Why
//! Backups that old are rarely restored; archived they cost a quarter.
//! # Evidence
//! `ec2:DescribeSnapshots`, `ec2:DescribeImages`.
//! # Silent when
//! It is at most 90 days old, an image uses it, it is archived, or its volume is gone
//! (`ebs_snapshot_orphaned` says so).
//! # Remedy and risk
//! None proposed: how long backups are kept is the owner's rule. The saving is a bound: that of a full one.
//! # References
//! Turbot AWS Thrifty, EBS snapshots (max age 90 days).

use miyabi_types::resource::{Resource, ResourceConfig, ResourceKind};

use super::snapshot_orphaned::{age_if_loose, bound, is_orphan};
use crate::check::{COST, Check, Context, Found, Judge, Limit, Reference, Verdict};

const MAX_AGE: Limit = Limit {
    name: "old_snapshot_days",
    what: "age after which a snapshot is old",
    unit: "days",
    default: 90.0,
    range: (1.0, 3650.0),
    source: "Turbot AWS Thrifty, EBS snapshots (max age 90 days)",
};

/// See the module.
pub const CHECK: Check = Check {
    id: "ebs_snapshot_old",
    title: "Snapshot is old",
    kinds: &[ResourceKind::Ec2Snapshot],
    limits: &[MAX_AGE],
    saving: "at most GiB × snapshot price",
    advice: "Let Data Lifecycle Manager or AWS Backup keep as many as the rule says, and delete the rest.",
    references: &[Reference { source: "Turbot AWS Thrifty, EBS snapshots", read: "2026-11" }],
    judge: Judge::Logic(judge),
    ..COST
};

fn judge(resource: &Resource, context: &Context<'_>) -> Verdict {
    let ResourceConfig::Ec2Snapshot(snapshot) = &resource.config else {
        return Verdict::NotApplicable;
    };
    let age = match age_if_loose(resource, snapshot, context) {
        Ok(age) => age,
        Err(why) => return Verdict::NotEvaluated(why),
    };
    let Some(age) = age.filter(|age| *age as f64 > context.limit(&MAX_AGE)) else {
        return Verdict::Clear;
    };
    match is_orphan(resource, snapshot, context) {
        Err(why) => Verdict::NotEvaluated(why),
        Ok(true) => Verdict::Clear,
        Ok(false) => Found::waste(
            format!("{} GiB, {age} days old", snapshot.volume_size_gib),
            bound(resource, snapshot, context),
            None,
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{Expect, check, check_in, deny, snapshot, volume, world};

    fn of_a_volume(days: i64, expect: Expect) {
        let snapshot = snapshot(days, |_| {});
        let both = world([snapshot.clone(), volume(|_| {})]);
        check_in(&CHECK, &format!("{days} days"), both, &snapshot, expect);
    }

    #[test]
    fn judges() {
        of_a_volume(91, Expect::saves("$5.00"));
        of_a_volume(90, Expect::Clear);
        check(&CHECK, "orphan", snapshot(91, |_| {}), Expect::Clear);
    }

    #[test]
    fn volumes_that_could_not_be_listed_leave_it_open() {
        let snapshot = snapshot(91, |_| {});
        let mut world = world([snapshot.clone()]);
        deny(&mut world, "ec2:DescribeVolumes", &[ResourceKind::Ec2Volume]);
        check_in(&CHECK, "denied", world, &snapshot, Expect::NotEvaluated("denied"));
    }
}
