//! A row of a service's table of settings: what is particular about a control that compares one setting.

use miyabi_types::{
    action::Operation,
    finding::Severity,
    resource::{Resource, ResourceConfig, ResourceKind},
};

use crate::check::{
    Check, FSBP, Judge, Reading, Reference, Remedy, SECURITY, Setting, Threshold, by_hand,
};

/// What a row says; the rest of a [`Check`] follows from it.
pub struct Row {
    /// `service_resource_problem`.
    pub id: &'static str,
    /// What is wrong, said of a resource that has the problem.
    pub title: &'static str,
    /// The Security Hub control.
    pub control: &'static [&'static str],
    /// Its severity in Security Hub.
    pub severity: Severity,
    /// The kinds of resource that have the setting.
    pub kinds: &'static [ResourceKind],
    /// The setting, as the service's API names it, and what it must be.
    pub must: &'static [Threshold; 1],
    /// Reads the setting.
    pub read: fn(&ResourceConfig) -> Reading,
    /// What mends it, where something can.
    pub operation: Option<Operation>,
    /// The change that mends it.
    pub remedy: fn(&Resource) -> Option<Remedy>,
    /// Where the condition is written down.
    pub references: &'static [Reference],
}

/// What a row starts from: medium, and mended by hand.
pub const ROW: Row = Row {
    id: "",
    title: "",
    control: &[],
    severity: Severity::Medium,
    kinds: &[],
    must: &[Threshold { what: "", value: "" }],
    read: |_| Reading::NotApplicable,
    operation: None,
    remedy: by_hand,
    references: &[FSBP],
};

impl Row {
    /// The check that the row defines.
    pub const fn check(self) -> Check {
        Check {
            id: self.id,
            title: self.title,
            severity: self.severity,
            kinds: self.kinds,
            controls: self.control,
            thresholds: self.must,
            operation: self.operation,
            references: self.references,
            judge: Judge::Setting(Setting {
                name: self.must[0].what,
                must_be: self.must[0].value,
                read: self.read,
                remedy: self.remedy,
            }),
            ..SECURITY
        }
    }
}

/// Reads a setting of one kind of resource; of any other there is nothing to say.
macro_rules! of {
    ($kind:ident, |$it:ident| $read:expr) => {
        |config| match config {
            ::miyabi_types::resource::ResourceConfig::$kind($it) => $read,
            _ => $crate::check::Reading::NotApplicable,
        }
    };
}
pub(crate) use of;
