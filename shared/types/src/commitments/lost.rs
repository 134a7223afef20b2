//! Use that commitments are bought for and that goes: by changes, and with what was stopped of late.

use std::collections::BTreeMap;

use jiff::SignedDuration;

use super::{
    Commitments, LOOK_BACK_DAYS, ReservableService, ReservationOffer, SavingsPlanOffer,
    SavingsPlanType, size::normalized,
};
use crate::{
    action::Action,
    evidence::Evidence,
    finding::Saving,
    id::{AccountId, Arn},
    money::MonthlyUsd,
    resource::{Resource, ResourceConfig, ResourceKind},
    world::World,
};

/// A change, with what it saves.
#[derive(Debug, Clone, Copy)]
pub struct Change<'a> {
    /// What is changed.
    pub resource: &'a Resource,
    /// How.
    pub action: &'a Action,
    /// What that saves.
    pub saving: Saving,
}

/// Use of a resource that goes.
#[derive(Debug)]
pub(super) struct Lost<'a> {
    resource: &'a Resource,
    /// Savings Plans that could have paid for it.
    plans: &'static [SavingsPlanType],
    /// Reservations that could have.
    service: Option<ReservableService>,
    /// At on-demand prices, a month, whoever pays for it.
    monthly: Evidence<MonthlyUsd>,
    /// Instance types with how many of them go; fewer than none of what comes instead.
    nodes: Vec<(String, f64)>,
    /// The share (0 to 1) of the look-back's hours that had it.
    pub share: f64,
}

/// What goes of a World by `changes`, the best of those that save the same money, and what was stopped within the
/// look-back: recommendations still count it in.
pub(super) fn lost<'a>(
    world: &'a World,
    changes: impl IntoIterator<Item = Change<'a>>,
) -> Vec<Lost<'a>> {
    let mut best: BTreeMap<&Arn, Change<'_>> = BTreeMap::new();
    for change in changes.into_iter().filter(|change| change.saving != Saving::None) {
        let kept = best.entry(&change.resource.arn).or_insert(change);
        if change.saving.amount() > kept.saving.amount() {
            *kept = change;
        }
    }
    let by_changes = best.into_values().filter_map(|change| Lost::by(world, change));
    by_changes.chain(stopped(world)).collect()
}

impl<'a> Lost<'a> {
    fn by(world: &'a World, change: Change<'a>) -> Option<Self> {
        const DATABASE: &[SavingsPlanType] = &[SavingsPlanType::Database];
        let resource = change.resource;
        let one = |node: &str, count: u32| vec![(node.to_owned(), f64::from(count))];
        let (plans, service, nodes): (&[_], _, _) = match &resource.config {
            ResourceConfig::Ec2Instance(instance) if instance.lifecycle == "on-demand" => {
                let mut nodes = one(&instance.instance_type, 1);
                if let Some(next) = change.action.desired.setting("instance_type").as_str() {
                    nodes.push((next.to_owned(), -1.0));
                }
                (INSTANCE, Some(ReservableService::Ec2), nodes)
            }
            // Tasks on instances of the cluster leave these as they are.
            ResourceConfig::EcsService(service) if service.is_on_fargate() => {
                (COMPUTE, None, Vec::new())
            }
            ResourceConfig::LambdaFunction(_) => (COMPUTE, None, Vec::new()),
            ResourceConfig::RdsDbInstance(db) => {
                let nodes = one(&db.class, if db.multi_az { 2 } else { 1 });
                (DATABASE, Some(ReservableService::Rds), nodes)
            }
            ResourceConfig::RdsDbCluster(_) => {
                let nodes = members(world, resource).map(|class| (class.to_owned(), 1.0)).collect();
                (DATABASE, Some(ReservableService::Rds), nodes)
            }
            ResourceConfig::ElastiCacheCluster(cluster) => {
                let nodes = one(&cluster.node_type, cluster.nodes);
                (DATABASE, Some(ReservableService::ElastiCache), nodes)
            }
            ResourceConfig::RedshiftCluster(cluster) => {
                (&[], Some(ReservableService::Redshift), one(&cluster.node_type, cluster.nodes))
            }
            _ => return None,
        };
        let monthly = at_list_prices(change, world.commitments.get(&resource.account));
        Some(Self { resource, plans, service, monthly, nodes, share: 1.0 })
    }

    /// Whose use it is.
    pub const fn account(&self) -> &AccountId {
        &self.resource.account
    }

    /// What goes of the use that a Savings Plan is offered for, at on-demand prices; absent for other use.
    pub fn of_plan(
        &self,
        kind: SavingsPlanType,
        offer: &SavingsPlanOffer,
    ) -> Option<Evidence<MonthlyUsd>> {
        if !self.plans.contains(&kind) {
            return None;
        }
        let here =
            offer.region.as_deref().is_none_or(|region| region == self.resource.region.as_str());
        let family = offer.instance_family.as_deref();
        let of_family = |node: &str| {
            family.is_none_or(|family| node.rsplit_once('.').is_some_and(|(own, _)| own == family))
        };
        if kind != SavingsPlanType::Ec2Instance {
            return Some(self.monthly.clone());
        }
        let (now, then) = (self.nodes.first()?, self.nodes.get(1));
        if !here || !of_family(&now.0) {
            return None;
        }
        // What moves to another family is lost to a plan of this one.
        let leaves = then.is_some_and(|(node, _)| !of_family(node));
        Some(if leaves { &self.resource.monthly_cost } else { &self.monthly }.clone())
    }

