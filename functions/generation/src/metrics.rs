//! When metrics are evidence: a window long enough, and nearly every datapoint of it.

use miyabi_types::{
    evidence::Unavailable,
    resource::Resource,
    utilization::{MetricStats, Utilization},
};

use crate::{
    check::{Context, Verdict},
    limit::Limit,
};

/// Share of the expected datapoints that a metric must have before its absence of activity means anything.
pub const MIN_COMPLETENESS: f64 = 0.9;

/// A look-back of two weeks.
pub const TWO_WEEKS: Limit = Limit {
    name: "look_back_days",
    what: "days of metrics",
    unit: "days",
    default: 14.0,
    range: (1.0, 14.0),
    source: "AWS Compute Optimizer User Guide, Rightsizing preferences (default look-back)",
};

/// A look-back of one week.
pub const ONE_WEEK: Limit = Limit {
    name: "short_look_back_days",
    what: "days of metrics",
    unit: "days",
    default: 7.0,
    range: (1.0, 14.0),
    source: "AWS Trusted Advisor, idle resource checks",
};

/// Something that tells whether a resource is used.
#[derive(Debug, Clone, Copy)]
pub struct Signal {
    /// What people call it, for example `connections`.
    pub what: &'static str,
    /// CloudWatch metrics that are added up.
    pub metrics: &'static [&'static str],
    /// Which figure of each.
    pub figure: Figure,
    /// The figure from which the resource is in use.
    pub below: &'static Limit,
    /// What the figure is divided by to be in the limit's unit.
    pub scale: f64,
    /// Whether `CloudWatch` reports it at any time, also at zero. Missing datapoints of a sparse metric
    /// mean nothing by themselves: a steady one beside it must show that the resource was seen.
    pub steady: bool,
}

/// A figure of a metric over the window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Figure {
    /// The largest value.
    Maximum,
    /// The 99.5th percentile.
    P995,
    /// The mean.
    Average,
    /// The sum, per day.
    PerDay,
}

impl Figure {
    fn of(self, stats: &MetricStats, days: f64) -> f64 {
        match self {
            Self::Maximum => stats.maximum,
            Self::P995 => stats.p99_5,
            Self::Average => stats.average,
            Self::PerDay => stats.sum / days,
        }
    }

    const fn word(self) -> &'static str {
        match self {
            Self::Maximum => "at most",
            Self::P995 => "99.5 % of the time at most",
            Self::Average => "on average",
            Self::PerDay => "a day",
        }
    }
}

/// The utilization of `resource` if it covers at least `days` and every metric of `metrics` has
/// [`MIN_COMPLETENESS`] of its datapoints; else why it proves nothing.
pub fn conclusive<'a, const N: usize>(
    resource: &'a Resource,
    days: f64,
    metrics: [&str; N],
) -> Result<(&'a Utilization, [MetricStats; N]), Unavailable> {
    let utilization = covers(resource, days)?;
    let mut found = [MetricStats::default(); N];
    for (slot, metric) in found.iter_mut().zip(metrics) {
        complete(utilization, metric)?;
        *slot = utilization.metrics[metric];
    }
    Ok((utilization, found))
}

/// The figures of `signals` in words where all of them are below their limits over the look-back, so that
/// the resource is not used; the verdict where it is, or where that cannot be told.
///
/// One signal at or above its limit shows use, however few datapoints there are. Quiet is evidence only
/// if the steady metrics have their datapoints or, where there are none, the resource is as old as the look-back.
pub fn quiet(
    resource: &Resource,
    context: &Context<'_>,
    days: &Limit,
    signals: &[Signal],
) -> Result<String, Verdict> {
    let days = context.limit(days);
    let seen = covers(resource, days).map_err(Verdict::NotEvaluated)?;
    let window = f64::from(seen.window_days);
    let mut words = Vec::new();
    for signal in signals {
        let figures = signal.metrics.iter().filter_map(|metric| seen.metrics.get(*metric));
        let value =
            figures.map(|stats| signal.figure.of(stats, window)).sum::<f64>() / signal.scale;
        let limit = context.limit(signal.below);
        if value >= limit {
            return Err(Verdict::Clear);
        }
        words.push(format!(
            "{} {} {} {}",
            signal.what,
            signal.figure.word(),
            number(value),
            signal.below.unit
        ));
    }
    let mut steady =
        signals.iter().filter(|signal| signal.steady).flat_map(|signal| signal.metrics).peekable();
    let confirmed = steady.peek().is_some();
    let complete: Result<(), Unavailable> = steady.try_for_each(|metric| complete(seen, metric));
    // Datapoints all through the look-back show that the resource is as old, whatever else says when it was
    // made: an instance tells only its last start.
    if !(confirmed && complete.is_ok())
        && let Some(created) = resource.created_at
        && (context.days_since(created) as f64) < days
    {
        return Err(Verdict::NotEvaluated(Unavailable::because(format!(
            "it is {} days old, {days} are needed",
            context.days_since(created)
        ))));
    }
    complete.map_err(Verdict::NotEvaluated)?;
    let mut sparse = signals.iter().flat_map(|signal| signal.metrics);
    if !confirmed && !sparse.any(|metric| seen.metrics.contains_key(*metric)) {
        return Err(Verdict::NotEvaluated(Unavailable::because(
            "its metrics are reported under load alone, so that none of them proves nothing",
        )));
    }
    Ok(format!("{} over {} days", words.join(", "), seen.window_days))
}

fn covers(resource: &Resource, days: f64) -> Result<&Utilization, Unavailable> {
    let utilization = resource.utilization.get().map_err(Clone::clone)?;
    if f64::from(utilization.window_days) < days {
        return Err(Unavailable::because(format!(
            "metrics cover {} days, {days} are needed",
            utilization.window_days
        )));
    }
    Ok(utilization)
}

fn complete(utilization: &Utilization, metric: &str) -> Result<(), Unavailable> {
    let share = utilization.completeness(metric);
    if share < MIN_COMPLETENESS {
        return Err(Unavailable::because(format!(
            "{metric} has {:.0} % of its datapoints, {:.0} % are needed",
            share * 100.0,
            MIN_COMPLETENESS * 100.0
        )));
    }
    Ok(())
}

/// A figure with as many places as say something.
pub fn number(value: f64) -> String {
    if value >= 10.0 || value.fract() == 0.0 {
        format!("{value:.0}")
    } else {
        format!("{value:.1}")
    }
}
