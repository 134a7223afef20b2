//! What a VPC is billed for.

use miyabi_types::{
    pricing::{Service, vpc},
    resource::ResourceKind::{
        Ec2Address, Ec2Instance, Ec2NatGateway, Ec2NetworkInterface, Ec2VpcEndpoint,
        Ec2VpnConnection,
    },
};

use super::{List, by_usage, whole};

pub(super) const LIST: List = List {
    service: Service::Vpc,
    queries: |region, seen| {
        let kinds = [
            Ec2Address,
            Ec2Instance,
            Ec2NatGateway,
            Ec2NetworkInterface,
            Ec2VpcEndpoint,
            Ec2VpnConnection,
        ];
        let other = seen.other("AWS::EC2::TransitGatewayAttachment");
        whole(Service::Vpc, region, seen.any(&kinds) || other)
    },
    rates: |product| {
        let vpc_attachment = product.attribute("operation") == "TransitGatewayVPC";
        match product.usage() {
            "TransitGateway-Hours" if vpc_attachment => vec![vpc::TRANSIT_GATEWAY_ATTACHMENT],
            _ => by_usage(
                product,
                [
                    // An idle address costs as much.
                    ("PublicIPv4:InUseAddress", vpc::PUBLIC_IPV4),
                    ("VpcEndpoint-Hours", vpc::INTERFACE_ENDPOINT),
                    ("VpcEndpoint-Bytes", vpc::INTERFACE_ENDPOINT_GIB),
                    ("VpcEndpoint-GWLBE-Hours", vpc::GATEWAY_BALANCER_ENDPOINT),
                    ("VpcEndpoint-GWLBE-Bytes", vpc::GATEWAY_BALANCER_ENDPOINT_GIB),
                    ("VPN-Usage-Hours:ipsec.1", vpc::VPN_CONNECTION),
                ],
            ),
        }
    },
};

#[cfg(test)]
mod tests {
    use super::{
        super::tests::{prices, read},
        *,
    };

    #[test]
    fn addresses_endpoints_and_connections_are_read() {
        let endpoint = "VpcEndpoint";
        let read = read(
            &LIST,
            &[
                (
                    "",
                    &[
                        ("usagetype", "USE1-PublicIPv4:InUseAddress"),
                        ("group", "VPCPublicIPv4Address"),
                    ],
                    "0.005",
                ),
                (
                    "",
                    &[
                        ("usagetype", "USE1-PublicIPv4:IdleAddress"),
                        ("group", "VPCPublicIPv4Address"),
                    ],
                    "0.005",
                ),
                ("", &[("usagetype", "USE1-PublicIPv4:ContiguousBlock")], "0.008"),
                (endpoint, &[("usagetype", "USE1-VpcEndpoint-Hours")], "0.0100000000"),
                (endpoint, &[("usagetype", "USE1-VpcEndpoint-Bytes")], "0.0100000000"),
                (endpoint, &[("usagetype", "USE1-VpcEndpoint-GWLBE-Hours")], "0.0100000000"),
                (endpoint, &[("usagetype", "USE1-VpcEndpoint-Resource-Hours")], "0.0200000000"),
                (
                    "Cloud Connectivity",
                    &[("usagetype", "USE1-VPN-Usage-Hours:ipsec.1")],
                    "0.0500000000",
                ),
                (
                    "",
                    &[
                        ("usagetype", "USE1-TransitGateway-Hours"),
                        ("operation", "TransitGatewayVPC"),
                    ],
                    "0.05",
                ),
                (
                    "",
                    &[
                        ("usagetype", "USE1-TransitGateway-Hours"),
                        ("operation", "TransitGatewayVPN"),
                    ],
                    "0.05",
                ),
            ],
        );
        assert_eq!(
            read,
            prices([
                ("endpoint/gateway_balancer", "0.01"),
                ("endpoint/interface", "0.01"),
                ("endpoint/interface/gib", "0.01"),
                ("public_ipv4", "0.005"),
                ("transit_gateway/attachment", "0.05"),
                ("vpn_connection", "0.05"),
            ])
        );
    }
}
