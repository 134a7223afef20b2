//! `findings.sarif`: SARIF 2.1.0, as code-scanning services and editors read it.
//!
//! Source: OASIS, "Static Analysis Results Interchange Format (SARIF) Version 2.1.0"; GitHub Docs, "SARIF
//! support for code scanning" for `security-severity` and `partialFingerprints` (read 2026-11).

use std::collections::{BTreeMap, BTreeSet};

use miyabi_types::finding::{Category, Place, Severity};
use serde_json::{Value, json};

use super::{Export, Item, PRODUCT, VERSION, certainty, dollars, plain, to_text, type_of};

const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

pub(super) fn render(export: &Export<'_>) -> String {
    let used: BTreeSet<&str> = export
        .items
        .iter()
        .map(|item| item.finding.check.as_str())
        .chain(export.plan.assessment.not_evaluated.iter().map(|gap| gap.check.as_str()))
        .collect();
    let rules: Vec<Value> = used.iter().map(|id| rule(export, id)).collect();
    let index: BTreeMap<&str, usize> = used.into_iter().zip(0..).collect();
    let results: Vec<Value> = export
        .items
        .iter()
        .enumerate()
        .map(|(row, item)| result(item, index[item.finding.check.as_str()], row))
        .collect();
    to_text(&json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": PRODUCT, "version": VERSION, "semanticVersion": VERSION, "rules": rules,
            }},
            "automationDetails": {
                "id": format!("miyabi/{}/{}", export.plan.tenant, export.plan.cycle),
            },
            "columnKind": "unicodeCodePoints",
            "invocations": [{
                "executionSuccessful": true,
                "endTimeUtc": export.plan.created_at.to_string(),
                "toolExecutionNotifications": notifications(export, &index),
            }],
            "results": results,
        }],
    }))
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

fn result(item: &Item<'_>, rule: usize, row: usize) -> Value {
    let finding = item.finding;
    let mut result = json!({
        "ruleId": finding.check,
        "ruleIndex": rule,
        "level": level(finding.severity),
        "message": { "text": format!(
            "{}: {}. {} {}",
            plain(&finding.label, 256),
            plain(&finding.title, 256),
            plain(&finding.evidence, 2_000),
            plain(&item.remedy(), 1_000),
        )},
        "locations": [{
            // A resource of an account is in no file: its row in the table is what can be opened.
            "physicalLocation": {
                "artifactLocation": { "uri": "findings.csv" },
                "region": { "startLine": row + 2 },
            },
            "logicalLocations": [{
                "name": plain(&finding.label, 256),
                "fullyQualifiedName": finding.resource,
                "kind": "resource",
            }],
        }],
        "partialFingerprints": { "miyabiFinding/v1": finding.id },
        "properties": {
            "account": finding.account, "region": finding.region,
            "resourceType": type_of(finding.kind), "controls": finding.controls,
            "savingCertainty": certainty(finding.saving),
            "savingUsdPerMonth": dollars(finding.saving),
        },
    });
    if let Some(exemption) = item.exemption {
        let until = exemption.until.map(|day| format!(", until {day}")).unwrap_or_default();
        result["suppressions"] = json!([{
            "kind": "external",
            "status": "accepted",
            "justification": plain(&format!("{} ({}{until})", exemption.reason, exemption.owner), 1_000),
        }]);
    }
    result
}

/// What could not be judged: a reader must not take silence for a pass.
fn notifications(export: &Export<'_>, rules: &BTreeMap<&str, usize>) -> Vec<Value> {
    let gaps = export.plan.assessment.not_evaluated.iter();
    gaps.map(|gap| {
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
        json!({
            "level": "warning",
            "message": { "text": format!(
                "{place} could not be judged: {}{grant}", plain(&gap.why.reason, 1_000)
            )},
            "associatedRule": { "id": gap.check, "index": rules[gap.check.as_str()] },
        })
    })
    .collect()
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
