//! Network interfaces.

use aws_sdk_ec2::{Client, types};
use miyabi_types::resource::{
    Resource, ResourceConfig,
    vpc::{NetworkInterface, PublicIp},
};

use super::{
    NETWORK_INTERFACES, address_arn, network_interface_arn, security_group_arn, subnet_arn, tags,
    vpc_arn,
};
use crate::{
    collect::{owned, sorted, text},
    lists::pages,
    place::Place,
    scope::Scan,
};

pub(super) async fn collect(scan: &Scan, ec2: &Client) {
    let paginator = ec2.describe_network_interfaces().max_results(1000).into_paginator().send();
    let work = |interfaces: Vec<types::NetworkInterface>| async move {
        // Of a network that is shared, its owner sees everybody's.
        let own = interfaces.iter().filter(|one| !scan.place.is_foreign(one.owner_id()));
        own.filter_map(|interface| resource(&scan.place, interface)).collect()
    };
    scan.stream(NETWORK_INTERFACES, pages(paginator, |page| page.network_interfaces), work).await;
}

fn resource(place: &Place, interface: &types::NetworkInterface) -> Option<Resource> {
    let id = interface.network_interface_id()?;
    let groups = interface.groups().iter().filter_map(|group| owned(group.group_id()));
    let attachment = interface.attachment();
    // Each private address may have a public one; the first one's is told twice.
    let addresses = interface.private_ip_addresses().iter();
    let associations = addresses.filter_map(|address| address.association());
    let config = NetworkInterface {
        interface_type: text(interface.interface_type().map(types::NetworkInterfaceType::as_str)),
        status: text(interface.status().map(types::NetworkInterfaceStatus::as_str)),
        description: owned(interface.description()),
        requester_managed: interface.requester_managed().unwrap_or(false),
        requester_id: owned(interface.requester_id()),
        vpc_id: owned(interface.vpc_id()),
        subnet_id: owned(interface.subnet_id()),
        availability_zone: text(interface.availability_zone()),
        security_group_ids: sorted(groups),
        instance_id: owned(attachment.and_then(|attachment| attachment.instance_id())),
        delete_on_termination: attachment
            .and_then(types::NetworkInterfaceAttachment::delete_on_termination),
        private_ip: owned(interface.private_ip_address()),
        public_ips: sorted(associations.chain(interface.association()).filter_map(public_ip)),
        source_dest_check: interface.source_dest_check(),
    };
    let allocations = config.public_ips.iter().filter_map(|ip| ip.allocation_id.as_deref());
    let depends_on = (config.subnet_id.iter().map(|id| subnet_arn(place, id)))
        .chain(config.vpc_id.iter().map(|id| vpc_arn(place, id)))
        .chain(config.security_group_ids.iter().map(|id| security_group_arn(place, id)))
        .chain(allocations.map(|id| address_arn(place, id)))
        .collect();
    let tags = tags(interface.tag_set());
    let arn = network_interface_arn(place, id);
    let resource = place.resource(arn, id, tags, ResourceConfig::Ec2NetworkInterface(config));
    Some(Resource { depends_on, ..resource })
}

fn public_ip(association: &types::NetworkInterfaceAssociation) -> Option<PublicIp> {
    let allocation_id = owned(association.allocation_id());
    Some(PublicIp { address: owned(association.public_ip())?, allocation_id })
}

#[cfg(test)]
mod tests {
    use aws_sdk_ec2::types::{
        GroupIdentifier, NetworkInterfaceAssociation, NetworkInterfaceAttachment,
        NetworkInterfacePrivateIpAddress, NetworkInterfaceStatus, NetworkInterfaceType,
    };
    use miyabi_types::id::Arn;

    use super::*;
    use crate::{prices::snapshot, testing::place};

    #[test]
    fn an_interface_pays_for_the_addresses_that_aws_lent_it_and_for_no_elastic_one() {
        let lent = NetworkInterfaceAssociation::builder().public_ip("203.0.113.1").build();
        let elastic = NetworkInterfaceAssociation::builder()
            .public_ip("198.51.100.7")
            .allocation_id("eipalloc-1")
            .build();
        let private = |association| {
            NetworkInterfacePrivateIpAddress::builder().association(association).build()
        };
        let sdk = types::NetworkInterface::builder()
            .network_interface_id("eni-1")
            .interface_type(NetworkInterfaceType::Interface)
            .status(NetworkInterfaceStatus::InUse)
            .vpc_id("vpc-1")
            .subnet_id("subnet-1")
            .groups(GroupIdentifier::builder().group_id("sg-1").build())
            .attachment(
                NetworkInterfaceAttachment::builder()
                    .instance_id("i-1")
                    .delete_on_termination(true)
                    .build(),
            )
            .association(lent.clone())
            .private_ip_addresses(private(lent))
            .private_ip_addresses(private(elastic))
            .build();
        let resource = resource(&place(), &sdk).unwrap();
        assert_eq!(resource.arn.resource(), "network-interface/eni-1");
        let needs: Vec<_> = resource.depends_on.iter().map(Arn::resource).collect();
        assert_eq!(
            needs,
            ["subnet/subnet-1", "vpc/vpc-1", "security-group/sg-1", "elastic-ip/eipalloc-1"]
        );
        let cost = snapshot::of_regions([&place().region]).monthly_cost(&resource);
        assert_eq!(cost.known().unwrap().to_string(), "$3.65");
        let ResourceConfig::Ec2NetworkInterface(config) = resource.config else { panic!() };
        assert_eq!(config.public_ips.len(), 2);
        assert_eq!((&*config.status, config.instance_id.as_deref()), ("in-use", Some("i-1")));
        assert_eq!(config.delete_on_termination, Some(true));
    }
}
