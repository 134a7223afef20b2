//! VPCs, subnets, internet and NAT gateways, Elastic IP addresses.

use miyabi_types::resource::{ResourceConfig, ResourceKind};

use crate::iac::{
    code::Place,
    estate::What,
    expr::{Body, Concern::Network, Declaration},
};

const VPC: What = What::Itself(ResourceKind::Ec2Vpc);
const SUBNET: What = What::Itself(ResourceKind::Ec2Subnet);
const ADDRESS: What = What::Itself(ResourceKind::Ec2Address);
const INSTANCE: What = What::Itself(ResourceKind::Ec2Instance);

/// What AWS made by itself, as every account's default VPC, can be adopted but not created.
pub mod vpc {
    use super::*;

    pub fn terraform(place: &Place<'_, '_>) -> Vec<Declaration> {
        let ResourceConfig::Ec2Vpc(vpc) = &place.resource().config else { return Vec::new() };
        let dns = |body: Body| {
            body.maybe("enable_dns_support", vpc.dns_support)
                .maybe("enable_dns_hostnames", vpc.dns_hostnames)
        };
        let declaration = if vpc.is_default {
            Declaration::new("aws_default_vpc", Network, dns(Body::new()))
        } else {
            let tenancy = Some(vpc.instance_tenancy.as_str()).filter(|kind| *kind != "default");
            let body =
                Body::new().set("cidr_block", &vpc.cidr_block).maybe("instance_tenancy", tenancy);
            // IPv6 blocks are not discovered.
            Declaration::new("aws_vpc", Network, dns(body))
                .ignoring(["assign_generated_ipv6_cidr_block"])
        };
        let unread =
            [("enable_dns_support", vpc.dns_support), ("enable_dns_hostnames", vpc.dns_hostnames)];
        let unread = unread.into_iter().filter_map(|(name, on)| on.is_none().then_some(name));
        vec![declaration.ignoring(unread).id(&place.resource().id).tagged("tags")]
    }

    pub fn cloudformation(place: &Place<'_, '_>) -> Vec<Declaration> {
        let ResourceConfig::Ec2Vpc(vpc) = &place.resource().config else { return Vec::new() };
        if vpc.is_default {
            return Vec::new();
        }
        let body = Body::new()
            .set("CidrBlock", &vpc.cidr_block)
            .set("InstanceTenancy", &vpc.instance_tenancy)
            .maybe("EnableDnsSupport", vpc.dns_support)
            .maybe("EnableDnsHostnames", vpc.dns_hostnames);
        vec![
            Declaration::new("AWS::EC2::VPC", Network, body)
                .found_by([("VpcId", place.resource().id.clone())])
                .tagged("Tags")
                .stateful(),
        ]
    }
}

pub mod subnet {
    use super::*;

    pub fn terraform(place: &Place<'_, '_>) -> Vec<Declaration> {
        let ResourceConfig::Ec2Subnet(subnet) = &place.resource().config else { return Vec::new() };
        let rest = |body: Body| {
            body.set("availability_zone", &subnet.availability_zone)
                .set("map_public_ip_on_launch", subnet.map_public_ip_on_launch)
        };
        let declaration = if subnet.default_for_az {
            Declaration::new("aws_default_subnet", Network, rest(Body::new()))
        } else {
            let body = Body::new()
                .set("vpc_id", place.link(VPC, &subnet.vpc_id))
                .set("cidr_block", &subnet.cidr_block);
            Declaration::new("aws_subnet", Network, rest(body))
                .ignoring(["assign_ipv6_address_on_creation", "ipv6_cidr_block"])
        };
        vec![declaration.id(&place.resource().id).tagged("tags")]
    }

    pub fn cloudformation(place: &Place<'_, '_>) -> Vec<Declaration> {
        let ResourceConfig::Ec2Subnet(subnet) = &place.resource().config else { return Vec::new() };
        if subnet.default_for_az {
            return Vec::new();
        }
        let body = Body::new()
            .set("VpcId", place.link(VPC, &subnet.vpc_id))
            .set("CidrBlock", &subnet.cidr_block)
            .set("AvailabilityZone", &subnet.availability_zone)
            .set("MapPublicIpOnLaunch", subnet.map_public_ip_on_launch);
        vec![
            Declaration::new("AWS::EC2::Subnet", Network, body)
                .found_by([("SubnetId", place.resource().id.clone())])
                .tagged("Tags")
                .stateful(),
        ]
    }
}

pub mod internet_gateway {
    use super::*;

    pub fn terraform(place: &Place<'_, '_>) -> Vec<Declaration> {
        let ResourceConfig::Ec2InternetGateway(gateway) = &place.resource().config else {
            return Vec::new();
        };
        let vpc = gateway.vpc_ids.first().map(|vpc| place.link(VPC, vpc));
        vec![
            Declaration::new("aws_internet_gateway", Network, Body::new().maybe("vpc_id", vpc))
                .id(&place.resource().id)
                .tagged("tags"),
        ]
    }

