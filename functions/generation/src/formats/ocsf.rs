//! `findings.ocsf.json`: Open Cybersecurity Schema Framework 1.5.0, one event a finding.
//!
//! What decides a control is a Compliance Finding (2003), anything else a Detection Finding (2004); both with
//! the `cloud` profile. Source: schema.ocsf.io, version 1.5.0 (read 2026-11).

use miyabi_types::{
    finding::{Category, Severity},
    id::Region,
};
use serde_json::{Value, json};

use super::{
    Export, Item, PRODUCT, VERSION, certainty, dollars, partition, plain, public_tags, to_text,
    type_of,
};

const SCHEMA_VERSION: &str = "1.5.0";
/// Activity 1: the finding was made.
const CREATE: u32 = 1;

pub(super) fn render(export: &Export<'_>) -> String {
    to_text(&export.each(event))
}

fn event(export: &Export<'_>, _: usize, item: &Item<'_>) -> Value {
    let finding = item.finding;
    let is_control = !finding.controls.is_empty();
    let (class, class_name): (u32, _) =
        if is_control { (2003, "Compliance Finding") } else { (2004, "Detection Finding") };
    let time = export.plan.created_at.as_millisecond();
    let (severity, severity_id) = severity(finding.severity);
    let (status, status_id) = if item.exemption.is_some() { ("Suppressed", 3) } else { ("New", 1) };
    let category = finding.category.as_str();
    let mut event = json!({
        "activity_id": CREATE,
        "activity_name": "Create",
        "category_uid": 2,
        "category_name": "Findings",
        "class_uid": class,
        "class_name": class_name,
        "type_uid": class * 100 + CREATE,
        "type_name": format!("{class_name}: Create"),
        "time": time,
        "severity": severity,
        "severity_id": severity_id,
        "status": status,
        "status_id": status_id,
        "message": plain(&format!("{}: {}", finding.label, finding.title), 1_000),
        "metadata": {
            "version": SCHEMA_VERSION,
            "profiles": ["cloud"],
            "product": { "name": PRODUCT, "vendor_name": "Miyabi", "version": VERSION },
            "tenant_uid": export.plan.tenant,
            "correlation_uid": export.plan.cycle,
            "event_code": finding.check,
        },
        "finding_info": {
            "uid": finding.id,
            "title": plain(&finding.title, 1_000),
            "desc": plain(&finding.evidence, 4_000),
            "types": [category],
            "created_time": time,
        },
        "resources": [resource(item)],
        "remediation": { "desc": plain(&item.remedy(), 2_000) },
        "cloud": {
            "provider": "AWS",
            "region": region(&finding.region),
            // Readers ask for a name; people know an account by its number where nobody named it.
            "account": {
                "uid": finding.account, "name": finding.account, "type": "AWS Account", "type_id": 10,
            },
        },
        "unmapped": {
            "category": category,
            "saving_certainty": certainty(finding.saving),
            "saving_usd_per_month": dollars(finding.saving),
            "actions": item.proposals.iter().map(|proposal| &proposal.action.id).collect::<Vec<_>>(),
        },
    });
    if let Some(exemption) = item.exemption {
        let until = exemption.until.map(|day| format!(" until {day}")).unwrap_or_default();
        let detail = format!("exempt{until} ({}): {}", exemption.owner, exemption.reason);
        event["status_detail"] = json!(plain(&detail, 1_000));
    }
    if is_control {
        let controls: Vec<_> = finding.controls.iter().map(ToString::to_string).collect();
        event["compliance"] = json!({
            "control": controls.join(", "),
            "requirements": controls,
            "standards": item.standards.iter().map(|s| s.name()).collect::<Vec<_>>(),
            "status": "Fail",
            "status_id": 3,
        });
    } else if finding.category == Category::Security {
        event["is_alert"] = json!(finding.severity >= Severity::High);
    }
    event
}

fn resource(item: &Item<'_>) -> Value {
    let finding = item.finding;
    let labels: Vec<String> = item
        .tags
        .into_iter()
        .flat_map(public_tags)
        .map(|(key, value)| format!("{key}:{value}"))
        .collect();
    json!({
        "uid": finding.resource,
        "name": plain(&finding.label, 1_000),
        "type": type_of(finding.kind),
        "region": region(&finding.region),
        "cloud_partition": partition(&finding.resource),
        "labels": labels,
    })
}

/// The region; global services have none of their own.
fn region(region: &Region) -> &str {
    if region.is_global() { "global" } else { region.as_str() }
}

const fn severity(severity: Severity) -> (&'static str, u32) {
    match severity {
        Severity::Informational => ("Informational", 1),
        Severity::Low => ("Low", 2),
        Severity::Medium => ("Medium", 3),
        Severity::High => ("High", 4),
        Severity::Critical => ("Critical", 5),
    }
}
