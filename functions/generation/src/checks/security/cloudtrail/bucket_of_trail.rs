//! # What
//! A trail whose bucket is public (CloudTrail.6) or logs nobody's access to it (CloudTrail.7).
//! # Why
//! Log files tell an attacker what to attack, and whoever changes them hides.
//! # Evidence
//! `cloudtrail:DescribeTrails`; of the bucket its policy's status, access control list, public access block
//! and logging.
//! # Silent when
//! The bucket is neither. A bucket of another account is not seen: not evaluated.
//! # Remedy and risk
//! None here: the bucket's own controls propose to block public access.
//! # References
//! Security Hub CloudTrail.6, CloudTrail.7.

use miyabi_types::{
    evidence::Unavailable,
    finding::Severity,
    resource::{Resource, ResourceConfig, ResourceKind, s3::Bucket},
};

use crate::{
    check::{Check, Context, FSBP, Found, Judge, SECURITY, Threshold, Verdict},
    checks::security::s3::bucket_public::{Access, exposure},
};

/// See the module.
pub const CHECKS: [Check; 2] = [
    Check {
        id: "cloudtrail_bucket_public",
        title: "Bucket of the trail's log files is public",
        severity: Severity::Critical,
        controls: &["CloudTrail.6"],
        judge: Judge::Logic(|trail, context| judge(trail, context, public)),
        ..OF_TRAIL
    },
    Check {
        id: "cloudtrail_bucket_not_logged",
        title: "Access to the trail's log files is not logged",
        severity: Severity::Low,
        controls: &["CloudTrail.7"],
        thresholds: &[Threshold { what: "access logging of the trail's bucket", value: "on" }],
        judge: Judge::Logic(|trail, context| judge(trail, context, not_logged)),
        ..OF_TRAIL
    },
];

const OF_TRAIL: Check =
    Check { kinds: &[ResourceKind::CloudTrailTrail], references: &[FSBP], ..SECURITY };

type Wrong = Result<Option<&'static str>, Unavailable>;

fn judge(
    resource: &Resource,
    context: &Context<'_>,
    wrong: fn(&Resource, &Bucket, &Context<'_>) -> Wrong,
) -> Verdict {
    let ResourceConfig::CloudTrailTrail(trail) = &resource.config else {
        return Verdict::NotApplicable;
    };
    let Some(name) = &trail.bucket else { return Verdict::NotApplicable };
    let found = match context.find_in_account(ResourceKind::S3Bucket, name, resource) {
        Ok(found) => found,
        Err(why) => return Verdict::NotEvaluated(why.clone()),
    };
    let Some((found, ResourceConfig::S3Bucket(bucket))) = found.map(|found| (found, &found.config))
    else {
        return Verdict::NotEvaluated(Unavailable::because(format!(
            "its bucket {name} is not among the account's"
        )));
    };
    match wrong(found, bucket, context) {
        Err(why) => Verdict::NotEvaluated(why),
        Ok(None) => Verdict::Clear,
        Ok(Some(what)) => Found::risk(format!("{name}: {what}"), None),
    }
}

fn public(resource: &Resource, bucket: &Bucket, context: &Context<'_>) -> Wrong {
    match exposure(resource, bucket, context, Access::Read)? {
        Some(how) => Ok(Some(how)),
        None => exposure(resource, bucket, context, Access::Write),
    }
}

fn not_logged(_: &Resource, bucket: &Bucket, _: &Context<'_>) -> Wrong {
    let logging = bucket.logging.get().map_err(Clone::clone)?;
    Ok(logging.is_none().then_some("access is not logged"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{
        Expect, account_block, allow_everybody, bucket, check, check_in, denied, trail, world,
    };
    use miyabi_types::{
        evidence::Evidence,
        resource::s3::{BucketLogging, PublicAccessBlock},
    };

    fn check_with(check: &Check, case: &str, bucket: Resource, expect: Expect) {
        let trail = trail(|trail| trail.bucket = Some("data".into()));
        let block = account_block(|flags| *flags = PublicAccessBlock::default());
        check_in(check, case, world([trail.clone(), bucket, block]), &trail, expect);
    }

    #[test]
    fn public_buckets() {
        check_with(&CHECKS[0], "private", bucket(|_| {}), Expect::Clear);
        let public = bucket(|b| {
            b.public_access_block = Evidence::Known(PublicAccessBlock::default());
            b.policy_is_public = Evidence::Known(Some(true));
            b.policy = Evidence::Known(Some(allow_everybody("s3:GetObject")));
        });
        check_with(&CHECKS[0], "public", public, Expect::Risk);
        check(&CHECKS[0], "of another account", trail(|_| {}), Expect::NotEvaluated("not among"));
    }

    #[test]
    fn logged_buckets() {
        check_with(&CHECKS[1], "not logged", bucket(|_| {}), Expect::Risk);
        let logging = BucketLogging { target_bucket: "logs".into(), target_prefix: String::new() };
        let logged = bucket(|b| b.logging = Evidence::Known(Some(logging)));
        check_with(&CHECKS[1], "logged", logged, Expect::Clear);
        let unread = bucket(|b| b.logging = denied("s3:GetBucketLogging"));
        check_with(&CHECKS[1], "denied", unread, Expect::NotEvaluated("denied"));
    }
}
