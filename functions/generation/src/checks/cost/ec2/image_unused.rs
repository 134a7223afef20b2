//! # What
//! A machine image that nothing launches.
//! # Why
//! Its snapshots are billed.
//! # Evidence
//! `ec2:DescribeImages` (last launched), instances, launch templates and launch configurations.
//! # Silent when
//! It was launched or made within 90 days, an instance, a launch template or a launch configuration names it, or
//! it is shared with everyone.
//! # Remedy and risk
//! None proposed: instances of accounts that it is shared with are not seen. Deregister it with a Recycle Bin rule.
//! # References
//! aws-cost-scanner, unused AMIs; EC2 User Guide, Check when an Amazon EC2 AMI was last used.

use miyabi_types::{
    finding::Saving,
    money::MonthlyUsd,
    resource::{Resource, ResourceConfig, ResourceKind, ec2::Image},
};

use crate::check::{COST, Check, Context, Found, Judge, Limit, Reference, Verdict};

const MIN_DAYS: Limit = Limit {
    name: "image_unused_days",
    what: "days without a launch, after which an image is unused",
    unit: "days",
    default: 90.0,
    range: (7.0, 730.0),
    source: "aws-cost-scanner, unused AMIs (90 days)",
};

/// See the module.
pub const CHECK: Check = Check {
    id: "ec2_image_unused",
    title: "Machine image is not launched any more",
    kinds: &[ResourceKind::Ec2Image],
    limits: &[MIN_DAYS],
    saving: "at most GiB of its snapshots × snapshot price",
    advice: "Keep it in the Recycle Bin: make a retention rule, deregister the image, delete its snapshots.",
    references: &[Reference {
        source: "Amazon EC2 User Guide, Check when an Amazon EC2 AMI was last used",
        read: "2026-11",
    }],
    judge: Judge::Logic(judge),
    ..COST
};

fn judge(resource: &Resource, context: &Context<'_>) -> Verdict {
    let ResourceConfig::Ec2Image(image) = &resource.config else { return Verdict::NotApplicable };
    if image.state != "available" {
        return Verdict::NotApplicable;
    }
    let Some(last) = image.last_launched_at.max(resource.created_at) else {
        return Verdict::NotEvaluated(context.why_unknown("ec2:DescribeImages", resource));
    };
    let days = context.days_since(last);
    if days as f64 <= context.limit(&MIN_DAYS) || image.public {
        return Verdict::Clear;
    }
    let launchers = [
        ResourceKind::Ec2Instance,
        ResourceKind::Ec2LaunchTemplate,
        ResourceKind::AutoScalingLaunchConfiguration,
    ];
    for kind in launchers {
        if context.naming(kind, &resource.id, resource).next().is_some() {
            return Verdict::Clear;
        }
        if let Some(why) = context.unseen(kind, resource) {
            return Verdict::NotEvaluated(why.clone());
        }
    }
    let saving = snapshots(resource, image, context).map_or(Saving::Unknown, Saving::Estimated);
    Found::waste(format!("nothing launches it, for {days} days"), saving, None)
}

/// The most that its snapshots cost.
fn snapshots(resource: &Resource, image: &Image, context: &Context<'_>) -> Option<MonthlyUsd> {
    let cost = |id: &String| {
        let found = context.find(ResourceKind::Ec2Snapshot, id, resource)?;
        let ResourceConfig::Ec2Snapshot(snapshot) = &found.config else { return None };
        context.snapshot_cost(resource, snapshot.volume_size_gib).known().copied()
    };
    image.snapshot_ids.iter().map(cost).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{
        Expect, check, check_in, days_ago, deny, instance, services::image, snapshot, world,
    };

    fn launched(days: i64) -> Resource {
        let mut image = image(|i| i.last_launched_at = Some(days_ago(days)));
        image.created_at = Some(days_ago(500));
        image
    }

    #[test]
    fn judges() {
        let old = launched(91);
        let both = world([old.clone(), snapshot(500, |_| {})]);
        check_in(&CHECK, "unused", both, &old, Expect::saves("$5.00"));
        check(&CHECK, "snapshot not seen", launched(91), Expect::SavesUnknown);
        check(&CHECK, "on the threshold", launched(90), Expect::Clear);
        let used = world([old.clone(), instance(|_| {})]);
        check_in(&CHECK, "used", used, &old, Expect::Clear);
        let mut unseen = world([old.clone()]);
        deny(&mut unseen, "ec2:DescribeLaunchTemplates", &[ResourceKind::Ec2LaunchTemplate]);
        check_in(&CHECK, "denied", unseen, &old, Expect::NotEvaluated("denied"));
        let mut unknown = image(|i| i.last_launched_at = None);
        unknown.created_at = None;
        check(&CHECK, "nothing known", unknown, Expect::NotEvaluated("did not say"));
    }
}
