//! Security groups.

use aws_sdk_ec2::{Client, types};
use miyabi_types::resource::{
    Resource, ResourceConfig,
    ec2::{Peer, SecurityGroup, SecurityGroupRule},
};

use super::{SECURITY_GROUPS, security_group_arn, tags, vpc_arn};
use crate::{
    collect::{owned, sorted, text},
    lists::pages,
    place::Place,
    scope::Scan,
};

pub(super) async fn collect(scan: &Scan, ec2: &Client) {
    let paginator = ec2.describe_security_groups().max_results(1000).into_paginator().send();
    let work = |groups: Vec<types::SecurityGroup>| async move {
        let own = groups.iter().filter(|group| !scan.place.is_foreign(group.owner_id()));
        own.filter_map(|group| resource(&scan.place, group)).collect()
    };
    scan.stream(SECURITY_GROUPS, pages(paginator, |page| page.security_groups), work).await;
}

fn resource(place: &Place, group: &types::SecurityGroup) -> Option<Resource> {
    let id = group.group_id()?;
    let config = SecurityGroup {
        group_name: text(group.group_name()),
        description: text(group.description()),
        vpc_id: owned(group.vpc_id()),
        ingress: sorted(group.ip_permissions().iter().flat_map(rules)),
        egress: sorted(group.ip_permissions_egress().iter().flat_map(rules)),
    };
    let depends_on = config.vpc_id.iter().map(|id| vpc_arn(place, id)).collect();
    let mut resource = place.resource(
        security_group_arn(place, id),
        id,
        tags(group.tags()),
        ResourceConfig::Ec2SecurityGroup(config),
    );
    resource.name = resource.name.or_else(|| owned(group.group_name()));
    Some(Resource { depends_on, ..resource })
}

/// One rule per peer: AWS groups peers by protocol and ports.
fn rules(permission: &types::IpPermission) -> Vec<SecurityGroupRule> {
    let protocol = text(permission.ip_protocol());
    let everything = protocol == "-1";
    let port = |port: Option<i32>| port.filter(|_| !everything);
    let rule = |peer: Peer, description: Option<&str>| SecurityGroupRule {
        protocol: protocol.clone(),
        from_port: port(permission.from_port()),
        to_port: port(permission.to_port()),
        peer,
        description: owned(description),
    };
    let v4 = permission.ip_ranges().iter();
    let v6 = permission.ipv6_ranges().iter();
    let groups = permission.user_id_group_pairs().iter();
    let lists = permission.prefix_list_ids().iter();
    (v4.filter_map(|r| Some(rule(Peer::Cidr(owned(r.cidr_ip())?), r.description()))))
        .chain(v6.filter_map(|r| Some(rule(Peer::CidrV6(owned(r.cidr_ipv6())?), r.description()))))
        .chain(
            groups.filter_map(|g| Some(rule(Peer::Group(owned(g.group_id())?), g.description()))),
        )
        .chain(lists.filter_map(|l| {
            Some(rule(Peer::PrefixList(owned(l.prefix_list_id())?), l.description()))
        }))
        .collect()
}

#[cfg(test)]
mod tests {
    use aws_sdk_ec2::types::{IpPermission, IpRange, Ipv6Range, UserIdGroupPair};

    use super::*;
    use crate::testing::place;

    #[test]
    fn rules_are_split_one_per_peer_and_sorted() {
        let ssh = IpPermission::builder()
            .ip_protocol("tcp")
            .from_port(22)
            .to_port(22)
            .ip_ranges(IpRange::builder().cidr_ip("0.0.0.0/0").description("anyone").build())
            .ip_ranges(IpRange::builder().cidr_ip("0.0.0.0/0").description("anyone").build())
            .ipv6_ranges(Ipv6Range::builder().cidr_ipv6("::/0").build())
            .user_id_group_pairs(UserIdGroupPair::builder().group_id("sg-2").build())
            .build();
        let all = IpPermission::builder()
            .ip_protocol("-1")
            .from_port(-1)
            .to_port(-1)
            .ip_ranges(IpRange::builder().cidr_ip("10.0.0.0/8").build())
            .build();
        let sdk = types::SecurityGroup::builder()
            .group_id("sg-1")
            .group_name("web")
            .description("web servers")
            .vpc_id("vpc-1")
            .ip_permissions(ssh)
            .ip_permissions_egress(all)
            .build();
        let resource = resource(&place(), &sdk).unwrap();
        assert_eq!(resource.name.as_deref(), Some("web"));
        assert_eq!(resource.depends_on[0].resource(), "vpc/vpc-1");
        let ResourceConfig::Ec2SecurityGroup(group) = resource.config else { panic!() };
        assert_eq!(group.ingress.len(), 3, "{:?}", group.ingress);
        let open: Vec<_> = group.ingress.iter().filter(|r| r.is_open_to_world()).collect();
        assert!(open.len() == 2 && open.iter().all(|r| r.covers_tcp_port(22)));
        assert_eq!(open[0].description.as_deref(), Some("anyone"));
        assert_eq!((group.egress[0].from_port, group.egress[0].to_port), (None, None));
    }
}
