//! What is written as code: the members of an estate, and how one is found by what others call it.

use std::collections::{BTreeMap, BTreeSet};

use miyabi_types::{
    id::{AccountId, Region},
    resource::{ManagedBy, Resource, ResourceConfig, ResourceKind, Tags},
    world::{Scope, World},
};

use serde_json::Value;

use super::{code::Language, expr::Link, kinds, secret};

/// The World's resources by what AWS calls them.
pub type Ids<'w> = BTreeMap<(&'w Region, ResourceKind, &'w str), &'w Resource>;

/// What a member is. Some things are known only by the resource that uses them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum What {
    /// The resource itself.
    Itself(ResourceKind),
    /// The instance profile that hands a role to instances.
    InstanceProfile,
    /// The subnet group of a database.
    DbSubnetGroup,
}

/// Something that is written as code.
#[derive(Debug, Clone)]
pub struct Member<'w> {
    pub resource: &'w Resource,
    pub what: What,
    /// The id that AWS's API takes; of an instance profile its ARN, of a subnet group its name.
    pub id: &'w str,
    /// The region whose code it is part of: its own, or of a global resource the account's home.
    pub region: Region,
}

impl Member<'_> {
    /// What it is called where names are made: its `Name` tag, its own name, else nothing. AWS's own
    /// things, mostly unnamed, are called by where they are.
    pub fn wanted_name(&self) -> String {
        let tag =
            self.resource.tags.get("Name").map(String::as_str).filter(|name| !name.is_empty());
        let wanted = match (self.what, &self.resource.config) {
            (What::InstanceProfile | What::DbSubnetGroup, _) => self.short_id(),
            (_, ResourceConfig::Ec2SecurityGroup(group)) => tag.unwrap_or(&group.group_name),
            (_, ResourceConfig::Ec2Vpc(vpc)) if vpc.is_default && tag.is_none() => {
                self.resource.region.as_str()
            }
            (_, ResourceConfig::Ec2Subnet(subnet)) if subnet.default_for_az && tag.is_none() => {
                &subnet.availability_zone
            }
            (_, ResourceConfig::KmsKey(key)) => tag
                .or_else(|| key.aliases.known()?.first()?.strip_prefix("alias/"))
                .unwrap_or_default(),
            // A name of its own is steadier than a tag.
            _ if !self.id.contains('-') || !self.resource.kind().as_str().contains("::EC2::") => {
                self.resource.name.as_deref().unwrap_or(tag.unwrap_or_default())
            }
            _ => tag.or(self.resource.name.as_deref()).unwrap_or_default(),
        };
        // A name that looks like a secret is no name.
        if secret::looks_secret(wanted) { String::new() } else { wanted.to_owned() }
    }

    /// Its id without prefix and path, for telling equal names apart: `vpc-0ab` → `0ab`.
    pub fn short_id(&self) -> &str {
        let last = self.id.rsplit('/').next().unwrap_or(self.id);
        match last.split_once('-') {
            Some((_, id)) if self.id == last && self.resource.kind().as_str().contains("EC2") => id,
            _ => last,
        }
    }

    /// The account and region whose code it is part of.
    pub fn scope(&self) -> Scope {
        Scope { account: self.resource.account.clone(), region: self.region.clone() }
    }

    /// A warning for whoever takes it over: it may belong to code already, or its tags hide a secret.
    pub fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        if !matches!(self.what, What::Itself(_)) {
            return notes;
        }
        match &self.resource.managed_by {
            ManagedBy::CloudFormation { stack, logical_id } => notes.push(format!(
                "Owned by CloudFormation stack {stack}{}. Two owners undo each other's changes: retain it there and take it out of the stack before adopting it here.",
                logical_id.as_ref().map(|id| format!(" as {id}")).unwrap_or_default()
            )),
            owner => notes.extend(owner.tool().map(|tool| format!(
                "Its tags say that {tool} owns it already. Two owners undo each other's changes: adopt it in one place."
            ))),
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
        tags(self.resource)
    }

    /// Keys of tags whose values must not be written.
    pub fn secret_tag_keys(&self) -> Vec<&str> {
        own_tags(self.resource)
            .filter(|(key, value)| secret::is_secret(key, value))
            .map(|(key, _)| key.as_str())
            .collect()
    }
}

