//! What the account spends and has committed to, from Cost Explorer, and what Cost Explorer makes of it.
//!
//! Every request is billed. So an answer is kept for the day, no more is asked than the budget allows, the
//! most valuable first, and of commitments only what fits what the account spends on. All is of the account alone,
//! also where it pays for others, but for the split by account and for anomalies, which say whose they are.

use std::collections::BTreeSet;

use futures::{FutureExt, future::join_all};
use jiff::Span;
use miyabi_types::{
    commitments::{Commitments, ReservableService, SavingsPlanType},
    costs::{CostHistory, DailyCost},
    evidence::Evidence,
    world::ChunkLine,
};

use self::desk::Desk;
use super::{Collected, Collector, Reach};
use crate::{call::Call, scope::Scan};

mod amounts;
mod commitments;
mod desk;
mod history;
mod offers;
mod outlook;

const COST_AND_USAGE: Call = Call::details("ce:GetCostAndUsage");
const ANOMALIES: Call = Call::details("ce:GetAnomalies");
const FORECAST: Call = Call::details("ce:GetCostForecast");
const SAVINGS_PLANS_USE: Call = Call::details("ce:GetSavingsPlansUtilizationDetails");
const SAVINGS_PLANS_COVERAGE: Call = Call::details("ce:GetSavingsPlansCoverage");
const SAVINGS_PLANS_TO_BUY: Call = Call::details("ce:GetSavingsPlansPurchaseRecommendation");
const RESERVATION_USE: Call = Call::details("ce:GetReservationUtilization");
const RESERVATION_COVERAGE: Call = Call::details("ce:GetReservationCoverage");
const RESERVATIONS_TO_BUY: Call = Call::details("ce:GetReservationPurchaseRecommendation");

/// Days of spend that tell which commitments may fit.
const RECENT_DAYS: i64 = 30;

/// Reads costs and commitments.
pub const COLLECTOR: Collector = Collector {
    service: "ce",
    reach: Reach::Global,
    calls: &[
        COST_AND_USAGE,
        ANOMALIES,
        FORECAST,
        SAVINGS_PLANS_USE,
        SAVINGS_PLANS_COVERAGE,
        SAVINGS_PLANS_TO_BUY,
        RESERVATION_USE,
        RESERVATION_COVERAGE,
        RESERVATIONS_TO_BUY,
    ],
    collect: |scan| collect(scan).boxed(),
};

async fn collect(scan: &Scan) -> Collected {
    let desk = &Desk::open(scan).await;
    let daily = history::by_service(desk, history::by_service_turn(desk)).await;
    let spent = daily.known().map(|daily| Spent::of(daily)).unwrap_or_default();

    // Turns are taken in the order of their value, before anything else is sent.
    let anomalies = outlook::anomalies_turn(desk);
    let plans = commitments::savings_plans_turn(desk);
    let reservations = commitments::reservations_turn(desk);
    let plans_coverage = commitments::savings_plans_coverage_turn(desk);
    let turn = |service| (service, commitments::reservation_coverage_turn(desk, service));
    let coverage: Vec<_> = spent.reservable().map(turn).collect();
    let turn = |kind| (kind, offers::savings_plans_turn(desk, kind));
    let plans_to_buy: Vec<_> = spent.plans().map(turn).collect();
    let turn = |service| (service, offers::reservations_turn(desk, service));
    let to_buy: Vec<_> = spent.reservable().map(turn).collect();
    let forecast = outlook::forecast_turn(desk);
    let by_account = history::by_account_turn(desk);
    let tags = scan.settings.cost_allocation_tags.iter();
    let by_tag: Vec<_> = tags.map(|tag| (tag.clone(), history::by_tag_turn(desk, tag))).collect();

    let (
        anomalies,
        savings_plans,
        reservations,
        savings_plans_coverage,
        coverage,
        plans_to_buy,
        to_buy,
        forecast,
        by_account,
        by_tag,
    ) = tokio::join!(
        outlook::anomalies(desk, anomalies),
        commitments::savings_plans(desk, plans),
        commitments::reservations(desk, reservations),
        commitments::savings_plans_coverage(desk, plans_coverage),
        join_all(coverage.into_iter().map(|(service, turn)| async move {
            (service, commitments::reservation_coverage(desk, service, turn).await)
        })),
        join_all(plans_to_buy.into_iter().map(|(kind, turn)| async move {
            (kind, offers::savings_plans(desk, kind, turn).await)
        })),
        join_all(to_buy.into_iter().map(|(service, turn)| async move {
            (service, offers::reservations(desk, service, turn).await)
        })),
        outlook::forecast(desk, forecast),
        history::by_account(desk, by_account),
        join_all(by_tag.into_iter().map(|(tag, turn)| async move {
            let costs = history::by_tag(desk, &tag, turn).await;
            (tag, costs)
        })),
    );
    let known = Commitments {
        savings_plans,
        reservations,
        savings_plans_coverage,
        reservation_coverage: coverage.into_iter().collect(),
        savings_plans_to_buy: plans_to_buy.into_iter().collect(),
        reservations_to_buy: to_buy.into_iter().collect(),
    };
    // Without the history it is not known which commitments would fit.
    let commitments = match daily.get() {
        Ok(_) => known,
        Err(why) => {
            let Commitments { savings_plans, reservations, savings_plans_coverage, .. } = known;
            let unknown = Commitments::unknown(why);
            Commitments { savings_plans, reservations, savings_plans_coverage, ..unknown }
        }
    };
    let by_tag = by_tag.into_iter().collect();
    let costs = daily.map(|daily| CostHistory { daily, by_account, by_tag, forecast, anomalies });
    Collected { lines: lines(costs, commitments), ..Collected::default() }
}

