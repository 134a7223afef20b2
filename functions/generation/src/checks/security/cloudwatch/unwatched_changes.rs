//! # What
//! Events that nobody is told of: use of the root user, changes of policies, trails, keys, networks …
//! # Why
//! Each of them is what an intruder does first, and is rare otherwise.
//! # Evidence
//! The trails that record the region (`cloudtrail:DescribeTrails` and their status and selectors), metric
//! filters of their log group (`logs:DescribeMetricFilters`), alarms on the metrics of those
//! (`cloudwatch:DescribeAlarms`) and topics that the alarms tell (`sns:GetTopicAttributes`).
//! # Silent when
//! A working trail of all regions sends management events to a log group of the region, a filter there
//! counts the events, and an alarm on that metric tells a topic that has a confirmed subscriber. A trail
//! whose log group is in another region is that region's to judge.
//! # Remedy and risk
//! None proposed: whom to tell is for people to say.
//! # References
//! Security Hub CloudWatch.1 to CloudWatch.14; CIS AWS Foundations Benchmark 1.4.0, section 4 (1.2.0,
//! section 3), whose patterns name these events.

use miyabi_types::{
    evidence::Unavailable,
    finding::Severity,
    resource::{
        Resource, ResourceConfig, ResourceKind, cloudtrail::Trail, cloudwatch::Alarm,
        logs::MetricFilter,
    },
};

use crate::check::{Check, Context, FSBP, Found, Judge, Reference, SECURITY, Threshold, Verdict};

/// One row: what is not told, its control, and the words that a filter's pattern must have.
macro_rules! watch {
    ($id:literal, $event:literal, $control:literal, $words:ident) => {
        Check {
            id: concat!("cloudwatch_no_alarm_", $id),
            title: concat!("Nobody is told when ", $event),
            severity: Severity::Low,
            kinds: &[ResourceKind::CloudTrailRegion],
            controls: &[$control],
            thresholds: &[Threshold { what: "alarms with a subscriber", value: "at least 1" }],
            references: &[FSBP, CIS],
            judge: Judge::Logic(|resource, context| judge(resource, context, &$words)),
            ..SECURITY
        }
    };
}
/// See the module.
pub const CHECKS: [Check; 14] = [
    watch!("root_use", "the root user is used", "CloudWatch.1", ROOT_USE),
    watch!("unauthorized_calls", "calls are refused", "CloudWatch.2", UNAUTHORIZED),
    watch!("login_without_mfa", "somebody signs in without MFA", "CloudWatch.3", NO_MFA),
    watch!("iam_changes", "IAM policies change", "CloudWatch.4", IAM),
    watch!("trail_changes", "trails change", "CloudWatch.5", TRAILS),
    watch!("failed_logins", "logins fail", "CloudWatch.6", FAILED_LOGINS),
    watch!("key_deletion", "keys are disabled or deleted", "CloudWatch.7", KEYS),
    watch!("bucket_changes", "access to buckets changes", "CloudWatch.8", BUCKETS),
    watch!("config_changes", "AWS Config changes", "CloudWatch.9", CONFIG),
    watch!("security_group_changes", "security groups change", "CloudWatch.10", GROUPS),
    watch!("network_acl_changes", "network ACLs change", "CloudWatch.11", ACLS),
    watch!("gateway_changes", "gateways change", "CloudWatch.12", GATEWAYS),
    watch!("route_changes", "routes change", "CloudWatch.13", ROUTES),
    watch!("vpc_changes", "VPCs change", "CloudWatch.14", VPCS),
];

const CIS: Reference =
    Reference { source: "CIS AWS Foundations Benchmark 1.4.0, section 4", read: "2026-11" };

const ROOT_USE: [&str; 4] = ["Root", "AwsServiceEvent", "invokedBy", "EXISTS"];
const UNAUTHORIZED: [&str; 2] = ["AccessDenied", "UnauthorizedOperation"];
const NO_MFA: [&str; 2] = ["ConsoleLogin", "MFAUsed"];
const IAM: [&str; 16] = [
    "AttachGroupPolicy",
    "AttachRolePolicy",
    "AttachUserPolicy",
    "CreatePolicy",
    "CreatePolicyVersion",
    "DeleteGroupPolicy",
    "DeletePolicy",
    "DeletePolicyVersion",
    "DeleteRolePolicy",
    "DeleteUserPolicy",
    "DetachGroupPolicy",
    "DetachRolePolicy",
    "DetachUserPolicy",
    "PutGroupPolicy",
    "PutRolePolicy",
    "PutUserPolicy",
];
const TRAILS: [&str; 5] =
    ["CreateTrail", "DeleteTrail", "StartLogging", "StopLogging", "UpdateTrail"];
