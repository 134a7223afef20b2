//! The bill beside what Miyabi prices: service by service, with what explains the difference, and with what the
//! plan saves held against what is billed.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
};

use jiff::tz::TimeZone;
use miyabi_types::{
    id::Arn,
    money::MonthlyUsd,
    plan::Plan,
    resource::{Resource, ResourceKind},
    world::World,
};

use super::bill::{Bill, service_of};

/// Differences below this share of a service's bill are none.
const SAME: f64 = 0.02;
/// Nor are differences below this, in micro-dollars a month.
const SMALL_MICROS: i64 = 1_000_000;
/// Kinds without a price that are named.
const NAMED: usize = 3;

/// The bill of every service beside the prices of its resources.
pub struct Reconciled<'w> {
    /// The bill, where it is known.
    pub bill: Option<Bill<'w>>,
    /// By service, what is billed most first.
    pub services: Vec<Service<'w>>,
}

/// One service.
#[derive(Default)]
pub struct Service<'w> {
    /// As Cost Explorer names it.
    pub name: &'w str,
    /// What it is billed a month; nothing where the bill is known and does not name it, absent where it is not
    /// known.
    pub billed: Option<MonthlyUsd>,
    /// List price of what was found.
    pub listed: MonthlyUsd,
    /// The share of that which no commitment pays for, as far as that is known.
    pub on_demand: MonthlyUsd,
    /// What the plan saves of it.
    pub saved: MonthlyUsd,
    /// Of the list price, what is younger than the bill.
    young: MonthlyUsd,
    /// Resources without a price, by kind.
    unpriced: BTreeMap<ResourceKind, u64>,
    /// Kinds that could not be listed somewhere.
    unseen: BTreeSet<ResourceKind>,
}

impl<'w> Reconciled<'w> {
    /// Holds `plan` and the World it was made of against the bill.
    pub fn of(world: &'w World, plan: &Plan) -> Self {
        let bill = Bill::of(world);
        let mut services: BTreeMap<&'w str, Service<'w>> = BTreeMap::new();
        let saved = saved(plan);
        let begin = bill.as_ref().and_then(|bill| bill.days.first().copied());
        for resource in &world.resources {
            let Some(name) = service_of(resource.kind()) else { continue };
            let service = services.entry(name).or_default();
            service.saved += saved.get(&resource.arn).copied().unwrap_or_default();
            let Some(listed) = resource.monthly_cost.known().copied() else {
                *service.unpriced.entry(resource.kind()).or_default() += 1;
                continue;
            };
            service.listed += listed;
            service.on_demand += on_demand(world, resource, listed);
            let born = resource.created_at.map(|at| at.to_zoned(TimeZone::UTC).date());
            if born.zip(begin).is_some_and(|(born, begin)| born > begin) {
                service.young += listed;
            }
        }
        for kind in ResourceKind::ALL {
            if let Some(name) = service_of(*kind)
                && world.unseen(*kind).next().is_some()
            {
                services.entry(name).or_default().unseen.insert(*kind);
            }
        }
        if let Some(bill) = &bill {
            for name in bill.services.keys() {
                services.entry(name).or_default();
            }
            for (name, service) in &mut services {
                let micros = bill.services.get(name).copied();
                service.billed = (bill.complete || micros.is_some())
                    .then(|| bill.monthly(micros.unwrap_or_default()));
            }
        }
        let mut services: Vec<_> =
            services.into_iter().map(|(name, service)| Service { name, ..service }).collect();
        services.retain(|service| {
            service.billed.unwrap_or_default() != MonthlyUsd::ZERO
                || service.listed != MonthlyUsd::ZERO
                || service.saved != MonthlyUsd::ZERO
        });
        services.sort_by_key(|one| (std::cmp::Reverse((one.billed, one.listed)), one.name));
        Self { bill, services }
    }

    /// Whether a service is to save more than it is billed. Only a bill of everything can say so.
    pub fn saves_too_much(&self, service: &Service<'_>) -> bool {
        self.bill.as_ref().is_some_and(|bill| bill.complete)
            && service.billed.is_some_and(|billed| service.saved > billed.or_zero())
    }

