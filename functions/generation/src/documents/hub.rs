//! What AWS Security Hub says, beside what Miyabi judged itself.

use std::collections::{BTreeMap, BTreeSet};

use miyabi_types::{
    finding::{Finding, Place},
    id::{AccountId, Arn, ControlId, Region},
    plan::Plan,
    resource::{Resource, ResourceKind},
    security_hub::SecurityHubFinding,
    world::{Scope, World},
};

use super::{
    markdown::{Cell, Document, code, inline, text},
    sections,
    view::View,
};
use crate::registry;

/// What the ids of findings begin with that were made here and imported there.
const OWN: &str = "miyabi/";

/// Most differences that are shown.
const MOST: usize = 50;

/// What Security Hub says of one control on one thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Says {
    Passed,
    /// By any of its findings: there is one for each standard where they are not consolidated.
    Failed,
}

impl Says {
    fn of(finding: &SecurityHubFinding) -> Option<Self> {
        match finding.compliance.as_deref()? {
            "PASSED" => Some(Self::Passed),
            "FAILED" => Some(Self::Failed),
            _ => None,
        }
    }

    const fn as_str(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed => "failed",
        }
    }
}

/// Security Hub's judgements, by what they are about.
#[derive(Default)]
pub struct Hub<'p> {
    /// Whether any were read.
    pub known: bool,
    resources: BTreeMap<(&'p ControlId, &'p Arn), Says>,
    /// Those of an account as a whole in a region.
    accounts: BTreeMap<(&'p ControlId, &'p AccountId, &'p Region), Says>,
    /// The same in any region.
    anywhere: BTreeMap<(&'p ControlId, &'p AccountId), Says>,
}

impl<'p> Hub<'p> {
    pub fn of(world: &'p World) -> Self {
        let mut hub = Self::default();
        for (scope, findings) in &world.security_hub {
            let Some(findings) = findings.known() else { continue };
            hub.known = true;
            for finding in findings {
                hub.add(world, scope, finding);
            }
        }
        hub
    }

    fn add(&mut self, world: &'p World, scope: &'p Scope, finding: &'p SecurityHubFinding) {
        let (Some(control), Some(says)) = (&finding.control, Says::of(finding)) else { return };
        let worse = |before: &mut Says| *before = says.max(*before);
        for resource in finding.resources.iter().filter_map(|id| world.meant_by(id)) {
            if resource.kind() == ResourceKind::Account {
                let (account, region) = (&scope.account, &scope.region);
                worse(self.accounts.entry((control, account, region)).or_insert(says));
                worse(self.anywhere.entry((control, account)).or_insert(says));
            } else {
                worse(self.resources.entry((control, &resource.arn)).or_insert(says));
            }
        }
    }

    /// What it says of what `finding` is about.
    pub fn says(&self, finding: &Finding) -> Option<Says> {
        finding.controls.iter().filter_map(|control| self.says_of(control, finding)).max()
    }

    fn says_of(&self, control: &ControlId, finding: &Finding) -> Option<Says> {
        let Finding { resource, account, region, .. } = finding;
        let of_resource = self.resources.get(&(control, resource));
        let of_account = || {
            if region.is_global() {
                // What is of no region is judged in each.
                self.anywhere.get(&(control, account))
            } else {
                self.accounts.get(&(control, account, region))
            }
        };
        of_resource.or_else(of_account).copied()
    }

    /// The same as a cell.
    pub fn cell(&self, finding: &Finding) -> Cell {
        text(self.says(finding).map_or("–", Says::as_str))
    }

    /// What it says of the control on what these findings are about, counted.
    pub fn count(&self, control: &ControlId, findings: &[&Finding]) -> Cell {
        let mut counts: BTreeMap<Says, u64> = BTreeMap::new();
        for says in findings.iter().filter_map(|finding| self.says_of(control, finding)) {
            *counts.entry(says).or_default() += 1;
        }
        sections::few(counts.into_iter().map(|(says, n)| text(format!("{n} {}", says.as_str()))))
    }

    /// Headings of a table whose last column is of Security Hub, as far as there is anything in it.
    pub fn beside<'h, 't>(&self, headings: &'h [&'t str]) -> &'h [&'t str] {
        let last = headings.len().saturating_sub(usize::from(!self.known));
        headings.get(..last).unwrap_or(headings)
    }
}

