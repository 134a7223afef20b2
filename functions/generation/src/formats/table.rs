//! CSV (RFC 4180), one row a finding or an action, for spreadsheets.

use std::{borrow::Cow, collections::BTreeMap};

use csv::Writer;
use miyabi_types::id::{ActionId, ControlId, FindingId};

use super::{Export, certainty, cut, dollars, plain, type_of};

/// `findings.csv`. The line of a finding here is its location in `findings.sarif`.
pub(super) fn findings(export: &Export<'_>) -> String {
    let heading = [
        "finding",
        "status",
        "severity",
        "category",
        "check",
        "title",
        "evidence",
        "account",
        "region",
        "resource_type",
        "resource",
        "label",
        "controls",
        "standards",
        "saving_usd_per_month",
        "saving_certainty",
        "actions",
        "exemption_owner",
        "exemption_reason",
        "exemption_until",
    ];
    let rows = export.items.iter().map(|item| {
        let finding = item.finding;
        let exempt = |field: fn(&miyabi_types::exemption::Exemption) -> String| {
            let text = item.exemption.map(field).unwrap_or_default();
            Cow::Owned(plain(&text, LONGEST).into_owned())
        };
        vec![
            finding.id.as_str().into(),
            if item.exemption.is_some() { "exempt" } else { "open" }.into(),
            finding.severity.as_str().into(),
            finding.category.as_str().into(),
            finding.check.as_str().into(),
            cut(&item.title, LONGEST),
            cut(&item.evidence, LONGEST),
            finding.account.as_str().into(),
            finding.region.as_str().into(),
            type_of(finding.kind).into(),
            plain(finding.resource.as_str(), LONGEST),
            cut(&item.label, LONGEST),
            joined(finding.controls.iter().map(ControlId::as_str)),
            joined(item.standards.iter().map(|standard| standard.name())),
            dollars(finding.saving).map(|usd| format!("{usd:.2}")).unwrap_or_default().into(),
            certainty(finding.saving).into(),
            joined(item.proposals.iter().map(|proposal| proposal.action.id.as_str())),
            exempt(|exemption| exemption.owner.clone()),
            exempt(|exemption| exemption.reason.clone()),
            exempt(|exemption| exemption.until.map(|day| day.to_string()).unwrap_or_default()),
        ]
    });
    write(&heading, rows)
}

/// `actions.csv`, in the plan's order.
pub(super) fn actions(export: &Export<'_>) -> String {
    let plan = export.plan;
    let heading = [
        "rank",
        "action",
        "operation",
        "account",
        "region",
        "resource",
        "label",
        "saving_usd_per_month",
        "saving_certainty",
        "severity",
        "controls",
        "helps_to_pass",
        "work",
        "safety",
        "confidence",
        "causes_drift",
        "summary",
        "risk",
        "findings",
    ];
    let mut flips: BTreeMap<&ActionId, Vec<&ControlId>> = BTreeMap::new();
    for (control, actions) in plan.forecast.iter().flat_map(|forecast| &forecast.flips) {
        for action in actions {
            flips.entry(action).or_default().push(control);
        }
    }
    let rows = plan.proposals.iter().enumerate().map(|(index, proposal)| {
        let action = &proposal.action;
        let flips = flips.get(&action.id).map(Vec::as_slice).unwrap_or_default();
        vec![
            (index + 1).to_string().into(),
            action.id.as_str().into(),
            action.operation.name().into(),
            action.account.as_str().into(),
            action.region.as_str().into(),
            plain(action.target.as_str(), LONGEST),
            plain(&action.label, LONGEST),
            dollars(proposal.saving).map(|usd| format!("{usd:.2}")).unwrap_or_default().into(),
            certainty(proposal.saving).into(),
            proposal.severity.as_str().into(),
            joined(proposal.controls.iter().map(ControlId::as_str)),
            joined(flips.iter().map(|control| control.as_str())),
            proposal.work().to_string().into(),
            action.safety.as_str().into(),
            proposal.confidence.as_str().into(),
            action.causes_drift.to_string().into(),
            plain(&proposal.summary, LONGEST),
            plain(&proposal.risk, LONGEST),
            joined(proposal.findings.iter().map(FindingId::as_str)),
        ]
    });
    write(&heading, rows)
}

fn joined<'a>(ids: impl Iterator<Item = &'a str>) -> Cow<'a, str> {
    let joined = ids.collect::<Vec<_>>().join("; ");
    // Lists of ids are seldom too long.
    cut(&joined, LONGEST).into_owned().into()
}

/// Longest text of a cell; spreadsheets cut at 32 767.
const LONGEST: usize = 4_000;

fn write<'a>(heading: &[&str], rows: impl Iterator<Item = Vec<Cow<'a, str>>>) -> String {
    let mut writer = Writer::from_writer(Vec::new());
    // Writing to memory cannot fail, and every row is as wide as the heading.
    let _ = writer.write_record(heading);
    for row in rows {
        for cell in row {
            let _ = writer.write_field(harmless(cell).as_bytes());
        }
        let _ = writer.write_record(None::<&[u8]>);
    }
    String::from_utf8(writer.into_inner().unwrap_or_default()).unwrap_or_default()
}

/// A text that no spreadsheet takes for a formula. Source: OWASP, "CSV Injection" (read 2026-11).
fn harmless(text: Cow<'_, str>) -> Cow<'_, str> {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        format!("'{text}").into()
    } else {
        text
    }
}