    /// What the plan saves of what is billed: of no service more than all of it. Absent where no bill of everything
    /// is known, or where the plan saves no more than it anyway.
    pub fn capped(&self) -> Option<MonthlyUsd> {
        self.services.iter().any(|service| self.saves_too_much(service)).then(|| {
            let of = |service: &Service<'_>| {
                service.saved.min(service.billed.unwrap_or_default().or_zero())
            };
            self.services.iter().map(of).sum()
        })
    }
}

impl Service<'_> {
    /// Why the bill and the prices of its resources differ, in words.
    pub fn why(&self) -> Vec<String> {
        let Some(billed) = self.billed else {
            return vec!["the bill is not known".into()];
        };
        let mut why = Vec::new();
        let read = ResourceKind::ALL.iter().any(|kind| service_of(*kind) == Some(self.name));
        if !read {
            return vec![not_read(self.name).into()];
        }
        if !self.unpriced.is_empty() {
            why.push(unpriced(&self.unpriced));
        }
        if !self.unseen.is_empty() {
            let kinds: Vec<_> = self.unseen.iter().map(ToString::to_string).collect();
            why.push(format!("not all could be listed: {}", kinds.join(", ")));
        }
        if self.on_demand < self.listed {
            let paid = self.listed - self.on_demand;
            why.push(format!(
                "commitments pay for {:.0} % of the list price",
                paid.percent_of(self.listed)
            ));
        }
        if self.young > MonthlyUsd::ZERO {
            why.push(format!("{} of it is younger than the bill", self.young));
        }
        let difference = billed - self.listed;
        let least =
            SMALL_MICROS.max((billed.micros().max(self.listed.micros()) as f64 * SAME) as i64);
        if difference.micros().abs() <= least {
            why.clear();
            why.push("they agree".into());
        } else if difference > MonthlyUsd::ZERO {
            why.push(
                "use that no resource tells: requests, data transfer, what is gone meanwhile"
                    .into(),
            );
        } else if why.is_empty() {
            why.push(
                "not all of it ran all month, or free tier, credits and agreed discounts".into(),
            );
        }
        why
    }
}

/// What the plan saves by resource: of changes that save the same money the best.
fn saved(plan: &Plan) -> BTreeMap<&Arn, MonthlyUsd> {
    let mut saved: BTreeMap<&Arn, MonthlyUsd> = BTreeMap::new();
    for proposal in &plan.proposals {
        let best = saved.entry(&proposal.action.target).or_default();
        *best = (*best).max(proposal.saving.amount());
    }
    saved
}

fn on_demand(world: &World, resource: &Resource, listed: MonthlyUsd) -> MonthlyUsd {
    let commitments = world.commitments.get(&resource.account);
    let share = commitments.and_then(|all| all.uncovered(resource.kind())).unwrap_or(1.0);
    MonthlyUsd::from_units(listed.micros(), share)
}

/// Why something is billed of which no resource is read. The names are those of Cost Explorer's `SERVICE`
/// dimension.
fn not_read(name: &str) -> &'static str {
    if name == "Tax" {
        "tax"
    } else if name.starts_with("AWS Support") {
        "support is billed as a share of everything else"
    } else if name.starts_with("Savings Plans") {
        "fees of Savings Plans"
    } else if name == "Refund" || name == "Credit" {
        "credits"
    } else {
        "Miyabi prices no resource of it"
    }
}

fn unpriced(kinds: &BTreeMap<ResourceKind, u64>) -> String {
    let mut text = String::from("without a price: ");
    for (index, (kind, count)) in kinds.iter().take(NAMED).enumerate() {
        let _ = write!(text, "{}{count} × {kind}", if index > 0 { ", " } else { "" });
    }
    if kinds.len() > NAMED {
        let _ = write!(text, " and {} kinds more", kinds.len() - NAMED);
    }
    text
}
