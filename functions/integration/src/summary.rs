//! The report for people: `report.md`.

use std::fmt::{self, Write};

use miyabi_types::{
    commitments::OFFER_TERMS, money::MonthlyUsd, report::CycleReport, task::TaskStatus,
};

use crate::{channel::Reported, markdown::escape, voice, words};

/// Millionths of a US dollar that AWS charges for one Cost Explorer request.
/// Source: AWS Cost Management pricing page, "Cost Explorer API", November 2026.
const COST_EXPLORER_REQUEST_MICROS: i64 = 10_000;

/// Millionths of a US dollar that AWS charges for one metric of `GetMetricData`.
/// Source: Amazon CloudWatch pricing page, "APIs", November 2026.
const METRIC_MICROS: i64 = 10;

/// The report in Markdown.
pub fn markdown(reported: &Reported) -> String {
    let mut text = String::new();
    // Writing to a String cannot fail.
    let _ = write(&mut text, reported);
    text
}

fn write(text: &mut String, reported: &Reported) -> fmt::Result {
    let report = &reported.report;
    writeln!(text, "# Cycle report: {}\n", report.tenant)?;
    writeln!(text, "{}\n", words::headline(reported))?;
    writeln!(text, "- Cycle: `{}`", report.cycle)?;
    writeln!(text, "- Mode: {}", mode(report))?;
    writeln!(text, "- Written: {}\n", report.at)?;
    figures(text, reported)?;
    actions(text, reported)?;
    rolled_back(text, reported)?;
    commitments(text, reported)?;
    unseen(text, reported)?;
    undo(text, reported)?;
    documents(text, report)?;
    writeln!(text, "## What this cycle cost\n")?;
    let billed = |count: u64, micros: i64| {
        MonthlyUsd::from_micros(i64::try_from(count).unwrap_or(i64::MAX).saturating_mul(micros))
    };
    writeln!(
        text,
        "{} API calls, {} of them to Cost Explorer (billed: {}). {} metrics were asked of CloudWatch (billed: {}).",
        report.api_calls,
        report.cost_explorer_requests,
        billed(report.cost_explorer_requests, COST_EXPLORER_REQUEST_MICROS),
        report.metrics_requested,
        billed(report.metrics_requested, METRIC_MICROS),
    )?;
    if let Some(signature) = words::signature(reported.tasks.values().map(|task| &task.agent)) {
        writeln!(text, "\n{signature}")?;
    }
    Ok(())
}

const fn mode(report: &CycleReport) -> &'static str {
    use miyabi_types::settings::Mode;
    match report.mode {
        Mode::Observe => "observe (nothing is changed)",
        Mode::Approve => "approve (a person decides)",
        Mode::Auto => "auto (safe changes are made without asking)",
    }
}

fn figures(text: &mut String, reported: &Reported) -> fmt::Result {
    let report = &reported.report;
    if !reported.judged {
        return writeln!(
            text,
            "The account was not judged: cost, score and findings are not known.\n"
        );
    }
    let money =
        |amount: Option<MonthlyUsd>| amount.map_or("–".into(), |amount| amount.to_string());
    let percent = |permille: Option<u32>| permille.map_or("–".into(), |_| words::score(permille));
    writeln!(text, "| | before | promised | measured |\n|---|--:|--:|--:|")?;
    writeln!(
        text,
        "| Monthly cost (list prices) | {} | {} | {} |",
        report.cost_before,
        report.cost_before - report.promised_saving,
        money(report.cost_after),
    )?;
    writeln!(
        text,
        "| Monthly saving | | {} | {} |",
        report.promised_saving,
        money(reported.measured_saving),
    )?;
    writeln!(
        text,
        "| Security score | {} | {} | {} |\n",
        words::score(report.score_before),
        percent(report.promised_score),
        percent(report.score_after),
    )?;
    let after = report.score_after.map(|_| &reported.scores);
    if let Some(standards) = words::standards(&reported.scores_before, after) {
        writeln!(text, "Security score by standard: {standards}.\n")?;
    }
    let resources: u64 = report.resources.values().sum();
    writeln!(
        text,
        "{}. Findings before acting: {}. {} could not be made.\n",
        words::plural(resources, "resource"),
        words::findings(&report.findings),
        words::plural(reported.not_evaluated, "judgement"),
    )
}

