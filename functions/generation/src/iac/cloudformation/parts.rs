//! The properties of each part.

use miyabi_types::resource::ec2::{Instance, Peer, SecurityGroup, SecurityGroupRule, Subnet, Vpc};
use serde_json::{Map, Value, json};

use super::{Code, Member, Part, Template};
use crate::iac::secret;

/// Adds a member to its template.
pub fn add(template: &mut Template, code: &Code<'_>, at: usize) {
    let member = &code.estate.members[at];
    let logical_id = code.logical_ids[&at].as_str();
    let (kind, mut properties) = match member.part {
        Part::Vpc(vpc) => ("AWS::EC2::VPC", vpc_properties(vpc)),
        Part::Subnet(subnet) => ("AWS::EC2::Subnet", subnet_properties(template, code, at, subnet)),
        Part::SecurityGroup(group) => {
            ("AWS::EC2::SecurityGroup", group_properties(template, code, at, group))
        }
        Part::Instance(instance) => {
            ("AWS::EC2::Instance", instance_properties(template, code, at, instance))
        }
    };
    let tags = tags(template, member, logical_id);
    if !tags.is_empty() {
        properties.insert("Tags".into(), tags.into());
    }
    let mut metadata = json!({ "Id": member.resource.id });
    let notes = member.notes();
    if !notes.is_empty() {
        metadata["Notes"] = notes.into();
    }
    template.resource(logical_id, kind, &json!({ "Miyabi": metadata }), &properties);
    match member.part {
        Part::Vpc(_) | Part::Subnet(_) => {
            template.export(logical_id, &json!({ "Ref": logical_id }));
        }
        Part::SecurityGroup(_) => {
            template.export(logical_id, &json!({ "Fn::GetAtt": [logical_id, "GroupId"] }));
        }
        Part::Instance(_) => {}
    }
}

fn tags(template: &mut Template, member: &Member<'_>, logical_id: &str) -> Vec<Value> {
    let mut tags: Vec<Value> = member
        .tags()
        .into_iter()
        .map(|(key, value)| json!({ "Key": key, "Value": value }))
        .collect();
    for (index, key) in member.secret_tag_keys().into_iter().enumerate() {
        let parameter = format!("{logical_id}SecretTag{}", index + 1);
        let value =
            template.secret(&parameter, &format!("Value of the tag {key}, not written here"));
        tags.push(json!({ "Key": key, "Value": value }));
    }
    tags
}

fn vpc_properties(vpc: &Vpc) -> Map<String, Value> {
    let mut properties = Map::new();
    properties.insert("CidrBlock".into(), vpc.cidr_block.as_str().into());
    properties.insert("InstanceTenancy".into(), vpc.instance_tenancy.as_str().into());
    for (name, value) in
        [("EnableDnsSupport", vpc.dns_support), ("EnableDnsHostnames", vpc.dns_hostnames)]
    {
        if let Some(on) = value {
            properties.insert(name.into(), on.into());
        }
    }
    properties
}

fn subnet_properties(
    template: &mut Template,
    code: &Code<'_>,
    at: usize,
    subnet: &Subnet,
) -> Map<String, Value> {
    let mut properties = Map::new();
    properties.insert("VpcId".into(), code.reference(template, at, &subnet.vpc_id));
    properties.insert("CidrBlock".into(), subnet.cidr_block.as_str().into());
    properties.insert("AvailabilityZone".into(), subnet.availability_zone.as_str().into());
    properties.insert("MapPublicIpOnLaunch".into(), subnet.map_public_ip_on_launch.into());
    properties
}

