//! CloudWatch Logs: log groups with their metric filters.

use std::collections::BTreeMap;

use aws_sdk_cloudwatchlogs::{
    Client,
    types::{self, LogGroupClass},
};
use futures::FutureExt;
use jiff::Timestamp;
use miyabi_types::{
    evidence::{Evidence, Unavailable},
    id::Arn,
    resource::{
        Resource, ResourceConfig, ResourceKind, Tags,
        logs::{LogGroup, MetricFilter},
    },
};
use tokio::sync::OnceCell;

use super::{
    Collected, Collector, Reach, natural, owned, sorted,
    tagging::{self, Tagged},
    text,
};
use crate::{call::Call, lists::pages, place::Place, scope::Scan};

const GROUPS: Call = Call::lists("logs:DescribeLogGroups", &[ResourceKind::LogGroup]);
const FILTERS: Call = Call::details("logs:DescribeMetricFilters");

/// Reads log groups. Filters and tags are read for the whole region at once: an account may have
/// hundreds of thousands of groups, and a call for each would take days.
pub const COLLECTOR: Collector = Collector {
    service: "logs",
    reach: Reach::Regional,
    calls: &[GROUPS, FILTERS, tagging::GET_RESOURCES],
    collect: |scan| collect(scan).boxed(),
};

async fn collect(scan: &Scan) -> Collected {
    let client = &Client::new(scan.sdk());
    let (filters, tagged) = (&OnceCell::new(), &Tagged::of("logs:log-group"));
    let work = |groups: Vec<types::LogGroup>| async move {
        // A group tells how many filters it has, so that an account without any is not asked for them.
        let filtered = groups.iter().any(|group| group.metric_filter_count().is_none_or(|n| n > 0));
        let filters = if filtered {
            Some(filters.get_or_init(|| Box::pin(self::filters(scan, client))).await)
        } else {
            None
        };
        let resources = groups.iter().filter_map(|group| resource(&scan.place, group, filters));
        let mut resources: Vec<_> = resources.collect();
        tagged.fill(scan, &mut resources).await;
        resources
    };
    let paginator = client.describe_log_groups().limit(50).into_paginator().send();
    scan.stream(GROUPS, pages(paginator, |page| page.log_groups), work).await;
    Collected::default()
}

/// Metric filters by log group.
type Filters = Result<BTreeMap<String, Vec<MetricFilter>>, Unavailable>;

async fn filters(scan: &Scan, client: &Client) -> Filters {
    let pages = client.describe_metric_filters().limit(50).into_paginator().items().send();
    let listed = scan.narrow(FILTERS, pages.collect::<Result<Vec<_>, _>>()).await?;
    let mut filters = BTreeMap::<_, Vec<_>>::new();
    for filter in &listed {
        filters.entry(text(filter.log_group_name())).or_default().push(metric_filter(filter));
    }
    for filters in filters.values_mut() {
        filters.sort();
    }
    Ok(filters)
}

fn metric_filter(filter: &types::MetricFilter) -> MetricFilter {
    let metrics = filter.metric_transformations().iter();
    MetricFilter {
        name: text(filter.filter_name()),
        pattern: text(filter.filter_pattern()),
        metrics: sorted(metrics.map(|m| format!("{}/{}", m.metric_namespace(), m.metric_name()))),
    }
}

/// The ARN of a log group that is known by its name.
pub(super) fn log_group_arn(place: &Place, name: &str) -> Arn {
    place.arn("logs", &format!("log-group:{name}"))
}

