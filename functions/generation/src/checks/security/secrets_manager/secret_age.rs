//! # What
//! A secret whose rotation is overdue (SecretsManager.2), that nobody read (SecretsManager.3) or that was not
//! replaced (SecretsManager.4) for long.
//! # Why
//! The longer a secret lasts, the more have seen it; one that nobody reads is only there to be stolen.
//! # Evidence
//! `secretsmanager:ListSecrets`: when it was made, read, replaced, and is to be replaced next.
//! # Silent when
//! All of it is recent. A secret that was never read or replaced counts from the day it was made. Rotation
//! is overdue a day after it was due; secrets without rotation have none to be late.
//! # Remedy and risk
//! None proposed: what uses the secret must get the new one.
//! # References
//! Security Hub SecretsManager.2, SecretsManager.3 (`unusedForDays` 90), SecretsManager.4
//! (`maxDaysSinceRotation` 90).

use jiff::Timestamp;
use miyabi_types::{
    evidence::Unavailable,
    resource::{Resource, ResourceConfig, ResourceKind, secrets_manager::Secret},
};

use crate::check::{Check, Context, FSBP, Found, Judge, Limit, SECURITY, Threshold, Verdict};

const UNUSED: Limit = Limit {
    name: "secret_unused_days",
    what: "days since it was read, up to which a secret is in use",
    unit: "days",
    default: 90.0,
    range: (1.0, 365.0),
    source: "Security Hub SecretsManager.3 (unusedForDays)",
};
const OLD: Limit = Limit {
    name: "secret_rotation_days",
    what: "days since it was replaced, up to which a secret is fresh",
    unit: "days",
    default: 90.0,
    range: (1.0, 180.0),
    source: "Security Hub SecretsManager.4 (maxDaysSinceRotation)",
};

/// See the module.
pub const CHECKS: [Check; 3] = [
    Check {
        id: "secret_rotation_overdue",
        title: "Secret should have been replaced by now",
        controls: &["SecretsManager.2"],
        thresholds: &[Threshold { what: "days since rotation was due", value: "at most 1" }],
        judge: Judge::Logic(|resource, context| judge(resource, context, overdue)),
        ..SECRET
    },
    Check {
        id: "secret_unused",
        title: "Nobody has read the secret for long",
        controls: &["SecretsManager.3"],
        limits: &[UNUSED],
        judge: Judge::Logic(|resource, context| {
            judge(resource, context, |resource, secret, context| {
                within(secret.accessed_at, resource, context, &UNUSED, "read")
            })
        }),
        ..SECRET
    },
    Check {
        id: "secret_old",
        title: "Secret has not been replaced for long",
        controls: &["SecretsManager.4"],
        limits: &[OLD],
        judge: Judge::Logic(|resource, context| {
            judge(resource, context, |resource, secret, context| {
                within(secret.rotated_at, resource, context, &OLD, "replaced")
            })
        }),
        ..SECRET
    },
];

const SECRET: Check =
    Check { kinds: &[ResourceKind::SecretsManagerSecret], references: &[FSBP], ..SECURITY };

fn judge(
    resource: &Resource,
    context: &Context<'_>,
    judge: fn(&Resource, &Secret, &Context<'_>) -> Verdict,
) -> Verdict {
    match &resource.config {
        ResourceConfig::SecretsManagerSecret(secret) => judge(resource, secret, context),
        _ => Verdict::NotApplicable,
    }
}

fn overdue(_: &Resource, secret: &Secret, context: &Context<'_>) -> Verdict {
    if !secret.rotation_enabled {
        return Verdict::NotApplicable;
    }
    match secret.next_rotation_at {
        None => Verdict::NotEvaluated(Unavailable::because("AWS did not say when it is due")),
        Some(due) if context.days_since(due) > 1 => Found::risk(format!("was due on {due}"), None),
        Some(_) => Verdict::Clear,
    }
}

fn within(
    last: Option<Timestamp>,
    resource: &Resource,
    context: &Context<'_>,
    most: &Limit,
    what: &str,
) -> Verdict {
    let Some(since) = last.or(resource.created_at) else {
        return Verdict::NotEvaluated(Unavailable::because(format!(
            "AWS did not say when it was made or {what}"
        )));
    };
    let days = context.days_since(since);
    if days as f64 <= context.limit(most) {
        return Verdict::Clear;
    }
    let never = if last.is_none() { "never, and made" } else { "last" };
    Found::risk(format!("{what} {never} {days} days ago"), None)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{Expect, check, days_ago, secret};

    #[test]
    fn judges() {
        let [late, unused, old] = &CHECKS;
        for check_ in &CHECKS {
            check(check_, "all recent", secret(|_| {}), Expect::Clear);
        }
        let due = |days: i64| secret(|s| s.next_rotation_at = Some(days_ago(days)));
        check(late, "a day late", due(1), Expect::Clear);
        check(late, "two days late", due(2), Expect::Risk);
        check(late, "no rotation", secret(|s| s.rotation_enabled = false), Expect::NotApplicable);
        let read = |days: i64| secret(|s| s.accessed_at = Some(days_ago(days)));
        check(unused, "on the day", read(90), Expect::Clear);
        check(unused, "a day later", read(91), Expect::Risk);
        // Fixtures are 200 days old.
        check(unused, "never", secret(|s| s.accessed_at = None), Expect::Risk);
        check(old, "never", secret(|s| s.rotated_at = None), Expect::Risk);
    }
}