/// What Cost Explorer's answers are in the World.
pub fn lines(costs: Evidence<CostHistory>, commitments: Commitments) -> Vec<ChunkLine> {
    let commitments = Box::new(commitments);
    vec![ChunkLine::Costs { costs }, ChunkLine::Commitments { commitments }]
}

/// The services that the account lately spent on.
#[derive(Default)]
struct Spent<'a>(BTreeSet<&'a str>);

impl<'a> Spent<'a> {
    fn of(daily: &'a [DailyCost]) -> Self {
        let last = daily.iter().map(|cost| cost.date).max();
        let since = last.map(|last| last.saturating_sub(Span::new().days(RECENT_DAYS)));
        let lately = daily.iter().filter(|cost| Some(cost.date) > since && cost.micros > 0);
        Self(lately.map(|cost| cost.service.as_str()).collect())
    }

    fn on(&self, beginnings: &[&str]) -> bool {
        self.0.iter().any(|service| beginnings.iter().any(|begun| service.starts_with(begun)))
    }

    fn reservable(&self) -> impl Iterator<Item = ReservableService> {
        let spent_on = move |service: &ReservableService| self.on(&[service.cost_explorer_name()]);
        ReservableService::ALL.into_iter().filter(spent_on)
    }

    /// Types of Savings Plans that apply to what was spent on. Source: Savings Plans User Guide, "What are
    /// Savings Plans?".
    fn plans(&self) -> impl Iterator<Item = SavingsPlanType> {
        let ec2 = ReservableService::Ec2.cost_explorer_name();
        SavingsPlanType::ALL.into_iter().filter(move |kind| match kind {
            SavingsPlanType::Compute => self.on(&[
                ec2,
                "AWS Lambda",
                "Amazon Elastic Container Service",
                "Amazon Elastic Kubernetes Service",
            ]),
            SavingsPlanType::Ec2Instance => self.on(&[ec2]),
            SavingsPlanType::SageMaker => self.on(&["Amazon SageMaker"]),
            SavingsPlanType::Database => self.on(&[
                "Amazon DocumentDB",
                "Amazon DynamoDB",
                "Amazon ElastiCache",
                "Amazon Keyspaces",
                "Amazon Neptune",
                "Amazon OpenSearch Service",
                "Amazon Relational Database Service",
                "Amazon Timestream",
                "AWS Database Migration Service",
            ]),
        })
    }
}

#[cfg(test)]
mod tests;
