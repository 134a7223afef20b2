//! Resources to test with.

use miyabi_types::{
    id::{AccountId, Region},
    resource::{
        Resource, ResourceConfig, Tags,
        ec2::{Address, Volume},
        iam::Role,
    },
};

use crate::place::Place;

pub fn place() -> Place {
    let account = AccountId::parse("123456789012").unwrap();
    Place::new(account, Region::parse("us-east-1").unwrap(), "us-east-1")
}

pub fn volume(id: &str, tags: Tags) -> Resource {
    let volume = Volume {
        volume_type: "gp3".into(),
        size_gib: 8,
        iops: Some(3000),
        throughput_mibps: Some(125),
        state: "available".into(),
        encrypted: true,
        kms_key_id: None,
        snapshot_id: None,
        availability_zone: "us-east-1a".into(),
        attached_to: Vec::new(),
    };
    let arn = place().arn("ec2", &format!("volume/{id}"));
    place().resource(arn, id, tags, ResourceConfig::Ec2Volume(volume))
}

pub fn address(id: &str, public_ip: &str) -> Resource {
    let address = Address {
        public_ip: public_ip.into(),
        allocation_id: id.into(),
        association_id: None,
        instance_id: None,
        network_interface_id: None,
    };
    let arn = place().arn("ec2", &format!("elastic-ip/{id}"));
    place().resource(arn, id, Tags::new(), ResourceConfig::Ec2Address(address))
}

pub fn role(name: &str, tags: Tags) -> Resource {
    let place = Place::new(place().account, Region::global(), "us-east-1");
    let role = Role {
        path: "/".into(),
        trust_policy: serde_json::Value::Null,
        inline_policies: Vec::new(),
        attached_policies: Vec::new(),
        last_used_at: None,
        permissions_boundary: None,
    };
    let arn = place.global_arn("iam", &format!("role/{name}"));
    place.resource(arn, name, tags, ResourceConfig::IamRole(role))
}
