//! What watches and records, and nobody needs: alarms, dashboards, trails, keys, secrets, images, distributions.

use jiff::Timestamp;
use miyabi_types::{
    action::{Operation, TargetState},
    finding::{Saving, Severity},
    plan::Confidence,
    pricing::{Rate, cloudwatch},
    resource::{Resource, ResourceConfig, ResourceKind, cloudtrail::Trail},
};
use serde_json::{Value, json};

use crate::{
    check::{COST, Check, Context, Found, Judge, Limit, Reference, Remedy, Verdict},
    idle::whole_cost,
};

const STALE: Limit = Limit {
    name: "alarm_stale_days",
    what: "days without data, after which an alarm watches nothing",
    unit: "days",
    default: 30.0,
    range: (1.0, 365.0),
    source: "our choice: a month without data",
};
const UNCHANGED: Limit = Limit {
    name: "dashboard_unchanged_days",
    what: "days without a change, after which a dashboard is worth a look",
    unit: "days",
    default: 365.0,
    range: (30.0, 3650.0),
    source: "our choice: AWS does not tell when a dashboard was looked at",
};
const FREE_DASHBOARDS: Limit = Limit {
    name: "free_dashboards",
    what: "dashboards that an account has without charge",
    unit: "dashboards",
    default: 3.0,
    range: (0.0, 3.0),
    source: "Amazon CloudWatch pricing, free tier (3 dashboards), as price guides quoted it in 2026",
};
const UNREAD: Limit = Limit {
    name: "secret_unread_days",
    what: "days that a secret may go unread",
    unit: "days",
    default: 90.0,
    range: (1.0, 365.0),
    source: "AWS Security Hub SecretsManager.3, parameter unusedForDays",
};

/// The rows.
pub const CHECKS: [Check; 8] = [
    Check {
        id: "cloudfront_distribution_price_class",
        title: "Distribution serves from the dearest places too",
        severity: Severity::Informational,
        kinds: &[ResourceKind::CloudFrontDistribution],
        saving: "unknown: GiB from dear regions × difference of prices, and traffic is not read",
        advice: "Choose PriceClass_200 or PriceClass_100 where viewers in South America, Australia and Asia may wait.",
        references: &[Reference {
            source: "Amazon CloudFront Developer Guide, Distribution settings, Price class",
            read: "2026-11",
        }],
        judge: Judge::Logic(price_class),
        ..COST
    },
    Check {
        id: "cloudtrail_trail_duplicate",
        title: "Region's management events are recorded more than once",
        severity: Severity::Medium,
        kinds: &[ResourceKind::CloudTrailRegion],
        saving: "unknown: management events × price of further copies, and events are not counted",
        advice: "Keep one trail of management events, the organization's if there is one; take them out of the others.",
        references: &[Reference {
            source: "AWS CloudTrail User Guide, Managing CloudTrail trail costs",
            read: "2026-11",
        }],
        judge: Judge::Logic(duplicate),
        ..COST
    },
    Check {
        id: "cloudwatch_alarm_stale",
        title: "Alarm has long had no data",
        kinds: &[ResourceKind::CloudWatchAlarm],
        limits: &[STALE],
        saving: "alarm price (the first ten of an account are free)",
        advice: "Point it at a metric that exists, or delete it.",
        references: &[ALARMS],
        judge: Judge::Logic(stale),
        ..COST
    },
    Check {
        id: "cloudwatch_alarm_without_action",
        title: "Alarm rings for nobody",
        severity: Severity::Informational,
        kinds: &[ResourceKind::CloudWatchAlarm],
        saving: "alarm price (the first ten of an account are free)",
        advice: "Let it tell a topic, or delete it if neither a composite alarm nor a dashboard shows it.",
        references: &[ALARMS],
        judge: Judge::Logic(silent),
        ..COST
    },
    Check {
        id: "cloudwatch_dashboard_unchanged",
        title: "Dashboard beyond the free ones has long not changed",
        severity: Severity::Informational,
        kinds: &[ResourceKind::CloudWatchDashboard],
        limits: &[UNCHANGED, FREE_DASHBOARDS],
        saving: "dashboard price",
        advice: "Ask who looks at it; keep its source in code, and delete it.",
        references: &[Reference {
            source: "Amazon CloudWatch pricing, Dashboards, as price guides quote it",
            read: "2026-11",
        }],
        judge: Judge::Logic(dashboard),
        ..COST
    },
    Check {
        id: "ecr_repository_no_lifecycle",
        title: "Container images are kept forever",
        severity: Severity::Medium,
        controls: &["ECR.3"],
        kinds: &[ResourceKind::EcrRepository],
        saving: "unknown: GiB of images that nobody needs × price, and image sizes are not read",
        operation: Some(Operation::SetImageLifecycle),
        references: &[Reference {
            source: "Amazon ECR User Guide, Automate the cleanup of images by using lifecycle policies",
            read: "2026-11",
        }],
        judge: Judge::Logic(images),
        ..COST
    },
    Check {
        id: "kms_key_disabled",
        title: "Disabled key is still paid for",
        kinds: &[ResourceKind::KmsKey],
        saving: "key price (its rotations too)",
        advice: "If nothing is encrypted with it any more, schedule its deletion with the longest waiting period.",
        references: &[Reference {
            source: "AWS KMS Developer Guide, Enable and disable keys",
            read: "2026-11",
        }],
        judge: Judge::Logic(key),
        ..COST
    },
    Check {
        id: "secretsmanager_secret_unused",
        title: "Secret is not read any more",
        kinds: &[ResourceKind::SecretsManagerSecret],
        limits: &[UNREAD],
        saving: "secret price",
        operation: Some(Operation::DeleteSecret),
        references: &[Reference {
            source: "AWS Secrets Manager User Guide, Delete a secret",
            read: "2026-11",
        }],
        judge: Judge::Logic(secret),
        ..COST
    },
];

