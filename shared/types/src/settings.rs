//! What a tenant asked for: mode, accounts, regions and the policy that limits changes.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::{
    action::Operation,
    artifact::Versioned,
    exemption::{Exemption, Exemptions, Problem},
    id::{AccountId, CheckId, Region},
    money::MonthlyUsd,
    resource::Tags,
};

/// How far a cycle may go.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Looks and plans; never writes to a resource.
    #[default]
    Observe,
    /// Changes what a person approved.
    Approve,
    /// Changes what is of class Auto by itself; asks for the rest.
    Auto,
}

/// A tenant's settings.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TenantSettings {
    /// How far a cycle may go, unless the execution's input says less.
    pub mode: Mode,
    /// Accounts to look after; empty means the account Miyabi runs in.
    pub accounts: Vec<AccountAccess>,
    /// Look after every active account of the AWS organization too; an account that `accounts` names
    /// is reached as it says there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accounts_from_organization: Option<OrganizationAccess>,
    /// Regions to look after; empty means the region Miyabi runs in.
    pub regions: Vec<Region>,
    /// Where `regions` is empty: look after every region that is enabled in the account.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub all_regions: bool,
    /// CloudFormation types that are read by Cloud Control, which no collector of their own reads;
    /// `*` means those that docs/coverage.md lists, empty none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub generic_types: Vec<String>,
    /// Read the settings of S3 buckets that no check needs too, each by a call of its own for each bucket: where
    /// objects are copied to, website, CORS, notifications, inventories, Intelligent-Tiering, acceleration, who pays,
    /// metrics and analytics.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub every_bucket_setting: bool,
    /// Tag keys that are activated as cost allocation tags, by which costs are split; each takes a
    /// Cost Explorer request a day.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub cost_allocation_tags: Vec<String>,
    /// What looking may cost.
    pub reading_budget: ReadingBudget,
    /// What may be changed.
    pub policy: Policy,
    /// Figures that checks compare with, where the tenant's differ from the defaults: by the names and within the
    /// ranges that docs/checks.md lists.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub limits: BTreeMap<String, f64>,
    /// Findings that somebody answers for: they are recorded as exempt and count in no score.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub exemptions: Vec<Exemption>,
}

impl Versioned for TenantSettings {
    const NAME: &'static str = "settings";
}

/// How much is read of what AWS bills by the request. What a budget does not allow is not known, and says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ReadingBudget {
    /// Requests to Cost Explorer on one day (UTC), of all accounts together: see
    /// [`TenantSettings::cost_explorer_requests_each`]. The most valuable are sent first, and answers are kept
    /// for the day. Each is billed 0.01 US dollars (AWS Cost Management pricing, November 2026). An account
    /// takes about 15.
    pub cost_explorer_requests: u32,
    /// Metrics asked of `CloudWatch` in one look at one account in one region. A thousand are billed 0.01
    /// US dollars (Amazon `CloudWatch` pricing, November 2026). An instance takes 8.
    pub metrics: u32,
}

impl Default for ReadingBudget {
    fn default() -> Self {
        Self { cost_explorer_requests: 100, metrics: 100_000 }
    }
}

impl TenantSettings {
    /// Requests to Cost Explorer for each account on one day: an equal share of the budget, so that it holds for the
    /// tenant without accounts knowing of each other, but at least one, by which each tells what it spends.
    pub fn cost_explorer_requests_each(&self) -> u32 {
        let all = self.reading_budget.cost_explorer_requests;
        let accounts = u32::try_from(self.accounts.len()).unwrap_or(u32::MAX).max(1);
        (all / accounts).max(all.min(1))
    }

    /// Checks what types cannot, and prepares the exemptions; says everything that is wrong at once.
    pub fn checked(&self) -> Result<Exemptions, InvalidSettings> {
        Exemptions::new(&self.exemptions).map_err(InvalidSettings)
    }
}

/// Settings that must not be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the settings are not valid: {}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
pub struct InvalidSettings(pub Vec<Problem>);

/// How to reach an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccountAccess {
    /// The account.
    pub account: AccountId,
    /// The role to assume there; absent for the account Miyabi runs in.
    #[serde(default)]
    pub role_arn: Option<String>,
    /// The external id that the role's trust policy asks for.
    #[serde(default)]
    pub external_id: Option<String>,
}

/// How to reach the accounts of an AWS organization. Miyabi must run in its management account or in
/// one that may list accounts for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OrganizationAccess {
    /// The name of the role to assume in each account, for example `Miyabi`.
    pub role_name: String,
    /// The external id that the role's trust policy asks for.
    #[serde(default)]
    pub external_id: Option<String>,
}

/// The limits of what Miyabi may change.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Policy {
    /// Operations that may be done; absent means all.
    pub allowed_operations: Option<BTreeSet<Operation>>,
    /// Resources with any of these tags are never changed; an empty value matches any value.
    pub exempt_tags: Vec<TagRule>,
    /// Checks whose findings are not acted on; to accept findings, see [`TenantSettings::exemptions`].
    pub exempt_checks: BTreeSet<CheckId>,
    /// Most changes in one cycle.
    pub max_changes: u32,
    /// Changes in the first wave, the canary.
    pub canary_size: u32,
    /// Changes in each later wave.
    pub wave_size: u32,
    /// Savings below this are not worth a change (security fixes are not held to it).
    pub minimum_saving: MonthlyUsd,
    /// Minutes that an approval request stays open.
    pub approval_minutes: u32,
    /// Names of CloudWatch alarms in the account that must not be in ALARM after a wave; empty means
    /// none may have gone to ALARM since the wave began.
    pub health_alarms: Vec<String>,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            allowed_operations: None,
            exempt_tags: vec![TagRule { key: "miyabi:exempt".into(), value: String::new() }],
            exempt_checks: BTreeSet::new(),
            max_changes: 100,
            canary_size: 1,
            wave_size: 10,
            minimum_saving: MonthlyUsd::ZERO,
            approval_minutes: 24 * 60,
            health_alarms: Vec::new(),
        }
    }
}

/// A tag that exempts its resource.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TagRule {
    /// The tag's key.
    pub key: String,
    /// The tag's value; empty matches any.
    #[serde(default)]
    pub value: String,
}

impl TagRule {
    /// Whether a resource with these tags is exempt.
    pub fn matches(&self, tags: &Tags) -> bool {
        tags.get(&self.key).is_some_and(|value| self.value.is_empty() || *value == self.value)
    }
}
