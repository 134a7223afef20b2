//! EC2, EBS and VPC.

use aws_sdk_ec2::{Client, types::Tag};
use futures::{
    FutureExt,
    future::{BoxFuture, join_all},
};
use miyabi_types::{
    id::Arn,
    resource::{
        Resource,
        ResourceKind::{
            Ec2Address, Ec2CapacityReservation, Ec2ClientVpnEndpoint, Ec2FlowLog, Ec2Image,
            Ec2Instance, Ec2InternetGateway, Ec2LaunchTemplate, Ec2NatGateway, Ec2NetworkAcl,
            Ec2NetworkInterface, Ec2RegionDefaults, Ec2ReservedInstances, Ec2RouteTable,
            Ec2SecurityGroup, Ec2Snapshot, Ec2SpotRequest, Ec2Subnet, Ec2TransitGateway, Ec2Volume,
            Ec2Vpc, Ec2VpcEndpoint, Ec2VpnConnection,
        },
        Tags,
    },
};

use super::{Collected, Collector, Reach, cloudwatch};
use crate::{call::Call, place::Place, scope::Scan};

mod address;
mod capacity;
mod defaults;
mod flow_log;
mod gateway;
mod image;
mod instance;
mod launch_template;
mod memory;
mod network;
mod network_interface;
mod routing;
mod security_group;
mod snapshot;
mod volume;
mod vpn;

pub(super) use launch_template::needs as launch_needs;

const INSTANCES: Call = Call::lists("ec2:DescribeInstances", &[Ec2Instance]);
const VOLUMES: Call = Call::lists("ec2:DescribeVolumes", &[Ec2Volume]);
const SNAPSHOTS: Call = Call::lists("ec2:DescribeSnapshots", &[Ec2Snapshot]);
// Without it a snapshot that an image needs looks like one that nothing needs.
const IMAGES: Call = Call::lists("ec2:DescribeImages", &[Ec2Image, Ec2Snapshot]);
const SNAPSHOT_ATTRIBUTE: Call = Call::details("ec2:DescribeSnapshotAttribute");
const ADDRESSES: Call = Call::lists("ec2:DescribeAddresses", &[Ec2Address]);
const VPCS: Call = Call::lists("ec2:DescribeVpcs", &[Ec2Vpc]);
const VPC_ATTRIBUTE: Call = Call::details("ec2:DescribeVpcAttribute");
const FLOW_LOGS: Call = Call::lists("ec2:DescribeFlowLogs", &[Ec2FlowLog]);
const SUBNETS: Call = Call::lists("ec2:DescribeSubnets", &[Ec2Subnet]);
const SECURITY_GROUPS: Call = Call::lists("ec2:DescribeSecurityGroups", &[Ec2SecurityGroup]);
const NETWORK_INTERFACES: Call =
    Call::lists("ec2:DescribeNetworkInterfaces", &[Ec2NetworkInterface]);
const INTERNET_GATEWAYS: Call = Call::lists("ec2:DescribeInternetGateways", &[Ec2InternetGateway]);
const NAT_GATEWAYS: Call = Call::lists("ec2:DescribeNatGateways", &[Ec2NatGateway]);
const VPC_ENDPOINTS: Call = Call::lists("ec2:DescribeVpcEndpoints", &[Ec2VpcEndpoint]);
const ROUTE_TABLES: Call = Call::lists("ec2:DescribeRouteTables", &[Ec2RouteTable]);
const NETWORK_ACLS: Call = Call::lists("ec2:DescribeNetworkAcls", &[Ec2NetworkAcl]);
const TRANSIT_GATEWAYS: Call = Call::lists("ec2:DescribeTransitGateways", &[Ec2TransitGateway]);
const VPN_CONNECTIONS: Call = Call::lists("ec2:DescribeVpnConnections", &[Ec2VpnConnection]);
const CLIENT_VPN_ENDPOINTS: Call =
    Call::lists("ec2:DescribeClientVpnEndpoints", &[Ec2ClientVpnEndpoint]);
