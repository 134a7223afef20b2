//! # What
//! A bucket that everybody may read (S3.2) or write to (S3.3).
//! # Why
//! Data is taken, or replaced.
//! # Evidence
//! The bucket's public access block, access control list, policy and AWS's own judgement of it
//! (`s3:GetBucketPolicyStatus`), and the account's public access block.
//! # Silent when
//! A block of the bucket or of the account takes effect, or nothing allows everybody.
//! # Remedy and risk
//! None here: S3.8 proposes the bucket's block, which ends both.
//! # References
//! Security Hub S3.2, S3.3; Amazon S3 User Guide, Blocking public access to your Amazon S3 storage.

use miyabi_types::{
    evidence::Unavailable,
    finding::Severity,
    resource::{Resource, ResourceConfig, ResourceKind, s3::Bucket},
};

use crate::{
    check::{Check, Context, FSBP, Found, Judge, SECURITY, Verdict},
    policy_document::statements,
};

/// See the module.
pub const CHECKS: [Check; 2] = [
    Check {
        id: "s3_bucket_public_read",
        title: "Everybody may read the bucket",
        controls: &["S3.2"],
        judge: Judge::Logic(|resource, context| judge(resource, context, Access::Read)),
        ..PUBLIC
    },
    Check {
        id: "s3_bucket_public_write",
        title: "Everybody may write to the bucket",
        controls: &["S3.3"],
        judge: Judge::Logic(|resource, context| judge(resource, context, Access::Write)),
        ..PUBLIC
    },
];

const PUBLIC: Check = Check {
    severity: Severity::Critical,
    kinds: &[ResourceKind::S3Bucket],
    references: &[FSBP],
    ..SECURITY
};

/// What somebody does with a bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Reads or lists objects.
    Read,
    /// Adds, replaces or deletes them, or changes who may.
    Write,
}

impl Access {
    /// Actions that any policy which gives it allows one of.
    const fn actions(self) -> &'static [&'static str] {
        match self {
            Self::Read => &["s3:GetObject", "s3:GetObjectVersion", "s3:ListBucket"],
            Self::Write => &[
                "s3:DeleteObject",
                "s3:PutBucketAcl",
                "s3:PutBucketPolicy",
                "s3:PutObject",
                "s3:PutObjectAcl",
            ],
        }
    }

    /// Permissions of an access control list that give it.
    const fn permissions(self) -> &'static [&'static str] {
        match self {
            Self::Read => &["FULL_CONTROL", "READ"],
            Self::Write => &["FULL_CONTROL", "WRITE", "WRITE_ACP"],
        }
    }
}

fn judge(resource: &Resource, context: &Context<'_>, access: Access) -> Verdict {
    let ResourceConfig::S3Bucket(bucket) = &resource.config else {
        return Verdict::NotApplicable;
    };
    match exposure(resource, bucket, context, access) {
        Err(why) => Verdict::NotEvaluated(why),
        Ok(None) => Verdict::Clear,
        Ok(Some(how)) => Found::risk(how, None),
    }
}

/// How everybody gets this access to the bucket, if everybody does; or why that cannot be told.
pub fn exposure(
    resource: &Resource,
    bucket: &Bucket,
    context: &Context<'_>,
    access: Access,
) -> Result<Option<&'static str>, Unavailable> {
    let flags = bucket.public_access_block.get().map_err(Clone::clone)?;
    let by_acl = !flags.ignore_public_acls && {
        let grants = bucket.acl_grants.get().map_err(Clone::clone)?;
        grants.iter().any(|grant| {
            grant.is_public() && access.permissions().contains(&grant.permission.as_str())
        })
    };
    let by_policy = !flags.restrict_public_buckets && allows_everybody(bucket, access)?;
    if !by_acl && !by_policy {
        return Ok(None);
    }
    // The account's block, where it is set, is as good as the bucket's.
    let blocks = context
        .all_of_account(ResourceKind::S3AccountPublicAccessBlock, resource)
        .map_err(Clone::clone)?;
    let Some(ResourceConfig::S3AccountPublicAccessBlock(account)) =
        blocks.first().map(|block| &block.config)
    else {
        return Err(Unavailable::because("the account's public access block was not seen"));
    };
    Ok(
        match (by_acl && !account.ignore_public_acls, by_policy && !account.restrict_public_buckets)
        {
            (true, _) => Some("its access control list allows everybody"),
            (_, true) => Some("its policy allows everybody"),
            _ => None,
        },
    )
}

