//! `security-plan.md`: how exposed the account is, what is proposed, and what a person must do.

use std::collections::{BTreeMap, BTreeSet};

use miyabi_types::{
    finding::{Category, Finding, Severity},
    id::ControlId,
    plan::Plan,
    score::ControlStatus,
    standard::Standard,
};

use super::{
    changes, hub,
    markdown::{Cell, Document, code, text},
    sections,
    view::View,
};
use crate::standards;

/// The last column, where it is known what Security Hub says.
const HUB: &str = "Security Hub";

pub fn render(view: &View<'_>) -> String {
    let View { plan, .. } = view;
    let mut document = Document::new("Security plan");
    sections::heading(&mut document, view);
    decision(&mut document, view);
    scores(&mut document, view);
    sections::limits(&mut document, plan);
    sections::since_last(&mut document, view, Category::Security);
    proposals(&mut document, view);
    by_hand(&mut document, view);
    failing(&mut document, view);
    hub::render(&mut document, view);
    sections::exempt(&mut document, plan, Category::Security);
    sections::not_judged(&mut document, view, |gap| !gap.controls.is_empty());
    unknown_controls(&mut document, plan);
    sections::next_steps(&mut document, plan);
    document.finish()
}

/// What the reader is asked for, in one paragraph.
fn decision(document: &mut Document, view: &View<'_>) {
    document.section("What is asked of you");
    let (now, then) = (&view.plan.assessment.score, &view.reach.score);
    let worst: Vec<_> = [Severity::Critical, Severity::High]
        .into_iter()
        .map(|severity| {
            let count = view.risks().filter(|finding| finding.severity == severity).count();
            format!("{count} {}", severity.as_str())
        })
        .collect();
    let proposals = view.securing();
    let open = view.risks().filter(|finding| view.proposals_for(&finding.id).is_empty()).count();
    let flips = view.reach.controls.values().filter(|control| control.flips).count();
    let work: u32 = proposals.iter().map(|p| p.work()).sum();
    if proposals.is_empty() && open == 0 {
        document
            .paragraph("Nothing: no check found a risk. See below for what could not be judged.");
        return;
    }
    document.paragraph(format!(
        "The security score is **{}**, with {} findings. Decide on {} ({}): {} then pass, and the score is \
         **{}**. For {} a person must act: no change that can be undone does it.",
        in_percent(now.permille),
        worst.join(" and "),
        sections::plural(proposals.len(), "change"),
        sections::units_of_work(work),
        sections::plural(flips, "control"),
        in_percent(then.permille),
        sections::plural(open, "further finding"),
    ));
}

fn scores(document: &mut Document, view: &View<'_>) {
    let (now, then) = (&view.plan.assessment.score, &view.reach.score);
    document.section("Scores");
    let rows = vec![
        vec![
            text("Security score: passed controls out of all with data"),
            permille(now.permille),
            permille(then.permille),
        ],
        vec![
            text("… as the mean of the standards below"),
            permille(now.mean_of_standards()),
            permille(then.mean_of_standards()),
        ],
        vec![
            text("… weighted by severity"),
            permille(now.weighted_permille),
            permille(then.weighted_permille),
        ],
    ];
    document.table(&["", ">Now", ">After this plan"], rows);
    let row =
        |name: &str, judged: String, status: &dyn Fn(ControlStatus) -> u32, scores: [Cell; 4]| {
            let mut row = vec![text(name)];
            row.extend(scores);
            row.extend(
                [
                    ControlStatus::Passed,
                    ControlStatus::Failed,
                    ControlStatus::Unknown,
                    ControlStatus::NoData,
                ]
                .map(|wanted| text(status(wanted))),
            );
            row.push(text(judged));
            row
        };
    let mut rows = Vec::new();
    for standard in Standard::ALL {
        let Some(score) = now.standards.get(&standard) else { continue };
        let after = then.standards.get(&standard);
        rows.push(row(
            standard.name(),
            format!("{} of {}", score.statuses.values().sum::<u32>(), standards::size(standard)),
            &|status| score.count(status),
            [
                permille(score.permille),
                permille(after.and_then(|s| s.permille)),
                permille(score.weighted_permille),
                permille(after.and_then(|s| s.weighted_permille)),
            ],
        ));
    }
    let all = |status| now.statuses.get(&status).copied().unwrap_or_default();
    rows.push(row(
        "All controls",
        now.controls.len().to_string(),
        &all,
        [
            permille(now.permille),
            permille(then.permille),
            permille(now.weighted_permille),
            permille(then.weighted_permille),
        ],
    ));
    document.table(
        &[
            "Standard",
            ">Score",
            ">After",
            ">Weighted",
            ">After",
            ">Passed",
            ">Failed",
            ">Unknown",
            ">No data",
            ">Judged",
        ],
        rows,
    );
    document.paragraph(format!(
        "A score is Security Hub's: passed controls out of passed, failed and unknown ones. One failing resource fails \
         its control; a control that could not be judged counts against the score; one without a resource, and what is \
         exempt, does not count. AWS's guide defines the summary score in two ways that differ; both are shown. The \
         weighted score counts critical 10, high 7, medium 4, low 1, so that nobody raises the first by mending what \
         matters least. *Judged* is how many of a standard's controls Miyabi has a check for. Reads that failed: {}.",
        view.failed_reads()
    ));
    sections::by_severity(document, view.risks());
}

