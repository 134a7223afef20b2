//! What is written as code, and how its parts refer to each other.

use std::collections::{BTreeMap, BTreeSet};

use miyabi_types::{
    id::{AccountId, Region},
    resource::{
        ManagedBy, Resource, ResourceConfig, Tags,
        ec2::{Instance, Peer, SecurityGroup, Subnet, Vpc},
    },
    world::{Scope, World},
};

use super::secret;

/// The configuration of a part.
#[derive(Debug, Clone, Copy)]
pub enum Part<'w> {
    Vpc(&'w Vpc),
    Subnet(&'w Subnet),
    SecurityGroup(&'w SecurityGroup),
    Instance(&'w Instance),
}

/// A resource that is written as code.
#[derive(Debug, Clone, Copy)]
pub struct Member<'w> {
    pub resource: &'w Resource,
    pub part: Part<'w>,
}

impl Member<'_> {
    /// Whether AWS made it by itself: the default VPC, its subnets, and every VPC's own `default`
    /// group. Such a thing can be adopted, but neither created nor deleted at will.
    pub fn is_made_by_aws(&self) -> bool {
        match self.part {
            Part::Vpc(vpc) => vpc.is_default,
            Part::Subnet(subnet) => subnet.default_for_az,
            Part::SecurityGroup(group) => group.group_name == "default",
            Part::Instance(_) => false,
        }
    }

    /// What it is called where names are made: its `Name` tag, a group's name, else nothing. AWS's own
    /// things, mostly unnamed, are called by where they are.
    pub fn wanted_name(&self) -> String {
        let tag =
            self.resource.tags.get("Name").map(String::as_str).filter(|name| !name.is_empty());
        match self.part {
            // A name that looks like a secret is no name.
            _ if tag.is_some_and(secret::looks_secret) => String::new(),
            Part::SecurityGroup(group)
                if tag.is_none() && secret::looks_secret(&group.group_name) =>
            {
                String::new()
            }
            Part::SecurityGroup(group) => tag.unwrap_or(&group.group_name).to_owned(),
            Part::Vpc(_) if self.is_made_by_aws() && tag.is_none() => {
                self.resource.region.to_string()
            }
            Part::Subnet(subnet) if self.is_made_by_aws() && tag.is_none() => {
                subnet.availability_zone.clone()
            }
            _ => tag.unwrap_or_default().to_owned(),
        }
    }

    /// Its id without the prefix, for telling equal names apart: `vpc-0ab` → `0ab`.
    pub fn short_id(&self) -> &str {
        self.resource.id.split_once('-').map_or(self.resource.id.as_str(), |(_, id)| id)
    }

    /// The account and region it is in.
    pub fn scope(&self) -> Scope {
        Scope { account: self.resource.account.clone(), region: self.resource.region.clone() }
    }

    /// A warning for whoever takes it over: it may belong to code already, or its tags hide a secret.
    pub fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        match &self.resource.managed_by {
            ManagedBy::CloudFormation { stack, logical_id } => notes.push(format!(
                "Owned by CloudFormation stack {stack}{}. Two owners undo each other's changes: retain it there and take it out of the stack before adopting it here.",
                logical_id.as_ref().map(|id| format!(" as {id}")).unwrap_or_default()
            )),
            ManagedBy::Terraform => notes.push(
                "Its tags say that Terraform owns it already. Two owners undo each other's changes: adopt it in one place.".into(),
            ),
            ManagedBy::None => {}
        }
        if let Some(why) = &self.resource.tags_unavailable {
            notes.push(format!("Its tags could not be read: {}.", why.reason));
        }
        for key in self.secret_tag_keys() {
            notes.push(format!(
                "Its tag {key:?} seems to hold a secret, which is kept out of this code. Tags are readable by everybody with Describe rights: move it to Secrets Manager."
            ));
        }
        notes
    }

    /// Tags as code may hold them: without AWS's own and without secrets.
    pub fn tags(&self) -> Tags {
        self.own_tags()
            .filter(|(key, value)| !secret::is_secret(key, value))
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect()
    }

    /// Keys of tags whose values must not be written.
    pub fn secret_tag_keys(&self) -> Vec<&str> {
        self.own_tags()
            .filter(|(key, value)| secret::is_secret(key, value))
            .map(|(key, _)| key.as_str())
            .collect()
    }

    // Tags that begin with `aws:` belong to AWS; nobody else can set them.
    fn own_tags(&self) -> impl Iterator<Item = (&String, &String)> {
        self.resource.tags.iter().filter(|(key, _)| !key.starts_with("aws:"))
    }
}

/// Everything that is written as code, sorted by account, region, part and id.
#[derive(Debug)]
pub struct Estate<'w> {
    pub members: Vec<Member<'w>>,
    /// What was left out: its label and why.
    pub left_out: Vec<(&'w Resource, &'static str)>,
    index: BTreeMap<(&'w AccountId, &'w Region, &'w str), usize>,
    // Group → groups that code may refer to from its rules.
    peers: BTreeMap<usize, BTreeSet<usize>>,
}

