//! Controls of subscriptions to events of databases.
//!
//! They judge the subscriptions that are there, each by what its events are of: an account without one passes.

use miyabi_types::{
    finding::Severity,
    resource::{ResourceKind, rds::EventSubscription},
};

use super::super::row::{ROW, Row, of};
use crate::check::{Check, Reading, Threshold};

/// A row of a subscription's setting.
const SUBSCRIPTION: Row =
    Row { severity: Severity::Low, kinds: &[ResourceKind::RdsEventSubscription], ..ROW };

/// The table.
pub const CHECKS: [Check; 4] = [
    Row {
        id: "rds_events_of_clusters_untold",
        title: "Subscription leaves out critical events of database clusters",
        control: &["RDS.19"],
        must: &[Threshold { what: "EventCategories", value: "maintenance and failure" }],
        read: of!(RdsEventSubscription, |it| tells(it, "db-cluster", &["maintenance", "failure"])),
        ..SUBSCRIPTION
    }
    .check(),
    Row {
        id: "rds_events_of_instances_untold",
        title: "Subscription leaves out critical events of databases",
        control: &["RDS.20"],
        must: &[Threshold {
            what: "EventCategories",
            value: "maintenance, configuration change and failure",
        }],
        read: of!(RdsEventSubscription, |it| tells(
            it,
            "db-instance",
            &["maintenance", "configuration change", "failure"]
        )),
        ..SUBSCRIPTION
    }
    .check(),
    Row {
        id: "rds_events_of_parameters_untold",
        title: "Subscription leaves out changes of parameter groups",
        control: &["RDS.21"],
        must: &[Threshold { what: "EventCategories", value: "configuration change" }],
        read: of!(RdsEventSubscription, |it| tells(
            it,
            "db-parameter-group",
            &["configuration change"]
        )),
        ..SUBSCRIPTION
    }
    .check(),
    Row {
        id: "rds_events_of_security_groups_untold",
        title: "Subscription leaves out critical events of database security groups",
        control: &["RDS.22"],
        must: &[Threshold { what: "EventCategories", value: "configuration change and failure" }],
        read: of!(RdsEventSubscription, |it| tells(
            it,
            "db-security-group",
            &["configuration change", "failure"]
        )),
        ..SUBSCRIPTION
    }
    .check(),
];

/// Bad where a subscription to events of `source` is off or leaves a wanted category out. Without categories it
/// tells of all. One to events of everything is about each source.
fn tells(subscription: &EventSubscription, source: &str, wanted: &[&str]) -> Reading {
    if subscription.source_type.as_deref().is_some_and(|of| of != source) {
        return Reading::NotApplicable;
    }
    if !subscription.enabled {
        return Reading::Bad("the subscription is off".into());
    }
    let told = &subscription.event_categories;
    let missing: Vec<_> =
        wanted.iter().copied().filter(|category| !told.iter().any(|it| it == category)).collect();
    Reading::must(told.is_empty() || missing.is_empty(), format!("without {}", missing.join(", ")))
}

#[cfg(test)]
mod tests {
    use miyabi_types::resource::Resource;

    use super::*;
    use crate::fixture::{
        Expect::{Clear, NotApplicable, Risk},
        check_table,
        services::event_subscription,
    };

    fn of(source: Option<&str>, categories: &[&str]) -> Resource {
        event_subscription(|s| {
            s.source_type = source.map(str::to_owned);
            s.event_categories = categories.iter().map(|&it| it.to_owned()).collect();
        })
    }

    #[test]
    fn every_row_judges() {
        let (cluster, instance) = (Some("db-cluster"), Some("db-instance"));
        let (parameters, group) = (Some("db-parameter-group"), Some("db-security-group"));
        check_table(
            &CHECKS,
            vec![
                ("RDS.19", of(cluster, &["failure", "maintenance"]), Clear),
                ("RDS.19", of(cluster, &["failure"]), Risk),
                ("RDS.19", of(cluster, &[]), Clear),
                ("RDS.19", of(instance, &["failure"]), NotApplicable),
                ("RDS.19", of(None, &[]), Clear),
                ("RDS.19", event_subscription(|s| s.source_type = None), Risk),
                ("RDS.20", of(instance, &["failure", "maintenance"]), Risk),
                (
                    "RDS.20",
                    of(instance, &["configuration change", "failure", "maintenance"]),
                    Clear,
                ),
                ("RDS.20", event_subscription(|s| s.enabled = false), Risk),
                ("RDS.21", of(parameters, &["configuration change"]), Clear),
                ("RDS.21", of(parameters, &["creation"]), Risk),
                ("RDS.22", of(group, &["configuration change", "failure"]), Clear),
                ("RDS.22", of(group, &["failure"]), Risk),
            ],
        );
    }
}
