//! How capacity was bought: Reserved Instances, capacity reservations, Spot requests.

use aws_sdk_ec2::{Client, error::SdkError, types};
use miyabi_types::resource::{
    Resource, ResourceConfig,
    ec2::{CapacityReservation, ReservedInstances, SpotRequest},
};

use super::{
    CAPACITY_RESERVATIONS, RESERVED_INSTANCES, SPOT_REQUESTS, capacity_reservation_arn,
    instance_arn, tags,
};
use crate::{
    collect::{natural, or_none, owned, text, timestamp},
    place::Place,
    scope::Scan,
};

pub(super) async fn reserved_instances(scan: &Scan, ec2: &Client) -> Vec<Resource> {
    // The API has no pages.
    let call = async {
        let answer = ec2.describe_reserved_instances().send().await?;
        Ok::<_, SdkError<_, _>>(answer.reserved_instances.unwrap_or_default())
    };
    let found = or_none(scan.list(RESERVED_INSTANCES, call).await);
    found.iter().filter_map(|bought| reserved(&scan.place, bought)).collect()
}

fn reserved(place: &Place, bought: &types::ReservedInstances) -> Option<Resource> {
    let id = bought.reserved_instances_id()?;
    let in_dollars = bought.currency_code().is_none_or(|code| code.as_str() == "USD");
    let hourly = bought
        .recurring_charges()
        .iter()
        .filter(|charge| charge.frequency() == Some(&types::RecurringChargeFrequency::Hourly))
        .filter_map(types::RecurringCharge::amount)
        .sum::<f64>();
    let starts_at = timestamp(bought.start());
    let config = ReservedInstances {
        instance_type: text(bought.instance_type().map(types::InstanceType::as_str)),
        instance_count: natural(bought.instance_count().unwrap_or(0)),
        platform: platform(bought.product_description()),
        scope: text(bought.scope().map(types::Scope::as_str)),
        availability_zone: owned(bought.availability_zone()),
        tenancy: bought.instance_tenancy().map_or("default", types::Tenancy::as_str).to_owned(),
        offering_class: text(bought.offering_class().map(types::OfferingClassType::as_str)),
        offering_type: text(bought.offering_type().map(types::OfferingTypeValues::as_str)),
        state: text(bought.state().map(types::ReservedInstanceState::as_str)),
        starts_at,
        ends_at: timestamp(bought.end()),
        term_seconds: bought.duration().and_then(|term| u64::try_from(term).ok()).unwrap_or(0),
        upfront_micros: bought
            .fixed_price()
            .filter(|_| in_dollars)
            .map(|dollars| micros(f64::from(dollars))),
        hourly_micros: in_dollars
            .then(|| micros(hourly + f64::from(bought.usage_price().unwrap_or(0.0)))),
    };
    let arn = place.arn("ec2", &format!("reserved-instances/{id}"));
    let tags = tags(bought.tags());
    let resource = place.resource(arn, id, tags, ResourceConfig::Ec2ReservedInstances(config));
    Some(Resource { created_at: starts_at, ..resource })
}

fn platform(description: Option<&types::RiProductDescription>) -> String {
    let text = description.map_or("Linux/UNIX", types::RiProductDescription::as_str);
    // The suffix is of the days of EC2-Classic.
    text.trim_end_matches(" (Amazon VPC)").to_owned()
}

fn micros(dollars: f64) -> i64 {
    (dollars * 1e6).round() as i64
}

pub(super) async fn capacity_reservations(scan: &Scan, ec2: &Client) -> Vec<Resource> {
    let pages = ec2.describe_capacity_reservations().max_results(1000);
    let pages = pages.into_paginator().items().send();
    let mut found =
        or_none(scan.list(CAPACITY_RESERVATIONS, pages.collect::<Result<Vec<_>, _>>()).await);
    found.retain(|held| !scan.place.is_foreign(held.owner_id()));
    found.iter().filter_map(|held| capacity_reservation(&scan.place, held)).collect()
}

fn capacity_reservation(place: &Place, held: &types::CapacityReservation) -> Option<Resource> {
    let id = held.capacity_reservation_id()?;
    let platform = held.instance_platform();
    let config = CapacityReservation {
        instance_type: text(held.instance_type()),
        platform: text(platform.map(types::CapacityReservationInstancePlatform::as_str)),
        tenancy: held
            .tenancy()
            .map_or("default", types::CapacityReservationTenancy::as_str)
            .to_owned(),
        availability_zone: text(held.availability_zone()),
        state: text(held.state().map(types::CapacityReservationState::as_str)),
        total_count: natural(held.total_instance_count().unwrap_or(0)),
        available_count: natural(held.available_instance_count().unwrap_or(0)),
        ends_at: timestamp(held.end_date()),
        match_criteria: text(
            held.instance_match_criteria().map(types::InstanceMatchCriteria::as_str),
        ),
        reservation_type: held
            .reservation_type()
            .map_or("default", types::CapacityReservationType::as_str)
            .to_owned(),
    };
    let arn = Place::told(held.capacity_reservation_arn(), || capacity_reservation_arn(place, id));
    let tags = tags(held.tags());
    let resource = place.resource(arn, id, tags, ResourceConfig::Ec2CapacityReservation(config));
    Some(Resource { created_at: timestamp(held.create_date()), ..resource })
}

pub(super) async fn spot_requests(scan: &Scan, ec2: &Client) -> Vec<Resource> {
    let pages = ec2.describe_spot_instance_requests().max_results(1000);
    let pages = pages.into_paginator().items().send();
    let found = or_none(scan.list(SPOT_REQUESTS, pages.collect::<Result<Vec<_>, _>>()).await);
    found.iter().filter_map(|request| spot_request(&scan.place, request)).collect()
}

