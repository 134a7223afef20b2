//! VPCs with their flow logs, and subnets.

use std::collections::BTreeMap;

use aws_sdk_ec2::{
    Client,
    types::{self, AttributeBooleanValue, VpcAttributeName},
};
use miyabi_types::resource::{
    Resource, ResourceConfig,
    ec2::{Subnet, Vpc},
};

use super::{SUBNETS, VPC_ATTRIBUTE, VPCS, flow_log, subnet_arn, tags, vpc_arn};
use crate::{
    collect::{natural, or_none, sorted, text},
    place::Place,
    scope::Scan,
};

/// Active flow logs' traffic types by the VPC that they watch.
type FlowLogs = BTreeMap<String, Vec<String>>;

pub(super) async fn vpcs(scan: &Scan, ec2: &Client) -> Vec<Resource> {
    let pages = ec2.describe_vpcs().max_results(1000).into_paginator().items().send();
    let vpcs = scan.list(VPCS, pages.collect::<Result<Vec<_>, _>>());
    let (vpcs, logs) = tokio::join!(vpcs, flow_log::read(scan, ec2));
    let mut vpcs = or_none(vpcs);
    vpcs.retain(|vpc| !scan.place.is_foreign(vpc.owner_id()));
    let ids = vpcs.iter().map(|vpc| text(vpc.vpc_id())).collect();
    let dns = scan.each(ids, |id: String| async move {
        tokio::join!(
            attribute(scan, ec2, &id, VpcAttributeName::EnableDnsSupport),
            attribute(scan, ec2, &id, VpcAttributeName::EnableDnsHostnames),
        )
    });
    let dns = dns.await;
    let traffic = logs.as_deref().ok().map(active);
    let vpcs = vpcs.iter().zip(dns);
    let vpcs = vpcs.filter_map(|(vpc, dns)| vpc_resource(&scan.place, vpc, dns, traffic.as_ref()));
    vpcs.chain(or_none(logs)).collect()
}

async fn attribute(scan: &Scan, ec2: &Client, id: &str, name: VpcAttributeName) -> Option<bool> {
    let support = name == VpcAttributeName::EnableDnsSupport;
    let call = ec2.describe_vpc_attribute().vpc_id(id).attribute(name);
    let answer = scan.read(VPC_ATTRIBUTE, call.send()).await.ok()?;
    let value = if support { answer.enable_dns_support() } else { answer.enable_dns_hostnames() };
    value.and_then(AttributeBooleanValue::value)
}

fn active(logs: &[Resource]) -> FlowLogs {
    let mut by_vpc = FlowLogs::new();
    for log in logs {
        let ResourceConfig::Ec2FlowLog(log) = &log.config else { continue };
        if log.status == "ACTIVE" {
            by_vpc.entry(log.watched_id.clone()).or_default().extend(log.traffic_type.clone());
        }
    }
    by_vpc
}

fn vpc_resource(
    place: &Place,
    vpc: &types::Vpc,
    (dns_support, dns_hostnames): (Option<bool>, Option<bool>),
    logs: Option<&FlowLogs>,
) -> Option<Resource> {
    let id = vpc.vpc_id()?;
    let config = Vpc {
        cidr_block: text(vpc.cidr_block()),
        is_default: vpc.is_default().unwrap_or(false),
        state: text(vpc.state().map(types::VpcState::as_str)),
        instance_tenancy: text(vpc.instance_tenancy().map(types::Tenancy::as_str)),
        dns_support,
        dns_hostnames,
        flow_log_traffic: logs.map(|logs| sorted(logs.get(id).cloned().unwrap_or_default())),
    };
    Some(place.resource(vpc_arn(place, id), id, tags(vpc.tags()), ResourceConfig::Ec2Vpc(config)))
}

pub(super) async fn subnets(scan: &Scan, ec2: &Client) -> Vec<Resource> {
    let pages = ec2.describe_subnets().max_results(1000).into_paginator().items().send();
    let mut subnets = or_none(scan.list(SUBNETS, pages.collect::<Result<Vec<_>, _>>()).await);
    subnets.retain(|subnet| !scan.place.is_foreign(subnet.owner_id()));
    subnets.iter().filter_map(|subnet| subnet_resource(&scan.place, subnet)).collect()
}

fn subnet_resource(place: &Place, subnet: &types::Subnet) -> Option<Resource> {
    let id = subnet.subnet_id()?;
    let config = Subnet {
        vpc_id: text(subnet.vpc_id()),
        cidr_block: text(subnet.cidr_block()),
        availability_zone: text(subnet.availability_zone()),
        map_public_ip_on_launch: subnet.map_public_ip_on_launch().unwrap_or(false),
        assign_ipv6_on_creation: Some(subnet.assign_ipv6_address_on_creation().unwrap_or(false)),
        default_for_az: subnet.default_for_az().unwrap_or(false),
        available_ip_count: natural(subnet.available_ip_address_count().unwrap_or(0)),
    };
    let depends_on = vec![vpc_arn(place, &config.vpc_id)];
    let tags = tags(subnet.tags());
    let resource =
        place.resource(subnet_arn(place, id), id, tags, ResourceConfig::Ec2Subnet(config));
    Some(Resource { depends_on, ..resource })
}

#[cfg(test)]
mod tests {
    use miyabi_types::resource::{Tags, vpc::FlowLog};

    use super::*;
    use crate::testing::place;

    fn log(vpc: &str, status: &str, traffic: &str) -> Resource {
        let config = FlowLog {
            watched_id: vpc.into(),
            traffic_type: Some(traffic.into()),
            status: status.into(),
            delivery_status: None,
            delivery_error: None,
            destination_type: "s3".into(),
            destination: None,
            log_group: None,
            format: None,
            role_arn: None,
            max_aggregation_interval_seconds: None,
        };
        let arn = place().arn("ec2", "vpc-flow-log/fl-1");
        place().resource(arn, "fl-1", Tags::new(), ResourceConfig::Ec2FlowLog(config))
    }

    #[test]
    fn only_active_flow_logs_count_and_unread_ones_are_unknown() {
        let logs = active(&[
            log("vpc-1", "ACTIVE", "REJECT"),
            log("vpc-1", "INACTIVE", "ALL"),
            log("vpc-2", "ACTIVE", "ALL"),
        ]);
        let sdk = types::Vpc::builder().vpc_id("vpc-1").cidr_block("10.0.0.0/16").build();
        let traffic = |logs: Option<&FlowLogs>| {
            let resource = vpc_resource(&place(), &sdk, (Some(true), None), logs).unwrap();
            let ResourceConfig::Ec2Vpc(vpc) = resource.config else { panic!() };
            assert_eq!((vpc.dns_support, vpc.dns_hostnames), (Some(true), None));
            vpc.flow_log_traffic
        };
        assert_eq!(traffic(Some(&logs)), Some(vec!["REJECT".to_owned()]));
        let none = FlowLogs::new();
        assert_eq!(traffic(Some(&none)), Some(vec![]));
        assert_eq!(traffic(None), None);
    }

    #[test]
    fn a_subnet_needs_its_vpc() {
        let sdk = types::Subnet::builder().subnet_id("subnet-1").vpc_id("vpc-1").build();
        let resource = subnet_resource(&place(), &sdk).unwrap();
        assert_eq!(resource.depends_on[0].resource(), "vpc/vpc-1");
    }
}
