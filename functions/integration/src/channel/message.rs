//! What is told to people, before any channel puts it into its own form.

use std::collections::BTreeMap;

use jiff::Timestamp;
use miyabi_types::{
    action::{SafetyClass, Undo},
    agent::HistoricalAgent,
    commitments::after::CommitmentAfter,
    finding::{Saving, Severity},
    id::{ActionId, CycleId, TenantId},
    money::MonthlyUsd,
    plan::{Assessment, Proposal},
    report::{CycleEnd, CycleReport, ReportedAction},
    score::Score,
    settings::Mode,
    standard::Standard,
    task::{AwsTask, TaskStatus},
};

use crate::dossier::Dossier;

/// Something that people are told.
#[derive(Debug, Clone, PartialEq)]
pub enum Message {
    /// A cycle waits for a person.
    ApprovalRequested(Box<ApprovalRequested>),
    /// A cycle ended.
    Reported(Box<Reported>),
}

impl Message {
    /// What kind of message it is; a channel is told each kind once a cycle.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::ApprovalRequested(_) => "approval",
            // A cycle that was reported can still fail afterwards.
            Self::Reported(reported) => match reported.report.end {
                CycleEnd::Failed { .. } => "failure",
                _ => "report",
            },
        }
    }
}

/// A request for approval, without the token that answers it.
#[derive(Debug, Clone, PartialEq)]
pub struct ApprovalRequested {
    /// Whose cycle.
    pub tenant: TenantId,
    /// The cycle that waits.
    pub cycle: CycleId,
    /// The mode it runs in.
    pub mode: Mode,
    /// Until when it can be decided.
    pub expires_at: Timestamp,
    /// The function to invoke without `xtask`, where its name is known.
    pub function: Option<String>,
    /// List price now.
    pub cost: MonthlyUsd,
    /// What the actions are to save.
    pub promised_saving: MonthlyUsd,
    /// Security score now, per mille.
    pub score: Option<u32>,
    /// Security score to reach, per mille.
    pub promised_score: Option<u32>,
    /// Scores by standard now.
    pub scores: Scores,
    /// Findings by severity.
    pub findings: BTreeMap<Severity, u64>,
    /// Judgements that could not be made.
    pub not_evaluated: u64,
    /// What is asked, in order of waves.
    pub actions: Vec<RequestedAction>,
    /// Proposals that are not part of it.
    pub deferred: u64,
}

/// Security Hub's scores by standard, per mille.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scores {
    /// Their mean, which is one of Security Hub's two definitions of the summary.
    pub mean: Option<u32>,
    /// Each of them, where it has data.
    pub standards: BTreeMap<Standard, u32>,
}

impl Scores {
    /// Those of a score.
    pub fn of(score: &Score) -> Self {
        let standards = score.standards.iter();
        Self {
            mean: score.mean_of_standards(),
            standards: standards.filter_map(|(it, one)| Some((*it, one.permille?))).collect(),
        }
    }
}

/// An action that waits for approval.
#[derive(Debug, Clone, PartialEq)]
pub struct RequestedAction {
    /// Its id, for approving only some.
    pub id: ActionId,
    /// Who signs it.
    pub agent: HistoricalAgent,
    /// The operation's name.
    pub operation: String,
    /// What people call the resource.
    pub label: String,
    /// What is done and why.
    pub summary: String,
    /// What can go wrong.
    pub risk: String,
    /// What it saves.
    pub saving: Saving,
    /// Who may let it happen.
    pub safety: SafetyClass,
    /// Whether it makes the resource differ from the code that owns it.
    pub causes_drift: bool,
    /// Its wave.
    pub wave: u32,
}

