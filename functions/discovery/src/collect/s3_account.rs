//! The account's S3 public access block. It is the account's, but S3 keeps it per region's endpoint.

use aws_sdk_s3control::{Client, types};
use futures::FutureExt;
use miyabi_types::resource::{
    Resource, ResourceConfig, ResourceKind::S3AccountPublicAccessBlock, Tags, s3::PublicAccessBlock,
};

use super::{Collected, Collector, Reach};
use crate::{call::Call, place::Place, scope::Scan};

const PUBLIC_ACCESS_BLOCK: Call =
    Call::lists("s3:GetAccountPublicAccessBlock", &[S3AccountPublicAccessBlock]);

/// Reads the account's public access block.
pub const COLLECTOR: Collector = Collector {
    service: "s3",
    reach: Reach::Global,
    calls: &[PUBLIC_ACCESS_BLOCK],
    collect: |scan| collect(scan).boxed(),
};

async fn collect(scan: &Scan) -> Collected {
    let client = Client::new(scan.sdk());
    let call = client.get_public_access_block().account_id(scan.place.account.as_str()).send();
    let absent = &["NoSuchPublicAccessBlockConfiguration"];
    let Ok(answer) = scan.find(PUBLIC_ACCESS_BLOCK, absent, call).await else {
        return Collected::default();
    };
    let flags = answer.and_then(|answer| answer.public_access_block_configuration);
    vec![resource(&scan.place, flags.as_ref())].into()
}

/// What S3 Control tells of a public access block; nothing blocks nothing.
pub(super) fn public_access_block(
    flags: Option<&types::PublicAccessBlockConfiguration>,
) -> PublicAccessBlock {
    let block = flags.map(|flags| PublicAccessBlock {
        block_public_acls: flags.block_public_acls().unwrap_or(false),
        ignore_public_acls: flags.ignore_public_acls().unwrap_or(false),
        block_public_policy: flags.block_public_policy().unwrap_or(false),
        restrict_public_buckets: flags.restrict_public_buckets().unwrap_or(false),
    });
    block.unwrap_or_default()
}

fn resource(place: &Place, flags: Option<&types::PublicAccessBlockConfiguration>) -> Resource {
    place.resource(
        place.global_arn("s3", "account-public-access-block"),
        place.account.as_str(),
        Tags::new(),
        ResourceConfig::S3AccountPublicAccessBlock(public_access_block(flags)),
    )
}

#[cfg(test)]
mod tests {
    use miyabi_types::resource::s3::PublicAccessBlock;

    use super::*;
    use crate::testing::{
        aws::{Asked, empty, error, sdk},
        coverage, of_kind, scan,
    };

    fn block(found: &Resource) -> PublicAccessBlock {
        match &found.config {
            ResourceConfig::S3AccountPublicAccessBlock(block) => *block,
            other => panic!("{other:?}"),
        }
    }

    #[tokio::test]
    async fn an_account_without_a_block_has_one_that_blocks_nothing() {
        let scanned = scan(sdk(empty), "aws-global").await;
        let found = of_kind(&scanned, S3AccountPublicAccessBlock);
        assert_eq!(block(found[0]), PublicAccessBlock::default());
        assert_eq!(found[0].id, "123456789012");
    }

    #[tokio::test]
    async fn the_flags_are_told_apart() {
        let scanned = scan(
            sdk(|asked: &Asked| match asked.service.as_str() {
                "s3-control" => (
                    200,
                    b"<PublicAccessBlockConfiguration><BlockPublicAcls>true</BlockPublicAcls>\
                      <IgnorePublicAcls>true</IgnorePublicAcls><BlockPublicPolicy>false\
                      </BlockPublicPolicy><RestrictPublicBuckets>true</RestrictPublicBuckets>\
                      </PublicAccessBlockConfiguration>"
                        .into(),
                ),
                _ => empty(asked),
            }),
            "aws-global",
        )
        .await;
        let all = PublicAccessBlock::ALL;
        let found = of_kind(&scanned, S3AccountPublicAccessBlock);
        assert_eq!(block(found[0]), PublicAccessBlock { block_public_policy: false, ..all });
    }

    #[tokio::test]
    async fn a_block_that_is_refused_is_not_taken_for_none() {
        let scanned = scan(
            sdk(|asked: &Asked| match asked.service.as_str() {
                "s3-control" => error(asked, 403, "AccessDenied"),
                _ => empty(asked),
            }),
            "aws-global",
        )
        .await;
        assert!(of_kind(&scanned, S3AccountPublicAccessBlock).is_empty());
        let action = "s3:GetAccountPublicAccessBlock";
        let why = coverage(&scanned, action).get().unwrap_err();
        assert_eq!(why.missing_permission.as_ref().unwrap().as_str(), action);
    }
}
