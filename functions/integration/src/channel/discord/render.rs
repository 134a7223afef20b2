//! Messages in Discord's form.

use miyabi_types::{
    report::{CycleEnd, ReportedAction},
    task::TaskStatus,
};

use super::embed::{Draft, Payload};
use crate::{
    channel::{ApprovalRequested, Message, Reported, RequestedAction},
    markdown::{escape, shorten},
    voice, words,
};

const AMBER: u32 = 0x00f5_a623;
const BLUE: u32 = 0x0034_98db;
const GREEN: u32 = 0x002e_cc71;
const GREY: u32 = 0x0095_a5a6;
const ORANGE: u32 = 0x00e6_7e22;
const RED: u32 = 0x00e7_4c3c;

/// What scores by standard are called.
const BY_STANDARD: &str = "Security score by standard";

/// Longest summary, risk or error in one line of a list.
const PHRASE: usize = 160;

/// What is posted for `message`.
pub fn payload(message: &Message) -> Payload {
    match message {
        Message::ApprovalRequested(request) => approval(request),
        Message::Reported(reported) => report(reported),
    }
    .fit()
}

fn approval(request: &ApprovalRequested) -> Draft {
    let mut sentences = vec![format!(
        "{} would save **{}** of {} a month and take the security score from {} to {}.",
        words::changes(request.actions.len()),
        request.promised_saving,
        request.cost,
        words::score(request.score),
        words::score(request.promised_score),
    )];
    if request.deferred > 0 {
        let others = words::plural(request.deferred, "other proposal");
        sentences.push(format!("Left out for now: {others}."));
    }
    sentences.push(format!(
        "Decide until <t:{}:F>; what is not approved is not done.",
        request.expires_at.as_second()
    ));
    let groups = words::by_agent(&request.actions);
    let signature = words::signature(groups.keys()).unwrap_or_default();
    Draft {
        title: format!("Approval wanted: {}", request.tenant),
        description: sentences.join("\n"),
        colour: AMBER,
        timestamp: None,
        facts: [
            words::standards(&request.scores, None).map(|text| (BY_STANDARD.into(), text)),
            Some(("Findings".into(), words::findings(&request.findings))),
            Some(("Not evaluated".into(), request.not_evaluated.to_string())),
        ]
        .into_iter()
        .flatten()
        .collect(),
        lists: groups
            .into_iter()
            .map(|(agent, actions)| {
                let mut lines = vec![format!("*{}*", voice::opening(agent))];
                lines.extend(actions.into_iter().map(requested));
                (format!("{} · {}", agent.name(), voice::field(agent)), lines)
            })
            .collect(),
        notes: vec![("How to decide".into(), how_to_decide(request))],
        footer: format!("{signature} · cycle {}", request.cycle),
    }
}

fn requested(action: &RequestedAction) -> String {
    let saving = words::saving(action.saving).map(|saving| format!(" ({saving})"));
    let mut parts = vec![format!(
        "• **{}**: {}{}",
        escape(&action.label),
        shorten(&escape(&action.summary), PHRASE),
        saving.unwrap_or_default(),
    )];
    if !action.risk.is_empty() {
        parts.push(format!("Risk: {}", shorten(&escape(&action.risk), PHRASE)));
    }
    if action.causes_drift {
        parts.push("Makes it differ from the code that owns it".into());
    }
    format!("{} `{}`", parts.join(". "), action.id)
}

fn how_to_decide(request: &ApprovalRequested) -> String {
    let function = request.function.as_deref().unwrap_or("FUNCTION");
    let (tenant, cycle) = (&request.tenant, request.cycle);
    format!(
        "```\ncargo xtask approve {cycle}\ncargo xtask reject {cycle} --reason WHY\n```\
         For some actions only, add `--only act-…`. Without the sources:\n\
         ```\naws lambda invoke --function-name {function} --cli-binary-format raw-in-base64-out \
         --payload '{{\"operation\":\"decide\",\"tenant\":\"{tenant}\",\"cycle_id\":\"{cycle}\",\
         \"verdict\":\"approve\",\"by\":\"YOU\"}}' answer.json\n```"
    )
}

fn report(reported: &Reported) -> Draft {
    let report = &reported.report;
    let groups = reported.by_agent();
    let signature =
        words::signature(groups.keys()).map(|text| format!("{text} · ")).unwrap_or_default();
    let mut lists: Vec<_> = groups
        .into_iter()
        .map(|(agent, actions)| {
            let mut lines = vec![format!("*{}*", voice::opening(agent))];
            lines.extend(actions.into_iter().map(|action| line(reported, action)));
            (format!("{} · {}", agent.name(), voice::field(agent)), lines)
        })
        .collect();
    let undone: Vec<_> = reported
        .rolled_back
        .iter()
        .map(|(wave, problems)| {
            format!("wave {wave}: {}", shorten(&escape(&problems.join("; ")), PHRASE))
        })
        .collect();
    let unseen: Vec<_> = report
        .unseen
        .iter()
        .map(|(call, why)| format!("• {}", shorten(&words::unseen(call, why), PHRASE)))
        .collect();
    for (name, lines) in [("Undone after a health check", undone), ("Could not be seen", unseen)] {
        if !lines.is_empty() {
            lists.push((name.into(), lines));
        }
    }
    let mut notes = Vec::new();
    if report.actions.iter().any(|action| action.status == TaskStatus::Completed) {
        notes.push(("Undo it".into(), format!("```\ncargo xtask rollback {}\n```", report.cycle)));
    }
    let (title, colour) = ending(reported);
    Draft {
        title: format!("{title}: {}", report.tenant),
        description: words::headline(reported),
        colour,
        timestamp: Some(report.at.to_string()),
        facts: facts(reported),
        lists,
        notes,
        footer: format!("{signature}cycle {}", report.cycle),
    }
}