const ALARMS: Reference = Reference {
    source: "Amazon CloudWatch User Guide, Using Amazon CloudWatch alarms",
    read: "2026-11",
};

/// What one of many costs, of which an account has the first without charge.
fn one(resource: &Resource, rate: &Rate, context: &Context<'_>) -> Saving {
    context.rate(resource, rate, 1.0).map_or(Saving::Unknown, Saving::Estimated)
}

fn price_class(resource: &Resource, _: &Context<'_>) -> Verdict {
    match &resource.config {
        ResourceConfig::CloudFrontDistribution(one) if one.enabled => {
            if one.price_class == "PriceClass_All" {
                Found::waste("it serves from every edge location", Saving::Unknown, None)
            } else {
                Verdict::Clear
            }
        }
        _ => Verdict::NotApplicable,
    }
}

fn duplicate(resource: &Resource, _: &Context<'_>) -> Verdict {
    let ResourceConfig::CloudTrailRegion(region) = &resource.config else {
        return Verdict::NotApplicable;
    };
    let mut recording = Vec::new();
    for trail in &region.trails {
        match records(trail) {
            Ok(true) => recording.push(trail.arn.as_str()),
            Ok(false) => {}
            Err(verdict) => return verdict,
        }
    }
    if recording.len() < 2 {
        return Verdict::Clear;
    }
    Found::waste(format!("recorded by {}", recording.join(" and ")), Saving::Unknown, None)
}

/// Whether a trail records management events now.
fn records(trail: &Trail) -> Result<bool, Verdict> {
    let unknown = |why: &miyabi_types::evidence::Unavailable| Verdict::NotEvaluated(why.clone());
    if !trail.status.get().map_err(unknown)?.is_logging {
        return Ok(false);
    }
    let selectors = trail.selectors.get().map_err(unknown)?;
    let advanced = selectors.advanced.iter().any(|selector| {
        selector.fields.iter().any(|field| {
            field.field == "eventCategory" && field.equals.iter().any(|is| is == "Management")
        })
    });
    Ok(advanced || selectors.basic.iter().any(|selector| selector.management_events))
}

fn stale(resource: &Resource, context: &Context<'_>) -> Verdict {
    let ResourceConfig::CloudWatchAlarm(alarm) = &resource.config else {
        return Verdict::NotApplicable;
    };
    let without = alarm.state.state == "INSUFFICIENT_DATA";
    // Metrics of errors are often without data where all is well.
    let meant = alarm.treat_missing_data.as_deref().is_some_and(|missing| missing != "missing");
    match alarm.state.since.filter(|_| without && !meant) {
        Some(since) if context.days_since(since) as f64 > context.limit(&STALE) => Found::waste(
            format!("no data for {} days", context.days_since(since)),
            one(resource, &cloudwatch::ALARM, context),
            None,
        ),
        _ => Verdict::Clear,
    }
}

