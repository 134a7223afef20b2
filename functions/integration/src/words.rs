//! Sentences and figures that the report and the channels share.

use std::collections::{BTreeMap, BTreeSet};

use miyabi_types::{
    agent::HistoricalAgent,
    evidence::Unavailable,
    finding::{Saving, Severity},
    money::MonthlyUsd,
    report::{CycleEnd, ReportedAction},
    task::TaskStatus,
};

use crate::{
    channel::{Reported, RequestedAction, Scores},
    markdown::{escape, shorten},
};

/// Longest text of an error that is told; the whole of it is in the log.
const LONGEST_ERROR: usize = 600;

/// How the cycle ended, in a sentence.
pub fn headline(reported: &Reported) -> String {
    let report = &reported.report;
    match &report.end {
        CycleEnd::Observed if report.actions.is_empty() => {
            "Looked at the account and found nothing to change.".into()
        }
        CycleEnd::Observed => format!(
            "Looked and planned: {} would save {} a month. Nothing was changed.",
            changes(report.actions.len()),
            report.promised_saving,
        ),
        CycleEnd::Acted => acted(reported),
        CycleEnd::Rejected => "A person said no. Nothing was changed.".into(),
        CycleEnd::Expired => "Nobody decided in time. Nothing was changed.".into(),
        CycleEnd::Failed { state, error, message } => format!(
            "Failed in {}: {}{}",
            escape(state),
            error.map(|name| format!("{name}: ")).unwrap_or_default(),
            shorten(&escape(message), LONGEST_ERROR),
        ),
    }
}

fn acted(reported: &Reported) -> String {
    let report = &reported.report;
    let count = |status| report.actions.iter().filter(|action| action.status == status).count();
    let mut parts =
        vec![format!("Made {} of {}", count(TaskStatus::Completed), changes(report.actions.len()))];
    let failed = count(TaskStatus::Failed);
    if failed > 0 {
        parts.push(format!("{failed} failed"));
    }
    if !reported.rolled_back.is_empty() {
        parts.push(format!("{} undone", plural(reported.rolled_back.len() as u64, "wave")));
    }
    let saving = match reported.measured_saving {
        Some(saved) => format!("Measured saving: {saved} a month."),
        None => "The saving was not measured.".into(),
    };
    format!("{}. {saving}", parts.join(", "))
}

/// `1 change`, `2 changes`.
pub fn changes(count: usize) -> String {
    plural(count as u64, "change")
}

/// `1 thing`, `2 things`.
pub fn plural(count: u64, thing: &str) -> String {
    if count == 1 { format!("1 {thing}") } else { format!("{count} {thing}s") }
}

/// A score as Security Hub shows it, for example `72 %`.
pub fn score(permille: Option<u32>) -> String {
    permille.map_or_else(|| "not known".into(), |permille| format!("{} %", (permille + 5) / 10))
}

/// `mean 71 % → 90 %, AWS Foundational (FSBP 1.0) 72 % → 91 %`; nothing where no standard has data.
pub fn standards(before: &Scores, after: Option<&Scores>) -> Option<String> {
    before.mean?;
    let one = |name: &str, was: Option<u32>, is: Option<u32>| match (after, is) {
        (Some(_), is) => format!("{name} {} → {}", score(was), score(is)),
        (None, _) => format!("{name} {}", score(was)),
    };
    let mut parts = vec![one("mean", before.mean, after.and_then(|after| after.mean))];
    parts.extend(before.standards.iter().map(|(standard, was)| {
        let is = after.and_then(|after| after.standards.get(standard)).copied();
        one(standard.short_name(), Some(*was), is)
    }));
    Some(parts.join(", "))
}

/// A saving as people read it; one that is not known is never shown as nothing.
pub fn saving(saving: Saving) -> Option<String> {
    match saving {
        Saving::None => None,
        Saving::Exact(amount) => Some(format!("saves {amount} a month")),
        Saving::Estimated(amount) => Some(format!("saves about {amount} a month")),
        Saving::Unknown => Some("saves an amount that is not known".into()),
    }
}