const FAILED_LOGINS: [&str; 2] = ["ConsoleLogin", "Failed authentication"];
const KEYS: [&str; 3] = ["DisableKey", "ScheduleKeyDeletion", "kms.amazonaws.com"];
const BUCKETS: [&str; 10] = [
    "DeleteBucketCors",
    "DeleteBucketLifecycle",
    "DeleteBucketPolicy",
    "DeleteBucketReplication",
    "PutBucketAcl",
    "PutBucketCors",
    "PutBucketLifecycle",
    "PutBucketPolicy",
    "PutBucketReplication",
    "s3.amazonaws.com",
];
const CONFIG: [&str; 5] = [
    "DeleteDeliveryChannel",
    "PutConfigurationRecorder",
    "PutDeliveryChannel",
    "StopConfigurationRecorder",
    "config.amazonaws.com",
];
const GROUPS: [&str; 6] = [
    "AuthorizeSecurityGroupEgress",
    "AuthorizeSecurityGroupIngress",
    "CreateSecurityGroup",
    "DeleteSecurityGroup",
    "RevokeSecurityGroupEgress",
    "RevokeSecurityGroupIngress",
];
const ACLS: [&str; 6] = [
    "CreateNetworkAcl",
    "CreateNetworkAclEntry",
    "DeleteNetworkAcl",
    "DeleteNetworkAclEntry",
    "ReplaceNetworkAclAssociation",
    "ReplaceNetworkAclEntry",
];
const GATEWAYS: [&str; 6] = [
    "AttachInternetGateway",
    "CreateCustomerGateway",
    "CreateInternetGateway",
    "DeleteCustomerGateway",
    "DeleteInternetGateway",
    "DetachInternetGateway",
];
const ROUTES: [&str; 7] = [
    "CreateRoute",
    "CreateRouteTable",
    "DeleteRoute",
    "DeleteRouteTable",
    "DisassociateRouteTable",
    "ReplaceRoute",
    "ReplaceRouteTableAssociation",
];
const VPCS: [&str; 11] = [
    "AcceptVpcPeeringConnection",
    "AttachClassicLinkVpc",
    "CreateVpc",
    "CreateVpcPeeringConnection",
    "DeleteVpc",
    "DeleteVpcPeeringConnection",
    "DetachClassicLinkVpc",
    "DisableVpcClassicLink",
    "EnableVpcClassicLink",
    "ModifyVpcAttribute",
    "RejectVpcPeeringConnection",
];

fn judge(resource: &Resource, context: &Context<'_>, words: &[&str]) -> Verdict {
    let ResourceConfig::CloudTrailRegion(region) = &resource.config else {
        return Verdict::NotApplicable;
    };
    let trails: Vec<_> = region.trails.iter().filter(|trail| trail.is_multi_region).collect();
    if trails.is_empty() {
        return Found::risk("there is no trail of all regions", None);
    }
    let mut groups = Vec::new();
    for trail in trails {
        match log_group(trail) {
            Err(why) => return Verdict::NotEvaluated(why.clone()),
            Ok(group) => groups.extend(group),
        }
    }
    if groups.is_empty() {
        return Found::risk(
            "no working trail of all regions sends its events to a log group",
            None,
        );
    }
    let here: Vec<_> =
        groups.into_iter().filter(|(at, _)| *at == resource.region.as_str()).collect();
    if here.is_empty() {
        return Verdict::NotApplicable;
    }
    match is_told(resource, context, &here, words) {
        Err(why) => Verdict::NotEvaluated(why),
        Ok(None) => Verdict::Clear,
        Ok(Some(missing)) => Found::risk(missing, None),
    }
}

/// Region and name of the log group that a working trail sends management events to.
fn log_group(trail: &Trail) -> Result<Option<(&str, &str)>, &Unavailable> {
    let Some(arn) = &trail.log_group_arn else { return Ok(None) };
    let records = trail.selectors.get()?;
    let management = records.basic.iter().any(|s| s.management_events && s.read_write == "All")
        || records.advanced.iter().any(|selector| {
            selector.fields.iter().any(|f| f.field == "eventCategory" && f.equals == ["Management"])
        });
    if !management || !trail.status.get()?.is_logging {
        return Ok(None);
    }
    let mut parts = arn.split(':').skip(3);
    Ok(parts.next().zip(parts.nth(2)))
}

/// What is missing between the log groups and a person; nothing where somebody is told.
fn is_told(
    near: &Resource,
    context: &Context<'_>,
    groups: &[(&str, &str)],
    words: &[&str],
) -> Result<Option<&'static str>, Unavailable> {
    let mut metrics = Vec::new();
    for group in context.all(ResourceKind::LogGroup, near).map_err(Clone::clone)? {
        let ResourceConfig::LogGroup(config) = &group.config else { continue };
        if groups.iter().any(|(_, name)| *name == group.id) {
            let filters = config.metric_filters.get().map_err(Clone::clone)?;
            metrics.extend(filters.iter().filter(|f| counts(f, words)).flat_map(|f| &f.metrics));
        }
    }
    if metrics.is_empty() {
        return Ok(Some("no metric filter counts these events"));
    }
    let mut rings = Vec::new();
    for alarm in context.all(ResourceKind::CloudWatchAlarm, near).map_err(Clone::clone)? {
        if let ResourceConfig::CloudWatchAlarm(alarm) = &alarm.config
            && watched(alarm).is_some_and(|metric| metrics.contains(&&metric))
        {
            rings.extend(alarm.state.alarm_actions.iter().filter(|_| alarm.state.actions_enabled));
        }
    }
    if rings.is_empty() {
        return Ok(Some("no alarm on the metric does anything"));
    }
    for topic in context.all(ResourceKind::SnsTopic, near).map_err(Clone::clone)? {
        let ResourceConfig::SnsTopic(config) = &topic.config else { continue };
        if rings.iter().any(|action| *action == topic.arn.as_str())
            && config.attributes.get().map_err(Clone::clone)?.subscriptions_confirmed > 0
        {
            return Ok(None);
        }
    }
    Ok(Some("the alarm tells nobody: none of its topics has a confirmed subscriber"))
}

