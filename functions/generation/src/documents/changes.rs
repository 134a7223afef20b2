//! Changes for people: what each does, why, what it is worth, what can go wrong, who decides.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
};

use miyabi_types::{
    action::{Operation, SafetyClass, Undo},
    finding::Saving,
    money::MonthlyUsd,
    plan::{Proposal, best_savings},
};

use super::{
    markdown::{Cell, Document, code, code_span, inline, lines, text},
    sections::{FEW, few, saving},
    view::View,
};

/// Changes that are told in full; the rest is in the table.
const DETAILED: usize = 25;

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
        Operation::DeleteNatGateway => "Delete the NAT gateway",
        Operation::DeleteVpcEndpoint => "Delete the endpoint",
        Operation::SetDesiredCount => "Run no tasks",
        Operation::PauseCluster => "Pause the cluster",
        Operation::StopDbCluster => "Stop the database cluster",
        Operation::SetLogRetention => "Limit how long log events are kept",
        Operation::SetImageLifecycle => "Let old images expire",
        Operation::SetFileLifecycle => "Move files that nobody reads",
        Operation::DeleteSecret => "Delete the secret, with 30 days to bring it back",
        Operation::EncryptQueue => "Encrypt messages at rest",
        Operation::ProtectLoadBalancer => "Protect the load balancer from deletion",
        Operation::ProtectTable => "Protect the table",
        Operation::RotateKey => "Replace the key's material once a year",
        Operation::ScanOnPush => "Scan images when they are pushed",
        Operation::ValidateTrail => "Sign digests of the trail's log files",
    }
}

/// Which changes, as a group: one row for each kind of change.
pub fn by_operation(document: &mut Document, proposals: &[&Proposal]) {
    let mut groups: BTreeMap<Operation, Vec<&Proposal>> = BTreeMap::new();
    for proposal in proposals {
        groups.entry(proposal.action.operation).or_default().push(proposal);
    }
    let mut rows: Vec<_> = groups
        .into_iter()
        .map(|(operation, group)| (best_savings(group.iter().copied()), operation, group))
        .collect();
    rows.sort_by_key(|(saved, operation, _)| (std::cmp::Reverse(*saved), *operation));
    let rows = rows.into_iter().map(|(saved, operation, group)| {
        let controls: BTreeSet<_> = group.iter().flat_map(|p| &p.controls).collect();
        let classes: BTreeSet<_> = group.iter().map(|p| class(p.action.safety)).collect();
        vec![
            text(in_words(operation)),
            text(group.len()),
            dash_if_nothing(saved),
            text(group.iter().map(|p| p.work()).sum::<u32>()),
            few(controls.into_iter().map(code)),
            lines(classes.into_iter().map(text)),
        ]
    });
    document.table(
        &["Kind of change", ">Changes", ">Saves a month", ">Work", "Mends", "Who decides"],
        rows,
    );
}

fn dash_if_nothing(amount: MonthlyUsd) -> Cell {
    if amount == MonthlyUsd::ZERO { text("–") } else { text(amount) }
}

/// The changes in order: a table of all of them, then the first in full.
pub fn in_order(document: &mut Document, view: &View<'_>, proposals: &[&Proposal]) {
    let rows = proposals.iter().enumerate().map(|(index, proposal)| {
        let action = &proposal.action;
        vec![
            text(index + 1),
            lines([
                text(in_words(action.operation)),
                text(&action.label),
                text(format!("{} · {}", action.account, action.region)),
            ]),
            saving(proposal.saving),
            text(proposal.severity.as_str()),
            few(view.flipped_by(proposal).iter().map(code)),
            text(proposal.work()),
            text(class(action.safety)),
            code(&action.id),
        ]
    });
    document.table(
        &[
            ">#",
            "Change",
            ">Saves a month",
            "Severity",
            "Helps to pass",
            ">Work",
            "Who decides",
            "Action",
        ],
        rows,
    );
    document.paragraph(
        "*Helps to pass*: controls that pass once this and the other changes listed for them are done. *Work*: 1 where \
         nobody is needed, 2 where somebody must think it over, 4 where somebody must do it; 1 more where undoing does \
         not bring everything back, 1 more where code must follow.",
    );
    for (index, proposal) in proposals.iter().take(DETAILED).enumerate() {
        detail(document, view, index + 1, proposal);
    }
    if proposals.len() > DETAILED {
        document.paragraph(format!(
            "The first {DETAILED} are told in full. `actions.csv` and `plan.json` hold the same of all {}.",
            proposals.len()
        ));
    }
}

