//! # What
//! A function with more memory than 256 MiB whose invocations are so short that less would probably do.
//! # Why
//! Memory is billed by the GiB-second, whether used or not.
//! # Evidence
//! `Duration` and `Invocations` over two weeks. What of the memory is used is only in its logs, so the saving is
//! not known.
//! # Silent when
//! It has at most 256 MiB or more than 1,792 MiB, was invoked fewer than 50 times, or an invocation took 30 % of
//! the timeout.
//! # Remedy and risk
//! None proposed: CPU comes with memory, and less of both can cost more in time.
//! # References
//! Compute Optimizer, Lambda functions (50 invocations in 14 days, up to 1,792 MB); `CloudBurn`.

use miyabi_types::{
    evidence::Unavailable,
    finding::{Saving, Severity},
    resource::{Resource, ResourceConfig, ResourceKind},
};

use super::function_errors::invoked;
use crate::check::{COST, Check, Context, Found, Judge, Limit, Reference, Verdict};

const LEAST: Limit = Limit {
    name: "function_memory_mib",
    what: "memory up to which there is little to save",
    unit: "MiB",
    default: 256.0,
    range: (128.0, 1024.0),
    source: "CloudBurn, Lambda memory (above 256 MB)",
};
const MOST: Limit = Limit {
    name: "function_memory_most_mib",
    what: "memory above which more vCPUs come with it",
    unit: "MiB",
    default: 1792.0,
    range: (256.0, 10_240.0),
    source: "AWS Compute Optimizer User Guide, Resource requirements, Lambda functions",
};
const INVOCATIONS: Limit = Limit {
    name: "function_invocations",
    what: "invocations in the look-back that are needed",
    unit: "invocations",
    default: 50.0,
    range: (1.0, 10_000.0),
    source: "AWS Compute Optimizer User Guide, Resource requirements, Lambda functions",
};
const USED: Limit = Limit {
    name: "function_duration_percent",
    what: "longest invocation as a share of the timeout, from which the memory may be needed",
    unit: "%",
    default: 30.0,
    range: (1.0, 100.0),
    source: "CloudBurn, Lambda memory (30 % of the timeout)",
};

/// See the module.
pub const CHECK: Check = Check {
    id: "lambda_function_memory",
    title: "Function may have more memory than it needs",
    severity: Severity::Informational,
    kinds: &[ResourceKind::LambdaFunction],
    limits: &[LEAST, MOST, INVOCATIONS, USED],
    saving: "unknown: freed GiB × seconds × price, and only its logs tell the memory used",
    advice: "Read the memory used in its REPORT log lines, and try sizes with AWS Lambda Power Tuning.",
    references: &[Reference {
        source: "AWS Compute Optimizer User Guide, Lambda functions",
        read: "2026-11",
    }],
    judge: Judge::Logic(judge),
    ..COST
};

fn judge(resource: &Resource, context: &Context<'_>) -> Verdict {
    let ResourceConfig::LambdaFunction(function) = &resource.config else {
        return Verdict::NotApplicable;
    };
    let memory = f64::from(function.memory_mib);
    if memory <= context.limit(&LEAST) || memory > context.limit(&MOST) {
        return Verdict::Clear;
    }
    let (seen, invocations) = match invoked(resource) {
        Ok(found) => found,
        Err(verdict) => return verdict,
    };
    if invocations.sum < context.limit(&INVOCATIONS) {
        return Verdict::NotEvaluated(Unavailable::because(format!(
            "{} invocations, {} are needed",
            invocations.sum,
            context.limit(&INVOCATIONS)
        )));
    }
    let Some(duration) = seen.metrics.get("Duration") else { return Verdict::NotApplicable };
    let share = duration.maximum / 10.0 / f64::from(function.timeout_seconds.max(1));
    if share >= context.limit(&USED) {
        return Verdict::Clear;
    }
    Found::waste(
        format!("{memory} MiB, and no invocation took more than {share:.1} % of the timeout"),
        Saving::Unknown,
        None,
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{Expect, check, function, with_metrics, without_metrics};

    fn used(memory: u32, invocations: f64, longest_ms: f64) -> Resource {
        let function = function(|f| {
            f.memory_mib = memory;
            f.timeout_seconds = 10;
        });
        with_metrics(function, 14, ["Invocations", "Duration"], |name, m| {
            if name == "Duration" { m.maximum = longest_ms } else { m.sum = invocations }
        })
    }

    #[test]
    fn judges() {
        check(&CHECK, "large and short", used(1024, 50.0, 100.0), Expect::SavesUnknown);
        check(&CHECK, "small", used(256, 50.0, 100.0), Expect::Clear);
        check(&CHECK, "vCPUs", used(1793, 50.0, 100.0), Expect::Clear);
        check(&CHECK, "on the threshold", used(1024, 50.0, 3000.0), Expect::Clear);
        check(&CHECK, "few", used(1024, 49.0, 100.0), Expect::NotEvaluated("50 are needed"));
        let blind = without_metrics(function(|f| f.memory_mib = 1024));
        check(&CHECK, "denied", blind, Expect::NotEvaluated("denied"));
    }
}
