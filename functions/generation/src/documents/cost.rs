//! `cost-plan.md`: what the account costs, what would be saved, and how sure that is.

use std::collections::{BTreeMap, BTreeSet};

use miyabi_types::{
    action::SafetyClass,
    finding::{Category, Saving},
    money::{HOURS_PER_MONTH, MonthlyUsd},
    plan::{Plan, best_savings},
    resource::ResourceKind,
    world::World,
};

use super::{
    changes::{self, in_words},
    commitments,
    markdown::{Document, code, inline, lines, text},
    reconcile::Service,
    sections,
    view::View,
};
use crate::reach;

pub fn render(view: &View<'_>) -> String {
    let mut document = Document::new("Cost plan");
    sections::heading(&mut document, view);
    decision(&mut document, view);
    headline(&mut document, view);
    sections::limits(&mut document, view.plan);
    sections::since_last(&mut document, view, Category::Cost);
    proposals(&mut document, view);
    alternatives(&mut document, view.plan);
    commitments::section(&mut document, view);
    findings(&mut document, view);
    by_kind(&mut document, view.world);
    bill_by_service(&mut document, view);
    sections::exempt(&mut document, view.plan, Category::Cost);
    sections::not_judged(&mut document, view, |gap| gap.controls.is_empty());
    sections::next_steps(&mut document, view.plan);
    document.finish()
}

/// What the reader is asked for, in one paragraph.
fn decision(document: &mut Document, view: &View<'_>) {
    document.section("What is asked of you");
    let plan = view.plan;
    let (now, saved) = (plan.assessment.monthly_cost, plan.saving());
    let proposals = view.saving();
    if proposals.is_empty() {
        document.paragraph(format!(
            "Nothing. What was seen costs {now} a month at list prices, and no change that would save was found."
        ));
        return;
    }
    let of_class = |class: SafetyClass| {
        let group: Vec<_> =
            proposals.iter().copied().filter(|p| p.action.safety == class).collect();
        (group.len(), best_savings(group))
    };
    let (safe, safe_saving) = of_class(SafetyClass::Auto);
    let work: u32 = proposals.iter().map(|p| p.work()).sum();
    let shown = view.saved();
    let compared = match view.bill.capped() {
        None => format!(
            ", {:.1} % of the {now} a month that what was seen costs at list prices",
            saved.percent_of(now)
        ),
        Some(_) => format!(
            ": as much as the last bill shows of it. At list prices it is {saved} of {now}; why the bill is lower, \
             the table of the bill tells"
        ),
    };
    document.paragraph(format!(
        "Decide on {}, for {}. Together they save **{shown} a month** ({} a year){compared}. {}",
        sections::plural(proposals.len(), "change"),
        sections::units_of_work(work),
        yearly(shown),
        match safe {
            0 => "Each of them asks for a decision.".to_owned(),
            _ => format!(
                "{safe} of them, saving {safe_saving} at list prices, are reversible, lose no data and touch no traffic; \
                 the others ask for a decision each."
            ),
        }
    ));
}

fn yearly(monthly: MonthlyUsd) -> MonthlyUsd {
    MonthlyUsd::from_micros(monthly.micros().saturating_mul(12))
}

