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
    Each, Export, Gaps, Item, PRODUCT, VERSION, certainty, dollars, plain, to_text, type_of,
};

const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

#[derive(Serialize)]
struct Log<'e, 'p> {
    #[serde(rename = "$schema")]
    schema: &'static str,
    version: &'static str,
    runs: [Run<'e, 'p>; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Run<'e, 'p> {
    tool: Value,
    automation_details: Value,
    column_kind: &'static str,
    invocations: [Invocation<'e, 'p>; 1],
    results: Each<'e, 'p>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Invocation<'e, 'p> {
    execution_successful: bool,
    end_time_utc: String,
    /// What could not be judged: a reader must not take silence for a pass.
    tool_execution_notifications: Gaps<'e, 'p>,
}

pub(super) fn render(export: &Export<'_>) -> String {
    let rules: Vec<Value> = export.rules.iter().map(|id| rule(export, id)).collect();
    let plan = export.plan;
    to_text(&Log {
        schema: SCHEMA,
        version: "2.1.0",
        runs: [Run {
            tool: json!({ "driver": {
                "name": PRODUCT, "version": VERSION, "semanticVersion": VERSION, "rules": rules,
            }}),
            automation_details: json!({ "id": format!("miyabi/{}/{}", plan.tenant, plan.cycle) }),
            column_kind: "unicodeCodePoints",
            invocations: [Invocation {
                execution_successful: true,
                end_time_utc: plan.created_at.to_string(),
                tool_execution_notifications: export.gaps(notification),
            }],
            results: export.each(result),
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

fn result(export: &Export<'_>, row: usize, item: &Item<'_>) -> Value {
    let finding = item.finding;
    let mut result = json!({
        "ruleId": finding.check,
        "ruleIndex": index(export, &finding.check),
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

fn notification(export: &Export<'_>, gap: &NotEvaluated) -> Value {
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
        "associatedRule": { "id": gap.check, "index": index(export, &gap.check) },
    })
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