    /// How many of the instances that a reservation is offered for go; absent for others.
    pub fn of_reservation(
        &self,
        service: ReservableService,
        offer: &ReservationOffer,
    ) -> Option<Evidence<f64>> {
        let here =
            offer.region.as_deref().is_none_or(|region| region == self.resource.region.as_str());
        if self.service != Some(service) || !here || !self.runs(offer) {
            return None;
        }
        // Sizes of a family make up for each other where AWS says so: EC2 for Linux, RDS, ElastiCache.
        let flexible = match service {
            ReservableService::Ec2 => {
                offer.platform.as_deref().is_none_or(|platform| platform.starts_with("Linux/UNIX"))
            }
            ReservableService::Rds | ReservableService::ElastiCache => true,
            ReservableService::OpenSearch | ReservableService::Redshift => false,
        };
        let wanted = normalized(&offer.instance_type).filter(|_| flexible);
        let Some((family, size)) = wanted else {
            let same = self.nodes.iter().filter(|(node, _)| *node == offer.instance_type);
            let gone: f64 = same.map(|(_, count)| count).sum();
            return (gone > 0.0).then_some(Evidence::Known(gone));
        };
        let mut gone = 0.0;
        for (node, count) in &self.nodes {
            if node.rsplit_once('.').is_none_or(|(own, _)| own != family) {
                continue;
            }
            let Some((_, units)) = normalized(node) else {
                return Some(Evidence::unavailable(format!("the size of {node} is not known")));
            };
            gone += count * units / size;
        }
        (gone > 0.0).then_some(Evidence::Known(gone))
    }

    /// Whether it runs what the reservation is for; where that is told of EC2 alone in words that both share.
    fn runs(&self, offer: &ReservationOffer) -> bool {
        match (&self.resource.config, &offer.platform) {
            (ResourceConfig::Ec2Instance(instance), Some(platform)) => {
                platform.starts_with(&instance.platform)
            }
            _ => true,
        }
    }
}

const COMPUTE: &[SavingsPlanType] = &[SavingsPlanType::Compute];
const INSTANCE: &[SavingsPlanType] = &[SavingsPlanType::Compute, SavingsPlanType::Ec2Instance];

/// What a change takes away at on-demand prices: its saving is only the share of it that no commitment pays for.
/// All that the resource costs where that share tells nothing.
fn at_list_prices(change: Change<'_>, commitments: Option<&Commitments>) -> Evidence<MonthlyUsd> {
    let share = commitments.and_then(|all| all.uncovered(change.resource.kind())).unwrap_or(1.0);
    match change.saving {
        Saving::Exact(amount) | Saving::Estimated(amount) if share > 0.0 => {
            Evidence::Known(MonthlyUsd::from_units(amount.micros(), 1.0 / share))
        }
        _ => change.resource.monthly_cost.clone(),
    }
}

/// The classes of a cluster's instances.
fn members<'a>(world: &'a World, cluster: &'a Resource) -> impl Iterator<Item = &'a str> {
    world.of_kind(ResourceKind::RdsDbInstance).filter_map(move |resource| match &resource.config {
        ResourceConfig::RdsDbInstance(db)
            if db.cluster_id.as_ref() == Some(&cluster.id)
                && (&resource.account, &resource.region) == (&cluster.account, &cluster.region) =>
        {
            Some(db.class.as_str())
        }
        _ => None,
    })
}

/// Instances that ran within the look-back and are stopped now.
fn stopped(world: &World) -> impl Iterator<Item = Lost<'_>> {
    let length = SignedDuration::from_hours(24 * i64::from(LOOK_BACK_DAYS));
    let begin = world.manifest.taken_at - length;
    world.of_kind(ResourceKind::Ec2Instance).filter_map(move |resource| {
        let ResourceConfig::Ec2Instance(instance) = &resource.config else { return None };
        let until = instance.stopped_at.filter(|_| instance.state == "stopped")?;
        let from = instance.launched_at.unwrap_or(begin).max(begin);
        let ran = until.duration_since(from);
        (instance.lifecycle == "on-demand" && ran.is_positive()).then(|| Lost {
            resource,
            plans: INSTANCE,
            service: Some(ReservableService::Ec2),
            monthly: world.manifest.prices.instance_with(
                &resource.region,
                &instance.instance_type,
                &instance.platform,
                &instance.tenancy,
            ),
            nodes: vec![(instance.instance_type.clone(), 1.0)],
            share: ran.as_secs_f64() / length.as_secs_f64(),
        })
    })
}
