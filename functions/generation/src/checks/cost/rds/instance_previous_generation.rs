//! # What
//! A running database instance of a previous generation.
//! # Why
//! Newer classes give more for the same money or less.
//! # Evidence
//! `rds:DescribeDBInstances` and the price sheet: the class of the same size in the family that follows.
//! # Silent when
//! The class is current, or its successor is known to cost as much or more.
//! # Remedy and risk
//! None proposed: changing the class means an outage of some minutes.
//! # References
//! Amazon RDS User Guide, DB instance class types; Turbot AWS Thrifty.

use miyabi_types::{
    finding::Saving,
    money::MonthlyUsd,
    resource::{Resource, ResourceConfig, ResourceKind, rds::DbInstance},
};

use crate::check::{COST, Check, Context, Found, Judge, Reference, Verdict};

/// Previous families and the family that follows. Source: Amazon RDS User Guide, DB instance class types.
const SUCCESSORS: [(&str, &str); 6] = [
    ("db.m3", "db.m5"),
    ("db.m4", "db.m5"),
    ("db.r3", "db.r5"),
    ("db.r4", "db.r5"),
    ("db.t1", "db.t3"),
    ("db.t2", "db.t3"),
];

/// See the module.
pub const CHECK: Check = Check {
    id: "rds_instance_previous_generation",
    title: "Database instance is of a previous generation",
    kinds: &[ResourceKind::RdsDbInstance],
    saving: "price − price of the same size in the next family",
    references: &[Reference {
        source: "Amazon RDS User Guide, DB instance class types",
        read: "2026-11",
    }],
    judge: Judge::Logic(judge),
    ..COST
};

fn judge(resource: &Resource, context: &Context<'_>) -> Verdict {
    let ResourceConfig::RdsDbInstance(db) = &resource.config else {
        return Verdict::NotApplicable;
    };
    if db.status == "stopped" {
        return Verdict::NotApplicable;
    }
    let Some(successor) = successor(&db.class) else { return Verdict::Clear };
    let newer = DbInstance { class: successor.clone(), ..db.clone() };
    let after = context.prices().db_instance(&resource.region, &newer);
    let saving = match (context.cost(resource), after.known()) {
        (Some(before), Some(after)) if before - *after > MonthlyUsd::ZERO => {
            Saving::Estimated(before - *after)
        }
        (Some(_), Some(_)) => return Verdict::Clear,
        _ => Saving::Unknown,
    };
    Found::waste(format!("{}; {successor} follows it", db.class), saving, None)
}

fn successor(class: &str) -> Option<String> {
    let (family, size) = class.rsplit_once('.')?;
    let (_, next) = SUCCESSORS.iter().find(|(previous, _)| *previous == family)?;
    Some(format!("{next}.{size}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{Expect, check, db, in_region};

    fn class(name: &str) -> Resource {
        db(|db| db.class = name.into())
    }

    #[test]
    fn judges() {
        // db.m4.large at $0.175 an hour, db.m5.large at $0.171.
        check(&CHECK, "previous", class("db.m4.large"), Expect::saves("$2.92"));
        check(&CHECK, "current", class("db.m5.large"), Expect::Clear);
        check(&CHECK, "unpriced", class("db.r3.large"), Expect::SavesUnknown);
        let elsewhere = in_region(class("db.m4.large"), "sa-east-1");
        check(&CHECK, "no price", elsewhere, Expect::SavesUnknown);
        let stopped = db(|db| {
            db.class = "db.m4.large".into();
            db.status = "stopped".into();
        });
        check(&CHECK, "stopped", stopped, Expect::NotApplicable);
    }

    #[test]
    fn a_successor_at_the_same_price_is_no_saving() {
        check(&CHECK, "as dear", class("db.t2.medium"), Expect::Clear);
    }
}
