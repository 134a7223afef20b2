//! What Cost Explorer recommends to buy.

use aws_sdk_costexplorer::types::{
    AccountScope, InstanceDetails, LookbackPeriodInDays, PaymentOption,
    ReservationPurchaseRecommendationDetail, SavingsPlansPurchaseRecommendationDetail,
    SupportedSavingsPlansType, TermInYears,
};
use miyabi_types::{
    commitments::{ReservableService, ReservationOffer, SavingsPlanOffer, SavingsPlanType},
    evidence::{Evidence, Unavailable},
    money::MonthlyUsd,
};

use super::{
    RESERVATIONS_TO_BUY, SAVINGS_PLANS_TO_BUY,
    amounts::{amount, in_usd, maybe, maybe_amount, odd},
    desk::{Desk, Turn},
};
use crate::collect::owned;

pub(super) fn savings_plans_turn(desk: &Desk<'_>, kind: SavingsPlanType) -> Turn {
    desk.turn(SAVINGS_PLANS_TO_BUY, format!("savings-plans-to-buy {}", sdk_type(kind).as_str()))
}

const fn sdk_type(kind: SavingsPlanType) -> SupportedSavingsPlansType {
    match kind {
        SavingsPlanType::Compute => SupportedSavingsPlansType::ComputeSp,
        SavingsPlanType::Ec2Instance => SupportedSavingsPlansType::Ec2InstanceSp,
        SavingsPlanType::SageMaker => SupportedSavingsPlansType::SagemakerSp,
        SavingsPlanType::Database => SupportedSavingsPlansType::DatabaseSp,
    }
}

pub(super) async fn savings_plans(
    desk: &Desk<'_>,
    kind: SavingsPlanType,
    turn: Turn,
) -> Evidence<Vec<SavingsPlanOffer>> {
    let request = desk
        .client
        .get_savings_plans_purchase_recommendation()
        .savings_plans_type(sdk_type(kind))
        .term_in_years(TermInYears::OneYear)
        .payment_option(PaymentOption::NoUpfront)
        .lookback_period_in_days(LookbackPeriodInDays::ThirtyDays)
        .account_scope(AccountScope::Linked);
    desk.ask(
        turn,
        |token| request.clone().set_next_page_token(token).send(),
        |page| {
            let offers = page.savings_plans_purchase_recommendation;
            let offers = offers.and_then(|all| all.savings_plans_purchase_recommendation_details);
            (offers.unwrap_or_default(), page.next_page_token)
        },
        |offers| {
            let own = offers.iter().filter(|offer| desk.is_own(offer.account_id()));
            own.map(savings_plan).collect()
        },
    )
    .await
}

fn savings_plan(
    offer: &SavingsPlansPurchaseRecommendationDetail,
) -> Result<SavingsPlanOffer, Unavailable> {
    in_usd(offer.currency_code())?;
    let details = offer.savings_plans_details();
    Ok(SavingsPlanOffer {
        region: owned(details.and_then(|details| details.region())),
        instance_family: owned(details.and_then(|details| details.instance_family())),
        hourly_commitment_micros: amount(offer.hourly_commitment_to_purchase())?,
        monthly_saving: MonthlyUsd::from_micros(amount(offer.estimated_monthly_savings_amount())?),
        saving_percent: maybe(offer.estimated_savings_percentage()),
        utilization_percent: maybe(offer.estimated_average_utilization()),
        least_hourly_spend_micros: maybe_amount(offer.current_minimum_hourly_on_demand_spend()),
        mean_hourly_spend_micros: maybe_amount(offer.current_average_hourly_on_demand_spend()),
        upfront_micros: maybe_amount(offer.upfront_cost()).unwrap_or(0),
    })
}

pub(super) fn reservations_turn(desk: &Desk<'_>, service: ReservableService) -> Turn {
    desk.turn(RESERVATIONS_TO_BUY, format!("reservations-to-buy {}", service.cost_explorer_name()))
}

