//! One `CloudWatch` dashboard for each tenant.

use async_trait::async_trait;
use aws_sdk_cloudwatch::Client;
use miyabi_platform::PhaseError;
use miyabi_types::{finding::Severity, id::TenantId, standard::Standard};
use serde_json::{Value, json};

use crate::{
    channel::{Channel, Message},
    metrics::{Metric, NAMESPACE, SEVERITY, STANDARD, TENANT},
};

/// An hour: cycles are hours apart, and a retried report in the same hour changes nothing.
const PERIOD_SECONDS: u32 = 3_600;

/// The dashboard's name.
pub fn name(tenant: &TenantId) -> String {
    format!("Miyabi-{tenant}")
}

/// The dashboard's body: cost, score, findings and failures over time, in `region`.
pub fn body(tenant: &TenantId, region: &str) -> Value {
    let line = |metric: Metric, label: &str| json!([NAMESPACE, metric.name(), TENANT, tenant.as_str(), { "label": label }]);
    let findings: Vec<_> = Severity::WORST_FIRST
        .map(|severity| {
            json!([
                NAMESPACE, Metric::Findings.name(), TENANT, tenant.as_str(),
                SEVERITY, severity.as_str(),
                { "label": severity.as_str(), "color": colour(severity) }
            ])
        })
        .into();
    let mut scores = vec![line(Metric::SecurityScore, "all controls")];
    scores.extend(Standard::ALL.map(|standard| {
        json!([
            NAMESPACE, Metric::StandardScore.name(), TENANT, tenant.as_str(),
            STANDARD, standard.short_name(), { "label": standard.short_name() }
        ])
    }));
    let graph = |place: [u32; 2], title: &str, stacked: bool, axis: Value, metrics: Vec<Value>| {
        json!({
            "type": "metric", "x": place[0], "y": place[1], "width": 12, "height": 6,
            "properties": {
                "title": title, "view": "timeSeries", "stacked": stacked, "region": region,
                // The last word of each hour; a sum would count a retried report twice.
                "stat": "Maximum", "period": PERIOD_SECONDS,
                "yAxis": { "left": axis }, "metrics": metrics,
            }
        })
    };
    let from_zero = |label: &str| json!({ "label": label, "showUnits": false, "min": 0 });
    json!({ "widgets": [
        graph([0, 0], "Monthly cost at list prices", false, from_zero("USD"), vec![
            line(Metric::MonthlyCost, "cost"),
            line(Metric::PromisedSaving, "saving promised"),
            line(Metric::MeasuredSaving, "saving measured"),
        ]),
        graph(
            [12, 0],
            "Security score",
            false,
            json!({ "label": "percent", "showUnits": false, "min": 0, "max": 100 }),
            scores,
        ),
        graph([0, 6], "Findings by severity", true, from_zero("findings"), findings),
        graph([12, 6], "Failures and blind spots", false, from_zero("count"), vec![
            line(Metric::CycleFailed, "cycles failed"),
            line(Metric::ActionsFailed, "actions failed"),
            line(Metric::ActionsCompleted, "actions completed"),
            line(Metric::NotEvaluated, "not evaluated"),
            line(Metric::CostExplorerRequests, "Cost Explorer requests"),
        ]),
    ] })
}

const fn colour(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "#7d2105",
        Severity::High => "#d13212",
        Severity::Medium => "#ff9900",
        Severity::Low => "#dfb52c",
        Severity::Informational => "#6b7280",
    }
}

/// Puts the dashboard after every cycle; the same body again changes nothing.
#[derive(Debug)]
pub struct Dashboard {
    client: Client,
}

impl Dashboard {
    /// Keeps it through this client, and shows the metrics of the client's region.
    pub const fn new(client: Client) -> Self {
        Self { client }
    }
}

#[async_trait]
impl Channel for Dashboard {
    fn name(&self) -> &'static str {
        "dashboard"
    }

    async fn send(&self, message: &Message) -> Result<(), PhaseError> {
        let Message::Reported(reported) = message else { return Ok(()) };
        let tenant = &reported.report.tenant;
        let Some(region) = self.client.config().region() else {
            return Err(PhaseError::invalid_input("AWS_REGION is not set"));
        };
        let answer = self
            .client
            .put_dashboard()
            .dashboard_name(name(tenant))
            .dashboard_body(body(tenant, region.as_ref()).to_string())
            .send()
            .await
            .map_err(|error| PhaseError::from_sdk("cloudwatch:PutDashboard", error))?;
        // CloudWatch keeps a dashboard it has remarks on; they are for whoever changes the body.
        for remark in answer.dashboard_validation_messages() {
            tracing::warn!(remark = remark.message(), at = remark.data_path(), "dashboard remark");
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    #[test]
    fn the_dashboard_shows_cost_score_findings_and_failures() {
        assert_eq!(name(&sample::tenant()), "Miyabi-acme");
        insta::assert_json_snapshot!(body(&sample::tenant(), "eu-west-1"));
    }
}