fn allows_everybody(bucket: &Bucket, access: Access) -> Result<bool, Unavailable> {
    if bucket.policy_is_public.known() == Some(&Some(false)) {
        return Ok(false);
    }
    let policy = bucket.policy.get().map_err(Clone::clone)?;
    Ok(policy.iter().flat_map(statements).any(|statement| {
        statement.is_public()
            && access.actions().iter().any(|action| statement.covers_action(action))
    }))
}

#[cfg(test)]
mod tests {
    use miyabi_types::{
        evidence::Evidence,
        resource::s3::{AclGrant, PublicAccessBlock},
    };

    use super::*;
    use crate::fixture::{Expect, account_block, allow_everybody, bucket, check_in, denied, world};

    const NO_BLOCK: PublicAccessBlock = PublicAccessBlock {
        block_public_acls: false,
        ignore_public_acls: false,
        block_public_policy: false,
        restrict_public_buckets: false,
    };

    fn open(action: &str) -> Resource {
        bucket(|b| {
            b.public_access_block = Evidence::Known(NO_BLOCK);
            b.policy_is_public = Evidence::unavailable("not asked");
            b.policy = Evidence::Known(Some(allow_everybody(action)));
        })
    }

    fn check(check: &Check, case: &str, bucket: &Resource, expect: Expect) {
        let world = world([bucket.clone(), account_block(|flags| *flags = NO_BLOCK)]);
        check_in(check, case, world, bucket, expect);
    }

    #[test]
    fn by_policy() {
        let [read, write] = &CHECKS;
        check(read, "private", &bucket(|_| {}), Expect::Clear);
        check(read, "read", &open("s3:GetObject"), Expect::Risk);
        check(write, "read only", &open("s3:GetObject"), Expect::Clear);
        check(write, "everything", &open("s3:*"), Expect::Risk);
        let aws_says_no = |mut resource: Resource| {
            let ResourceConfig::S3Bucket(bucket) = &mut resource.config else { panic!("a bucket") };
            bucket.policy_is_public = Evidence::Known(Some(false));
            resource
        };
        check(read, "AWS says no", &aws_says_no(open("s3:GetObject")), Expect::Clear);
    }

    #[test]
    fn by_access_control_list() {
        let granting = |permission: &str| {
            let grant = AclGrant {
                grantee: "http://acs.amazonaws.com/groups/global/AllUsers".into(),
                permission: permission.into(),
            };
            bucket(|b| {
                b.public_access_block = Evidence::Known(NO_BLOCK);
                b.acl_grants = Evidence::Known(vec![grant]);
            })
        };
        let [read, write] = &CHECKS;
        check(read, "read", &granting("READ"), Expect::Risk);
        check(write, "read", &granting("READ"), Expect::Clear);
        check(write, "full", &granting("FULL_CONTROL"), Expect::Risk);
    }

    #[test]
    fn a_block_takes_effect_wherever_it_is_set() {
        let resource = open("s3:GetObject");
        let blocked = world([resource.clone(), account_block(|_| {})]);
        check_in(&CHECKS[0], "the account's", blocked, &resource, Expect::Clear);
        let unseen = world([resource.clone()]);
        check_in(&CHECKS[0], "unseen", unseen, &resource, Expect::NotEvaluated("not seen"));
        let unread = bucket(|b| b.public_access_block = denied("s3:GetBucketPublicAccessBlock"));
        check(&CHECKS[0], "denied", &unread, Expect::NotEvaluated("denied"));
    }
}
