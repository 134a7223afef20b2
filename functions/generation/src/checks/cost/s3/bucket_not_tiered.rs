//! # What
//! A bucket that keeps much in Standard and moves nothing to another storage class.
//! # Why
//! What is not read for 30 days costs less in Intelligent-Tiering, which moves it by itself and charges nothing
//! for reading it again.
//! # Evidence
//! `s3:GetLifecycleConfiguration`, and sizes and objects from `CloudWatch`'s storage metrics. How much of it is read
//! is not known, so the saving is an estimate that takes half of it for cold.
//! # Silent when
//! Any enabled rule moves or expires current objects, Standard holds less than 100 GiB, or objects have less than
//! 128 KiB on average: such are never moved, and would only be monitored.
//! # Remedy and risk
//! None proposed: the rule itself is free of risk, but moving costs a request for each object.
//! # References
//! S3 User Guide, How S3 Intelligent-Tiering works; Turbot AWS Thrifty, S3; Security Hub S3.13.

use miyabi_types::{
    finding::Saving,
    money::MonthlyUsd,
    pricing::s3::WATCHED_OBJECT,
    resource::{Resource, ResourceConfig, ResourceKind, s3::Bucket},
};

use crate::check::{COST, Check, Context, Found, Judge, Limit, Reference, Verdict};

const LEAST_GIB: Limit = Limit {
    name: "tiering_gib",
    what: "GiB in Standard, from which tiering is worth a rule",
    unit: "GiB",
    default: 100.0,
    range: (1.0, 100_000.0),
    source: "our choice: below it less than a dollar a month",
};
const OBJECT_KIB: Limit = Limit {
    name: "tiering_object_kib",
    what: "mean size of objects, from which they are moved",
    unit: "KiB",
    default: 128.0,
    range: (128.0, 1024.0),
    source: "Amazon S3 User Guide, How S3 Intelligent-Tiering works (128 KB)",
};
const COLD: Limit = Limit {
    name: "cold_percent",
    what: "bytes that are taken for not read within 30 days",
    unit: "%",
    default: 50.0,
    range: (0.0, 100.0),
    source: "our choice: an estimate until storage class analysis tells",
};

/// See the module.
pub const CHECK: Check = Check {
    id: "s3_bucket_not_tiered",
    title: "Bucket keeps everything in Standard for good",
    kinds: &[ResourceKind::S3Bucket],
    limits: &[LEAST_GIB, OBJECT_KIB, COLD],
    saving: "GiB × cold share × (Standard price − Infrequent Access price) − monitoring of objects",
    advice: "Add a lifecycle rule: to Intelligent-Tiering where the use is not known, to Standard-IA after \
             30 days or Glacier after 90 where it is, and let expire what has an end.",
    references: &[Reference {
        source: "Amazon S3 User Guide, How S3 Intelligent-Tiering works",
        read: "2026-11",
    }],
    judge: Judge::Logic(judge),
    ..COST
};

fn judge(resource: &Resource, context: &Context<'_>) -> Verdict {
    let ResourceConfig::S3Bucket(bucket) = &resource.config else {
        return Verdict::NotApplicable;
    };
    let rules = match bucket.lifecycle.get() {
        Ok(rules) => rules,
        Err(why) => return Verdict::NotEvaluated(why.clone()),
    };
    let moves = rules.iter().any(|rule| {
        rule.enabled && (!rule.transitions.is_empty() || rule.expiration_days.is_some())
    });
    if moves {
        return Verdict::Clear;
    }
    let (sizes, objects) = match (bucket.size_by_type.get(), bucket.object_count.get()) {
        (Ok(sizes), Ok(objects)) => (sizes, *objects),
        (Err(why), _) | (_, Err(why)) => return Verdict::NotEvaluated(why.clone()),
    };
    let bytes = sizes.get("StandardStorage").copied().unwrap_or(0);
    let gib = bytes as f64 / f64::from(1 << 30);
    let mean_kib = bytes as f64 / 1024.0 / objects.max(1) as f64;
    if gib < context.limit(&LEAST_GIB) || mean_kib < context.limit(&OBJECT_KIB) {
        return Verdict::Clear;
    }
    let saving = match estimate(resource, bucket, bytes, context) {
        Some(saving) if saving > MonthlyUsd::ZERO => Saving::Estimated(saving),
        Some(_) => return Verdict::Clear,
        None => Saving::Unknown,
    };
    Found::waste(
        format!(
            "{gib:.0} GiB in Standard, {mean_kib:.0} KiB an object, and no rule that moves any"
        ),
        saving,
        None,
    )
}

/// What tiering saves if the cold share moves to the tier of infrequent access; monitoring comes off it.
fn estimate(
    resource: &Resource,
    bucket: &Bucket,
    bytes: u64,
    context: &Context<'_>,
) -> Option<MonthlyUsd> {
    let cold = (bytes as f64 * context.limit(&COLD) / 100.0) as u64;
    let mut sizes = bucket.size_by_type.known()?.clone();
    sizes.insert("StandardStorage".into(), bytes - cold);
    *sizes.entry("IntelligentTieringIAStorage".into()).or_default() += cold;
    let mut changed = bucket.clone();
    changed.size_by_type = miyabi_types::evidence::Evidence::Known(sizes);
    let before = context.cost(resource)?;
    let after = context.cost_as(resource, ResourceConfig::S3Bucket(changed.into()))?;
    let objects = *bucket.object_count.known()? as f64;
    Some(before - after - context.rate(resource, &WATCHED_OBJECT, objects)?)
}

#[cfg(test)]
mod tests {
    use miyabi_types::evidence::Evidence;

    use super::*;
    use crate::fixture::{Expect, bucket, check, denied, lifecycle_rule};

    fn stored(gib: u64, objects: u64, edit: impl FnOnce(&mut Bucket)) -> Resource {
        bucket(|b| {
            b.size_by_type = Evidence::Known([("StandardStorage".into(), gib << 30)].into());
            b.object_count = Evidence::Known(objects);
            edit(b);
        })
    }

    #[test]
    fn judges() {
        check(&CHECK, "large", stored(1000, 10_000, |_| {}), Expect::Found);
        check(&CHECK, "on the threshold", stored(100, 1000, |_| {}), Expect::Found);
        check(&CHECK, "small", stored(99, 1000, |_| {}), Expect::Clear);
        check(&CHECK, "small objects", stored(1000, 1 << 24, |_| {}), Expect::Clear);
        let moved = stored(1000, 10_000, |b| {
            let mut rule = lifecycle_rule();
            rule.transitions = vec![(30, "STANDARD_IA".into())];
            b.lifecycle = Evidence::Known(vec![rule]);
        });
        check(&CHECK, "moved", moved, Expect::Clear);
        let unread = bucket(|b| b.lifecycle = denied("s3:GetLifecycleConfiguration"));
        check(&CHECK, "denied", unread, Expect::NotEvaluated("denied"));
    }
}
