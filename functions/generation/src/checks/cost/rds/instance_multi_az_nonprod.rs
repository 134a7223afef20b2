//! # What
//! A Multi-AZ database instance that is tagged as not being production.
//! # Why
//! The standby doubles the price and protects something that may be down.
//! # Evidence
//! `rds:DescribeDBInstances` and the tags `environment`, `env` or `stage`.
//! # Silent when
//! It is in one zone, or no such tag says what it is for. Tags that could not be read: not evaluated.
//! # Remedy and risk
//! None proposed: it lowers availability (and Security Hub's RDS.5 asks for the opposite).
//! # References
//! Flexera policy templates; prajapatimehul/aws-cost-scanner.

use miyabi_types::{
    finding::Saving,
    money::MonthlyUsd,
    resource::{Resource, ResourceConfig, ResourceKind, Tags},
};

use crate::check::{COST, Check, Context, Found, Judge, Reference, Verdict};

/// Tag keys that name the environment, compared without case.
const KEYS: [&str; 3] = ["environment", "env", "stage"];
/// Their values that are not production, compared without case.
const NOT_PRODUCTION: [&str; 9] =
    ["dev", "development", "test", "testing", "qa", "staging", "stage", "sandbox", "demo"];

/// See the module.
pub const CHECK: Check = Check {
    id: "rds_instance_multi_az_nonprod",
    title: "Database that is not production runs in two zones",
    kinds: &[ResourceKind::RdsDbInstance],
    saving: "half of the price",
    commitments: true,
    advice: "Change it to one zone in the maintenance window, if it may be down for a while.",
    references: &[Reference { source: "Flexera policy templates, RDS", read: "2026-11" }],
    judge: Judge::Logic(judge),
    ..COST
};

fn judge(resource: &Resource, context: &Context<'_>) -> Verdict {
    let ResourceConfig::RdsDbInstance(db) = &resource.config else {
        return Verdict::NotApplicable;
    };
    if !db.multi_az || db.cluster_id.is_some() {
        return Verdict::Clear;
    }
    if let Some(why) = &resource.tags_unavailable {
        return Verdict::NotEvaluated(why.clone());
    }
    let Some(environment) = not_production(&resource.tags) else { return Verdict::Clear };
    let half = |cost: MonthlyUsd| MonthlyUsd::from_micros(cost.micros() / 2);
    Found::waste(
        format!("Multi-AZ, tagged as {environment:?}"),
        context.cost(resource).map_or(Saving::Unknown, |cost| Saving::Estimated(half(cost))),
        None,
    )
}

/// The environment that the tags name, if it is not production.
pub fn not_production(tags: &Tags) -> Option<&str> {
    tags.iter()
        .filter(|(key, _)| KEYS.contains(&key.to_lowercase().as_str()))
        .map(|(_, value)| value.as_str())
        .find(|value| NOT_PRODUCTION.contains(&value.to_lowercase().as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{Expect, check, db};
    use miyabi_types::evidence::Unavailable;

    fn tagged(multi_az: bool, key: &str, value: &str) -> Resource {
        let mut resource = db(|db| db.multi_az = multi_az);
        resource.tags.insert(key.into(), value.into());
        resource
    }

    #[test]
    fn judges() {
        check(&CHECK, "staging", tagged(true, "Environment", "Staging"), Expect::saves("$136.33"));
        check(&CHECK, "one zone", tagged(false, "Environment", "staging"), Expect::Clear);
        check(&CHECK, "production", tagged(true, "env", "prod"), Expect::Clear);
        check(&CHECK, "untagged", db(|db| db.multi_az = true), Expect::Clear);
        let mut unread = db(|db| db.multi_az = true);
        unread.tags_unavailable = Some(Unavailable::because("access denied"));
        check(&CHECK, "tags denied", unread, Expect::NotEvaluated("denied"));
    }
}
