//! What is worth committing to once changes are done.
//!
//! Cost Explorer recommends for the use of the last [`LOOK_BACK_DAYS`] days. Who buys that and then stops, resizes
//! or deletes what was counted in pays a year for nothing. So what changes take away comes off first:
//!
//! - What runs all the time and goes takes the same from every hour. Every level of hourly use falls by as much,
//!   and with them the level at which a commitment pays best: the commitment covers `taken` less, at on-demand
//!   prices. What an account has committed to already takes the use that is left first, so that all of
//!   `taken` comes off what is bought on demand.
//! - A commitment that costs `cost` a month and saves `saving` was to pay for `cost + saving` at on-demand
//!   prices. Used to the share `utilization`, its discount on what it pays for is
//!   `d = 1 − cost × utilization / (cost + saving)`.
//! - Left are `cost − taken × (1 − d)` and `saving − taken × d`: never more than is recommended. Instances are
//!   bought whole, so that their number is rounded down.
//! - An instance that was stopped within the look-back is gone too. It was part of the recommendation where it ran
//!   more than `1 − d` of the hours: with fewer, a commitment to it does not pay.
//!
//! Where a figure of these is not known, neither is what is left: only where nothing is taken away, what Cost
//! Explorer says stands as it is.
//!
//! References: AWS Cost Management User Guide, "Understanding Savings Plans recommendations" and "Understanding
//! reservation recommendations" (hourly use at on-demand prices, replayed); the formulas follow from them.
//!
//! [`LOOK_BACK_DAYS`]: super::LOOK_BACK_DAYS

use std::{collections::BTreeMap, fmt};

use serde::{Deserialize, Serialize};

pub use super::lost::Change;
use super::{
    ReservableService, ReservationOffer, SavingsPlanOffer, SavingsPlanType,
    lost::{Lost, lost},
};
use crate::{
    evidence::{Evidence, Unavailable},
    finding::Saving,
    id::AccountId,
    money::{HOURS_PER_MONTH, MonthlyUsd},
    world::World,
};

/// Savings Plans are bought in steps of a thousandth of a dollar an hour, in micro-dollars.
const STEP_MICROS: i64 = 1_000;

/// Something to commit to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purchase {
    /// A Savings Plan.
    SavingsPlan(SavingsPlanType),
    /// Reservations of a service.
    Reservation(ReservableService),
}

/// How much of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Amount {
    /// So many millionths of a US dollar an hour.
    HourlyMicros(i64),
    /// So many instances or nodes.
    Count(u32),
}

/// `$0.250 an hour` or `3 instances`.
impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::HourlyMicros(micros) => write!(f, "${:.3} an hour", *micros as f64 / 1e6),
            Self::Count(1) => f.write_str("1 instance"),
            Self::Count(count) => write!(f, "{count} instances"),
        }
    }
}

/// How much to buy, and what that saves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bought {
    /// How much; none where nothing is worth it.
    pub amount: Amount,
    /// What it saves.
    pub saving: MonthlyUsd,
}

/// A commitment that Cost Explorer recommends, and what is left of it once changes are done.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CommitmentAfter {
    /// Whose.
    pub account: AccountId,
    /// What.
    pub purchase: Purchase,
    /// Of what and where, as people read it: `Compute Savings Plan`, `m5.large, us-east-1, Linux/UNIX`.
    pub of: String,
    /// What Cost Explorer recommends for the use that was.
    pub recommended: Bought,
    /// What goes of that use, at on-demand prices.
    pub taken: Evidence<MonthlyUsd>,
    /// What is worth buying of it.
    pub left: Evidence<Bought>,
}

impl CommitmentAfter {
    /// Whether it is known that no use is left that would be worth a commitment.
    pub fn is_gone(&self) -> bool {
        self.left.known().is_some_and(|left| left.saving == MonthlyUsd::ZERO)
    }
}

