//! Money as whole micro-dollars, with its period in the type.

use std::{
    fmt,
    iter::Sum,
    ops::{Add, AddAssign, Neg, Sub},
};

use serde::{Deserialize, Serialize};

/// Hours in a month, as AWS's own calculators and Cost Optimization Hub count them.
pub const HOURS_PER_MONTH: i64 = 730;

/// US dollars per month, in millionths of a dollar. Negative where a change costs more.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct MonthlyUsd(i64);

impl MonthlyUsd {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// From millionths of a dollar per month.
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// From millionths of a dollar per hour, over a month of 730 hours.
    pub const fn from_hourly_micros(micros: i64) -> Self {
        Self(micros.saturating_mul(HOURS_PER_MONTH))
    }

    /// A unit price (micro-dollars per unit and month) times a number of units; rounded half away from zero.
    pub fn from_units(price_micros: i64, units: f64) -> Self {
        Self((price_micros as f64 * units).round() as i64)
    }

    /// Millionths of a dollar per month.
    pub const fn micros(self) -> i64 {
        self.0
    }

    /// Dollars per month, for display and for metrics; never stored.
    pub fn usd(self) -> f64 {
        self.0 as f64 / 1e6
    }

    /// This amount, or nothing if it is negative.
    #[must_use]
    pub fn or_zero(self) -> Self {
        Self(self.0.max(0))
    }

    /// This amount as a percentage of `whole`, 0 where `whole` is nothing.
    pub fn percent_of(self, whole: Self) -> f64 {
        if whole.0 == 0 { 0.0 } else { self.0 as f64 / whole.0 as f64 * 100.0 }
    }
}

impl Add for MonthlyUsd {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl AddAssign for MonthlyUsd {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl Sub for MonthlyUsd {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl Neg for MonthlyUsd {
    type Output = Self;
    fn neg(self) -> Self {
        Self(self.0.saturating_neg())
    }
}

impl Sum for MonthlyUsd {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self::ZERO, Add::add)
    }
}

/// Dollars and cents with thousands separators, for example `$1,234.50`.
impl fmt::Display for MonthlyUsd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let cents = (self.0.unsigned_abs() + 5_000) / 10_000;
        let digits = (cents / 100).to_string();
        let mut whole = String::new();
        for (i, digit) in digits.chars().enumerate() {
            if i > 0 && (digits.len() - i).is_multiple_of(3) {
                whole.push(',');
            }
            whole.push(digit);
        }
        let sign = if self.0 < 0 && cents > 0 { "-" } else { "" };
        f.pad(&format!("{sign}${whole}.{:02}", cents % 100))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_dollars_and_cents() {
        assert_eq!(MonthlyUsd::from_micros(1_234_567_895_000).to_string(), "$1,234,567.90");
        assert_eq!(MonthlyUsd::from_hourly_micros(5_000).to_string(), "$3.65");
        assert_eq!(MonthlyUsd::from_micros(-640_000).to_string(), "-$0.64");
        assert_eq!(MonthlyUsd::from_micros(-1).to_string(), "$0.00");
    }

    #[test]
    fn a_share_of_nothing_is_zero() {
        assert!(MonthlyUsd::from_micros(5).percent_of(MonthlyUsd::ZERO).abs() < f64::EPSILON);
    }
}