fn actions(text: &mut String, reported: &Reported) -> fmt::Result {
    let groups = reported.by_agent();
    if groups.is_empty() {
        return Ok(());
    }
    writeln!(text, "## Changes\n")?;
    for (agent, actions) in groups {
        writeln!(text, "### {} · {}\n", agent.name(), voice::field(agent))?;
        writeln!(text, "> {}\n", voice::opening(agent))?;
        writeln!(text, "| wave | change | resource | status | promised | measured |")?;
        writeln!(text, "|--:|---|---|---|--:|--:|")?;
        for action in actions {
            writeln!(
                text,
                "| {} | {} | {} | {} | {} | {} |",
                action.wave,
                escape(&action.summary),
                escape(&action.label),
                words::status(action.status),
                words::promised(reported.saving(&action.id)),
                action.measured.map_or("–".into(), |amount| amount.to_string()),
            )?;
        }
        writeln!(text)?;
    }
    let measured: MonthlyUsd = reported.report.actions.iter().filter_map(|a| a.measured).sum();
    if reported.measured_saving.is_some_and(|total| total != measured) {
        writeln!(
            text,
            "Changes of one resource share one measured difference; the total counts it once, \
             and only for changes that are done.\n"
        )?;
    }
    let failed: Vec<_> =
        reported.report.actions.iter().filter_map(|a| Some((a, a.error.as_ref()?))).collect();
    if !failed.is_empty() {
        writeln!(text, "### Why changes failed\n")?;
        for (action, error) in failed {
            writeln!(
                text,
                "- {} (`{}`): {}: {}",
                escape(&action.label),
                action.id,
                error.name,
                escape(&error.message)
            )?;
        }
        writeln!(text)?;
    }
    Ok(())
}

fn rolled_back(text: &mut String, reported: &Reported) -> fmt::Result {
    if reported.rolled_back.is_empty() {
        return Ok(());
    }
    writeln!(text, "## Undone\n")?;
    for (wave, problems) in &reported.rolled_back {
        let problems: Vec<_> = problems.iter().map(|problem| escape(problem)).collect();
        let because =
            if problems.is_empty() { "no health check ran".into() } else { problems.join("; ") };
        writeln!(text, "- Wave {wave} was undone: {because}")?;
    }
    writeln!(text)
}

/// What to buy afterwards: a person does, because it binds for a year.
fn commitments(text: &mut String, reported: &Reported) -> fmt::Result {
    if reported.commitments.is_empty() {
        return Ok(());
    }
    writeln!(text, "## Worth committing to afterwards\n")?;
    writeln!(
        text,
        "On the terms {OFFER_TERMS}, computed from the use that is left once every change that the policy allows is \
         done, also those that wait. Buy after they are done, and one of those for the same use.\n"
    )?;
    writeln!(
        text,
        "| account | what | Cost Explorer recommends | use that goes, a month | left to buy | saves a month |"
    )?;
    writeln!(text, "|---|---|--:|--:|--:|--:|")?;
    for one in &reported.commitments {
        let taken = one.taken.known().map_or("not known".into(), ToString::to_string);
        let (amount, saving) = match one.left.get() {
            Ok(_) if one.is_gone() => ("nothing".into(), "–".into()),
            Ok(left) => (left.amount.to_string(), left.saving.to_string()),
            Err(why) => (format!("not known: {}", escape(&why.reason)), "not known".into()),
        };
        writeln!(
            text,
            "| {} | {} | {} | {taken} | {amount} | {saving} |",
            one.account,
            escape(&one.of),
            one.recommended.amount
        )?;
    }
    writeln!(text)
}

