//! CloudWatch dashboards. Every region shows all of the account's, so they are read once.

use aws_sdk_cloudwatch::{Client, types::DashboardEntry};
use futures::FutureExt;
use miyabi_types::resource::{
    Resource, ResourceConfig, ResourceKind::CloudWatchDashboard, Tags, cloudwatch::Dashboard,
};

use super::{Collected, Collector, Reach, or_none, timestamp};
use crate::{call::Call, place::Place, scope::Scan};

const DASHBOARDS: Call = Call::lists("cloudwatch:ListDashboards", &[CloudWatchDashboard]);

/// Reads dashboards.
pub const COLLECTOR: Collector = Collector {
    service: "cloudwatch",
    reach: Reach::Global,
    calls: &[DASHBOARDS],
    collect: |scan| collect(scan).boxed(),
};

async fn collect(scan: &Scan) -> Collected {
    let pages = Client::new(scan.sdk()).list_dashboards().into_paginator().items().send();
    let entries = or_none(scan.list(DASHBOARDS, pages.collect::<Result<Vec<_>, _>>()).await);
    let resources = entries.iter().filter_map(|entry| resource(&scan.place, entry));
    resources.collect::<Vec<_>>().into()
}

fn resource(place: &Place, entry: &DashboardEntry) -> Option<Resource> {
    let name = entry.dashboard_name()?;
    let config = Dashboard {
        size_bytes: entry.size().map_or(0, |size| u64::try_from(size).unwrap_or(0)),
        modified_at: timestamp(entry.last_modified()),
    };
    let arn = Place::told(entry.dashboard_arn(), || {
        place.global_arn("cloudwatch", &format!("dashboard/{name}"))
    });
    let config = ResourceConfig::CloudWatchDashboard(config);
    let resource = place.resource(arn, name, Tags::new(), config);
    Some(Resource { name: Some(name.to_owned()), ..resource })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::place;

    #[test]
    fn a_dashboard_is_of_the_account_and_of_no_region() {
        let sdk = DashboardEntry::builder().dashboard_name("shop").size(412).build();
        let resource = resource(&place(), &sdk).unwrap();
        assert_eq!(resource.arn.as_str(), "arn:aws:cloudwatch::123456789012:dashboard/shop");
        let ResourceConfig::CloudWatchDashboard(dashboard) = resource.config else { panic!() };
        assert_eq!(dashboard.size_bytes, 412);
    }
}
