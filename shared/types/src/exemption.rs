//! Exemptions as code: findings that somebody answers for, until a day.
//!
//! An exempt finding is recorded as such and left out of every score, as Security Hub leaves out what is
//! suppressed. It comes back on the day after the exemption's last.

use std::{collections::BTreeMap, fmt};

use jiff::civil::Date;
use regex::Regex;
use serde::{Deserialize, Serialize};

use crate::{
    id::{CheckId, ControlId},
    resource::Resource,
};

/// Findings that are accepted. Every list is of regular expressions that must match the whole text, any of
/// them; an empty list matches everything; at least one must not be empty.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Exemption {
    /// Ids of checks (`s3_bucket_.*`), or of controls that they decide (`S3\.(5|9)`).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub checks: Vec<String>,
    /// Account ids.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub accounts: Vec<String>,
    /// Regions; `aws-global` for global services.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub regions: Vec<String>,
    /// ARNs, ids or names of resources.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub resources: Vec<String>,
    /// Tags by key, all of which a resource must carry. A resource whose tags could not be read has none.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, String>,
    /// Who answers for it.
    pub owner: String,
    /// Why.
    pub reason: String,
    /// The last day (UTC) on which it holds.
    pub until: Option<Date>,
}

/// What is wrong with a setting: the field, and what to write instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The field, for example `exemptions[2].resources[0]`.
    pub field: String,
    /// What is wrong and what mends it.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.field, self.message)
    }
}

/// What became of an exemption when a World was judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// It covers findings.
    Used,
    /// It covers nothing that was found: it can go.
    Unused,
    /// Its last day is over: what it covered is back.
    Expired,
}

impl Standing {
    /// The standing as people read it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Used => "used",
            Self::Unused => "unused",
            Self::Expired => "expired",
        }
    }
}

/// An exemption of the settings with what became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExemptionUse {
    /// The exemption.
    pub exemption: Exemption,
    /// What became of it.
    pub standing: Standing,
    /// Findings that it covers; of one that is expired, findings that it no longer covers.
    pub findings: u64,
}

/// Exemptions, ready to be asked.
#[derive(Debug, Clone, Default)]
pub struct Exemptions {
    rules: Vec<Rule>,
}

#[derive(Debug, Clone)]
struct Rule {
    exemption: Exemption,
    checks: Patterns,
    accounts: Patterns,
    regions: Patterns,
    resources: Patterns,
    tags: Vec<(String, Regex)>,
}

impl Exemptions {
    /// Checks and prepares `exemptions`, or says everything that is wrong with them.
    pub fn new(exemptions: &[Exemption]) -> Result<Self, Vec<Problem>> {
        let mut problems = Vec::new();
        let rules = exemptions
            .iter()
            .enumerate()
            .map(|(index, exemption)| Rule::new(index, exemption, &mut problems))
            .collect();
        if problems.is_empty() { Ok(Self { rules }) } else { Err(problems) }
    }

    /// Those that held when an assessment was made, from what it records.
    pub fn held(uses: &[ExemptionUse]) -> Self {
        let held: Vec<Exemption> = uses
            .iter()
            .filter(|used| used.standing != Standing::Expired)
            .map(|used| used.exemption.clone())
            .collect();
        Self::new(&held).unwrap_or_default()
    }

    /// Their definitions, in order.
    pub fn iter(&self) -> impl Iterator<Item = &Exemption> {
        self.rules.iter().map(|rule| &rule.exemption)
    }

    /// The one at `index`.
    pub fn get(&self, index: usize) -> Option<&Exemption> {
        self.rules.get(index).map(|rule| &rule.exemption)
    }

    /// Whether there are none.
    pub const fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }

    /// The indexes of those that cover what `check`, which decides `controls`, says of `resource`,
    /// whether or not they have expired.
    pub fn covering<'a>(
        &'a self,
        check: &'a CheckId,
        controls: impl IntoIterator<Item = &'a ControlId> + Clone,
        resource: &'a Resource,
    ) -> impl Iterator<Item = usize> {
        self.rules
            .iter()
            .enumerate()
            .filter(move |(_, rule)| rule.covers(check, controls.clone(), resource))
            .map(|(index, _)| index)
    }
}

