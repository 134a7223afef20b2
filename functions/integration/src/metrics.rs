//! What a cycle says of itself as `CloudWatch` metrics: nineteen for each tenant (findings count
//! once for each severity, scores of standards once for each standard), which AWS bills as custom metrics.

use async_trait::async_trait;
use aws_sdk_cloudwatch::{
    Client,
    primitives::DateTime,
    types::{Dimension, MetricDatum, StandardUnit},
};
use miyabi_platform::PhaseError;
use miyabi_types::{
    finding::Severity, id::TenantId, report::CycleEnd, standard::Standard, task::TaskStatus,
};
use serde::Serialize;

use crate::channel::{Channel, Message, Reported};

/// Where the metrics are.
pub const NAMESPACE: &str = "Miyabi";
/// The dimension that every metric carries.
pub const TENANT: &str = "Tenant";
/// The dimension that findings carry beside it.
pub const SEVERITY: &str = "Severity";
/// The dimension that scores of standards carry beside it.
pub const STANDARD: &str = "Standard";

/// The name of a metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum Metric {
    /// List price of the account in US dollars a month, after acting where that was measured.
    MonthlyCost,
    /// US dollars a month that acting was to save.
    PromisedSaving,
    /// US dollars a month that acting saved, read off the Worlds before and after.
    MeasuredSaving,
    /// The security score in percent, after acting where that was measured.
    SecurityScore,
    /// The score of each standard in percent, after acting where that was measured.
    StandardScore,
    /// Findings, by severity.
    Findings,
    /// Changes that were made and verified.
    ActionsCompleted,
    /// Changes that failed.
    ActionsFailed,
    /// 1 for a cycle that failed, else 0.
    CycleFailed,
    /// Judgements that could not be made.
    NotEvaluated,
    /// Cost Explorer requests; AWS bills each.
    CostExplorerRequests,
}

impl Metric {
    /// Its name in `CloudWatch`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::MonthlyCost => "MonthlyCost",
            Self::PromisedSaving => "PromisedSaving",
            Self::MeasuredSaving => "MeasuredSaving",
            Self::SecurityScore => "SecurityScore",
            Self::StandardScore => "StandardScore",
            Self::Findings => "Findings",
            Self::ActionsCompleted => "ActionsCompleted",
            Self::ActionsFailed => "ActionsFailed",
            Self::CycleFailed => "CycleFailed",
            Self::NotEvaluated => "NotEvaluated",
            Self::CostExplorerRequests => "CostExplorerRequests",
        }
    }

    const fn unit(self) -> StandardUnit {
        match self {
            // CloudWatch has no unit of money.
            Self::MonthlyCost | Self::PromisedSaving | Self::MeasuredSaving => StandardUnit::None,
            Self::SecurityScore | Self::StandardScore => StandardUnit::Percent,
            Self::Findings
            | Self::ActionsCompleted
            | Self::ActionsFailed
            | Self::CycleFailed
            | Self::NotEvaluated
            | Self::CostExplorerRequests => StandardUnit::Count,
        }
    }
}

/// One value of one metric.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Value {
    /// Which metric.
    pub metric: Metric,
    /// Of which severity, for findings.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub severity: Option<Severity>,
    /// Of which standard, for its score.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub standard: Option<Standard>,
    /// Its value, in the metric's unit.
    pub value: f64,
}

