//! Commitment discounts: Savings Plans and reservations that an account has, how well they are used, how much
//! of its spend they cover, and what Cost Explorer recommends to buy.
//!
//! Looked at over the last [`LOOK_BACK_DAYS`] days.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub mod after;
mod lost;
pub mod size;

use crate::{
    evidence::{Evidence, Unavailable},
    id::Arn,
    money::MonthlyUsd,
    resource::ResourceKind,
};

/// Days that use, coverage and recommendations look back.
pub const LOOK_BACK_DAYS: u32 = 30;

/// What an account committed to. Amounts are millionths of a US dollar unless their type says otherwise.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Commitments {
    /// Savings Plans and their use, by ARN; empty if the account has none.
    pub savings_plans: Evidence<Vec<SavingsPlanUse>>,
    /// Reservations of every service and their use, by id; empty if the account has none.
    pub reservations: Evidence<Vec<ReservationUse>>,
    /// What Savings Plans cover of the spend that they could, by service; empty if the account has none.
    pub savings_plans_coverage: Evidence<Vec<SavingsPlansCoverage>>,
    /// What reservations cover, of each service that the account spends on and that has them.
    pub reservation_coverage: BTreeMap<ReservableService, Evidence<ReservationCoverage>>,
    /// Savings Plans that Cost Explorer recommends to buy, of each type that fits what the account
    /// spends on; empty if none is worth it.
    pub savings_plans_to_buy: BTreeMap<SavingsPlanType, Evidence<Vec<SavingsPlanOffer>>>,
    /// Reservations that Cost Explorer recommends to buy, of each service that the account spends on and
    /// that has them; empty if none is worth it.
    ///
    /// They and the Savings Plans to buy are computed each as if the other did not exist: one or the other.
    /// What is left of both once changes are done, [`after`] tells.
    pub reservations_to_buy: BTreeMap<ReservableService, Evidence<Vec<ReservationOffer>>>,
}

impl Commitments {
    /// The share (0 to 1) of what resources of `kind` cost at on-demand prices that no commitment pays for.
    /// Absent where that is not known, and for what cannot be committed to.
    ///
    /// A reservation or a Savings Plan goes on costing when what it covers is gone, so that only this share
    /// is saved.
    pub fn uncovered(&self, kind: ResourceKind) -> Option<f64> {
        let (reservable, plans) = match kind {
            ResourceKind::Ec2Instance | ResourceKind::AutoScalingGroup => {
                (Some(ReservableService::Ec2), ReservableService::Ec2.cost_explorer_name())
            }
            ResourceKind::RdsDbInstance | ResourceKind::RdsDbCluster => {
                (Some(ReservableService::Rds), ReservableService::Rds.cost_explorer_name())
            }
            ResourceKind::ElastiCacheCluster => (
                Some(ReservableService::ElastiCache),
                ReservableService::ElastiCache.cost_explorer_name(),
            ),
            ResourceKind::OpenSearchDomain => (
                Some(ReservableService::OpenSearch),
                ReservableService::OpenSearch.cost_explorer_name(),
            ),
            ResourceKind::RedshiftCluster => (
                Some(ReservableService::Redshift),
                ReservableService::Redshift.cost_explorer_name(),
            ),
            ResourceKind::LambdaFunction => (None, "AWS Lambda"),
            ResourceKind::EcsService => (None, "Amazon Elastic Container Service"),
            _ => return None,
        };
        // A service that reservations were not asked about has none.
        let reserved = match reservable.and_then(|service| self.reservation_coverage.get(&service))
        {
            Some(coverage) => coverage.known()?.coverage_percent,
            None => 0.0,
        };
        let planned = self.savings_plans_coverage.known()?;
        let planned = planned.iter().find(|coverage| coverage.service == plans);
        let planned = planned.map_or(0.0, |coverage| coverage.coverage_percent);
        let rest = |percent: f64| 1.0 - (percent / 100.0).clamp(0.0, 1.0);
        Some(rest(reserved) * rest(planned))
    }

