//! What both documents have: who decides, what could not be judged, how to go on.

use std::collections::{BTreeMap, BTreeSet};

use miyabi_types::{
    action::{Operation, SafetyClass, Undo},
    evidence::{Evidence, Unavailable},
    finding::{Finding, NotEvaluated, Place, Saving},
    plan::{Plan, Proposal},
    world::World,
};

use super::markdown::{Cell, Document, code, code_span, inline, lines, text};

/// What an operation does, in words.
pub const fn in_words(operation: Operation) -> &'static str {
    match operation {
        Operation::ReleaseAddress => "Release the address",
        Operation::DeleteVolume => "Snapshot and delete the volume",
        Operation::ModifyVolume => "Change type or performance of the volume",
        Operation::ResizeInstance => "Stop, resize and start the instance",
        Operation::StopInstance => "Stop the instance",
        Operation::RequireImdsV2 => "Require IMDSv2",
        Operation::RevokeRules => "Revoke security group rules",
        Operation::DisableSubnetPublicIp => "Give no public address at launch",
        Operation::EnableEbsEncryption => "Encrypt new volumes",
        Operation::BlockPublicAccess => "Block public access",
        Operation::EncryptBucket => "Encrypt new objects by default",
        Operation::AbortMultipartUploads => "Abort unfinished uploads",
        Operation::DenyInsecureTransport => "Refuse requests without TLS",
        Operation::ModifyDbInstance => "Change settings of the database",
        Operation::StopDbInstance => "Stop the database",
        Operation::SetPasswordPolicy => "Set the password policy",
    }
}

/// What is changed, where.
pub fn what(proposal: &Proposal) -> Cell {
    let action = &proposal.action;
    lines([
        text(in_words(action.operation)),
        text(&action.label),
        text(format!("{} · {}", action.account, action.region)),
    ])
}

/// What is done and what was seen that asks for it.
pub fn why(plan: &Plan, proposal: &Proposal) -> Cell {
    let seen: BTreeSet<&str> = plan
        .assessment
        .findings
        .iter()
        .filter(|finding| proposal.findings.contains(&finding.id))
        .map(|finding| finding.evidence.as_str())
        .collect();
    lines([
        text(&proposal.summary),
        few(seen.into_iter().map(|seen| text(format!("seen: {seen}")))),
    ])
}

/// The saving with how sure it is.
pub fn saving(saving: Saving) -> Cell {
    text(match saving {
        Saving::None => "–".to_owned(),
        Saving::Exact(amount) => format!("{amount} exact"),
        Saving::Estimated(amount) => format!("{amount} estimated"),
        Saving::Unknown => "not known".to_owned(),
    })
}

/// Who lets it happen.
pub fn decides(proposal: &Proposal) -> Cell {
    let who = match proposal.action.safety {
        SafetyClass::Manual => "a person does it",
        SafetyClass::Approval => "a person approves it",
        SafetyClass::Auto => "safe without asking in mode auto, else a person approves it",
    };
    if proposal.action.causes_drift {
        text(format!("{who}; its code must follow, or it drifts"))
    } else {
        text(who)
    }
}

/// What undoing gives back.
pub fn undo(proposal: &Proposal) -> Cell {
    text(match proposal.action.operation.undo() {
        Undo::Restores => "the previous setting is put back",
        Undo::BestEffort(what_differs) => what_differs,
    })
}

/// Who answers for it.
pub fn signed(proposal: &Proposal) -> Cell {
    text(proposal.agent.name())
}

/// The action's id, as approval takes it.
pub fn id(proposal: &Proposal) -> Cell {
    code(&proposal.action.id)
}

/// Whose plan this is, of when.
pub fn heading(document: &mut Document, world: &World, plan: &Plan) {
    document.paragraph(format!(
        "Tenant {}, cycle {}, account{} {}, as seen at {}.",
        code_span(plan.tenant.as_str()),
        code_span(&plan.cycle.to_string()),
        if accounts(world).len() == 1 { "" } else { "s" },
        accounts(world).into_iter().map(code_span).collect::<Vec<_>>().join(", "),
        world.manifest.taken_at,
    ));
}

fn accounts(world: &World) -> BTreeSet<&str> {
    world.manifest.scopes.iter().map(|scope| scope.scope.account.as_str()).collect()
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
        document.table(&["Severity", ">Findings"], rows.collect());
    }
}

/// What could not be judged and which IAM action would change that.
pub fn not_judged(
    document: &mut Document,
    world: &World,
    plan: &Plan,
    concerns: impl Fn(&NotEvaluated) -> bool,
) {
    document.section("What could not be judged");
    let unseen = unseen(world);
    if !unseen.is_empty() {
        document
            .paragraph("These reads failed, so nothing is known of what they would have shown:");
        document.table(&["Read", "Where", "Reason", "Grant"], unseen);
    }
    // By reason, so that one missing permission is one row.
    let mut reasons: BTreeMap<&Unavailable, (BTreeSet<&str>, BTreeSet<String>)> = BTreeMap::new();
    for gap in plan.assessment.not_evaluated.iter().filter(|gap| concerns(gap)) {
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
    let rows = reasons
        .into_iter()
        .map(|(why, (checks, places))| {
            vec![
                text(&why.reason),
                grant(why),
                few(checks.into_iter().map(code)),
                few(places.into_iter().map(text)),
            ]
        })
        .collect();
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

/// How many reads failed.
pub fn unseen_count(world: &World) -> usize {
    world
        .manifest
        .scopes
        .iter()
        .flat_map(|scope| &scope.coverage)
        .filter(|coverage| matches!(coverage.result, Evidence::Unavailable(_)))
        .count()
}

fn grant(why: &Unavailable) -> Cell {
    why.missing_permission.as_ref().map_or_else(|| text("–"), code)
}

/// The first few of many, one a line; a dash for none.
pub fn few(cells: impl IntoIterator<Item = Cell>) -> Cell {
    const FEW: usize = 5;
    let mut cells: Vec<Cell> = cells.into_iter().collect();
    let left = cells.len().saturating_sub(FEW);
    if cells.is_empty() {
        return text("–");
    }
    cells.truncate(FEW);
    if left > 0 {
        cells.push(text(format!("and {left} more")));
    }
    lines(cells)
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
        "Go through the proposals above; leave out what is needed as it is. A tag `miyabi:exempt` on a resource leaves it out of every cycle.".to_owned(),
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

/// The sentence on where list prices come from.
pub fn prices_note(world: &World) -> String {
    let prices = &world.manifest.prices;
    let date =
        prices.as_of.map_or_else(|| "of unknown date".to_owned(), |date| format!("of {date}"));
    if prices.sources.is_empty() {
        format!("List prices {date}.")
    } else {
        format!("List prices {date} ({}).", inline(&prices.sources.join(", ")))
    }
}
