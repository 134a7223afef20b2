//! When metrics are evidence: a window long enough, and nearly every datapoint of it.

use miyabi_types::{
    evidence::Unavailable,
    resource::Resource,
    utilization::{MetricStats, Utilization},
};

/// Share of the expected datapoints that a metric must have before its absence of activity means anything.
pub const MIN_COMPLETENESS: f64 = 0.9;

/// The utilization of `resource` if it covers at least `days` and every metric of `metrics` has
/// [`MIN_COMPLETENESS`] of its datapoints; else why it proves nothing.
pub fn conclusive<'a, const N: usize>(
    resource: &'a Resource,
    days: u32,
    metrics: [&str; N],
) -> Result<(&'a Utilization, [MetricStats; N]), Unavailable> {
    let utilization = resource.utilization.get().map_err(Clone::clone)?;
    if utilization.window_days < days {
        return Err(Unavailable::because(format!(
            "metrics cover {} days, {days} are needed",
            utilization.window_days
        )));
    }
    let mut found = [MetricStats::default(); N];
    for (slot, metric) in found.iter_mut().zip(metrics) {
        let share = utilization.completeness(metric);
        if share < MIN_COMPLETENESS {
            return Err(Unavailable::because(format!(
                "{metric} has {:.0} % of its datapoints, {:.0} % are needed",
                share * 100.0,
                MIN_COMPLETENESS * 100.0
            )));
        }
        *slot = utilization.metrics[metric];
    }
    Ok((utilization, found))
}
