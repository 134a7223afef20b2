//! CloudWatch metrics of what other collectors found.

use std::{borrow::Cow, collections::BTreeMap, ops::Range, vec};

use aws_sdk_cloudwatch::{
    error::SdkError,
    types::{Dimension, Metric as SdkMetric, MetricDataQuery, MetricStat},
};
use aws_smithy_types::DateTime;
use futures::TryFutureExt;
use jiff::{SignedDuration, Timestamp, Unit};
use miyabi_types::{
    evidence::{Evidence, Unavailable},
    resource::Resource,
    utilization::{Utilization, WeekShape},
};

use crate::{
    call::{Call, Failure, OnItsOwn},
    scope::Scan,
    statistics::{by_hour_of_week, summarise},
};

/// The one call that reads metrics.
pub const GET_METRIC_DATA: Call = Call::details("cloudwatch:GetMetricData");
/// The call that tells which metrics there are.
pub const LIST_METRICS: Call = Call::details("cloudwatch:ListMetrics");

/// Length of the look-back, in days: what Compute Optimizer looks back by default.
const WINDOW_DAYS: u32 = 14;

/// Seconds of one datapoint.
const PERIOD_SECONDS: u32 = 3600;

/// Most queries of one request. Source: `GetMetricData` in the API reference.
const MOST_QUERIES: usize = 500;

/// Most datapoints of one answer; more of them would come as another page, for which the same metrics are
/// asked again. Source: `GetMetricData` in the API reference.
const MOST_DATAPOINTS: u32 = 100_800;

/// Statistics of one metric in one request that are billed as one metric. Source: Amazon `CloudWatch`
/// pricing, note on `GetMetricData`, November 2026.
const BILLED_AS_ONE: usize = 5;

/// Of the metrics whose mean by hour of the week is kept.
const BY_HOUR_OF_WEEK: [(&str, &str); 2] =
    [("AWS/EC2", "CPUUtilization"), ("AWS/RDS", "CPUUtilization")];

/// A metric of a kind of resource.
#[derive(Debug, Clone, Copy)]
pub struct Metric {
    /// For example `AWS/EC2`.
    pub namespace: &'static str,
    /// For example `CPUUtilization`.
    pub name: &'static str,
    /// The dimension that takes the resource's id.
    pub dimension: &'static str,
}

impl Metric {
    /// Those with these names, of one kind of resource.
    pub const fn all<const N: usize>(
        namespace: &'static str,
        dimension: &'static str,
        names: [&'static str; N],
    ) -> [Self; N] {
        let mut metrics = [Self { namespace, name: "", dimension }; N];
        let mut place = 0;
        while place < N {
            metrics[place].name = names[place];
            place += 1;
        }
        metrics
    }

    /// That of the resource with this id.
    pub fn of(&self, id: &str) -> Source {
        let dimensions = vec![(self.dimension, id.to_owned())];
        Source { namespace: self.namespace, name: self.name, dimensions }
    }
}

/// One series to read.
pub struct Query<'a> {
    /// For example `AWS/S3`.
    pub namespace: &'static str,
    /// For example `BucketSizeBytes`.
    pub name: &'static str,
    /// All of its dimensions.
    pub dimensions: Cow<'a, [(&'static str, String)]>,
    /// `Average`, `Maximum` or `Sum`.
    pub statistic: &'static str,
    /// Seconds of one datapoint.
    pub period_seconds: u32,
}

/// Datapoints of a series, in any order.
pub type Series = Vec<(Timestamp, f64)>;

