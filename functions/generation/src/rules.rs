//! What a tenant says of judging: what is exempt, and what to compare with.

use std::collections::BTreeMap;

use miyabi_platform::PhaseError;
use miyabi_types::{exemption::Exemptions, settings::TenantSettings};

use crate::registry;

/// Figures by name, where they differ from the defaults.
pub type Limits = BTreeMap<String, f64>;

static DEFAULTS: Limits = Limits::new();

/// The rules that a World is judged by.
#[derive(Debug, Clone, Copy)]
pub struct Rules<'r> {
    /// What somebody answers for.
    pub exemptions: &'r Exemptions,
    /// Figures that the tenant set.
    pub limits: &'r Limits,
}

impl<'r> From<&'r Exemptions> for Rules<'r> {
    fn from(exemptions: &'r Exemptions) -> Self {
        Self { exemptions, limits: &DEFAULTS }
    }
}

/// The figures of `settings`; an error that says everything that is wrong with them at once.
pub fn limits(settings: &TenantSettings) -> Result<Limits, PhaseError> {
    let known = registry::limits(&registry::all());
    let wrong: Vec<String> = settings
        .limits
        .iter()
        .filter_map(|(name, figure)| match known.get(name.as_str()) {
            None => Some(format!("limits.{name}: no check compares with it, see docs/checks.md")),
            Some(limit) if !(limit.range.0..=limit.range.1).contains(figure) => Some(format!(
                "limits.{name}: {figure} is not within {} to {} {}",
                limit.range.0, limit.range.1, limit.unit
            )),
            Some(_) => None,
        })
        .collect();
    if wrong.is_empty() {
        return Ok(settings.limits.clone());
    }
    Err(PhaseError::invalid_input(format!("the settings are not valid: {}", wrong.join("; "))))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(limits: &[(&str, f64)]) -> Result<Limits, PhaseError> {
        let limits = limits.iter().map(|(name, figure)| ((*name).to_owned(), *figure)).collect();
        super::limits(&TenantSettings { limits, ..TenantSettings::default() })
    }

    #[test]
    fn every_wrong_figure_is_named_with_what_is_right() {
        assert!(set(&[("secret_unused_days", 30.0)]).unwrap().contains_key("secret_unused_days"));
        let wrong = set(&[("secret_unused_days", 0.0), ("nothing", 1.0)]).unwrap_err().message;
        assert!(
            wrong.contains("limits.secret_unused_days: 0 is not within 1 to 365 days"),
            "{wrong}"
        );
        assert!(wrong.contains("limits.nothing: no check"), "{wrong}");
        assert!(set(&[("secret_unused_days", f64::NAN)]).is_err());
    }
}