/// What is left to commit to, in every account of `world`, once `changes` are done.
pub fn after<'a>(
    world: &'a World,
    changes: impl IntoIterator<Item = Change<'a>>,
) -> Vec<CommitmentAfter> {
    let lost = lost(world, changes);
    let mut all = Vec::new();
    for (account, commitments) in &world.commitments {
        let lost: Vec<_> = lost.iter().filter(|lost| lost.account() == account).collect();
        for (kind, offers) in &commitments.savings_plans_to_buy {
            let offers = offers.known().into_iter().flatten();
            all.extend(offers.map(|offer| of_plan(account, *kind, offer, &lost)));
        }
        for (service, offers) in &commitments.reservations_to_buy {
            let offers = offers.known().into_iter().flatten();
            all.extend(offers.map(|offer| of_reservation(account, *service, offer, &lost)));
        }
    }
    all
}

/// What all of these save together: of those for the same use the best. Not known where one of them is not.
pub fn together<'a>(all: impl IntoIterator<Item = &'a CommitmentAfter>) -> Saving {
    let mut ways: BTreeMap<(&AccountId, Use, u8), MonthlyUsd> = BTreeMap::new();
    for one in all {
        let Some(left) = one.left.known() else { return Saving::Unknown };
        let (of, way) = one.purchase.way();
        *ways.entry((&one.account, of, way)).or_default() += left.saving;
    }
    let mut best: BTreeMap<(&AccountId, Use), MonthlyUsd> = BTreeMap::new();
    for ((account, of, _), saving) in ways {
        let kept = best.entry((account, of)).or_default();
        *kept = (*kept).max(saving);
    }
    Saving::Estimated(best.into_values().sum())
}

/// Use that is committed to in one way or another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Use {
    Compute,
    Database,
    OpenSearch,
    Redshift,
    SageMaker,
}

impl Purchase {
    /// What it is for, and in which way: ways for the same use exclude each other.
    const fn way(self) -> (Use, u8) {
        match self {
            Self::SavingsPlan(SavingsPlanType::Compute) => (Use::Compute, 0),
            Self::SavingsPlan(SavingsPlanType::Ec2Instance) => (Use::Compute, 1),
            Self::Reservation(ReservableService::Ec2) => (Use::Compute, 2),
            Self::SavingsPlan(SavingsPlanType::Database) => (Use::Database, 0),
            Self::Reservation(ReservableService::Rds | ReservableService::ElastiCache) => {
                (Use::Database, 1)
            }
            Self::Reservation(ReservableService::OpenSearch) => (Use::OpenSearch, 0),
            Self::Reservation(ReservableService::Redshift) => (Use::Redshift, 0),
            Self::SavingsPlan(SavingsPlanType::SageMaker) => (Use::SageMaker, 0),
        }
    }
}

/// What a recommendation rests on.
#[derive(Clone, Copy)]
struct Terms {
    cost: MonthlyUsd,
    saving: MonthlyUsd,
    /// 0 to 1.
    utilization: f64,
}

impl Terms {
    fn of(
        cost: Option<MonthlyUsd>,
        saving: MonthlyUsd,
        utilization_percent: Option<f64>,
    ) -> Result<Self, Unavailable> {
        let told = cost.filter(|cost| *cost > MonthlyUsd::ZERO).zip(utilization_percent);
        let (cost, percent) = told.filter(|(_, percent)| *percent > 0.0).ok_or_else(|| {
            Unavailable::because("Cost Explorer does not say what it costs and how far it is used")
        })?;
        Ok(Self { cost, saving, utilization: (percent / 100.0).min(1.0) })
    }

    /// What it was to pay for, at on-demand prices.
    fn covers(self) -> MonthlyUsd {
        self.cost + self.saving
    }

    /// The discount on what it pays for, 0 to 1.
    fn discount(self) -> f64 {
        1.0 - self.cost.usd() * self.utilization / self.covers().usd()
    }

    /// Cost and saving that are left; nothing where it does not pay any more.
    fn without(self, taken: MonthlyUsd) -> Option<(MonthlyUsd, MonthlyUsd)> {
        let share = |share: f64| MonthlyUsd::from_units(taken.micros(), share);
        let saving = self.saving - share(self.discount());
        let cost = self.cost - share(1.0 - self.discount());
        (taken < self.covers() && saving > MonthlyUsd::ZERO && cost > MonthlyUsd::ZERO)
            .then_some((cost, saving))
    }
}

