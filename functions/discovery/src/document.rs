//! `docs/coverage.md`: what is read and by which calls and permissions, from the registry itself.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
};

use miyabi_types::resource::ResourceKind;

use crate::{
    PERMISSIONS,
    call::Call,
    collect::{Collector, REGISTRY, Reach, generic::CATALOGUE},
    open, prices, reach,
};

/// Calls that find out what is to be read.
const OPENING: [(&str, &str); 3] = [
    (open::GET_CALLER_IDENTITY, "whose credentials these are; AWS lets everyone ask"),
    (reach::LIST_ACCOUNTS, "the accounts of the organization"),
    (reach::DESCRIBE_REGIONS, "the regions that are enabled"),
];

/// What is said of prices.
const PRICES: &str = "## Prices\n\n\
     Asked for when a World is sealed, with Miyabi's own credentials and free of charge: for the regions, \
     services and sizes that were found and for what they could be exchanged for. Answers are kept for a day; \
     a second World of a cycle has the prices of the first. Where the Price List cannot be asked, the prices of \
     a snapshot with its date and sources are used, and the coverage says so; a price that neither has is unknown.";

/// The page.
#[must_use]
pub fn markdown() -> String {
    let mut services: BTreeMap<&str, Vec<&Collector>> = BTreeMap::new();
    for collector in REGISTRY {
        services.entry(collector.service).or_default().push(collector);
    }
    let typed = ResourceKind::ALL.iter().filter(|kind| **kind != ResourceKind::Generic).count();
    let mut page = format!(
        "# Coverage\n\n\
         What discovery reads, generated from its registry of collectors. `cargo xtask docs` writes this page; a \
         test fails when it is out of date.\n\n\
         - **{typed} types** with every field that checks and plans need, by {} collectors.\n\
         - **{} more types** by Cloud Control, and whatever is tagged by the Resource Groups Tagging API \
         ([below](#every-other-type)).\n\
         - **{} permissions**, all of them reading.\n\n\
         Every resource has its ARN, account, region, id, name, tags, time of creation, owner \
         (CloudFormation, Terraform), the resources that it needs, its utilization and its monthly cost as far \
         as AWS tells them. A call that fails takes nothing else with it: the scope\'s coverage says what \
         could not be seen and which permission is missing.\n",
        services.len(),
        CATALOGUE.listed().count(),
        PERMISSIONS.len(),
    );
    page.push_str("\n## Opening a cycle\n\n| call | permission | what for |\n|--|--|--|\n");
    for (action, purpose) in OPENING {
        let (_, operation) = action.split_once(':').unwrap_or_default();
        let _ = writeln!(page, "| {operation} | `{action}` | {purpose} |");
    }
    let _ = write!(page, "\n{PRICES}\n\n| call | permission | without it |\n|--|--|--|\n");
    let _ = writeln!(
        page,
        "| GetProducts | `{}` | prices of the snapshot, where it has any |",
        prices::GET_PRODUCTS
    );
    for (service, collectors) in services {
        self::service(&mut page, service, &collectors);
    }
    every_other_type(&mut page);
    page
}

fn service(page: &mut String, service: &str, collectors: &[&Collector]) {
    let reach: BTreeSet<_> = collectors.iter().map(|collector| scopes(collector.reach)).collect();
    let reach = reach.into_iter().collect::<Vec<_>>().join(" and ");
    let _ = writeln!(page, "\n## {service}\n\nRead {reach}.");
    let mut calls: Vec<Call> =
        collectors.iter().flat_map(|collector| collector.calls).copied().collect();
    calls.sort();
    calls.dedup();
    let kinds: BTreeSet<_> =
        calls.iter().flat_map(|call| call.kinds.iter().chain(call.always)).copied().collect();
    if !kinds.is_empty() {
        page.push_str("\n| type | signed by | fields |\n|--|--|--|\n");
    }
    for kind in kinds {
        let fields: Vec<_> = kind.fields().iter().map(|field| format!("`{field}`")).collect();
        let owner = miyabi_types::agent::HistoricalAgent::owner_of(kind).name();
        let _ = writeln!(page, "| {kind} | {owner} | {} |", fields.join(", "));
    }
    page.push_str("\n| call | permission | without it |\n|--|--|--|\n");
    for call in calls {
        let kinds: Vec<_> = call.kinds.iter().map(|kind| kind.as_str()).collect();
        let mut without = match &kinds[..] {
            [] => "less is known of each".to_owned(),
            kinds => format!("not known: {}", kinds.join(", ")),
        };
        if let Some(request) = call.only_with {
            let _ = write!(without, "; made only with the setting `{}`", request.setting());
        }
        let _ = writeln!(page, "| {} | `{}` | {without} |", call.operation(), call.action);
    }
}

fn every_other_type(page: &mut String) {
    page.push_str(
        "\n## Every other type\n\n\
         Read as `Miyabi::Generic::Resource` with tags, the properties that its list tells (of some types the \
         identifier alone; secrets blotted out) and what those name by ARN as what it needs, by \
         `cloudformation:ListResources`: a call for each type and page, or for each thing that resources of the \
         type belong to and each choice of the property that it is listed by, within a budget of calls and time. The tenant\'s setting `generic_types` names the types, \
         those of this list and any other that Cloud Control can list without further input; `*` stands for all \
         of this list, and without the setting nothing of it is read. Cloud Control asks the type\'s own service as \
         the caller, therefore the permissions. A resource that a collector above reads is left to it.\n\nSources:\n\n",
    );
    for source in &CATALOGUE.sources {
        let _ = writeln!(page, "- {source}");
    }
    page.push_str("\n| type | listed by | permissions |\n|--|--|--|\n");
    for (type_name, actions) in CATALOGUE.listed() {
        let actions: Vec<_> = actions.iter().map(|action| format!("`{action}`")).collect();
        let input = CATALOGUE.inputs.get(type_name);
        let by = input.map_or("", |input| input.parent.unwrap_or(input.property));
        let _ = writeln!(page, "| {type_name} | {by} | {} |", actions.join(", "));
    }
}

const fn scopes(reach: Reach) -> &'static str {
    match reach {
        Reach::Regional => "in every region",
        Reach::Global => "once per account",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_is_what_the_registry_says() {
        let path = "../../docs/coverage.md";
        let page = std::fs::read_to_string(path).unwrap_or_default();
        assert!(page == markdown(), "docs/coverage.md is out of date: run `cargo xtask docs`");
    }

    #[test]
    fn every_type_and_every_permission_is_on_the_page() {
        let page = markdown();
        for kind in ResourceKind::ALL {
            assert!(page.contains(&format!("| {kind} |")), "{kind}");
        }
        for action in PERMISSIONS.iter() {
            assert!(page.contains(&format!("`{action}`")), "{action}");
        }
    }
}
