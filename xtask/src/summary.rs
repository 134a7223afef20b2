//! What a cycle came to: for people on the terminal, and the same figures as JSON.

use std::{collections::BTreeMap, fmt::Write as _, path::Path};

use comfy_table::{Table, presets::UTF8_FULL_CONDENSED};
use miyabi_types::{
    action::{Operation, Undo},
    allocation::Allocation,
    id::CycleId,
    money::MonthlyUsd,
    plan::Plan,
    report::CycleReport,
    task::TaskStatus,
};
use serde::Serialize;

/// The figures of a cycle.
#[derive(Debug, Clone, Serialize)]
pub struct Summary {
    /// The cycle.
    pub cycle: CycleId,
    /// How it ended.
    pub end: serde_json::Value,
    /// Resources seen, in all.
    pub resources: u64,
    /// Resources by kind.
    pub resources_by_kind: serde_json::Value,
    /// Findings by severity.
    pub findings: serde_json::Value,
    /// Calls whose answer could not be had, with the reason.
    pub unseen: Vec<String>,
    /// Dollars a month at list prices.
    pub monthly_cost_usd: Figures<f64>,
    /// Percent of controls that pass.
    pub score: Figures<f64>,
    /// What was done.
    pub actions: Vec<Line>,
    /// Seconds in each state.
    pub phase_seconds: BTreeMap<String, f64>,
    /// Calls to AWS made to see the account, before and after.
    pub api_calls: u64,
    /// Requests to Cost Explorer among them, billed at 0.01 dollars each.
    pub cost_explorer_requests: u64,
    /// Metrics asked of CloudWatch, a thousand billed at 0.01 dollars.
    pub metrics_requested: u64,
    /// Files fetched.
    pub documents: Vec<String>,
    /// How to undo it.
    pub undo: String,
    /// What undoing does not fully bring back.
    pub undo_limits: Vec<String>,
}

/// One figure before acting, as promised, and as measured afterwards.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Figures<T> {
    /// Before acting.
    pub before: Option<T>,
    /// What acting was to reach.
    pub promised: Option<T>,
    /// What was measured; absent if nothing was done.
    pub measured: Option<T>,
}

/// One action.
#[derive(Debug, Clone, Serialize)]
pub struct Line {
    /// Its id, for `approve --only`.
    pub id: String,
    /// What kind of change.
    pub operation: String,
    /// Of what.
    pub resource: String,
    /// In words.
    pub summary: String,
    /// Where it stands.
    pub status: TaskStatus,
    /// Dollars a month it was to save.
    pub promised_usd: f64,
    /// Dollars a month it saved.
    pub measured_usd: Option<f64>,
    /// Why it failed.
    pub error: Option<String>,
}

/// What to open first.
const PAGES: [&str; 4] = ["report.html", "cost-plan.md", "security-plan.md", "report.md"];

/// What pipelines read.
const FORMATS: [&str; 6] = [
    "findings.json",
    "findings.csv",
    "actions.csv",
    "findings.sarif",
    "findings.ocsf.json",
    "asff/",
];

impl Summary {
    /// From the report that the product wrote.
    pub fn of(
        report: &CycleReport,
        phase_seconds: BTreeMap<String, f64>,
        documents: Vec<String>,
    ) -> Self {
        let percent = |permille: Option<u32>| permille.map(|permille| f64::from(permille) / 10.0);
        let usd = |amount: MonthlyUsd| (amount.usd() * 100.0).round() / 100.0;
        let acted = !report.actions.is_empty();
        Self {
            cycle: report.cycle,
            end: serde_json::to_value(&report.end).unwrap_or_default(),
            resources: report.resources.values().sum(),
            resources_by_kind: serde_json::to_value(&report.resources).unwrap_or_default(),
            findings: serde_json::to_value(&report.findings).unwrap_or_default(),
            unseen: report
                .unseen
                .iter()
                .map(|(api, why)| match &why.missing_permission {
                    Some(action) => format!("{api}: {} (missing {action})", why.reason),
                    None => format!("{api}: {}", why.reason),
                })
                .collect(),
            monthly_cost_usd: Figures {
                before: Some(usd(report.cost_before)),
                promised: acted.then(|| usd(report.cost_before - report.promised_saving)),
                measured: report.cost_after.map(usd),
            },
            score: Figures {
                before: percent(report.score_before),
                promised: percent(report.promised_score),
                measured: percent(report.score_after),
            },
            actions: report
                .actions
                .iter()
                .map(|action| Line {
                    id: action.id.to_string(),
                    operation: action.operation.clone(),
                    resource: action.label.clone(),
                    summary: action.summary.clone(),
                    status: action.status,
                    promised_usd: usd(action.promised),
                    measured_usd: action.measured.map(usd),
                    error: action
                        .error
                        .as_ref()
                        .map(|error| format!("{}: {}", error.name, error.message)),
                })
                .collect(),
            phase_seconds,
            api_calls: report.api_calls,
            cost_explorer_requests: report.cost_explorer_requests,
            metrics_requested: report.metrics_requested,
            documents,
            undo: format!("cargo xtask rollback {}", report.cycle),
            undo_limits: undo_limits(report),
        }
    }

