//! # What
//! A function on x86 whose runtime also runs on arm64.
//! # Why
//! arm64 costs 20 % less per GB-second.
//! # Evidence
//! `lambda:ListFunctions`; what it costs with the use of the last two weeks on either.
//! # Silent when
//! It runs on arm64, is a container image, its runtime is x86 only, or it was not used and saves nothing.
//! # Remedy and risk
//! None proposed: native dependencies must be built for arm64 and tested.
//! # References
//! AWS Lambda Developer Guide, Selecting and configuring an instruction set architecture.

use miyabi_types::{
    finding::{Saving, Severity},
    resource::{Resource, ResourceConfig, ResourceKind, lambda::Function},
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
    saving: "function price on x86 − function price on arm64, with the same use",
    commitments: true,
    advice: "Build its dependencies for arm64, and move traffic by a weighted alias.",
    references: &[Reference {
        source: "AWS Lambda Developer Guide, instruction set architecture",
        read: "2026-11",
    }],
    judge: Judge::Logic(judge),
    ..COST
};

fn judge(resource: &Resource, context: &Context<'_>) -> Verdict {
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
    let changed = Function { architecture: "arm64".into(), ..function.clone() };
    let saving = match context.saving_as(resource, ResourceConfig::LambdaFunction(changed)) {
        None => return Verdict::Clear,
        // The same work may take another time there.
        Some(Saving::Exact(amount)) => Saving::Estimated(amount),
        Some(other) => other,
    };
    Found::waste(format!("{runtime} on x86_64"), saving, None)
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
