//! Access points of buckets: of one in their region, and of several in many regions.

use aws_sdk_s3control::{
    Client,
    config::{Builder, Region},
    types,
};
use futures::FutureExt;
use miyabi_types::{
    evidence::{Evidence, Unavailable},
    resource::{
        Resource, ResourceConfig,
        ResourceKind::{S3AccessPoint, S3MultiRegionAccessPoint},
        Tags,
        s3::{AccessPoint, MultiRegionAccessPoint, PublicAccessBlock},
    },
};

use super::{
    Collected, Collector, Reach, owned, s3_account::public_access_block, sorted, text, timestamp,
};
use crate::{
    call::Call,
    lists::{Known, pages},
    place::Place,
    scope::Scan,
};

const ACCESS_POINTS: Call = Call::lists("s3:ListAccessPoints", &[S3AccessPoint]);
const ACCESS_POINT: Call = Call::details("s3:GetAccessPoint");
const MULTI_REGION: Call =
    Call::lists("s3:ListMultiRegionAccessPoints", &[S3MultiRegionAccessPoint]);

/// Where Multi-Region Access Points are managed, whatever their regions, which are all of the commercial
/// partition. Sources: Amazon S3 API Reference, `ListMultiRegionAccessPoints`, and User Guide,
/// "Multi-Region Access Point restrictions and limitations" (November 2026).
const CONTROL_PLANE: &str = "us-west-2";

/// Reads the access points of a region's buckets.
pub const REGIONAL: Collector = Collector {
    service: "s3",
    reach: Reach::Regional,
    calls: &[ACCESS_POINTS, ACCESS_POINT],
    collect: |scan| access_points(scan).boxed(),
};

/// Reads the account's Multi-Region Access Points.
pub const GLOBAL: Collector = Collector {
    service: "s3",
    reach: Reach::Global,
    calls: &[MULTI_REGION],
    collect: |scan| multi_region(scan).boxed(),
};

async fn access_points(scan: &Scan) -> Collected {
    let client = &Client::new(scan.sdk());
    let account = scan.place.account.as_str();
    let one = |point: types::AccessPoint| async move {
        let call = client.get_access_point().account_id(account).name(point.name()).send();
        let block = scan
            .read(ACCESS_POINT, call)
            .await
            .map(|answer| public_access_block(answer.public_access_block_configuration.as_ref()));
        Some(access_point(&scan.place, &point, block))
    };
    let list = client.list_access_points().account_id(account).max_results(1000);
    let points = pages(list.into_paginator().send(), |page| page.access_point_list);
    let is_known = |known: &Known, point: &types::AccessPoint| {
        known.has(point.access_point_arn().unwrap_or_default())
    };
    scan.stream_each(ACCESS_POINTS, points, is_known, one).await;
    Collected::default()
}

fn access_point(
    place: &Place,
    point: &types::AccessPoint,
    block: Result<PublicAccessBlock, Unavailable>,
) -> Resource {
    let name = point.name();
    let config = AccessPoint {
        bucket: point.bucket().to_owned(),
        bucket_account: owned(point.bucket_account_id()),
        network_origin: point.network_origin().as_str().to_owned(),
        vpc_id: owned(point.vpc_configuration().map(types::VpcConfiguration::vpc_id)),
        alias: owned(point.alias()),
        public_access_block: Evidence::from(block),
    };
    let depends_on = vec![place.bucket_arn(&config.bucket)];
    let made_up = || place.arn("s3", &format!("accesspoint/{name}"));
    let arn = Place::told(point.access_point_arn(), made_up);
    let resource = place.resource(arn, name, Tags::new(), ResourceConfig::S3AccessPoint(config));
    let tags_unavailable = Some(Unavailable::because("tags of access points are not read"));
    Resource { name: Some(name.to_owned()), depends_on, tags_unavailable, ..resource }
}

async fn multi_region(scan: &Scan) -> Collected {
    if !scan.place.is_commercial() {
        scan.record(MULTI_REGION, Ok(0));
        return Collected::default();
    }
    let config = Builder::from(scan.sdk()).region(Region::new(CONTROL_PLANE)).build();
    let list = Client::from_conf(config).list_multi_region_access_points();
    let list = list.account_id(scan.place.account.as_str()).max_results(100);
    let points = pages(list.into_paginator().send(), |page| page.access_points);
    let work = |points: Vec<types::MultiRegionAccessPointReport>| async move {
        points.iter().filter_map(|point| of_regions(&scan.place, point)).collect()
    };
    scan.stream(MULTI_REGION, points, work).await;
    Collected::default()
}