fn unseen(text: &mut String, reported: &Reported) -> fmt::Result {
    if reported.report.unseen.is_empty() {
        return Ok(());
    }
    writeln!(text, "## What could not be seen\n")?;
    for (call, why) in &reported.report.unseen {
        writeln!(text, "- {}", words::unseen(call, why))?;
    }
    writeln!(text)
}

fn undo(text: &mut String, reported: &Reported) -> fmt::Result {
    let report = &reported.report;
    if !report.actions.iter().any(|action| action.status == TaskStatus::Completed) {
        return Ok(());
    }
    writeln!(text, "## How to undo it\n\n```\ncargo xtask rollback {}\n```\n", report.cycle)?;
    let caveats = reported.not_quite_undone();
    if caveats.is_empty() {
        return writeln!(text, "Every change goes back to what it was.\n");
    }
    writeln!(text, "Every change goes back to what it was, except:\n")?;
    for (action, differs) in caveats {
        writeln!(text, "- {}: {differs}", escape(&action.label))?;
    }
    writeln!(text)
}

fn documents(text: &mut String, report: &CycleReport) -> fmt::Result {
    if report.documents.is_empty() {
        return Ok(());
    }
    writeln!(text, "## Documents\n")?;
    for document in &report.documents {
        writeln!(text, "- `{document}`")?;
    }
    writeln!(text)
}

#[cfg(test)]
mod tests {
    use miyabi_platform::Artifacts;
    use miyabi_types::{
        cycle::CycleState, error::ErrorName, outcome::Health, report::CycleEnd, settings::Mode,
    };

    use super::*;
    use crate::{dossier::Dossier, report, sample};

    async fn of(cycle: &CycleState, end: CycleEnd) -> String {
        let dossier = Dossier::load(&Artifacts::inline(), None, cycle).await.unwrap();
        markdown(&Reported::new(report::build(cycle, &dossier, end, sample::now()), &dossier))
    }

    #[tokio::test]
    async fn a_cycle_that_acted() {
        insta::assert_snapshot!(of(&sample::acted(), CycleEnd::Acted).await);
    }

    #[tokio::test]
    async fn a_cycle_that_failed_before_it_saw_anything() {
        let cycle = CycleState::new(sample::tenant(), sample::cycle_id(), Mode::Observe);
        let end = CycleEnd::Failed {
            state: "Scan".into(),
            error: Some(ErrorName::AccessDenied),
            message: "access denied: sts:AssumeRole is not granted".into(),
        };
        insta::assert_snapshot!(of(&cycle, end).await);
    }

    #[tokio::test]
    async fn a_plan_that_nobody_wanted() {
        let text = of(&sample::waiting(), CycleEnd::Rejected).await;
        assert!(text.contains("A person said no. Nothing was changed."), "{text}");
        assert_eq!(text.matches("| not done |").count(), 3, "{text}");
        assert!(!text.contains("rollback"), "{text}");
    }

    #[test]
    fn a_wave_that_was_undone_says_why() {
        let mut outcome = sample::outcome();
        outcome.waves[1].rolled_back = true;
        let problems = vec!["alarm checkout-errors is in ALARM".into()];
        outcome.waves[1].health = Some(Health { healthy: false, problems });
        let dossier = Dossier {
            plan: Some(sample::plan()),
            allocation: Some(sample::allocation()),
            outcome: Some(outcome),
            ..Dossier::default()
        };
        let report = report::build(&sample::acted(), &dossier, CycleEnd::Acted, sample::now());
        let text = markdown(&Reported::new(report, &dossier));
        assert!(text.contains("- Wave 1 was undone: alarm checkout-errors is in ALARM"), "{text}");
        assert!(text.contains("1 failed, 1 wave undone. The saving was not measured."), "{text}");
    }
}
