//! Settings of an account or of a region, which CloudFormation has no types for.

use miyabi_types::resource::ResourceConfig;

use crate::iac::{
    code::Place,
    expr::{
        Body,
        Concern::{Data, Security},
        Declaration,
    },
};

pub fn password_policy(place: &Place<'_, '_>) -> Vec<Declaration> {
    let ResourceConfig::IamPasswordPolicy(policy) = &place.resource().config else {
        return Vec::new();
    };
    let Some(rules) = &policy.policy else { return Vec::new() };
    let body = Body::new()
        .set("minimum_password_length", rules.minimum_length)
        .set("require_uppercase_characters", rules.require_uppercase)
        .set("require_lowercase_characters", rules.require_lowercase)
        .set("require_numbers", rules.require_numbers)
        .set("require_symbols", rules.require_symbols)
        .set("allow_users_to_change_password", rules.allow_users_to_change)
        .maybe("max_password_age", rules.max_age_days)
        .maybe("password_reuse_prevention", rules.reuse_prevention)
        .set("hard_expiry", rules.hard_expiry);
    vec![
        Declaration::new("aws_iam_account_password_policy", Security, body)
            .part("password policy")
            .id("iam-account-password-policy"),
    ]
}

pub fn region_defaults(place: &Place<'_, '_>) -> Vec<Declaration> {
    let ResourceConfig::Ec2RegionDefaults(defaults) = &place.resource().config else {
        return Vec::new();
    };
    let body = Body::new().set("enabled", defaults.ebs_encryption_by_default);
    vec![
        Declaration::new("aws_ebs_encryption_by_default", Data, body)
            .part("encryption")
            .id("default"),
    ]
}

pub fn public_access_block(place: &Place<'_, '_>) -> Vec<Declaration> {
    let ResourceConfig::S3AccountPublicAccessBlock(flags) = &place.resource().config else {
        return Vec::new();
    };
    let body = Body::new()
        .set("block_public_acls", flags.block_public_acls)
        .set("block_public_policy", flags.block_public_policy)
        .set("ignore_public_acls", flags.ignore_public_acls)
        .set("restrict_public_buckets", flags.restrict_public_buckets);
    vec![
        Declaration::new("aws_s3_account_public_access_block", Data, body)
            .part("public access block")
            .id(place.resource().account.as_str()),
    ]
}
