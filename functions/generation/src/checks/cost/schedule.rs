//! # What
//! A running instance or database that is not production and is idle for much of the week.
//! # Why
//! It is paid for at night and on Sundays too; stopped at these hours it is not.
//! # Evidence
//! Mean CPU by hour of the week over at least two weeks, and the tags `environment`, `env` or `stage`.
//! # Silent when
//! No tag says that it is not production, or fewer than 40 hours a week are idle. Hours that were not seen count
//! as used.
//! # Remedy and risk
//! None proposed: who works when is not AWS's to know.
//! # References
//! `OptScale`, power schedules (hours of the week below 5 % CPU); AWS Instance Scheduler.

use miyabi_types::{
    evidence::Unavailable,
    finding::{Saving, Severity},
    resource::{Resource, ResourceConfig, ResourceKind},
    utilization::WEEK_HOURS,
};

use super::rds::instance_multi_az_nonprod::not_production;
use crate::check::{COST, Check, Context, Found, Judge, Limit, Reference, Verdict};

const CPU: Limit = Limit {
    name: "schedule_cpu_percent",
    what: "mean CPU of an hour of the week, from which it is used",
    unit: "%",
    default: 5.0,
    range: (1.0, 30.0),
    source: "OptScale, power schedules (5 %)",
};
const HOURS: Limit = Limit {
    name: "schedule_hours",
    what: "idle hours a week, from which a schedule is worth it",
    unit: "hours",
    default: 40.0,
    range: (1.0, 168.0),
    source: "our choice: the nights of a working week",
};
/// Weeks in which an hour must have been seen.
const WEEKS: u32 = 2;

/// The rows.
pub const CHECKS: [Check; 2] = [
    Check {
        id: "ec2_instance_schedulable",
        title: "Instance that is not production runs through idle hours",
        kinds: &[ResourceKind::Ec2Instance],
        ..SCHEDULE
    },
    Check {
        id: "rds_instance_schedulable",
        title: "Database that is not production runs through idle hours",
        kinds: &[ResourceKind::RdsDbInstance],
        ..SCHEDULE
    },
];

const SCHEDULE: Check = Check {
    severity: Severity::Medium,
    limits: &[CPU, HOURS],
    saving: "price × idle hours a week ÷ 168",
    commitments: true,
    advice: "Stop and start it by a schedule (AWS Instance Scheduler, EventBridge Scheduler).",
    references: &[Reference {
        source: "AWS Solutions, Instance Scheduler on AWS",
        read: "2026-11",
    }],
    judge: Judge::Logic(judge),
    ..COST
};

fn judge(resource: &Resource, context: &Context<'_>) -> Verdict {
    let runs = match &resource.config {
        ResourceConfig::Ec2Instance(instance) => {
            instance.state == "running"
                && instance.lifecycle == "on-demand"
                && instance.auto_scaling_group.is_none()
        }
        ResourceConfig::RdsDbInstance(db) => {
            db.status == "available" && db.cluster_id.is_none() && db.replica_of.is_none()
        }
        _ => false,
    };
    if !runs {
        return Verdict::NotApplicable;
    }
    if let Some(why) = &resource.tags_unavailable {
        return Verdict::NotEvaluated(why.clone());
    }
    let Some(environment) = not_production(&resource.tags) else { return Verdict::NotApplicable };
    let seen = match resource.utilization.get() {
        Ok(seen) => seen,
        Err(why) => return Verdict::NotEvaluated(why.clone()),
    };
    let Some(week) = &seen.week else {
        return Verdict::NotEvaluated(Unavailable::because(
            "its use by hour of the week is not known",
        ));
    };
    let idle = week.seen(WEEKS).filter(|(_, cpu)| *cpu < context.limit(&CPU)).count();
    // Idle all week is for the checks of idle ones to tell.
    if (idle as f64) < context.limit(&HOURS) || idle == WEEK_HOURS {
        return Verdict::Clear;
    }
    let share = idle as f64 / WEEK_HOURS as f64;
    Found::waste(
        format!("{idle} of {WEEK_HOURS} hours a week are idle, tagged as {environment:?}"),
        context.cost(resource).map_or(Saving::Unknown, |_| context.share(resource, share)),
        None,
    )
}

#[cfg(test)]
mod tests {
    use miyabi_types::{evidence::Evidence, utilization::WeekShape};

    use super::*;
    use crate::fixture::{Expect, check, instance, with_metrics};

    fn week(idle: usize, environment: &str) -> Resource {
        let mut resource = with_metrics(instance(|_| {}), 14, ["CPUUtilization"], |_, _| {});
        resource.tags.insert("env".into(), environment.into());
        let cells = (0..WEEK_HOURS).map(|hour| Some(if hour < idle { 4.9 } else { 5.0 }));
        if let Evidence::Known(seen) = &mut resource.utilization {
            seen.week = Some(WeekShape {
                mean_cpu_percent: cells.collect(),
                datapoints: vec![2; WEEK_HOURS],
            });
        }
        resource
    }

    #[test]
    fn judges() {
        let row = &CHECKS[0];
        // m5.large at $70.08 a month, half of the week.
        check(row, "half", week(84, "staging"), Expect::saves("$35.04"));
        check(row, "on the threshold", week(40, "staging"), Expect::saves("$16.69"));
        check(row, "few", week(39, "staging"), Expect::Clear);
        check(row, "always", week(WEEK_HOURS, "staging"), Expect::Clear);
        check(row, "production", week(84, "production"), Expect::NotApplicable);
        let mut unseen = week(84, "staging");
        if let Evidence::Known(seen) = &mut unseen.utilization {
            seen.week = None;
        }
        check(row, "no shape", unseen, Expect::NotEvaluated("hour of the week"));
    }
}
