//! # What
//! Credentials of a user that are too old (IAM.3), not protected by MFA (IAM.5), or unused for 90 days
//! (IAM.8) or 45 days (IAM.22).
//! # Why
//! A key that nobody misses is a key that nobody sees stolen.
//! # Evidence
//! IAM's credential report, which may be four hours old. A password or key that was never used counts from
//! the day it was made.
//! # Silent when
//! The user has no such credential, or it is inactive.
//! # Remedy and risk
//! None proposed: whether a key may go is its user's to say.
//! # References
//! Security Hub IAM.3 (`maxAccessKeyAge` 90), IAM.5, IAM.8 (`maxCredentialUsageAge` 90), IAM.22 (45).

use jiff::Timestamp;
use miyabi_types::{
    evidence::Unavailable,
    finding::Severity,
    resource::{
        Resource, ResourceConfig, ResourceKind,
        iam::{AccessKey, Credentials},
    },
};

use crate::check::{Check, Context, FSBP, Found, Judge, Limit, SECURITY, Threshold, Verdict};

const KEY: Limit = Limit {
    name: "access_key_days",
    what: "days since it was made, up to which an access key is fresh",
    unit: "days",
    default: 90.0,
    // The control's own figure cannot be raised.
    range: (1.0, 90.0),
    source: "Security Hub IAM.3 (maxAccessKeyAge)",
};

/// See the module.
pub const CHECKS: [Check; 4] = [
    Check {
        id: "iam_user_key_old",
        title: "Access key has not been replaced for long",
        controls: &["IAM.3"],
        limits: &[KEY],
        judge: Judge::Logic(|user, context| judge(user, context, old_keys)),
        ..USER
    },
    Check {
        id: "iam_user_console_without_mfa",
        title: "User signs in to the console without MFA",
        controls: &["IAM.5"],
        thresholds: &[Threshold { what: "MFA, where there is a password", value: "active" }],
        judge: Judge::Logic(|user, context| judge(user, context, without_mfa)),
        ..USER
    },
    Check {
        id: "iam_user_unused_90_days",
        title: "Credentials were not used for 90 days",
        controls: &["IAM.8"],
        thresholds: &[Threshold { what: "days since use", value: "below 90" }],
        judge: Judge::Logic(|user, context| judge(user, context, |c, o| unused(c, o, 90))),
        ..USER
    },
    Check {
        id: "iam_user_unused_45_days",
        title: "Credentials were not used for 45 days",
        severity: Severity::Medium,
        controls: &["IAM.22"],
        thresholds: &[Threshold { what: "days since use", value: "below 45" }],
        judge: Judge::Logic(|user, context| judge(user, context, |c, o| unused(c, o, 45))),
        ..USER
    },
];

const USER: Check = Check { kinds: &[ResourceKind::IamUser], references: &[FSBP], ..SECURITY };

/// What is wrong with credentials; nothing to say where the user has none of the kind.
type Wrong = Result<Option<Vec<String>>, Unavailable>;