fn silent(resource: &Resource, context: &Context<'_>) -> Verdict {
    let ResourceConfig::CloudWatchAlarm(alarm) = &resource.config else {
        return Verdict::NotApplicable;
    };
    let state = &alarm.state;
    let rings = state.actions_enabled
        && !(state.alarm_actions.is_empty()
            && state.ok_actions.is_empty()
            && state.insufficient_data_actions.is_empty());
    // One that is part of another may be meant to be silent.
    let composite = ResourceKind::CloudWatchCompositeAlarm;
    let named = context.naming(composite, &resource.id, resource).next().is_some();
    if rings || named {
        return Verdict::Clear;
    }
    Found::waste(
        "it has no action that is carried out",
        one(resource, &cloudwatch::ALARM, context),
        None,
    )
}

fn dashboard(resource: &Resource, context: &Context<'_>) -> Verdict {
    let ResourceConfig::CloudWatchDashboard(board) = &resource.config else {
        return Verdict::NotApplicable;
    };
    let own = context.count(ResourceKind::CloudWatchDashboard, resource);
    if own as f64 <= context.limit(&FREE_DASHBOARDS) {
        return Verdict::Clear;
    }
    match board.modified_at.map(|at| context.days_since(at)) {
        Some(days) if days as f64 > context.limit(&UNCHANGED) => Found::waste(
            format!("one of {own}, unchanged for {days} days"),
            one(resource, &cloudwatch::DASHBOARD, context),
            None,
        ),
        _ => Verdict::Clear,
    }
}

/// What is kept where nothing is said: the rule that the guide's first example makes.
fn image_policy() -> Value {
    json!({ "rules": [{
        "rulePriority": 1,
        "description": "images that no tag names any more",
        "selection": { "tagStatus": "untagged", "countType": "sinceImagePushed", "countUnit": "days", "countNumber": 14 },
        "action": { "type": "expire" },
    }] })
}

fn images(resource: &Resource, _: &Context<'_>) -> Verdict {
    let ResourceConfig::EcrRepository(repository) = &resource.config else {
        return Verdict::NotApplicable;
    };
    match repository.lifecycle_policy.get() {
        Err(why) => Verdict::NotEvaluated(why.clone()),
        Ok(Some(_)) => Verdict::Clear,
        Ok(None) => {
            let state = |policy: Value| TargetState::present([("lifecycle_policy", policy)]);
            let remedy = Remedy::new(
                Operation::SetImageLifecycle,
                resource,
                state(Value::Null),
                state(image_policy()),
            )
            .explained(
                "Let images without a tag expire 14 days after they were pushed",
                "What runs by digest alone cannot be pulled again once its image has expired.",
            )
            .confidence(Confidence::Medium);
            Found::waste("no lifecycle policy", Saving::Unknown, Some(remedy))
        }
    }
}

fn key(resource: &Resource, context: &Context<'_>) -> Verdict {
    match &resource.config {
        ResourceConfig::KmsKey(key) if key.state == "Disabled" => {
            Found::waste("disabled, and billed every month", whole_cost(resource, context), None)
        }
        ResourceConfig::KmsKey(_) => Verdict::Clear,
        _ => Verdict::NotApplicable,
    }
}

fn secret(resource: &Resource, context: &Context<'_>) -> Verdict {
    let ResourceConfig::SecretsManagerSecret(secret) = &resource.config else {
        return Verdict::NotApplicable;
    };
    // What a service manages, or what is a copy, is that one's to delete.
    if secret.owning_service.is_some() || secret.primary_region.is_some() {
        return Verdict::NotApplicable;
    }
    let last: Option<Timestamp> = secret.accessed_at.max(resource.created_at);
    let Some(days) = last.map(|at| context.days_since(at)) else {
        return Verdict::NotEvaluated(context.why_unknown("secretsmanager:ListSecrets", resource));
    };
    if days as f64 <= context.limit(&UNREAD) {
        return Verdict::Clear;
    }
    let state = |deleted: bool| TargetState::present([("scheduled_for_deletion", json!(deleted))]);
    let remedy = Remedy::new(Operation::DeleteSecret, resource, state(false), state(true))
        .explained(
            "Delete this secret; it can be brought back for 30 days",
            "Whatever reads it fails until it is brought back.",
        )
        .confidence(Confidence::Medium);
    Found::waste(format!("not read for {days} days"), whole_cost(resource, context), Some(remedy))
}

#[cfg(test)]
mod tests {
    use miyabi_types::evidence::Evidence;

