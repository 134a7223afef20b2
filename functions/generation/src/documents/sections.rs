//! What both documents have: changes in order, what is exempt, what differs, what could not be judged, how
//! to go on.

use std::collections::{BTreeMap, BTreeSet};

use miyabi_types::{
    evidence::Unavailable,
    finding::{Category, Finding, NotEvaluated, Place, Saving},
    money::MonthlyUsd,
    plan::Plan,
    plan_diff::{ActionFate, FindingFate},
    world::World,
};

use super::{
    changes::in_words,
    markdown::{Cell, Document, code, code_span, inline, lines, text},
    view::View,
};
use crate::registry;

/// What is shown at least.
const CENT: MonthlyUsd = MonthlyUsd::from_micros(5_000);

/// The saving with how sure it is.
pub fn saving(saving: Saving) -> Cell {
    text(match saving {
        Saving::None => "–".to_owned(),
        // What is rounded to nothing is something.
        Saving::Exact(amount) | Saving::Estimated(amount)
            if amount > MonthlyUsd::ZERO && amount < CENT =>
        {
            "below $0.01".to_owned()
        }
        Saving::Exact(amount) => format!("{amount} exact"),
        Saving::Estimated(amount) => format!("{amount} estimated"),
        Saving::Unknown => "not known".to_owned(),
    })
}

/// Whose plan this is, of when.
pub fn heading(document: &mut Document, view: &View<'_>) {
    let accounts = view.accounts();
    document.paragraph(format!(
        "Tenant {}, cycle {}, account{} {}, as seen at {}. Nothing has been changed.",
        code_span(view.plan.tenant.as_str()),
        code_span(&view.plan.cycle.to_string()),
        if accounts.len() == 1 { "" } else { "s" },
        accounts.into_iter().map(code_span).collect::<Vec<_>>().join(", "),
        view.seen_at(),
    ));
}

/// `1 change`, `2 changes`.
pub fn plural(count: usize, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}

/// `1 unit of work`, `2 units of work`.
pub fn units_of_work(work: u32) -> String {
    format!("{} of work", plural(work as usize, "unit"))
}

/// Findings counted by severity, worst first.
pub fn by_severity<'p>(document: &mut Document, findings: impl Iterator<Item = &'p Finding>) {
    let mut counts = BTreeMap::new();
    for finding in findings {
        *counts.entry(finding.severity).or_insert(0_u64) += 1;
    }
    if counts.is_empty() {
        document.paragraph("Nothing was found.");
    } else {
        let rows = counts.iter().rev().map(|(severity, n)| vec![text(severity.as_str()), text(n)]);
        document.table(&["Severity", ">Findings"], rows);
    }
}

/// What differs from the last plan, as far as this document is about it.
pub fn since_last(document: &mut Document, view: &View<'_>, about: Category) {
    document.section("What changed since the last plan");
    let Some(diff) = &view.plan.since_last else {
        document.paragraph("There is no earlier plan to compare with.");
        return;
    };
    let permille = |score: Option<u32>| {
        score.map_or("not known".into(), |s| format!("{}.{} %", s / 10, s % 10))
    };
    let figures = match about {
        Category::Cost => format!(
            "List price {} → {}, saving on offer {} → {}.",
            diff.monthly_cost.before, diff.monthly_cost.now, diff.saving.before, diff.saving.now
        ),
        Category::Security => format!(
            "Security score {} → {}.",
            permille(diff.score_permille.before),
            permille(diff.score_permille.now)
        ),
    };
    document.paragraph(format!(
        "Compared with the plan of cycle {}, made at {}. {figures}",
        code_span(&diff.cycle.to_string()),
        diff.made_at
    ));
    let concerns = |saving: Saving| match about {
        Category::Cost => saving != Saving::None,
        Category::Security => saving == Saving::None,
    };
    let mut rows: Vec<Vec<Cell>> = Vec::new();
    for change in diff.findings.iter().filter(|change| concerns(change.saving)) {
        let details = match &change.fate {
            FindingFate::Changed(lines) => lines.join("; "),
            _ => String::new(),
        };
        rows.push(vec![
            lines([text(change.fate.as_str()), text(details)]),
            text("finding"),
            text(change.severity.as_str()),
            text(&change.title),
            lines([text(&change.label), text(format!("{} · {}", change.account, change.region))]),
        ]);
    }
    for change in diff.actions.iter().filter(|change| concerns(change.saving)) {
        let details = match &change.fate {
            ActionFate::Changed(lines) => lines.join("; "),
            _ => String::new(),
        };
        rows.push(vec![
            lines([text(change.fate.as_str()), text(details)]),
            text("change"),
            text("–"),
            text(in_words(change.operation)),
            text(&change.label),
        ]);
    }
    if rows.is_empty() {
        document.paragraph("Nothing else differs.");
    } else {
        document.table(&["What became of it", "", "Severity", "What", "Resource"], rows);
    }
}

