//! What other people's pipelines read: the findings of a plan as JSON, CSV, SARIF, ASFF and OCSF.
//!
//! Each format holds every finding once, exempt ones marked in the format's own way, under the same id.

mod asff;
mod json;
mod object;
mod ocsf;
mod sarif;
mod table;

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
};

use miyabi_types::{
    exemption::Exemption,
    finding::{Finding, NotEvaluated, Saving},
    id::{Arn, FindingId},
    plan::{Plan, Proposal},
    resource::{ResourceKind, Tags},
    standard::Standard,
    world::World,
};
use serde::{Serialize, Serializer};

use crate::{
    check::Check,
    iac::secret,
    plain::{cut, plain, whole},
    registry, standards,
};

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

/// The tags of resources with a finding: all that formats take from a World, which so need not stay in memory
/// beside them.
pub struct FoundTags(BTreeMap<Arn, Tags>);

impl FoundTags {
    /// Those of `plan`, which was made of `world`.
    pub fn new(world: &World, plan: &Plan) -> Self {
        let assessment = &plan.assessment;
        let exempted = assessment.exempted.iter().map(|exempted| &exempted.finding);
        let found = assessment.findings.iter().chain(exempted).map(|finding| &finding.resource);
        let tagged = |arn: &Arn| Some((arn.clone(), world.find(arn.as_str())?.tags.clone()));
        Self(found.collect::<BTreeSet<_>>().into_iter().filter_map(tagged).collect())
    }
}

/// The findings of a plan, ready to be written.
pub struct Formats<'p>(Export<'p>);

impl<'p> Formats<'p> {
    /// Those of `plan`.
    pub fn new(tags: &'p FoundTags, plan: &'p Plan) -> Self {
        Self(Export::new(tags, plan))
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
    /// Texts of the finding as they may be shown: every format asks for them.
    title: Cow<'p, str>,
    evidence: Cow<'p, str>,
    label: Cow<'p, str>,
    exemption: Option<&'p Exemption>,
    proposals: Vec<&'p Proposal>,
    standards: BTreeSet<Standard>,
    tags: Option<&'p Tags>,
}

impl<'p> Export<'p> {
    fn new(tags: &'p FoundTags, plan: &'p Plan) -> Self {
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
                title: whole(&finding.title),
                evidence: whole(&finding.evidence),
                label: whole(&finding.label),
                exemption,
                proposals: proposals.remove(&finding.id).unwrap_or_default(),
                standards: finding.controls.iter().flat_map(standards::of).collect(),
                tags: tags.0.get(&finding.resource),
            })
            .collect();
        items.sort_by(|a, b| a.finding.id.cmp(&b.finding.id));
        let checks = registry::all().into_iter().map(|check| (check.id, check)).collect();
        let silent = assessment.not_evaluated.iter().map(|gap| gap.check.as_str());
        let rules: BTreeSet<&str> =
            items.iter().map(|item| item.finding.check.as_str()).chain(silent).collect();
        Self { plan, items, checks, rules: rules.into_iter().collect() }
    }

    /// The findings as a list, each made by `make` (from its row) while it is written: no format holds all
    /// of them before they are text.
    fn each<'e, T: Serialize>(
        &'e self,
        make: impl Fn(&'e Self, usize, &'e Item<'p>) -> T,
    ) -> impl Serialize {
        list(&self.items, move |row, item| make(self, row, item))
    }

    /// What could not be judged as a list, each made by `make` while it is written.
    fn gaps<'e, T: Serialize>(
        &'e self,
        make: impl Fn(&'e Self, &'e NotEvaluated) -> T,
    ) -> impl Serialize {
        list(&self.plan.assessment.not_evaluated, move |_, gap| make(self, gap))
    }
}

/// A list of what `make` makes of each, and of its row, while it is written.
const fn list<'l, X, T: Serialize, F: Fn(usize, &'l X) -> T>(
    all: &'l [X],
    make: F,
) -> List<'l, X, F> {
    List(all, make)
}

/// See [`list`].
struct List<'l, X, F>(&'l [X], F);

impl<'l, X, T: Serialize, F: Fn(usize, &'l X) -> T> Serialize for List<'l, X, F> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let rows = self.0.iter().enumerate();
        serializer.collect_seq(rows.map(|(row, one)| (self.1)(row, one)))
    }
}

impl Item<'_> {
    /// What mends it, in words, where a change does.
    fn remedy(&self) -> Cow<'static, str> {
        match self.proposals.first() {
            Some(proposal) => {
                format!("{} ({})", whole(&proposal.summary), proposal.action.id).into()
            }
            None if self.exemption.is_some() => "It is exempt.".into(),
            None => "A person must act: no change that can be undone mends it.".into(),
        }
    }

    /// The changes that mend it.
    fn actions(&self) -> impl Serialize {
        list(&self.proposals, |_, proposal| proposal.action.id.as_str())
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

/// The tags whose values do not look like secrets.
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
