//! The price of one unit, exactly as AWS lists it.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

use crate::money::MonthlyUsd;

/// Decimals that are kept. AWS lists ten at most.
const DECIMALS: usize = 12;

/// US dollars for one unit (an hour, a GiB and month, a request …), to the trillionth of a dollar: a
/// request of DynamoDB costs less than a micro-dollar. Written as a decimal number of dollars: `"0.045"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnitPrice(i64);

impl UnitPrice {
    /// From millionths of a dollar.
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros.saturating_mul(1_000_000))
    }

    /// From a decimal number of dollars, `0.0116000000`. `None` for anything else, for negative numbers
    /// and for more than nine million dollars.
    pub fn parse(usd: &str) -> Option<Self> {
        let (whole, fraction) = usd.split_once('.').unwrap_or((usd, ""));
        let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty() || !digits(whole) || !digits(fraction) {
            return None;
        }
        let kept: String = fraction.chars().chain(std::iter::repeat('0')).take(DECIMALS).collect();
        // What is beyond is rounded.
        let up = i64::from(fraction.as_bytes().get(DECIMALS).is_some_and(|digit| *digit >= b'5'));
        let whole: i64 = whole.parse().ok()?;
        whole.checked_mul(10_i64.pow(12))?.checked_add(kept.parse::<i64>().ok()? + up).map(Self)
    }

    /// Whether it is free of charge.
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// What `units` of it in a month cost, rounded to the micro-dollar, half away from zero.
    pub fn for_units(self, units: f64) -> MonthlyUsd {
        MonthlyUsd::from_micros((self.0 as f64 * units / 1e6).round() as i64)
    }

    /// The price of one of `parts` equal parts of the unit: of a MiB/s where a GiB/s is priced.
    #[must_use]
    pub const fn divided_by(self, parts: i64) -> Self {
        Self((self.0 + parts / 2) / parts)
    }

    /// The price of so many units at once: of both zones where one is priced.
    #[must_use]
    pub const fn times(self, units: i64) -> Self {
        Self(self.0.saturating_mul(units))
    }

    /// Dollars, for display and comparison; never stored.
    pub fn usd(self) -> f64 {
        self.0 as f64 / 1e12
    }
}

/// A decimal number of dollars without trailing zeros.
impl fmt::Display for UnitPrice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, fraction) = (self.0 / 10_i64.pow(12), self.0 % 10_i64.pow(12));
        let fraction = format!("{fraction:012}");
        match fraction.trim_end_matches('0') {
            "" => write!(f, "{whole}"),
            fraction => write!(f, "{whole}.{fraction}"),
        }
    }
}

impl Serialize for UnitPrice {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for UnitPrice {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let usd = String::deserialize(deserializer)?;
        Self::parse(&usd).ok_or_else(|| D::Error::custom(format!("{usd:?} is no price in dollars")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_price_is_exact_however_small() {
        let parsed = |usd| UnitPrice::parse(usd).unwrap();
        assert_eq!(parsed("0.1920000000"), UnitPrice::from_micros(192_000));
        assert_eq!(parsed("0.0000166667").to_string(), "0.0000166667");
        assert_eq!(parsed("0.000000125").for_units(1e6).to_string(), "$0.13");
        assert_eq!(parsed("40.96").divided_by(1024).to_string(), "0.04");
        assert_eq!(parsed("0.0000000000005").to_string(), "0.000000000001", "rounded");
        assert_eq!(parsed("3").to_string(), "3");
        assert!(parsed("0.0000000000").is_zero());
    }

    #[test]
    fn what_is_no_amount_is_no_price() {
        for wrong in ["", ".5", "-1", "1e-7", "0,5", "NaN", "10000000", "1.2.3"] {
            assert_eq!(UnitPrice::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn writing_and_reading_keep_it() {
        for pico in [0, 1, 200_000, 13_333_400, 45_000_000_000, i64::MAX] {
            let price = UnitPrice(pico);
            assert_eq!(UnitPrice::parse(&price.to_string()), Some(price));
        }
    }
}
