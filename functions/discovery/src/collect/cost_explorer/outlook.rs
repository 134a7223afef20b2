//! What is to come, and what was odd.

use aws_sdk_costexplorer::types::{
    Anomaly, AnomalyDateInterval, ForecastResult, Granularity, Metric, RootCause,
};
use jiff::Span;
use miyabi_types::{
    costs::{AnomalyCause, CostAnomaly, CostForecast},
    evidence::{Evidence, Unavailable},
    id::{AccountId, Region},
};

use super::{
    ANOMALIES, FORECAST,
    amounts::{amount, date, in_usd, maybe_amount, micros, odd},
    desk::{Desk, Turn},
    history::interval,
};
use crate::collect::owned;

/// Months of forecast besides the rest of the current one.
const MONTHS_AHEAD: i32 = 3;

/// Days in which anomalies are looked for: as long as Cost Anomaly Detection keeps them.
const ANOMALY_DAYS: i64 = 90;

/// Likelihood in percent of a cost between the two bounds of a forecast.
const LIKELIHOOD: i32 = 80;

pub(super) fn forecast_turn(desk: &Desk<'_>) -> Turn {
    desk.turn(FORECAST, "own-forecast")
}

pub(super) async fn forecast(desk: &Desk<'_>, turn: Turn) -> Evidence<Vec<CostForecast>> {
    let end = desk.today.first_of_month().saturating_add(Span::new().months(1 + MONTHS_AHEAD));
    let request = desk
        .client
        .get_cost_forecast()
        .filter(desk.own())
        .time_period(interval(desk.today, end))
        .metric(Metric::UnblendedCost)
        .granularity(Granularity::Monthly)
        .prediction_interval_level(LIKELIHOOD);
    desk.ask(
        turn,
        |_| request.clone().send(),
        |page| {
            let unit = page.total.and_then(|total| total.unit);
            let results = page.forecast_results_by_time.unwrap_or_default();
            (results.into_iter().map(|result| (result, unit.clone())).collect(), None)
        },
        |results: Vec<(ForecastResult, Option<String>)>| {
            if results.is_empty() {
                return Err(Unavailable::because(
                    "Cost Explorer has not seen enough yet to foretell costs",
                ));
            }
            let mut months: Vec<_> = results
                .iter()
                .map(|(result, unit)| in_usd(unit.as_deref()).and_then(|()| month(result)))
                .collect::<Result<_, _>>()?;
            months.sort();
            Ok(months)
        },
    )
    .await
}

fn month(result: &ForecastResult) -> Result<CostForecast, Unavailable> {
    let period = result.time_period().ok_or_else(|| odd("a forecast without its time"))?;
    let bounds = (
        maybe_amount(result.prediction_interval_lower_bound()),
        maybe_amount(result.prediction_interval_upper_bound()),
    );
    Ok(CostForecast {
        from: date(period.start())?,
        until: date(period.end())?,
        micros: amount(result.mean_value())?,
        between: bounds.0.zip(bounds.1),
    })
}

pub(super) fn anomalies_turn(desk: &Desk<'_>) -> Turn {
    desk.turn(ANOMALIES, "anomalies")
}

/// Of every account that the monitors look at: which one it is of, its causes tell.
pub(super) async fn anomalies(desk: &Desk<'_>, turn: Turn) -> Evidence<Vec<CostAnomaly>> {
    let interval = AnomalyDateInterval::builder()
        .start_date(desk.ago(Span::new().days(ANOMALY_DAYS)).to_string())
        .end_date(desk.today.to_string())
        .build()
        .expect("the start is given");
    let request = desk.client.get_anomalies().date_interval(interval);
    desk.ask(
        turn,
        |token| request.clone().set_next_page_token(token).send(),
        |page| (page.anomalies, page.next_page_token),
        |found| {
            let mut found: Vec<_> = found.iter().map(anomaly).collect::<Result<_, _>>()?;
            found.sort();
            Ok(found)
        },
    )
    .await
}

fn anomaly(anomaly: &Anomaly) -> Result<CostAnomaly, Unavailable> {
    let impact = anomaly.impact().ok_or_else(|| odd("an anomaly without its impact"))?;
    Ok(CostAnomaly {
        from: date(anomaly.anomaly_start_date().unwrap_or_default())?,
        until: anomaly.anomaly_end_date().map(date).transpose()?,
        id: anomaly.anomaly_id().to_owned(),
        impact_micros: micros(impact.total_impact()),
        expected_micros: impact.total_expected_spend().map(micros),
        actual_micros: impact.total_actual_spend().map(micros),
        causes: anomaly.root_causes().iter().map(cause).collect(),
    })
}

fn cause(cause: &RootCause) -> AnomalyCause {
    AnomalyCause {
        service: owned(cause.service()),
        account: cause.linked_account().and_then(|id| AccountId::parse(id).ok()),
        region: cause.region().and_then(|region| Region::parse(region).ok()),
        usage_type: owned(cause.usage_type()),
    }
}