impl Exemption {
    /// Whether it holds on `day`.
    pub fn holds_on(&self, day: Date) -> bool {
        self.until.is_some_and(|until| day <= until)
    }
}

impl Rule {
    fn new(index: usize, exemption: &Exemption, problems: &mut Vec<Problem>) -> Self {
        let at = |field: &str| format!("exemptions[{index}].{field}");
        let mut problem = |field: String, message: &str| {
            problems.push(Problem { field, message: message.to_owned() });
        };
        if exemption.owner.trim().is_empty() {
            problem(at("owner"), "is missing: name the person or team that answers for it");
        }
        if exemption.reason.trim().is_empty() {
            problem(at("reason"), "is missing: say why the finding is accepted");
        }
        if exemption.until.is_none() {
            problem(at("until"), "is missing: give the last day on which it holds, as YYYY-MM-DD");
        }
        let lists = [
            ("checks", &exemption.checks),
            ("accounts", &exemption.accounts),
            ("regions", &exemption.regions),
            ("resources", &exemption.resources),
        ];
        if exemption.tags.is_empty() && lists.iter().all(|(_, list)| list.is_empty()) {
            problem(
                format!("exemptions[{index}]"),
                "exempts everything: name checks, accounts, regions, resources or tags",
            );
        }
        let [checks, accounts, regions, resources] =
            lists.map(|(field, list)| Patterns::new(&at(field), list, problems));
        let tags = exemption
            .tags
            .iter()
            .filter_map(|(key, pattern)| {
                Some((key.clone(), whole(&at(&format!("tags.{key}")), pattern, problems)?))
            })
            .collect();
        Self { exemption: exemption.clone(), checks, accounts, regions, resources, tags }
    }

    fn covers<'a>(
        &self,
        check: &'a CheckId,
        controls: impl IntoIterator<Item = &'a ControlId>,
        resource: &Resource,
    ) -> bool {
        self.accounts.fit([resource.account.as_str()])
            && self.regions.fit([resource.region.as_str()])
            && self.checks.fit(
                std::iter::once(check.as_str()).chain(controls.into_iter().map(ControlId::as_str)),
            )
            && self.resources.fit(
                [resource.arn.as_str(), resource.id.as_str()]
                    .into_iter()
                    .chain(resource.name.as_deref()),
            )
            && self.tags.iter().all(|(key, pattern)| {
                resource.tags.get(key).is_some_and(|value| pattern.is_match(value))
            })
    }
}

/// A list of regular expressions; absent where the list is empty and anything fits.
#[derive(Debug, Clone)]
struct Patterns(Option<Vec<Regex>>);

impl Patterns {
    fn new(field: &str, patterns: &[String], problems: &mut Vec<Problem>) -> Self {
        let mut compile = |(index, pattern): (usize, &String)| {
            whole(&format!("{field}[{index}]"), pattern, problems)
        };
        let compiled = patterns.iter().enumerate().filter_map(&mut compile).collect();
        Self((!patterns.is_empty()).then_some(compiled))
    }

    fn fit<'a>(&self, texts: impl IntoIterator<Item = &'a str>) -> bool {
        match &self.0 {
            None => true,
            Some(patterns) => {
                texts.into_iter().any(|text| patterns.iter().any(|p| p.is_match(text)))
            }
        }
    }
}

/// `pattern` as an expression that matches whole texts.
fn whole(field: &str, pattern: &str, problems: &mut Vec<Problem>) -> Option<Regex> {
    // Alone first: wrapped, `a)(b` would pass.
    let regex = Regex::new(pattern).and_then(|_| Regex::new(&format!("^(?:{pattern})$")));
    match regex {
        Ok(regex) if !pattern.is_empty() => Some(regex),
        Ok(_) => {
            let message = "is empty: write `.*` for any text".to_owned();
            problems.push(Problem { field: field.to_owned(), message });
            None
        }
        Err(error) => {
            // The library's message draws the place over several lines; its last line says what is wrong.
            let what = error.to_string();
            let what = what.lines().last().unwrap_or_default().trim_start_matches("error: ");
            let message = format!(
                "{pattern:?} is not a regular expression ({what}): put a backslash before what is meant literally"
            );
            problems.push(Problem { field: field.to_owned(), message });
            None
        }
    }
}

#[cfg(test)]
mod tests;
