//! Controls of access points to buckets that compare one setting.

use miyabi_types::{
    finding::Severity,
    resource::{ResourceKind, s3::PublicAccessBlock},
};

use super::super::row::{ROW, Row, of};
use crate::check::{Check, FSBP_QUOTED, Reading, Threshold};

/// Neither can be changed afterwards: an access point is made again (Amazon S3 User Guide, Managing public access
/// to access points and Creating a Multi-Region Access Point; read in November 2026).
const ALL: &[Threshold; 1] = &[Threshold { what: "PublicAccessBlock", value: "all four flags" }];

/// The table.
pub const CHECKS: [Check; 2] = [
    Row {
        id: "s3_access_point_public",
        title: "Access point does not block public access",
        control: &["S3.19"],
        references: &[FSBP_QUOTED],
        severity: Severity::Critical,
        kinds: &[ResourceKind::S3AccessPoint],
        must: ALL,
        read: of!(S3AccessPoint, |it| Reading::of(&it.public_access_block, |block| all_four(
            *block
        ))),
        ..ROW
    }
    .check(),
    Row {
        id: "s3_multi_region_access_point_public",
        title: "Multi-Region Access Point does not block public access",
        control: &["S3.24"],
        severity: Severity::High,
        kinds: &[ResourceKind::S3MultiRegionAccessPoint],
        must: ALL,
        read: of!(S3MultiRegionAccessPoint, |it| all_four(it.public_access_block)),
        ..ROW
    }
    .check(),
];

fn all_four(block: PublicAccessBlock) -> Reading {
    let flags = [
        ("BlockPublicAcls", block.block_public_acls),
        ("IgnorePublicAcls", block.ignore_public_acls),
        ("BlockPublicPolicy", block.block_public_policy),
        ("RestrictPublicBuckets", block.restrict_public_buckets),
    ];
    let off: Vec<_> = flags.iter().filter(|(_, on)| !on).map(|(name, _)| *name).collect();
    Reading::must(off.is_empty(), format!("without {}", off.join(", ")))
}

#[cfg(test)]
mod tests {
    use miyabi_types::evidence::Evidence;

    use super::*;
    use crate::fixture::{
        Expect::{Clear, NotEvaluated, Risk},
        check_table, denied,
        services::{multi_region_access_point, s3_access_point},
    };

    #[test]
    fn every_row_judges() {
        let open = PublicAccessBlock { block_public_policy: false, ..PublicAccessBlock::ALL };
        check_table(
            &CHECKS,
            vec![
                ("S3.19", s3_access_point(|_| {}), Clear),
                ("S3.19", s3_access_point(|p| p.public_access_block = Evidence::Known(open)), Risk),
                (
                    "S3.19",
                    s3_access_point(|p| p.public_access_block = denied("s3:GetAccessPoint")),
                    NotEvaluated("denied"),
                ),
                ("S3.24", multi_region_access_point(|_| {}), Clear),
                ("S3.24", multi_region_access_point(|p| p.public_access_block = open), Risk),
            ],
        );
    }
}