    use super::*;
    use crate::fixture::{
        Expect, check, check_in, days_ago, denied,
        services::{alarm, dashboard, distribution, key, region_trails, repository, secret, trail},
        world,
    };

    fn row(id: &str) -> &'static Check {
        CHECKS.iter().find(|check| check.id == id).unwrap()
    }

    #[test]
    fn distributions() {
        let row = row("cloudfront_distribution_price_class");
        check(row, "everywhere", distribution(|_| {}), Expect::SavesUnknown);
        let near = distribution(|d| d.price_class = "PriceClass_100".into());
        check(row, "near", near, Expect::Clear);
    }

    #[test]
    fn trails() {
        let row = row("cloudtrail_trail_duplicate");
        let one = || {
            let ResourceConfig::CloudTrailTrail(trail) = trail(|_| {}).config else { panic!() };
            trail
        };
        let of = |trails: Vec<Trail>| region_trails(|region| region.trails = trails);
        check(row, "one", of(vec![one()]), Expect::Clear);
        check(row, "two", of(vec![one(), one()]), Expect::SavesUnknown);
        let mut off = one();
        if let Evidence::Known(status) = &mut off.status {
            status.is_logging = false;
        }
        check(row, "one is off", of(vec![one(), off]), Expect::Clear);
        let mut unread = one();
        unread.selectors = denied("cloudtrail:GetEventSelectors");
        check(row, "denied", of(vec![one(), unread]), Expect::NotEvaluated("denied"));
    }

    #[test]
    fn alarms() {
        let stale = row("cloudwatch_alarm_stale");
        let since = |days: i64| {
            alarm(|a| {
                a.state.state = "INSUFFICIENT_DATA".into();
                a.state.since = Some(days_ago(days));
            })
        };
        check(stale, "long", since(31), Expect::Found);
        check(stale, "on the threshold", since(30), Expect::Clear);
        check(stale, "fine", alarm(|_| {}), Expect::Clear);
        let silent = row("cloudwatch_alarm_without_action");
        check(silent, "heard", alarm(|_| {}), Expect::Clear);
        check(silent, "no action", alarm(|a| a.state.alarm_actions.clear()), Expect::Found);
        check(silent, "switched off", alarm(|a| a.state.actions_enabled = false), Expect::Found);
    }

    #[test]
    fn dashboards() {
        let row = row("cloudwatch_dashboard_unchanged");
        let board = |at: usize, days: i64| {
            let mut board = dashboard(|d| d.modified_at = Some(days_ago(days)));
            board.id = format!("old-{at}");
            board.arn = format!("{}-{at}", board.arn).parse().unwrap();
            board
        };
        let many = |days: i64, count: usize| {
            let boards: Vec<_> = (0..count).map(|at| board(at, days)).collect();
            let first = boards[0].clone();
            (world(boards), first)
        };
        let judged =
            |case: &str, (world, board): (miyabi_types::world::World, Resource), expect| {
                check_in(row, case, world, &board, expect);
            };
        judged("a fourth", many(366, 4), Expect::Found);
        judged("free", many(366, 3), Expect::Clear);
        judged("on the threshold", many(365, 4), Expect::Clear);
    }

    #[test]
    fn repositories() {
        let row = row("ecr_repository_no_lifecycle");
        check(row, "none", repository(|_| {}), Expect::SavesUnknown);
        let set = repository(|r| r.lifecycle_policy = Evidence::Known(Some(image_policy())));
        check(row, "set", set, Expect::Clear);
        let unread = repository(|r| r.lifecycle_policy = denied("ecr:GetLifecyclePolicy"));
        check(row, "denied", unread, Expect::NotEvaluated("denied"));
    }

    #[test]
    fn keys_and_secrets() {
        let keys = row("kms_key_disabled");
        check(keys, "disabled", key(|k| k.state = "Disabled".into()), Expect::Found);
        check(keys, "enabled", key(|_| {}), Expect::Clear);
        let secrets = row("secretsmanager_secret_unused");
        let read = |days: i64| secret(|s| s.accessed_at = Some(days_ago(days)));
        check(secrets, "unread", read(91), Expect::Found);
        check(secrets, "on the threshold", read(90), Expect::Clear);
        check(secrets, "never", secret(|s| s.accessed_at = None), Expect::Found);
        let managed = secret(|s| s.owning_service = Some("rds".into()));
        check(secrets, "of RDS", managed, Expect::NotApplicable);
    }
}