// Tags that begin with `aws:` belong to AWS; nobody else can set them.
fn own_tags(resource: &Resource) -> impl Iterator<Item = (&String, &String)> {
    resource.tags.iter().filter(|(key, _)| !key.starts_with("aws:"))
}

/// Tags as code may hold them: without AWS's own and without secrets.
pub fn tags(resource: &Resource) -> Tags {
    let shown = own_tags(resource).filter(|(key, value)| !secret::is_secret(key, value));
    shown.map(|(key, value)| (key.clone(), value.clone())).collect()
}

/// Whether code can hold every tag of a resource that somebody gave it.
pub fn has_all_tags(resource: &Resource) -> bool {
    resource.tags_unavailable.is_none() && tags(resource).len() == own_tags(resource).count()
}

/// Everything that is written as code, sorted by account, region, kind and id.
#[derive(Debug)]
pub struct Estate<'w> {
    pub members: Vec<Member<'w>>,
    /// What was left out, and why.
    pub left_out: Vec<(&'w Resource, String)>,
    by_id: BTreeMap<(&'w AccountId, What, &'w str), Vec<usize>>,
    by_arn: BTreeMap<&'w str, usize>,
    ids: Ids<'w>,
    /// Internet gateways by the VPC that they are attached to.
    gateways: BTreeMap<&'w str, usize>,
}

impl<'w> Estate<'w> {
    /// The estate of a World.
    pub fn of(world: &'w World) -> Self {
        Self::with(world, world.resources.iter())
    }

    /// The same with these resources in the place of the World's own.
    pub fn with(world: &'w World, resources: impl Iterator<Item = &'w Resource> + Clone) -> Self {
        let homes = homes(world, resources.clone());
        let ids: Ids<'w> =
            resources.clone().map(|r| ((&r.region, r.kind(), r.id.as_str()), r)).collect();
        let (mut members, mut left_out) = (Vec::new(), Vec::new());
        let mut subnet_groups = BTreeSet::new();
        for resource in resources {
            if !kinds::is_written(resource.kind()) {
                continue;
            }
            let global = resource.region.is_global();
            let region = if global { &homes[&resource.account] } else { &resource.region };
            let member = |what, id| Member { resource, what, id, region: region.clone() };
            match kinds::why_not(&ids, resource) {
                Some(why) => left_out.push((resource, why)),
                None => {
                    members.push(member(What::Itself(resource.kind()), resource.id.as_str()));
                }
            }
            match &resource.config {
                ResourceConfig::IamRole(role) => {
                    let profiles = role.instance_profiles.iter();
                    members.extend(profiles.map(|arn| member(What::InstanceProfile, arn.as_str())));
                }
                ResourceConfig::RdsDbInstance(db) => {
                    if let Some(group) = db.subnet_group.as_deref().filter(|g| *g != "default")
                        && !db.subnet_ids.is_empty()
                        && subnet_groups.insert((&resource.account, &resource.region, group))
                    {
                        members.push(member(What::DbSubnetGroup, group));
                    }
                }
                _ => {}
            }
        }
        members.sort_by(|a, b| {
            (&a.resource.account, &a.region, a.what, a.id).cmp(&(
                &b.resource.account,
                &b.region,
                b.what,
                b.id,
            ))
        });
        left_out.sort_by(|a, b| a.0.arn.cmp(&b.0.arn));
        let (mut by_id, mut by_arn) = (BTreeMap::<_, Vec<usize>>::new(), BTreeMap::new());
        for (at, member) in members.iter().enumerate() {
            by_id.entry((&member.resource.account, member.what, member.id)).or_default().push(at);
            match member.what {
                What::Itself(_) => by_arn.insert(member.resource.arn.as_str(), at),
                What::InstanceProfile => by_arn.insert(member.id, at),
                What::DbSubnetGroup => None,
            };
        }
        let gateways = members.iter().enumerate().flat_map(|(at, member)| {
            let vpcs = match &member.resource.config {
                ResourceConfig::Ec2InternetGateway(gateway) => gateway.vpc_ids.as_slice(),
                _ => &[],
            };
            vpcs.iter().map(move |vpc| (vpc.as_str(), at))
        });
        let gateways = gateways.collect();
        Self { members, left_out, by_id, by_arn, ids, gateways }
    }

