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