    pub fn cloudformation(place: &Place<'_, '_>) -> Vec<Declaration> {
        let ResourceConfig::Ec2InternetGateway(gateway) = &place.resource().config else {
            return Vec::new();
        };
        let id = &place.resource().id;
        let mut declarations = vec![
            Declaration::new("AWS::EC2::InternetGateway", Network, Body::new())
                .found_by([("InternetGatewayId", id.clone())])
                .tagged("Tags"),
        ];
        declarations.extend(gateway.vpc_ids.iter().map(|vpc| {
            let body = Body::new()
                .set("VpcId", place.link(VPC, vpc))
                .set("InternetGatewayId", place.own("Ref", id));
            Declaration::new("AWS::EC2::VPCGatewayAttachment", Network, body)
                .found_by([("AttachmentType", "IGW".to_owned()), ("VpcId", vpc.clone())])
        }));
        declarations
    }
}

pub mod nat_gateway {
    use miyabi_types::resource::vpc::NatGateway;

    use super::*;

    pub fn why_not(gateway: &NatGateway) -> Option<String> {
        match gateway.state.as_str() {
            "available" | "pending" if gateway.subnet_id.is_none() => {
                Some("it is in every zone, and how it grows is not known".into())
            }
            "available" | "pending" => None,
            state => Some(format!("it is {state}")),
        }
    }

    pub fn terraform(place: &Place<'_, '_>) -> Vec<Declaration> {
        let ResourceConfig::Ec2NatGateway(nat) = &place.resource().config else {
            return Vec::new();
        };
        // Of several addresses a World does not tell which one is the first.
        let alone = nat.allocation_ids.len() < 2;
        let address = nat.allocation_ids.first().map(|id| place.link(ADDRESS, id));
        let private = (nat.connectivity == "private").then_some("private");
        let body = Body::new()
            .maybe("allocation_id", address)
            .maybe("connectivity_type", private)
            .maybe("subnet_id", nat.subnet_id.as_deref().map(|id| place.link(SUBNET, id)));
        let several = ["allocation_id", "secondary_allocation_ids"];
        vec![
            Declaration::new("aws_nat_gateway", Network, body)
                .after(nat.vpc_id.as_deref().and_then(|vpc| place.estate.gateway_of(vpc)))
                .ignoring(several.into_iter().filter(|_| !alone))
                .id(&place.resource().id)
                .tagged("tags"),
        ]
    }

    pub fn cloudformation(place: &Place<'_, '_>) -> Vec<Declaration> {
        let ResourceConfig::Ec2NatGateway(nat) = &place.resource().config else {
            return Vec::new();
        };
        let address = nat.allocation_ids.first().map(|id| place.link(ADDRESS, id));
        let body = Body::new()
            .maybe("AllocationId", address)
            .set("ConnectivityType", &nat.connectivity)
            .maybe("SubnetId", nat.subnet_id.as_deref().map(|id| place.link(SUBNET, id)));
        vec![
            Declaration::new("AWS::EC2::NatGateway", Network, body)
                .after(nat.vpc_id.as_deref().and_then(|vpc| place.estate.gateway_of(vpc)))
                .found_by([("NatGatewayId", place.resource().id.clone())])
                .tagged("Tags"),
        ]
    }
}

pub mod address {
    use super::*;
    use crate::iac::expr::Concern::Compute;

    pub fn terraform(place: &Place<'_, '_>) -> Vec<Declaration> {
        let ResourceConfig::Ec2Address(address) = &place.resource().config else {
            return Vec::new();
        };
        let mut declarations = vec![
            Declaration::new("aws_eip", Network, Body::new().set("domain", "vpc"))
                .id(&address.allocation_id)
                .tagged("tags"),
        ];
        if let (Some(instance), Some(association)) = (&address.instance_id, &address.association_id)
        {
            let body = Body::new()
                .set("allocation_id", place.own("id", &address.allocation_id))
                .set("instance_id", place.link(INSTANCE, instance));
            declarations
                .push(Declaration::new("aws_eip_association", Compute, body).id(association));
        }
        declarations
    }

    pub fn cloudformation(place: &Place<'_, '_>) -> Vec<Declaration> {
        let ResourceConfig::Ec2Address(address) = &place.resource().config else {
            return Vec::new();
        };
        let mut declarations = vec![
            Declaration::new("AWS::EC2::EIP", Network, Body::new().set("Domain", "vpc"))
                .found_by([
                    ("PublicIp", address.public_ip.clone()),
                    ("AllocationId", address.allocation_id.clone()),
                ])
                .tagged("Tags")
                .stateful(),
        ];
        if let (Some(instance), Some(association)) = (&address.instance_id, &address.association_id)
        {
            let body = Body::new()
                .set("AllocationId", place.own("AllocationId", &address.allocation_id))
                .set("InstanceId", place.link(INSTANCE, instance));
            declarations.push(
                Declaration::new("AWS::EC2::EIPAssociation", Compute, body)
                    .found_by([("Id", association.clone())]),
            );
        }
        declarations
    }
}
