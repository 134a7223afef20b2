//! # What
//! An instance that has been stopped for more than 30 days.
//! # Why
//! It is forgotten or it is a backup; either way it ages unpatched, and its volumes are billed
//! (`ebs_volume_on_stopped_instance` counts those).
//! # Evidence
//! `ec2:DescribeInstances`: the state and the time in the state transition reason.
//! # Silent when
//! It runs, or was stopped at most 30 days ago.
//! # Remedy and risk
//! None proposed: make an image and terminate it, once its owner agrees.
//! # References
//! Security Hub EC2.4 (parameter `AllowedDays`, default 30).

use miyabi_types::{
    evidence::Unavailable,
    finding::{Saving, Severity},
    resource::{Resource, ResourceConfig, ResourceKind},
};

use crate::check::{COST, Check, Context, FSBP, Found, Judge, Limit, Verdict};

/// How long an instance may be stopped.
pub const MAX_STOPPED_DAYS: Limit = Limit {
    name: "stopped_days",
    what: "days that an instance may be stopped",
    unit: "days",
    default: 30.0,
    range: (1.0, 365.0),
    source: "AWS Security Hub EC2.4, parameter AllowedDays",
};

/// See the module.
pub const CHECK: Check = Check {
    id: "ec2_instance_stopped_long",
    title: "EC2 instance has long been stopped",
    severity: Severity::Medium,
    kinds: &[ResourceKind::Ec2Instance],
    controls: &["EC2.4"],
    limits: &[MAX_STOPPED_DAYS],
    saving: "none of its own: counted at its volumes and addresses",
    advice: "Make an image of it and terminate it, once its owner agrees.",
    references: &[FSBP],
    judge: Judge::Logic(judge),
    ..COST
};

/// Whether and how long an instance rests.
pub(super) enum Rest {
    Active,
    Stopped { days: i64 },
    Unknown,
}

/// Whether and how long `instance` rests.
pub(super) fn rest(instance: &Resource, context: &Context<'_>) -> Rest {
    let ResourceConfig::Ec2Instance(config) = &instance.config else { return Rest::Unknown };
    match (config.state.as_str(), config.stopped_at) {
        ("stopped", Some(at)) => Rest::Stopped { days: context.days_since(at) },
        ("stopped", None) => Rest::Unknown,
        _ => Rest::Active,
    }
}

fn judge(resource: &Resource, context: &Context<'_>) -> Verdict {
    match (&resource.config, rest(resource, context)) {
        (ResourceConfig::Ec2Instance(instance), _) if instance.state == "terminated" => {
            Verdict::NotApplicable
        }
        (_, Rest::Stopped { days }) if days as f64 > context.limit(&MAX_STOPPED_DAYS) => {
            Found::waste(format!("stopped for {days} days"), Saving::None, None)
        }
        (_, Rest::Active | Rest::Stopped { .. }) => Verdict::Clear,
        (_, Rest::Unknown) => {
            Verdict::NotEvaluated(Unavailable::because("AWS does not say since when it is stopped"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{Expect, check, days_ago, instance};

    fn stopped(days: i64) -> Resource {
        instance(|i| {
            i.state = "stopped".into();
            i.stopped_at = Some(days_ago(days));
        })
    }

    #[test]
    fn judges() {
        check(&CHECK, "running", instance(|_| {}), Expect::Clear);
        check(&CHECK, "on the threshold", stopped(30), Expect::Clear);
        check(&CHECK, "over it", stopped(31), Expect::Risk);
        let since_when = instance(|i| i.state = "stopped".into());
        check(&CHECK, "unknown since when", since_when, Expect::NotEvaluated("since when"));
        let gone = instance(|i| i.state = "terminated".into());
        check(&CHECK, "terminated", gone, Expect::NotApplicable);
    }
}
