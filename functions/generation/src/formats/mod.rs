//! What other people's pipelines read: the findings of a plan as JSON, CSV, SARIF, ASFF and OCSF.
//!
//! Each format holds every finding once, exempt ones marked in the format's own way, under the same id.

mod asff;
mod json;
mod ocsf;
mod sarif;
mod table;

use std::collections::{BTreeMap, BTreeSet};

use miyabi_types::{
    exemption::Exemption,
    finding::{Finding, NotEvaluated, Saving},
    id::{Arn, FindingId},
    plan::{Plan, Proposal},
    resource::{Resource, ResourceKind, Tags},
    standard::Standard,
    world::World,
};
use serde::{Serialize, Serializer};
use serde_json::Value;

use crate::{check::Check, iac::secret, plain::plain, registry, standards};

/// What Miyabi calls itself where a format asks for the product.
const PRODUCT: &str = "Miyabi for AWS";
/// The version that a format asks for.
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Writes a format.
type Write = fn(&Export<'_>) -> String;

/// Every format: its path below the cycle, and what writes it.
const FORMATS: [(&str, Write); 5] = [
    ("actions.csv", table::actions),
    ("findings.csv", table::findings),
    ("findings.json", json::render),
    ("findings.ocsf.json", ocsf::render),
    ("findings.sarif", sarif::render),
];

/// The findings of a plan, ready to be written.
pub struct Formats<'p>(Export<'p>);

impl<'p> Formats<'p> {
    /// Those of `plan`, which was made of `world`.
    pub fn new(world: &'p World, plan: &'p Plan) -> Self {
        Self(Export::new(world, plan))
    }

    /// Path below the cycle and text of each. One is made after another, because all of them together may not
    /// fit into memory.
    pub fn texts(&self) -> impl Iterator<Item = (String, String)> {
        let export = &self.0;
        let whole = FORMATS.iter().map(move |(path, write)| ((*path).to_owned(), write(export)));
        whole.chain(asff::requests(export))
    }
}

/// A plan as formats read it.
struct Export<'p> {
    plan: &'p Plan,
    items: Vec<Item<'p>>,
    checks: BTreeMap<&'static str, Check>,
    /// Ids of the checks that found something or could not judge, sorted.
    rules: Vec<&'p str>,
}

/// A finding with everything that formats say of it.
struct Item<'p> {
    finding: &'p Finding,
    exemption: Option<&'p Exemption>,
    proposals: Vec<&'p Proposal>,
    standards: BTreeSet<Standard>,
    tags: Option<&'p Tags>,
}

impl<'p> Export<'p> {
    fn new(world: &'p World, plan: &'p Plan) -> Self {
        let resources: BTreeMap<&Arn, &Resource> =
            world.resources.iter().map(|resource| (&resource.arn, resource)).collect();
        let mut proposals: BTreeMap<&FindingId, Vec<&Proposal>> = BTreeMap::new();
        for proposal in &plan.proposals {
            for finding in &proposal.findings {
                proposals.entry(finding).or_default().push(proposal);
            }
        }
        let assessment = &plan.assessment;
        let exempted = assessment.exempted.iter().map(|exempted| {
            (&exempted.finding, assessment.exemption(exempted).map(|used| &used.exemption))
        });
        let open = assessment.findings.iter().map(|finding| (finding, None));
        let mut items: Vec<Item<'_>> = open
            .chain(exempted)
            .map(|(finding, exemption)| Item {
                finding,
                exemption,
                proposals: proposals.remove(&finding.id).unwrap_or_default(),
                standards: finding.controls.iter().flat_map(standards::of).collect(),
                tags: resources.get(&finding.resource).map(|resource| &resource.tags),
            })
            .collect();
        items.sort_by(|a, b| a.finding.id.cmp(&b.finding.id));
        let checks = registry::all().into_iter().map(|check| (check.id, check)).collect();
        let silent = assessment.not_evaluated.iter().map(|gap| gap.check.as_str());
        let rules: BTreeSet<&str> =
            items.iter().map(|item| item.finding.check.as_str()).chain(silent).collect();
        Self { plan, items, checks, rules: rules.into_iter().collect() }
    }

    /// The findings as a list, each made by `make` (from its row) while it is written.
    fn each<'e>(&'e self, make: fn(&Export<'p>, usize, &Item<'p>) -> Value) -> Each<'e, 'p> {
        Each { export: self, make }
    }

    /// What could not be judged as a list, each made by `make` while it is written.
    fn gaps<'e>(&'e self, make: fn(&Export<'p>, &NotEvaluated) -> Value) -> Gaps<'e, 'p> {
        Gaps { export: self, make }
    }
}

/// A list of findings. A plan may hold a hundred thousand: no format holds all of them before they are text.
struct Each<'e, 'p> {
    export: &'e Export<'p>,
    make: fn(&Export<'p>, usize, &Item<'p>) -> Value,
}

impl Serialize for Each<'_, '_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let items = self.export.items.iter().enumerate();
        serializer.collect_seq(items.map(|(row, item)| (self.make)(self.export, row, item)))
    }
}

/// A list of what could not be judged.
struct Gaps<'e, 'p> {
    export: &'e Export<'p>,
    make: fn(&Export<'p>, &NotEvaluated) -> Value,
}

impl Serialize for Gaps<'_, '_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let gaps = &self.export.plan.assessment.not_evaluated;
        serializer.collect_seq(gaps.iter().map(|gap| (self.make)(self.export, gap)))
    }
}

impl Item<'_> {
    /// What mends it, in words, where a change does.
    fn remedy(&self) -> String {
        match self.proposals.first() {
            Some(proposal) => format!("{} ({})", proposal.summary, proposal.action.id),
            None if self.exemption.is_some() => "It is exempt.".into(),
            None => "A person must act: no change that can be undone mends it.".into(),
        }
    }
}

/// The partition of an ARN: `aws`, `aws-cn`, `aws-us-gov`.
fn partition(arn: &Arn) -> &str {
    arn.as_str().split(':').nth(1).filter(|part| !part.is_empty()).unwrap_or("aws")
}

/// Dollars a month; absent where the amount is not known, or there is no money in it.
fn dollars(saving: Saving) -> Option<f64> {
    match saving {
        Saving::None | Saving::Unknown => None,
        Saving::Exact(amount) | Saving::Estimated(amount) => {
            Some((amount.usd() * 100.0).round() / 100.0)
        }
    }
}

/// How sure a saving is.
const fn certainty(saving: Saving) -> &'static str {
    match saving {
        Saving::None => "none",
        Saving::Exact(_) => "exact",
        Saving::Estimated(_) => "estimated",
        Saving::Unknown => "unknown",
    }
}

/// A tag's value, unless it looks like a secret.
fn public_tags(tags: &Tags) -> impl Iterator<Item = (&String, &String)> {
    tags.iter().filter(|(key, value)| !secret::is_secret(key, value))
}

/// The CloudFormation type of a finding's resource.
const fn type_of(kind: ResourceKind) -> &'static str {
    kind.as_str()
}

fn to_text(value: &impl Serialize) -> String {
    // Texts and numbers alone: nothing in them that JSON could not say.
    serde_json::to_string(value).unwrap_or_default() + "\n"
}

#[cfg(test)]
mod tests;
