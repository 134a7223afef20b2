//! `findings.json`: the findings flat and self-describing; `docs/findings.schema.json` is its schema.

use std::collections::BTreeMap;

use miyabi_types::finding::NotEvaluated;
use serde::Serialize;
use serde_json::{Value, json};

use super::{
    Export, Item, PRODUCT, VERSION, certainty, dollars, object::object, plain, public_tags,
    to_text, type_of,
};

/// The version of the shape; a change that breaks readers raises it.
const SCHEMA_VERSION: u32 = 1;

pub(super) fn render(export: &Export<'_>) -> String {
    let plan = export.plan;
    let assessment = &plan.assessment;
    let percent = |permille: Option<u32>| permille.map(|permille| f64::from(permille) / 10.0);
    let standards: Vec<Value> = assessment
        .score
        .standards
        .iter()
        .map(|(standard, score)| {
            let then = plan.forecast.as_ref().and_then(|f| f.standards.get(standard));
            json!({
                "id": standard, "name": standard.name(),
                "percent": percent(score.permille),
                "weighted_percent": percent(score.weighted_permille),
                "percent_after_plan": percent(then.and_then(|then| then.permille)),
            })
        })
        .collect();
    let then = plan.forecast.as_ref().map(|forecast| &forecast.score);
    to_text(&object! {
        "schema_version": SCHEMA_VERSION,
        "product": object! { "name": PRODUCT, "version": VERSION },
        "tenant": plan.tenant.as_str(),
        "cycle": plan.cycle,
        "created_at": plan.created_at,
        "monthly_cost_usd": assessment.monthly_cost.usd(),
        "saving_usd_per_month": plan.saving().usd(),
        "score": object! {
            "percent": percent(assessment.score.permille),
            "mean_of_standards_percent": percent(assessment.score.mean_of_standards()),
            "weighted_percent": percent(assessment.score.weighted_permille),
            "percent_after_plan": percent(then.and_then(|then| then.permille)),
            "standards": standards,
        },
        "findings": export.each(finding),
        "not_evaluated": export.gaps(gap),
    })
}

fn gap<'e>(_: &'e Export<'_>, gap: &'e NotEvaluated) -> impl Serialize {
    object! {
        "check": gap.check.as_str(),
        "place": &gap.place,
        "controls": &gap.controls,
        "reason": plain(&gap.why.reason, usize::MAX),
        "missing_permission": &gap.why.missing_permission,
    }
}

fn finding<'e>(_: &'e Export<'_>, _: usize, item: &'e Item<'_>) -> impl Serialize {
    let finding = item.finding;
    let tags = || item.tags.into_iter().flat_map(public_tags);
    object! {
        "id": finding.id.as_str(),
        "status": if item.exemption.is_some() { "exempt" } else { "open" },
        "check": finding.check.as_str(),
        "category": finding.category,
        "severity": finding.severity,
        "title": &item.title,
        "evidence": &item.evidence,
        "controls": &finding.controls,
        "standards": &item.standards,
        "account": finding.account.as_str(),
        "region": finding.region.as_str(),
        "resource": finding.resource.as_str(),
        "resource_type": type_of(finding.kind),
        "label": &item.label,
        "tags": tags().collect::<BTreeMap<_, _>>(),
        "saving": object! {
            "certainty": certainty(finding.saving), "usd_per_month": dollars(finding.saving),
        },
        "actions": item.actions(),
        "exemption": item.exemption.map(|exemption| object! {
            "owner": plain(&exemption.owner, usize::MAX),
            "reason": plain(&exemption.reason, usize::MAX),
            "until": exemption.until,
        }),
    }
}
