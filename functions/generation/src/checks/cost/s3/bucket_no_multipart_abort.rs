//! # What
//! A bucket without a rule that aborts incomplete multipart uploads.
//! # Why
//! Parts of uploads that never finished are billed and shown nowhere.
//! # Evidence
//! `s3:GetLifecycleConfiguration`: no enabled rule for the whole bucket that aborts them. How many there are
//! is not read, so the saving is not known.
//! # Silent when
//! Such a rule exists, whatever its number of days.
//! # Remedy and risk
//! Add a rule that aborts them seven days after they began. An upload that takes longer would be lost.
//! # References
//! S3 User Guide, Configuring a lifecycle rule to abort incomplete multipart uploads.

use miyabi_types::{
    action::{Operation, TargetState},
    finding::Saving,
    resource::{
        Resource, ResourceConfig, ResourceKind,
        s3::{Bucket, LifecycleRule},
    },
};
use serde_json::{Value, json};

use crate::check::{COST, Check, Context, Found, Judge, Reference, Remedy, Threshold, Verdict};

/// Days after which an incomplete upload is aborted. Source: S3 User Guide's own example.
const ABORT_AFTER_DAYS: u32 = 7;

/// See the module.
pub const CHECK: Check = Check {
    id: "s3_bucket_no_multipart_abort",
    title: "Incomplete multipart uploads are kept forever",
    kinds: &[ResourceKind::S3Bucket],
    thresholds: &[Threshold { what: "days until an upload is aborted", value: "any; 7 are set" }],
    saving: "unknown: stored parts × S3 price, and parts are not listed",
    operation: Some(Operation::AbortMultipartUploads),
    references: &[Reference {
        source: "Amazon S3 User Guide, abort incomplete multipart uploads with a lifecycle rule",
        read: "2026-11",
    }],
    judge: Judge::Logic(judge),
    ..COST
};

fn judge(resource: &Resource, _: &Context<'_>) -> Verdict {
    let ResourceConfig::S3Bucket(bucket) = &resource.config else {
        return Verdict::NotApplicable;
    };
    match bucket.lifecycle.get() {
        Err(why) => Verdict::NotEvaluated(why.clone()),
        Ok(rules) if abort_days(rules).is_some() => Verdict::Clear,
        Ok(_) => Found::waste(
            "no lifecycle rule for the whole bucket aborts incomplete uploads",
            Saving::Unknown,
            abort_uploads(resource, bucket),
        ),
    }
}

/// The smallest number of days of an enabled rule for the whole bucket.
fn abort_days(rules: &[LifecycleRule]) -> Option<u32> {
    rules
        .iter()
        .filter(|rule| rule.enabled && !rule.filtered)
        .filter(|rule| rule.prefix.as_deref().unwrap_or_default().is_empty())
        .filter_map(|rule| rule.abort_multipart_days)
        .min()
}

/// Adds the rule; `None` where a rule is there or cannot be read.
pub fn abort_uploads(resource: &Resource, bucket: &Bucket) -> Option<Remedy> {
    let rules = bucket.lifecycle.known()?;
    abort_days(rules).is_none().then(|| {
        Remedy::new(
            Operation::AbortMultipartUploads,
            resource,
            TargetState::present([("abort_multipart_days", Value::Null)]),
            TargetState::present([("abort_multipart_days", json!(ABORT_AFTER_DAYS))]),
        )
        .explained(
            format!("Abort multipart uploads that are incomplete after {ABORT_AFTER_DAYS} days"),
            format!("An upload that takes longer than {ABORT_AFTER_DAYS} days would be lost."),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{Expect, bucket, check, denied, lifecycle_rule};
    use miyabi_types::evidence::Evidence;

    fn with_rule(edit: impl FnOnce(&mut LifecycleRule)) -> Resource {
        bucket(|b| {
            let mut rule = lifecycle_rule();
            rule.abort_multipart_days = Some(7);
            edit(&mut rule);
            b.lifecycle = Evidence::Known(vec![rule]);
        })
    }

    #[test]
    fn judges() {
        let none = bucket(|b| b.lifecycle = Evidence::Known(vec![]));
        check(&CHECK, "no rule", none, Expect::SavesUnknown);
        check(&CHECK, "rule", with_rule(|_| {}), Expect::Clear);
        check(
            &CHECK,
            "slow rule",
            with_rule(|r| r.abort_multipart_days = Some(365)),
            Expect::Clear,
        );
        check(&CHECK, "disabled", with_rule(|r| r.enabled = false), Expect::SavesUnknown);
        check(&CHECK, "part", with_rule(|r| r.prefix = Some("logs/".into())), Expect::SavesUnknown);
        check(&CHECK, "whole", with_rule(|r| r.prefix = Some(String::new())), Expect::Clear);
        check(&CHECK, "tagged objects", with_rule(|r| r.filtered = true), Expect::SavesUnknown);
        let unread = bucket(|b| b.lifecycle = denied("s3:GetLifecycleConfiguration"));
        check(&CHECK, "denied", unread, Expect::NotEvaluated("denied"));
    }
}
