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
    finding::{Finding, Saving},
    id::{Arn, FindingId},
    plan::{Plan, Proposal},
    resource::{Resource, ResourceKind, Tags},
    standard::Standard,
    world::World,
};

use crate::{check::Check, iac::secret, plain::plain, registry, standards};

/// What Miyabi calls itself where a format asks for the product.
const PRODUCT: &str = "Miyabi for AWS";
/// The version that a format asks for.
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The findings of `plan`, which was made of `world`: path below the cycle and text.
pub fn render(world: &World, plan: &Plan) -> Vec<(String, String)> {
    let export = Export::new(world, plan);
    let mut files = vec![
        ("actions.csv".to_owned(), table::actions(plan)),
        ("findings.csv".to_owned(), table::findings(&export)),
        ("findings.json".to_owned(), json::render(&export)),
        ("findings.ocsf.json".to_owned(), ocsf::render(&export)),
        ("findings.sarif".to_owned(), sarif::render(&export)),
    ];
    files.extend(asff::render(&export));
    files
}

/// A plan as formats read it.
struct Export<'p> {
    plan: &'p Plan,
    items: Vec<Item<'p>>,
    checks: BTreeMap<&'static str, Check>,
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
        Self { plan, items, checks }
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

fn to_text(value: &serde_json::Value) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default() + "\n"
}

#[cfg(test)]
mod tests;
