//! What a check is: a definition that people can read, and a pure judgement of one resource.

use std::collections::BTreeSet;

use miyabi_types::{
    action::{Action, Operation, SafetyClass, TargetState},
    evidence::{Evidence, Unavailable},
    finding::{Category, Saving, Severity},
    id::{CheckId, ControlId},
    plan::Confidence,
    resource::{Resource, ResourceConfig, ResourceKind},
};

use crate::idle::Idle;
pub use crate::{context::Context, limit::Limit};

/// A check: what it looks for, how bad that is, and how it judges.
#[derive(Debug, Clone, Copy)]
pub struct Check {
    /// `service_resource_problem`.
    pub id: &'static str,
    /// What is wrong, in one line, said of a resource that has the problem.
    pub title: &'static str,
    /// Waste or risk.
    pub category: Category,
    /// How bad it is; Security Hub's severity where the check is a control.
    pub severity: Severity,
    /// The kinds of resource it judges.
    pub kinds: &'static [ResourceKind],
    /// The Security Hub controls it decides.
    pub controls: &'static [&'static str],
    /// What it compares with, in words.
    pub thresholds: &'static [Threshold],
    /// The figures it compares with.
    pub limits: &'static [Limit],
    /// How the saving is computed; empty where there is none.
    pub saving: &'static str,
    /// Whether reservations or Savings Plans may pay for what it saves; what they pay for is not saved.
    pub commitments: bool,
    /// Whether it judges what is left once everything that other checks propose is done.
    pub after_changes: bool,
    /// What it proposes to do, if anything.
    pub operation: Option<Operation>,
    /// What a person does about it, where Miyabi proposes nothing or not always.
    pub advice: &'static str,
    /// Where condition, thresholds and formula come from.
    pub references: &'static [Reference],
    /// How it judges.
    pub judge: Judge,
}

/// A figure that a check compares with.
#[derive(Debug, Clone, Copy)]
pub struct Threshold {
    /// What is compared, with its unit.
    pub what: &'static str,
    /// The figure, as people read it.
    pub value: &'static str,
}

/// Where something is written down.
#[derive(Debug, Clone, Copy)]
pub struct Reference {
    /// The document.
    pub source: &'static str,
    /// Year and month it was read.
    pub read: &'static str,
}

/// How a check judges.
#[derive(Debug, Clone, Copy)]
pub enum Judge {
    /// By logic of its own.
    Logic(fn(&Resource, &Context<'_>) -> Verdict),
    /// By comparing one setting.
    Setting(Setting),
    /// By metrics that show no use.
    Idle(Idle),
}

/// A control that only compares one setting.
#[derive(Debug, Clone, Copy)]
pub struct Setting {
    /// The setting, as the service's API names it.
    pub name: &'static str,
    /// What it must be.
    pub must_be: &'static str,
    /// Reads it.
    pub read: fn(&ResourceConfig) -> Reading,
    /// What to do where it is wrong; `None` where only a person can mend it.
    pub remedy: fn(&Resource) -> Option<Remedy>,
}

/// What a setting was found to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reading {
    /// As it must be.
    Good,
    /// Something else: this.
    Bad(String),
    /// The setting means nothing for this resource.
    NotApplicable,
    /// It could not be read.
    Unknown(Unavailable),
}

impl Reading {
    /// Good if `good`, else bad with what it is.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "settings are numbers, flags and short texts"
    )]
    pub fn must(good: bool, is: impl ToString) -> Self {
        if good { Self::Good } else { Self::Bad(is.to_string()) }
    }

    /// Good if the flag is set.
    pub fn on(flag: bool) -> Self {
        Self::must(flag, flag)
    }

    /// Good if the flag is not set.
    pub fn off(flag: bool) -> Self {
        Self::must(!flag, flag)
    }

    /// Good if there is something.
    pub fn set<T>(value: Option<&T>) -> Self {
        Self::must(value.is_some(), "not set")
    }

    /// What `read` says of a fact, where it is known.
    pub fn of<T>(fact: &Evidence<T>, read: impl FnOnce(&T) -> Self) -> Self {
        match fact.get() {
            Ok(fact) => read(fact),
            Err(why) => Self::Unknown(why.clone()),
        }
    }
}

/// What a check says of one resource.
#[derive(Debug, Clone, PartialEq)]
pub enum Verdict {
    /// It has the problem.
    Finding(Box<Found>),
    /// It does not.
    Clear,
    /// The question does not arise: counts neither as passed nor as failed.
    NotApplicable,
    /// It cannot be told.
    NotEvaluated(Unavailable),
}

impl Verdict {
    /// The same, its remedy changed by `edit` where it has one.
    #[must_use]
    pub fn with_remedy(mut self, edit: impl FnOnce(Remedy) -> Remedy) -> Self {
        if let Self::Finding(found) = &mut self {
            found.remedy = found.remedy.take().map(edit);
        }
        self
    }
}

