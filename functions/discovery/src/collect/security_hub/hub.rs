//! Whether Security Hub is on in the region, and which controls it checks.

use aws_sdk_securityhub::{
    Client,
    operation::describe_hub::DescribeHubOutput,
    types::{
        self, ControlFindingGenerator, ControlStatus, SeverityRating, StandardsStatus,
        StandardsSubscription,
    },
};
use jiff::Timestamp;
use miyabi_types::{
    evidence::{Evidence, Unavailable},
    id::ControlId,
    resource::{
        Resource, ResourceConfig, ResourceKind, Tags,
        security_hub::{Hub, HubSettings, Standard, StandardControl},
    },
};

use crate::{
    call::Call,
    collect::{owned, sorted, text},
    place::Place,
    scope::Scan,
};

pub const HUB: Call = Call::lists("securityhub:DescribeHub", &[ResourceKind::SecurityHub]);
pub const STANDARDS: Call = Call::details("securityhub:GetEnabledStandards");
pub const CONTROLS: Call = Call::details("securityhub:DescribeStandardsControls");

/// What AWS answers where Security Hub is off.
const OFF: &[&str] = &["InvalidAccessException", "ResourceNotFoundException"];

/// Reads it, or nothing where it is not known.
pub async fn read(scan: &Scan, client: &Client) -> Option<Resource> {
    let hub = scan.find(HUB, OFF, client.describe_hub().send()).await.ok()?;
    let enabled = match &hub {
        None => None,
        Some(hub) => Some(settings(hub, standards(scan, client).await)),
    };
    Some(resource(&scan.place, hub.as_ref().and_then(|hub| hub.hub_arn()), Hub { enabled }))
}

async fn standards(scan: &Scan, client: &Client) -> Result<Vec<Standard>, Unavailable> {
    let pages = client.get_enabled_standards().max_results(100).into_paginator().items().send();
    let listed = scan.list(STANDARDS, pages.collect::<Result<Vec<_>, _>>()).await?;
    let standards = scan.each(listed, |subscription: StandardsSubscription| async move {
        let arn = subscription.standards_subscription_arn().unwrap_or_default();
        let controls = controls(scan, client, arn).await;
        standard(&subscription, controls)
    });
    let mut standards: Vec<_> = standards.await;
    standards.sort_by(|a, b| a.arn.cmp(&b.arn));
    Ok(standards)
}

async fn controls(
    scan: &Scan,
    client: &Client,
    subscription: &str,
) -> Result<Vec<StandardControl>, Unavailable> {
    let pages = client
        .describe_standards_controls()
        .standards_subscription_arn(subscription)
        .max_results(100)
        .into_paginator()
        .items()
        .send();
    let controls = scan.list(CONTROLS, pages.collect::<Result<Vec<_>, _>>()).await?;
    Ok(sorted(controls.iter().map(control)))
}

fn control(control: &types::StandardsControl) -> StandardControl {
    let id = text(control.control_id());
    StandardControl {
        control: ControlId::parse(&*id)
            .ok()
            // `1.1` reads like a control too, but is a number of the standard alone.
            .filter(|_| id.starts_with(|first: char| first.is_ascii_alphabetic())),
        id,
        enabled: control.control_status() == Some(&ControlStatus::Enabled),
        disabled_reason: owned(control.disabled_reason()),
        severity: owned(control.severity_rating().map(SeverityRating::as_str)),
    }
}

fn standard(
    subscription: &StandardsSubscription,
    controls: Result<Vec<StandardControl>, Unavailable>,
) -> Standard {
    Standard {
        arn: text(subscription.standards_arn()),
        status: text(subscription.standards_status().map(StandardsStatus::as_str)),
        controls: Evidence::from(controls),
    }
}

fn settings(hub: &DescribeHubOutput, standards: Result<Vec<Standard>, Unavailable>) -> HubSettings {
    let since = hub.subscribed_at().and_then(|time| time.parse::<Timestamp>().ok());
    let generator = hub.control_finding_generator().map(ControlFindingGenerator::as_str);
    HubSettings {
        since,
        auto_enable_controls: hub.auto_enable_controls().unwrap_or(false),
        finding_generator: owned(generator),
        standards: Evidence::from(standards),
    }
}