impl RequestedAction {
    /// The actions of a cycle's allocation, each with the risk that its proposal names.
    pub fn of(dossier: &Dossier) -> Vec<Self> {
        let Some(allocation) = &dossier.allocation else { return Vec::new() };
        let line = |wave: u32, task: &AwsTask| Self {
            id: task.action.id.clone(),
            agent: task.agent,
            operation: task.action.operation.name().into(),
            label: task.action.label.clone(),
            summary: task.summary.clone(),
            risk: dossier.proposal(&task.action.id).map_or_else(String::new, risk),
            saving: task.saving,
            safety: task.action.safety,
            causes_drift: task.action.causes_drift,
            wave,
        };
        allocation
            .waves
            .iter()
            .flat_map(|wave| wave.tasks.iter().map(|task| line(wave.index, task)))
            .collect()
    }
}

fn risk(proposal: &Proposal) -> String {
    proposal.risk.clone()
}

/// How a cycle ended, with what the report alone does not hold.
#[derive(Debug, Clone, PartialEq)]
pub struct Reported {
    /// The report.
    pub report: CycleReport,
    /// Whether the account was judged at all; without it the report's cost and findings are not
    /// zero but unknown.
    pub judged: bool,
    /// What acting saved on the resources it changed; absent if nothing was measured.
    pub measured_saving: Option<MonthlyUsd>,
    /// Judgements that could not be made, on the last World.
    pub not_evaluated: u64,
    /// Findings by severity on the last World.
    pub findings: BTreeMap<Severity, u64>,
    /// Scores by standard before acting.
    pub scores_before: Scores,
    /// The same on the last World.
    pub scores: Scores,
    /// The task behind each action.
    pub tasks: BTreeMap<ActionId, AwsTask>,
    /// Waves that were undone, each with what the health gate saw.
    pub rolled_back: Vec<(u32, Vec<String>)>,
    /// What is worth committing to once changes are done.
    pub commitments: Vec<CommitmentAfter>,
}

impl Reported {
    /// The report of a cycle with what its dossier adds.
    pub fn new(report: CycleReport, dossier: &Dossier) -> Self {
        let last = dossier.last_assessment();
        Self {
            judged: last.is_some(),
            measured_saving: dossier.measured_saving(),
            not_evaluated: dossier.not_evaluated(),
            findings: last.map(Assessment::by_severity).unwrap_or_default(),
            scores_before: dossier
                .plan
                .as_ref()
                .map(|plan| Scores::of(&plan.assessment.score))
                .unwrap_or_default(),
            scores: last.map(|last| Scores::of(&last.score)).unwrap_or_default(),
            tasks: dossier
                .tasks()
                .into_iter()
                .map(|(_, task)| (task.action.id.clone(), task.clone()))
                .collect(),
            rolled_back: dossier.rolled_back(),
            commitments: dossier
                .allocation
                .iter()
                .flat_map(|it| &it.commitments)
                .cloned()
                .collect(),
            report,
        }
    }

    /// The actions of the report by the agent that owns them; agents and actions in order.
    pub fn by_agent(&self) -> BTreeMap<HistoricalAgent, Vec<&ReportedAction>> {
        let mut groups: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for action in &self.report.actions {
            if let Some(task) = self.tasks.get(&action.id) {
                groups.entry(task.agent).or_default().push(action);
            }
        }
        groups
    }

    /// What an action was to save, as it was promised.
    pub fn saving(&self, action: &ActionId) -> Saving {
        self.tasks.get(action).map_or(Saving::None, |task| task.saving)
    }

    /// Completed actions that an undo brings back only in part, each with what may differ.
    pub fn not_quite_undone(&self) -> Vec<(&ReportedAction, &'static str)> {
        let completed = |action: &&ReportedAction| action.status == TaskStatus::Completed;
        let caveat =
            |action: &ReportedAction| match self.tasks.get(&action.id)?.action.operation.undo() {
                Undo::Restores => None,
                Undo::BestEffort(differs) => Some(differs),
            };
        let actions = self.report.actions.iter().filter(completed);
        actions.filter_map(|action| Some((action, caveat(action)?))).collect()
    }
}
