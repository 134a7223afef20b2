//! # What
//! A capacity reservation with room that no instance uses.
//! # Why
//! Reserved capacity is billed like instances that run, used or not.
//! # Evidence
//! `ec2:DescribeCapacityReservations`: total and available instances.
//! # Silent when
//! It is full, has ended, is younger than a week, or is a capacity block, which is paid in advance.
//! # Remedy and risk
//! None proposed: what is given up may not be had again when it is needed.
//! # References
//! EC2 User Guide, On-Demand Capacity Reservations; `CloudBurn`.

use miyabi_types::{
    finding::{Saving, Severity},
    resource::{Resource, ResourceConfig, ResourceKind},
};

use crate::check::{COST, Check, Context, Found, Judge, Limit, Reference, Verdict};

const MIN_AGE: Limit = Limit {
    name: "capacity_reservation_days",
    what: "age of a reservation, from which it should be used",
    unit: "days",
    default: 7.0,
    range: (0.0, 90.0),
    source: "our choice: a week to launch what it was made for",
};

/// See the module.
pub const CHECK: Check = Check {
    id: "ec2_capacity_reservation_unused",
    title: "Reserved capacity is not used",
    severity: Severity::Medium,
    kinds: &[ResourceKind::Ec2CapacityReservation],
    limits: &[MIN_AGE],
    saving: "instance price × unused instances × 730 h",
    advice: "Lower the reservation to what is used, or cancel it.",
    references: &[Reference {
        source: "Amazon EC2 User Guide, On-Demand Capacity Reservations",
        read: "2026-11",
    }],
    judge: Judge::Logic(judge),
    ..COST
};

fn judge(resource: &Resource, context: &Context<'_>) -> Verdict {
    let ResourceConfig::Ec2CapacityReservation(held) = &resource.config else {
        return Verdict::NotApplicable;
    };
    if held.state != "active" || held.reservation_type != "default" {
        return Verdict::NotApplicable;
    }
    let young = resource
        .created_at
        .is_some_and(|at| (context.days_since(at) as f64) < context.limit(&MIN_AGE));
    if held.available_count == 0 || young {
        return Verdict::Clear;
    }
    Found::waste(
        format!(
            "{} of {} {} are not used",
            held.available_count, held.total_count, held.instance_type
        ),
        context.cost(resource).map_or(Saving::Unknown, Saving::Exact),
        None,
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{Expect, check, days_ago, services::capacity_reservation};

    #[test]
    fn judges() {
        check(&CHECK, "half", capacity_reservation(|_| {}), Expect::saves("$140.16"));
        let full = capacity_reservation(|c| c.available_count = 0);
        check(&CHECK, "full", full, Expect::Clear);
        let mut new = capacity_reservation(|_| {});
        new.created_at = Some(days_ago(6));
        check(&CHECK, "new", new.clone(), Expect::Clear);
        new.created_at = Some(days_ago(7));
        check(&CHECK, "on the threshold", new, Expect::saves("$140.16"));
        let block = capacity_reservation(|c| c.reservation_type = "capacity-block".into());
        check(&CHECK, "capacity block", block, Expect::NotApplicable);
    }
}
