//! # What
//! A bucket policy that lets another account change the bucket's policy, access or encryption.
//! # Why
//! Whoever can do that owns the bucket.
//! # Evidence
//! `s3:GetBucketPolicy`: a statement that allows any of `DeleteBucketPolicy`, `PutBucketAcl`,
//! `PutBucketPolicy`, `PutEncryptionConfiguration`, `PutObjectAcl` to a principal of another account or to
//! everybody. Conditions are not considered, as the control says.
//! # Silent when
//! Only principals of the bucket's own account, or services, are allowed that.
//! # Remedy and risk
//! None proposed: only its owner knows what the other account is for.
//! # References
//! Security Hub S3.6.

use miyabi_types::{
    finding::Severity,
    resource::{Resource, ResourceConfig, ResourceKind},
};

use crate::{
    check::{Check, Context, FSBP, Found, Judge, SECURITY, Verdict},
    policy_document::{Statement, statements},
};

/// What other accounts may not do. Source: Security Hub S3.6.
const FORBIDDEN: [&str; 5] = [
    "s3:DeleteBucketPolicy",
    "s3:PutBucketAcl",
    "s3:PutBucketPolicy",
    "s3:PutEncryptionConfiguration",
    "s3:PutObjectAcl",
];

/// See the module.
pub const CHECK: Check = Check {
    id: "s3_bucket_cross_account",
    title: "Bucket policy lets another account control the bucket",
    severity: Severity::High,
    kinds: &[ResourceKind::S3Bucket],
    controls: &["S3.6"],
    references: &[FSBP],
    judge: Judge::Logic(judge),
    ..SECURITY
};

fn judge(resource: &Resource, _: &Context<'_>) -> Verdict {
    let ResourceConfig::S3Bucket(bucket) = &resource.config else {
        return Verdict::NotApplicable;
    };
    let policy = match bucket.policy.get() {
        Err(why) => return Verdict::NotEvaluated(why.clone()),
        Ok(None) => return Verdict::Clear,
        Ok(Some(policy)) => policy,
    };
    let own = resource.account.as_str();
    let foreign = statements(policy).find_map(|statement| control_by_others(statement, own));
    match foreign {
        None => Verdict::Clear,
        Some((principal, action)) => Found::risk(format!("{principal} may {action}"), None),
    }
}

/// A principal of another account than `own` and what it may do that it should not.
fn control_by_others<'a>(statement: Statement<'a>, own: &str) -> Option<(&'a str, &'static str)> {
    if !statement.allows() {
        return None;
    }
    let action = FORBIDDEN.into_iter().find(|action| statement.covers_action(action))?;
    let is_foreign =
        |principal: &&str| *principal != own && principal.split(':').nth(4) != Some(own);
    statement.aws_principals().find(is_foreign).map(|principal| (principal, action))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::fixture::{Expect, bucket, check, denied};
    use miyabi_types::evidence::Evidence;

    fn allowing(principal: Value, action: Value) -> Resource {
        let mut statement = json!({ "Effect": "Allow", "Resource": "*" });
        statement["Principal"] = principal;
        statement["Action"] = action;
        let policy = json!({ "Statement": statement });
        bucket(|b| b.policy = Evidence::Known(Some(policy)))
    }

    #[test]
    fn judges() {
        let other = json!({ "AWS": ["arn:aws:iam::999999999999:root"] });
        check(
            &CHECK,
            "control",
            allowing(other.clone(), json!("s3:PutBucketPolicy")),
            Expect::Risk,
        );
        check(&CHECK, "everything", allowing(other.clone(), json!("s3:*")), Expect::Risk);
        check(&CHECK, "pattern", allowing(other.clone(), json!(["s3:Put*"])), Expect::Risk);
        check(&CHECK, "reading", allowing(other.clone(), json!("s3:GetObject")), Expect::Clear);
        check(&CHECK, "everybody", allowing(json!("*"), json!("s3:PutObjectAcl")), Expect::Risk);
        let account = json!({ "AWS": "999999999999" });
        check(&CHECK, "account id", allowing(account, json!("s3:*")), Expect::Risk);
        let own = json!({ "AWS": "arn:aws:iam::123456789012:role/admin" });
        check(&CHECK, "own account", allowing(own, json!("s3:*")), Expect::Clear);
        let service = json!({ "Service": "logging.s3.amazonaws.com" });
        check(&CHECK, "service", allowing(service, json!("s3:*")), Expect::Clear);
        check(&CHECK, "no policy", bucket(|b| b.policy = Evidence::Known(None)), Expect::Clear);
        let unread = bucket(|b| b.policy = denied("s3:GetBucketPolicy"));
        check(&CHECK, "denied", unread, Expect::NotEvaluated("denied"));
    }
}