pub(super) async fn reservations(
    desk: &Desk<'_>,
    service: ReservableService,
    turn: Turn,
) -> Evidence<Vec<ReservationOffer>> {
    let request = desk
        .client
        .get_reservation_purchase_recommendation()
        .service(service.cost_explorer_name())
        .term_in_years(TermInYears::OneYear)
        .payment_option(PaymentOption::NoUpfront)
        .lookback_period_in_days(LookbackPeriodInDays::ThirtyDays)
        .account_scope(AccountScope::Linked);
    desk.ask(
        turn,
        |token| request.clone().set_next_page_token(token).send(),
        |page| {
            let offers = page.recommendations.unwrap_or_default().into_iter();
            let offers = offers.flat_map(|all| all.recommendation_details.unwrap_or_default());
            (offers.collect(), page.next_page_token)
        },
        |offers: Vec<ReservationPurchaseRecommendationDetail>| {
            let own = offers.iter().filter(|offer| desk.is_own(offer.account_id()));
            own.map(reservation).collect()
        },
    )
    .await
}

fn reservation(
    offer: &ReservationPurchaseRecommendationDetail,
) -> Result<ReservationOffer, Unavailable> {
    in_usd(offer.currency_code())?;
    let What { region, instance_type, platform } =
        what(offer.instance_details()).ok_or_else(|| odd("a reservation of nothing it names"))?;
    let count = maybe(offer.recommended_number_of_instances_to_purchase());
    let recurring = maybe_amount(offer.recurring_standard_monthly_cost());
    Ok(ReservationOffer {
        region,
        instance_type,
        platform,
        count: count.ok_or_else(|| odd("a reservation without its count"))?.round() as u32,
        monthly_saving: MonthlyUsd::from_micros(amount(offer.estimated_monthly_savings_amount())?),
        saving_percent: maybe(offer.estimated_monthly_savings_percentage()),
        break_even_months: maybe(offer.estimated_break_even_in_months()),
        utilization_percent: maybe(offer.average_utilization()),
        least_hourly: maybe(offer.minimum_number_of_instances_used_per_hour()),
        mean_hourly: maybe(offer.average_number_of_instances_used_per_hour()),
        upfront_micros: maybe_amount(offer.upfront_cost()).unwrap_or(0),
        recurring: recurring.map(MonthlyUsd::from_micros),
    })
}

/// What is to be reserved.
struct What {
    region: Option<String>,
    instance_type: String,
    platform: Option<String>,
}

fn what(details: Option<&InstanceDetails>) -> Option<What> {
    let details = details?;
    let joined = |parts: [Option<&str>; 3]| {
        let parts: Vec<_> = parts.into_iter().flatten().filter(|part| !part.is_empty()).collect();
        owned(Some(&parts.join(", ")))
    };
    let what = |region: Option<&str>, kind: Option<&str>, platform| {
        Some(What { region: owned(region), instance_type: owned(kind)?, platform })
    };
    if let Some(ec2) = details.ec2_instance_details() {
        let tenancy = ec2.tenancy().filter(|tenancy| *tenancy != "shared");
        let platform = joined([ec2.platform(), tenancy, ec2.availability_zone()]);
        return what(ec2.region(), ec2.instance_type(), platform);
    }
    if let Some(rds) = details.rds_instance_details() {
        let platform =
            joined([rds.database_engine(), rds.database_edition(), rds.deployment_option()]);
        return what(rds.region(), rds.instance_type(), platform);
    }
    if let Some(cache) = details.elasti_cache_instance_details() {
        return what(cache.region(), cache.node_type(), owned(cache.product_description()));
    }
    if let Some(redshift) = details.redshift_instance_details() {
        return what(redshift.region(), redshift.node_type(), None);
    }
    let search = details.es_instance_details()?;
    let kind = joined([search.instance_class(), search.instance_size(), None])?.replace(", ", ".");
    what(search.region(), Some(&kind), None)
}
