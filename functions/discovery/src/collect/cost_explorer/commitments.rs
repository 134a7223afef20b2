//! What the account committed to, how well that is used, and how much of its spend it covers.

use std::collections::BTreeMap;

use aws_sdk_costexplorer::types::{
    Coverage, DateInterval, Dimension, Expression, Granularity, GroupDefinition,
    GroupDefinitionType, ReservationUtilizationGroup, SavingsPlansCoverage as SdkCoverage,
    SavingsPlansDataType, SavingsPlansUtilizationDetail,
};
use jiff::Span;
use miyabi_types::{
    commitments::{
        LOOK_BACK_DAYS, ReservableService, ReservationCoverage, ReservationUse, SavingsPlanUse,
        SavingsPlansCoverage,
    },
    evidence::{Evidence, Unavailable},
    id::Arn,
};

use super::{
    RESERVATION_COVERAGE, RESERVATION_USE, SAVINGS_PLANS_COVERAGE, SAVINGS_PLANS_USE,
    amounts::{Attributes, amount, maybe, maybe_amount, odd},
    desk::{Desk, Turn, only},
    history::interval,
};

/// The look-back. It ends yesterday: the last day is not whole yet, and Savings Plans are not told of it.
fn look_back(desk: &Desk<'_>) -> DateInterval {
    let end = desk.ago(Span::new().days(1));
    interval(end.saturating_sub(Span::new().days(i64::from(LOOK_BACK_DAYS))), end)
}

fn by(dimension: &str) -> GroupDefinition {
    GroupDefinition::builder().r#type(GroupDefinitionType::Dimension).key(dimension).build()
}

pub(super) fn savings_plans_turn(desk: &Desk<'_>) -> Turn {
    desk.turn(SAVINGS_PLANS_USE, "savings-plans")
}

pub(super) async fn savings_plans(desk: &Desk<'_>, turn: Turn) -> Evidence<Vec<SavingsPlanUse>> {
    let request = desk
        .client
        .get_savings_plans_utilization_details()
        .time_period(look_back(desk))
        .data_type(SavingsPlansDataType::Attributes)
        .data_type(SavingsPlansDataType::Utilization)
        .data_type(SavingsPlansDataType::Savings);
    let own = |plan: &SavingsPlansUtilizationDetail| {
        desk.is_own(Attributes(plan.attributes()).text("AccountId").as_deref())
    };
    desk.ask(
        turn,
        |token| request.clone().set_next_token(token).send(),
        |page| (page.savings_plans_utilization_details, page.next_token),
        |plans| {
            let plans = plans.iter().filter(|plan| own(plan));
            let mut plans: Vec<_> = plans.map(savings_plan).collect::<Result<_, _>>()?;
            plans.sort_by(|a, b| a.arn.cmp(&b.arn));
            Ok(plans)
        },
    )
    .await
}

fn savings_plan(plan: &SavingsPlansUtilizationDetail) -> Result<SavingsPlanUse, Unavailable> {
    let arn = plan.savings_plan_arn().unwrap_or_default();
    let told = Attributes(plan.attributes());
    let used =
        plan.utilization().ok_or_else(|| odd(format!("no utilization of Savings Plan {arn}")))?;
    Ok(SavingsPlanUse {
        arn: Arn::parse(arn).map_err(|error| odd(error.to_string()))?,
        plan_type: told.text("SavingsPlansType"),
        term: told.text("PurchaseTerm"),
        payment_option: told.text("PaymentOption"),
        region: told.text("Region"),
        instance_family: told.text("InstanceFamily"),
        starts_at: told.time("StartDateTime"),
        ends_at: told.time("EndDateTime"),
        committed_micros: amount(used.total_commitment())?,
        used_micros: amount(used.used_commitment())?,
        unused_micros: amount(used.unused_commitment())?,
        utilization_percent: figure(used.utilization_percentage())?,
        net_saving_micros: maybe_amount(plan.savings().and_then(|savings| savings.net_savings())),
    })
}

pub(super) fn reservations_turn(desk: &Desk<'_>) -> Turn {
    desk.turn(RESERVATION_USE, "reservations")
}

pub(super) async fn reservations(desk: &Desk<'_>, turn: Turn) -> Evidence<Vec<ReservationUse>> {
    let request = desk
        .client
        .get_reservation_utilization()
        .time_period(look_back(desk))
        .group_by(by("SUBSCRIPTION_ID"));
    let own = |one: &ReservationUtilizationGroup| {
        desk.is_own(Attributes(one.attributes()).text("accountId").as_deref())
    };
    desk.ask(
        turn,
        |token| request.clone().set_next_page_token(token).send(),
        |page| {
            let groups = page.utilizations_by_time.into_iter();
            (
                groups.flat_map(|time| time.groups.unwrap_or_default()).collect(),
                page.next_page_token,
            )
        },
        |groups: Vec<ReservationUtilizationGroup>| {
            let groups = groups.iter().filter(|one| own(one));
            let mut found: Vec<_> = groups.map(reservation).collect::<Result<_, _>>()?;
            found.sort_by(|a: &ReservationUse, b| a.id.cmp(&b.id));
            Ok(found)
        },
    )
    .await
}

