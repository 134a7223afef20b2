//! # What
//! A region in which no analyzer looks for access from outside.
//! # Why
//! What a policy shares with strangers is otherwise found by strangers.
//! # Evidence
//! `access-analyzer:ListAnalyzers`.
//! # Silent when
//! The region has an active analyzer of the account or of the organization.
//! # Remedy and risk
//! None proposed yet: an external access analyzer is free of charge and can be made by hand.
//! # References
//! Security Hub IAM.28.

use miyabi_types::{
    finding::Severity,
    resource::{Resource, ResourceConfig, ResourceKind},
};

use crate::check::{Check, Context, FSBP, Found, Judge, SECURITY, Threshold, Verdict};

/// See the module.
pub const CHECK: Check = Check {
    id: "access_analyzer_missing",
    title: "Nothing looks for access from outside in the region",
    severity: Severity::High,
    // Of these there is one in every region.
    kinds: &[ResourceKind::Ec2RegionDefaults],
    controls: &["IAM.28"],
    thresholds: &[Threshold { what: "active external access analyzers", value: "at least 1" }],
    references: &[FSBP],
    judge: Judge::Logic(judge),
    ..SECURITY
};

fn judge(region: &Resource, context: &Context<'_>) -> Verdict {
    let analyzers = match context.all(ResourceKind::AccessAnalyzer, region) {
        Ok(analyzers) => analyzers,
        Err(why) => return Verdict::NotEvaluated(why.clone()),
    };
    let works = analyzers.iter().any(|analyzer| match &analyzer.config {
        ResourceConfig::AccessAnalyzer(analyzer) => analyzer.finds_external_access(),
        _ => false,
    });
    match (works, analyzers.len()) {
        (true, _) => Verdict::Clear,
        (false, 0) => Found::risk("there is no analyzer", None),
        (false, n) => Found::risk(format!("none of {n} analyzer(s) is active and external"), None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{Expect, analyzer, check, check_in, deny, region_defaults, world};

    #[test]
    fn judges() {
        let region = region_defaults(|_| {});
        check(&CHECK, "none", region.clone(), Expect::Risk);
        let failed = analyzer(|a| a.status = "FAILED".into());
        let unused = analyzer(|a| a.analyzer_type = "ACCOUNT_UNUSED_ACCESS".into());
        for (case, analyzer, expect) in [
            ("active", analyzer(|_| {}), Expect::Clear),
            ("failed", failed, Expect::Risk),
            ("of unused access", unused, Expect::Risk),
        ] {
            check_in(&CHECK, case, world([region.clone(), analyzer]), &region, expect);
        }
        let mut denied = world([region.clone()]);
        deny(&mut denied, "access-analyzer:ListAnalyzers", &[ResourceKind::AccessAnalyzer]);
        check_in(&CHECK, "denied", denied, &region, Expect::NotEvaluated("denied"));
    }
}
