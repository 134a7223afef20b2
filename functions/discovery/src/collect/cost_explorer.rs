//! Thirty days of cost by service, from Cost Explorer. Every request is billed.

use aws_sdk_costexplorer::{
    Client,
    error::SdkError,
    operation::get_cost_and_usage::GetCostAndUsageError,
    types::{DateInterval, Granularity, GroupDefinition, GroupDefinitionType, ResultByTime},
};
use futures::FutureExt;
use jiff::{Span, Timestamp, civil::Date, tz::TimeZone};
use miyabi_types::{
    costs::{CostHistory, DailyCost},
    evidence::{Evidence, Unavailable},
    world::ChunkLine,
};

use super::{Collected, Collector, Reach};
use crate::{call::Call, scope::Scan};

const COST_AND_USAGE: Call = Call::details("ce:GetCostAndUsage");

const METRIC: &str = "UnblendedCost";

/// Days of history.
const DAYS: i64 = 30;

/// Reads the cost history.
pub const COLLECTOR: Collector = Collector {
    service: "ce",
    reach: Reach::Global,
    calls: &[COST_AND_USAGE],
    collect: |scan| collect(scan).boxed(),
};

async fn collect(scan: &Scan) -> Collected {
    let client = Client::new(scan.billed_sdk());
    let (start, end) = window(scan.now);
    let results = scan.list(COST_AND_USAGE, pages(&client, start, end)).await;
    let costs = results.and_then(|results| history(&results));
    Collected {
        lines: vec![ChunkLine::Costs { costs: Evidence::from(costs) }],
        ..Collected::default()
    }
}

/// The last thirty whole days before today (UTC); Cost Explorer leaves the end out.
fn window(now: Timestamp) -> (Date, Date) {
    let today = now.to_zoned(TimeZone::UTC).date();
    (today.saturating_sub(Span::new().days(DAYS)), today)
}

async fn pages(
    client: &Client,
    start: Date,
    end: Date,
) -> Result<Vec<ResultByTime>, SdkError<GetCostAndUsageError>> {
    let period = DateInterval::builder().start(start.to_string()).end(end.to_string()).build();
    let period = period.map_err(SdkError::construction_failure)?;
    let by_service =
        GroupDefinition::builder().r#type(GroupDefinitionType::Dimension).key("SERVICE").build();
    let request = client
        .get_cost_and_usage()
        .time_period(period)
        .granularity(Granularity::Daily)
        .metrics(METRIC)
        .group_by(by_service);
    let mut results = Vec::new();
    let mut next = None;
    loop {
        let page = request.clone().set_next_page_token(next).send().await?;
        results.extend(page.results_by_time.unwrap_or_default());
        next = page.next_page_token.filter(|token| !token.is_empty());
        if next.is_none() {
            return Ok(results);
        }
    }
}

fn history(results: &[ResultByTime]) -> Result<CostHistory, Unavailable> {
    let odd = |what: String| Unavailable::because(format!("Cost Explorer answered {what}"));
    let mut daily = Vec::new();
    for result in results {
        let date = result.time_period().map(DateInterval::start).unwrap_or_default();
        let date: Date = date.parse().map_err(|_| odd(format!("the date {date:?}")))?;
        for group in result.groups() {
            let Some(value) = group.metrics().and_then(|metrics| metrics.get(METRIC)) else {
                continue;
            };
            let (amount, unit) =
                (value.amount().unwrap_or_default(), value.unit().unwrap_or("USD"));
            if unit != "USD" {
                return Err(odd(format!("costs in {unit}, not in USD")));
            }
            let usd: f64 = amount.parse().map_err(|_| odd(format!("the amount {amount:?}")))?;
            let service = group.keys().join(" ");
            daily.push(DailyCost { date, service, micros: (usd * 1e6).round() as i64 });
        }
    }
    daily.sort();
    Ok(CostHistory { daily, ..CostHistory::default() })
}

#[cfg(test)]
mod tests {
    use aws_sdk_costexplorer::types::{Group, MetricValue};

    use super::*;

    fn day(date: &str, service: &str, amount: &str, unit: &str) -> ResultByTime {
        let value = MetricValue::builder().amount(amount).unit(unit).build();
        ResultByTime::builder()
            .time_period(DateInterval::builder().start(date).end(date).build().unwrap())
            .groups(Group::builder().keys(service).metrics(METRIC, value).build())
            .build()
    }

    #[test]
    fn the_window_is_thirty_whole_days_and_ends_before_today() {
        let (start, end) = window("2026-03-01T23:30:00Z".parse().unwrap());
        assert_eq!(
            (start.to_string(), end.to_string()),
            ("2026-01-30".into(), "2026-03-01".into())
        );
    }

    #[test]
    fn costs_are_whole_micro_dollars_by_day_and_service() {
        let costs = history(&[
            day("2026-02-02", "Amazon RDS", "-0.0000005", "USD"),
            day("2026-02-01", "Amazon EC2", "12.3456789", "USD"),
        ]);
        let costs = costs.unwrap().daily;
        assert_eq!((&*costs[0].service, costs[0].micros), ("Amazon EC2", 12_345_679));
        assert_eq!(costs[1].micros, -1);
    }

    #[test]
    fn another_currency_or_a_garbled_amount_is_unknown_and_not_zero() {
        let yuan = history(&[day("2026-02-01", "Amazon EC2", "12", "CNY")]).unwrap_err();
        assert!(yuan.reason.contains("CNY"), "{}", yuan.reason);
        assert!(history(&[day("2026-02-01", "Amazon EC2", "", "USD")]).is_err());
    }
}