/// A metric of one resource.
#[derive(Debug, Clone)]
pub struct Source {
    /// For example `AWS/ApplicationELB`.
    pub namespace: &'static str,
    /// For example `RequestCount`.
    pub name: &'static str,
    /// All of its dimensions.
    pub dimensions: Vec<(&'static str, String)>,
}

/// What a resource's datapoints are summarised from.
const STATISTICS: [&str; 3] = ["Average", "Maximum", "Sum"];

/// Fills in how busy the resources were, by `metrics` of their ids, over the look-back.
pub async fn fill_utilization(scan: &Scan, metrics: &[Metric], resources: &mut [Resource]) {
    fill_utilization_with(scan, metrics, &[], resources).await;
}

/// The same for metrics that carry `more` dimensions besides that of the resource.
pub async fn fill_utilization_with(
    scan: &Scan,
    metrics: &[Metric],
    more: &[(&'static str, String)],
    resources: &mut [Resource],
) {
    let source = |metric: &Metric, id: &str| {
        let mut source = metric.of(id);
        source.dimensions.extend_from_slice(more);
        source
    };
    let sources = |resource: &Resource| metrics.iter().map(|m| source(m, &resource.id)).collect();
    let sources = resources.iter().map(sources).collect();
    fill(scan, sources, resources).await;
}

/// The same where the metrics' dimensions are not the id alone. A resource without any is left as
/// it is.
pub async fn fill_utilization_from(
    scan: &Scan,
    sources: impl Fn(&Resource) -> Vec<Source>,
    resources: &mut [Resource],
) {
    let sources = resources.iter().map(sources).collect();
    fill(scan, sources, resources).await;
}

/// A resource's place in its list, and its metrics.
type Asked = (usize, Vec<Source>);

/// Asks for whole resources at once and keeps no more than their statistics: the datapoints of all
/// of them would not fit in memory.
async fn fill(scan: &Scan, sources: Vec<Vec<Source>>, resources: &mut [Resource]) {
    let answers = scan.each(batches(sources), |batch: Vec<Asked>| async move {
        let queries: Vec<_> = batch.iter().flat_map(|(_, sources)| queries(sources)).collect();
        let series = read(scan, WINDOW_DAYS, &queries).await;
        drop(queries);
        let mut series = series.map(Vec::into_iter);
        let answer = |(index, sources): Asked| {
            let of = |series: &mut vec::IntoIter<Series>| {
                let series: Vec<_> = series.take(sources.len() * STATISTICS.len()).collect();
                utilization(&sources, &series)
            };
            (index, series.as_mut().map_or_else(|why| Evidence::Unavailable(why.clone()), of))
        };
        batch.into_iter().map(answer).collect::<Vec<_>>()
    });
    for (index, utilization) in answers.await.into_iter().flatten() {
        resources[index].utilization = utilization;
    }
}

/// Queries of one request over so many days, so that its answer is one page.
fn most_queries(days: u32, period_seconds: u32) -> usize {
    let datapoints = days.saturating_mul(86_400) / period_seconds.max(1);
    MOST_QUERIES.min((MOST_DATAPOINTS / datapoints.max(1)) as usize).max(1)
}

fn batches(sources: Vec<Vec<Source>>) -> Vec<Vec<Asked>> {
    let most = most_queries(WINDOW_DAYS, PERIOD_SECONDS);
    let mut batches: Vec<Vec<Asked>> = Vec::new();
    let mut room = 0;
    for asked in sources.into_iter().enumerate().filter(|(_, sources)| !sources.is_empty()) {
        let queries = asked.1.len() * STATISTICS.len();
        if queries > room {
            batches.push(Vec::new());
            room = most;
        }
        room = room.saturating_sub(queries);
        batches.last_mut().expect("there was no room, so a batch was begun").push(asked);
    }
    batches
}

fn queries(sources: &[Source]) -> impl Iterator<Item = Query<'_>> {
    sources.iter().flat_map(|source| {
        STATISTICS.map(|statistic| Query {
            namespace: source.namespace,
            name: source.name,
            dimensions: Cow::Borrowed(&source.dimensions),
            statistic,
            period_seconds: PERIOD_SECONDS,
        })
    })
}

/// The utilization from the series average, maximum and sum of each metric in turn.
fn utilization(metrics: &[Source], series: &[Series]) -> Evidence<Utilization> {
    let values = |series: &Series| series.iter().map(|(_, value)| *value).collect::<Vec<_>>();
    let stats: BTreeMap<_, _> = metrics
        .iter()
        .zip(series.chunks_exact(STATISTICS.len()))
        .filter_map(|(metric, three)| {
            let stats = summarise(&values(&three[0]), &values(&three[1]), &values(&three[2]))?;
            Some((metric.name.to_owned(), stats))
        })
        .collect();
    if stats.is_empty() {
        return Evidence::unavailable(format!("no datapoints in the last {WINDOW_DAYS} days"));
    }
    Evidence::Known(Utilization {
        window_days: WINDOW_DAYS,
        period_seconds: PERIOD_SECONDS,
        metrics: stats,
        week: week(metrics, series),
    })
}

/// How busy each hour of the week was, where it is kept of one of the metrics and that was reported.
fn week(metrics: &[Source], series: &[Series]) -> Option<WeekShape> {
    let kept = |source: &Source| BY_HOUR_OF_WEEK.contains(&(source.namespace, source.name));
    let index = metrics.iter().position(kept)?;
    by_hour_of_week(series.get(index * STATISTICS.len())?)
}

/// Reads every series over the last `days` whole days before this hour; an empty series has no
/// datapoints. One failure makes all of them unknown.
pub async fn read(
    scan: &Scan,
    days: u32,
    queries: &[Query<'_>],
) -> Result<Vec<Series>, Unavailable> {
    if queries.is_empty() {
        return Ok(Vec::new());
    }
    let end = scan
        .now
        .round(jiff::TimestampRound::new().smallest(Unit::Hour).mode(jiff::RoundMode::Trunc));
    let end = end.unwrap_or(scan.now);
    let start = end - SignedDuration::from_hours(24 * i64::from(days));
    let period = queries.iter().map(|query| query.period_seconds).min().unwrap_or(PERIOD_SECONDS);
    let most = most_queries(days, period);
    let batches = (0..queries.len()).step_by(most).map(|from| from..queries.len().min(from + most));
    let ask = |batch: Range<usize>| async move {
        let batch = &queries[batch];
        let _room = scan.room_for_metrics().await;
        let metrics = billed(batch);
        scan.take_metrics(metrics)?;
        let answer = request(scan, metrics, batch, start, end).await;
        answer.map_err(|error| error.unavailable(&GET_METRIC_DATA.api()))
    };
    let series = scan.each(batches.collect(), ask).await.into_iter().collect::<Result<Vec<_>, _>>();
    let result = series.map(|batches| batches.into_iter().flatten().collect::<Vec<_>>());
    let outcome = result.as_ref().map_or_else(|why| Err(why.clone()), |series| Ok(series.len()));
    scan.record(GET_METRIC_DATA, outcome);
    result
}

/// How many metrics a request for these series is billed as. Statistics of one metric stand beside each
/// other.
fn billed(queries: &[Query<'_>]) -> u64 {
    let metrics = queries.chunk_by(|a, b| {
        (a.namespace, a.name) == (b.namespace, b.name) && a.dimensions == b.dimensions
    });
    metrics.map(|statistics| statistics.len().div_ceil(BILLED_AS_ONE) as u64).sum()
}

/// The dimensions of every metric of this name that had a datapoint in the last two weeks.
pub async fn list(
    scan: &Scan,
    namespace: &str,
    name: &str,
) -> Result<Vec<BTreeMap<String, String>>, Unavailable> {
    let request = scan.cloudwatch().list_metrics().namespace(namespace).metric_name(name);
    let pages = request.into_paginator().send();
    let pages = pages.collect::<Result<Vec<_>, _>>().map_ok(|pages| {
        pages.into_iter().flat_map(|page| page.metrics.unwrap_or_default()).collect()
    });
    let metrics: Vec<_> = scan.list(LIST_METRICS, pages).await?;
    let dimensions = |metric: &SdkMetric| {
        let pairs = metric.dimensions().iter();
        pairs.filter_map(|d| Some((d.name()?.to_owned(), d.value()?.to_owned()))).collect()
    };
    Ok(metrics.iter().map(dimensions).collect())
}

type Error = SdkError<aws_sdk_cloudwatch::operation::get_metric_data::GetMetricDataError>;

async fn request(
    scan: &Scan,
    metrics: u64,
    batch: &[Query<'_>],
    start: Timestamp,
    end: Timestamp,
) -> Result<Vec<Series>, Error> {
    let mut series = vec![Series::new(); batch.len()];
    let mut next = None;
    loop {
        // Every page counts, so that the figure is not below the bill.
        scan.asks_for_metrics(metrics);
        // The SDK's paginator would keep a copy of all queries for a page that hardly ever comes.
        let queries = batch.iter().enumerate().map(|(index, query)| data_query(index, query));
        let page = scan
            .cloudwatch()
            .get_metric_data()
            .start_time(sdk_time(start))
            .end_time(sdk_time(end))
            .set_metric_data_queries(Some(queries.collect()))
            .set_next_token(next)
            .send();
        let page = OnItsOwn::new(page).await?;
        // A series may go on in the next page.
        for result in page.metric_data_results() {
            let index = result.id().and_then(|id| id.strip_prefix('q')?.parse::<usize>().ok());
            let Some(series) = index.and_then(|index| series.get_mut(index)) else { continue };
            series.reserve(result.values().len());
            let points = result.timestamps().iter().zip(result.values());
            // A period begins with a whole second.
            let at = |time: &DateTime| Timestamp::from_second(time.secs()).ok();
            series.extend(points.filter_map(|(time, value)| Some((at(time)?, *value))));
        }
        next = page.next_token.filter(|token| !token.is_empty());
        if next.is_none() {
            return Ok(series);
        }
    }
}

fn data_query(index: usize, query: &Query) -> MetricDataQuery {
    let dimensions = query
        .dimensions
        .iter()
        .map(|(name, value)| Dimension::builder().name(*name).value(value).build());
    let metric = SdkMetric::builder()
        .namespace(query.namespace)
        .metric_name(query.name)
        .set_dimensions(Some(dimensions.collect()))
        .build();
    let stat = MetricStat::builder()
        .metric(metric)
        .period(i32::try_from(query.period_seconds).unwrap_or(i32::MAX))
        .stat(query.statistic)
        .build();
    // An id must begin with a lower-case letter.
    MetricDataQuery::builder().id(format!("q{index}")).metric_stat(stat).build()
}

fn sdk_time(time: Timestamp) -> DateTime {
    DateTime::from_secs(time.as_second())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(name: &'static str) -> Source {
        Source { namespace: "AWS/EC2", name, dimensions: vec![("InstanceId", "i-1".into())] }
    }

    fn series(values: &[f64]) -> Series {
        values.iter().map(|value| (Timestamp::UNIX_EPOCH, *value)).collect()
    }

    #[test]
    fn a_metric_without_datapoints_is_absent_and_not_zero() {
        let none = Series::new();
        let one = [
            series(&[1.0, 3.0]),
            series(&[9.0]),
            series(&[4.0]),
            none.clone(),
            none.clone(),
            none.clone(),
        ];
        let (cpu, network) = (source("CPUUtilization"), source("NetworkIn"));
        let known = utilization(&[cpu.clone(), network], &one);
        let metrics = &known.known().unwrap().metrics;
        assert_eq!(metrics.keys().collect::<Vec<_>>(), ["CPUUtilization"]);
        assert!((metrics["CPUUtilization"].maximum - 9.0).abs() < f64::EPSILON);
        let nothing = utilization(&[cpu], &[none.clone(), none.clone(), none]);
        assert!(nothing.get().unwrap_err().reason.contains("no datapoints in the last 14 days"));
    }

    #[test]
    fn the_hours_of_a_week_are_kept_of_cpu_alone() {
        let (cpu, network) = (source("CPUUtilization"), source("NetworkIn"));
        let one = || [series(&[1.0]), series(&[9.0]), series(&[4.0])];
        let both = [one(), one()].concat();
        let shape = |metrics: &[Source]| {
            let known = utilization(metrics, &both);
            known.known().unwrap().week.clone()
        };
        assert!(shape(&[network.clone(), cpu.clone()]).is_some());
        assert_eq!(shape(&[network.clone(), network]), None);
    }

    #[test]
    fn up_to_five_statistics_of_a_metric_are_billed_as_one() {
        let of = |sources: &[Source]| billed(&queries(sources).collect::<Vec<_>>());
        let (cpu, network) = (source("CPUUtilization"), source("NetworkIn"));
        assert_eq!(of(&[cpu.clone(), network]), 2, "three statistics each");
        assert_eq!(of(&[cpu.clone(), cpu]), 2, "six statistics");
        assert_eq!(billed(&[]), 0);
    }

    #[test]
    fn a_resource_is_asked_for_whole_and_no_batch_is_too_large() {
        let eight = vec![source("CPUUtilization"); 8];
        let sources: Vec<_> =
            (0..50).map(|i| if i == 3 { vec![] } else { eight.clone() }).collect();
        let batches = batches(sources);
        let sizes: Vec<_> = batches.iter().map(Vec::len).collect();
        assert_eq!(
            sizes,
            [12, 12, 12, 12, 1],
            "12 x 8 metrics x 3 statistics = 288 queries of 336 hours"
        );
        let asked = batches.iter().flatten().map(|(index, _)| *index);
        assert_eq!(asked.collect::<Vec<_>>(), (0..50).filter(|i| *i != 3).collect::<Vec<_>>());
    }
}
