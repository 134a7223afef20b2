//! `security-plan.md`: how exposed the account is, what is proposed, and what a person must do.

use std::collections::{BTreeMap, BTreeSet};

use miyabi_types::{
    finding::{Category, Finding, Severity},
    id::{ControlId, FindingId},
    plan::{Plan, Proposal},
    score::{ControlStatus, Score},
    world::World,
};

use super::{
    markdown::{Cell, Document, code, text},
    reach::Reach,
    sections,
};

pub fn render(world: &World, plan: &Plan) -> String {
    let reach = Reach::of(plan);
    let mut document = Document::new("Security plan");
    sections::heading(&mut document, world, plan);
    headline(&mut document, world, plan, &reach);
    failing(&mut document, plan, &reach);
    proposals(&mut document, plan, &reach);
    findings(&mut document, plan);
    security_hub(&mut document, world, plan);
    sections::not_judged(&mut document, world, plan, |gap| !gap.controls.is_empty());
    unknown_controls(&mut document, plan);
    sections::next_steps(&mut document, plan);
    document.finish()
}

fn headline(document: &mut Document, world: &World, plan: &Plan, reach: &Reach<'_>) {
    let now = &plan.assessment.score;
    document.section("In short");
    let mut rows = vec![
        vec![text("Security score"), score(now), score(&reach.score)],
        vec![
            text("… weighted by severity"),
            permille(now.weighted_permille),
            permille(reach.score.weighted_permille),
        ],
    ];
    for (status, name) in [
        (ControlStatus::Passed, "Controls passed"),
        (ControlStatus::Failed, "Controls failed"),
        (ControlStatus::Unknown, "Controls that could not be judged"),
        (ControlStatus::NoData, "Controls without a resource to judge"),
        (ControlStatus::Disabled, "Controls switched off"),
    ] {
        let of = |score: &Score| text(score.statuses.get(&status).copied().unwrap_or_default());
        rows.push(vec![text(name), of(now), of(&reach.score)]);
    }
    document.table(&["", ">Now", ">After this plan"], rows);
    document.paragraph(format!(
        "The score is Security Hub's: passed controls out of passed, failed and unknown ones, rounded to a whole percent. \
         One failing resource fails its control; a control that could not be judged counts against the score. \
         The weighted score counts critical 10, high 7, medium 4, low 1. Reads that failed: {}.",
        sections::unseen_count(world)
    ));
    sections::by_severity(document, of_security(plan));
}

fn of_security(plan: &Plan) -> impl Iterator<Item = &Finding> {
    plan.assessment
        .findings
        .iter()
        .filter(|finding| finding.category == Category::Security || !finding.controls.is_empty())
}

fn score(score: &Score) -> Cell {
    match (score.percent(), score.permille) {
        (Some(percent), Some(permille)) => {
            text(format!("{percent} % ({}.{} %)", permille / 10, permille % 10))
        }
        _ => text("not known"),
    }
}

fn permille(value: Option<u32>) -> Cell {
    value.map_or_else(
        || text("not known"),
        |permille| text(format!("{}.{} %", permille / 10, permille % 10)),
    )
}

