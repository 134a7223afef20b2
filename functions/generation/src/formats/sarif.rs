//! `findings.sarif`: SARIF 2.1.0, as code-scanning services and editors read it.
//!
//! Source: OASIS, "Static Analysis Results Interchange Format (SARIF) Version 2.1.0"; GitHub Docs, "SARIF
//! support for code scanning" for `security-severity` and `partialFingerprints` (read 2026-11).

use miyabi_types::{
    finding::{Category, NotEvaluated, Place, Severity},
    id::CheckId,
};
use serde::Serialize;
use serde_json::{Value, json};

use super::{
    Export, Item, PRODUCT, VERSION, certainty, cut, dollars, object::object, plain, to_text,
    type_of,
};

const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

pub(super) fn render(export: &Export<'_>) -> String {
    let rules: Vec<Value> = export.rules.iter().map(|id| rule(export, id)).collect();
    let plan = export.plan;
    to_text(&object! {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [object! {
            "tool": json!({ "driver": {
                "name": PRODUCT, "version": VERSION, "semanticVersion": VERSION, "rules": rules,
            }}),
            "automationDetails": json!({ "id": format!("miyabi/{}/{}", plan.tenant, plan.cycle) }),
            "columnKind": "unicodeCodePoints",
            "invocations": [object! {
                "executionSuccessful": true,
                "endTimeUtc": plan.created_at.to_string(),
                // What could not be judged: a reader must not take silence for a pass.
                "toolExecutionNotifications": export.gaps(notification),
            }],
            "results": export.each(result),
        }],
    })
}

/// Where a check stands among the rules.
fn index(export: &Export<'_>, check: &CheckId) -> usize {
    export.rules.partition_point(|id| *id < check.as_str())
}

fn rule(export: &Export<'_>, id: &str) -> Value {
    let Some(check) = export.checks.get(id) else {
        return json!({ "id": id });
    };
    let mut tags = vec![check.category.as_str().to_owned()];
    tags.extend(check.controls.iter().map(|control| format!("SecurityHub/{control}")));
    let mut properties = json!({ "tags": tags, "precision": "very-high" });
    if check.category == Category::Security {
        properties["security-severity"] = json!(security_severity(check.severity));
    }
    let sources: Vec<_> = check.references.iter().map(|r| format!("- {}", r.source)).collect();
    json!({
        "id": id,
        "name": pascal(id),
        "shortDescription": { "text": check.title },
        "fullDescription": { "text": check.title },
        "help": {
            "text": format!("{}\n\nSources:\n{}", check.title, sources.join("\n")),
            "markdown": format!("**{}**\n\nSources:\n\n{}", check.title, sources.join("\n")),
        },
        "defaultConfiguration": { "level": level(check.severity) },
        "properties": properties,
    })
}

fn result<'e>(export: &'e Export<'_>, row: usize, item: &'e Item<'_>) -> impl Serialize {
    let finding = item.finding;
    object! {
        "ruleId": finding.check.as_str(),
        "ruleIndex": index(export, &finding.check),
        "level": level(finding.severity),
        "message": object! { "text": format!(
            "{}: {}. {} {}",
            cut(&item.label, 256),
            cut(&item.title, 256),
            cut(&item.evidence, 2_000),
            cut(&item.remedy(), 1_000),
        )},
        "locations": [object! {
            // A resource of an account is in no file: its row in the table is what can be opened.
            "physicalLocation": object! {
                "artifactLocation": object! { "uri": "findings.csv" },
                "region": object! { "startLine": row + 2 },
            },
            "logicalLocations": [object! {
                "name": cut(&item.label, 256),
                "fullyQualifiedName": finding.resource.as_str(),
                "kind": "resource",
            }],
        }],
        "partialFingerprints": object! { "miyabiFinding/v1": finding.id.as_str() },
        "properties": object! {
            "account": finding.account.as_str(),
            "region": finding.region.as_str(),
            "resourceType": type_of(finding.kind),
            "controls": &finding.controls,
            "savingCertainty": certainty(finding.saving),
            "savingUsdPerMonth": dollars(finding.saving),
        },
        "suppressions"?: item.exemption.map(|exemption| {
            let until = exemption.until.map(|day| format!(", until {day}")).unwrap_or_default();
            let why = format!("{} ({}{until})", exemption.reason, exemption.owner);
            [object! {
                "kind": "external",
                "status": "accepted",
                "justification": plain(&why, 1_000).into_owned(),
            }]
        }),
    }
}

fn notification<'e>(export: &'e Export<'_>, gap: &'e NotEvaluated) -> impl Serialize {
    let place = match &gap.place {
        Place::Scope(scope) => format!("{} {}", scope.account, scope.region),
        Place::Resource(arn) => arn.to_string(),
    };
    let grant = gap
        .why
        .missing_permission
        .as_ref()
        .map(|action| format!("; grant {action}"))
        .unwrap_or_default();
    object! {
        "level": "warning",
        "message": object! { "text": format!(
            "{place} could not be judged: {}{grant}", plain(&gap.why.reason, 1_000)
        )},
        "associatedRule": object! { "id": gap.check.as_str(), "index": index(export, &gap.check) },
    }
}

const fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical | Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low | Severity::Informational => "note",
    }
}

/// The middle of the band that GitHub shows as this severity.
const fn security_severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "9.5",
        Severity::High => "8.0",
        Severity::Medium => "5.5",
        Severity::Low => "2.0",
        Severity::Informational => "0.0",
    }
}

/// `s3_bucket_allows_http` as `S3BucketAllowsHttp`.
fn pascal(id: &str) -> String {
    id.split('_')
        .map(|word| {
            let mut letters = word.chars();
            let first = letters.next().map(|c| c.to_ascii_uppercase());
            first.into_iter().chain(letters).collect::<String>()
        })
        .collect()
}