fn group_properties(
    template: &mut Template,
    code: &Code<'_>,
    at: usize,
    group: &SecurityGroup,
) -> Map<String, Value> {
    let logical_id = &code.logical_ids[&at];
    let mut properties = Map::new();
    for (name, parameter, text) in [
        ("GroupName", "GroupName", group.group_name.as_str()),
        ("GroupDescription", "Description", group.description.as_str()),
    ] {
        let value = if secret::looks_secret(text) {
            template.secret(&format!("{logical_id}{parameter}"), "Looked like a secret")
        } else {
            text.into()
        };
        properties.insert(name.into(), value);
    }
    if let Some(vpc) = &group.vpc_id {
        properties.insert("VpcId".into(), code.reference(template, at, vpc));
    }
    for (name, rules, other) in [
        ("SecurityGroupIngress", &group.ingress, "Source"),
        ("SecurityGroupEgress", &group.egress, "Destination"),
    ] {
        let rules: Vec<Value> =
            rules.iter().map(|rule| rule_entry(template, code, at, rule, other)).collect();
        properties.insert(name.into(), rules.into());
    }
    properties
}

fn rule_entry(
    template: &mut Template,
    code: &Code<'_>,
    at: usize,
    rule: &SecurityGroupRule,
    other: &str,
) -> Value {
    let mut entry = Map::new();
    entry.insert("IpProtocol".into(), rule.protocol.as_str().into());
    let whole = match rule.protocol.as_str() {
        "tcp" | "udp" => Some((0, 65_535)),
        "icmp" | "icmpv6" => Some((-1, -1)),
        _ => None,
    };
    // Other protocols have no ports.
    if let Some((first, last)) = whole {
        entry.insert("FromPort".into(), rule.from_port.unwrap_or(first).into());
        entry.insert("ToPort".into(), rule.to_port.unwrap_or(last).into());
    }
    let (name, value) = match &rule.peer {
        Peer::Cidr(cidr) => ("CidrIp".to_owned(), cidr.as_str().into()),
        Peer::CidrV6(cidr) => ("CidrIpv6".to_owned(), cidr.as_str().into()),
        Peer::PrefixList(id) => (format!("{other}PrefixListId"), id.as_str().into()),
        Peer::Group(id) => (format!("{other}SecurityGroupId"), code.peer(template, at, id)),
    };
    entry.insert(name, value);
    if let Some(text) = rule.description.as_deref().filter(|text| !secret::looks_secret(text)) {
        entry.insert("Description".into(), text.into());
    }
    entry.into()
}

fn instance_properties(
    template: &mut Template,
    code: &Code<'_>,
    at: usize,
    instance: &Instance,
) -> Map<String, Value> {
    let mut properties = Map::new();
    if let Some(image) = &instance.image_id {
        properties.insert("ImageId".into(), image.as_str().into());
    }
    properties.insert("InstanceType".into(), instance.instance_type.as_str().into());
    if let Some(subnet) = &instance.subnet_id {
        properties.insert("SubnetId".into(), code.reference(template, at, subnet));
    } else {
        properties.insert("AvailabilityZone".into(), instance.availability_zone.as_str().into());
    }
    let groups: Vec<Value> =
        instance.security_group_ids.iter().map(|id| code.reference(template, at, id)).collect();
    if !groups.is_empty() {
        properties.insert("SecurityGroupIds".into(), groups.into());
    }
    if let Some(key) = &instance.key_name {
        properties.insert("KeyName".into(), key.as_str().into());
    }
    if let Some(name) =
        instance.instance_profile_arn.as_deref().and_then(|arn| arn.rsplit('/').next())
    {
        properties.insert("IamInstanceProfile".into(), name.into());
    }
    if instance.tenancy != "default" {
        properties.insert("Tenancy".into(), instance.tenancy.as_str().into());
    }
    properties.insert("EbsOptimized".into(), instance.ebs_optimized.into());
    if let Some(tokens) = &instance.imds_http_tokens {
        let mut metadata = json!({ "HttpTokens": tokens });
        if let Some(endpoint) = &instance.imds_http_endpoint {
            metadata["HttpEndpoint"] = endpoint.as_str().into();
        }
        properties.insert("MetadataOptions".into(), metadata);
    }
    properties
}
