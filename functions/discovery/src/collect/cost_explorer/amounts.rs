//! Cost Explorer's figures, which are all text.

use std::collections::HashMap;

use aws_sdk_costexplorer::types::MetricValue;
use jiff::{Timestamp, civil::Date};
use miyabi_types::evidence::Unavailable;

/// Something in an answer is not what it should be: then none of it is taken.
pub(super) fn odd(what: impl std::fmt::Display) -> Unavailable {
    Unavailable::because(format!("Cost Explorer answered {what}"))
}

/// Dollars as millionths.
pub(super) fn micros(usd: f64) -> i64 {
    (usd * 1e6).round() as i64
}

/// A number.
pub(super) fn number(text: &str) -> Result<f64, Unavailable> {
    text.parse().map_err(|_| odd(format!("the amount {text:?}")))
}

/// An amount in US dollars; another currency is not taken for them.
pub(super) fn usd(value: &MetricValue) -> Result<i64, Unavailable> {
    in_usd(value.unit())?;
    number(value.amount().unwrap_or_default()).map(micros)
}

/// Fails unless the currency, where it is told, is the US dollar.
pub(super) fn in_usd(currency: Option<&str>) -> Result<(), Unavailable> {
    match currency {
        None | Some("USD" | "") => Ok(()),
        Some(other) => Err(odd(format!("costs in {other}, not in USD"))),
    }
}

/// An amount that must be there, as millionths.
pub(super) fn amount(text: Option<&str>) -> Result<i64, Unavailable> {
    number(text.unwrap_or_default()).map(micros)
}

/// An amount that may be absent, as millionths.
pub(super) fn maybe_amount(text: Option<&str>) -> Option<i64> {
    maybe(text).map(micros)
}

/// A number that may be absent.
pub(super) fn maybe(text: Option<&str>) -> Option<f64> {
    text.and_then(|text| text.parse().ok()).filter(|number: &f64| number.is_finite())
}

/// A day; some of them come with a time.
pub(super) fn date(text: &str) -> Result<Date, Unavailable> {
    let day = text.get(..10).unwrap_or(text);
    day.parse().map_err(|_| odd(format!("the date {text:?}")))
}

/// What is told of a Savings Plan or a reservation besides figures. Cost Explorer writes the names in
/// different cases.
pub(super) struct Attributes<'a>(pub(super) Option<&'a HashMap<String, String>>);

impl Attributes<'_> {
    /// One of them, if it is told.
    pub(super) fn text(&self, name: &str) -> Option<String> {
        let mut all = self.0.into_iter().flatten();
        let (_, value) = all.find(|(key, _)| key.eq_ignore_ascii_case(name))?;
        Some(value.clone()).filter(|value| !value.is_empty())
    }

    /// A time, if it is told.
    pub(super) fn time(&self, name: &str) -> Option<Timestamp> {
        let text = self.text(name)?;
        text.parse().ok().or_else(|| {
            let day: Date = text.get(..10)?.parse().ok()?;
            Some(day.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp())
        })
    }
}
