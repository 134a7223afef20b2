//! # What
//! A VPC without a flow log of rejected traffic.
//! # Why
//! Without one, nobody can tell afterwards who knocked where.
//! # Evidence
//! `ec2:DescribeFlowLogs`: active flow logs of the VPC and the traffic they record.
//! # Silent when
//! One records `REJECT` or `ALL`.
//! # Remedy and risk
//! None proposed yet: a flow log needs a destination and costs by volume.
//! # References
//! Security Hub EC2.6.

use miyabi_types::resource::{Resource, ResourceConfig, ResourceKind};

use crate::check::{Check, Context, FSBP, Found, Judge, SECURITY, Threshold, Verdict};

/// See the module.
pub const CHECK: Check = Check {
    id: "ec2_vpc_flow_logs_missing",
    title: "VPC does not log rejected traffic",
    kinds: &[ResourceKind::Ec2Vpc],
    controls: &["EC2.6"],
    thresholds: &[Threshold { what: "traffic recorded", value: "REJECT or ALL" }],
    references: &[FSBP],
    judge: Judge::Logic(judge),
    ..SECURITY
};

fn judge(resource: &Resource, context: &Context<'_>) -> Verdict {
    let ResourceConfig::Ec2Vpc(vpc) = &resource.config else { return Verdict::NotApplicable };
    match &vpc.flow_log_traffic {
        None => Verdict::NotEvaluated(context.why_unknown("ec2:DescribeFlowLogs", resource)),
        Some(traffic) if traffic.iter().any(|t| t == "REJECT" || t == "ALL") => Verdict::Clear,
        Some(traffic) if traffic.is_empty() => Found::risk("no active flow log", None),
        Some(traffic) => Found::risk(format!("flow logs record {} only", traffic.join(", ")), None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{Expect, check, check_in, deny, vpc, world};

    fn logging(traffic: &[&str]) -> Resource {
        let traffic = traffic.iter().map(|t| (*t).to_owned()).collect();
        vpc(|vpc| vpc.flow_log_traffic = Some(traffic))
    }

    #[test]
    fn judges() {
        check(&CHECK, "rejected", logging(&["REJECT"]), Expect::Clear);
        check(&CHECK, "all", logging(&["ALL"]), Expect::Clear);
        check(&CHECK, "accepted only", logging(&["ACCEPT"]), Expect::Risk);
        check(&CHECK, "none", logging(&[]), Expect::Risk);
        let unread = vpc(|vpc| vpc.flow_log_traffic = None);
        let mut world = world([unread.clone()]);
        deny(&mut world, "ec2:DescribeFlowLogs", &[]);
        check_in(&CHECK, "denied", world, &unread, Expect::NotEvaluated("denied"));
    }
}
