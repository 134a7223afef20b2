//! What a check may look at beside the resource it judges.

use std::{cell::OnceCell, collections::BTreeMap};

use jiff::Timestamp;
use miyabi_types::{
    commitments::after::{Change, CommitmentAfter, after},
    evidence::{Evidence, Unavailable},
    finding::Saving,
    id::{AccountId, Region},
    money::MonthlyUsd,
    pricing::{PriceSheet, Rate, ebs::SNAPSHOT_GIB},
    resource::{Resource, ResourceConfig, ResourceKind},
    world::World,
};

use crate::{limit::Limit, mentions::mentions, rules::Limits};

/// Resources by what they are looked for: the order is that of the World.
type Index<'a, K> = BTreeMap<K, Vec<&'a Resource>>;

/// The World around the resource, and the time it was seen.
#[derive(Debug)]
pub struct Context<'a> {
    /// The World.
    pub world: &'a World,
    by_id: Index<'a, (ResourceKind, &'a str)>,
    by_kind: BTreeMap<ResourceKind, Index<'a, &'a AccountId>>,
    by_mention: Index<'a, (ResourceKind, &'a str)>,
    by_security_group: Index<'a, &'a str>,
    interfaces: Index<'a, &'a str>,
    /// Why kinds could not be listed, by kind and account, then by region.
    unseen: BTreeMap<(ResourceKind, &'a AccountId), BTreeMap<&'a Region, &'a Unavailable>>,
    commitments: OnceCell<Vec<CommitmentAfter>>,
    limits: Limits,
}

impl<'a> Context<'a> {
    /// The context of `world`. Whatever a check asks is looked up, so that judging stays linear in resources.
    pub fn new(world: &'a World) -> Self {
        let mut context = Self {
            world,
            by_id: Index::new(),
            by_kind: BTreeMap::new(),
            by_mention: Index::new(),
            by_security_group: Index::new(),
            interfaces: Index::new(),
            unseen: BTreeMap::new(),
            commitments: OnceCell::new(),
            limits: Limits::new(),
        };
        for resource in &world.resources {
            let kind = resource.kind();
            context.by_id.entry((kind, resource.id.as_str())).or_default().push(resource);
            let accounts = context.by_kind.entry(kind).or_default();
            accounts.entry(&resource.account).or_default().push(resource);
            for named in mentions(resource) {
                context.by_mention.entry((kind, named)).or_default().push(resource);
            }
            if let ResourceConfig::Ec2NetworkInterface(interface) = &resource.config
                && let Some(instance) = &interface.instance_id
            {
                context.interfaces.entry(instance.as_str()).or_default().push(resource);
            }
            for group in security_groups(&resource.config) {
                context.by_security_group.entry(group.as_str()).or_default().push(resource);
            }
        }
        for kind in ResourceKind::ALL {
            for (scope, why) in world.unseen(*kind) {
                let regions = context.unseen.entry((*kind, &scope.account)).or_default();
                regions.entry(&scope.region).or_insert(why);
            }
        }
        context
    }

