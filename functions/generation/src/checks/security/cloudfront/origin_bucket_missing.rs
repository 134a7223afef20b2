//! # What
//! A distribution that takes content from a bucket that does not exist.
//! # Why
//! Whoever creates a bucket of that name serves what they like under your name.
//! # Evidence
//! `cloudfront:ListDistributions` and `s3:ListAllMyBuckets`.
//! # Silent when
//! Every bucket among its origins is the account's. Of any other name it cannot be told whether it is
//! somebody's: not evaluated.
//! # Remedy and risk
//! None proposed: remove the origin, or create the bucket.
//! # References
//! Security Hub CloudFront.12.

use miyabi_types::{
    evidence::Unavailable,
    finding::Severity,
    resource::{Resource, ResourceConfig, ResourceKind},
};

use crate::check::{Check, Context, FSBP, Judge, SECURITY, Verdict};

/// See the module.
pub const CHECK: Check = Check {
    id: "cloudfront_origin_bucket_missing",
    title: "Distribution takes content from a bucket that does not exist",
    severity: Severity::High,
    kinds: &[ResourceKind::CloudFrontDistribution],
    controls: &["CloudFront.12"],
    references: &[FSBP],
    judge: Judge::Logic(judge),
    ..SECURITY
};

fn judge(resource: &Resource, context: &Context<'_>) -> Verdict {
    let ResourceConfig::CloudFrontDistribution(distribution) = &resource.config else {
        return Verdict::NotApplicable;
    };
    let mut buckets =
        distribution.origins.iter().filter_map(|origin| origin.s3_bucket.as_deref()).peekable();
    if buckets.peek().is_none() {
        return Verdict::NotApplicable;
    }
    for name in buckets {
        match context.find_in_account(ResourceKind::S3Bucket, name, resource) {
            Err(why) => return Verdict::NotEvaluated(why.clone()),
            Ok(Some(_)) => {}
            Ok(None) => {
                return Verdict::NotEvaluated(Unavailable::because(format!(
                    "{name} is not among the account's buckets; whether another account has it cannot be told"
                )));
            }
        }
    }
    Verdict::Clear
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{Expect, bucket, check, check_in, distribution, world};

    #[test]
    fn judges() {
        let world = world([distribution(|_| {}), bucket(|_| {})]);
        check_in(&CHECK, "own bucket", world, &distribution(|_| {}), Expect::Clear);
        check(&CHECK, "unknown bucket", distribution(|_| {}), Expect::NotEvaluated("data"));
        let custom = distribution(|d| d.origins.retain(|origin| origin.s3_bucket.is_none()));
        check(&CHECK, "no bucket", custom, Expect::NotApplicable);
    }
}
