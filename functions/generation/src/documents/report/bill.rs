//! The bill beside list prices, on the page.

use maud::{Markup, html};

use super::{super::view::View, table};

pub fn section(view: &View<'_>) -> Markup {
    let rows = view.bill.services.iter().map(|service| {
        let over = view.bill.saves_too_much(service);
        html! {
            td { (service.name) span.note { (service.why().join("; ")) } }
            td.number { @if let Some(billed) = service.billed { (billed) } @else { "not known" } }
            td.number { (service.listed) }
            td.number { (service.on_demand) }
            td.number { (service.saved) @if over { span.note { "more than is billed" } } }
        }
    });
    html! {
        section id="bill" {
            h2 { "The bill, service by service" }
            @match &view.bill.bill {
                None => p { "The bill is not known: there is nothing to hold list prices against." },
                Some(bill) => p.note {
                    "The last " (bill.days.len()) " days, "
                    @if bill.amortized { "what was paid in advance spread over its term, " }
                    "scaled to a month: " (bill.monthly_total()) ". "
                    @if let Some(capped) = view.bill.capped() {
                        "Of the plan's saving at list prices (" (view.plan.saving()) ") it can show at most " (capped) "."
                    }
                },
            }
            @if rows.len() > 0 {
                (table(
                    &["Service", ">Billed", ">List price", ">No commitment pays for", ">This plan saves"],
                    rows,
                    "plan.json",
                ))
            }
        }
    }
}