/// Where Security Hub and Miyabi judge a control differently on the same thing.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Difference<'p> {
    control: &'p ControlId,
    label: String,
    there: Says,
    here: &'p str,
}

fn differences<'p>(hub: &Hub<'p>, world: &'p World, plan: &'p Plan) -> Vec<Difference<'p>> {
    let mut found = Vec::new();
    for finding in &plan.assessment.findings {
        for control in &finding.controls {
            if hub.says_of(control, finding) == Some(Says::Passed) {
                let (label, here) = (finding.label.clone(), finding.title.as_str());
                found.push(Difference { control, label, there: Says::Passed, here });
            }
        }
    }
    let ours = Judged::of(plan);
    for (&(control, arn), &there) in &hub.resources {
        let Some(resource) = world.find(arn.as_str()).filter(|_| there == Says::Failed) else {
            continue;
        };
        if ours.passes(control, resource) {
            found.push(Difference { control, label: resource.label(), there, here: NOTHING });
        }
    }
    for (&(control, account, region), &there) in &hub.accounts {
        if there == Says::Failed && ours.passes_in(control, account, region, plan) {
            let label = format!("account {account} in {region}");
            found.push(Difference { control, label, there, here: NOTHING });
        }
    }
    found.sort();
    found.dedup();
    found
}

/// Said here where Security Hub fails a control.
const NOTHING: &str = "nothing found";

/// Where controls are not known to pass by Miyabi's own checks.
struct Judged<'p> {
    resources: BTreeSet<(&'p ControlId, &'p Arn)>,
    scopes: BTreeSet<(&'p ControlId, &'p AccountId, &'p Region)>,
    unknown_scopes: BTreeSet<(&'p ControlId, &'p AccountId, &'p Region)>,
    kinds: BTreeMap<&'static str, BTreeSet<ResourceKind>>,
}

impl<'p> Judged<'p> {
    fn of(plan: &'p Plan) -> Self {
        let mut judged = Self {
            resources: BTreeSet::new(),
            scopes: BTreeSet::new(),
            unknown_scopes: BTreeSet::new(),
            kinds: BTreeMap::new(),
        };
        let assessment = &plan.assessment;
        let exempt = assessment.exempted.iter().map(|exempted| &exempted.finding);
        for finding in assessment.findings.iter().chain(exempt) {
            for control in &finding.controls {
                judged.resources.insert((control, &finding.resource));
                judged.scopes.insert((control, &finding.account, &finding.region));
            }
        }
        for gap in &assessment.not_evaluated {
            for control in &gap.controls {
                match &gap.place {
                    Place::Resource(arn) => _ = judged.resources.insert((control, arn)),
                    Place::Scope(scope) => {
                        judged.unknown_scopes.insert((control, &scope.account, &scope.region));
                    }
                }
            }
        }
        for check in registry::all() {
            for control in check.controls {
                judged.kinds.entry(control).or_default().extend(check.kinds);
            }
        }
        judged
    }

    /// Whether the control is judged on such resources, and nothing is found on this one, nor exempt, nor unknown.
    fn passes(&self, control: &ControlId, resource: &Resource) -> bool {
        let scope = (control, &resource.account, &resource.region);
        self.kinds.get(control.as_str()).is_some_and(|kinds| kinds.contains(&resource.kind()))
            && !self.resources.contains(&(control, &resource.arn))
            && !self.unknown_scopes.contains(&scope)
    }

    /// The same of an account in a region, or in none.
    fn passes_in(
        &self,
        control: &ControlId,
        account: &AccountId,
        region: &Region,
        plan: &Plan,
    ) -> bool {
        let tally = plan.assessment.score.controls.get(control);
        let global = Region::global();
        tally.is_some_and(|tally| tally.passed > 0 && tally.unknown == 0)
            && [region, &global].into_iter().all(|region| {
                let scope = (control, account, region);
                !self.scopes.contains(&scope) && !self.unknown_scopes.contains(&scope)
            })
    }
}

/// What it says, where it is switched on.
pub fn render(document: &mut Document, view: &View<'_>) {
    let View { world, plan, hub, .. } = view;
    if world.security_hub.is_empty() {
        return;
    }
    document.section("What Security Hub says");
    for (scope, findings) in &world.security_hub {
        if let Err(why) = findings.get() {
            document.paragraph(format!(
                "Not known for account `{}` in `{}`: {}.{}",
                scope.account,
                scope.region,
                inline(&why.reason),
                sections::grant_note(why)
            ));
        }
    }
    if !hub.known {
        return;
    }
    let all = || world.security_hub.iter().filter_map(|(_, f)| f.known()).flatten();
    let joined =
        all().filter(|f| f.resources.iter().any(|id| world.meant_by(id).is_some())).count();
    let counted = all().count();
    document.paragraph(format!(
        "{counted} active findings were read; {joined} of them are about what Miyabi saw too."
    ));
    different(document, hub, world, plan);
    not_judged(document, all(), world, plan);
    no_controls(document, all(), world);
}

fn different(document: &mut Document, hub: &Hub<'_>, world: &World, plan: &Plan) {
    let differences = differences(hub, world, plan);
    if differences.is_empty() {
        return;
    }
    // Source: AWS Security Hub User Guide, "Schedule for running security checks" (read 2026-11).
    document.paragraph(format!(
        "{} there and here. Security Hub repeats periodic checks within 12 or 24 hours, so that a difference may be \
         a change since:",
        match differences.len() {
            1 => "1 judgement differs".to_owned(),
            many => format!("{many} judgements differ"),
        }
    ));
    let rows = differences.iter().take(MOST).map(|one| {
        vec![code(one.control), text(&one.label), text(one.there.as_str()), text(one.here)]
    });
    document.table(&["Control", "Resource", "Security Hub", "Miyabi"], rows);
    if let Some(left @ 1..) = differences.len().checked_sub(MOST) {
        document.paragraph(format!("… and {left} more."));
    }
}

/// Controls that only Security Hub judges.
fn not_judged<'p>(
    document: &mut Document,
    all: impl Iterator<Item = &'p SecurityHubFinding>,
    world: &World,
    plan: &Plan,
) {
    let mut failed: BTreeMap<&ControlId, (&str, u64, BTreeSet<String>)> = BTreeMap::new();
    for finding in all.filter(|finding| is_open(finding)) {
        let Some(control) = &finding.control else { continue };
        if Says::of(finding) == Some(Says::Failed)
            && !plan.assessment.score.controls.contains_key(control)
        {
            let (_, count, on) =
                failed.entry(control).or_insert((&finding.title, 0, BTreeSet::new()));
            *count += 1;
            on.extend(labels(world, finding));
        }
    }
    if failed.is_empty() {
        return;
    }
    document.paragraph("Failed there, and not judged by Miyabi (so not part of the score above):");
    let rows = failed.into_iter().map(|(control, (title, count, on))| {
        vec![code(control), text(title), text(count), sections::few(on.into_iter().map(text))]
    });
    document.table(&["Control", "Title", ">Findings", "Resources"], rows);
}