fn spot_request(place: &Place, request: &types::SpotInstanceRequest) -> Option<Resource> {
    let id = request.spot_instance_request_id()?;
    let specification = request.launch_specification();
    let instance_type = specification.and_then(|launch| launch.instance_type());
    let config = SpotRequest {
        state: text(request.state().map(types::SpotInstanceState::as_str)),
        status: owned(request.status().and_then(types::SpotInstanceStatus::code)),
        request_type: text(request.r#type().map(types::SpotInstanceType::as_str)),
        instance_type: owned(instance_type.map(types::InstanceType::as_str)),
        instance_id: owned(request.instance_id()),
        availability_zone: owned(request.launched_availability_zone()),
        maximum_price: owned(request.spot_price()),
        interruption_behavior: owned(
            request
                .instance_interruption_behavior()
                .map(types::InstanceInterruptionBehavior::as_str),
        ),
        valid_until: timestamp(request.valid_until()),
    };
    let depends_on = config.instance_id.iter().map(|id| instance_arn(place, id)).collect();
    let arn = place.arn("ec2", &format!("spot-instances-request/{id}"));
    let tags = tags(request.tags());
    let resource = place.resource(arn, id, tags, ResourceConfig::Ec2SpotRequest(config));
    Some(Resource { depends_on, created_at: timestamp(request.create_time()), ..resource })
}

#[cfg(test)]
mod tests {
    use aws_sdk_ec2::types::{
        CapacityReservationInstancePlatform, CapacityReservationState, CurrencyCodeValues,
        InstanceType, LaunchSpecification, OfferingClassType, OfferingTypeValues, RecurringCharge,
        RecurringChargeFrequency, ReservedInstanceState, RiProductDescription, Scope,
        SpotInstanceState, SpotInstanceStatus, SpotInstanceType,
    };
    use aws_smithy_types::DateTime;

    use super::*;
    use crate::{prices::snapshot, testing::place};

    #[test]
    fn a_reservation_tells_its_term_and_its_prices() {
        let charge = RecurringCharge::builder()
            .amount(0.031)
            .frequency(RecurringChargeFrequency::Hourly)
            .build();
        let bought = || {
            types::ReservedInstances::builder()
                .reserved_instances_id("ri-1")
                .instance_type(InstanceType::M5Large)
                .instance_count(2)
                .product_description(RiProductDescription::from("Linux/UNIX (Amazon VPC)"))
                .scope(Scope::Regional)
                .offering_class(OfferingClassType::Standard)
                .offering_type(OfferingTypeValues::PartialUpfront)
                .state(ReservedInstanceState::Active)
                .duration(31_536_000)
                .start(DateTime::from_secs(1_700_000_000))
                .end(DateTime::from_secs(1_731_536_000))
                .fixed_price(267.5)
                .recurring_charges(charge.clone())
        };
        let read = |sdk| match reserved(&place(), &sdk).unwrap().config {
            ResourceConfig::Ec2ReservedInstances(config) => config,
            other => panic!("{other:?}"),
        };
        let config = read(bought().currency_code(CurrencyCodeValues::Usd).build());
        assert_eq!((&*config.platform, &*config.scope), ("Linux/UNIX", "Region"));
        assert_eq!(config.ends_at, Some("2024-11-13T22:13:20Z".parse().unwrap()));
        assert_eq!(
            (config.upfront_micros, config.hourly_micros),
            (Some(267_500_000), Some(31_000))
        );
        assert_eq!((config.instance_count, config.term_seconds), (2, 31_536_000));
        let yuan = read(bought().currency_code(CurrencyCodeValues::from("CNY")).build());
        assert_eq!((yuan.upfront_micros, yuan.hourly_micros), (None, None));
    }

    #[test]
    fn held_capacity_costs_what_is_not_used_of_it() {
        let held = |available| {
            let sdk = types::CapacityReservation::builder()
                .capacity_reservation_id("cr-1")
                .instance_type("m5.large")
                .instance_platform(CapacityReservationInstancePlatform::LinuxUnix)
                .state(CapacityReservationState::Active)
                .total_instance_count(3)
                .available_instance_count(available)
                .build();
            capacity_reservation(&place(), &sdk).unwrap()
        };
        let cost = |resource: &Resource| {
            let cost = snapshot::of_regions([&place().region]).monthly_cost(resource);
            cost.known().unwrap().to_string()
        };
        assert_eq!(held(2).arn.resource(), "capacity-reservation/cr-1");
        assert_eq!(cost(&held(2)), "$140.16");
        assert_eq!(cost(&held(0)), "$0.00");
    }

    #[test]
    fn a_spot_request_leads_to_its_instance() {
        let launch = LaunchSpecification::builder().instance_type(InstanceType::C5Large).build();
        let sdk = types::SpotInstanceRequest::builder()
            .spot_instance_request_id("sir-1")
            .state(SpotInstanceState::Active)
            .status(SpotInstanceStatus::builder().code("fulfilled").build())
            .r#type(SpotInstanceType::Persistent)
            .launch_specification(launch)
            .instance_id("i-1")
            .spot_price("0.085")
            .create_time(DateTime::from_secs(1_700_000_000))
            .build();
        let resource = spot_request(&place(), &sdk).unwrap();
        assert_eq!(resource.arn.resource(), "spot-instances-request/sir-1");
        assert_eq!(resource.depends_on[0].resource(), "instance/i-1");
        assert!(resource.created_at.is_some());
        let ResourceConfig::Ec2SpotRequest(config) = resource.config else { panic!() };
        assert_eq!((&*config.state, config.status.as_deref()), ("active", Some("fulfilled")));
        assert_eq!(
            (&*config.request_type, config.instance_type.as_deref()),
            ("persistent", Some("c5.large"))
        );
    }
}
