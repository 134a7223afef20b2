//! `CloudWatch` Logs: events that are kept for good, and groups of functions that are gone.

use miyabi_types::{
    action::{Operation, TargetState},
    finding::Saving,
    plan::Confidence,
    resource::{Resource, ResourceConfig, ResourceKind, logs::LogGroup},
};
use serde_json::json;

use crate::check::{COST, Check, Context, Found, Judge, Limit, Reference, Remedy, Verdict};

const RETENTION: Limit = Limit {
    name: "log_retention_days",
    what: "days that events should be kept at most",
    unit: "days",
    default: 90.0,
    range: (1.0, 3653.0),
    source: "aws-cost-scanner, log groups (90 days); choose what your rules ask for",
};
const LEAST_GIB: Limit = Limit {
    name: "log_group_gib",
    what: "GiB stored, from which a log group matters",
    unit: "GiB",
    default: 1.0,
    range: (0.0, 10_000.0),
    source: "CloudBurn, log groups of at least 1 GiB",
};
/// What CloudWatch Logs accepts. Source: Amazon CloudWatch Logs API reference, `PutRetentionPolicy`.
const ACCEPTED: [u32; 22] = [
    1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922,
    3288, 3653,
];

const LOGS: Reference = Reference {
    source: "Amazon CloudWatch Logs API Reference, PutRetentionPolicy",
    read: "2026-11",
};

/// The rows.
pub const CHECKS: [Check; 2] = [
    Check {
        id: "logs_group_no_retention",
        title: "Log events are kept forever",
        kinds: &[ResourceKind::LogGroup],
        limits: &[RETENTION, LEAST_GIB],
        saving: "GiB × price × share of events that are older, if they came evenly since the group was made",
        operation: Some(Operation::SetLogRetention),
        references: &[LOGS],
        judge: Judge::Logic(retention),
        ..COST
    },
    Check {
        id: "logs_group_orphaned",
        title: "Log group of a function that is gone",
        kinds: &[ResourceKind::LogGroup],
        saving: "GiB × price",
        advice: "Export what must be kept to S3 and delete the group.",
        references: &[LOGS],
        judge: Judge::Logic(orphaned),
        ..COST
    },
];

fn gib(group: &LogGroup) -> f64 {
    group.stored_bytes as f64 / f64::from(1 << 30)
}

fn retention(resource: &Resource, context: &Context<'_>) -> Verdict {
    let ResourceConfig::LogGroup(group) = &resource.config else { return Verdict::NotApplicable };
    if group.retention_days.is_some() || gib(group) < context.limit(&LEAST_GIB) {
        return Verdict::Clear;
    }
    let wanted = context.limit(&RETENTION) as u32;
    let days = ACCEPTED.into_iter().find(|days| *days >= wanted).unwrap_or(3653);
    let older = resource.created_at.map(|at| {
        let age = context.days_since(at).max(1) as f64;
        (1.0 - f64::from(days) / age).max(0.0)
    });
    let state = |days: Option<u32>| TargetState::present([("retention_days", json!(days))]);
    let remedy = Remedy::new(Operation::SetLogRetention, resource, state(None), state(Some(days)))
        .explained(
            format!("Keep log events for {days} days"),
            format!("Events older than {days} days are deleted within some days, for good."),
        )
        .confidence(Confidence::Medium);
    Found::waste(
        format!("{:.1} GiB are kept, and nothing expires", gib(group)),
        older.map_or(Saving::Unknown, |share| context.share(resource, share)),
        Some(remedy),
    )
}

fn orphaned(resource: &Resource, context: &Context<'_>) -> Verdict {
    let ResourceConfig::LogGroup(group) = &resource.config else { return Verdict::NotApplicable };
    let Some(function) = resource.id.strip_prefix("/aws/lambda/") else {
        return Verdict::NotApplicable;
    };
    // Functions at the edge log under the region that they come from.
    if function.contains('.') || group.stored_bytes == 0 {
        return Verdict::Clear;
    }
    if context.find(ResourceKind::LambdaFunction, function, resource).is_some() {
        return Verdict::Clear;
    }
    if let Some(why) = context.unseen(ResourceKind::LambdaFunction, resource) {
        return Verdict::NotEvaluated(why.clone());
    }
    Found::waste(
        format!("{:.2} GiB of the function {function}, which is gone", gib(group)),
        context.cost(resource).map_or(Saving::Unknown, Saving::Exact),
        None,
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{Expect, check, check_in, deny, function, services::log_group, world};

    #[test]
    fn events_that_never_expire() {
        let row = &CHECKS[0];
        check(row, "forever", log_group(|_| {}), Expect::Found);
        check(row, "90 days", log_group(|g| g.retention_days = Some(90)), Expect::Clear);
        let small = log_group(|g| g.stored_bytes = (1 << 30) - 1);
        check(row, "below the threshold", small, Expect::Clear);
        check(row, "on the threshold", log_group(|g| g.stored_bytes = 1 << 30), Expect::Found);
        let mut unknown = log_group(|_| {});
        unknown.created_at = None;
        check(row, "unknown age", unknown, Expect::SavesUnknown);
    }

    #[test]
    fn the_default_is_accepted() {
        assert!(ACCEPTED.contains(&(RETENTION.default as u32)));
    }

    #[test]
    fn groups_of_functions() {
        let row = &CHECKS[1];
        check(row, "gone", log_group(|_| {}), Expect::Found);
        let group = log_group(|_| {});
        check_in(row, "there", world([group.clone(), function(|_| {})]), &group, Expect::Clear);
        let mut unseen = world([group.clone()]);
        deny(&mut unseen, "lambda:ListFunctions", &[ResourceKind::LambdaFunction]);
        check_in(row, "denied", unseen, &group, Expect::NotEvaluated("denied"));
        let mut other = log_group(|_| {});
        other.id = "shop".into();
        check(row, "of something else", other, Expect::NotApplicable);
    }
}
