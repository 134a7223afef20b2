//! Reserved database instances.

use aws_sdk_rds::{Client, types};
use jiff::{SignedDuration, Timestamp};
use miyabi_types::resource::{Resource, ResourceConfig, Tags, rds::ReservedDbInstance};

use super::{PAGE, RESERVED};
use crate::{
    collect::{natural, or_none, text, timestamp},
    place::Place,
    scope::Scan,
};

pub(super) async fn collect(scan: &Scan, rds: &Client) -> Vec<Resource> {
    let pages = rds.describe_reserved_db_instances().max_records(PAGE).into_paginator();
    let pages = pages.items().send();
    let reserved = or_none(scan.list(RESERVED, pages.collect::<Result<Vec<_>, _>>()).await);
    reserved.iter().filter_map(|reserved| resource(&scan.place, reserved)).collect()
}

fn resource(place: &Place, reserved: &types::ReservedDbInstance) -> Option<Resource> {
    let id = reserved.reserved_db_instance_id()?;
    let started_at = timestamp(reserved.start_time());
    // What an hour of use costs and what it costs anyway; newer offerings know only the latter.
    let charges = reserved.recurring_charges().iter();
    let hourly = charges.filter(|c| c.recurring_charge_frequency() == Some("Hourly"));
    let hourly: f64 = hourly.filter_map(types::RecurringCharge::recurring_charge_amount).sum();
    let config = ReservedDbInstance {
        class: text(reserved.db_instance_class()),
        product: text(reserved.product_description()),
        offering: text(reserved.offering_type()),
        count: natural(reserved.db_instance_count().unwrap_or(1)),
        multi_az: reserved.multi_az().unwrap_or(false),
        state: text(reserved.state()),
        started_at,
        ends_at: started_at.and_then(|start| end(start, reserved.duration()?)),
        upfront_micros: micros(reserved.fixed_price().unwrap_or(0.0)),
        hourly_micros: micros(hourly + reserved.usage_price().unwrap_or(0.0)),
        currency: reserved.currency_code().unwrap_or("USD").to_owned(),
    };
    let arn =
        Place::told(reserved.reserved_db_instance_arn(), || place.arn("rds", &format!("ri:{id}")));
    let config = ResourceConfig::RdsReservedDbInstance(config);
    let resource = place.resource(arn, id, Tags::new(), config);
    Some(Resource { created_at: started_at, ..resource })
}

fn end(start: Timestamp, seconds: i32) -> Option<Timestamp> {
    start.checked_add(SignedDuration::from_secs(i64::from(seconds))).ok()
}

fn micros(amount: f64) -> i64 {
    (amount * 1e6).round() as i64
}

#[cfg(test)]
mod tests {
    use aws_sdk_rds::types::RecurringCharge;
    use aws_smithy_types::DateTime;

    use super::*;
    use crate::testing::place;

    #[test]
    fn a_reservation_tells_when_it_ends_and_what_it_costs() {
        let sdk = types::ReservedDbInstance::builder()
            .reserved_db_instance_id("ri-1")
            .db_instance_class("db.m5.large")
            .product_description("postgresql")
            .offering_type("Partial Upfront")
            .db_instance_count(2)
            .state("active")
            .start_time(DateTime::from_secs(1_735_689_600))
            .duration(31_536_000)
            .fixed_price(410.0)
            .recurring_charges(
                RecurringCharge::builder()
                    .recurring_charge_amount(0.0472)
                    .recurring_charge_frequency("Hourly")
                    .build(),
            )
            .build();
        let resource = resource(&place(), &sdk).unwrap();
        assert_eq!(resource.arn.as_str(), "arn:aws:rds:us-east-1:123456789012:ri:ri-1");
        let ResourceConfig::RdsReservedDbInstance(reserved) = resource.config else { panic!() };
        assert_eq!(reserved.ends_at.unwrap().to_string(), "2026-01-01T00:00:00Z");
        assert_eq!((reserved.upfront_micros, reserved.hourly_micros), (410_000_000, 47_200));
        assert_eq!((reserved.count, &*reserved.currency), (2, "USD"));
    }
}
