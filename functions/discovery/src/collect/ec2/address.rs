//! Elastic IP addresses.

use aws_sdk_ec2::{Client, error::SdkError, types};
use miyabi_types::resource::{Resource, ResourceConfig, ec2::Address};

use super::{ADDRESSES, address_arn, tags};
use crate::{
    collect::{or_none, owned, text},
    place::Place,
    scope::Scan,
};

pub(super) async fn collect(scan: &Scan, ec2: &Client) -> Vec<Resource> {
    // The API has no pages.
    let call = async {
        let answer = ec2.describe_addresses().send().await?;
        Ok::<_, SdkError<_, _>>(answer.addresses.unwrap_or_default())
    };
    let addresses = or_none(scan.list(ADDRESSES, call).await);
    addresses.iter().filter_map(|address| resource(&scan.place, address)).collect()
}

fn resource(place: &Place, address: &types::Address) -> Option<Resource> {
    let id = address.allocation_id()?;
    let config = Address {
        public_ip: text(address.public_ip()),
        allocation_id: id.to_owned(),
        association_id: owned(address.association_id()),
        instance_id: owned(address.instance_id()),
        network_interface_id: owned(address.network_interface_id()),
    };
    let arn = address_arn(place, id);
    Some(place.resource(arn, id, tags(address.tags()), ResourceConfig::Ec2Address(config)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::place;

    #[test]
    fn an_idle_address_has_no_association_whatever_way_that_is_written() {
        let sdk = types::Address::builder()
            .allocation_id("eipalloc-1")
            .public_ip("198.51.100.7")
            .association_id("")
            .instance_id("")
            .build();
        let resource = resource(&place(), &sdk).unwrap();
        assert_eq!(resource.id, "eipalloc-1");
        let ResourceConfig::Ec2Address(address) = resource.config else { panic!() };
        assert_eq!((address.association_id, address.instance_id), (None, None));
    }
}
