//! CSV (RFC 4180), one row a finding or an action, for spreadsheets.

use csv::Writer;

use super::{Export, certainty, dollars, plain, type_of};

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
            item.exemption.map(field).unwrap_or_default()
        };
        vec![
            finding.id.to_string(),
            if item.exemption.is_some() { "exempt" } else { "open" }.to_owned(),
            finding.severity.as_str().to_owned(),
            finding.category.as_str().to_owned(),
            finding.check.to_string(),
            finding.title.clone(),
            finding.evidence.clone(),
            finding.account.to_string(),
            finding.region.to_string(),
            type_of(finding.kind).to_owned(),
            finding.resource.to_string(),
            finding.label.clone(),
            joined(&finding.controls),
            item.standards.iter().map(|s| s.name()).collect::<Vec<_>>().join("; "),
            dollars(finding.saving).map(|usd| format!("{usd:.2}")).unwrap_or_default(),
            certainty(finding.saving).to_owned(),
            item.proposals.iter().map(|p| p.action.id.to_string()).collect::<Vec<_>>().join("; "),
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
    let rows = plan.proposals.iter().enumerate().map(|(index, proposal)| {
        let action = &proposal.action;
        let flips: Vec<_> = plan
            .forecast
            .iter()
            .flat_map(|forecast| forecast.flipped_by(&action.id))
            .map(ToString::to_string)
            .collect();
        vec![
            (index + 1).to_string(),
            action.id.to_string(),
            action.operation.name().to_owned(),
            action.account.to_string(),
            action.region.to_string(),
            action.target.to_string(),
            action.label.clone(),
            dollars(proposal.saving).map(|usd| format!("{usd:.2}")).unwrap_or_default(),
            certainty(proposal.saving).to_owned(),
            proposal.severity.as_str().to_owned(),
            joined(&proposal.controls),
            flips.join("; "),
            proposal.work().to_string(),
            action.safety.as_str().to_owned(),
            proposal.confidence.as_str().to_owned(),
            action.causes_drift.to_string(),
            proposal.summary.clone(),
            proposal.risk.clone(),
            joined(&proposal.findings),
        ]
    });
    write(&heading, rows)
}

fn joined<T: ToString>(ids: impl IntoIterator<Item = T>) -> String {
    ids.into_iter().map(|id| id.to_string()).collect::<Vec<_>>().join("; ")
}

/// Longest text of a cell; spreadsheets cut at 32 767.
const LONGEST: usize = 4_000;

fn write(heading: &[&str], rows: impl Iterator<Item = Vec<String>>) -> String {
    let mut writer = Writer::from_writer(Vec::new());
    // Writing to memory cannot fail, and every row is as wide as the heading.
    let _ = writer.write_record(heading);
    for row in rows {
        let _ = writer.write_record(row.iter().map(|cell| harmless(&plain(cell, LONGEST))));
    }
    String::from_utf8(writer.into_inner().unwrap_or_default()).unwrap_or_default()
}

/// A text that no spreadsheet takes for a formula. Source: OWASP, "CSV Injection" (read 2026-11).
fn harmless(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        format!("'{text}")
    } else {
        text.to_owned()
    }
}
