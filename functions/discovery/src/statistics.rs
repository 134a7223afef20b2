//! Statistics over the hourly datapoints of a metric.

use jiff::Timestamp;
use miyabi_types::utilization::{MetricStats, WEEK_HOURS, WeekShape};

/// The statistics of one metric from its per-period averages, maxima and sums; `None` without any.
pub fn summarise(averages: &[f64], maxima: &[f64], sums: &[f64]) -> Option<MetricStats> {
    let mut sorted: Vec<f64> = averages.iter().copied().filter(|value| value.is_finite()).collect();
    if sorted.is_empty() {
        return None;
    }
    sorted.sort_unstable_by(f64::total_cmp);
    let largest = sorted[sorted.len() - 1];
    Some(MetricStats {
        datapoints: u32::try_from(sorted.len()).unwrap_or(u32::MAX),
        average: sorted.iter().sum::<f64>() / sorted.len() as f64,
        p50: percentile(&sorted, 50.0),
        p95: percentile(&sorted, 95.0),
        p99_5: percentile(&sorted, 99.5),
        maximum: maxima.iter().copied().filter(|value| value.is_finite()).fold(largest, f64::max),
        sum: sums.iter().copied().filter(|value| value.is_finite()).sum(),
        minimum: sorted.first().copied(),
    })
}

/// Hours from Monday 00:00 UTC to the beginning of Unix time, which was a Thursday.
const EPOCH_HOUR: i64 = 3 * 24;

/// As [`WEEK_HOURS`].
const HOURS_OF_WEEK: i64 = 7 * 24;

/// The mean of each hour of the week (UTC) of averages in percent; `None` without any.
pub fn by_hour_of_week(averages: &[(Timestamp, f64)]) -> Option<WeekShape> {
    let mut cells = [(0.0, 0_u32); WEEK_HOURS];
    for (at, value) in averages.iter().filter(|(_, value)| value.is_finite()) {
        let hour = at.as_second().div_euclid(3600) + EPOCH_HOUR;
        let (sum, count) = &mut cells[hour.rem_euclid(HOURS_OF_WEEK) as usize];
        *sum += value;
        *count += 1;
    }
    let tenth = |value: f64| (value * 10.0).round() / 10.0;
    let mean = |(sum, count): &(f64, u32)| (*count > 0).then(|| tenth(sum / f64::from(*count)));
    let shape = WeekShape {
        mean_cpu_percent: cells.iter().map(mean).collect(),
        datapoints: cells.iter().map(|(_, count)| *count).collect(),
    };
    shape.datapoints.iter().any(|count| *count > 0).then_some(shape)
}

/// The `percent`-th percentile of sorted, non-empty values by nearest rank: always a value that was
/// measured, and never below the interpolated one, so that a resource is not taken for idler than it is.
fn percentile(sorted: &[f64], percent: f64) -> f64 {
    let rank = (percent / 100.0 * sorted.len() as f64).ceil() as usize;
    sorted[rank.clamp(1, sorted.len()) - 1]
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "nearest rank answers one of its inputs, unchanged")]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_measured_values_by_nearest_rank() {
        let hundred: Vec<f64> = (1..=100).map(f64::from).collect();
        assert_eq!(percentile(&hundred, 50.0), 50.0);
        assert_eq!(percentile(&hundred, 95.0), 95.0);
        assert_eq!(percentile(&hundred, 99.5), 100.0);
        assert_eq!(percentile(&hundred, 100.0), 100.0);
        assert_eq!(percentile(&hundred, 0.0), 1.0);
        assert_eq!(percentile(&[7.0], 99.5), 7.0);
        // The classic example of the nearest-rank method.
        let five = [15.0, 20.0, 35.0, 40.0, 50.0];
        assert_eq!(
            [5.0, 30.0, 40.0, 50.0, 100.0].map(|p| percentile(&five, p)),
            [15.0, 20.0, 20.0, 35.0, 50.0]
        );
    }

    #[test]
    fn a_window_of_hours_is_summarised() {
        // Two weeks of hours, idle but for two of them.
        let mut averages = vec![2.0; 336];
        averages[10] = 90.0;
        averages[20] = 80.0;
        let stats = summarise(&averages, &[3.0, 97.5], &[10.0, 20.0]).unwrap();
        assert_eq!((stats.datapoints, stats.p50, stats.p95), (336, 2.0, 2.0));
        assert_eq!((stats.p99_5, stats.maximum, stats.sum), (80.0, 97.5, 30.0));
        assert_eq!(stats.minimum, Some(2.0));
        assert!((stats.average - (334.0 * 2.0 + 170.0) / 336.0).abs() < 1e-9);
    }

    #[test]
    fn an_hour_of_the_week_is_the_mean_of_that_hour_in_every_week() {
        let at = |time: &str| time.parse::<Timestamp>().unwrap();
        let points = [
            (at("2026-11-16T00:00:00Z"), 10.0), // a Monday
            (at("2026-11-23T00:00:00Z"), 20.25),
            (at("2026-11-22T23:00:00Z"), 4.0), // a Sunday
            (at("2026-11-22T22:00:00Z"), f64::NAN),
        ];
        let shape = by_hour_of_week(&points).unwrap();
        assert_eq!(shape.mean_cpu_percent.len(), WEEK_HOURS);
        assert_eq!((shape.mean_cpu_percent[0], shape.datapoints[0]), (Some(15.1), 2));
        assert_eq!(shape.mean_cpu_percent[WEEK_HOURS - 1], Some(4.0));
        assert_eq!((shape.mean_cpu_percent[WEEK_HOURS - 2], shape.datapoints[1]), (None, 0));
        assert_eq!(shape.seen(2).collect::<Vec<_>>(), [(0, 15.1)]);
        assert_eq!(shape.seen(0).count(), 2, "a cell that was never seen is not a cell of nothing");
        assert_eq!(by_hour_of_week(&[]), None);
    }

    #[test]
    fn no_datapoints_are_no_statistics() {
        assert_eq!(summarise(&[], &[], &[]), None);
        assert_eq!(summarise(&[f64::NAN], &[], &[]), None);
    }

    #[test]
    fn the_maximum_is_never_below_an_average() {
        assert_eq!(summarise(&[5.0], &[], &[]).unwrap().maximum, 5.0);
    }
}
