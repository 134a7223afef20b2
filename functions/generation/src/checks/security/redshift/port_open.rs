//! # What
//! A Redshift cluster whose security groups let the world in on its port.
//! # Why
//! Everybody may try passwords.
//! # Evidence
//! `redshift:DescribeClusters` and `ec2:DescribeSecurityGroups`.
//! # Silent when
//! None of its groups does.
//! # Remedy and risk
//! None here: the group's own controls propose to revoke rules on high-risk ports.
//! # References
//! Security Hub Redshift.15.

use miyabi_types::{
    evidence::Unavailable,
    finding::Severity,
    resource::{Resource, ResourceConfig, ResourceKind},
};

use crate::{
    check::{Check, Context, FSBP, Found, Judge, SECURITY, Threshold, Verdict},
    checks::security::ec2::exposure::{describe, opens},
};

/// See the module.
pub const CHECK: Check = Check {
    id: "redshift_port_open",
    title: "Security group lets the world in to the Redshift cluster",
    severity: Severity::High,
    kinds: &[ResourceKind::RedshiftCluster],
    controls: &["Redshift.15"],
    thresholds: &[Threshold { what: "rules for the world on its port", value: "none" }],
    references: &[FSBP],
    judge: Judge::Logic(judge),
    ..SECURITY
};

fn judge(resource: &Resource, context: &Context<'_>) -> Verdict {
    let ResourceConfig::RedshiftCluster(cluster) = &resource.config else {
        return Verdict::NotApplicable;
    };
    let Some(port) = cluster.port else {
        return Verdict::NotEvaluated(Unavailable::because("it has no endpoint yet"));
    };
    let mut open = Vec::new();
    for id in &cluster.security_group_ids {
        let found = context.find(ResourceKind::Ec2SecurityGroup, id, resource);
        let Some(ResourceConfig::Ec2SecurityGroup(group)) = found.map(|group| &group.config) else {
            let why = context.unseen(ResourceKind::Ec2SecurityGroup, resource).cloned();
            return Verdict::NotEvaluated(
                why.unwrap_or_else(|| Unavailable::because(format!("group {id} was not seen"))),
            );
        };
        let rules = group.ingress.iter().filter(|rule| opens(rule, &[port]));
        open.extend(rules.map(|rule| format!("{id}: {}", describe(rule))));
    }
    if open.is_empty() { Verdict::Clear } else { Found::risk(open.join(", "), None) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{Expect, check, check_in, redshift_cluster, security_group, tcp, world};

    #[test]
    fn judges() {
        let cluster = redshift_cluster(|_| {});
        for (case, rule, expect) in [
            ("its port", tcp(5439..=5439, "0.0.0.0/0"), Expect::Risk),
            ("another port", tcp(443..=443, "0.0.0.0/0"), Expect::Clear),
            ("the office", tcp(5439..=5439, "203.0.113.0/24"), Expect::Clear),
        ] {
            let world = world([cluster.clone(), security_group(|g| g.ingress = vec![rule])]);
            check_in(&CHECK, case, world, &cluster, expect);
        }
        check(&CHECK, "unseen", cluster, Expect::NotEvaluated("was not seen"));
    }
}
