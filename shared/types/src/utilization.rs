//! How busy a resource was, from its metrics.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Metrics of one resource over a look-back window.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Utilization {
    /// Length of the window, in days.
    pub window_days: u32,
    /// Seconds that one datapoint covers.
    pub period_seconds: u32,
    /// Statistics by CloudWatch metric name, for example `CPUUtilization` (percent) or `NetworkOut` (bytes per period).
    pub metrics: BTreeMap<String, MetricStats>,
    /// Mean CPU by hour of the week, of what can be stopped while nobody uses it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub week: Option<WeekShape>,
}

/// Hours of a week.
pub const WEEK_HOURS: usize = 168;

/// How busy each hour of the week is.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct WeekShape {
    /// Mean of `CPUUtilization` in percent, rounded to a tenth; [`WEEK_HOURS`] cells from Monday 00:00 to
    /// Sunday 23:00 UTC. A cell without a datapoint is absent: the resource did not run, or was not seen.
    pub mean_cpu_percent: Vec<Option<f64>>,
    /// Datapoints of each cell: the weeks that it was seen in.
    pub datapoints: Vec<u32>,
}

impl WeekShape {
    /// Cells that were seen in at least `weeks` weeks, with their mean; the hour counts from Monday 00:00 UTC.
    pub fn seen(&self, weeks: u32) -> impl Iterator<Item = (usize, f64)> {
        let cells = self.mean_cpu_percent.iter().zip(&self.datapoints).enumerate();
        cells
            .filter(move |(_, (_, seen))| **seen >= weeks.max(1))
            .filter_map(|(hour, (mean, _))| Some((hour, (*mean)?)))
    }
}

/// Statistics of one metric over the window.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct MetricStats {
    /// Datapoints received.
    pub datapoints: u32,
    /// Mean of the per-period averages.
    pub average: f64,
    /// 50th percentile of the per-period averages.
    pub p50: f64,
    /// 95th percentile of the per-period averages.
    pub p95: f64,
    /// 99.5th percentile of the per-period averages.
    pub p99_5: f64,
    /// Largest per-period maximum.
    pub maximum: f64,
    /// Sum over the window.
    pub sum: f64,
    /// Smallest of the per-period averages: what was always free, where the metric tells what is free.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub minimum: Option<f64>,
}

impl Utilization {
    /// Share (0 to 1) of the expected datapoints that `metric` has; 0 if it was never reported.
    pub fn completeness(&self, metric: &str) -> f64 {
        let expected =
            f64::from(self.window_days) * 86_400.0 / f64::from(self.period_seconds.max(1));
        let got = self.metrics.get(metric).map_or(0.0, |m| f64::from(m.datapoints));
        if expected > 0.0 { (got / expected).min(1.0) } else { 0.0 }
    }
}