fn permille(value: Option<u32>) -> Cell {
    text(in_percent(value))
}

fn in_percent(permille: Option<u32>) -> String {
    permille.map_or_else(
        || "not known".to_owned(),
        |permille| format!("{}.{} %", permille / 10, permille % 10),
    )
}

fn proposals(document: &mut Document, view: &View<'_>) {
    document.section("What is proposed");
    let proposals = view.securing();
    if proposals.is_empty() {
        document
            .paragraph("Nothing: no failing control can be mended by a change that Miyabi makes.");
        return;
    }
    changes::by_operation(document, &proposals);
    document.paragraph(
        "In order, what turns most controls to passed for its work first; severity decides between equals:",
    );
    changes::in_order(document, view, &proposals);
}

/// What no change of the plan mends, worst first.
fn by_hand(document: &mut Document, view: &View<'_>) {
    document.section("What a person must do");
    let mut open: Vec<&Finding> =
        view.risks().filter(|finding| view.proposals_for(&finding.id).is_empty()).collect();
    if open.is_empty() {
        document.paragraph("Nothing: the changes above mend every finding.");
        return;
    }
    open.sort_by_key(|f| (std::cmp::Reverse(f.severity), &f.check, &f.resource));
    let rows = open.into_iter().map(|finding| {
        let mut row = sections::finding_row(finding);
        row.push(sections::few(finding.controls.iter().map(code)));
        row.extend(view.hub.known.then(|| view.hub.cell(finding)));
        row
    });
    let headings = &["Severity", "Finding", "Resource", "Evidence", "Controls", HUB];
    document.table(view.hub.beside(headings), rows);
}

fn failing(document: &mut Document, view: &View<'_>) {
    let View { plan, reach, hub, .. } = view;
    document.section("Failing controls");
    if reach.controls.is_empty() {
        document.paragraph("No control fails.");
        return;
    }
    for severity in Severity::WORST_FIRST {
        let mut rows = Vec::new();
        for (control, failed) in &reach.controls {
            let Some(tally) = plan.assessment.score.controls.get(*control) else { continue };
            if tally.severity != severity {
                continue;
            }
            let titles: BTreeSet<&str> = failed.findings.iter().map(|f| f.title.as_str()).collect();
            rows.push(vec![
                code(control),
                sections::few(titles.into_iter().map(text)),
                text(format!(
                    "{} of {}",
                    tally.failed,
                    tally.failed + tally.passed + tally.unknown
                )),
                sections::few(failed.findings.iter().map(|finding| text(&finding.label))),
                outlook(failed.actions.len(), failed.unmended, failed.flips),
                sections::few(failed.actions.iter().map(code)),
            ]);
            if let (true, Some(row)) = (hub.known, rows.last_mut()) {
                row.push(hub.count(control, &failed.findings));
            }
        }
        if !rows.is_empty() {
            document.paragraph(format!("**{}**", severity.as_str()));
            document.table(
                hub.beside(&[
                    "Control",
                    "Fails because",
                    ">Failing",
                    "Resources",
                    "This plan",
                    "Actions",
                    HUB,
                ]),
                rows,
            );
        }
    }
}

fn outlook(actions: usize, unmended: u64, flips: bool) -> Cell {
    text(match (actions, flips) {
        (0, _) => "a person must act".to_owned(),
        (1, true) => "passes after 1 change".to_owned(),
        (n, true) => format!("passes after {n} changes"),
        (n, false) if unmended > 0 => {
            format!("{n} mended by this plan, {unmended} for a person")
        }
        (n, false) => format!("{n} mended by this plan, still not known to pass"),
    })
}

fn unknown_controls(document: &mut Document, plan: &Plan) {
    let mut grants: BTreeMap<&ControlId, BTreeSet<String>> = BTreeMap::new();
    for gap in &plan.assessment.not_evaluated {
        for control in &gap.controls {
            let grants = grants.entry(control).or_default();
            if let Some(action) = &gap.why.missing_permission {
                grants.insert(action.to_string());
            }
        }
    }
    let rows: Vec<_> = plan
        .assessment
        .score
        .controls
        .iter()
        .filter(|(_, tally)| tally.status() == ControlStatus::Unknown)
        .map(|(control, tally)| {
            let grants = grants.remove(control).unwrap_or_default().into_iter().map(code);
            vec![code(control), text(tally.severity.as_str()), sections::few(grants)]
        })
        .collect();
    if !rows.is_empty() {
        document.paragraph("Controls that are unknown because of it, and count against the score:");
        document.table(&["Control", "Severity", "Grant"], rows);
    }
}