/// A problem that was found.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// What was seen, with its figures.
    pub evidence: String,
    /// What mending it is worth.
    pub saving: Saving,
    /// What to do. Checks whose problems one action mends name the same action: the plan merges them.
    pub remedy: Option<Remedy>,
}

impl Found {
    /// A problem without money in it.
    pub fn risk(evidence: impl Into<String>, remedy: Option<Remedy>) -> Verdict {
        Verdict::Finding(Box::new(Self { evidence: evidence.into(), saving: Saving::None, remedy }))
    }

    /// Waste: `remedy`, if there is one, saves what mending it is worth.
    pub fn waste(evidence: impl Into<String>, saving: Saving, remedy: Option<Remedy>) -> Verdict {
        let remedy = remedy.map(|remedy| Remedy { saving, ..remedy });
        Verdict::Finding(Box::new(Self { evidence: evidence.into(), saving, remedy }))
    }
}

/// A change that mends what a check found.
#[derive(Debug, Clone, PartialEq)]
pub struct Remedy {
    /// The change.
    pub action: Action,
    /// What it saves.
    pub saving: Saving,
    /// One line for people: what is done and why it is worth it.
    pub summary: String,
    /// One line for people: what can go wrong.
    pub risk: String,
    /// How sure it is.
    pub confidence: Confidence,
}

impl Remedy {
    /// The change of `resource` by `operation`, sure of itself and saving nothing. It goes through the
    /// CloudFormation stack that owns the resource where the template can say it.
    pub fn new(
        operation: Operation,
        resource: &Resource,
        expected: TargetState,
        desired: TargetState,
    ) -> Self {
        let mut action = Action::new(operation, resource, expected, desired);
        action.route_by_stack(resource);
        Self {
            action,
            saving: Saving::None,
            summary: String::new(),
            risk: String::new(),
            confidence: Confidence::High,
        }
    }

    /// Sets one flag of `resource`, which is the other way now.
    pub fn toggle(operation: Operation, resource: &Resource, flag: &str, value: bool) -> Self {
        let state = |value: bool| TargetState::present([(flag, value.into())]);
        Self::new(operation, resource, state(!value), state(value))
    }

    /// With what people read of it.
    #[must_use]
    pub fn explained(mut self, summary: impl Into<String>, risk: impl Into<String>) -> Self {
        self.summary = summary.into();
        self.risk = risk.into();
        self
    }

    /// With this confidence.
    #[must_use]
    pub const fn confidence(mut self, confidence: Confidence) -> Self {
        self.confidence = confidence;
        self
    }
}

impl Check {
    /// Its id.
    pub fn check_id(&self) -> CheckId {
        CheckId::parse(self.id).expect("a test parses the id of every check")
    }

    /// The ids of its controls.
    pub fn control_ids(&self) -> BTreeSet<ControlId> {
        self.controls
            .iter()
            .map(|id| ControlId::parse(*id).expect("a test parses every control id"))
            .collect()
    }

    /// What it says of `resource`.
    pub fn evaluate(&self, resource: &Resource, context: &Context<'_>) -> Verdict {
        match self.judge {
            Judge::Logic(judge) => judge(resource, context),
            Judge::Idle(idle) => idle.judge(resource, context),
            Judge::Setting(setting) => match (setting.read)(&resource.config) {
                Reading::Good => Verdict::Clear,
                Reading::NotApplicable => Verdict::NotApplicable,
                Reading::Unknown(why) => Verdict::NotEvaluated(why),
                Reading::Bad(is) => Found::risk(
                    format!("{}: {is} (must be {})", setting.name, setting.must_be),
                    (setting.remedy)(resource),
                ),
            },
        }
    }

    /// The class of what it proposes; manual where only a person can mend it.
    pub fn safety(&self) -> SafetyClass {
        self.operation.map_or(SafetyClass::Manual, Operation::safety)
    }
}

/// What a check that is not a control and says nothing special starts from.
pub const COST: Check = Check {
    id: "",
    title: "",
    category: Category::Cost,
    severity: Severity::Low,
    kinds: &[],
    controls: &[],
    thresholds: &[],
    limits: &[],
    saving: "",
    commitments: false,
    after_changes: false,
    operation: None,
    advice: "",
    references: &[],
    judge: Judge::Logic(|_, _| Verdict::NotApplicable),
};

/// What a security check starts from.
pub const SECURITY: Check =
    Check { category: Category::Security, severity: Severity::Medium, ..COST };

/// A remedy for settings that only a person can mend.
pub const fn by_hand(_: &Resource) -> Option<Remedy> {
    None
}

/// AWS's description of the Foundational Security Best Practices controls.
pub const FSBP: Reference = Reference {
    source: "AWS Security Hub User Guide, Security Hub controls reference",
    read: "2026-11",
};

/// The same controls at second hand: AWS's own page of these was not read.
pub const FSBP_QUOTED: Reference = Reference {
    source: "AWS's controls as Turbot's benchmark of them has them (steampipe-mod-aws-compliance, December 2025)",
    read: "2026-11",
};
