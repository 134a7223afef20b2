//! # What
//! A function that fails in more than one of ten invocations, or whose timeout is far above what it needs.
//! # Why
//! Failed invocations are billed, and their retries again; a long timeout is what a hanging invocation costs.
//! # Evidence
//! `Errors`, `Invocations` and `Duration` over two weeks. They are reported while the function is invoked only:
//! a function without invocations is not applicable.
//! # Silent when
//! At most 10 % fail; the timeout is below 30 seconds, or below five times the longest invocation.
//! # Remedy and risk
//! None proposed: the code or its settings are at fault.
//! # References
//! Trusted Advisor, AWS Lambda Functions with High Error Rates and with Excessive Timeouts; `CloudBurn`.

use miyabi_types::{
    finding::Saving,
    resource::{Resource, ResourceConfig, ResourceKind},
    utilization::{MetricStats, Utilization},
};

use crate::{
    check::{COST, Check, Context, Found, Judge, Limit, Reference, Verdict},
    metrics::number,
};

const ERRORS: Limit = Limit {
    name: "function_errors_percent",
    what: "failed invocations that are accepted",
    unit: "%",
    default: 10.0,
    range: (0.1, 100.0),
    source: "AWS Trusted Advisor, AWS Lambda Functions with High Error Rates (L4dfs2Q3C2)",
};
const TIMEOUT: Limit = Limit {
    name: "function_timeout_seconds",
    what: "timeout, from which it matters",
    unit: "s",
    default: 30.0,
    range: (3.0, 900.0),
    source: "CloudBurn, Lambda timeout (30 seconds)",
};
const SLACK: Limit = Limit {
    name: "function_timeout_slack",
    what: "timeout over the longest invocation, from which it is too long",
    unit: "×",
    default: 5.0,
    range: (2.0, 100.0),
    source: "CloudBurn, Lambda timeout (5 times the average; ours is of the longest)",
};

/// The rows.
pub const CHECKS: [Check; 2] = [
    Check {
        id: "lambda_function_errors",
        title: "Function fails often",
        kinds: &[ResourceKind::LambdaFunction],
        limits: &[ERRORS],
        saving: "failed share × function price (its retries not counted)",
        commitments: true,
        advice: "Read its logs for the error that repeats, mend it, and send what fails for good to a queue.",
        references: &[Reference {
            source: "AWS Trusted Advisor, AWS Lambda Functions with High Error Rates",
            read: "2026-11",
        }],
        judge: Judge::Logic(errors),
        ..COST
    },
    Check {
        id: "lambda_function_timeout",
        title: "Function may run far longer than it ever does",
        kinds: &[ResourceKind::LambdaFunction],
        limits: &[TIMEOUT, SLACK],
        saving: "none while nothing hangs: timeout × GiB-second price for each invocation that does",
        advice: "Lower the timeout to a small multiple of the longest invocation.",
        references: &[Reference {
            source: "AWS Lambda Developer Guide, Configure Lambda function timeout",
            read: "2026-11",
        }],
        judge: Judge::Logic(timeout),
        ..COST
    },
];

/// The metrics of a function that was invoked; the verdict where there are none.
pub fn invoked(resource: &Resource) -> Result<(&Utilization, MetricStats), Verdict> {
    let seen = resource.utilization.get().map_err(|why| {
        if why.missing_permission.is_some() {
            Verdict::NotEvaluated(why.clone())
        } else {
            Verdict::NotApplicable
        }
    })?;
    match seen.metrics.get("Invocations") {
        Some(invocations) if invocations.sum >= 1.0 => Ok((seen, *invocations)),
        _ => Err(Verdict::NotApplicable),
    }
}

fn errors(resource: &Resource, context: &Context<'_>) -> Verdict {
    let (seen, invocations) = match invoked(resource) {
        Ok(found) => found,
        Err(verdict) => return verdict,
    };
    let failed = seen.metrics.get("Errors").map_or(0.0, |errors| errors.sum);
    let share = failed / invocations.sum;
    if share * 100.0 <= context.limit(&ERRORS) {
        return Verdict::Clear;
    }
    Found::waste(
        format!("{} of {} invocations failed", number(failed), number(invocations.sum)),
        context.share(resource, share.min(1.0)),
        None,
    )
}

fn timeout(resource: &Resource, context: &Context<'_>) -> Verdict {
    let ResourceConfig::LambdaFunction(function) = &resource.config else {
        return Verdict::NotApplicable;
    };
    let timeout = f64::from(function.timeout_seconds);
    if timeout < context.limit(&TIMEOUT) {
        return Verdict::Clear;
    }
    let seen = match invoked(resource) {
        Ok((seen, _)) => seen,
        Err(verdict) => return verdict,
    };
    let Some(duration) = seen.metrics.get("Duration") else { return Verdict::NotApplicable };
    let longest = duration.maximum / 1000.0;
    if timeout < longest * context.limit(&SLACK) {
        return Verdict::Clear;
    }
    Found::waste(
        format!("a timeout of {timeout} s, and no invocation took longer than {longest:.1} s"),
        Saving::None,
        None,
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{Expect, check, function, with_metrics, without_metrics};

    fn used(invocations: f64, errors: f64, longest_ms: f64, timeout: u32) -> Resource {
        let function = function(|f| f.timeout_seconds = timeout);
        with_metrics(function, 14, ["Invocations", "Errors", "Duration"], |name, m| match name {
            "Invocations" => m.sum = invocations,
            "Errors" => m.sum = errors,
            _ => m.maximum = longest_ms,
        })
    }

    #[test]
    fn failures() {
        let row = &CHECKS[0];
        check(row, "often", used(1000.0, 101.0, 100.0, 3), Expect::Found);
        check(row, "on the threshold", used(1000.0, 100.0, 100.0, 3), Expect::Clear);
        check(row, "never invoked", used(0.0, 0.0, 0.0, 3), Expect::NotApplicable);
        check(row, "denied", without_metrics(function(|_| {})), Expect::NotEvaluated("denied"));
    }

    #[test]
    fn timeouts() {
        let row = &CHECKS[1];
        check(row, "long", used(1000.0, 0.0, 1000.0, 30), Expect::Risk);
        check(row, "on the threshold of slack", used(1000.0, 0.0, 6000.0, 30), Expect::Risk);
        check(row, "needed", used(1000.0, 0.0, 6001.0, 30), Expect::Clear);
        check(row, "short", used(1000.0, 0.0, 10.0, 29), Expect::Clear);
        let blind = without_metrics(function(|f| f.timeout_seconds = 60));
        check(row, "denied", blind, Expect::NotEvaluated("denied"));
    }
}
