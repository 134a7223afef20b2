//! Reservations that end soon, and reserved instances that nothing uses.

use miyabi_types::{
    commitments::size::units,
    finding::{Saving, Severity},
    id::Region,
    money::MonthlyUsd,
    resource::{Resource, ResourceConfig, ResourceKind, ec2::ReservedInstances},
};

use crate::check::{COST, Check, Context, Found, Judge, Limit, Reference, Verdict};

const NOTICE: Limit = Limit {
    name: "reservation_notice_days",
    what: "days before its end, from which a reservation is told of",
    unit: "days",
    default: 30.0,
    range: (7.0, 90.0),
    source: "AWS Trusted Advisor, Amazon EC2 Reserved Instance Lease Expiration (1e93e4c0b5)",
};
const EXPIRY: Reference = Reference {
    source: "AWS Trusted Advisor, Amazon EC2 Reserved Instance Lease Expiration",
    read: "2026-11",
};

/// The rows.
pub const CHECKS: [Check; 3] = [
    Check {
        id: "ec2_reserved_instances_expiring",
        title: "Reserved Instances end soon",
        severity: Severity::Medium,
        kinds: &[ResourceKind::Ec2ReservedInstances],
        limits: &[NOTICE],
        saving: "(on-demand price − reserved price, what was paid at once spread over the term) × instances × 730 h",
        advice: "Right-size first, then renew what still runs all day, or let a Savings Plan take it over.",
        references: &[EXPIRY],
        judge: Judge::Logic(instances_expire),
        ..COST
    },
    Check {
        id: "ec2_reserved_instances_unused",
        title: "Reserved Instances that no instance uses",
        severity: Severity::High,
        kinds: &[ResourceKind::Ec2ReservedInstances],
        saving: "reserved price × unused share × 730 h, if they are sold or exchanged",
        advice: "Exchange convertible ones, sell standard ones on the marketplace, or run what fits them.",
        references: &[Reference {
            source: "Amazon EC2 User Guide, How Reserved Instance discounts are applied",
            read: "2026-11",
        }],
        judge: Judge::Logic(unused),
        ..COST
    },
    Check {
        id: "rds_reserved_instance_expiring",
        title: "Reserved database instances end soon",
        severity: Severity::Medium,
        kinds: &[ResourceKind::RdsReservedDbInstance],
        limits: &[NOTICE],
        saving: "(on-demand price − reserved price) × instances × 730 h",
        advice: "Right-size first, then renew what still runs all day.",
        references: &[EXPIRY],
        judge: Judge::Logic(databases_expire),
        ..COST
    },
];

/// How many days are left, where a reservation is active and ends within the notice.
fn ends_within(
    state: &str,
    ends_at: Option<jiff::Timestamp>,
    context: &Context<'_>,
) -> Result<i64, Verdict> {
    if state != "active" {
        return Err(Verdict::NotApplicable);
    }
    let Some(end) = ends_at else { return Err(Verdict::NotApplicable) };
    let left = -context.days_since(end);
    if left as f64 > context.limit(&NOTICE) { Err(Verdict::Clear) } else { Ok(left) }
}

fn instances_expire(resource: &Resource, context: &Context<'_>) -> Verdict {
    let ResourceConfig::Ec2ReservedInstances(reserved) = &resource.config else {
        return Verdict::NotApplicable;
    };
    let left = match ends_within(&reserved.state, reserved.ends_at, context) {
        Ok(left) => left,
        Err(verdict) => return verdict,
    };
    let list = context
        .prices()
        .instance(&resource.region, &reserved.instance_type, &reserved.platform)
        .known()
        .copied();
    let saving = list.zip(monthly_fee(reserved)).map(|(list, fee)| {
        MonthlyUsd::from_units((list - fee).micros(), f64::from(reserved.instance_count)).or_zero()
    });
    Found::waste(
        format!("{} × {} in {left} days", reserved.instance_count, reserved.instance_type),
        saving.map_or(Saving::Unknown, Saving::Estimated),
        None,
    )
}

/// What one reserved instance costs a month, what was paid at once spread over the term.
fn monthly_fee(reserved: &ReservedInstances) -> Option<MonthlyUsd> {
    let hours = reserved.term_seconds as f64 / 3600.0;
    let upfront = reserved.upfront_micros? as f64 / hours.max(1.0);
    Some(MonthlyUsd::from_hourly_micros(reserved.hourly_micros? + upfront.round() as i64))
}

fn databases_expire(resource: &Resource, context: &Context<'_>) -> Verdict {
    let ResourceConfig::RdsReservedDbInstance(reserved) = &resource.config else {
        return Verdict::NotApplicable;
    };
    match ends_within(&reserved.state, reserved.ends_at, context) {
        Ok(left) => Found::waste(
            format!("{} × {} {} in {left} days", reserved.count, reserved.class, reserved.product),
            Saving::Unknown,
            None,
        ),
        Err(verdict) => verdict,
    }
}

