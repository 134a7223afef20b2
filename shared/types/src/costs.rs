//! Money spent, as Cost Explorer tells it: the history, how it is split, what is to come, what was odd.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::{
    evidence::Evidence,
    id::{AccountId, Region},
};

/// What an account spent. Amounts are unblended, before tax, in millionths of a US dollar.
///
/// Of the account alone, also where it pays for others, unless something else is said.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct CostHistory {
    /// By day and service, sorted: 13 months, or what there is of them.
    pub daily: Vec<DailyCost>,
    /// By day and linked account, sorted, the same period: of this account and of those that it pays for.
    #[serde(default)]
    pub by_account: Evidence<Vec<DailyAccountCost>>,
    /// By month and value of each cost allocation tag that the settings name, sorted.
    #[serde(default)]
    pub by_tag: BTreeMap<String, Evidence<Vec<MonthlyTagCost>>>,
    /// What the coming months will cost.
    #[serde(default)]
    pub forecast: Evidence<Vec<CostForecast>>,
    /// What Cost Anomaly Detection saw in the last 90 days, sorted; empty too where it has no monitor. The monitors
    /// of an account that pays for others look at theirs too.
    #[serde(default)]
    pub anomalies: Evidence<Vec<CostAnomaly>>,
}

/// The cost of one service on one day.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct DailyCost {
    /// The day (UTC).
    pub date: Date,
    /// The service as Cost Explorer names it.
    pub service: String,
    /// Millionths of a US dollar on that day.
    pub micros: i64,
    /// The same with what was paid for in advance spread over the hours that it is for; absent where it is not
    /// told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amortized_micros: Option<i64>,
}

/// The cost of one linked account on one day.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct DailyAccountCost {
    /// The day (UTC).
    pub date: Date,
    /// The account.
    pub account: AccountId,
    /// Millionths of a US dollar on that day.
    pub micros: i64,
}

/// The cost of everything that carries one value of a tag, in one month.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct MonthlyTagCost {
    /// The first day that counts: of the month, or of the history.
    pub month: Date,
    /// The tag's value; absent for what does not carry the tag.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// Millionths of a US dollar in that month.
    pub micros: i64,
}

/// What a month will cost; the first one is the rest of the current month.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct CostForecast {
    /// The first day.
    pub from: Date,
    /// The first day that does not count any more.
    pub until: Date,
    /// Millionths of a US dollar that are expected.
    pub micros: i64,
    /// Least and most, in millionths of a US dollar, with a likelihood of 80 %; absent where Cost
    /// Explorer tells none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub between: Option<(i64, i64)>,
}

/// An anomaly that Cost Anomaly Detection saw.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct CostAnomaly {
    /// The first day of it.
    pub from: Date,
    /// The last day of it; absent while it goes on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Date>,
    /// Cost Explorer's id of it.
    pub id: String,
    /// Millionths of a US dollar above what was expected, in all.
    pub impact_micros: i64,
    /// Millionths of a US dollar that were expected, where it is told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected_micros: Option<i64>,
    /// Millionths of a US dollar that were spent, where it is told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actual_micros: Option<i64>,
    /// Where it comes from, the largest part first as Cost Explorer orders them.
    pub causes: Vec<AnomalyCause>,
}

/// One root cause of an anomaly; what is absent is not narrowed down.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(default)]
pub struct AnomalyCause {
    /// The service as Cost Explorer names it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service: Option<String>,
    /// The linked account.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<AccountId>,
    /// The region.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<Region>,
    /// The usage type, for example `NatGateway-Bytes`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub usage_type: Option<String>,
}
