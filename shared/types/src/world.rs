//! The World: what exists, what it costs, how busy it is, how exposed it is, and what could not be seen.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    advice::{Advice, Recommendation},
    artifact::{ArtifactKey, Versioned},
    commitments::Commitments,
    costs::CostHistory,
    evidence::{Evidence, Unavailable},
    id::{AccountId, CycleId, IamAction, Region, TenantId},
    money::MonthlyUsd,
    pricing::{self, PriceSheet, Size},
    resource::{Resource, ResourceKind},
    security_hub::{self, SecurityHubFinding},
};

mod line;
mod relations;

/// One unit of scanning: an account in a region, or an account's global services (`aws-global`).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Scope {
    /// The account.
    pub account: AccountId,
    /// The region, or `aws-global`.
    pub region: Region,
}

/// What came of one API call series of one scope.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Coverage {
    /// The IAM action of the call, for example `ec2:DescribeVolumes`.
    pub api: IamAction,
    /// Kinds of resource that are not known without it; empty where the call only adds to
    /// resources that another call lists, and its absence shows as evidence on each of them.
    pub kinds: Vec<ResourceKind>,
    /// How many items were read, or why none could be.
    pub result: Evidence<u64>,
}

/// What one scope holds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ScopeManifest {
    /// The scope.
    pub scope: Scope,
    /// What was and what was not seen.
    pub coverage: Vec<Coverage>,
    /// Resources by kind.
    pub resources: BTreeMap<ResourceKind, u64>,
    /// Their sizes, which have prices of their own, by kind.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub sizes: BTreeMap<ResourceKind, BTreeSet<Size>>,
    /// API calls made.
    pub api_calls: u64,
    /// Cost Explorer requests among them; each is billed.
    pub cost_explorer_requests: u64,
    /// Metrics asked of `CloudWatch`; each is billed.
    #[serde(default)]
    pub metrics_requested: u64,
    /// Where the scope's lines are stored; absent for an inline World.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chunk: Option<ArtifactKey>,
    /// SHA-256 of the stored chunk, in hexadecimal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
}

impl Versioned for ScopeManifest {
    const NAME: &'static str = "scope";
}

/// The table of contents of a World.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WorldManifest {
    /// Whose world.
    pub tenant: TenantId,
    /// Seen by which cycle.
    pub cycle: CycleId,
    /// 0 before acting, 1 after.
    pub sequence: u32,
    /// When it was sealed.
    pub taken_at: Timestamp,
    /// Its scopes, sorted.
    pub scopes: Vec<ScopeManifest>,
    /// The prices that costs were computed with.
    pub prices: PriceSheet,
}

impl Versioned for WorldManifest {
    const NAME: &'static str = "world";
    const VERSION: u16 = 2;

    // Version 1 had a field for each price.
    fn upgrade(version: u16, mut body: Value) -> Option<Value> {
        (version == 1).then(|| {
            pricing::version1::upgrade(&mut body["prices"]);
            body
        })
    }
}

/// One line of a scope's chunk (NDJSON, zstd): an object that first says what it is.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "line", rename_all = "snake_case")]
pub enum ChunkLine {
    /// A resource.
    Resource(Box<Resource>),
    /// The account's cost history (global scope).
    Costs {
        /// The history, or why it is not known.
        costs: Evidence<CostHistory>,
    },
    /// The account's Savings Plans and reservations (global scope).
    Commitments {
        /// What is known of them.
        commitments: Box<Commitments>,
    },
    /// A second opinion.
    Advice {
        /// The call that gave it.
        source: IamAction,
        /// What it recommends, or why that is not known.
        recommendations: Evidence<Vec<Recommendation>>,
    },
    /// Security Hub's findings (regional scope): one line a page of them.
    SecurityHub {
        /// Findings, or why none are known.
        findings: Evidence<Vec<SecurityHubFinding>>,
    },
}

/// Most resources that a manifest is believed to announce.
const MANY: u64 = 1_000_000;

/// A whole World, loaded.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct World {
    /// Its table of contents.
    pub manifest: WorldManifest,
    /// Every resource, sorted by ARN.
    pub resources: Vec<Resource>,
    /// Cost history by account.
    pub costs: BTreeMap<AccountId, Evidence<CostHistory>>,
    /// Savings Plans and reservations by account.
    #[serde(default)]
    pub commitments: BTreeMap<AccountId, Commitments>,
    /// A second opinion, sorted by scope and call.
    #[serde(default)]
    pub advice: Vec<Advice>,
    /// Security Hub's findings by scope, each finding once.
    pub security_hub: Vec<(Scope, Evidence<Vec<SecurityHubFinding>>)>,
}

