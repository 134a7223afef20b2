//! CloudWatch alarms. Metrics are read by [`super::cloudwatch`].

use aws_sdk_cloudwatch::{
    Client,
    types::{
        self, AlarmType, ComparisonOperator, MetricAlarm, MetricDataQuery, StateValue, Statistic,
    },
};
use futures::FutureExt;
use miyabi_types::{
    id::Arn,
    resource::{
        Resource, ResourceConfig,
        ResourceKind::{CloudWatchAlarm, CloudWatchCompositeAlarm},
        Tags,
        cloudwatch::{Alarm, AlarmState, CompositeAlarm},
    },
};

use super::{
    Collected, Collector, Reach, natural, owned, sorted,
    tagging::{self, Tagged},
    text, timestamp,
};
use crate::{call::Call, lists::pages, place::Place, scope::Scan};

const ALARMS: Call =
    Call::lists("cloudwatch:DescribeAlarms", &[CloudWatchAlarm, CloudWatchCompositeAlarm]);

/// Reads alarms.
pub const COLLECTOR: Collector = Collector {
    service: "cloudwatch",
    reach: Reach::Regional,
    calls: &[ALARMS, tagging::GET_RESOURCES],
    collect: |scan| collect(scan).boxed(),
};

async fn collect(scan: &Scan) -> Collected {
    let paginator = Client::new(scan.sdk())
        .describe_alarms()
        // Composite alarms are left out unless they are asked for.
        .alarm_types(AlarmType::MetricAlarm)
        .alarm_types(AlarmType::CompositeAlarm)
        .max_records(100)
        .into_paginator()
        .send();
    let place = &scan.place;
    let alarms = pages(paginator, |page| {
        let metric = page.metric_alarms.unwrap_or_default().into_iter();
        let composite = page.composite_alarms.unwrap_or_default().into_iter();
        let metric = metric.filter_map(|alarm| alarm_resource(place, &alarm));
        let composite = composite.filter_map(|alarm| composite_resource(place, &alarm));
        Some(metric.chain(composite).collect())
    });
    let tagged = &Tagged::of("cloudwatch:alarm");
    let work = |mut resources: Vec<Resource>| async move {
        tagged.fill(scan, &mut resources).await;
        resources
    };
    scan.stream(ALARMS, alarms, work).await;
    Collected::default()
}

fn alarm_resource(place: &Place, alarm: &MetricAlarm) -> Option<Resource> {
    let name = alarm.alarm_name()?;
    let dimensions = alarm.dimensions().iter();
    let dimensions =
        dimensions.filter_map(|pair| Some((pair.name()?.to_owned(), pair.value()?.to_owned())));
    let statistic = alarm.statistic().map(Statistic::as_str).or(alarm.extended_statistic());
    let config = Alarm {
        state: AlarmState {
            state: text(alarm.state_value().map(StateValue::as_str)),
            since: timestamp(
                alarm.state_transitioned_timestamp().or(alarm.state_updated_timestamp()),
            ),
            actions_enabled: alarm.actions_enabled().unwrap_or(true),
            alarm_actions: sorted(alarm.alarm_actions().iter().cloned()),
            ok_actions: sorted(alarm.ok_actions().iter().cloned()),
            insufficient_data_actions: sorted(alarm.insufficient_data_actions().iter().cloned()),
        },
        namespace: owned(alarm.namespace()),
        metric: owned(alarm.metric_name()),
        dimensions: dimensions.collect(),
        statistic: owned(statistic),
        period_seconds: alarm.period().map(natural),
        comparison: owned(alarm.comparison_operator().map(ComparisonOperator::as_str)),
        threshold: alarm.threshold(),
        evaluation_periods: natural(alarm.evaluation_periods().unwrap_or(1)),
        treat_missing_data: owned(alarm.treat_missing_data()),
        expression_metrics: sorted(alarm.metrics().iter().filter_map(metric)),
    };
    let depends_on = acts_by(&config.state);
    let arn = alarm.alarm_arn();
    let resource = resource(place, arn, name, ResourceConfig::CloudWatchAlarm(config));
    Some(Resource { depends_on, ..resource })
}

/// What an alarm tells or sets in motion. What CloudWatch does itself, such as stopping an instance, is named
/// by an ARN too, but is nothing that exists.
fn acts_by(state: &AlarmState) -> Vec<Arn> {
    let actions = (state.alarm_actions.iter())
        .chain(&state.ok_actions)
        .chain(&state.insufficient_data_actions);
    let arns = actions.filter_map(|action| Arn::parse(&**action).ok());
    arns.filter(|action| action.service() != "automate").collect()
}

fn metric(query: &MetricDataQuery) -> Option<String> {
    let metric = query.metric_stat()?.metric()?;
    Some(format!("{}/{}", metric.namespace()?, metric.metric_name()?))
}

