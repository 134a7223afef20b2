//! Remediation as data: what to change, from which state to which, how safe it is, and how it is undone.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    id::{AccountId, ActionId, Arn, Region},
    resource::{ManagedBy, Resource},
};

mod operation;

pub use operation::{Operation, SafetyClass, Undo};

/// Settings of a resource by name, as far as an operation cares.
pub type Settings = BTreeMap<String, Value>;

/// The state of an action's target.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TargetState {
    /// It does not exist.
    Absent,
    /// It exists with these settings.
    Present(Settings),
}

impl TargetState {
    /// A state from its settings.
    pub fn present<K: Into<String>>(settings: impl IntoIterator<Item = (K, Value)>) -> Self {
        Self::Present(settings.into_iter().map(|(key, value)| (key.into(), value)).collect())
    }

    /// A setting's value; null where the resource or the setting is absent.
    pub fn setting(&self, name: &str) -> &Value {
        match self {
            Self::Absent => &Value::Null,
            Self::Present(settings) => settings.get(name).unwrap_or(&Value::Null),
        }
    }

    /// What differs between this state and `other`, one line a setting: `volume_type: "gp2" → "gp3"`.
    pub fn differences(&self, other: &Self) -> Vec<String> {
        match (self, other) {
            (Self::Absent, Self::Absent) => Vec::new(),
            (Self::Absent, Self::Present(_)) => vec!["absent → present".into()],
            (Self::Present(_), Self::Absent) => vec!["present → absent".into()],
            (Self::Present(a), Self::Present(b)) => {
                let names: std::collections::BTreeSet<_> = a.keys().chain(b.keys()).collect();
                names
                    .into_iter()
                    .filter_map(|name| {
                        let (from, to) = (
                            a.get(name).unwrap_or(&Value::Null),
                            b.get(name).unwrap_or(&Value::Null),
                        );
                        (from != to).then(|| format!("{name}: {from} → {to}"))
                    })
                    .collect()
            }
        }
    }
}

/// How an action reaches its target.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "via", rename_all = "snake_case")]
pub enum Route {
    /// By the service's own API.
    #[default]
    Direct,
    /// By a change set on the CloudFormation stack that owns the resource, so that no drift arises.
    ChangeSet {
        /// The stack's name.
        stack: String,
        /// The resource's logical id in the template.
        logical_id: String,
        /// Template properties to set, by name.
        properties: BTreeMap<String, Value>,
    },
}

/// A change of one resource.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Action {
    /// The same operation on the same resource has the same id in every cycle.
    pub id: ActionId,
    /// What is done.
    pub operation: Operation,
    /// To which resource.
    pub target: Arn,
    /// The id that AWS's API takes: `vol-…`, bucket name.
    pub resource_id: String,
    /// What people call it.
    pub label: String,
    /// Its account.
    pub account: AccountId,
    /// Its region.
    pub region: Region,
    /// The state it was planned for; any other is a stale plan.
    pub expected: TargetState,
    /// The state it leads to; if that is already so, there is nothing to do.
    pub desired: TargetState,
    /// Who may let it happen.
    pub safety: SafetyClass,
    /// How it reaches its target.
    #[serde(default)]
    pub route: Route,
    /// Whether it makes the resource differ from the code that owns it.
    #[serde(default)]
    pub causes_drift: bool,
}

impl Action {
    /// The action `operation` on `resource`. A resource that infrastructure as code owns is never
    /// changed without a person's approval, and the action says that it causes drift; one that a controller
    /// keeps as it is declared is left to its owner.
    pub fn new(
        operation: Operation,
        resource: &Resource,
        expected: TargetState,
        desired: TargetState,
    ) -> Self {
        let managed = resource.managed_by.is_managed();
        let most = match &resource.managed_by {
            owner if owner.is_reconciled() => SafetyClass::Manual,
            ManagedBy::None => SafetyClass::Auto,
            _ => SafetyClass::Approval,
        };
        Self {
            // Two changes of different settings by one operation are two actions.
            id: ActionId::of(&Self::discriminator(operation, &expected), &resource.arn),
            operation,
            target: resource.arn.clone(),
            resource_id: resource.id.clone(),
            label: resource.label(),
            account: resource.account.clone(),
            region: resource.region.clone(),
            expected,
            desired,
            safety: operation.safety().min(most),
            route: Route::Direct,
            causes_drift: managed,
        }
    }

    fn discriminator(operation: Operation, expected: &TargetState) -> String {
        match (operation, expected) {
            (
                Operation::ModifyDbInstance | Operation::ProtectTable,
                TargetState::Present(settings),
            ) => {
                let names: Vec<_> = settings.keys().map(String::as_str).collect();
                format!("{} {}", operation.name(), names.join(" "))
            }
            (Operation::RevokeRules, TargetState::Present(settings)) => {
                format!(
                    "{} {}",
                    operation.name(),
                    serde_json::to_string(settings).unwrap_or_default()
                )
            }
            _ => operation.name().into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differences_name_each_setting() {
        let before = TargetState::present([("volume_type", "gp2".into()), ("iops", Value::Null)]);
        let after = TargetState::present([("volume_type", "gp3".into()), ("iops", 3000.into())]);
        assert_eq!(
            before.differences(&after),
            ["iops: null → 3000", "volume_type: \"gp2\" → \"gp3\""]
        );
        assert_eq!(before.differences(&TargetState::Absent), ["present → absent"]);
        assert!(after.differences(&after).is_empty());
    }
}
