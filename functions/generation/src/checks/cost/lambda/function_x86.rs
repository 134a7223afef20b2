//! # What
//! A function on x86 whose runtime also runs on arm64.
//! # Why
//! arm64 costs 20 % less per GB-second.
//! # Evidence
//! `lambda:ListFunctions`. Invocations are not read, so the saving is not known.
//! # Silent when
//! It runs on arm64, is a container image, or its runtime is x86 only.
//! # Remedy and risk
//! None proposed: native dependencies must be built for arm64 and tested.
//! # References
//! AWS Lambda Developer Guide, Selecting and configuring an instruction set architecture.

use miyabi_types::{
    finding::{Saving, Severity},
    resource::{Resource, ResourceConfig, ResourceKind},
};

use crate::check::{COST, Check, Context, Found, Judge, Reference, Verdict};

/// Runtimes without arm64. Source: AWS Lambda Developer Guide, Lambda runtimes.
const X86_ONLY: [&str; 9] = [
    "dotnetcore2.1",
    "dotnetcore3.1",
    "go1.x",
    "java8",
    "nodejs10.x",
    "provided",
    "python2.7",
    "python3.6",
    "python3.7",
];

/// See the module.
pub const CHECK: Check = Check {
    id: "lambda_function_x86",
    title: "Function could run on arm64 for less",
    severity: Severity::Informational,
    kinds: &[ResourceKind::LambdaFunction],
    saving: "unknown: 20 % of duration charges, and invocations are not read",
    references: &[Reference {
        source: "AWS Lambda Developer Guide, instruction set architecture",
        read: "2026-11",
    }],
    judge: Judge::Logic(judge),
    ..COST
};

fn judge(resource: &Resource, _: &Context<'_>) -> Verdict {
    let ResourceConfig::LambdaFunction(function) = &resource.config else {
        return Verdict::NotApplicable;
    };
    let Some(runtime) = function.runtime.as_deref() else { return Verdict::NotApplicable };
    if X86_ONLY.contains(&runtime) {
        return Verdict::NotApplicable;
    }
    if function.architecture != "x86_64" {
        return Verdict::Clear;
    }
    Found::waste(format!("{runtime} on x86_64"), Saving::Unknown, None)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{Expect, check, function};

    #[test]
    fn judges() {
        check(&CHECK, "x86", function(|_| {}), Expect::SavesUnknown);
        check(&CHECK, "arm", function(|f| f.architecture = "arm64".into()), Expect::Clear);
        check(&CHECK, "image", function(|f| f.runtime = None), Expect::NotApplicable);
        let old = function(|f| f.runtime = Some("go1.x".into()));
        check(&CHECK, "x86 only", old, Expect::NotApplicable);
    }
}
