//! How well an account is: alarms and status checks.

use aws_sdk_cloudwatch::{
    primitives::DateTime,
    types::{AlarmType, StateValue},
};
use aws_sdk_ec2::types::SummaryStatus;
use jiff::Timestamp;

use crate::{
    accounts::Clients,
    cloud::Alarm,
    error::{Result, failed},
};

/// The IAM actions of the health gate.
pub const PERMISSIONS: &[&str] = &["cloudwatch:DescribeAlarms", "ec2:DescribeInstanceStatus"];

/// Names that one call of `DescribeAlarms` takes, and ids that one of `DescribeInstanceStatus` does.
const PER_CALL: usize = 100;

/// The alarms with these names; with no names, every alarm that is in the state `ALARM`.
pub async fn alarms(aws: &Clients, names: &[String]) -> Result<Vec<Alarm>> {
    let all = aws
        .cloudwatch
        .describe_alarms()
        .alarm_types(AlarmType::MetricAlarm)
        .alarm_types(AlarmType::CompositeAlarm);
    if names.is_empty() {
        return pages(all.state_value(StateValue::Alarm)).await;
    }
    let mut alarms = Vec::new();
    for names in names.chunks(PER_CALL) {
        alarms.extend(pages(all.clone().set_alarm_names(Some(names.to_vec()))).await?);
    }
    Ok(alarms)
}

async fn pages(
    request: aws_sdk_cloudwatch::operation::describe_alarms::builders::DescribeAlarmsFluentBuilder,
) -> Result<Vec<Alarm>> {
    let alarm = |name: Option<String>, state: Option<StateValue>, since: Option<DateTime>| Alarm {
        name: name.unwrap_or_default(),
        is_alarming: state == Some(StateValue::Alarm),
        since: since.and_then(|at| Timestamp::from_second(at.secs()).ok()),
    };
    let mut alarms = Vec::new();
    let mut pages = request.into_paginator().send();
    while let Some(page) = pages.next().await {
        let page = page.map_err(failed("cloudwatch:DescribeAlarms"))?;
        let metric = page.metric_alarms.unwrap_or_default();
        alarms.extend(
            metric.into_iter().map(|one| {
                alarm(one.alarm_name, one.state_value, one.state_transitioned_timestamp)
            }),
        );
        let composite = page.composite_alarms.unwrap_or_default();
        alarms.extend(
            composite.into_iter().map(|one| {
                alarm(one.alarm_name, one.state_value, one.state_transitioned_timestamp)
            }),
        );
    }
    Ok(alarms)
}

/// Those of these instances whose status checks are impaired. Stopped ones have none.
pub async fn impaired_instances(aws: &Clients, ids: &[String]) -> Result<Vec<String>> {
    let impaired = Some(&SummaryStatus::Impaired);
    let mut found = Vec::new();
    for ids in ids.chunks(PER_CALL) {
        let answer = aws
            .ec2
            .describe_instance_status()
            .set_instance_ids(Some(ids.to_vec()))
            .send()
            .await
            .map_err(failed("ec2:DescribeInstanceStatus"))?;
        found.extend(
            answer
                .instance_statuses
                .unwrap_or_default()
                .into_iter()
                .filter(|one| {
                    one.instance_status().and_then(|status| status.status()) == impaired
                        || one.system_status().and_then(|status| status.status()) == impaired
                })
                .filter_map(|one| one.instance_id),
        );
    }
    Ok(found)
}
