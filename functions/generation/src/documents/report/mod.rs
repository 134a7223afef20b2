//! `report.html`: the whole plan on one page that opens offline, in light and dark, on paper, and with a screen
//! reader. It asks nothing of any other place: style and charts are in it, and it runs no script.

mod bill;
mod chart;

use std::collections::BTreeMap;

use maud::{DOCTYPE, Markup, PreEscaped, html};
use miyabi_types::{
    finding::{Finding, NotEvaluated, Place, Saving, Severity},
    id::Arn,
    money::MonthlyUsd,
    plan::Proposal,
    standard::Standard,
};

use self::chart::{Bar, Chart, Row};
use super::{
    changes::{class, in_words},
    sections::{plural, units_of_work},
    view::View,
};
use crate::plain::whole;

const STYLE: &str = include_str!("style.css");

/// Most bars of one chart; the rest is one bar.
const BARS: usize = 10;
/// Most rows of one table; what does not fit is counted, and is in the tables and formats beside the page.
const ROWS: usize = 100;

pub fn render(view: &View<'_>) -> String {
    let plan = view.plan;
    let title = format!("Miyabi report: {}", plan.tenant);
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                // Whatever got in, nothing is fetched and nothing runs.
                meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'";
                title { (title) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                header {
                    h1 { "Cost and security report" }
                    p.meta {
                        "Tenant " code { (plan.tenant) } ", cycle " code { (plan.cycle) } ", "
                        (plural(view.accounts().len(), "account")) " ("
                        @for (index, account) in view.accounts().iter().enumerate() {
                            @if index > 0 { ", " }
                            code { (account) }
                        }
                        "), as seen at " (view.seen_at()) ". Nothing has been changed."
                    }
                    nav aria-label="Sections" {
                        a href="#charts" { "Charts" }
                        a href="#changes" { "Changes" }
                        a href="#bill" { "The bill" }
                        a href="#person" { "For a person" }
                        a href="#since" { "Since the last plan" }
                        a href="#exempt" { "Exempt" }
                        a href="#unjudged" { "Not judged" }
                    }
                }
                main {
                    (summary(view))
                    section id="charts" aria-label="Charts" {
                        h2 { "At a glance" }
                        div.charts {
                            (cost_by_service(view).render())
                            (savings_by_check(view).render())
                            (score_by_standard(view).render())
                            (findings_by_severity(view).render())
                        }
                    }
                    (changes(view))
                    (bill::section(view))
                    (by_hand(view))
                    (since_last(view))
                    (exempt(view))
                    (unjudged(view))
                }
                footer {
                    p.note {
                        "Saving and cost are at list prices, a month of 730 hours; competing savings on one resource are \
                         counted once. Scores are computed as AWS Security Hub computes them, by Miyabi's own judgement. \
                         Details: cost-plan.md and security-plan.md; for machines: findings.json, .csv, .sarif, .ocsf.json \
                         and asff/."
                    }
                }
            }
        }
    }
    .into_string()
}

fn percent(permille: Option<u32>) -> String {
    permille.map_or("not known".into(), |permille| format!("{}.{} %", permille / 10, permille % 10))
}

fn summary(view: &View<'_>) -> Markup {
    let plan = view.plan;
    let assessment = &plan.assessment;
    let (now, saved) = (assessment.monthly_cost, plan.saving());
    let work: u32 = plan.proposals.iter().map(Proposal::work).sum();
    let severe = |wanted| assessment.findings.iter().filter(|f| f.severity == wanted).count();
    html! {
        p.lead {
            @if plan.proposals.is_empty() {
                "This plan proposes no change."
            } @else {
                "This plan proposes " strong { (plural(plan.proposals.len(), "change")) } " ("
                (units_of_work(work)) "). Done, they save " strong { (view.saved()) " a month" }
                " and take the security score from " strong { (percent(assessment.score.permille)) } " to "
                strong { (percent(view.reach.score.permille)) } "."
            }
        }
        div.cards {
            (card("List price a month", &html! { (now) }, &match assessment.unpriced {
                0 => "everything seen has a price".to_owned(),
                unpriced => format!("{} without a known price, not counted", plural(unpriced as usize, "resource")),
            }))
            (card("Saving a month", &html! {
                (view.saved()) " " small { (format!("{:.1} %", view.saved().percent_of(now))) }
            }, &match view.bill.capped() {
                None => "if everything is done".to_owned(),
                Some(_) => format!("as far as it is billed; {saved} at list prices"),
            }))
            (card("Security score", &html! {
                (percent(assessment.score.permille)) " " small { "→ " (percent(view.reach.score.permille)) }
            }, &format!("weighted by severity {}", percent(assessment.score.weighted_permille))))
            (card("Findings", &html! { (assessment.findings.len()) " "
                small { (severe(Severity::Critical)) " critical, " (severe(Severity::High)) " high" } },
                &format!("{} exempt", assessment.exempted.len())))
            (card("Not seen", &html! { (view.failed_reads()) " " small { "reads that failed" } },
                &format!("{} could not be made", plural(assessment.not_evaluated.len(), "judgement"))))
        }
    }
}