fn of_plan(
    account: &AccountId,
    kind: SavingsPlanType,
    offer: &SavingsPlanOffer,
    lost: &[&Lost<'_>],
) -> CommitmentAfter {
    let cost = MonthlyUsd::from_hourly_micros(offer.hourly_commitment_micros);
    let terms = Terms::of(Some(cost), offer.monthly_saving, offer.utilization_percent);
    let gone = lost.iter().filter_map(|lost| Some((lost.share, lost.of_plan(kind, offer)?)));
    let taken = sum(gone, terms.as_ref(), MonthlyUsd::ZERO, |sum, one| sum + one);
    let recommended = Bought {
        amount: Amount::HourlyMicros(offer.hourly_commitment_micros),
        saving: offer.monthly_saving,
    };
    let left = taken.clone().and_then(|taken| {
        if taken == MonthlyUsd::ZERO {
            return Ok(recommended);
        }
        let (cost, saving) = terms?.without(taken).unwrap_or_default();
        let hourly = MonthlyUsd::from_units(cost.micros(), 1.0 / HOURS_PER_MONTH as f64).micros();
        let amount = Amount::HourlyMicros(hourly - hourly % STEP_MICROS);
        Ok(Bought { amount, saving })
    });
    let place = [offer.instance_family.as_deref(), offer.region.as_deref()];
    let of = place.into_iter().flatten().fold(kind.name().to_owned(), |of, one| of + ", " + one);
    CommitmentAfter {
        account: account.clone(),
        purchase: Purchase::SavingsPlan(kind),
        of,
        recommended,
        taken: taken.into(),
        left: left.into(),
    }
}

fn of_reservation(
    account: &AccountId,
    service: ReservableService,
    offer: &ReservationOffer,
    lost: &[&Lost<'_>],
) -> CommitmentAfter {
    let upfront = MonthlyUsd::from_micros(offer.upfront_micros / 12);
    let cost = offer.recurring.map(|recurring| recurring + upfront);
    let terms = Terms::of(cost, offer.monthly_saving, offer.utilization_percent);
    let gone =
        lost.iter().filter_map(|lost| Some((lost.share, lost.of_reservation(service, offer)?)));
    let gone = sum(gone, terms.as_ref(), 0.0, |sum, one| sum + one);
    let recommended = Bought { amount: Amount::Count(offer.count), saving: offer.monthly_saving };
    let count = f64::from(offer.count);
    // What one of them pays for where it is used all the time.
    let each =
        |terms: Terms| terms.covers().usd() / (count * terms.utilization).max(f64::MIN_POSITIVE);
    let worth = |terms: Terms, gone: f64| {
        MonthlyUsd::from_micros((each(terms) * gone * 1e6).round() as i64)
    };
    let taken = gone.clone().and_then(|gone| {
        if gone > 0.0 {
            terms.clone().map(|terms| worth(terms, gone))
        } else {
            Ok(MonthlyUsd::ZERO)
        }
    });
    let left = gone.and_then(|gone| {
        if gone <= 0.0 {
            return Ok(recommended);
        }
        let terms = terms?;
        let kept = (count - gone).max(0.0).floor();
        let left = terms.without(worth(terms, count - kept)).filter(|_| kept > 0.0);
        Ok(left.map_or(
            Bought { amount: Amount::Count(0), saving: MonthlyUsd::ZERO },
            |(_, saving)| Bought { amount: Amount::Count(kept as u32), saving },
        ))
    });
    let place = [offer.region.as_deref(), offer.platform.as_deref()];
    let of =
        place.into_iter().flatten().fold(offer.instance_type.clone(), |of, one| of + ", " + one);
    CommitmentAfter {
        account: account.clone(),
        purchase: Purchase::Reservation(service),
        of,
        recommended,
        taken: taken.into(),
        left: left.into(),
    }
}

/// What goes in all, of use that was part of the recommendation.
fn sum<T: Copy>(
    gone: impl Iterator<Item = (f64, Evidence<T>)>,
    terms: Result<&Terms, &Unavailable>,
    nothing: T,
    add: impl Fn(T, T) -> T,
) -> Result<T, Unavailable> {
    let mut sum = nothing;
    for (share, amount) in gone {
        // What ran all the time is part of any.
        if share < 1.0 {
            let terms = terms.map_err(Clone::clone)?;
            if share <= 1.0 - terms.discount() {
                continue;
            }
        }
        sum = add(sum, *amount.get().map_err(Clone::clone)?);
    }
    Ok(sum)
}

#[cfg(test)]
mod tests;