const LAUNCH_TEMPLATES: Call = Call::lists("ec2:DescribeLaunchTemplates", &[Ec2LaunchTemplate]);
const LAUNCH_TEMPLATE_VERSIONS: Call = Call::details("ec2:DescribeLaunchTemplateVersions");
const RESERVED_INSTANCES: Call =
    Call::lists("ec2:DescribeReservedInstances", &[Ec2ReservedInstances]);
const CAPACITY_RESERVATIONS: Call =
    Call::lists("ec2:DescribeCapacityReservations", &[Ec2CapacityReservation]);
const SPOT_REQUESTS: Call = Call::lists("ec2:DescribeSpotInstanceRequests", &[Ec2SpotRequest]);
const ENCRYPTION_BY_DEFAULT: Call =
    Call::lists("ec2:GetEbsEncryptionByDefault", &[Ec2RegionDefaults]);
const SNAPSHOT_PUBLIC_ACCESS: Call = Call::details("ec2:GetSnapshotBlockPublicAccessState");
const METADATA_DEFAULTS: Call = Call::details("ec2:GetInstanceMetadataDefaults");
const BLOCK_PUBLIC_ACCESS: Call = Call::details("ec2:DescribeVpcBlockPublicAccessOptions");

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
        NETWORK_INTERFACES,
        INTERNET_GATEWAYS,
        NAT_GATEWAYS,
        VPC_ENDPOINTS,
        ROUTE_TABLES,
        NETWORK_ACLS,
        TRANSIT_GATEWAYS,
        VPN_CONNECTIONS,
        CLIENT_VPN_ENDPOINTS,
        LAUNCH_TEMPLATES,
        LAUNCH_TEMPLATE_VERSIONS,
        RESERVED_INSTANCES,
        CAPACITY_RESERVATIONS,
        SPOT_REQUESTS,
        ENCRYPTION_BY_DEFAULT,
        SNAPSHOT_PUBLIC_ACCESS,
        METADATA_DEFAULTS,
        BLOCK_PUBLIC_ACCESS,
        cloudwatch::GET_METRIC_DATA,
        cloudwatch::LIST_METRICS,
    ],
    collect: |scan| collect(scan).boxed(),
};

async fn collect(scan: &Scan) -> Collected {
    let ec2 = &Client::new(scan.sdk());
    let long: Vec<BoxFuture<'_, ()>> = vec![
        instance::collect(scan, ec2).boxed(),
        volume::collect(scan, ec2).boxed(),
        snapshot::collect(scan, ec2).boxed(),
        security_group::collect(scan, ec2).boxed(),
        network_interface::collect(scan, ec2).boxed(),
    ];
    let parts: Vec<BoxFuture<'_, Vec<Resource>>> = vec![
        address::collect(scan, ec2).boxed(),
        network::vpcs(scan, ec2).boxed(),
        network::subnets(scan, ec2).boxed(),
        gateway::internet_gateways(scan, ec2).boxed(),
        gateway::nat_gateways(scan, ec2).boxed(),
        gateway::vpc_endpoints(scan, ec2).boxed(),
        routing::route_tables(scan, ec2).boxed(),
        routing::network_acls(scan, ec2).boxed(),
        vpn::transit_gateways(scan, ec2).boxed(),
        vpn::vpn_connections(scan, ec2).boxed(),
        vpn::client_vpn_endpoints(scan, ec2).boxed(),
        launch_template::collect(scan, ec2).boxed(),
        capacity::reserved_instances(scan, ec2).boxed(),
        capacity::capacity_reservations(scan, ec2).boxed(),
        capacity::spot_requests(scan, ec2).boxed(),
        defaults::collect(scan, ec2).boxed(),
    ];
    let (parts, _) = tokio::join!(join_all(parts), join_all(long));
    let mut resources: Vec<_> = parts.into_iter().flatten().collect();
    routing::serve_subnets(&mut resources);
    resources.into()
}

fn tags(tags: &[Tag]) -> Tags {
    super::tags(tags.iter().map(|tag| (tag.key(), tag.value())))
}

/// ARNs of what other services' resources refer to as well.
pub(super) fn instance_arn(place: &Place, id: &str) -> Arn {
    place.arn("ec2", &format!("instance/{id}"))
}

