//! `network.tf`: VPCs and subnets.

use hcl::structure::BlockBuilder;
use miyabi_types::resource::ec2::{Subnet, Vpc};

use super::{Code, File, Member, Part, attributes};

pub fn render(code: &Code<'_>) -> File {
    let mut file = File::new("VPCs and subnets.");
    for (at, member) in code.members() {
        let block = match member.part {
            Part::Vpc(vpc) => vpc_block(code, at, member, vpc),
            Part::Subnet(subnet) => subnet_block(code, at, member, subnet),
            _ => continue,
        };
        file.push(&member.notes(), &block);
    }
    file
}

fn vpc_block(code: &Code<'_>, at: usize, member: &Member<'_>, vpc: &Vpc) -> hcl::Block {
    // IPv6 blocks are not discovered. For what AWS made, the provider decides on them by itself.
    let mut ignored =
        if member.is_made_by_aws() { vec![] } else { vec!["assign_generated_ipv6_cidr_block"] };
    for (name, value) in
        [("enable_dns_support", vpc.dns_support), ("enable_dns_hostnames", vpc.dns_hostnames)]
    {
        if value.is_none() {
            ignored.push(name);
        }
    }
    code.resource(at, attributes(&ignored), |mut block: BlockBuilder| {
        if !member.is_made_by_aws() {
            block = block.add_attribute(("cidr_block", vpc.cidr_block.as_str()));
            if vpc.instance_tenancy != "default" {
                block = block.add_attribute(("instance_tenancy", vpc.instance_tenancy.as_str()));
            }
        }
        if let Some(on) = vpc.dns_support {
            block = block.add_attribute(("enable_dns_support", on));
        }
        if let Some(on) = vpc.dns_hostnames {
            block = block.add_attribute(("enable_dns_hostnames", on));
        }
        block
    })
}

fn subnet_block(code: &Code<'_>, at: usize, member: &Member<'_>, subnet: &Subnet) -> hcl::Block {
    let ignored: &[&str] = if member.is_made_by_aws() {
        &[]
    } else {
        &["assign_ipv6_address_on_creation", "ipv6_cidr_block"]
    };
    code.resource(at, attributes(ignored), |mut block: BlockBuilder| {
        if !member.is_made_by_aws() {
            block = block
                .add_attribute(("vpc_id", code.reference(member, &subnet.vpc_id)))
                .add_attribute(("cidr_block", subnet.cidr_block.as_str()));
        }
        block
            .add_attribute(("availability_zone", subnet.availability_zone.as_str()))
            .add_attribute(("map_public_ip_on_launch", subnet.map_public_ip_on_launch))
    })
}