    /// Nothing of it is known, for one reason.
    pub fn unknown(why: &Unavailable) -> Self {
        fn each<K: Ord, T>(
            keys: impl IntoIterator<Item = K>,
            why: &Unavailable,
        ) -> BTreeMap<K, Evidence<T>> {
            keys.into_iter().map(|key| (key, Evidence::Unavailable(why.clone()))).collect()
        }
        Self {
            savings_plans: Evidence::Unavailable(why.clone()),
            reservations: Evidence::Unavailable(why.clone()),
            savings_plans_coverage: Evidence::Unavailable(why.clone()),
            reservation_coverage: each(ReservableService::ALL, why),
            savings_plans_to_buy: each(SavingsPlanType::ALL, why),
            reservations_to_buy: each(ReservableService::ALL, why),
        }
    }
}

/// A type of Savings Plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SavingsPlanType {
    /// EC2, Fargate and Lambda, anywhere.
    Compute,
    /// One EC2 instance family in one region.
    Ec2Instance,
    /// `SageMaker` AI.
    SageMaker,
    /// Databases, anywhere.
    Database,
}

impl SavingsPlanType {
    /// Every type.
    pub const ALL: [Self; 4] = [Self::Compute, Self::Ec2Instance, Self::SageMaker, Self::Database];

    /// As AWS writes it to people.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Compute => "Compute Savings Plan",
            Self::Ec2Instance => "EC2 Instance Savings Plan",
            Self::SageMaker => "SageMaker AI Savings Plan",
            Self::Database => "Database Savings Plan",
        }
    }
}

/// A service whose use can be reserved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReservableService {
    /// EC2 instances.
    Ec2,
    /// RDS and Aurora instances.
    Rds,
    /// `ElastiCache` nodes.
    ElastiCache,
    /// `OpenSearch` Service instances.
    OpenSearch,
    /// Redshift nodes.
    Redshift,
}

impl ReservableService {
    /// Every one of them.
    pub const ALL: [Self; 5] =
        [Self::Ec2, Self::Rds, Self::ElastiCache, Self::OpenSearch, Self::Redshift];

    /// As Cost Explorer names it in costs and filters.
    pub const fn cost_explorer_name(self) -> &'static str {
        match self {
            Self::Ec2 => "Amazon Elastic Compute Cloud - Compute",
            Self::Rds => "Amazon Relational Database Service",
            Self::ElastiCache => "Amazon ElastiCache",
            Self::OpenSearch => "Amazon OpenSearch Service",
            Self::Redshift => "Amazon Redshift",
        }
    }
}

/// A Savings Plan and how it was used.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SavingsPlanUse {
    /// The plan.
    pub arn: Arn,
    /// Its type as Cost Explorer tells it, for example `ComputeSavingsPlans`.
    pub plan_type: Option<String>,
    /// `1yr` or `3yr`.
    pub term: Option<String>,
    /// `No Upfront`, `Partial Upfront` or `All Upfront`.
    pub payment_option: Option<String>,
    /// The region of an EC2 Instance plan.
    pub region: Option<String>,
    /// The family of an EC2 Instance plan.
    pub instance_family: Option<String>,
    /// When it began.
    pub starts_at: Option<Timestamp>,
    /// When it ends.
    pub ends_at: Option<Timestamp>,
    /// Committed over the look-back.
    pub committed_micros: i64,
    /// Used of it.
    pub used_micros: i64,
    /// Paid for nothing.
    pub unused_micros: i64,
    /// Used share, in percent.
    pub utilization_percent: f64,
    /// What it saved against on-demand prices over the look-back; negative if it cost more.
    pub net_saving_micros: Option<i64>,
}

/// A reservation and how it was used.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReservationUse {
    /// Cost Explorer's id of it (`SUBSCRIPTION_ID`).
    pub id: String,
    /// The reservation's ARN or id in its own service, where it is told.
    pub lease_id: Option<String>,
    /// The service as Cost Explorer names it.
    pub service: Option<String>,
    /// The region.
    pub region: Option<String>,
    /// The instance type or node type.
    pub instance_type: Option<String>,
    /// How many.
    pub count: Option<u32>,
    /// `No Upfront`, `Partial Upfront`, `All Upfront` …
    pub offering_type: Option<String>,
    /// When it began.
    pub starts_at: Option<Timestamp>,
    /// When it ends.
    pub ends_at: Option<Timestamp>,
    /// Hours bought over the look-back.
    pub purchased_hours: f64,
    /// Hours of it that nothing used.
    pub unused_hours: f64,
    /// Used share, in percent.
    pub utilization_percent: f64,
    /// Fees over the look-back, upfront ones spread out.
    pub amortized_fee_micros: Option<i64>,
    /// What the unused hours cost over the look-back.
    pub unused_micros: Option<i64>,
    /// What it saved against on-demand prices over the look-back; negative if it cost more.
    pub net_saving_micros: Option<i64>,
}