/// The values of a cycle. What is not known is left out: a gap in a graph is true, a zero is not.
pub fn values(reported: &Reported) -> Vec<Value> {
    let report = &reported.report;
    let failed = matches!(report.end, CycleEnd::Failed { .. });
    let count = |status| report.actions.iter().filter(|action| action.status == status).count();
    let value = |metric, value| Value { metric, severity: None, standard: None, value };
    let mut values = vec![
        value(Metric::CycleFailed, f64::from(u8::from(failed))),
        value(Metric::ActionsCompleted, count(TaskStatus::Completed) as f64),
        value(Metric::ActionsFailed, count(TaskStatus::Failed) as f64),
        value(Metric::CostExplorerRequests, report.cost_explorer_requests as f64),
    ];
    if reported.judged {
        let cost = report.cost_after.unwrap_or(report.cost_before);
        values.push(value(Metric::MonthlyCost, cost.usd()));
        values.push(value(Metric::PromisedSaving, report.promised_saving.usd()));
        values.push(value(Metric::NotEvaluated, reported.not_evaluated as f64));
        values.extend(Severity::WORST_FIRST.map(|severity| Value {
            metric: Metric::Findings,
            severity: Some(severity),
            standard: None,
            value: reported.findings.get(&severity).copied().unwrap_or(0) as f64,
        }));
    }
    let score = report.score_after.or(report.score_before);
    values.extend(score.map(|permille| value(Metric::SecurityScore, f64::from(permille) / 10.0)));
    values.extend(reported.scores.standards.iter().map(|(standard, permille)| Value {
        metric: Metric::StandardScore,
        severity: None,
        standard: Some(*standard),
        value: f64::from(*permille) / 10.0,
    }));
    values.extend(reported.measured_saving.map(|saved| value(Metric::MeasuredSaving, saved.usd())));
    values
}

/// Publishes the metrics of every cycle.
#[derive(Debug)]
pub struct Metrics {
    client: Client,
}

impl Metrics {
    /// Publishes through this client.
    pub const fn new(client: Client) -> Self {
        Self { client }
    }
}

#[async_trait]
impl Channel for Metrics {
    fn name(&self) -> &'static str {
        "metrics"
    }

    async fn send(&self, message: &Message) -> Result<(), PhaseError> {
        let Message::Reported(reported) = message else { return Ok(()) };
        let report = &reported.report;
        let at = DateTime::from_secs(report.at.as_second());
        let data = values(reported).iter().map(|value| datum(&report.tenant, at, value)).collect();
        self.client
            .put_metric_data()
            .namespace(NAMESPACE)
            .set_metric_data(Some(data))
            .send()
            .await
            .map_err(|error| PhaseError::from_sdk("cloudwatch:PutMetricData", error))?;
        Ok(())
    }
}

fn datum(tenant: &TenantId, at: DateTime, value: &Value) -> MetricDatum {
    let dimension = |name: &str, value: &str| Dimension::builder().name(name).value(value).build();
    let mut dimensions = vec![dimension(TENANT, tenant.as_str())];
    dimensions.extend(value.severity.map(|severity| dimension(SEVERITY, severity.as_str())));
    dimensions.extend(value.standard.map(|standard| dimension(STANDARD, standard.short_name())));
    MetricDatum::builder()
        .metric_name(value.metric.name())
        .set_dimensions(Some(dimensions))
        .timestamp(at)
        .unit(value.metric.unit())
        .value(value.value)
        .build()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{dossier::Dossier, report, sample};
    use miyabi_platform::Artifacts;
    use miyabi_types::{cycle::CycleState, settings::Mode};

    async fn of(cycle: &CycleState, end: CycleEnd) -> Vec<Value> {
        let dossier = Dossier::load(&Artifacts::inline(), None, cycle).await.unwrap();
        let report = report::build(cycle, &dossier, end, sample::now());
        values(&Reported::new(report, &dossier))
    }

    #[tokio::test]
    async fn a_cycle_that_acted_tells_what_was_measured() {
        insta::assert_json_snapshot!(of(&sample::acted(), CycleEnd::Acted).await);
    }

    #[tokio::test]
    async fn what_is_not_known_is_not_published_as_zero() {
        let cycle = CycleState::new(sample::tenant(), sample::cycle_id(), Mode::Observe);
        let failed = CycleEnd::Failed { state: "Scan".into(), error: None, message: "x".into() };
        let published: Vec<_> =
            of(&cycle, failed).await.into_iter().map(|value| (value.metric, value.value)).collect();
        assert_eq!(
            published,
            [
                (Metric::CycleFailed, 1.0),
                (Metric::ActionsCompleted, 0.0),
                (Metric::ActionsFailed, 0.0),
                (Metric::CostExplorerRequests, 0.0),
            ]
        );
    }
}