/// What is exempt, by whom and until when, with every exemption that is used, unused or expired.
pub fn exempt(document: &mut Document, plan: &Plan, about: Category) {
    let assessment = &plan.assessment;
    if assessment.exemptions.is_empty() {
        return;
    }
    document.section("What is exempt");
    document.paragraph(
        "An exempt finding is ignored in every score, as Security Hub ignores what is suppressed, and comes back on \
         the day after the exemption's last. An exemption that covers nothing can go.",
    );
    let rows = assessment.exemptions.iter().enumerate().map(|(index, used)| {
        let exemption = &used.exemption;
        vec![
            text(index + 1),
            text(used.standing.as_str()),
            text(used.findings),
            text(exemption.until.map_or("–".into(), |day| day.to_string())),
            text(&exemption.owner),
            text(&exemption.reason),
            lines(scope_of(exemption)),
        ]
    });
    document.table(&[">#", "Standing", ">Findings", "Until", "Owner", "Reason", "Covers"], rows);
    let concerned: Vec<_> =
        assessment.exempted.iter().filter(|e| e.finding.category == about).collect();
    if concerned.is_empty() {
        return;
    }
    let rows = concerned.into_iter().map(|exempted| {
        let mut row = finding_row(&exempted.finding);
        row.push(text(exempted.exemption + 1));
        row
    });
    document.table(&["Severity", "Finding", "Resource", "Evidence", ">Exemption"], rows);
}

/// What an exemption covers, one line a field.
fn scope_of(exemption: &miyabi_types::exemption::Exemption) -> Vec<Cell> {
    let lists = [
        ("checks", &exemption.checks),
        ("accounts", &exemption.accounts),
        ("regions", &exemption.regions),
        ("resources", &exemption.resources),
    ];
    let tags = exemption.tags.iter().map(|(key, value)| text(format!("tag {key}: {value}")));
    lists
        .into_iter()
        .filter(|(_, list)| !list.is_empty())
        .map(|(name, list)| text(format!("{name}: {}", list.join(", "))))
        .chain(tags)
        .collect()
}

/// What could not be judged and which IAM action would change that.
pub fn not_judged(
    document: &mut Document,
    view: &View<'_>,
    concerns: impl Fn(&NotEvaluated) -> bool,
) {
    document.section("What could not be judged");
    let unseen = unseen(view.world);
    if !unseen.is_empty() {
        document
            .paragraph("These reads failed, so nothing is known of what they would have shown:");
        document.table(&["Read", "Where", "Reason", "Grant"], unseen);
    }
    // By reason, so that one missing permission is one row.
    let mut reasons: BTreeMap<&Unavailable, (BTreeSet<&str>, BTreeSet<String>)> = BTreeMap::new();
    for gap in view.plan.assessment.not_evaluated.iter().filter(|gap| concerns(gap)) {
        let (checks, places) = reasons.entry(&gap.why).or_default();
        checks.insert(gap.check.as_str());
        places.insert(match &gap.place {
            Place::Scope(scope) => format!("all in {} {}", scope.account, scope.region),
            Place::Resource(arn) => arn.resource().to_owned(),
        });
    }
    if reasons.is_empty() {
        document.paragraph("Every check could judge every resource that was seen.");
        return;
    }
    let rows = reasons.into_iter().map(|(why, (checks, places))| {
        vec![
            text(&why.reason),
            grant(why),
            few(checks.into_iter().map(code)),
            few(places.into_iter().map(text)),
        ]
    });
    document.paragraph("Checks that had to stay silent. None of this counts as good:");
    document.table(&["Reason", "Grant", "Checks", "Where"], rows);
}

fn unseen(world: &World) -> Vec<Vec<Cell>> {
    let mut rows = Vec::new();
    for scope in &world.manifest.scopes {
        let place = || text(format!("{} {}", scope.scope.account, scope.scope.region));
        for coverage in &scope.coverage {
            if let Err(why) = coverage.result.get() {
                rows.push(vec![code(&coverage.api), place(), text(&why.reason), grant(why)]);
            }
        }
    }
    rows
}