    /// For the terminal; `directory` is where the documents are.
    pub fn shown(&self, directory: &Path) -> String {
        let mut text = String::new();
        let _ = writeln!(text, "\nCycle {} · {}", self.cycle, word(&self.end["status"]));
        let findings: Vec<String> = self
            .findings
            .as_object()
            .into_iter()
            .flatten()
            .map(|(severity, count)| format!("{count} {severity}"))
            .collect();
        let _ = writeln!(
            text,
            "{} resources · findings: {}",
            self.resources,
            if findings.is_empty() { "none".into() } else { findings.join(", ") }
        );
        for unseen in &self.unseen {
            let _ = writeln!(text, "  not seen: {unseen}");
        }

        let mut figures = table(&["", "before", "promised", "measured"]);
        let dollars = |amount: Option<f64>| amount.map_or("–".into(), |usd| format!("${usd:.2}"));
        let percent =
            |share: Option<f64>| share.map_or("–".into(), |share| format!("{share:.1} %"));
        let cost = &self.monthly_cost_usd;
        figures.add_row([
            "cost a month (list price)".into(),
            dollars(cost.before),
            with_change(dollars(cost.promised), cost.before, cost.promised),
            with_change(dollars(cost.measured), cost.before, cost.measured),
        ]);
        figures.add_row([
            "security score".into(),
            percent(self.score.before),
            percent(self.score.promised),
            percent(self.score.measured),
        ]);
        let _ = writeln!(text, "{figures}");

        if !self.actions.is_empty() {
            let mut actions = table(&["what", "of what", "status", "promised", "measured"]);
            for action in &self.actions {
                actions.add_row([
                    action.operation.clone(),
                    action.resource.clone(),
                    action.error.clone().unwrap_or_else(|| {
                        word(&serde_json::to_value(action.status).unwrap_or_default())
                    }),
                    dollars(Some(action.promised_usd).filter(|usd| *usd != 0.0)),
                    dollars(action.measured_usd.filter(|usd| *usd != 0.0)),
                ]);
            }
            let _ = writeln!(text, "{actions}");
        }
        let _ = writeln!(
            text,
            "{} API calls, {} of them to Cost Explorer; {} metrics asked of CloudWatch",
            self.api_calls, self.cost_explorer_requests, self.metrics_requested
        );
        if self.actions.iter().any(|action| action.status == TaskStatus::Completed) {
            let _ = writeln!(text, "undo everything:  {}", self.undo);
            for limit in &self.undo_limits {
                let _ = writeln!(text, "  but {limit}");
            }
        }
        let _ = writeln!(text, "documents:        {}", directory.display());
        let _ = writeln!(text, "  for people:     {}", PAGES.join(", "));
        let _ = writeln!(text, "  for machines:   {}", FORMATS.join(", "));
        text
    }
}

fn with_change(text: String, before: Option<f64>, after: Option<f64>) -> String {
    match (before, after) {
        (Some(before), Some(after)) if before > 0.0 => {
            format!("{text} ({:+.1} %)", (after - before) / before * 100.0)
        }
        _ => text,
    }
}

/// What undoing the completed actions does not fully bring back.
fn undo_limits(report: &CycleReport) -> Vec<String> {
    report
        .actions
        .iter()
        .filter(|action| action.status == TaskStatus::Completed)
        .filter_map(|action| {
            let operation = Operation::ALL.into_iter().find(|op| op.name() == action.operation)?;
            match operation.undo() {
                Undo::BestEffort(limit) => Some(format!("{}: {limit}", action.label)),
                Undo::Restores => None,
            }
        })
        .collect()
}

/// What an approval would let happen, for the person who is asked.
pub fn request(plan: &Plan, allocation: &Allocation) -> String {
    let mut tasks = table(&["action", "what", "of what", "saves a month", "wave"]);
    for wave in &allocation.waves {
        for task in &wave.tasks {
            let saving = task.saving.amount();
            tasks.add_row([
                task.action.id.to_string(),
                task.summary.clone(),
                task.action.label.clone(),
                if saving == MonthlyUsd::ZERO { "–".into() } else { saving.to_string() },
                wave.index.to_string(),
            ]);
        }
    }
    let score = |permille: Option<u32>| {
        permille.map_or("unknown".into(), |permille| format!("{:.1} %", f64::from(permille) / 10.0))
    };
    format!(
        "{tasks}\n{} changes · saves {} of {} a month · score {} → {}",
        allocation.tasks().count(),
        allocation.promised_saving,
        plan.assessment.monthly_cost,
        score(plan.assessment.score.permille),
        score(allocation.promised_score_permille),
    )
}

fn table(header: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_preset(UTF8_FULL_CONDENSED).set_header(header);
    table
}

fn word(value: &serde_json::Value) -> String {
    value.as_str().unwrap_or_default().replace('_', " ")
}