fn of_regions(place: &Place, point: &types::MultiRegionAccessPointReport) -> Option<Resource> {
    let name = point.name()?;
    let buckets = point.regions().iter().filter_map(|region| owned(region.bucket()));
    let config = MultiRegionAccessPoint {
        status: text(point.status().map(types::MultiRegionAccessPointStatus::as_str)),
        buckets: sorted(buckets),
        public_access_block: public_access_block(point.public_access_block()),
    };
    let depends_on = config.buckets.iter().map(|bucket| place.bucket_arn(bucket)).collect();
    // Its ARN has its alias; until it has one, its name is as good.
    let arn = place.global_arn("s3", &format!("accesspoint/{}", point.alias().unwrap_or(name)));
    let config = ResourceConfig::S3MultiRegionAccessPoint(config);
    let resource = place.resource(arn, name, Tags::new(), config);
    let created_at = timestamp(point.created_at());
    Some(Resource { name: Some(name.to_owned()), depends_on, created_at, ..resource })
}

#[cfg(test)]
mod tests {
    use aws_config::Region as SdkRegion;

    use super::*;
    use crate::testing::{
        aws::{Answer, Asked, empty, error, sdk},
        coverage, of_kind, scan,
    };

    const BLOCK: &str = "<BlockPublicAcls>true</BlockPublicAcls>\
        <IgnorePublicAcls>true</IgnorePublicAcls><BlockPublicPolicy>true</BlockPublicPolicy>\
        <RestrictPublicBuckets>false</RestrictPublicBuckets>";

    fn account(asked: &Asked) -> Answer {
        let body = match &*asked.operation {
            path if path.contains("/mrap/") => format!(
                "<ListMultiRegionAccessPointsResult><AccessPoints><AccessPoint><Name>all</Name>\
                 <Alias>m1.mrap</Alias><CreatedAt>2026-01-02T03:04:05Z</CreatedAt>\
                 <PublicAccessBlock>{BLOCK}</PublicAccessBlock><Status>READY</Status><Regions>\
                 <Region><Bucket>b-west</Bucket></Region><Region><Bucket>b-east</Bucket></Region>\
                 </Regions></AccessPoint></AccessPoints></ListMultiRegionAccessPointsResult>"
            ),
            path if path.contains("/accesspoint/closed") => format!(
                "<GetAccessPointResult><Name>closed</Name><PublicAccessBlockConfiguration>{BLOCK}\
                 </PublicAccessBlockConfiguration></GetAccessPointResult>"
            ),
            path if path.contains("/accesspoint/") => return error(asked, 403, "AccessDenied"),
            path if path.contains("/accesspoint") => {
                let point = |name: &str| {
                    format!(
                        "<AccessPoint><Name>{name}</Name><NetworkOrigin>VPC</NetworkOrigin>\
                         <VpcConfiguration><VpcId>vpc-1</VpcId></VpcConfiguration>\
                         <Bucket>data</Bucket></AccessPoint>"
                    )
                };
                let points = point("closed") + &point("secret");
                format!(
                    "<ListAccessPointsResult><AccessPointList>{points}</AccessPointList>\
                     </ListAccessPointsResult>"
                )
            }
            _ => return empty(asked),
        };
        (200, body.into_bytes())
    }

    #[tokio::test]
    async fn an_access_point_tells_what_it_blocks_or_that_nobody_may_know() {
        let scanned = scan(sdk(account), "us-east-1").await;
        let found = of_kind(&scanned, S3AccessPoint);
        let blocks: Vec<_> = found
            .iter()
            .map(|resource| match &resource.config {
                ResourceConfig::S3AccessPoint(point) => &point.public_access_block,
                other => panic!("{other:?}"),
            })
            .collect();
        let known = PublicAccessBlock { restrict_public_buckets: false, ..PublicAccessBlock::ALL };
        assert_eq!(blocks[0], &Evidence::Known(known));
        let denied = blocks[1].get().unwrap_err().missing_permission.as_ref().unwrap();
        assert_eq!(denied.as_str(), "s3:GetAccessPoint");
        assert_eq!(found[0].arn.resource(), "accesspoint/closed");
        assert_eq!(found[0].depends_on[0].as_str(), "arn:aws:s3:::data");
        assert_eq!(*coverage(&scanned, "s3:ListAccessPoints"), Evidence::Known(2));
    }

    #[tokio::test]
    async fn one_of_many_regions_is_read_once() {
        let scanned = scan(sdk(account), "aws-global").await;
        let found = of_kind(&scanned, S3MultiRegionAccessPoint);
        assert_eq!(found[0].arn.as_str(), "arn:aws:s3::123456789012:accesspoint/m1.mrap");
        let ResourceConfig::S3MultiRegionAccessPoint(point) = &found[0].config else { panic!() };
        assert_eq!(point.buckets, ["b-east", "b-west"]);
        assert!(!point.public_access_block.restrict_public_buckets);
    }

    #[tokio::test]
    async fn other_partitions_have_none_of_many_regions() {
        let sdk = sdk(|asked| {
            assert!(!asked.operation.contains("/mrap/"), "there is no such endpoint: {asked:?}");
            empty(asked)
        });
        let china = sdk.into_builder().region(SdkRegion::new("cn-north-1")).build();
        let scanned = scan(china, "aws-global").await;
        assert_eq!(*coverage(&scanned, "s3:ListMultiRegionAccessPoints"), Evidence::Known(0));
    }
}
