//! One `CloudWatch` alarm for each tenant: a cycle failed.

use async_trait::async_trait;
use aws_sdk_cloudwatch::{
    Client,
    types::{ComparisonOperator, Dimension, Statistic},
};
use miyabi_platform::PhaseError;
use miyabi_types::id::TenantId;
use serde::Serialize;

use crate::{
    channel::{Channel, Message},
    metrics::{Metric, NAMESPACE, TENANT},
};

/// An alarm on a metric of a tenant.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Alarm {
    /// Its name.
    pub name: String,
    /// What it means and what to do, for whoever is called.
    pub description: String,
    /// The metric.
    pub metric: Metric,
    /// The value from which on it alarms.
    pub threshold: f64,
    /// Seconds over which the metric is looked at.
    pub period_seconds: i32,
    /// Who is told; absent means that the alarm only shows.
    pub topic: Option<String>,
}

/// The alarm on failed cycles.
pub fn failed_cycle(tenant: &TenantId, topic: Option<String>) -> Alarm {
    Alarm {
        name: format!("Miyabi-{tenant}-cycle-failed"),
        description: format!(
            "A cycle of tenant {tenant} failed. Its report says in which state and why; \
             changes already made can be undone with: cargo xtask rollback <cycle>"
        ),
        metric: Metric::CycleFailed,
        threshold: 1.0,
        period_seconds: 300,
        topic,
    }
}

/// Puts the alarm after every cycle; the same alarm again changes nothing.
#[derive(Debug)]
pub struct Alarms {
    client: Client,
    topic: Option<String>,
}

impl Alarms {
    /// Alarms through this client, to this SNS topic.
    pub const fn new(client: Client, topic: Option<String>) -> Self {
        Self { client, topic }
    }
}

#[async_trait]
impl Channel for Alarms {
    fn name(&self) -> &'static str {
        "alarm"
    }

    async fn send(&self, message: &Message) -> Result<(), PhaseError> {
        let Message::Reported(reported) = message else { return Ok(()) };
        let tenant = &reported.report.tenant;
        let alarm = failed_cycle(tenant, self.topic.clone());
        self.client
            .put_metric_alarm()
            .alarm_name(alarm.name)
            .alarm_description(alarm.description)
            .namespace(NAMESPACE)
            .metric_name(alarm.metric.name())
            .dimensions(Dimension::builder().name(TENANT).value(tenant.as_str()).build())
            .statistic(Statistic::Maximum)
            .comparison_operator(ComparisonOperator::GreaterThanOrEqualToThreshold)
            .threshold(alarm.threshold)
            .period(alarm.period_seconds)
            .evaluation_periods(1)
            // Between cycles there is no value, and that is well.
            .treat_missing_data("notBreaching")
            .set_alarm_actions(alarm.topic.map(|topic| vec![topic]))
            .send()
            .await
            .map_err(|error| PhaseError::from_sdk("cloudwatch:PutMetricAlarm", error))?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    #[test]
    fn the_alarm_says_what_happened_and_what_to_do() {
        let topic = Some("arn:aws:sns:us-east-1:123456789012:ops".to_owned());
        insta::assert_json_snapshot!(failed_cycle(&sample::tenant(), topic));
    }
}