fn failing(document: &mut Document, plan: &Plan, reach: &Reach<'_>) {
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
        }
        if !rows.is_empty() {
            document.paragraph(format!("**{}**", severity.as_str()));
            document.table(
                &["Control", "Fails because", ">Failing", "Resources", "This plan", "Actions"],
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

/// Proposals that mend a control or a security finding, in the plan's order.
fn mending(plan: &Plan) -> Vec<&Proposal> {
    plan.proposals
        .iter()
        .filter(|p| p.category == Category::Security || !p.controls.is_empty())
        .collect()
}

fn proposals(document: &mut Document, plan: &Plan, reach: &Reach<'_>) {
    document.section("What is proposed");
    let mut proposals: Vec<_> =
        mending(plan).into_iter().map(|p| (reach.flipped_by(p), p)).collect();
    if proposals.is_empty() {
        document
            .paragraph("Nothing: no failing control can be mended by a change that Miyabi makes.");
        return;
    }
    // The score counts controls: what helps to flip most comes first, severity decides between equals.
    proposals.sort_by_key(|(flips, p)| {
        (
            std::cmp::Reverse(flips.len()),
            std::cmp::Reverse(p.severity),
            std::cmp::Reverse(p.controls.len()),
            &p.action.id,
        )
    });
    document.paragraph(
        "\"Helps to pass\" names the controls that pass once this and all other changes listed for them are done.",
    );
    let rows = proposals
        .into_iter()
        .enumerate()
        .map(|(index, (flips, proposal))| {
            vec![
                text(index + 1),
                text(proposal.severity.as_str()),
                sections::what(proposal),
                sections::why(plan, proposal),
                sections::few(proposal.controls.iter().map(code)),
                sections::few(flips.into_iter().map(code)),
                text(&proposal.risk),
                sections::decides(proposal),
                sections::undo(proposal),
                sections::signed(proposal),
                sections::id(proposal),
            ]
        })
        .collect();
    document.table(
        &[
            ">#",
            "Severity",
            "What",
            "Why",
            "Mends here",
            "Helps to pass",
            "Risk",
            "Who decides",
            "Undo",
            "Signed by",
            "Action",
        ],
        rows,
    );
}

fn findings(document: &mut Document, plan: &Plan) {
    document.section("What was found");
    let mut by_finding: BTreeMap<&FindingId, Vec<&Proposal>> = BTreeMap::new();
    for proposal in &plan.proposals {
        for finding in &proposal.findings {
            by_finding.entry(finding).or_default().push(proposal);
        }
    }
    let mut findings: Vec<_> = of_security(plan).collect();
    if findings.is_empty() {
        document.paragraph("Nothing.");
        return;
    }
    findings.sort_by_key(|f| (std::cmp::Reverse(f.severity), &f.check, &f.resource));
    let rows = findings
        .into_iter()
        .map(|finding| {
            let mut row = sections::finding_row(finding);
            row.push(sections::few(finding.controls.iter().map(code)));
            row.push(by_finding.get(&finding.id).map_or_else(
                || text("a person must act"),
                |proposals| sections::few(proposals.iter().map(|p| sections::id(p))),
            ));
            row
        })
        .collect();
    document.table(&["Severity", "Finding", "Resource", "Evidence", "Controls", "Change"], rows);
}

/// What Security Hub itself says, where it is switched on: controls that Miyabi does not judge.
fn security_hub(document: &mut Document, world: &World, plan: &Plan) {
    if world.security_hub.is_empty() {
        return;
    }
    document.section("What Security Hub says");
    let mut failed: BTreeMap<&ControlId, (&str, u64)> = BTreeMap::new();
    let mut counted = 0_u64;
    for (scope, findings) in &world.security_hub {
        let findings = match findings.get() {
            Ok(findings) => findings,
            Err(why) => {
                let grant = why
                    .missing_permission
                    .as_ref()
                    .map(|action| format!(" Grant `{action}` to see it."))
                    .unwrap_or_default();
                document.paragraph(format!(
                    "Not known for account `{}` in `{}`: {}.{grant}",
                    scope.account,
                    scope.region,
                    super::markdown::inline(&why.reason)
                ));
                continue;
            }
        };
        counted += findings.len() as u64;
        for finding in findings {
            let open = finding.compliance.as_deref() == Some("FAILED")
                && finding.workflow.as_deref() != Some("SUPPRESSED");
            if let (true, Some(control)) = (open, &finding.control)
                && !plan.assessment.score.controls.contains_key(control)
            {
                failed.entry(control).or_insert((&finding.title, 0)).1 += 1;
            }
        }
    }
    if world.security_hub.iter().any(|(_, findings)| findings.known().is_some()) {
        document.paragraph(format!("{counted} active findings were read."));
    }
    if !failed.is_empty() {
        document
            .paragraph("Failed there, and not judged by Miyabi (so not part of the score above):");
        let rows = failed
            .into_iter()
            .map(|(control, (title, n))| vec![code(control), text(title), text(n)])
            .collect();
        document.table(&["Control", "Title", ">Findings"], rows);
    }
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
            let grants = grants.get(control).into_iter().flatten();
            vec![code(control), text(tally.severity.as_str()), sections::few(grants.map(code))]
        })
        .collect();
    if !rows.is_empty() {
        document.paragraph("Controls that are unknown because of it, and count against the score:");
        document.table(&["Control", "Severity", "Grant"], rows);
    }
}