fn card(label: &str, value: &Markup, below: &str) -> Markup {
    html! {
        div.card {
            div.label { (label) }
            div.value { (value) }
            div.note { (below) }
        }
    }
}

/// Rows by amount, greatest first; what is beyond the longest chart is one row.
fn ranked(amounts: BTreeMap<String, MonthlyUsd>, class: &'static str) -> Vec<Row> {
    let mut amounts: Vec<_> =
        amounts.into_iter().filter(|(_, amount)| *amount > MonthlyUsd::ZERO).collect();
    amounts.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    if amounts.len() > BARS {
        let rest = amounts.split_off(BARS - 1);
        let total = rest.iter().map(|(_, amount)| *amount).sum();
        amounts.push((format!("{} others", rest.len()), total));
    }
    let bar =
        |amount: MonthlyUsd| Bar { value: Some(amount.usd()), shown: amount.to_string(), class };
    amounts.into_iter().map(|(name, amount)| Row { name, bars: vec![bar(amount)] }).collect()
}

fn cost_by_service(view: &View<'_>) -> Chart<'static> {
    let (note, amounts) = match &view.bill.bill {
        Some(bill) => (
            format!("The bill of the last {} days, scaled to a month.", bill.days.len()),
            bill.services
                .iter()
                .map(|(service, micros)| ((*service).to_owned(), bill.monthly(*micros)))
                .collect(),
        ),
        None => (
            "List prices of what was found: the bill is not known.".to_owned(),
            view.bill.services.iter().map(|one| (one.name.to_owned(), one.listed)).collect(),
        ),
    };
    Chart {
        id: "cost-by-service",
        title: "Cost by service, a month",
        note,
        headings: &["Service", "A month"],
        rows: ranked(amounts, "cost"),
        full: None,
    }
}

fn savings_by_check(view: &View<'_>) -> Chart<'static> {
    // Of alternatives on one resource the best counts, so that the bars add up to the plan's saving.
    let mut best: BTreeMap<&Arn, &Proposal> = BTreeMap::new();
    for proposal in &view.plan.proposals {
        let of_target = best.entry(&proposal.action.target).or_insert(proposal);
        if proposal.saving.amount() > of_target.saving.amount() {
            *of_target = proposal;
        }
    }
    let mut amounts: BTreeMap<String, MonthlyUsd> = BTreeMap::new();
    for proposal in best.into_values() {
        let earner = view
            .mended_by(proposal)
            .into_iter()
            .max_by_key(|finding| (finding.saving.amount(), std::cmp::Reverse(&finding.check)));
        if let Some(finding) = earner {
            *amounts.entry(finding.title.clone()).or_default() += proposal.saving.amount();
        }
    }
    Chart {
        id: "savings-by-check",
        title: "Savings by check, a month",
        note: "If everything in this plan is done; competing savings are counted once.".into(),
        headings: &["Finding", "Saved a month"],
        rows: ranked(amounts, "saving"),
        full: None,
    }
}

fn score_by_standard(view: &View<'_>) -> Chart<'static> {
    let (now, then) = (&view.plan.assessment.score, &view.reach.score);
    let bar = |permille: Option<u32>, class| Bar {
        value: permille.map(f64::from),
        shown: percent(permille),
        class,
    };
    let row = |name: &str, now, then| Row {
        name: name.to_owned(),
        bars: vec![bar(now, "now"), bar(then, "then")],
    };
    let mut rows = vec![row("All controls", now.permille, then.permille)];
    for standard in Standard::ALL {
        if let Some(score) = now.standards.get(&standard) {
            let after = then.standards.get(&standard).and_then(|after| after.permille);
            rows.push(row(standard.short_name(), score.permille, after));
        }
    }
    Chart {
        id: "score-by-standard",
        title: "Security score by standard",
        note: "Now (upper bar), and after this plan (lower bar).".into(),
        headings: &["Standard", "Now", "After this plan"],
        rows,
        full: Some(1000.0),
    }
}

fn findings_by_severity(view: &View<'_>) -> Chart<'static> {
    let rows = Severity::WORST_FIRST
        .into_iter()
        .map(|severity| {
            let findings = view.plan.assessment.findings.iter();
            let count = findings.filter(|finding| finding.severity == severity).count();
            let bar = Bar {
                value: Some(count as f64),
                shown: count.to_string(),
                class: severity.as_str(),
            };
            Row { name: severity.as_str().to_owned(), bars: vec![bar] }
        })
        .collect();
    Chart {
        id: "findings-by-severity",
        title: "Findings by severity",
        note: "Waste and risk together; without what is exempt.".into(),
        headings: &["Severity", "Findings"],
        rows,
        full: None,
    }
}

/// A table of the first rows of many; the others are never made.
fn table(headings: &[&str], rows: impl ExactSizeIterator<Item = Markup>, all_in: &str) -> Markup {
    let left = rows.len().saturating_sub(ROWS);
    html! {
        div.scroll { table {
            thead { tr {
                @for heading in headings {
                    @let figures = heading.starts_with('>');
                    th scope="col" class=[figures.then_some("number")] { (heading.trim_start_matches('>')) }
                }
            } }
            tbody { @for row in rows.take(ROWS) { tr { (row) } } }
        } }
        @if left > 0 {
            p.note { "… and " (left) " more: all of them are in " (all_in) "." }
        }
    }
}

fn money(saving: Saving) -> String {
    match saving {
        Saving::None => "–".into(),
        Saving::Exact(amount) => amount.to_string(),
        Saving::Estimated(amount) => format!("≈ {amount}"),
        Saving::Unknown => "not known".into(),
    }
}

fn severity(severity: Severity) -> Markup {
    html! { span class=(format!("severity {}", severity.as_str())) { (severity.as_str()) } }
}

fn changes(view: &View<'_>) -> Markup {
    let rows = view.plan.proposals.iter().enumerate().map(|(index, proposal)| {
        let action = &proposal.action;
        let flips = view.flipped_by(proposal).len();
        html! {
            td.number { (index + 1) }
            td {
                (in_words(action.operation)) ": " strong { (whole(&action.label)) }
                span.note { (whole(&proposal.summary)) }
                span.note { "Risk: " (whole(&proposal.risk)) }
            }
            td.number { (money(proposal.saving)) }
            td { (severity(proposal.severity)) }
            td.number { @if flips > 0 { (flips) } @else { "–" } }
            td.number { (proposal.work()) }
            td { (class(action.safety)) }
            td.id { code { (action.id) } }
        }
    });
    html! {
        section id="changes" {
            h2 { "Changes, in order" }
            @if rows.len() == 0 {
                p { "Nothing is proposed." }
            } @else {
                p.note {
                    "By saving, then by controls that they help to pass per unit of work. ≈ marks an estimate."
                }
                (table(
                    &[">#", "Change", ">Saves a month", "Severity", ">Controls", ">Work", "Who decides", "Action"],
                    rows,
                    "actions.csv",
                ))
            }
        }
    }
}

fn by_hand(view: &View<'_>) -> Markup {
    let mut open: Vec<&Finding> = view
        .plan
        .assessment
        .findings
        .iter()
        .filter(|finding| view.proposals_for(&finding.id).is_empty())
        .collect();
    open.sort_by_key(|f| (std::cmp::Reverse(f.severity), &f.check, &f.resource));
    let rows = open.into_iter().map(found);
    html! {
        section id="person" {
            h2 { "What a person must do" }
            @if rows.len() == 0 {
                p { "Nothing: the changes above mend every finding." }
            } @else {
                p.note { "Found, without a change in this plan; worst first." }
                (table(&["Severity", "Finding", "Resource", "Controls"], rows, "findings.csv"))
            }
        }
    }
}

fn found(finding: &Finding) -> Markup {
    let controls: Vec<_> = finding.controls.iter().map(ToString::to_string).collect();
    html! {
        td { (severity(finding.severity)) }
        td { (whole(&finding.title)) span.note { (whole(&finding.evidence)) } }
        td { (whole(&finding.label)) span.note { (finding.account) " · " (finding.region) } }
        td { (controls.join(", ")) }
    }
}

fn since_last(view: &View<'_>) -> Markup {
    let differences =
        view.plan.since_last.as_ref().map_or(&[][..], |diff| diff.findings.as_slice());
    let rows = differences.iter().map(|change| {
        html! {
            td { (change.fate.as_str()) }
            td { (severity(change.severity)) }
            td { (whole(&change.title)) }
            td { (whole(&change.label)) span.note { (change.account) " · " (change.region) } }
        }
    });
    html! {
        section id="since" {
            h2 { "Since the last plan" }
            @if let Some(diff) = &view.plan.since_last {
                p {
                    "List price " (diff.monthly_cost.before) " → " (diff.monthly_cost.now)
                    ", saving on offer " (diff.saving.before) " → " (diff.saving.now)
                    ", security score " (percent(diff.score_permille.before)) " → "
                    (percent(diff.score_permille.now)) ", " (plural(diff.actions.len(), "change"))
                    " differ. Compared with cycle " code { (diff.cycle) } " of " (diff.made_at) "."
                }
                @if rows.len() == 0 {
                    p { "No finding differs." }
                } @else {
                    (table(&["What became of it", "Severity", "Finding", "Resource"], rows, "plan.json"))
                }
            } @else {
                p { "There is no earlier plan to compare with." }
            }
        }
    }
}

fn exempt(view: &View<'_>) -> Markup {
    let assessment = &view.plan.assessment;
    let rows = assessment.exemptions.iter().map(|used| {
        let exemption = &used.exemption;
        html! {
            td { (used.standing.as_str()) }
            td.number { (used.findings) }
            td { (exemption.until.map_or("–".into(), |day| day.to_string())) }
            td { (whole(&exemption.owner)) }
            td { (whole(&exemption.reason)) }
        }
    });
    html! {
        section id="exempt" {
            h2 { "Exempt" }
            @if rows.len() == 0 {
                p { "Nothing is exempt." }
            } @else {
                p.note {
                    (plural(assessment.exempted.len(), "finding")) " counted in no score. What an expired exemption \
                     covered is back; an unused one can go."
                }
                (table(&["Standing", ">Findings", "Until", "Owner", "Reason"], rows, "plan.json"))
            }
        }
    }
}

fn unjudged(view: &View<'_>) -> Markup {
    // By reason, so that one missing permission is one row.
    let mut reasons: BTreeMap<_, Vec<&NotEvaluated>> = BTreeMap::new();
    for gap in &view.plan.assessment.not_evaluated {
        reasons.entry(&gap.why).or_default().push(gap);
    }
    let rows = reasons.into_iter().map(|(why, gaps)| {
        let place = match &gaps[0].place {
            Place::Scope(scope) => format!("all in {} {}", scope.account, scope.region),
            Place::Resource(arn) => arn.resource().to_owned(),
        };
        html! {
            td { (whole(&why.reason)) }
            td { @if let Some(grant) = &why.missing_permission { code { (grant) } } @else { "–" } }
            td.number { (gaps.len()) }
            td { (whole(&place)) }
        }
    });
    html! {
        section id="unjudged" {
            h2 { "What could not be judged" }
            @if rows.len() == 0 {
                p { "Every check could judge every resource that was seen." }
            } @else {
                p.note { "None of this counts as good: a control that could not be judged counts against the score." }
                (table(&["Reason", "Grant", ">Judgements", "For example"], rows, "findings.json"))
            }
        }
    }
}
