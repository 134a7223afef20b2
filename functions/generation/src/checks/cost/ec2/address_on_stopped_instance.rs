//! # What
//! An Elastic IP address of an instance that has long been stopped.
//! # Why
//! It is billed by the hour while nothing answers there.
//! # Evidence
//! `ec2:DescribeAddresses`, `ec2:DescribeInstances` (the time in the state transition reason).
//! # Silent when
//! The instance runs, or was stopped at most 30 days ago.
//! # Remedy and risk
//! None proposed: the address is the instance's to keep until its owner gives the instance up.
//! # References
//! Trusted Advisor, Unassociated Elastic IP Addresses; `OptScale`.

use miyabi_types::{
    evidence::Unavailable,
    finding::Saving,
    resource::{Resource, ResourceConfig, ResourceKind},
};

use super::instance_stopped_long::{MAX_STOPPED_DAYS, Rest, rest};
use crate::check::{COST, Check, Context, Found, Judge, Reference, Verdict};

/// See the module.
pub const CHECK: Check = Check {
    id: "ec2_address_on_stopped_instance",
    title: "Elastic IP address belongs to an instance that has long been stopped",
    kinds: &[ResourceKind::Ec2Address],
    limits: &[MAX_STOPPED_DAYS],
    saving: "public IPv4 price × 730 h",
    advice: "Disassociate it, and the next cycle proposes to release it; or start the instance.",
    references: &[Reference {
        source: "AWS Trusted Advisor, Unassociated Elastic IP Addresses",
        read: "2026-11",
    }],
    judge: Judge::Logic(judge),
    ..COST
};

fn judge(resource: &Resource, context: &Context<'_>) -> Verdict {
    let ResourceConfig::Ec2Address(address) = &resource.config else {
        return Verdict::NotApplicable;
    };
    let Some(id) = address.instance_id.as_deref() else { return Verdict::NotApplicable };
    let Some(instance) = context.find(ResourceKind::Ec2Instance, id, resource) else {
        let why = context.unseen(ResourceKind::Ec2Instance, resource).cloned();
        return Verdict::NotEvaluated(
            why.unwrap_or_else(|| Unavailable::because(format!("instance {id} was not seen"))),
        );
    };
    match rest(instance, context) {
        Rest::Active => Verdict::Clear,
        Rest::Unknown => Verdict::NotEvaluated(Unavailable::because(format!(
            "AWS does not say since when {id} is stopped"
        ))),
        Rest::Stopped { days } if (days as f64) <= context.limit(&MAX_STOPPED_DAYS) => {
            Verdict::Clear
        }
        Rest::Stopped { days } => Found::waste(
            format!("{} waits for {id}, stopped for {days} days", address.public_ip),
            context.cost(resource).map_or(Saving::Unknown, Saving::Exact),
            None,
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{Expect, address, check, check_in, days_ago, instance, world};

    fn judged(stopped_days: Option<i64>, expect: Expect) {
        let owner = instance(|i| {
            if let Some(days) = stopped_days {
                i.state = "stopped".into();
                i.stopped_at = Some(days_ago(days));
            }
        });
        let address = address(|a| a.instance_id = Some("i-1".into()));
        let both = world([owner, address.clone()]);
        check_in(&CHECK, &format!("{stopped_days:?}"), both, &address, expect);
    }

    #[test]
    fn judges() {
        judged(None, Expect::Clear);
        judged(Some(31), Expect::saves("$3.65"));
        judged(Some(30), Expect::Clear);
        check(&CHECK, "of nothing", address(|_| {}), Expect::NotApplicable);
        let alone = address(|a| a.instance_id = Some("i-1".into()));
        check(&CHECK, "unseen", alone, Expect::NotEvaluated("not seen"));
    }
}
