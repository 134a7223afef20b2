//! CloudWatch.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What an alarm is and does, of whatever it watches.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlarmState {
    /// `OK`, `ALARM` or `INSUFFICIENT_DATA`.
    pub state: String,
    /// Since when.
    pub since: Option<Timestamp>,
    /// Whether its actions are carried out.
    pub actions_enabled: bool,
    /// ARNs of what it does when it rings, sorted.
    pub alarm_actions: Vec<String>,
    /// ARNs of what it does when all is well again, sorted.
    pub ok_actions: Vec<String>,
    /// ARNs of what it does without data, sorted.
    pub insufficient_data_actions: Vec<String>,
}

/// An alarm on a metric or on an expression over metrics.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Alarm {
    /// State and actions.
    pub state: AlarmState,
    /// The metric's namespace; absent for an expression.
    pub namespace: Option<String>,
    /// The metric; absent for an expression.
    pub metric: Option<String>,
    /// The metric's dimensions.
    pub dimensions: BTreeMap<String, String>,
    /// `Average`, `p99` …
    pub statistic: Option<String>,
    /// Seconds of one datapoint.
    pub period_seconds: Option<u32>,
    /// `GreaterThanThreshold` …
    pub comparison: Option<String>,
    /// What the metric is compared with, in its unit.
    pub threshold: Option<f64>,
    /// Datapoints that are looked at.
    pub evaluation_periods: u32,
    /// `missing`, `notBreaching`, `breaching` or `ignore`.
    pub treat_missing_data: Option<String>,
    /// Metrics that its expression reads, as `namespace/name`, sorted; empty for one metric.
    pub expression_metrics: Vec<String>,
}

/// An alarm on other alarms.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CompositeAlarm {
    /// State and actions.
    pub state: AlarmState,
    /// When it rings, in terms of other alarms.
    pub rule: String,
}

/// A dashboard.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dashboard {
    /// Size of its definition in bytes.
    pub size_bytes: u64,
    /// When it was last changed.
    pub modified_at: Option<Timestamp>,
}