/// Regional reservations of a family are for its sizes in proportion; others for their own type alone.
fn unused(resource: &Resource, context: &Context<'_>) -> Verdict {
    let ResourceConfig::Ec2ReservedInstances(reserved) = &resource.config else {
        return Verdict::NotApplicable;
    };
    if reserved.state != "active" || reserved.tenancy != "default" {
        return Verdict::NotApplicable;
    }
    if let Some(why) = context.unseen(ResourceKind::Ec2Instance, resource) {
        return Verdict::NotEvaluated(why.clone());
    }
    // Those of other accounts of the organization may use it too.
    let Some(pool) = Pool::of(reserved) else {
        return Verdict::NotEvaluated(miyabi_types::evidence::Unavailable::because(format!(
            "the size of {} is not known",
            reserved.instance_type
        )));
    };
    let bought = pool.sum(context.of_kinds(&[ResourceKind::Ec2ReservedInstances]), resource);
    let used = pool.sum(context.of_kinds(&[ResourceKind::Ec2Instance]), resource);
    if bought <= used {
        return Verdict::Clear;
    }
    let share = (bought - used) / bought;
    let fee = monthly_fee(reserved).map(|fee| {
        MonthlyUsd::from_units(fee.micros(), f64::from(reserved.instance_count) * share)
    });
    Found::waste(
        format!("{:.0} % of what is reserved for {} has no instance", share * 100.0, pool.name()),
        fee.map_or(Saving::Unknown, Saving::Estimated),
        None,
    )
}

/// Instances that one reservation can pay for.
struct Pool<'a> {
    family: &'a str,
    /// The one size, where sizes cannot make up for each other.
    size: Option<&'a str>,
    zone: Option<&'a str>,
    platform: &'a str,
}

impl<'a> Pool<'a> {
    fn of(reserved: &'a ReservedInstances) -> Option<Self> {
        let (family, size) = reserved.instance_type.split_once('.')?;
        units(size)?;
        // Source: Amazon EC2 User Guide, How Reserved Instance discounts are applied: regional, Linux, default
        // tenancy.
        let flexible = reserved.scope == "Region" && reserved.platform.starts_with("Linux/UNIX");
        Some(Self {
            family,
            size: (!flexible).then_some(size),
            zone: reserved.availability_zone.as_deref(),
            platform: &reserved.platform,
        })
    }

    fn name(&self) -> String {
        self.size.map_or_else(|| self.family.to_owned(), |size| format!("{}.{size}", self.family))
    }

    /// Normalized units of the pool among `resources` of the same account and region.
    fn sum<'b>(&self, resources: impl Iterator<Item = &'b Resource>, near: &Resource) -> f64 {
        resources
            .filter(|one| one.account == near.account && same(&one.region, &near.region))
            .filter_map(|one| match &one.config {
                ResourceConfig::Ec2Instance(instance)
                    if instance.state == "running"
                        && instance.lifecycle == "on-demand"
                        && instance.tenancy == "default" =>
                {
                    let zone = Some(instance.availability_zone.as_str());
                    self.units(&instance.instance_type, &instance.platform, zone)
                }
                ResourceConfig::Ec2ReservedInstances(other)
                    if other.state == "active" && other.tenancy == "default" =>
                {
                    let zone = other.availability_zone.as_deref();
                    let units = self.units(&other.instance_type, &other.platform, zone)?;
                    Some(units * f64::from(other.instance_count))
                }
                _ => None,
            })
            .sum()
    }

    fn units(&self, instance_type: &str, platform: &str, zone: Option<&str>) -> Option<f64> {
        let (family, size) = instance_type.split_once('.')?;
        let fits = family == self.family
            && self.platform.starts_with(platform)
            && self.size.is_none_or(|own| own == size)
            && self.zone.is_none_or(|own| zone == Some(own));
        if fits { units(size) } else { None }
    }
}

fn same(a: &Region, b: &Region) -> bool {
    a == b
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{
        Expect, check, check_in, days_ago, deny, instance,
        services::{reserved_db, reserved_instances},
        world,
    };

    fn ending(days: i64) -> Resource {
        reserved_instances(|r| r.ends_at = Some(days_ago(-days)))
    }

    #[test]
    fn ends() {
        let row = &CHECKS[0];
        // m5.large at $0.096 an hour on demand, $0.06 reserved.
        check(row, "soon", ending(10), Expect::saves("$26.28"));
        check(row, "on the threshold", ending(30), Expect::saves("$26.28"));
        check(row, "later", ending(31), Expect::Clear);
        let retired = reserved_instances(|r| r.state = "retired".into());
        check(row, "retired", retired, Expect::NotApplicable);
        let row = &CHECKS[2];
        let soon = reserved_db(|r| r.ends_at = Some(days_ago(-30)));
        check(row, "databases", soon, Expect::Found);
        check(row, "databases later", reserved_db(|_| {}), Expect::Clear);
    }

    #[test]
    fn use_is_counted_in_normalized_units() {
        let row = &CHECKS[1];
        let reserved = reserved_instances(|_| {});
        check(row, "nothing runs", reserved.clone(), Expect::saves("$43.80"));
        let judged = |case: &str, kind: &str, platform: &str, expect| {
            let server = instance(|i| {
                i.instance_type = kind.into();
                i.platform = platform.into();
            });
            check_in(row, case, world([reserved.clone(), server]), &reserved, expect);
        };
        judged("the same type", "m5.large", "Linux/UNIX", Expect::Clear);
        judged("a larger size", "m5.xlarge", "Linux/UNIX", Expect::Clear);
        judged("another family", "r5.large", "Linux/UNIX", Expect::saves("$43.80"));
        judged("Windows", "m5.large", "Windows", Expect::saves("$43.80"));
        let mut unseen = world([reserved.clone()]);
        deny(&mut unseen, "ec2:DescribeInstances", &[ResourceKind::Ec2Instance]);
        check_in(row, "denied", unseen, &reserved, Expect::NotEvaluated("denied"));
    }
}