fn headline(document: &mut Document, view: &View<'_>) {
    let plan = view.plan;
    let (now, saved) = (plan.assessment.monthly_cost, plan.saving());
    let proposals = view.saving();
    let of_class = |wanted: SafetyClass| {
        best_savings(plan.proposals.iter().filter(|p| p.action.safety == wanted))
    };
    let exact =
        best_savings(plan.proposals.iter().filter(|p| matches!(p.saving, Saving::Exact(_))));
    let unknown = proposals.iter().filter(|p| p.saving == Saving::Unknown).count();

    document.section("In short");
    let mut rows = vec![vec![text("List price of what exists, a month"), text(now)]];
    if let Some(bill) = &view.bill.bill {
        rows.push(vec![
            text(format!("Bill of the last {} days, scaled to a month", bill.days.len())),
            text(bill.monthly_total()),
        ]);
    }
    rows.extend([vec![
        text("Saved a month if all of this plan is done"),
        text(format!("{saved} ({:.1} %)", saved.percent_of(now))),
    ]]);
    if let Some(capped) = view.bill.capped() {
        rows.push(vec![text("… of which the last bill can show at most"), text(capped)]);
    }
    rows.extend([
        vec![text("List price afterwards"), text(now - saved)],
        vec![text("… of the saving, safe without asking"), text(of_class(SafetyClass::Auto))],
        vec![text("… from unit prices and known quantities alone"), text(exact)],
        vec![
            text("Changes that save money"),
            text(format!("{} ({unknown} of them by an amount that is not known)", proposals.len())),
        ],
        vec![
            text("Resources seen"),
            text(format!(
                "{} ({} without a known price, not counted above)",
                plan.assessment.resources.values().sum::<u64>(),
                plan.assessment.unpriced
            )),
        ],
        vec![
            text("Reads that failed / checks that stayed silent"),
            text(format!("{} / {}", view.failed_reads(), plan.assessment.not_evaluated.len())),
        ],
    ]);
    document.table(&["", ">"], rows);
    document.paragraph(format!(
        "A month is {HOURS_PER_MONTH} hours. {} A price that is not known is never counted as nothing. \
         Where several changes save the same money, only the best one is counted.",
        sections::prices_note(view.world)
    ));
}

fn proposals(document: &mut Document, view: &View<'_>) {
    document.section("What is proposed");
    let proposals = view.saving();
    if proposals.is_empty() {
        document.paragraph("Nothing: no waste was found that a change would mend.");
        return;
    }
    changes::by_operation(document, &proposals);
    document.paragraph("In order, what saves most first:");
    changes::in_order(document, view, &proposals);
}

fn alternatives(document: &mut Document, plan: &Plan) {
    let groups = plan.alternatives();
    if groups.is_empty() {
        return;
    }
    document.section("Alternatives");
    document.paragraph(
        "These save the same money in different ways. At most one of each row is done, and only the best one is counted above.",
    );
    let rows = groups
        .into_values()
        .filter_map(|group| {
            let best = reach::best(&group)?;
            let options = group.iter().map(|proposal| {
                text(format!(
                    "{}: {}",
                    in_words(proposal.action.operation),
                    proposal.saving.amount()
                ))
            });
            Some(vec![
                text(&best.action.label),
                lines(options),
                text(in_words(best.action.operation)),
                code(&best.action.id),
            ])
        })
        .collect::<Vec<_>>();
    document.table(&["Resource", "Options", "Counted", "Action"], rows);
}

fn findings(document: &mut Document, view: &View<'_>) {
    document.section("What was found");
    sections::by_severity(document, view.waste());
    let mut open: Vec<_> =
        view.waste().filter(|finding| view.proposals_for(&finding.id).is_empty()).collect();
    if open.is_empty() {
        return;
    }
    open.sort_by_key(|f| {
        (std::cmp::Reverse(f.saving.amount()), std::cmp::Reverse(f.severity), &f.id)
    });
    document.paragraph(
        "Found, without a change in this plan. Allocation may still choose another size for some; the rest is for a person:",
    );
    let rows = open.into_iter().map(|finding| {
        let mut row = sections::finding_row(finding);
        // Who stops an instance saves nothing more by a cheaper one.
        let instead = view.is_saved_on(&finding.resource) && finding.saving != Saving::None;
        row.push(lines(
            [sections::saving(finding.saving)]
                .into_iter()
                .chain(instead.then(|| text("instead of the change above"))),
        ));
        row
    });
    document.table(&["Severity", "Finding", "Resource", "Evidence", ">Worth a month"], rows);
}

