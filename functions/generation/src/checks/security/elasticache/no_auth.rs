//! # What
//! A replication group of Redis before 6.0 that asks for no password.
//! # Why
//! Whoever reaches its port reads and writes everything. Later versions have users instead.
//! # Evidence
//! `elasticache:DescribeReplicationGroups`, and the version of its clusters (`DescribeCacheClusters`).
//! # Silent when
//! A password is needed, or the version is 6.0 or newer.
//! # Remedy and risk
//! None proposed: clients must be told the password at the same time.
//! # References
//! Security Hub ElastiCache.6.

use miyabi_types::{
    evidence::Unavailable,
    resource::{Resource, ResourceConfig, ResourceKind},
};

use crate::check::{Check, Context, FSBP, Found, Judge, SECURITY, Threshold, Verdict};

/// See the module.
pub const CHECK: Check = Check {
    id: "elasticache_no_auth",
    title: "Cache asks for no password",
    kinds: &[ResourceKind::ElastiCacheReplicationGroup],
    controls: &["ElastiCache.6"],
    thresholds: &[Threshold { what: "AuthToken", value: "set, before version 6.0" }],
    references: &[FSBP],
    judge: Judge::Logic(judge),
    ..SECURITY
};

fn judge(resource: &Resource, context: &Context<'_>) -> Verdict {
    let ResourceConfig::ElastiCacheReplicationGroup(group) = &resource.config else {
        return Verdict::NotApplicable;
    };
    if group.auth_token {
        return Verdict::Clear;
    }
    let member = group.member_clusters.iter().find_map(|id| {
        let found = context.find(ResourceKind::ElastiCacheCluster, id, resource)?;
        match &found.config {
            ResourceConfig::ElastiCacheCluster(cluster) => Some(cluster),
            _ => None,
        }
    });
    let Some(member) = member else {
        let why = context.unseen(ResourceKind::ElastiCacheCluster, resource).cloned();
        return Verdict::NotEvaluated(
            why.unwrap_or_else(|| Unavailable::because("none of its clusters was seen")),
        );
    };
    let version = &member.engine_version;
    match version.split('.').next().and_then(|major| major.parse::<u32>().ok()) {
        Some(major) if major >= 6 => Verdict::Clear,
        Some(_) => Found::risk(format!("{} {version} without a password", member.engine), None),
        None => Verdict::NotEvaluated(Unavailable::because(format!("unknown version {version}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{Expect, cache_cluster, check, check_in, replication_group, world};

    #[test]
    fn judges() {
        let open = replication_group(|g| g.auth_token = false);
        let of = |version: &str| {
            world([open.clone(), cache_cluster(|c| c.engine_version = version.into())])
        };
        check(&CHECK, "password", replication_group(|_| {}), Expect::Clear);
        check_in(&CHECK, "old", of("5.0.6"), &open, Expect::Risk);
        check_in(&CHECK, "new", of("7.1.0"), &open, Expect::Clear);
        check(&CHECK, "unseen", open.clone(), Expect::NotEvaluated("none of its clusters"));
    }
}
