//! Checks by metrics alone: something is paid for by the hour, and nothing uses it.

use miyabi_types::{
    finding::Saving,
    resource::{Resource, ResourceConfig},
};

use crate::{
    check::{Context, Found, Limit, Remedy, Verdict},
    metrics::{Signal, quiet},
};

/// What makes a resource idle, and what to do then.
#[derive(Debug, Clone, Copy)]
pub struct Idle {
    /// Whether the question arises.
    pub applies: fn(&ResourceConfig) -> bool,
    /// How far metrics look back, in days.
    pub days: &'static Limit,
    /// All of them must be quiet.
    pub signals: &'static [Signal],
    /// What is saved without it.
    pub saving: fn(&Resource, &Context<'_>) -> Saving,
    /// What to do; `None` where only a person can.
    pub remedy: fn(&Resource, &Context<'_>) -> Option<Remedy>,
}

impl Idle {
    /// What starting from here leaves to say.
    pub const ANY: Self = Self {
        applies: |_| true,
        days: &crate::metrics::TWO_WEEKS,
        signals: &[],
        saving: whole_cost,
        remedy: |_, _| None,
    };

    /// What it says of `resource`.
    pub fn judge(&self, resource: &Resource, context: &Context<'_>) -> Verdict {
        if !(self.applies)(&resource.config) {
            return Verdict::NotApplicable;
        }
        match quiet(resource, context, self.days, self.signals) {
            Err(verdict) => verdict,
            Ok(evidence) => Found::waste(
                evidence,
                (self.saving)(resource, context),
                (self.remedy)(resource, context),
            ),
        }
    }
}

/// Everything that the resource costs.
pub fn whole_cost(resource: &Resource, context: &Context<'_>) -> Saving {
    context.cost(resource).map_or(Saving::Unknown, Saving::Exact)
}
