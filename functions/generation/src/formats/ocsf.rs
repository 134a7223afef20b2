//! `findings.ocsf.json`: Open Cybersecurity Schema Framework 1.5.0, one event a finding.
//!
//! What decides a control is a Compliance Finding (2003), anything else a Detection Finding (2004); both with
//! the `cloud` profile. Source: schema.ocsf.io, version 1.5.0 (read 2026-11).

use miyabi_types::{
    finding::{Category, Severity},
    id::{ControlId, Region},
};
use serde::Serialize;

use super::{
    Export, Item, PRODUCT, VERSION, certainty, cut, dollars, object::object, partition, plain,
    public_tags, to_text, type_of,
};

const SCHEMA_VERSION: &str = "1.5.0";
/// Activity 1: the finding was made.
const CREATE: u32 = 1;

pub(super) fn render(export: &Export<'_>) -> String {
    to_text(&export.each(event))
}

fn event<'e>(export: &'e Export<'_>, _: usize, item: &'e Item<'_>) -> impl Serialize {
    let finding = item.finding;
    let is_control = !finding.controls.is_empty();
    let (class, class_name, type_name): (u32, _, _) = if is_control {
        (2003, "Compliance Finding", "Compliance Finding: Create")
    } else {
        (2004, "Detection Finding", "Detection Finding: Create")
    };
    let time = export.plan.created_at.as_millisecond();
    let (severity, severity_id) = severity(finding.severity);
    let (status, status_id) = if item.exemption.is_some() { ("Suppressed", 3) } else { ("New", 1) };
    let category = finding.category.as_str();
    object! {
        "activity_id": CREATE,
        "activity_name": "Create",
        "category_uid": 2,
        "category_name": "Findings",
        "class_uid": class,
        "class_name": class_name,
        "type_uid": class * 100 + CREATE,
        "type_name": type_name,
        "time": time,
        "severity": severity,
        "severity_id": severity_id,
        "status": status,
        "status_id": status_id,
        "message": cut(&format!("{}: {}", item.label, item.title), 1_000).into_owned(),
        "metadata": object! {
            "version": SCHEMA_VERSION,
            "profiles": ["cloud"],
            "product": object! { "name": PRODUCT, "vendor_name": "Miyabi", "version": VERSION },
            "tenant_uid": export.plan.tenant.as_str(),
            "correlation_uid": export.plan.cycle,
            "event_code": finding.check.as_str(),
        },
        "finding_info": object! {
            "uid": finding.id.as_str(),
            "title": cut(&item.title, 1_000),
            "desc": cut(&item.evidence, 4_000),
            "types": [category],
            "created_time": time,
        },
        "resources": [resource(item)],
        "remediation": object! { "desc": cut(&item.remedy(), 2_000).into_owned() },
        "cloud": object! {
            "provider": "AWS",
            "region": region(&finding.region),
            // Readers ask for a name; people know an account by its number where nobody named it.
            "account": object! {
                "uid": finding.account.as_str(),
                "name": finding.account.as_str(),
                "type": "AWS Account",
                "type_id": 10,
            },
        },
        "unmapped": object! {
            "category": category,
            "saving_certainty": certainty(finding.saving),
            "saving_usd_per_month": dollars(finding.saving),
            "actions": item.actions(),
        },
        "status_detail"?: item.exemption.map(|exemption| {
            let until = exemption.until.map(|day| format!(" until {day}")).unwrap_or_default();
            let detail = format!("exempt{until} ({}): {}", exemption.owner, exemption.reason);
            plain(&detail, 1_000).into_owned()
        }),
        "compliance"?: is_control.then(|| object! {
            "control": finding.controls.iter().map(ControlId::as_str).collect::<Vec<_>>().join(", "),
            "requirements": &finding.controls,
            "standards": item.standards.iter().map(|s| s.name()).collect::<Vec<_>>(),
            "status": "Fail",
            "status_id": 3,
        }),
        "is_alert"?: (!is_control && finding.category == Category::Security)
            .then_some(finding.severity >= Severity::High),
    }
}

fn resource(item: &Item<'_>) -> impl Serialize {
    let finding = item.finding;
    let tags = item.tags.into_iter().flat_map(public_tags);
    object! {
        "uid": finding.resource.as_str(),
        "name": cut(&item.label, 1_000),
        "type": type_of(finding.kind),
        "region": region(&finding.region),
        "cloud_partition": partition(&finding.resource),
        "labels": tags.map(|(key, value)| format!("{key}:{value}")).collect::<Vec<_>>(),
    }
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
