//! # What
//! Provisioned concurrency of which less than half is ever used.
//! # Why
//! It is billed by the GiB-second from when it is set, used or not.
//! # Evidence
//! `ProvisionedConcurrencyUtilization` (maximum) over two weeks; it is reported while the function is invoked only,
//! so that none beside invocations means that other versions were invoked. Without any metric: not evaluated.
//! # Silent when
//! The function has none, or half of it was used.
//! # Remedy and risk
//! None proposed: fewer warm executions mean more cold starts at peaks.
//! # References
//! AWS Lambda Developer Guide, Configuring provisioned concurrency; aws-cost-scanner.

use miyabi_types::{
    evidence::Unavailable,
    finding::Saving,
    pricing::lambda::provisioned_gib_second,
    resource::{Resource, ResourceConfig, ResourceKind},
};

use crate::check::{COST, Check, Context, Found, Judge, Limit, Reference, Verdict};

const USED: Limit = Limit {
    name: "provisioned_concurrency_percent",
    what: "highest use of provisioned concurrency, from which it is right",
    unit: "%",
    default: 50.0,
    range: (5.0, 90.0),
    source: "AWS Lambda Developer Guide, Configuring provisioned concurrency (70 % is what its example scales to)",
};

/// Seconds of a month of 730 hours.
const SECONDS_PER_MONTH: f64 = 730.0 * 3600.0;

/// See the module.
pub const CHECK: Check = Check {
    id: "lambda_provisioned_concurrency_underused",
    title: "Provisioned concurrency is hardly used",
    kinds: &[ResourceKind::LambdaFunction],
    limits: &[USED],
    saving: "(provisioned − needed) × GiB × seconds × price of provisioned concurrency",
    advice: "Lower it to what is used, or let Application Auto Scaling follow the use.",
    references: &[Reference {
        source: "AWS Lambda Developer Guide, Configuring provisioned concurrency",
        read: "2026-11",
    }],
    judge: Judge::Logic(judge),
    ..COST
};

fn judge(resource: &Resource, context: &Context<'_>) -> Verdict {
    let ResourceConfig::LambdaFunction(function) = &resource.config else {
        return Verdict::NotApplicable;
    };
    let kept = match function.provisioned_concurrency.get() {
        Ok(kept) if kept.is_empty() => return Verdict::NotApplicable,
        Ok(kept) => kept,
        Err(why) => return Verdict::NotEvaluated(why.clone()),
    };
    if kept.len() > 1 {
        return Verdict::NotEvaluated(Unavailable::because(
            "several versions are kept warm, and metrics are read of one",
        ));
    }
    let total: u32 = kept.iter().map(|one| one.requested).sum();
    let seen = match resource.utilization.get() {
        Ok(seen) => seen,
        Err(why) => return Verdict::NotEvaluated(why.clone()),
    };
    let share = seen.metrics.get("ProvisionedConcurrencyUtilization");
    let used = share.map_or(0.0, |share| share.maximum * 100.0);
    if used >= context.limit(&USED) {
        return Verdict::Clear;
    }
    let needed = (f64::from(total) * used / 100.0).ceil();
    let gib = f64::from(function.memory_mib) / 1024.0;
    let gib_seconds = (f64::from(total) - needed) * gib * SECONDS_PER_MONTH;
    let rate = provisioned_gib_second(&function.architecture);
    let saving = context.rate(resource, &rate, gib_seconds);
    let saving = saving.map_or(Saving::Unknown, Saving::Estimated);
    Found::waste(format!("at most {used:.0} % of {total} warm executions were used"), saving, None)
}

#[cfg(test)]
mod tests {
    use miyabi_types::{evidence::Evidence, resource::lambda::ProvisionedConcurrency};

    use super::*;
    use crate::fixture::{Expect, check, denied, function, with_metrics, without_metrics};

    fn kept() -> Resource {
        function(|f| {
            let one = ProvisionedConcurrency {
                qualifier: "live".into(),
                requested: 10,
                status: "READY".into(),
            };
            f.provisioned_concurrency = Evidence::Known(vec![one]);
        })
    }

    #[test]
    fn judges() {
        let used = |share: f64| {
            let metrics = ["Invocations", "ProvisionedConcurrencyUtilization"];
            with_metrics(kept(), 14, metrics, |_, m| {
                m.sum = 100.0;
                m.maximum = share;
            })
        };
        check(&CHECK, "hardly", used(0.1), Expect::Found);
        check(&CHECK, "on the threshold", used(0.5), Expect::Clear);
        check(&CHECK, "never invoked", kept(), Expect::NotEvaluated("no metrics"));
        check(&CHECK, "none", function(|_| {}), Expect::NotApplicable);
        check(&CHECK, "denied", without_metrics(kept()), Expect::NotEvaluated("denied"));
        let unread = function(|f| {
            f.provisioned_concurrency = denied("lambda:ListProvisionedConcurrencyConfigs");
        });
        check(&CHECK, "list denied", unread, Expect::NotEvaluated("denied"));
    }
}
