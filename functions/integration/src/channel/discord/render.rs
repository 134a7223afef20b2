//! Messages in Discord's form.

use miyabi_types::{
    action::SafetyClass, finding::Saving, report::CycleEnd, report::ReportedAction,
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
    let mut description = format!(
        "{} would save **{}** of {} a month and take the security score from {} to {}.",
        words::changes(request.actions.len()),
        request.promised_saving,
        request.cost,
        words::score(request.score),
        words::score(request.promised_score),
    );
    if request.deferred > 0 {
        description.push_str(&format!(" {} more proposals wait for later.", request.deferred));
    }
    description.push_str(&format!(
        "\nDecide until <t:{}:F>; what is not approved is not done.",
        request.expires_at.as_second()
    ));
    let groups = words::by_agent(&request.actions);
    let signature = words::signature(groups.keys()).unwrap_or_default();
    Draft {
        title: format!("Approval wanted: {}", request.tenant),
        description,
        colour: AMBER,
        timestamp: None,
        facts: vec![
            ("Findings".into(), words::findings(&request.findings)),
            ("Not evaluated".into(), request.not_evaluated.to_string()),
        ],
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
    let mut line =
        format!("• **{}**: {}", escape(&action.label), shorten(&escape(&action.summary), PHRASE));
    if let Some(saving) = words::saving(action.saving).filter(|_| action.saving != Saving::None) {
        line.push_str(&format!(" ({saving})"));
    }
    if !action.risk.is_empty() {
        line.push_str(&format!(". Risk: {}", shorten(&escape(&action.risk), PHRASE)));
    }
    if action.causes_drift {
        line.push_str(". Makes it differ from the code that owns it");
    }
    if action.safety == SafetyClass::Auto {
        line.push_str(". Safe");
    }
    line + &format!(" `{}`", action.id)
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
            lines.extend(actions.into_iter().map(line));
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
    let mut cost = report.cost_before.to_string();
    if let Some(after) = report.cost_after {
        cost.push_str(&format!(" → {after}"));
    }
    let mut score = words::score(report.score_before);
    if report.score_after.is_some() {
        score.push_str(&format!(" → {}", words::score(report.score_after)));
    }
    let mut saving = format!("promised {}", report.promised_saving);
    if let Some(measured) = reported.measured_saving {
        saving.push_str(&format!(", measured {measured}"));
    }
    vec![
        ("Monthly cost".into(), cost),
        ("Monthly saving".into(), saving),
        ("Security score".into(), score),
        ("Findings".into(), words::findings(&reported.findings)),
        ("Not evaluated".into(), reported.not_evaluated.to_string()),
    ]
}

fn line(action: &ReportedAction) -> String {
    let sign = match action.status {
        TaskStatus::Completed => "✅",
        TaskStatus::Failed => "❌",
        TaskStatus::Cancelled => "↩️",
        TaskStatus::Pending => "•",
        TaskStatus::InProgress | TaskStatus::Blocked => "⏳",
    };
    let mut line = format!(
        "{sign} **{}**: {}",
        escape(&action.label),
        shorten(&escape(&action.summary), PHRASE)
    );
    if let Some(saving) = words::measured(action) {
        line.push_str(&format!(" ({saving})"));
    }
    if let Some(error) = &action.error {
        line.push_str(&format!(". {}: {}", error.name, shorten(&escape(&error.message), PHRASE)));
    }
    line
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
