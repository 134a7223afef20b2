//! What a check may look at beside the resource it judges.

use std::{cell::OnceCell, collections::BTreeMap};

use jiff::Timestamp;
use miyabi_types::{
    commitments::after::{Change, CommitmentAfter, after},
    evidence::{Evidence, Unavailable},
    finding::Saving,
    id::AccountId,
    money::MonthlyUsd,
    pricing::{PriceSheet, Rate, ebs::SNAPSHOT_GIB},
    resource::{Resource, ResourceConfig, ResourceKind},
    world::{Scope, World},
};

use crate::{limit::Limit, mentions::mentions, rules::Limits};

/// The World around the resource, and the time it was seen.
#[derive(Debug)]
pub struct Context<'a> {
    /// The World.
    pub world: &'a World,
    by_id: BTreeMap<(ResourceKind, &'a str), Vec<&'a Resource>>,
    by_kind: BTreeMap<ResourceKind, Vec<&'a Resource>>,
    by_mention: BTreeMap<(ResourceKind, &'a str), Vec<&'a Resource>>,
    by_security_group: BTreeMap<&'a str, Vec<&'a Resource>>,
    counts: BTreeMap<(ResourceKind, &'a AccountId), usize>,
    interfaces: BTreeMap<&'a str, Vec<&'a Resource>>,
    commitments: OnceCell<Vec<CommitmentAfter>>,
    limits: Limits,
}

impl<'a> Context<'a> {
    /// The context of `world`.
    pub fn new(world: &'a World) -> Self {
        let mut by_id: BTreeMap<_, Vec<_>> = BTreeMap::new();
        let mut by_kind: BTreeMap<_, Vec<_>> = BTreeMap::new();
        let mut by_mention: BTreeMap<_, Vec<_>> = BTreeMap::new();
        let mut by_security_group: BTreeMap<_, Vec<_>> = BTreeMap::new();
        let mut counts = BTreeMap::new();
        let mut interfaces: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for resource in &world.resources {
            *counts.entry((resource.kind(), &resource.account)).or_insert(0) += 1;
            by_id.entry((resource.kind(), resource.id.as_str())).or_default().push(resource);
            by_kind.entry(resource.kind()).or_default().push(resource);
            for named in mentions(resource) {
                by_mention.entry((resource.kind(), named)).or_default().push(resource);
            }
            if let ResourceConfig::Ec2NetworkInterface(interface) = &resource.config
                && let Some(instance) = &interface.instance_id
            {
                interfaces.entry(instance.as_str()).or_default().push(resource);
            }
            for group in security_groups(&resource.config) {
                by_security_group.entry(group.as_str()).or_default().push(resource);
            }
        }
        Self {
            world,
            by_id,
            by_kind,
            by_mention,
            by_security_group,
            counts,
            interfaces,
            commitments: OnceCell::new(),
            limits: Limits::new(),
        }
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
        // ARNs are sorted, so that no index is needed.
        let at = self.world.resources.binary_search_by(|one| one.arn.as_str().cmp(arn)).ok()?;
        let found = &self.world.resources[at];
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
        self.counts.get(&(kind, &near.account)).copied().unwrap_or(0)
    }

    /// The resources of this kind in the same account and region as `near`, or why they could not be listed.
    pub fn all(
        &self,
        kind: ResourceKind,
        near: &Resource,
    ) -> Result<Vec<&'a Resource>, &'a Unavailable> {
        if let Some(why) = self.unseen(kind, near) {
            return Err(why);
        }
        let of_kind = self.by_kind.get(&kind).into_iter().flatten().copied();
        Ok(of_kind.filter(|r| r.account == near.account && r.region == near.region).collect())
    }

    /// The resources of this kind in the same account as `near`, in whatever region, or why those of a
    /// region could not be listed.
    pub fn all_of_account(
        &self,
        kind: ResourceKind,
        near: &Resource,
    ) -> Result<Vec<&'a Resource>, &'a Unavailable> {
        let mut unseen = self.world.unseen(kind);
        if let Some((_, why)) = unseen.find(|(at, _)| at.account == near.account) {
            return Err(why);
        }
        let of_kind = self.by_kind.get(&kind).into_iter().flatten().copied();
        Ok(of_kind.filter(|r| r.account == near.account).collect())
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
        let scope = Scope { account: near.account.clone(), region: near.region.clone() };
        self.world.unseen(kind).find(|(at, _)| **at == scope).map(|(_, why)| why)
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
