//! # What
//! A snapshot that anybody may make volumes from.
//! # Why
//! Everything that was ever on the disk is public.
//! # Evidence
//! `ec2:DescribeSnapshotAttribute` (`createVolumePermission`).
//! # Silent when
//! It is private or shared with named accounts.
//! # Remedy and risk
//! None proposed yet: make it private, and treat what is on it as known.
//! # References
//! Security Hub EC2.1.

use miyabi_types::{
    finding::Severity,
    resource::{Resource, ResourceConfig, ResourceKind},
};

use crate::check::{Check, Context, FSBP, Found, Judge, SECURITY, Verdict};

/// See the module.
pub const CHECK: Check = Check {
    id: "ebs_snapshot_public",
    title: "Snapshot is public",
    severity: Severity::Critical,
    kinds: &[ResourceKind::Ec2Snapshot],
    controls: &["EC2.1"],
    references: &[FSBP],
    judge: Judge::Logic(judge),
    ..SECURITY
};

fn judge(resource: &Resource, context: &Context<'_>) -> Verdict {
    let ResourceConfig::Ec2Snapshot(snapshot) = &resource.config else {
        return Verdict::NotApplicable;
    };
    match snapshot.public {
        None => {
            Verdict::NotEvaluated(context.why_unknown("ec2:DescribeSnapshotAttribute", resource))
        }
        Some(false) => Verdict::Clear,
        Some(true) => Found::risk("anybody may create volumes from it", None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{Expect, check, check_in, deny, snapshot, world};

    #[test]
    fn judges() {
        check(&CHECK, "private", snapshot(1, |_| {}), Expect::Clear);
        check(&CHECK, "public", snapshot(1, |s| s.public = Some(true)), Expect::Risk);
        let unread = snapshot(1, |s| s.public = None);
        let mut world = world([unread.clone()]);
        deny(&mut world, "ec2:DescribeSnapshotAttribute", &[]);
        check_in(&CHECK, "denied", world, &unread, Expect::NotEvaluated("denied"));
        check(&CHECK, "not said", unread, Expect::NotEvaluated("did not say"));
    }
}
