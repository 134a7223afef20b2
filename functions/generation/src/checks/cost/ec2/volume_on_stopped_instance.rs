//! # What
//! A volume whose every instance has been stopped for more than 30 days.
//! # Why
//! A stopped instance costs nothing, its volumes cost what they always did.
//! # Evidence
//! `ec2:DescribeVolumes` and `ec2:DescribeInstances` (the time in the state transition reason).
//! # Silent when
//! Any of its instances runs, or was stopped at most 30 days ago.
//! # Remedy and risk
//! None proposed: only its owner knows whether the instance will start again.
//! # References
//! Turbot AWS Thrifty, EBS volumes attached to stopped instances.

use miyabi_types::{
    evidence::Unavailable,
    resource::{Resource, ResourceConfig, ResourceKind},
};

use super::{
    instance_stopped_long::{MAX_STOPPED_DAYS, Rest, rest},
    volume_idle::as_a_snapshot,
};
use crate::check::{COST, Check, Context, Found, Judge, Reference, Verdict};

/// See the module.
pub const CHECK: Check = Check {
    id: "ebs_volume_on_stopped_instance",
    title: "EBS volume belongs to an instance that has long been stopped",
    kinds: &[ResourceKind::Ec2Volume],
    limits: &[MAX_STOPPED_DAYS],
    saving: "volume price − GiB × snapshot price, if it is kept as a snapshot",
    advice: "Make an image of the instance and terminate it, or snapshot and delete the volume.",
    references: &[Reference {
        source: "Turbot AWS Thrifty, EBS volumes attached to stopped instances",
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
    let mut least = i64::MAX;
    for attachment in &volume.attached_to {
        let id = &attachment.instance_id;
        let Some(instance) = context.find(ResourceKind::Ec2Instance, id, resource) else {
            let why = context.unseen(ResourceKind::Ec2Instance, resource).cloned();
            return Verdict::NotEvaluated(
                why.unwrap_or_else(|| Unavailable::because(format!("instance {id} was not seen"))),
            );
        };
        match rest(instance, context) {
            Rest::Active => return Verdict::Clear,
            Rest::Unknown => {
                return Verdict::NotEvaluated(Unavailable::because(format!(
                    "AWS does not say since when {id} is stopped"
                )));
            }
            Rest::Stopped { days } => least = least.min(days),
        }
    }
    if least as f64 <= context.limit(&MAX_STOPPED_DAYS) {
        return Verdict::Clear;
    }
    Found::waste(
        format!("{} GiB {}, unused for {least} days", volume.size_gib, volume.volume_type),
        as_a_snapshot(resource, volume.size_gib, context),
        None,
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{self, Expect, check_in, instance, volume, world};

    fn judged(stopped_days: Option<i64>, expect: Expect) {
        let owner = instance(|i| {
            if let Some(days) = stopped_days {
                i.state = "stopped".into();
                i.stopped_at = Some(fixture::days_ago(days));
            }
        });
        let volume = volume(|_| {});
        check_in(
            &CHECK,
            &format!("{stopped_days:?}"),
            world([owner, volume.clone()]),
            &volume,
            expect,
        );
    }

    #[test]
    fn judges() {
        judged(None, Expect::Clear);
        judged(Some(31), Expect::saves("$5.00"));
        judged(Some(30), Expect::Clear);
    }

    #[test]
    fn an_instance_that_was_not_seen_is_not_stopped() {
        let volume = volume(|_| {});
        let alone = world([volume.clone()]);
        check_in(&CHECK, "unseen", alone, &volume, Expect::NotEvaluated("not seen"));
    }
}
