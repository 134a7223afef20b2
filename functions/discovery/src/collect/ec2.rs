//! EC2, EBS and VPC.

use aws_sdk_ec2::{Client, types::Tag};
use futures::FutureExt;
use miyabi_types::{
    id::Arn,
    resource::{
        Resource, ResourceConfig,
        ResourceKind::{
            Ec2Address, Ec2Instance, Ec2RegionDefaults, Ec2SecurityGroup, Ec2Snapshot, Ec2Subnet,
            Ec2Volume, Ec2Vpc,
        },
        Tags, ec2,
    },
};

use super::{Collected, Collector, Reach, cloudwatch};
use crate::{call::Call, place::Place, scope::Scan};

mod address;
mod instance;
mod network;
mod security_group;
mod snapshot;
mod volume;

const INSTANCES: Call = Call::lists("ec2:DescribeInstances", &[Ec2Instance]);
const VOLUMES: Call = Call::lists("ec2:DescribeVolumes", &[Ec2Volume]);
const SNAPSHOTS: Call = Call::lists("ec2:DescribeSnapshots", &[Ec2Snapshot]);
// Without it a snapshot that an image needs looks like one that nothing needs.
const IMAGES: Call = Call::lists("ec2:DescribeImages", &[Ec2Snapshot]);
const SNAPSHOT_ATTRIBUTE: Call = Call::details("ec2:DescribeSnapshotAttribute");
const ADDRESSES: Call = Call::lists("ec2:DescribeAddresses", &[Ec2Address]);
const VPCS: Call = Call::lists("ec2:DescribeVpcs", &[Ec2Vpc]);
const VPC_ATTRIBUTE: Call = Call::details("ec2:DescribeVpcAttribute");
const FLOW_LOGS: Call = Call::details("ec2:DescribeFlowLogs");
const SUBNETS: Call = Call::lists("ec2:DescribeSubnets", &[Ec2Subnet]);
const SECURITY_GROUPS: Call = Call::lists("ec2:DescribeSecurityGroups", &[Ec2SecurityGroup]);
const ENCRYPTION_BY_DEFAULT: Call =
    Call::lists("ec2:GetEbsEncryptionByDefault", &[Ec2RegionDefaults]);

/// Reads EC2.
pub const COLLECTOR: Collector = Collector {
    service: "ec2",
    reach: Reach::Regional,
    calls: &[
        INSTANCES,
        VOLUMES,
        SNAPSHOTS,
        IMAGES,
        SNAPSHOT_ATTRIBUTE,
        ADDRESSES,
        VPCS,
        VPC_ATTRIBUTE,
        FLOW_LOGS,
        SUBNETS,
        SECURITY_GROUPS,
        ENCRYPTION_BY_DEFAULT,
        cloudwatch::GET_METRIC_DATA,
    ],
    collect: |scan| collect(scan).boxed(),
};

async fn collect(scan: &Scan) -> Collected {
    let ec2 = &Client::new(scan.sdk());
    let (instances, volumes, snapshots, addresses, vpcs, subnets, groups, defaults) = tokio::join!(
        instance::collect(scan, ec2),
        volume::collect(scan, ec2),
        snapshot::collect(scan, ec2),
        address::collect(scan, ec2),
        network::vpcs(scan, ec2),
        network::subnets(scan, ec2),
        security_group::collect(scan, ec2),
        defaults(scan, ec2),
    );
    let parts = [instances, volumes, snapshots, addresses, vpcs, subnets, groups, defaults];
    parts.into_iter().flatten().collect::<Vec<_>>().into()
}

async fn defaults(scan: &Scan, ec2: &Client) -> Vec<Resource> {
    let answer = scan.read(ENCRYPTION_BY_DEFAULT, ec2.get_ebs_encryption_by_default().send()).await;
    let Ok(answer) = answer else { return Vec::new() };
    let place = &scan.place;
    vec![place.resource(
        place.arn("ec2", "region-defaults"),
        place.region.as_str(),
        Tags::new(),
        ResourceConfig::Ec2RegionDefaults(ec2::RegionDefaults {
            ebs_encryption_by_default: answer.ebs_encryption_by_default().unwrap_or(false),
        }),
    )]
}

fn tags(tags: &[Tag]) -> Tags {
    super::tags(tags.iter().map(|tag| (tag.key(), tag.value())))
}

/// ARNs of what other services' resources refer to as well.
pub(super) fn security_group_arn(place: &Place, id: &str) -> Arn {
    place.arn("ec2", &format!("security-group/{id}"))
}

fn volume_arn(place: &Place, id: &str) -> Arn {
    place.arn("ec2", &format!("volume/{id}"))
}

fn vpc_arn(place: &Place, id: &str) -> Arn {
    place.arn("ec2", &format!("vpc/{id}"))
}

pub(super) fn subnet_arn(place: &Place, id: &str) -> Arn {
    place.arn("ec2", &format!("subnet/{id}"))
}
