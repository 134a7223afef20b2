//! Trends: where the account's cost and its security score are going, cycle by cycle.
//!
//! The slope of the line with the least squares through what each cycle found before it acted.

use miyabi_types::strategy::{Direction, HistoryEntry, Trend};

/// A change in 30 days below this share of the mean is steady.
const STEADY: f64 = 0.01;
const SECONDS_PER_30_DAYS: f64 = 30.0 * 86_400.0;

/// The trend of the list price, in micro-USD a month; absent before two cycles.
pub fn cost(history: &[&HistoryEntry]) -> Option<Trend> {
    of(history.iter().map(|entry| (entry, entry.cost_before.micros() as f64)))
}

/// The trend of the security score, in per mille; absent before two cycles with a score.
pub fn score(history: &[&HistoryEntry]) -> Option<Trend> {
    of(history.iter().filter_map(|entry| Some((entry, f64::from(entry.score_before?)))))
}

fn of<'a>(figures: impl Iterator<Item = (&'a &'a HistoryEntry, f64)>) -> Option<Trend> {
    let points: Vec<(f64, f64)> = figures
        .map(|(entry, figure)| (entry.at.as_second() as f64 / SECONDS_PER_30_DAYS, figure))
        .collect();
    let slope = slope(&points)?;
    let mean = points.iter().map(|(_, y)| y.abs()).sum::<f64>() / points.len() as f64;
    let direction = match slope {
        _ if slope.abs() < STEADY * mean => Direction::Steady,
        _ if slope > 0.0 => Direction::Rising,
        _ if slope < 0.0 => Direction::Falling,
        _ => Direction::Steady,
    };
    let cycles = u32::try_from(points.len()).unwrap_or(u32::MAX);
    Some(Trend { cycles, direction, change_per_30_days: slope.round() as i64 })
}

/// The slope of the least-squares line; `None` without two different moments.
fn slope(points: &[(f64, f64)]) -> Option<f64> {
    let n = points.len() as f64;
    let (mean_x, mean_y) =
        (points.iter().map(|p| p.0).sum::<f64>() / n, points.iter().map(|p| p.1).sum::<f64>() / n);
    let (mut covariance, mut variance) = (0.0, 0.0);
    for (x, y) in points {
        covariance += (x - mean_x) * (y - mean_y);
        variance += (x - mean_x) * (x - mean_x);
    }
    (variance > 0.0).then(|| covariance / variance)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::line;

    /// Cost of one cycle a day.
    fn of_costs(costs: &[i64]) -> Option<(Direction, i64)> {
        let history: Vec<_> = (0..).zip(costs).map(|(n, cost)| line(n, *cost, None)).collect();
        let history: Vec<_> = history.iter().collect();
        cost(&history).map(|trend| (trend.direction, trend.change_per_30_days))
    }

    #[test]
    fn the_line_through_the_figures_tells_the_direction() {
        assert_eq!(of_costs(&[1000, 1010, 1020]), Some((Direction::Rising, 300)));
        assert_eq!(of_costs(&[1000, 990, 980]), Some((Direction::Falling, -300)));
        assert_eq!(of_costs(&[1000, 1000, 1000]), Some((Direction::Steady, 0)));
        assert_eq!(of_costs(&[0, 0]), Some((Direction::Steady, 0)));
    }

    #[test]
    fn less_than_a_hundredth_in_30_days_is_steady() {
        // The mean is 1,000,150 and a hundredth of it 10,001.5; the line rises by 300 a day.
        assert_eq!(of_costs(&[1_000_000, 1_000_300]), Some((Direction::Steady, 9_000)));
        assert_eq!(of_costs(&[1_000_000, 1_000_400]), Some((Direction::Rising, 12_000)));
    }

    #[test]
    fn two_moments_are_needed() {
        assert_eq!(of_costs(&[]), None);
        assert_eq!(of_costs(&[1000]), None);
        let (a, b) = (line(1, 5, None), line(1, 7, None));
        assert_eq!(cost(&[&a, &b]), None, "at the same moment");
    }

    #[test]
    fn cycles_without_a_score_are_left_out() {
        let history = [line(0, 1, Some(500)), line(1, 1, None), line(3, 1, Some(530))];
        let trend = score(&history.iter().collect::<Vec<_>>()).unwrap();
        assert_eq!((trend.cycles, trend.direction), (2, Direction::Rising));
        assert_eq!(trend.change_per_30_days, 300);
    }
}
