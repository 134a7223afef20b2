//! What the account spent: by service, by tag; and by account, what it pays for.

use aws_sdk_costexplorer::types::{
    DateInterval, Expression, Granularity, Group, GroupDefinition, GroupDefinitionType,
    ResultByTime,
};
use jiff::{Span, civil::Date};
use miyabi_types::{
    costs::{DailyAccountCost, DailyCost, MonthlyTagCost},
    evidence::{Evidence, Unavailable},
    id::AccountId,
};
use serde::{Serialize, de::DeserializeOwned};

use super::{
    COST_AND_USAGE,
    amounts::{date, odd, usd},
    desk::{Desk, Turn},
};

const METRIC: &str = "UnblendedCost";

/// Costs with fees of reservations and Savings Plans spread out; the same request tells them.
const AMORTIZED: &str = "AmortizedCost";

/// Months of history: as many as the API gives besides the current one. Source: AWS Cost Management
/// User Guide, "Best practices for the AWS Cost Explorer API".
const MONTHS: i32 = 13;

/// The turn of the history by service.
pub(super) fn by_service_turn(desk: &Desk<'_>) -> Turn {
    desk.turn(COST_AND_USAGE, "own-costs-by-service")
}

pub(super) async fn by_service(desk: &Desk<'_>, turn: Turn) -> Evidence<Vec<DailyCost>> {
    let key = group(GroupDefinitionType::Dimension, "SERVICE");
    cost_and_usage(desk, turn, Some(desk.own()), Granularity::Daily, key, |date, group, micros| {
        let amortized = group.metrics().and_then(|metrics| metrics.get(AMORTIZED));
        let amortized_micros = amortized.map(usd).transpose()?;
        Ok(DailyCost { date, service: group.keys().join(" "), micros, amortized_micros })
    })
    .await
}

/// The turn of the history by linked account.
pub(super) fn by_account_turn(desk: &Desk<'_>) -> Turn {
    desk.turn(COST_AND_USAGE, "costs-by-account")
}

pub(super) async fn by_account(desk: &Desk<'_>, turn: Turn) -> Evidence<Vec<DailyAccountCost>> {
    let key = group(GroupDefinitionType::Dimension, "LINKED_ACCOUNT");
    cost_and_usage(desk, turn, None, Granularity::Daily, key, |date, group, micros| {
        let account = group.keys().first().map_or("", String::as_str);
        let account = AccountId::parse(account).map_err(|error| odd(error.to_string()))?;
        Ok(DailyAccountCost { date, account, micros })
    })
    .await
}

/// The turn of the costs by a tag.
pub(super) fn by_tag_turn(desk: &Desk<'_>, tag: &str) -> Turn {
    desk.turn(COST_AND_USAGE, format!("own-costs-by-tag {tag}"))
}

pub(super) async fn by_tag(
    desk: &Desk<'_>,
    tag: &str,
    turn: Turn,
) -> Evidence<Vec<MonthlyTagCost>> {
    let key = group(GroupDefinitionType::Tag, tag);
    cost_and_usage(
        desk,
        turn,
        Some(desk.own()),
        Granularity::Monthly,
        key,
        |month, group, micros| {
            // `key$value`, and `key$` of what does not carry the tag.
            let key = group.keys().first().map_or("", String::as_str);
            let value =
                key.strip_prefix(tag).and_then(|rest| rest.strip_prefix('$')).unwrap_or(key);
            let value = Some(value.to_owned()).filter(|value| !value.is_empty());
            Ok(MonthlyTagCost { month, value, micros })
        },
    )
    .await
}

fn group(kind: GroupDefinitionType, key: &str) -> GroupDefinition {
    GroupDefinition::builder().r#type(kind).key(key).build()
}

async fn cost_and_usage<T: Ord + Serialize + DeserializeOwned>(
    desk: &Desk<'_>,
    turn: Turn,
    of: Option<Expression>,
    granularity: Granularity,
    key: GroupDefinition,
    line: impl Fn(Date, &Group, i64) -> Result<T, Unavailable>,
) -> Evidence<Vec<T>> {
    let start = desk.ago(Span::new().months(MONTHS));
    let request = desk
        .client
        .get_cost_and_usage()
        .time_period(interval(start, desk.today))
        .granularity(granularity)
        .set_filter(of)
        .metrics(METRIC)
        .metrics(AMORTIZED)
        .group_by(key);
    desk.ask(
        turn,
        |token| request.clone().set_next_page_token(token).send(),
        |page| (page.results_by_time.unwrap_or_default(), page.next_page_token),
        |results| lines(&results, line),
    )
    .await
}

/// Cost Explorer leaves the end out.
pub(super) fn interval(start: Date, end: Date) -> DateInterval {
    let interval = DateInterval::builder().start(start.to_string()).end(end.to_string()).build();
    interval.expect("both ends are given")
}

fn lines<T: Ord>(
    results: &[ResultByTime],
    line: impl Fn(Date, &Group, i64) -> Result<T, Unavailable>,
) -> Result<Vec<T>, Unavailable> {
    let mut lines = Vec::new();
    for result in results {
        let day = date(result.time_period().map(DateInterval::start).unwrap_or_default())?;
        for group in result.groups() {
            let Some(value) = group.metrics().and_then(|metrics| metrics.get(METRIC)) else {
                continue;
            };
            lines.push(line(day, group, usd(value)?)?);
        }
    }
    lines.sort();
    Ok(lines)
}