fn judge(
    resource: &Resource,
    context: &Context<'_>,
    wrong: fn(&Credentials, &Context<'_>) -> Wrong,
) -> Verdict {
    let ResourceConfig::IamUser(user) = &resource.config else { return Verdict::NotApplicable };
    let credentials = match user.credentials.get() {
        Ok(credentials) => credentials,
        Err(why) => return Verdict::NotEvaluated(why.clone()),
    };
    match wrong(credentials, context) {
        Err(why) => Verdict::NotEvaluated(why),
        Ok(None) => Verdict::NotApplicable,
        Ok(Some(wrong)) if wrong.is_empty() => Verdict::Clear,
        Ok(Some(wrong)) => Found::risk(wrong.join(", "), None),
    }
}

fn active(credentials: &Credentials) -> impl Iterator<Item = &AccessKey> {
    credentials.access_keys.iter().filter(|key| key.active)
}

fn old_keys(credentials: &Credentials, context: &Context<'_>) -> Wrong {
    if active(credentials).next().is_none() {
        return Ok(None);
    }
    let mut old = Vec::new();
    for key in active(credentials) {
        let days = age(key.rotated_at, context, || format!("when key {} was made", key.slot))?;
        if days as f64 > context.limit(&KEY) {
            old.push(format!("key {} is {days} days old", key.slot));
        }
    }
    Ok(Some(old))
}

fn without_mfa(credentials: &Credentials, _: &Context<'_>) -> Wrong {
    Ok(match credentials.password_enabled {
        None => return Err(Unavailable::because("AWS did not say whether there is a password")),
        Some(false) => None,
        Some(true) if credentials.mfa_active => Some(Vec::new()),
        Some(true) => Some(vec!["a password and no MFA device".into()]),
    })
}

fn unused(credentials: &Credentials, context: &Context<'_>, most: i64) -> Wrong {
    let mut unused = Vec::new();
    let mut any = false;
    if credentials.password_enabled == Some(true) {
        any = true;
        let since = credentials.password_used_at.or(credentials.password_changed_at);
        let days = age(since, context, || "when the password was last used".into())?;
        if days >= most {
            unused.push(format!("password not used for {days} days"));
        }
    }
    for key in active(credentials) {
        any = true;
        let since = key.used_at.or(key.rotated_at);
        let days = age(since, context, || format!("when key {} was last used", key.slot))?;
        if days >= most {
            unused.push(format!("key {} not used for {days} days", key.slot));
        }
    }
    Ok(any.then_some(unused))
}

fn age(
    since: Option<Timestamp>,
    context: &Context<'_>,
    what: impl FnOnce() -> String,
) -> Result<i64, Unavailable> {
    since
        .map(|since| context.days_since(since))
        .ok_or_else(|| Unavailable::because(format!("AWS did not say {}", what())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{Expect, check, days_ago, denied, user};
    use miyabi_types::evidence::Evidence;

    fn with(credentials: Credentials) -> Resource {
        user(|user| user.credentials = Evidence::Known(credentials))
    }

    /// With a key that was made and used so many days ago.
    fn key(made: i64, used: Option<i64>) -> Resource {
        with(Credentials {
            password_enabled: Some(false),
            access_keys: vec![AccessKey {
                slot: 1,
                active: true,
                rotated_at: Some(days_ago(made)),
                used_at: used.map(days_ago),
                used_with: None,
            }],
            ..Credentials::default()
        })
    }

    /// With a password that was used so many days ago.
    fn password(used: i64, mfa_active: bool) -> Resource {
        with(Credentials {
            password_enabled: Some(true),
            password_used_at: Some(days_ago(used)),
            mfa_active,
            ..Credentials::default()
        })
    }

    #[test]
    fn keys() {
        let check = |case, user, expect| check(&CHECKS[0], case, user, expect);
        check("on the day", key(90, None), Expect::Clear);
        check("a day later", key(91, None), Expect::Risk);
        check("none", password(0, true), Expect::NotApplicable);
        let denied = user(|user| user.credentials = denied("iam:GetCredentialReport"));
        check("denied", denied, Expect::NotEvaluated("denied"));
    }

    #[test]
    fn passwords() {
        let check = |case, user, expect| check(&CHECKS[1], case, user, expect);
        check("with MFA", password(0, true), Expect::Clear);
        check("without", password(0, false), Expect::Risk);
        check("no password", key(0, None), Expect::NotApplicable);
        check("not told", with(Credentials::default()), Expect::NotEvaluated("did not say"));
    }

    #[test]
    fn what_is_not_used() {
        let [_, _, ninety, forty_five] = &CHECKS;
        check(ninety, "used", key(400, Some(89)), Expect::Clear);
        check(ninety, "unused", key(400, Some(90)), Expect::Risk);
        check(ninety, "never used and new", key(3, None), Expect::Clear);
        check(ninety, "never used and old", key(100, None), Expect::Risk);
        check(forty_five, "password", password(45, true), Expect::Risk);
        check(forty_five, "password in use", password(44, true), Expect::Clear);
        let none = Credentials { password_enabled: Some(false), ..Credentials::default() };
        check(ninety, "nothing to use", with(none), Expect::NotApplicable);
    }
}
