//! # What
//! A function on a runtime that AWS no longer patches.
//! # Why
//! Known holes in the runtime stay open.
//! # Evidence
//! `lambda:ListFunctions` and the table of deprecation dates below, as of the day the World was seen.
//! # Silent when
//! The runtime is supported. Container images and OS-only runtimes are not judged, as the control says.
//! A runtime that the table does not know: not evaluated.
//! # Remedy and risk
//! None proposed: the code must be tested on the newer runtime.
//! # References
//! Security Hub Lambda.2; AWS Lambda Developer Guide, Lambda runtimes.

use jiff::civil::{Date, date};
use miyabi_types::{
    evidence::Unavailable,
    resource::{Resource, ResourceConfig, ResourceKind},
};

use crate::check::{Check, Context, FSBP, Found, Judge, Reference, SECURITY, Threshold, Verdict};

/// Runtimes and the day AWS stops (or stopped) patching them; `None` where none is scheduled.
/// Source: AWS Lambda Developer Guide, Lambda runtimes, supported runtimes (read 2026-11); of those that it lists
/// no longer, the dates that it gave when they were deprecated, as collected by cfn-lint.
const RUNTIMES: [(&str, Option<Date>); 40] = [
    ("dotnet10", Some(date(2028, 11, 14))),
    ("dotnet6", Some(date(2024, 12, 20))),
    ("dotnet8", Some(date(2026, 11, 10))),
    ("dotnetcore2.1", Some(date(2022, 1, 5))),
    ("dotnetcore3.1", Some(date(2023, 4, 3))),
    ("go1.x", Some(date(2024, 1, 8))),
    ("java11", Some(date(2027, 6, 30))),
    ("java11.al2023", None),
    ("java17", Some(date(2027, 6, 30))),
    ("java17.al2023", None),
    ("java21", Some(date(2029, 6, 30))),
    ("java25", Some(date(2029, 6, 30))),
    ("java8", Some(date(2024, 1, 8))),
    ("java8.al2", Some(date(2027, 6, 30))),
    ("java8.al2023", None),
    ("nodejs10.x", Some(date(2021, 7, 30))),
    ("nodejs12.x", Some(date(2023, 3, 31))),
    ("nodejs14.x", Some(date(2023, 12, 4))),
    ("nodejs16.x", Some(date(2024, 6, 12))),
    ("nodejs18.x", Some(date(2025, 9, 1))),
    ("nodejs20.x", Some(date(2026, 4, 30))),
    ("nodejs22.x", Some(date(2027, 4, 30))),
    ("nodejs24.x", Some(date(2028, 4, 30))),
    ("nodejs8.10", Some(date(2020, 3, 6))),
    ("python2.7", Some(date(2021, 7, 15))),
    ("python3.10", Some(date(2026, 10, 31))),
    ("python3.11", Some(date(2027, 6, 30))),
    ("python3.12", Some(date(2028, 10, 31))),
    ("python3.13", Some(date(2029, 6, 30))),
    ("python3.14", Some(date(2029, 6, 30))),
    ("python3.6", Some(date(2022, 7, 18))),
    ("python3.7", Some(date(2023, 12, 4))),
    ("python3.8", Some(date(2024, 10, 14))),
    ("python3.9", Some(date(2025, 12, 15))),
    ("ruby2.5", Some(date(2021, 7, 30))),
    ("ruby2.7", Some(date(2023, 12, 7))),
    ("ruby3.2", Some(date(2026, 3, 31))),
    ("ruby3.3", Some(date(2027, 3, 31))),
    ("ruby3.4", Some(date(2028, 3, 31))),
    ("ruby4.0", Some(date(2029, 3, 31))),
];

/// See the module.
pub const CHECK: Check = Check {
    id: "lambda_function_runtime_unsupported",
    title: "Function runs on a runtime that is no longer patched",
    kinds: &[ResourceKind::LambdaFunction],
    controls: &["Lambda.2"],
    thresholds: &[Threshold { what: "today", value: "at most the runtime's deprecation date" }],
    references: &[
        FSBP,
        Reference { source: "AWS Lambda Developer Guide, Lambda runtimes", read: "2026-11" },
    ],
    judge: Judge::Logic(judge),
    ..SECURITY
};

fn judge(resource: &Resource, context: &Context<'_>) -> Verdict {
    let ResourceConfig::LambdaFunction(function) = &resource.config else {
        return Verdict::NotApplicable;
    };
    let Some(runtime) = function.runtime.as_deref().filter(|name| !name.starts_with("provided"))
    else {
        return Verdict::NotApplicable;
    };
    let today = context.now().to_zoned(jiff::tz::TimeZone::UTC).date();
    match RUNTIMES.iter().find(|(name, _)| *name == runtime) {
        None => Verdict::NotEvaluated(Unavailable::because(format!(
            "the table of runtimes does not know {runtime}"
        ))),
        Some((_, Some(end))) if today > *end => {
            Found::risk(format!("{runtime} has not been patched since {end}"), None)
        }
        Some(_) => Verdict::Clear,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{Expect, check, check_in, function, world};

    fn on(runtime: &str) -> Resource {
        function(|f| f.runtime = Some(runtime.into()))
    }

    #[test]
    fn judges() {
        check(&CHECK, "supported", on("python3.13"), Expect::Clear);
        check(&CHECK, "deprecated", on("python3.8"), Expect::Risk);
        check(&CHECK, "no scheduled day", on("java17.al2023"), Expect::Clear);
        check(&CHECK, "image", function(|f| f.runtime = None), Expect::NotApplicable);
        check(&CHECK, "OS only", on("provided.al2023"), Expect::NotApplicable);
        check(&CHECK, "newer than the table", on("python4.0"), Expect::NotEvaluated("python4.0"));
    }

    #[test]
    fn on_the_day_itself_it_is_supported() {
        for (day, expect) in
            [("2026-04-30T12:00:00Z", Expect::Clear), ("2026-05-01T00:00:00Z", Expect::Risk)]
        {
            let node = on("nodejs20.x");
            let mut world = world([node.clone()]);
            world.manifest.taken_at = day.parse().unwrap();
            check_in(&CHECK, day, world, &node, expect);
        }
    }
}