fn detail(document: &mut Document, view: &View<'_>, number: usize, proposal: &Proposal) {
    let action = &proposal.action;
    document.subsection(&format!(
        "{number}. {}: {}",
        in_words(action.operation),
        inline(&action.label)
    ));
    let seen: BTreeSet<String> =
        view.mended_by(proposal).iter().map(|finding| inline(&finding.evidence)).collect();
    let mut items = vec![
        format!("**Why**: {}", inline(&proposal.summary)),
        format!("**Seen**: {}", listed(seen)),
        format!(
            "**Changes**: {}",
            listed(
                action.expected.differences(&action.desired).iter().map(|line| inline(&set(line)))
            )
        ),
        format!("**Risk**: {}", inline(&proposal.risk)),
        format!("**Undo**: {}", undo(proposal)),
        format!("**Who decides**: {}", decides(proposal)),
    ];
    if !proposal.controls.is_empty() {
        let controls = proposal.controls.iter().map(|control| code_span(control.as_str()));
        items.push(format!("**Mends**: {}", listed(controls)));
    }
    items.push(format!(
        "Confidence {}, {}, signed by {}, action {}",
        proposal.confidence.as_str(),
        worth(proposal.saving),
        proposal.agent.name(),
        code_span(action.id.as_str())
    ));
    document.items(items);
}

/// A difference as people read it: what is null is not set.
fn set(difference: &str) -> String {
    difference.replace(": null → ", ": not set → ").replace(" → null", " → not set")
}

fn worth(saving: Saving) -> String {
    match saving {
        Saving::None => "no money in it".into(),
        Saving::Exact(amount) => format!("saves exactly {amount} a month"),
        Saving::Estimated(amount) => format!("saves an estimated {amount} a month"),
        Saving::Unknown => "saves an amount that is not known".into(),
    }
}

/// The first few texts in one sentence.
fn listed(texts: impl IntoIterator<Item = String>) -> String {
    let texts: Vec<String> = texts.into_iter().collect();
    let left = texts.len().saturating_sub(FEW);
    let mut sentence = texts.into_iter().take(FEW).collect::<Vec<_>>().join("; ");
    if left > 0 {
        let _ = write!(sentence, "; and {left} more");
    }
    if sentence.is_empty() { "–".into() } else { sentence }
}

/// Who lets a change happen, in a word or two.
pub const fn class(safety: SafetyClass) -> &'static str {
    match safety {
        SafetyClass::Manual => "a person does it",
        SafetyClass::Approval => "a person approves it",
        SafetyClass::Auto => "nobody, in mode auto",
    }
}

/// Who lets it happen.
fn decides(proposal: &Proposal) -> String {
    let who = match proposal.action.safety {
        SafetyClass::Manual => "a person does it",
        SafetyClass::Approval => "a person approves it",
        SafetyClass::Auto => "safe without asking in mode auto, else a person approves it",
    };
    if proposal.action.causes_drift {
        format!("{who}; its code must follow, or it drifts")
    } else {
        who.to_owned()
    }
}

/// What undoing gives back.
const fn undo(proposal: &Proposal) -> &'static str {
    match proposal.action.operation.undo() {
        Undo::Restores => "the previous setting is put back",
        Undo::BestEffort(what_differs) => what_differs,
    }
}