fn facts(reported: &Reported) -> Vec<(String, String)> {
    let report = &reported.report;
    if !reported.judged {
        return Vec::new();
    }
    let arrow = |before: String, after: Option<String>| match after {
        Some(after) => format!("{before} → {after}"),
        None => before,
    };
    let saving = match reported.measured_saving {
        Some(measured) => format!("promised {}, measured {measured}", report.promised_saving),
        None => format!("promised {}", report.promised_saving),
    };
    let score_after = report.score_after.map(|permille| words::score(Some(permille)));
    let findings_after = report.cost_after.map(|_| words::findings(&reported.findings));
    let standards =
        words::standards(&reported.scores_before, report.score_after.map(|_| &reported.scores));
    let mut facts = vec![
        (
            "Monthly cost".into(),
            arrow(report.cost_before.to_string(), report.cost_after.map(|cost| cost.to_string())),
        ),
        ("Monthly saving".into(), saving),
        ("Security score".into(), arrow(words::score(report.score_before), score_after)),
        ("Findings".into(), arrow(words::findings(&report.findings), findings_after)),
        ("Not evaluated".into(), reported.not_evaluated.to_string()),
    ];
    facts.extend(standards.map(|text| (BY_STANDARD.into(), text)));
    facts
}

fn line(reported: &Reported, action: &ReportedAction) -> String {
    let sign = match action.status {
        TaskStatus::Completed => "✅",
        TaskStatus::Failed => "❌",
        TaskStatus::Cancelled => "↩️",
        TaskStatus::Pending => "•",
        TaskStatus::InProgress | TaskStatus::Blocked => "⏳",
    };
    let promise = reported.saving(&action.id);
    let saving = words::measured(promise, action).map(|saving| format!(" ({saving})"));
    let error = action
        .error
        .as_ref()
        .map(|error| format!(". {}: {}", error.name, shorten(&escape(&error.message), PHRASE)));
    format!(
        "{sign} **{}**: {}{}{}",
        escape(&action.label),
        shorten(&escape(&action.summary), PHRASE),
        saving.unwrap_or_default(),
        error.unwrap_or_default(),
    )
}

fn ending(reported: &Reported) -> (&'static str, u32) {
    let troubled = !reported.rolled_back.is_empty()
        || reported.report.actions.iter().any(|action| action.status == TaskStatus::Failed);
    match &reported.report.end {
        CycleEnd::Observed => ("Plan", BLUE),
        CycleEnd::Acted if troubled => ("Done, with trouble", ORANGE),
        CycleEnd::Acted => ("Done", GREEN),
        CycleEnd::Rejected => ("Rejected", GREY),
        CycleEnd::Expired => ("Approval expired", GREY),
        CycleEnd::Failed { .. } => ("Cycle failed", RED),
    }
}

#[cfg(test)]
mod tests {
    use miyabi_platform::Artifacts;
    use miyabi_types::{cycle::CycleState, error::ErrorName, settings::Mode};

    use super::*;
    use crate::{channel::Scores, dossier::Dossier, report, sample};

    async fn reported(cycle: &CycleState, end: CycleEnd) -> Message {
        let dossier = Dossier::load(&Artifacts::inline(), None, cycle).await.unwrap();
        let report = report::build(cycle, &dossier, end, sample::now());
        Message::Reported(Box::new(Reported::new(report, &dossier)))
    }

    #[tokio::test]
    async fn an_approval_request_says_what_is_asked_and_how_to_decide() {
        let cycle = sample::waiting();
        let dossier = Dossier::load(&Artifacts::inline(), None, &cycle).await.unwrap();
        let assessment = &dossier.plan.as_ref().unwrap().assessment;
        let message = Message::ApprovalRequested(Box::new(ApprovalRequested {
            tenant: cycle.tenant.clone(),
            cycle: cycle.cycle,
            mode: cycle.mode,
            expires_at: sample::now(),
            function: Some("miyabi-integration".into()),
            cost: assessment.monthly_cost,
            promised_saving: sample::usd(13),
            score: assessment.score.permille,
            promised_score: Some(920),
            scores: Scores::of(&assessment.score),
            findings: assessment.by_severity(),
            not_evaluated: 1,
            actions: RequestedAction::of(&dossier),
            deferred: 1,
        }));
        insta::assert_json_snapshot!(payload(&message));
    }

    #[tokio::test]
    async fn a_cycle_that_acted() {
        insta::assert_json_snapshot!(payload(&reported(&sample::acted(), CycleEnd::Acted).await));
    }

    #[tokio::test]
    async fn a_plan_that_is_only_observed() {
        let message = reported(&sample::waiting(), CycleEnd::Observed).await;
        insta::assert_json_snapshot!(payload(&message));
    }

    #[tokio::test]
    async fn a_cycle_that_failed_at_its_beginning() {
        let cycle = CycleState::new(sample::tenant(), sample::cycle_id(), Mode::Observe);
        let end = CycleEnd::Failed {
            state: "Scan".into(),
            error: Some(ErrorName::Throttled),
            message: "ec2:DescribeVolumes failed: Rate exceeded".into(),
        };
        insta::assert_json_snapshot!(payload(&reported(&cycle, end).await));
    }
}
