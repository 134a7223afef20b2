//! Flow logs: what records a network's traffic, and whether it gets where it should.

use aws_sdk_ec2::{Client, types};
use miyabi_types::{
    evidence::Unavailable,
    id::Arn,
    resource::{Resource, ResourceConfig, vpc::FlowLog},
};

use super::{FLOW_LOGS, network_interface_arn, subnet_arn, tags, transit_gateway_arn, vpc_arn};
use crate::{
    collect::{logs::log_group_arn, natural, owned, text, timestamp},
    place::Place,
    scope::Scan,
};

pub(super) async fn read(scan: &Scan, ec2: &Client) -> Result<Vec<Resource>, Unavailable> {
    let pages = ec2.describe_flow_logs().max_results(1000).into_paginator().items().send();
    let logs = scan.list(FLOW_LOGS, pages.collect::<Result<Vec<_>, _>>()).await?;
    Ok(logs.iter().filter_map(|log| resource(&scan.place, log)).collect())
}

fn resource(place: &Place, log: &types::FlowLog) -> Option<Resource> {
    let id = log.flow_log_id()?;
    let config = FlowLog {
        watched_id: text(log.resource_id()),
        traffic_type: owned(log.traffic_type().map(types::TrafficType::as_str)),
        status: text(log.flow_log_status()),
        delivery_status: owned(log.deliver_logs_status()),
        delivery_error: owned(log.deliver_logs_error_message()),
        destination_type: log
            .log_destination_type()
            .map_or("cloud-watch-logs", types::LogDestinationType::as_str)
            .to_owned(),
        destination: owned(log.log_destination()),
        log_group: owned(log.log_group_name()),
        format: owned(log.log_format()),
        role_arn: owned(log.deliver_logs_permission_arn()),
        max_aggregation_interval_seconds: log.max_aggregation_interval().map(natural),
    };
    let role = config.role_arn.iter().filter_map(|arn| Arn::parse(&**arn).ok());
    let depends_on = watched_arn(place, &config.watched_id)
        .into_iter()
        .chain(destination_arn(place, &config))
        .chain(role)
        .collect();
    let arn = place.arn("ec2", &format!("vpc-flow-log/{id}"));
    let resource = place.resource(arn, id, tags(log.tags()), ResourceConfig::Ec2FlowLog(config));
    Some(Resource { depends_on, created_at: timestamp(log.creation_time()), ..resource })
}

/// What a flow log watches, if it is of a kind that is read.
fn watched_arn(place: &Place, id: &str) -> Option<Arn> {
    let arn = match id.split_once('-')?.0 {
        "vpc" => vpc_arn,
        "subnet" => subnet_arn,
        "eni" => network_interface_arn,
        // An attachment's id goes on with `attach`.
        "tgw" if !id.starts_with("tgw-attach-") => transit_gateway_arn,
        _ => return None,
    };
    Some(arn(place, id))
}

/// Where it writes: a bucket's ARN goes on with a folder, a log group's with its streams.
fn destination_arn(place: &Place, log: &FlowLog) -> Option<Arn> {
    let Some(told) = &log.destination else {
        return Some(log_group_arn(place, log.log_group.as_deref()?));
    };
    let arn = Arn::parse(told.strip_suffix(":*").unwrap_or(told)).ok()?;
    if arn.service() != "s3" {
        return Some(arn);
    }
    arn.resource().split('/').next().map(|bucket| place.bucket_arn(bucket))
}

#[cfg(test)]
mod tests {
    use aws_sdk_ec2::types::{LogDestinationType, TrafficType};

    use super::*;
    use crate::testing::place;

    fn log(watched: &str) -> types::builders::FlowLogBuilder {
        types::FlowLog::builder().flow_log_id("fl-1").resource_id(watched)
    }

    fn needs(log: types::builders::FlowLogBuilder) -> Vec<String> {
        let resource = resource(&place(), &log.build()).unwrap();
        resource.depends_on.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_flow_log_needs_what_it_watches_and_where_it_writes() {
        let group = "arn:aws:logs:us-east-1:123456789012:log-group:/shop/flows";
        let vpc = "arn:aws:ec2:us-east-1:123456789012:vpc/vpc-1";
        assert_eq!(needs(log("vpc-1").log_group_name("/shop/flows")), [vpc, group]);
        let told = log("vpc-1").log_group_name("/shop/flows").log_destination(format!("{group}:*"));
        assert_eq!(needs(told), [vpc, group], "once");
        assert_eq!(
            needs(log("eni-1").log_destination("arn:aws:s3:::flows/of/the/shop/")),
            ["arn:aws:ec2:us-east-1:123456789012:network-interface/eni-1", "arn:aws:s3:::flows"]
        );
        let attachment =
            log("tgw-attach-1").deliver_logs_permission_arn("arn:aws:iam::1:role/flows");
        assert_eq!(needs(attachment), ["arn:aws:iam::1:role/flows"]);
    }

    #[test]
    fn a_flow_log_tells_whether_what_it_records_arrives() {
        let sdk = log("subnet-1")
            .flow_log_status("ACTIVE")
            .traffic_type(TrafficType::Reject)
            .deliver_logs_status("FAILED")
            .deliver_logs_error_message("Access error")
            .log_destination_type(LogDestinationType::S3)
            .max_aggregation_interval(60)
            .build();
        let resource = resource(&place(), &sdk).unwrap();
        assert_eq!(resource.arn.resource(), "vpc-flow-log/fl-1");
        let ResourceConfig::Ec2FlowLog(log) = resource.config else { panic!() };
        assert_eq!((&*log.status, log.traffic_type.as_deref()), ("ACTIVE", Some("REJECT")));
        assert_eq!(log.delivery_error.as_deref(), Some("Access error"));
        assert_eq!(
            (&*log.destination_type, log.max_aggregation_interval_seconds),
            ("s3", Some(60))
        );
    }
}
