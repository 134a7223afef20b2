//! # What
//! A versioned bucket that keeps every noncurrent version forever.
//! # Why
//! Each overwritten or deleted object goes on being billed.
//! # Evidence
//! `s3:GetBucketVersioning`, `s3:GetLifecycleConfiguration`: no enabled rule expires noncurrent versions.
//! # Silent when
//! Versioning is off, or any enabled rule expires them.
//! # Remedy and risk
//! None proposed: expiring versions destroys data; how long they are kept is the owner's rule.
//! # References
//! S3 User Guide, Examples of S3 Lifecycle configurations.

use miyabi_types::{
    finding::Saving,
    resource::{Resource, ResourceConfig, ResourceKind},
};

use crate::check::{COST, Check, Context, Found, Judge, Reference, Verdict};

/// See the module.
pub const CHECK: Check = Check {
    id: "s3_bucket_noncurrent_kept",
    title: "Noncurrent versions are kept forever",
    kinds: &[ResourceKind::S3Bucket],
    saving: "unknown: noncurrent bytes × S3 price, and versions are not listed",
    advice: "Add a lifecycle rule that expires noncurrent versions after the days that your rules ask for.",
    references: &[Reference {
        source: "Amazon S3 User Guide, Examples of S3 Lifecycle configurations",
        read: "2026-11",
    }],
    judge: Judge::Logic(judge),
    ..COST
};

fn judge(resource: &Resource, _: &Context<'_>) -> Verdict {
    let ResourceConfig::S3Bucket(bucket) = &resource.config else {
        return Verdict::NotApplicable;
    };
    match bucket.versioning.get() {
        Err(why) => return Verdict::NotEvaluated(why.clone()),
        Ok(versioning) if versioning.as_deref() != Some("Enabled") => {
            return Verdict::NotApplicable;
        }
        Ok(_) => {}
    }
    match bucket.lifecycle.get() {
        Err(why) => Verdict::NotEvaluated(why.clone()),
        Ok(rules) if rules.iter().any(|r| r.enabled && r.noncurrent_expiration_days.is_some()) => {
            Verdict::Clear
        }
        Ok(_) => Found::waste(
            "versioned, and no lifecycle rule expires noncurrent versions",
            Saving::Unknown,
            None,
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{Expect, bucket, check, denied, lifecycle_rule};
    use miyabi_types::evidence::Evidence;

    #[test]
    fn judges() {
        check(&CHECK, "versioned", bucket(|_| {}), Expect::SavesUnknown);
        let off = bucket(|b| b.versioning = Evidence::Known(None));
        check(&CHECK, "not versioned", off, Expect::NotApplicable);
        let expiring = bucket(|b| {
            let mut rule = lifecycle_rule();
            rule.noncurrent_expiration_days = Some(30);
            b.lifecycle = Evidence::Known(vec![rule]);
        });
        check(&CHECK, "expiring", expiring, Expect::Clear);
        let unread = bucket(|b| b.versioning = denied("s3:GetBucketVersioning"));
        check(&CHECK, "versioning denied", unread, Expect::NotEvaluated("denied"));
        let unread = bucket(|b| b.lifecycle = denied("s3:GetLifecycleConfiguration"));
        check(&CHECK, "lifecycle denied", unread, Expect::NotEvaluated("denied"));
    }
}