/// `2 critical · 5 high`, worst first.
pub fn findings(counts: &BTreeMap<Severity, u64>) -> String {
    let parts: Vec<_> = Severity::WORST_FIRST
        .into_iter()
        .filter_map(|severity| {
            let count = counts.get(&severity).filter(|count| **count > 0)?;
            Some(format!("{count} {}", severity.as_str()))
        })
        .collect();
    if parts.is_empty() { "none".into() } else { parts.join(" · ") }
}

/// What became of an action, in a word.
pub const fn status(status: TaskStatus) -> &'static str {
    match status {
        TaskStatus::Pending => "planned",
        TaskStatus::InProgress => "in progress",
        TaskStatus::Completed => "done",
        TaskStatus::Failed => "failed",
        TaskStatus::Cancelled => "not done",
        TaskStatus::Blocked => "waiting",
    }
}

/// A promised saving in a table; one that is not known is never shown as nothing.
pub fn promised(saving: Saving) -> String {
    match saving {
        Saving::None => "–".into(),
        Saving::Exact(amount) => amount.to_string(),
        Saving::Estimated(amount) => format!("about {amount}"),
        Saving::Unknown => "not known".into(),
    }
}

/// Promised and measured, for one action of a report; nothing where there is no money in it.
pub fn measured(promise: Saving, action: &ReportedAction) -> Option<String> {
    match (promise, action.status, action.measured) {
        (Saving::None, _, None | Some(MonthlyUsd::ZERO)) => None,
        (_, TaskStatus::Completed, None) => {
            Some(format!("promised {}, could not be measured", promised(promise)))
        }
        (_, TaskStatus::Completed, Some(measured)) => {
            Some(format!("promised {}, measured {measured}", promised(promise)))
        }
        _ => saving(promise),
    }
}

/// Why a call could not be seen, and what to grant.
pub fn unseen(call: &str, why: &Unavailable) -> String {
    let grant = why
        .missing_permission
        .as_ref()
        .map(|permission| format!("; grant {permission}"))
        .unwrap_or_default();
    format!("{}: {}{grant}", escape(call), shorten(&escape(&why.reason), LONGEST_ERROR))
}

/// Requested actions by the agent that signs them, in order.
pub fn by_agent(actions: &[RequestedAction]) -> BTreeMap<HistoricalAgent, Vec<&RequestedAction>> {
    let mut groups: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for action in actions {
        groups.entry(action.agent).or_default().push(action);
    }
    groups
}

/// `Signed: Bill Gates, Napoleon`.
pub fn signature<'a>(agents: impl IntoIterator<Item = &'a HistoricalAgent>) -> Option<String> {
    let names: BTreeSet<_> = agents.into_iter().copied().collect();
    let names: Vec<_> = names.into_iter().map(HistoricalAgent::name).collect();
    (!names.is_empty()).then(|| format!("Signed: {}", names.join(", ")))
}

#[cfg(test)]
mod tests {
    use miyabi_types::standard::Standard;

    use super::*;

    #[test]
    fn scores_are_told_by_standard_beside_their_mean() {
        let scores = |fsbp: u32, cis: u32| Scores {
            mean: Some(u32::midpoint(fsbp, cis)),
            standards: [(Standard::Fsbp, fsbp), (Standard::Cis3, cis)].into(),
        };
        assert_eq!(
            standards(&scores(700, 500), None).unwrap(),
            "mean 60 %, AWS Foundational (FSBP 1.0) 70 %, CIS Foundations 3.0 50 %"
        );
        assert_eq!(
            standards(&scores(700, 500), Some(&scores(900, 700))).unwrap(),
            "mean 60 % → 80 %, AWS Foundational (FSBP 1.0) 70 % → 90 %, CIS Foundations 3.0 50 % → 70 %"
        );
        assert_eq!(standards(&Scores::default(), None), None);
    }
}