    /// The resources of these kinds, wherever they are.
    pub fn of_kinds(&self, kinds: &[ResourceKind]) -> impl Iterator<Item = &'a Resource> {
        let accounts = kinds.iter().filter_map(|kind| self.by_kind.get(kind));
        accounts.flat_map(BTreeMap::values).flatten().copied()
    }

    /// The resources of this kind in the account of `near`, in whatever region.
    fn of_account(&self, kind: ResourceKind, near: &Resource) -> &[&'a Resource] {
        let of_kind = self.by_kind.get(&kind).and_then(|accounts| accounts.get(&near.account));
        of_kind.map(Vec::as_slice).unwrap_or_default()
    }

    /// Counts what `changes` take away of the use that is worth committing to; the first time counts.
    pub fn change<'b>(&self, changes: impl IntoIterator<Item = Change<'b>>)
    where
        'a: 'b,
    {
        self.commitments.get_or_init(|| after(self.world, changes));
    }

    /// What is worth committing to once changes are done; as things are, where none were told.
    pub fn commitments_after(&self) -> &[CommitmentAfter] {
        self.commitments.get_or_init(|| after(self.world, []))
    }

    /// The same with figures that the tenant set.
    #[must_use]
    pub fn with_limits(self, limits: &Limits) -> Self {
        Self { limits: limits.clone(), ..self }
    }

    /// The figure that `limit` stands for: the tenant's, or the default.
    pub fn limit(&self, limit: &Limit) -> f64 {
        self.limits.get(limit.name).copied().unwrap_or(limit.default)
    }

    /// List prices.
    pub fn prices(&self) -> &'a PriceSheet {
        &self.world.manifest.prices
    }

    /// The time at which ages are counted: when the World was sealed, so that judging it again says the same.
    pub fn now(&self) -> Timestamp {
        self.world.manifest.taken_at
    }

    /// Whole days from `then` until now; negative for the future.
    pub fn days_since(&self, then: Timestamp) -> i64 {
        self.now().duration_since(then).as_hours() / 24
    }

    /// The resource of this kind and id in the same account and region as `near`.
    pub fn find(&self, kind: ResourceKind, id: &str, near: &Resource) -> Option<&'a Resource> {
        self.by_id
            .get(&(kind, id))?
            .iter()
            .copied()
            .find(|r| r.account == near.account && r.region == near.region)
    }

    /// The resource of this kind with this ARN, in the account and region of `near`.
    pub fn by_arn(&self, kind: ResourceKind, arn: &str, near: &Resource) -> Option<&'a Resource> {
        let found = self.world.find(arn)?;
        let here = found.account == near.account && found.region == near.region;
        (here && found.kind() == kind).then_some(found)
    }

    /// The resources of this kind, in the account and region of `near`, that name `id`; see [`mentions`].
    pub fn naming<'b>(
        &'b self,
        kind: ResourceKind,
        id: &'b str,
        near: &'b Resource,
    ) -> impl Iterator<Item = &'a Resource> + use<'a, 'b> {
        let named = self.by_mention.get(&(kind, id)).map(Vec::as_slice).unwrap_or_default();
        named.iter().copied().filter(move |r| r.account == near.account && r.region == near.region)
    }

    /// How many resources of this kind the account of `near` has.
    pub fn count(&self, kind: ResourceKind, near: &Resource) -> usize {
        self.of_account(kind, near).len()
    }

    /// The resources of this kind in the same account and region as `near`, or why they could not be listed.
    /// Of one resource in a region or two: a check that asks this of each of many is quadratic.
    pub fn all(
        &self,
        kind: ResourceKind,
        near: &Resource,
    ) -> Result<Vec<&'a Resource>, &'a Unavailable> {
        if let Some(why) = self.unseen(kind, near) {
            return Err(why);
        }
        let of_account = self.of_account(kind, near).iter().copied();
        Ok(of_account.filter(|r| r.region == near.region).collect())
    }

    /// The resource of this kind and id in the same account as `near`, in whatever region, or why those of
    /// a region could not be listed.
    pub fn find_in_account(
        &self,
        kind: ResourceKind,
        id: &str,
        near: &Resource,
    ) -> Result<Option<&'a Resource>, &'a Unavailable> {
        self.seen_in_account(kind, near)?;
        let mut found = self.by_id.get(&(kind, id)).into_iter().flatten().copied();
        Ok(found.find(|r| r.account == near.account))
    }

    /// The resources of this kind in the same account as `near`, in whatever region, or why those of a
    /// region could not be listed.
    pub fn all_of_account(
        &self,
        kind: ResourceKind,
        near: &Resource,
    ) -> Result<&[&'a Resource], &'a Unavailable> {
        self.seen_in_account(kind, near)?;
        Ok(self.of_account(kind, near))
    }

    fn seen_in_account(&self, kind: ResourceKind, near: &Resource) -> Result<(), &'a Unavailable> {
        let unseen = self.unseen.get(&(kind, &near.account));
        unseen.and_then(|regions| regions.values().next()).map_or(Ok(()), |why| Err(*why))
    }

    /// Whether a resource of this kind and id was seen anywhere.
    pub fn is_known(&self, kind: ResourceKind, id: &str) -> bool {
        self.by_id.contains_key(&(kind, id))
    }

    /// The network interfaces that are attached to the instance `resource`.
    pub fn interfaces_of(&self, resource: &Resource) -> impl Iterator<Item = &'a Resource> {
        let interfaces = self.interfaces.get(resource.id.as_str());
        interfaces
            .into_iter()
            .flatten()
            .copied()
            .filter(move |r| r.account == resource.account && r.region == resource.region)
    }

    /// Whatever is known to be in the security group `group`.
    pub fn members(&self, group: &Resource) -> impl Iterator<Item = &'a Resource> {
        let members = self.by_security_group.get(group.id.as_str());
        members
            .into_iter()
            .flatten()
            .copied()
            .filter(move |r| r.account == group.account && r.region == group.region)
    }

    /// Why resources of `kind` near `resource` could not be listed, if they could not.
    pub fn unseen(&self, kind: ResourceKind, near: &Resource) -> Option<&'a Unavailable> {
        self.unseen.get(&(kind, &near.account))?.get(&near.region).copied()
    }

    /// Why a fact that `api` would have told of `resource` is not known.
    pub fn why_unknown(&self, api: &str, resource: &Resource) -> Unavailable {
        self.world
            .manifest
            .scopes
            .iter()
            .filter(|s| s.scope.account == resource.account && s.scope.region == resource.region)
            .flat_map(|scope| &scope.coverage)
            .filter(|coverage| coverage.api.as_str() == api)
            .find_map(|coverage| coverage.result.get().err().cloned())
            .unwrap_or_else(|| Unavailable::because(format!("{api} did not say")))
    }

    /// The list price of `resource`, as discovery computed it.
    pub fn cost(&self, resource: &Resource) -> Option<MonthlyUsd> {
        resource.monthly_cost.known().copied()
    }

    /// What `resource` would cost with this configuration and the same use.
    pub fn cost_as(&self, resource: &Resource, config: ResourceConfig) -> Option<MonthlyUsd> {
        let changed = Resource { config, ..resource.clone() };
        self.prices().monthly_cost(&changed).known().copied()
    }

    /// What changing `resource` to this configuration saves; `None` where it is known to save nothing.
    pub fn saving_as(&self, resource: &Resource, config: ResourceConfig) -> Option<Saving> {
        match (self.cost(resource), self.cost_as(resource, config)) {
            (Some(before), Some(after)) if before > after => Some(Saving::Exact(before - after)),
            (Some(_), Some(_)) => None,
            _ => Some(Saving::Unknown),
        }
    }

    /// What `units` of `rate` cost a month where `resource` is.
    pub fn rate(&self, resource: &Resource, rate: &Rate, units: f64) -> Option<MonthlyUsd> {
        self.prices().monthly(&resource.region, rate, units).known().copied()
    }

    /// The share `share` (0 to 1) of what `resource` costs, as an estimate.
    pub fn share(&self, resource: &Resource, share: f64) -> Saving {
        self.cost(resource).map_or(Saving::Unknown, |cost| {
            Saving::Estimated(MonthlyUsd::from_units(cost.micros(), share))
        })
    }

    /// What a full snapshot of `size_gib` costs: the most that a backup of a volume can.
    pub fn snapshot_cost(&self, resource: &Resource, size_gib: u32) -> Evidence<MonthlyUsd> {
        self.prices().monthly(&resource.region, &SNAPSHOT_GIB, f64::from(size_gib))
    }
}