fn resource(place: &Place, group: &types::LogGroup, filters: Option<&Filters>) -> Option<Resource> {
    let name = group.log_group_name()?;
    let config = LogGroup {
        retention_days: group.retention_in_days().map(natural),
        stored_bytes: group.stored_bytes().map_or(0, |bytes| u64::try_from(bytes).unwrap_or(0)),
        kms_key_id: owned(group.kms_key_id()),
        class: owned(group.log_group_class().map(LogGroupClass::as_str)),
        deletion_protection: group.deletion_protection_enabled().unwrap_or(false),
        metric_filters: match filters {
            None => Evidence::Known(Vec::new()),
            Some(Ok(filters)) => Evidence::Known(filters.get(name).cloned().unwrap_or_default()),
            Some(Err(why)) => Evidence::Unavailable(why.clone()),
        },
    };
    // One of the two ARNs stands for the group's streams and ends with `:*`.
    let told =
        group.log_group_arn().or(group.arn()).map(|arn| arn.strip_suffix(":*").unwrap_or(arn));
    let arn = Place::told(told, || log_group_arn(place, name));
    let depends_on = config.kms_key_id.iter().map(|key| place.key_arn(key)).collect();
    let resource = place.resource(arn, name, Tags::new(), ResourceConfig::LogGroup(config));
    Some(Resource {
        name: Some(name.to_owned()),
        depends_on,
        created_at: group.creation_time().and_then(|ms| Timestamp::from_millisecond(ms).ok()),
        ..resource
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        prices::snapshot,
        testing::{
            aws::{Answer, Asked, empty, error, sdk},
            coverage, of_kind, place, scan,
        },
    };

    fn account(asked: &Asked) -> Answer {
        let body: &[u8] = match (asked.service.as_str(), asked.operation.as_str()) {
            ("logs", "DescribeLogGroups") => {
                br#"{"logGroups":[
                {"logGroupName":"/app","creationTime":1700000000000,"retentionInDays":30,
                "storedBytes":10737418240,"metricFilterCount":2,"logGroupClass":"STANDARD",
                "kmsKeyId":"arn:aws:kms:us-east-1:123456789012:key/1",
                "arn":"arn:aws:logs:us-east-1:123456789012:log-group:/app:*"},
                {"logGroupName":"/forever","metricFilterCount":0}]}"#
            }
            ("logs", "DescribeMetricFilters") => {
                br#"{"metricFilters":[
                {"filterName":"root","filterPattern":"{ $.userIdentity.type = Root }",
                "logGroupName":"/app","metricTransformations":
                [{"metricName":"RootUse","metricNamespace":"CIS","metricValue":"1"}]},
                {"filterName":"a","logGroupName":"/app"}]}"#
            }
            ("tagging", _) => {
                br#"{"ResourceTagMappingList":[{
                "ResourceARN":"arn:aws:logs:us-east-1:123456789012:log-group:/app",
                "Tags":[{"Key":"env","Value":"prod"}]}]}"#
            }
            _ => return empty(asked),
        };
        (200, body.into())
    }

    #[tokio::test]
    async fn a_log_group_tells_how_long_and_how_much_it_keeps() {
        let scanned = scan(sdk(account), "us-east-1").await;
        let groups = of_kind(&scanned, ResourceKind::LogGroup);
        let [app, forever] = groups[..] else { panic!("{groups:?}") };
        assert_eq!(app.arn.as_str(), "arn:aws:logs:us-east-1:123456789012:log-group:/app");
        assert_eq!(app.depends_on[0].resource(), "key/1");
        assert_eq!(app.created_at.unwrap().as_second(), 1_700_000_000);
        assert_eq!(app.tags["env"], "prod");
        let cost = snapshot::of_regions([&place().region]).monthly_cost(app);
        assert_eq!(cost.known().unwrap().to_string(), "$0.30", "10 GiB");
        let ResourceConfig::LogGroup(config) = &app.config else { panic!() };
        assert_eq!((config.retention_days, config.stored_bytes), (Some(30), 10 << 30));
        let filters = config.metric_filters.known().unwrap();
        assert_eq!(filters.iter().map(|f| &*f.name).collect::<Vec<_>>(), ["a", "root"]);
        assert_eq!(filters[1].metrics, ["CIS/RootUse"]);

        assert!(forever.tags.is_empty() && forever.tags_unavailable.is_none());
        let ResourceConfig::LogGroup(config) = &forever.config else { panic!() };
        assert_eq!(config.retention_days, None);
        assert_eq!(config.metric_filters, Evidence::Known(vec![]));
    }

    #[tokio::test]
    async fn filters_and_tags_that_are_denied_are_unknown_on_every_group() {
        let scanned = scan(
            sdk(|asked| match (asked.service.as_str(), asked.operation.as_str()) {
                ("tagging", _) | (_, "DescribeMetricFilters") => {
                    error(asked, 400, "AccessDeniedException")
                }
                _ => account(asked),
            }),
            "us-east-1",
        )
        .await;
        for group in of_kind(&scanned, ResourceKind::LogGroup) {
            let why = group.tags_unavailable.as_ref().unwrap();
            assert_eq!(why.missing_permission.as_ref().unwrap().as_str(), "tag:GetResources");
            let ResourceConfig::LogGroup(config) = &group.config else { panic!() };
            let why = config.metric_filters.get().unwrap_err();
            let missing = why.missing_permission.as_ref().unwrap();
            assert_eq!(missing.as_str(), "logs:DescribeMetricFilters");
        }
        assert!(coverage(&scanned, "tag:GetResources").known().is_none());
    }
}