fn watched(alarm: &Alarm) -> Option<String> {
    Some(format!("{}/{}", alarm.namespace.as_ref()?, alarm.metric.as_ref()?))
}

/// Whether the filter's pattern names every one of these, each as a word of its own.
fn counts(filter: &MetricFilter, words: &[&str]) -> bool {
    words.iter().all(|word| {
        filter.pattern.match_indices(word).any(|(at, found)| {
            let after = filter.pattern[at + found.len()..].chars().next();
            let before = filter.pattern[..at].chars().next_back();
            ![before, after].into_iter().flatten().any(char::is_alphanumeric)
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{
        Expect, alarm, check_in, denied, deny, log_group as group, region_trails, topic, world,
    };
    use miyabi_types::{evidence::Evidence, world::World};

    /// A World in which routes are watched.
    fn watched() -> World {
        let pattern = ROUTES.map(|event| format!("($.eventName = {event})")).join(" || ");
        let filter = MetricFilter {
            name: "routes".into(),
            pattern: format!("{{ {pattern} }}"),
            metrics: vec!["Trail/Routes".into()],
        };
        world([
            region_trails(|_| {}),
            group(|g| g.metric_filters = Evidence::Known(vec![filter])),
            alarm(|a| {
                a.namespace = Some("Trail".into());
                a.metric = Some("Routes".into());
            }),
            topic(|_| {}),
        ])
    }

    fn edited(edit: impl Fn(&mut ResourceConfig)) -> World {
        let mut world = watched();
        world.resources.iter_mut().for_each(|resource| edit(&mut resource.config));
        world
    }

    fn check(case: &str, world: World, expect: Expect) {
        check_in(&CHECKS[12], case, world, &region_trails(|_| {}), expect);
    }

    #[test]
    fn every_link_of_the_chain_must_hold() {
        check("told", watched(), Expect::Clear);
        let without = |kind| {
            let mut world = watched();
            world.resources.retain(|resource| resource.kind() != kind);
            world
        };
        check("no filter", without(ResourceKind::LogGroup), Expect::Risk);
        check("no alarm", without(ResourceKind::CloudWatchAlarm), Expect::Risk);
        check("no topic", without(ResourceKind::SnsTopic), Expect::Risk);
        let silent = edited(|config| {
            if let ResourceConfig::CloudWatchAlarm(alarm) = config {
                alarm.state.actions_enabled = false;
            }
        });
        check("actions off", silent, Expect::Risk);
        let unheard = edited(|config| {
            if let ResourceConfig::SnsTopic(topic) = config
                && let Evidence::Known(attributes) = &mut topic.attributes
            {
                attributes.subscriptions_confirmed = 0;
            }
        });
        check("no subscriber", unheard, Expect::Risk);
        let some = edited(|config| {
            if let ResourceConfig::LogGroup(group) = config
                && let Evidence::Known(filters) = &mut group.metric_filters
            {
                // `CreateRouteTable` is another event.
                filters[0].pattern = filters[0].pattern.replace("CreateRoute)", "Other)");
            }
        });
        check("not all events", some, Expect::Risk);
        check_in(&CHECKS[13], "others", watched(), &region_trails(|_| {}), Expect::Risk);
    }

    #[test]
    fn trails_that_do_not_count() {
        let trails = |edit: fn(&mut Trail)| {
            edited(move |config| {
                if let ResourceConfig::CloudTrailRegion(region) = config {
                    region.trails.iter_mut().for_each(edit);
                }
            })
        };
        check("none", trails(|trail| trail.is_multi_region = false), Expect::Risk);
        check("no log group", trails(|trail| trail.log_group_arn = None), Expect::Risk);
        let elsewhere = trails(|trail| {
            let arn = trail.log_group_arn.as_ref().unwrap();
            trail.log_group_arn = Some(arn.replace("us-east-1", "eu-west-1"));
        });
        check("in another region", elsewhere, Expect::NotApplicable);
        let unread = trails(|trail| trail.status = denied("cloudtrail:GetTrailStatus"));
        check("unread", unread, Expect::NotEvaluated("denied"));
    }

    #[test]
    fn what_could_not_be_listed_is_not_missing() {
        let mut world = watched();
        deny(&mut world, "cloudwatch:DescribeAlarms", &[ResourceKind::CloudWatchAlarm]);
        check("denied", world, Expect::NotEvaluated("denied"));
    }
}