/// A sentence on the IAM action that would show it, if one would.
pub fn grant_note(why: &Unavailable) -> String {
    match &why.missing_permission {
        Some(action) if why.takes_a_grant() => format!(" Grant `{action}` to see it."),
        Some(action) => format!(" To see it, that policy has to let `{action}` through."),
        None => String::new(),
    }
}

fn grant(why: &Unavailable) -> Cell {
    why.missing_permission.as_ref().map_or_else(|| text("–"), code)
}

/// Most texts in one cell or sentence.
pub const FEW: usize = 5;

/// The first few of many, one a line; a dash for none. The others are never made.
pub fn few(cells: impl IntoIterator<Item = Cell, IntoIter: ExactSizeIterator>) -> Cell {
    let cells = cells.into_iter();
    if cells.len() == 0 {
        return text("–");
    }
    let left = cells.len().saturating_sub(FEW);
    let rest = (left > 0).then(|| text(format!("and {left} more")));
    lines(cells.take(FEW).chain(rest))
}

/// Which figures the tenant set; nothing where all are the defaults.
pub fn limits(document: &mut Document, plan: &Plan) {
    let set = &plan.assessment.limits;
    if set.is_empty() {
        return;
    }
    let known = registry::limits(&registry::all());
    let told = set.iter().map(|(name, figure)| match known.get(name.as_str()) {
        Some(limit) => {
            format!("{}: {figure} {} (default {})", code_span(name), limit.unit, limit.default)
        }
        None => format!("{}: {figure}", code_span(name)),
    });
    document.paragraph(format!(
        "Figures of the settings that checks compared with: {}.",
        told.collect::<Vec<_>>().join(", ")
    ));
}

/// How to approve, refuse and undo.
pub fn next_steps(document: &mut Document, plan: &Plan) {
    document.section("Next steps");
    let cycle = plan.cycle;
    if plan.proposals.is_empty() {
        document.paragraph("There is nothing to approve: this plan proposes no change.");
        return;
    }
    document.steps([
        "Go through the changes above; leave out what is needed as it is. A tag `miyabi:exempt` on a resource keeps every change off it; an exemption in the settings accepts a finding, with owner, reason and end date.".to_owned(),
        format!("Approve all of them with `cargo xtask approve {cycle}`, or some with `--only` and their action ids."),
        format!("Refuse with `cargo xtask reject {cycle} --reason \"…\"`. What nobody decides on expires and is not done."),
        "In mode `observe` (the default) nothing waits and nothing is changed: run the cycle in mode `approve` to act on this plan.".to_owned(),
        format!("Each change is backed up, checked against this plan, verified, and undone if the account gets worse. Undo the whole cycle at any later time with `cargo xtask rollback {cycle}`."),
        "Afterwards the account is read again, and the saving and the score are measured, not assumed.".to_owned(),
    ]);
}

/// A finding as a table row: severity, what, where, evidence.
pub fn finding_row(finding: &Finding) -> Vec<Cell> {
    vec![
        text(finding.severity.as_str()),
        text(&finding.title),
        lines([text(&finding.label), text(&finding.region)]),
        text(&finding.evidence),
    ]
}

/// Where list prices come from: the Price List, a snapshot of it, or both.
pub fn prices_note(world: &World) -> String {
    let prices = &world.manifest.prices;
    let listed = prices.published().map(|(first, last)| {
        let when =
            if first == last { first.to_string() } else { format!("between {first} and {last}") };
        format!("List prices of the AWS Price List, published {when}.")
    });
    let services = prices.of_snapshot();
    if services.is_empty() {
        return listed.unwrap_or_else(|| "List prices of unknown date.".to_owned());
    }
    let date =
        prices.as_of.map_or_else(|| "of unknown date".to_owned(), |date| format!("of {date}"));
    let sources = match prices.sources.as_slice() {
        [] => String::new(),
        sources => format!(" ({})", inline(&sources.join("; "))),
    };
    match listed {
        None => format!("List prices {date}, from a snapshot{sources}."),
        Some(listed) => {
            let services: Vec<_> = services.iter().map(|service| service.code()).collect();
            let services = services.join(", ");
            format!(
                "{listed} Prices {date}, from a snapshot, where it could not be asked: {services}{sources}."
            )
        }
    }
}