fn resource(place: &Place, told: Option<&str>, hub: Hub) -> Resource {
    let arn = Place::told(told, || place.arn("securityhub", "hub/default"));
    let config = ResourceConfig::SecurityHub(hub);
    let resource = place.resource(arn, place.region.as_str(), Tags::new(), config);
    Resource {
        tags_unavailable: Some(Unavailable::because("tags of Security Hub are not read")),
        ..resource
    }
}

#[cfg(test)]
mod tests {
    use miyabi_types::phase::ScannedScope;

    use super::*;
    use crate::testing::{
        aws::{Answer, Asked, empty, error, sdk},
        coverage, of_kind, scan,
    };

    fn hub(scanned: &ScannedScope) -> &Hub {
        match &of_kind(scanned, ResourceKind::SecurityHub)[0].config {
            ResourceConfig::SecurityHub(hub) => hub,
            other => panic!("{other:?}"),
        }
    }

    fn account(asked: &Asked) -> Answer {
        let body: &[u8] = match asked.operation.as_str() {
            "GET /accounts" => {
                br#"{"HubArn":"arn:aws:securityhub:us-east-1:123456789012:hub/default",
                "SubscribedAt":"2024-01-02T03:04:05.000Z","AutoEnableControls":true,
                "ControlFindingGenerator":"SECURITY_CONTROL"}"#
            }
            "POST /standards/get" => {
                br#"{"StandardsSubscriptions":[{"StandardsStatus":"READY",
                "StandardsArn":"arn:aws:securityhub:::ruleset/cis-aws-foundations-benchmark/v/1.2.0",
                "StandardsSubscriptionArn":"arn:aws:securityhub:us-east-1:123456789012:subscription/cis"}]}"#
            }
            path if path.starts_with("GET /standards/controls/") => {
                br#"{"Controls":[
                {"ControlId":"EC2.8","ControlStatus":"ENABLED","SeverityRating":"HIGH"},
                {"ControlId":"1.1","ControlStatus":"DISABLED","DisabledReason":"not ours"}]}"#
            }
            _ => return empty(asked),
        };
        (200, body.into())
    }

    #[tokio::test]
    async fn enabled_standards_tell_which_controls_are_checked() {
        let scanned = scan(sdk(account), "us-east-1").await;
        let settings = hub(&scanned).enabled.as_ref().unwrap();
        assert!(settings.auto_enable_controls);
        assert_eq!(settings.since.unwrap().to_string(), "2024-01-02T03:04:05Z");
        let standards = settings.standards.known().unwrap();
        assert_eq!(standards[0].status, "READY");
        let controls = standards[0].controls.known().unwrap();
        let off = controls.iter().find(|control| control.id == "1.1").unwrap();
        assert_eq!((&off.control, off.enabled), (&None, false));
        assert_eq!(off.disabled_reason.as_deref(), Some("not ours"));
        let on = controls.iter().find(|control| control.id == "EC2.8").unwrap();
        assert_eq!(on.control, Some(ControlId::parse("EC2.8").unwrap()));
        assert!(on.enabled);
        assert_eq!(on.severity.as_deref(), Some("HIGH"));
    }

    #[tokio::test]
    async fn where_it_is_off_that_is_known() {
        let off = |asked: &Asked| match asked.service.as_str() {
            "securityhub" => error(asked, 401, "InvalidAccessException"),
            _ => empty(asked),
        };
        let scanned = scan(sdk(off), "us-east-1").await;
        assert_eq!(hub(&scanned).enabled, None);
        assert!(coverage(&scanned, "securityhub:DescribeHub").known().is_some());
    }

    #[tokio::test]
    async fn denied_controls_are_unknown_and_name_the_permission() {
        let scanned = scan(
            sdk(|asked| {
                if asked.operation.starts_with("GET /standards/controls/") {
                    return error(asked, 403, "AccessDeniedException");
                }
                account(asked)
            }),
            "us-east-1",
        )
        .await;
        let standards = hub(&scanned).enabled.as_ref().unwrap().standards.known().unwrap();
        let why = standards[0].controls.get().unwrap_err();
        let missing = why.missing_permission.as_ref().unwrap();
        assert_eq!(missing.as_str(), "securityhub:DescribeStandardsControls");
    }
}