impl<'w> Estate<'w> {
    /// The estate of a World.
    pub fn of(world: &'w World) -> Self {
        let mut members = Vec::new();
        let mut left_out = Vec::new();
        for resource in &world.resources {
            let part = match &resource.config {
                ResourceConfig::Ec2Vpc(vpc) => Part::Vpc(vpc),
                ResourceConfig::Ec2Subnet(subnet) => Part::Subnet(subnet),
                ResourceConfig::Ec2SecurityGroup(group) if group.vpc_id.is_some() => {
                    Part::SecurityGroup(group)
                }
                ResourceConfig::Ec2Instance(instance) => {
                    if let Some(why) = why_not(instance) {
                        left_out.push((resource, why));
                        continue;
                    }
                    Part::Instance(instance)
                }
                _ => continue,
            };
            members.push(Member { resource, part });
        }
        members.sort_by_key(|member| {
            let rank = match member.part {
                Part::Vpc(_) => 0,
                Part::Subnet(_) => 1,
                Part::SecurityGroup(_) => 2,
                Part::Instance(_) => 3,
            };
            let Resource { account, region, id, .. } = member.resource;
            (account, region, rank, id)
        });
        left_out.sort_by(|a, b| a.0.arn.cmp(&b.0.arn));
        let index = members
            .iter()
            .enumerate()
            .map(|(at, m)| ((&m.resource.account, &m.resource.region, m.resource.id.as_str()), at))
            .collect();
        let mut estate = Self { members, left_out, index, peers: BTreeMap::new() };
        estate.peers = without_circles(&estate.edges());
        estate
    }

    /// Where `id`, as `from` names it, is among the members; nothing if the World does not hold it.
    pub fn find(&self, from: &Member<'_>, id: &str) -> Option<usize> {
        self.index.get(&(&from.resource.account, &from.resource.region, id)).copied()
    }

    /// Where the group `id` is, if code may refer to it from a rule of the group `from`. Groups that
    /// name each other in a circle cannot: neither tool can order them, so their ids are written out.
    pub fn find_peer(&self, from: usize, id: &str) -> Option<usize> {
        let to = self.find(&self.members[from], id)?;
        self.peers.get(&from).is_some_and(|peers| peers.contains(&to)).then_some(to)
    }

    /// For each member, how long the longest chain of references between groups is that begins there.
    pub fn depths(&self) -> Vec<usize> {
        let mut known = vec![None; self.members.len()];
        (0..self.members.len()).map(|at| self.depth(at, &mut known)).collect()
    }

    fn depth(&self, at: usize, known: &mut Vec<Option<usize>>) -> usize {
        if let Some(depth) = known[at] {
            return depth;
        }
        let peers = self.peers.get(&at).into_iter().flatten();
        let depth = peers.map(|to| 1 + self.depth(*to, known)).max().unwrap_or_default();
        known[at] = Some(depth);
        depth
    }

    /// Scopes with members, sorted.
    pub fn scopes(&self) -> BTreeSet<Scope> {
        self.members.iter().map(Member::scope).collect()
    }

    /// Whether more than one account is in it.
    pub fn has_many_accounts(&self) -> bool {
        self.members.windows(2).any(|pair| pair[0].resource.account != pair[1].resource.account)
    }

    fn edges(&self) -> BTreeMap<usize, BTreeSet<usize>> {
        let mut edges: BTreeMap<usize, BTreeSet<usize>> = BTreeMap::new();
        for (at, member) in self.members.iter().enumerate() {
            let Part::SecurityGroup(group) = member.part else { continue };
            for rule in group.ingress.iter().chain(&group.egress) {
                if let Peer::Group(id) = &rule.peer
                    && let Some(to) = self.find(member, id)
                {
                    edges.entry(at).or_default().insert(to);
                }
            }
        }
        edges
    }
}

/// The edges that are on no circle.
fn without_circles(edges: &BTreeMap<usize, BTreeSet<usize>>) -> BTreeMap<usize, BTreeSet<usize>> {
    let free = |from: usize, to: usize| !reaches(edges, to, from);
    edges
        .iter()
        .map(|(from, tos)| {
            (*from, tos.iter().copied().filter(|to| free(*from, *to)).collect::<BTreeSet<_>>())
        })
        .collect()
}

fn reaches(edges: &BTreeMap<usize, BTreeSet<usize>>, from: usize, goal: usize) -> bool {
    let (mut seen, mut open) = (BTreeSet::new(), vec![from]);
    while let Some(at) = open.pop() {
        if at == goal {
            return true;
        }
        if seen.insert(at) {
            open.extend(edges.get(&at).into_iter().flatten());
        }
    }
    false
}

fn why_not(instance: &Instance) -> Option<&'static str> {
    if matches!(instance.state.as_str(), "terminated" | "shutting-down") {
        Some("it is terminated")
    } else if instance.auto_scaling_group.is_some() {
        Some("its Auto Scaling group makes and replaces it")
    } else if instance.lifecycle == "spot" {
        Some("it is a Spot instance, which AWS may take away at any time")
    } else if instance.image_id.is_none() {
        Some("the image it was launched from is not known")
    } else {
        None
    }
}