/// The security groups that something is in.
fn security_groups(config: &ResourceConfig) -> &[String] {
    match config {
        ResourceConfig::Ec2Instance(it) => &it.security_group_ids,
        ResourceConfig::Ec2NetworkInterface(it) => &it.security_group_ids,
        ResourceConfig::Ec2VpcEndpoint(it) => &it.security_group_ids,
        ResourceConfig::Ec2ClientVpnEndpoint(it) => &it.security_group_ids,
        ResourceConfig::LoadBalancer(it) => &it.security_group_ids,
        ResourceConfig::ClassicLoadBalancer(it) => &it.security_group_ids,
        ResourceConfig::LambdaFunction(it) => &it.security_group_ids,
        ResourceConfig::RdsDbInstance(it) => &it.security_group_ids,
        ResourceConfig::RdsDbCluster(it) => &it.security_group_ids,
        ResourceConfig::RdsDbProxy(it) => &it.security_group_ids,
        ResourceConfig::ElastiCacheCluster(it) => &it.security_group_ids,
        ResourceConfig::OpenSearchDomain(it) => &it.security_group_ids,
        ResourceConfig::RedshiftCluster(it) => &it.security_group_ids,
        ResourceConfig::EcsService(it) => &it.security_group_ids,
        _ => &[],
    }
}