pub(super) fn launch_template_arn(place: &Place, id: &str) -> Arn {
    place.arn("ec2", &format!("launch-template/{id}"))
}

pub(super) fn security_group_arn(place: &Place, id: &str) -> Arn {
    place.arn("ec2", &format!("security-group/{id}"))
}

pub(super) fn subnet_arn(place: &Place, id: &str) -> Arn {
    place.arn("ec2", &format!("subnet/{id}"))
}

pub(super) fn vpc_arn(place: &Place, id: &str) -> Arn {
    place.arn("ec2", &format!("vpc/{id}"))
}

fn address_arn(place: &Place, id: &str) -> Arn {
    place.arn("ec2", &format!("elastic-ip/{id}"))
}

fn capacity_reservation_arn(place: &Place, id: &str) -> Arn {
    place.arn("ec2", &format!("capacity-reservation/{id}"))
}

fn internet_gateway_arn(place: &Place, id: &str) -> Arn {
    place.arn("ec2", &format!("internet-gateway/{id}"))
}

fn nat_gateway_arn(place: &Place, id: &str) -> Arn {
    place.arn("ec2", &format!("natgateway/{id}"))
}

pub(super) fn network_interface_arn(place: &Place, id: &str) -> Arn {
    place.arn("ec2", &format!("network-interface/{id}"))
}

fn route_table_arn(place: &Place, id: &str) -> Arn {
    place.arn("ec2", &format!("route-table/{id}"))
}

fn transit_gateway_arn(place: &Place, id: &str) -> Arn {
    place.arn("ec2", &format!("transit-gateway/{id}"))
}

fn volume_arn(place: &Place, id: &str) -> Arn {
    place.arn("ec2", &format!("volume/{id}"))
}

fn vpc_endpoint_arn(place: &Place, id: &str) -> Arn {
    place.arn("ec2", &format!("vpc-endpoint/{id}"))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use crate::testing::{
        aws::{Answer, Asked, empty, sdk},
        resources, scan,
    };

    /// Everything that accounts share, once of this account and once of another.
    fn shared(asked: &Asked) -> Answer {
        let operation = asked.operation.as_str();
        let (set, id) = match operation {
            "DescribeVpcs" => ("vpcSet", "vpcId"),
            "DescribeSubnets" => ("subnetSet", "subnetId"),
            "DescribeRouteTables" => ("routeTableSet", "routeTableId"),
            "DescribeInternetGateways" => ("internetGatewaySet", "internetGatewayId"),
            "DescribeNetworkAcls" => ("networkAclSet", "networkAclId"),
            "DescribeSecurityGroups" => ("securityGroupInfo", "groupId"),
            "DescribeNetworkInterfaces" => ("networkInterfaceSet", "networkInterfaceId"),
            "DescribeCapacityReservations" => ("capacityReservationSet", "capacityReservationId"),
            "DescribeTransitGateways" => ("transitGatewaySet", "transitGatewayId"),
            _ => return empty(asked),
        };
        let item = |owner: &str, own_id: &str| {
            format!("<item><ownerId>{owner}</ownerId><{id}>{own_id}</{id}></item>")
        };
        let items = item("123456789012", "own") + &item("210987654321", "theirs");
        (200, format!("<{operation}Response><{set}>{items}</{set}></{operation}Response>").into())
    }

    #[tokio::test]
    async fn what_another_account_shares_is_no_resource_of_this_one() {
        let scanned = scan(sdk(shared), "us-east-1").await;
        let found: BTreeSet<_> = resources(&scanned)
            .into_iter()
            .filter(|resource| ["own", "theirs"].contains(&&*resource.id))
            .map(|resource| resource.arn.resource())
            .collect();
        let own = [
            "capacity-reservation/own",
            "internet-gateway/own",
            "network-acl/own",
            "network-interface/own",
            "route-table/own",
            "security-group/own",
            "subnet/own",
            "transit-gateway/own",
            "vpc/own",
        ];
        assert_eq!(found, BTreeSet::from(own));
    }
}