fn reservation(group: &ReservationUtilizationGroup) -> Result<ReservationUse, Unavailable> {
    let id = group.value().unwrap_or_default().to_owned();
    let told = Attributes(group.attributes());
    let used = group.utilization().ok_or_else(|| odd(format!("no utilization of {id}")))?;
    Ok(ReservationUse {
        lease_id: told.text("leaseId"),
        service: told.text("service"),
        region: told.text("region"),
        instance_type: told.text("instanceType"),
        count: told.text("numberOfInstances").and_then(|count| count.parse().ok()),
        offering_type: told.text("offeringType"),
        starts_at: told.time("startDateTime"),
        ends_at: told.time("endDateTime"),
        purchased_hours: figure(used.purchased_hours())?,
        unused_hours: figure(used.unused_hours())?,
        utilization_percent: figure(used.utilization_percentage())?,
        amortized_fee_micros: maybe_amount(used.total_amortized_fee()),
        unused_micros: maybe_amount(used.ri_cost_for_unused_hours()),
        net_saving_micros: maybe_amount(used.net_ri_savings()),
        id,
    })
}

/// A figure that must be there.
fn figure(text: Option<&str>) -> Result<f64, Unavailable> {
    maybe(text).ok_or_else(|| odd(format!("the figure {text:?}")))
}

pub(super) fn savings_plans_coverage_turn(desk: &Desk<'_>) -> Turn {
    desk.turn(SAVINGS_PLANS_COVERAGE, "own-savings-plans-coverage")
}

pub(super) async fn savings_plans_coverage(
    desk: &Desk<'_>,
    turn: Turn,
) -> Evidence<Vec<SavingsPlansCoverage>> {
    let request = desk
        .client
        .get_savings_plans_coverage()
        .filter(desk.own())
        .time_period(look_back(desk))
        .group_by(by("SERVICE"));
    desk.ask(
        turn,
        |token| request.clone().set_next_token(token).send(),
        |page| (page.savings_plans_coverages, page.next_token),
        |parts| coverage_by_service(&parts),
    )
    .await
}

/// One line a service, however many days or months Cost Explorer splits the look-back into.
fn coverage_by_service(parts: &[SdkCoverage]) -> Result<Vec<SavingsPlansCoverage>, Unavailable> {
    let mut services: BTreeMap<String, (i64, i64)> = BTreeMap::new();
    for part in parts {
        let Some(coverage) = part.coverage() else { continue };
        let service = Attributes(part.attributes()).text("SERVICE").unwrap_or_default();
        let (covered, on_demand) = services.entry(service).or_default();
        *covered += amount(coverage.spend_covered_by_savings_plans())?;
        *on_demand += amount(coverage.on_demand_cost())?;
    }
    let line = |(service, (covered_micros, on_demand_micros)): (String, (i64, i64))| {
        let all = covered_micros + on_demand_micros;
        let share = if all > 0 { covered_micros as f64 / all as f64 * 100.0 } else { 0.0 };
        SavingsPlansCoverage { service, covered_micros, on_demand_micros, coverage_percent: share }
    };
    Ok(services.into_iter().map(line).collect())
}

pub(super) fn reservation_coverage_turn(desk: &Desk<'_>, service: ReservableService) -> Turn {
    let question = format!("own-reservation-coverage {}", service.cost_explorer_name());
    desk.turn(RESERVATION_COVERAGE, question)
}

pub(super) async fn reservation_coverage(
    desk: &Desk<'_>,
    service: ReservableService,
    turn: Turn,
) -> Evidence<ReservationCoverage> {
    let of_service = only(Dimension::Service, service.cost_explorer_name());
    let request = desk
        .client
        .get_reservation_coverage()
        .time_period(look_back(desk))
        .granularity(Granularity::Monthly)
        .filter(Expression::builder().and(desk.own()).and(of_service).build())
        .metrics("Hour")
        .metrics("Cost");
    desk.ask(
        turn,
        |token| request.clone().set_next_page_token(token).send(),
        |page| (page.total.into_iter().collect(), page.next_page_token),
        |totals: Vec<Coverage>| reservation_total(totals.last()),
    )
    .await
}

/// The total is told again with every page.
fn reservation_total(total: Option<&Coverage>) -> Result<ReservationCoverage, Unavailable> {
    let hours = total.and_then(Coverage::coverage_hours);
    let Some(hours) = hours else {
        return Err(Unavailable::because("Cost Explorer tells no hours of it"));
    };
    let cost = total.and_then(Coverage::coverage_cost);
    Ok(ReservationCoverage {
        reserved_hours: figure(hours.reserved_hours())?,
        on_demand_hours: figure(hours.on_demand_hours())?,
        on_demand_micros: maybe_amount(cost.and_then(|cost| cost.on_demand_cost())),
        coverage_percent: figure(hours.coverage_hours_percentage())?,
    })
}