/// What is no control's but is bad: threats, vulnerabilities, what other products found.
fn no_controls<'p>(
    document: &mut Document,
    all: impl Iterator<Item = &'p SecurityHubFinding>,
    world: &World,
) {
    let mut found: BTreeMap<(&str, &str), (u64, BTreeSet<String>)> = BTreeMap::new();
    for finding in all.filter(|finding| is_open(finding) && finding.control.is_none()) {
        let Some(severity @ ("CRITICAL" | "HIGH")) = finding.severity.as_deref() else { continue };
        if finding.compliance.as_deref() == Some("PASSED") || finding.id.starts_with(OWN) {
            continue;
        }
        let (count, on) = found.entry((severity, &finding.title)).or_default();
        *count += 1;
        on.extend(labels(world, finding));
    }
    if found.is_empty() {
        return;
    }
    document.paragraph("Critical and high findings there that are of no control:");
    let rows = found.into_iter().map(|((severity, title), (count, on))| {
        let severity = severity.to_ascii_lowercase();
        vec![text(severity), text(title), text(count), sections::few(on.into_iter().map(text))]
    });
    document.table(&["Severity", "Title", ">Findings", "Resources"], rows);
}

fn is_open(finding: &SecurityHubFinding) -> bool {
    !matches!(finding.workflow.as_deref(), Some("SUPPRESSED" | "RESOLVED"))
}

/// What the resources of a finding are called here; their ids where Miyabi did not see them.
fn labels<'w>(world: &'w World, finding: &'w SecurityHubFinding) -> impl Iterator<Item = String> {
    let label = |id: &String| world.meant_by(id).map_or_else(|| id.clone(), Resource::label);
    finding.resources.iter().map(label)
}