/// What Savings Plans cover of a service, over the look-back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SavingsPlansCoverage {
    /// The service as Cost Explorer names it.
    pub service: String,
    /// Spend that plans cover.
    pub covered_micros: i64,
    /// Spend that they could cover and do not, at on-demand prices.
    pub on_demand_micros: i64,
    /// Covered share, in percent.
    pub coverage_percent: f64,
}

/// What reservations cover of a service, over the look-back.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct ReservationCoverage {
    /// Hours that reservations cover.
    pub reserved_hours: f64,
    /// Hours paid on demand.
    pub on_demand_hours: f64,
    /// What these cost.
    pub on_demand_micros: Option<i64>,
    /// Covered share, in percent.
    pub coverage_percent: f64,
}

/// The terms that recommendations are asked for: one year without payment upfront, which is what an account
/// can commit to with the least risk.
pub const OFFER_TERMS: &str = "1 year, no upfront";

/// A Savings Plan to buy, on the terms [`OFFER_TERMS`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SavingsPlanOffer {
    /// The region of an EC2 Instance plan.
    pub region: Option<String>,
    /// The family of an EC2 Instance plan.
    pub instance_family: Option<String>,
    /// The commitment to buy, an hour.
    pub hourly_commitment_micros: i64,
    /// What it would save.
    pub monthly_saving: MonthlyUsd,
    /// Saving in percent of what is paid without it, where it is told.
    pub saving_percent: Option<f64>,
    /// Share of the commitment that would have been used, in percent.
    pub utilization_percent: Option<f64>,
    /// Least on-demand spend of an hour of the look-back.
    pub least_hourly_spend_micros: Option<i64>,
    /// Mean on-demand spend of an hour of the look-back.
    pub mean_hourly_spend_micros: Option<i64>,
    /// To be paid at once.
    pub upfront_micros: i64,
}

/// A reservation to buy, on the terms [`OFFER_TERMS`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReservationOffer {
    /// The region.
    pub region: Option<String>,
    /// The instance type or node type.
    pub instance_type: String,
    /// What it must run for the reservation to apply: platform, engine …
    pub platform: Option<String>,
    /// How many to buy.
    pub count: u32,
    /// What they would save.
    pub monthly_saving: MonthlyUsd,
    /// Saving in percent of what is paid without them, where it is told.
    pub saving_percent: Option<f64>,
    /// Months until they are paid off.
    pub break_even_months: Option<f64>,
    /// Share of them that would have been used, in percent.
    pub utilization_percent: Option<f64>,
    /// Fewest that ran in an hour of the look-back.
    pub least_hourly: Option<f64>,
    /// Mean that ran in an hour of the look-back.
    pub mean_hourly: Option<f64>,
    /// To be paid at once.
    pub upfront_micros: i64,
    /// To be paid every month.
    pub recurring: Option<MonthlyUsd>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_commitment_pays_for_is_what_can_be_saved() {
        let plans = |percent: f64| {
            let coverage = SavingsPlansCoverage {
                service: ReservableService::Ec2.cost_explorer_name().into(),
                covered_micros: 0,
                on_demand_micros: 0,
                coverage_percent: percent,
            };
            Evidence::Known(vec![coverage])
        };
        let reserved = |percent: f64| {
            let coverage =
                ReservationCoverage { coverage_percent: percent, ..ReservationCoverage::default() };
            (ReservableService::Ec2, Evidence::Known(coverage))
        };
        let all = Commitments {
            savings_plans_coverage: plans(50.0),
            reservation_coverage: [reserved(20.0)].into(),
            ..Commitments::default()
        };
        let share = all.uncovered(ResourceKind::Ec2Instance).unwrap();
        assert!((share - 0.4).abs() < 1e-12, "{share}");
        assert_eq!(all.uncovered(ResourceKind::LambdaFunction), Some(1.0));
        assert_eq!(all.uncovered(ResourceKind::Ec2Volume), None);
        assert_eq!(Commitments::default().uncovered(ResourceKind::Ec2Instance), None);
    }
}
