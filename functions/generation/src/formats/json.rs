//! `findings.json`: the findings flat and self-describing; `docs/findings.schema.json` is its schema.

use miyabi_types::finding::NotEvaluated;
use serde::Serialize;
use serde_json::{Value, json};

use super::{
    Each, Export, Gaps, Item, PRODUCT, VERSION, certainty, dollars, plain, public_tags, to_text,
    type_of,
};

/// The version of the shape; a change that breaks readers raises it.
const SCHEMA_VERSION: u32 = 1;

#[derive(Serialize)]
struct File<'e, 'p> {
    #[serde(flatten)]
    head: Value,
    findings: Each<'e, 'p>,
    not_evaluated: Gaps<'e, 'p>,
}

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
    let head = json!({
        "schema_version": SCHEMA_VERSION,
        "product": { "name": PRODUCT, "version": VERSION },
        "tenant": plan.tenant,
        "cycle": plan.cycle,
        "created_at": plan.created_at,
        "monthly_cost_usd": assessment.monthly_cost.usd(),
        "saving_usd_per_month": plan.saving().usd(),
        "score": {
            "percent": percent(assessment.score.permille),
            "mean_of_standards_percent": percent(assessment.score.mean_of_standards()),
            "weighted_percent": percent(assessment.score.weighted_permille),
            "percent_after_plan": percent(then.and_then(|then| then.permille)),
            "standards": standards,
        },
    });
    to_text(&File { head, findings: export.each(finding), not_evaluated: export.gaps(gap) })
}

fn gap(_: &Export<'_>, gap: &NotEvaluated) -> Value {
    json!({
        "check": gap.check, "place": gap.place, "controls": gap.controls,
        "reason": plain(&gap.why.reason, usize::MAX),
        "missing_permission": gap.why.missing_permission,
    })
}

fn finding(_: &Export<'_>, _: usize, item: &Item<'_>) -> Value {
    let finding = item.finding;
    json!({
        "id": finding.id,
        "status": if item.exemption.is_some() { "exempt" } else { "open" },
        "check": finding.check,
        "category": finding.category,
        "severity": finding.severity,
        "title": plain(&finding.title, usize::MAX),
        "evidence": plain(&finding.evidence, usize::MAX),
        "controls": finding.controls,
        "standards": item.standards,
        "account": finding.account,
        "region": finding.region,
        "resource": finding.resource,
        "resource_type": type_of(finding.kind),
        "label": plain(&finding.label, usize::MAX),
        "tags": item.tags.into_iter().flat_map(public_tags).collect::<std::collections::BTreeMap<_, _>>(),
        "saving": { "certainty": certainty(finding.saving), "usd_per_month": dollars(finding.saving) },
        "actions": item.proposals.iter().map(|proposal| &proposal.action.id).collect::<Vec<_>>(),
        "exemption": item.exemption.map(|exemption| json!({
            "owner": plain(&exemption.owner, usize::MAX),
            "reason": plain(&exemption.reason, usize::MAX),
            "until": exemption.until,
        })),
    })
}
