//! # What
//! A cluster whose Kubernetes version has left standard support.
//! # Why
//! Known holes stay open, and each hour of extended support costs six times as much.
//! # Evidence
//! `eks:DescribeCluster` and the table of dates below, as of the day the World was seen.
//! # Silent when
//! The version is supported, or newer than the table.
//! # Remedy and risk
//! None proposed: workloads must be tested on the newer version.
//! # References
//! Security Hub EKS.2; Amazon EKS User Guide, Kubernetes release calendar.

use jiff::civil::{Date, date};
use miyabi_types::{
    evidence::Unavailable,
    finding::Severity,
    resource::{Resource, ResourceConfig, ResourceKind},
};

use crate::check::{Check, Context, FSBP, Found, Judge, Reference, SECURITY, Threshold, Verdict};

/// Minor versions of Kubernetes 1 and the day on which their standard support ends: from the beginning of that
/// day (UTC) on, extended support is billed. Older ones are past it.
/// Source: Amazon EKS User Guide, Kubernetes release calendar (read 2026-11).
const END_OF_SUPPORT: [(u32, Date); 9] = [
    (28, date(2024, 11, 26)),
    (29, date(2025, 3, 23)),
    (30, date(2025, 7, 23)),
    (31, date(2025, 11, 26)),
    (32, date(2026, 3, 23)),
    (33, date(2026, 7, 29)),
    (34, date(2026, 12, 2)),
    (35, date(2027, 3, 27)),
    (36, date(2027, 8, 2)),
];

/// See the module.
pub const CHECK: Check = Check {
    id: "eks_version_unsupported",
    title: "Cluster runs a Kubernetes version that is no longer supported",
    severity: Severity::High,
    kinds: &[ResourceKind::EksCluster],
    controls: &["EKS.2"],
    thresholds: &[Threshold { what: "today", value: "before the end of standard support" }],
    references: &[
        FSBP,
        Reference { source: "Amazon EKS User Guide, Kubernetes release calendar", read: "2026-11" },
    ],
    judge: Judge::Logic(judge),
    ..SECURITY
};

fn judge(resource: &Resource, context: &Context<'_>) -> Verdict {
    let ResourceConfig::EksCluster(cluster) = &resource.config else {
        return Verdict::NotApplicable;
    };
    let version = match cluster.settings.get() {
        Ok(settings) => &settings.version,
        Err(why) => return Verdict::NotEvaluated(why.clone()),
    };
    let Some(minor) = version.strip_prefix("1.").and_then(|minor| minor.parse::<u32>().ok()) else {
        return Verdict::NotEvaluated(Unavailable::because(format!("version {version} is new")));
    };
    let today = context.now().to_zoned(jiff::tz::TimeZone::UTC).date();
    match END_OF_SUPPORT.iter().find(|(known, _)| *known == minor) {
        Some((_, end)) if today >= *end => {
            Found::risk(format!("{version} left standard support on {end}"), None)
        }
        None if minor < END_OF_SUPPORT[0].0 => {
            Found::risk(format!("{version} left standard support long ago"), None)
        }
        _ => Verdict::Clear,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{Expect, check, check_in, eks_cluster, world};

    #[test]
    fn judges() {
        let on = |version: &'static str| eks_cluster(move |c| c.version = version.into());
        check(&CHECK, "newest", on("1.34"), Expect::Clear);
        check(&CHECK, "old", on("1.32"), Expect::Risk);
        check(&CHECK, "older than the table", on("1.21"), Expect::Risk);
        check(&CHECK, "of another kind", on("2.0"), Expect::NotEvaluated("2.0"));
    }

    #[test]
    fn on_the_day_that_support_ends_it_is_not_supported() {
        for (day, expect) in
            [("2026-07-28T23:59:59Z", Expect::Clear), ("2026-07-29T00:00:00Z", Expect::Risk)]
        {
            let cluster = eks_cluster(|c| c.version = "1.33".into());
            let mut world = world([cluster.clone()]);
            world.manifest.taken_at = day.parse().unwrap();
            check_in(&CHECK, day, world, &cluster, expect);
        }
    }
}