fn by_kind(document: &mut Document, world: &World) {
    #[derive(Default)]
    struct Row<'w> {
        priced: u64,
        cost: MonthlyUsd,
        unpriced: u64,
        reasons: BTreeSet<&'w str>,
    }
    let mut kinds: BTreeMap<ResourceKind, Row<'_>> = BTreeMap::new();
    for resource in &world.resources {
        let row = kinds.entry(resource.kind()).or_default();
        match resource.monthly_cost.get() {
            Ok(cost) => {
                row.priced += 1;
                row.cost += *cost;
            }
            Err(why) => {
                row.unpriced += 1;
                row.reasons.insert(&why.reason);
            }
        }
    }
    let total = world.monthly_cost();
    let mut rows: Vec<_> =
        kinds.iter().filter(|(_, row)| row.cost != MonthlyUsd::ZERO || row.unpriced > 0).collect();
    rows.sort_by_key(|(kind, row)| (std::cmp::Reverse(row.cost), **kind));
    let free: u64 = kinds
        .values()
        .filter(|row| row.cost == MonthlyUsd::ZERO && row.unpriced == 0)
        .map(|row| row.priced)
        .sum();

    document.section("What it costs now");
    if rows.is_empty() {
        document.paragraph("Nothing that was seen has a price.");
    } else {
        let rows = rows.into_iter().map(|(kind, row)| {
            let known = row.priced > 0;
            let share = format!("{:.1} %", row.cost.percent_of(total));
            let mut unknown = Vec::new();
            if row.unpriced > 0 {
                unknown.push(text(format!("{} of them:", row.unpriced)));
                unknown.extend(row.reasons.iter().map(text));
            }
            vec![
                text(kind),
                text(row.priced + row.unpriced),
                if known { text(row.cost) } else { text("not known") },
                if known { text(share) } else { text("–") },
                sections::few(unknown),
            ]
        });
        document
            .table(&["Kind", ">Count", ">List price a month", ">Share", "Price not known"], rows);
    }
    if free > 0 {
        document.paragraph(format!(
            "{} more cost nothing by themselves.",
            sections::plural(free as usize, "resource")
        ));
    }
}

fn bill_by_service(document: &mut Document, view: &View<'_>) {
    let world = view.world;
    document.section("The bill, service by service");
    for (account, costs) in &world.costs {
        if let Err(why) = costs.get() {
            document.paragraph(format!(
                "The bill of account `{account}` is not known: {}.{}",
                inline(&why.reason),
                sections::grant_note(why)
            ));
        }
    }
    let Some(bill) = &view.bill.bill else {
        document.paragraph(if world.costs.is_empty() {
            "Cost Explorer was not asked."
        } else {
            "There is no bill to compare list prices with."
        });
        return;
    };
    let services = &view.bill.services;
    let sum = |of: fn(&Service<'_>) -> MonthlyUsd| services.iter().map(of).sum::<MonthlyUsd>();
    let mut rows: Vec<_> = services
        .iter()
        .map(|service| {
            let over =
                if view.bill.saves_too_much(service) { " (more than is billed)" } else { "" };
            vec![
                text(service.name),
                service.billed.map_or_else(|| text("not known"), text),
                text(service.listed),
                text(service.on_demand),
                service.billed.map_or_else(|| text("–"), |billed| text(billed - service.listed)),
                lines(service.why().iter().map(text)),
                text(format!("{}{over}", service.saved)),
            ]
        })
        .collect();
    let listed = sum(|service| service.listed);
    rows.push(vec![
        text("Total"),
        text(bill.monthly_total()),
        text(listed),
        text(sum(|service| service.on_demand)),
        text(bill.monthly_total() - listed),
        text(""),
        text(sum(|service| service.saved)),
    ]);
    document.table(
        &[
            "Service",
            ">Billed a month",
            ">List price of what was found",
            ">… that no commitment pays for",
            ">Billed − list price",
            "Why",
            ">This plan saves",
        ],
        rows,
    );
    document.paragraph(format!(
        "{} was billed over {} days ({} to {}), {}, scaled to a month of {HOURS_PER_MONTH} hours. What is billed \
         above list prices is use on which this plan counts no saving.{}",
        MonthlyUsd::from_micros(bill.total()),
        bill.days.len(),
        bill.days.first().map_or_else(String::new, ToString::to_string),
        bill.days.last().map_or_else(String::new, ToString::to_string),
        if bill.amortized {
            "with what was paid in advance spread over its term"
        } else {
            "as charged, without spreading what was paid in advance"
        },
        if bill.complete { "" } else { " The bill is not known of every account." },
    ));
}