fn composite_resource(place: &Place, alarm: &types::CompositeAlarm) -> Option<Resource> {
    let name = alarm.alarm_name()?;
    let config = CompositeAlarm {
        state: AlarmState {
            state: text(alarm.state_value().map(StateValue::as_str)),
            since: timestamp(
                alarm.state_transitioned_timestamp().or(alarm.state_updated_timestamp()),
            ),
            actions_enabled: alarm.actions_enabled().unwrap_or(true),
            alarm_actions: sorted(alarm.alarm_actions().iter().cloned()),
            ok_actions: sorted(alarm.ok_actions().iter().cloned()),
            insufficient_data_actions: sorted(alarm.insufficient_data_actions().iter().cloned()),
        },
        rule: text(alarm.alarm_rule()),
    };
    let depends_on = acts_by(&config.state);
    let arn = alarm.alarm_arn();
    let resource = resource(place, arn, name, ResourceConfig::CloudWatchCompositeAlarm(config));
    Some(Resource { depends_on, ..resource })
}

fn resource(place: &Place, arn: Option<&str>, name: &str, config: ResourceConfig) -> Resource {
    let arn = Place::told(arn, || place.arn("cloudwatch", &format!("alarm:{name}")));
    let resource = place.resource(arn, name, Tags::new(), config);
    Resource { name: Some(name.to_owned()), ..resource }
}

#[cfg(test)]
mod tests {
    use aws_sdk_cloudwatch::types::{Dimension, Metric, MetricStat};
    use aws_smithy_types::DateTime;

    use super::*;
    use crate::testing::place;

    #[test]
    fn an_alarm_tells_what_it_watches_and_what_it_does() {
        let sdk = MetricAlarm::builder()
            .alarm_name("cpu high")
            .alarm_arn("arn:aws:cloudwatch:us-east-1:123456789012:alarm:cpu high")
            .state_value(StateValue::InsufficientData)
            .state_updated_timestamp(DateTime::from_secs(1_700_000_000))
            .actions_enabled(false)
            .alarm_actions("arn:aws:sns:us-east-1:123456789012:ops")
            .alarm_actions("arn:aws:automate:us-east-1:ec2:stop")
            .namespace("AWS/EC2")
            .metric_name("CPUUtilization")
            .dimensions(Dimension::builder().name("InstanceId").value("i-1").build())
            .extended_statistic("p99")
            .period(300)
            .evaluation_periods(2)
            .threshold(80.0)
            .comparison_operator(ComparisonOperator::GreaterThanThreshold)
            .treat_missing_data("notBreaching")
            .build();
        let resource = alarm_resource(&place(), &sdk).unwrap();
        assert_eq!(resource.arn.resource(), "alarm:cpu high");
        assert_eq!(resource.depends_on.iter().map(Arn::resource).collect::<Vec<_>>(), ["ops"]);
        let ResourceConfig::CloudWatchAlarm(alarm) = resource.config else { panic!() };
        assert_eq!(alarm.state.state, "INSUFFICIENT_DATA");
        assert_eq!(alarm.state.since.unwrap().as_second(), 1_700_000_000);
        assert!(!alarm.state.actions_enabled);
        assert_eq!(alarm.state.alarm_actions.len(), 2);
        assert_eq!(alarm.dimensions["InstanceId"], "i-1");
        assert_eq!((alarm.statistic.as_deref(), alarm.threshold), (Some("p99"), Some(80.0)));
        assert_eq!((alarm.period_seconds, alarm.evaluation_periods), (Some(300), 2));
    }

    #[test]
    fn an_expression_tells_the_metrics_it_reads() {
        let metric = Metric::builder().namespace("AWS/SQS").metric_name("Sent").build();
        let stat = MetricStat::builder().metric(metric).period(60).stat("Sum").build();
        let sdk = MetricAlarm::builder()
            .alarm_name("ratio")
            .metrics(MetricDataQuery::builder().id("m1").metric_stat(stat).build())
            .metrics(MetricDataQuery::builder().id("e1").expression("m1 / 2").build())
            .build();
        let resource = alarm_resource(&place(), &sdk).unwrap();
        assert_eq!(resource.arn.as_str(), "arn:aws:cloudwatch:us-east-1:123456789012:alarm:ratio");
        let ResourceConfig::CloudWatchAlarm(alarm) = resource.config else { panic!() };
        assert_eq!(alarm.expression_metrics, ["AWS/SQS/Sent"]);
        assert_eq!((alarm.metric, alarm.namespace), (None, None));
    }

    #[test]
    fn a_composite_alarm_tells_its_rule() {
        let sdk = types::CompositeAlarm::builder()
            .alarm_name("all")
            .alarm_rule("ALARM(a) AND ALARM(b)")
            .state_value(StateValue::Ok)
            .build();
        let resource = composite_resource(&place(), &sdk).unwrap();
        let ResourceConfig::CloudWatchCompositeAlarm(alarm) = resource.config else { panic!() };
        assert_eq!((&*alarm.rule, &*alarm.state.state), ("ALARM(a) AND ALARM(b)", "OK"));
    }
}