    /// The member that `from` calls by an id, a name or an ARN; nothing if it is not written as code.
    pub fn find(&self, from: usize, what: What, handle: &str) -> Option<usize> {
        if handle.starts_with("arn:") {
            return self.by_arn.get(handle).copied();
        }
        let from = &self.members[from];
        let found = self.by_id.get(&(&from.resource.account, what, handle))?;
        let near = found.iter().find(|at| self.members[**at].region == from.region);
        let global = |at: &&usize| self.members[**at].resource.region.is_global();
        // Names of buckets are unique in the world; those of global resources in the account.
        let bucket = what == What::Itself(ResourceKind::S3Bucket);
        near.or_else(|| found.iter().find(global))
            .or_else(|| found.first().filter(|_| bucket))
            .copied()
    }

    /// What a text is or begins with, if that is the ARN of something that is written as code: the whole text,
    /// or all of it before some `/` or `:`.
    fn named_by<'t>(&self, text: &'t str) -> Option<(&'t str, usize)> {
        let ends = text.match_indices(['/', ':']).map(|(end, _)| end).chain([text.len()]);
        let mut heads = ends.collect::<Vec<_>>().into_iter().rev().map(|end| &text[..end]);
        heads.find_map(|head| Some((head, *self.by_arn.get(head)?)))
    }

    /// What the texts of a document name by an ARN that `language` can tell of it.
    pub fn named_in(&self, language: Language, document: &Value) -> Vec<Link> {
        let mut links = BTreeMap::new();
        let mut open = vec![document];
        while let Some(part) = open.pop() {
            match part {
                Value::String(text) if text.starts_with("arn:") => {
                    if let Some((arn, to)) = self.named_by(text)
                        && let Some(attribute) = kinds::arn(language, self.members[to].what)
                    {
                        let link = Link { to, attribute, literal: arn.to_owned(), weak: true };
                        links.insert(arn, link);
                    }
                }
                Value::Array(items) => open.extend(items),
                Value::Object(fields) => open.extend(fields.values()),
                _ => {}
            }
        }
        links.into_values().collect()
    }

    /// The resource of this kind and id beside `from`, whether it is written as code or not.
    pub fn beside(&self, from: usize, kind: ResourceKind, id: &str) -> Option<&'w Resource> {
        self.ids.get(&(&self.members[from].resource.region, kind, id)).copied()
    }

    /// The internet gateway of a VPC.
    pub fn gateway_of(&self, vpc: &str) -> Option<usize> {
        self.gateways.get(vpc).copied()
    }

    /// Scopes with members, sorted.
    pub fn scopes(&self) -> BTreeSet<Scope> {
        self.members.iter().map(Member::scope).collect()
    }

    /// Whether more than one account is in it.
    pub fn has_many_accounts(&self) -> bool {
        self.members.windows(2).any(|pair| pair[0].resource.account != pair[1].resource.account)
    }
}

/// The region that takes an account's global resources: where AWS keeps them if that was looked at,
/// else the first that was.
fn homes<'w>(
    world: &'w World,
    resources: impl Iterator<Item = &'w Resource>,
) -> BTreeMap<&'w AccountId, Region> {
    let mut regions: BTreeMap<&AccountId, BTreeSet<&Region>> = BTreeMap::new();
    for scope in world.manifest.scopes.iter().map(|scope| &scope.scope) {
        let seen = regions.entry(&scope.account).or_default();
        seen.extend((!scope.region.is_global()).then_some(&scope.region));
    }
    for resource in resources {
        let seen = regions.entry(&resource.account).or_default();
        seen.extend((!resource.region.is_global()).then_some(&resource.region));
    }
    let home = |regions: BTreeSet<&Region>| {
        let usual = ["us-east-1", "cn-north-1", "us-gov-west-1"];
        let usual = regions.iter().find(|region| usual.contains(&region.as_str()));
        usual.or_else(|| regions.first()).map_or_else(
            || Region::parse("us-east-1").expect("a region's name"),
            |region| (**region).clone(),
        )
    };
    regions.into_iter().map(|(account, regions)| (account, home(regions))).collect()
}