impl World {
    /// Puts a World together from its manifest and the lines of its chunks: there resources get their costs,
    /// by the manifest's prices.
    pub fn assemble(
        manifest: WorldManifest,
        chunks: impl IntoIterator<Item = (Scope, Vec<ChunkLine>)>,
    ) -> Self {
        let mut world = Self::begin(manifest);
        for (scope, lines) in chunks {
            for line in lines {
                world.add(&scope, line);
            }
        }
        world.finish()
    }

    /// A World without lines yet; see [`Self::add`] and [`Self::finish`].
    pub fn begin(manifest: WorldManifest) -> Self {
        let resources = manifest.scopes.iter().flat_map(|scope| scope.resources.values());
        Self {
            // Grown step by step, it would be in memory twice at each step.
            resources: Vec::with_capacity(resources.sum::<u64>().min(MANY) as usize),
            manifest,
            costs: BTreeMap::new(),
            commitments: BTreeMap::new(),
            advice: Vec::new(),
            security_hub: Vec::new(),
        }
    }

    /// Adds one line of the chunk of `scope`.
    pub fn add(&mut self, scope: &Scope, line: ChunkLine) {
        match line {
            ChunkLine::Resource(mut resource) => {
                resource.monthly_cost = self.manifest.prices.monthly_cost(&resource);
                // The names of the scope are in memory once.
                if resource.account == scope.account && resource.region == scope.region {
                    resource.account.clone_from(&scope.account);
                    resource.region.clone_from(&scope.region);
                }
                self.resources.push(*resource);
            }
            ChunkLine::Costs { costs } => {
                self.costs.insert(scope.account.clone(), costs);
            }
            ChunkLine::Commitments { commitments } => {
                self.commitments.insert(scope.account.clone(), *commitments);
            }
            ChunkLine::Advice { source, recommendations } => {
                self.advice.push(Advice { scope: scope.clone(), source, recommendations });
            }
            ChunkLine::SecurityHub { findings } => match (self.security_hub.last_mut(), findings) {
                (Some((last, Evidence::Known(known))), Evidence::Known(more)) if last == scope => {
                    known.extend(more);
                }
                (_, findings) => self.security_hub.push((scope.clone(), findings)),
            },
        }
    }

    /// The World when all lines were added.
    #[must_use]
    pub fn finish(mut self) -> Self {
        // Where a collector of its own and the generic one both read a resource, the former is kept.
        let is_generic = |resource: &Resource| resource.kind() == ResourceKind::Generic;
        // By keys, because resources are large and keys are not.
        self.resources.sort_by_cached_key(|one| (one.arn.clone(), is_generic(one)));
        self.resources.dedup_by(|later, first| is_generic(later) && later.arn == first.arn);
        relations::resolve(&mut self.resources);
        self.advice.sort_by(|a, b| (&a.scope, &a.source).cmp(&(&b.scope, &b.source)));
        security_hub::each_once(&mut self.security_hub);
        self
    }

    /// The resource with this ARN.
    pub fn find(&self, arn: &str) -> Option<&Resource> {
        let at = self.resources.binary_search_by(|one| one.arn.as_str().cmp(arn)).ok()?;
        self.resources.get(at)
    }

    /// Resources of one kind.
    pub fn of_kind(&self, kind: ResourceKind) -> impl Iterator<Item = &Resource> {
        self.resources.iter().filter(move |resource| resource.kind() == kind)
    }

    /// Scopes in which a kind of resource could not be read, each with the reason.
    pub fn unseen(&self, kind: ResourceKind) -> impl Iterator<Item = (&Scope, &Unavailable)> {
        self.manifest.scopes.iter().flat_map(move |scope| {
            scope.coverage.iter().filter(move |coverage| coverage.kinds.contains(&kind)).filter_map(
                move |coverage| coverage.result.get().err().map(|why| (&scope.scope, why)),
            )
        })
    }

    /// The list price of everything whose price is known.
    pub fn monthly_cost(&self) -> MonthlyUsd {
        self.resources.iter().filter_map(|resource| resource.monthly_cost.known()).copied().sum()
    }
}
