//! IAM.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::evidence::Evidence;

/// A policy written into a principal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct InlinePolicy {
    /// Its name.
    pub name: String,
    /// The policy document.
    pub document: Value,
}

/// An IAM user.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct User {
    /// Its path.
    pub path: String,
    /// Inline policies, sorted by name.
    pub inline_policies: Vec<InlinePolicy>,
    /// ARNs of attached policies, sorted.
    pub attached_policies: Vec<String>,
    /// Names of its groups, sorted.
    pub groups: Vec<String>,
    /// What it signs in with, from the credential report, which may be four hours old.
    #[serde(default = "not_read")]
    pub credentials: Evidence<Credentials>,
    /// The permissions boundary's ARN.
    #[serde(default)]
    pub permissions_boundary: Option<String>,
}

/// Of Worlds from before credentials were read.
fn not_read<T>() -> Evidence<T> {
    Evidence::unavailable("credentials were not read yet")
}

/// What a user signs in with. Secrets are no part of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Credentials {
    /// Whether it has a password for the console; absent where AWS does not say (root).
    pub password_enabled: Option<bool>,
    /// When the password was last used; absent where it never was.
    pub password_used_at: Option<Timestamp>,
    /// When the password was last changed.
    pub password_changed_at: Option<Timestamp>,
    /// Whether an MFA device is needed.
    pub mfa_active: bool,
    /// Access keys, at most two.
    pub access_keys: Vec<AccessKey>,
    /// How many X.509 signing certificates are active.
    pub active_certificates: u32,
    /// When AWS made the report.
    pub reported_at: Option<Timestamp>,
}

/// An access key, without its id and secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessKey {
    /// 1 or 2, as the report counts.
    pub slot: u8,
    /// Whether it can be used.
    pub active: bool,
    /// When it was created or last replaced.
    pub rotated_at: Option<Timestamp>,
    /// When it was last used; absent where it never was.
    pub used_at: Option<Timestamp>,
    /// The service it was last used with.
    pub used_with: Option<String>,
}

/// The root user, and what the account holds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RootAccount {
    /// Whether it has access keys.
    pub access_keys_present: bool,
    /// Whether it has signing certificates.
    pub signing_certificates_present: bool,
    /// Whether an MFA device is needed.
    pub mfa_enabled: bool,
    /// Whether one of its MFA devices is virtual, not hardware.
    pub virtual_mfa: Evidence<bool>,
    /// What it signs in with, from the credential report.
    pub credentials: Evidence<Credentials>,
    /// Counts and quotas as IAM names them: `Users`, `UsersQuota`, `MFADevices` …
    pub summary: BTreeMap<String, u32>,
}

/// A certificate kept in IAM.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerCertificate {
    /// Its path.
    pub path: String,
    /// When it expires.
    pub expires_at: Option<Timestamp>,
}

/// An IAM group.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Group {
    /// Its path.
    pub path: String,
    /// Inline policies, sorted by name.
    pub inline_policies: Vec<InlinePolicy>,
    /// ARNs of attached policies, sorted.
    pub attached_policies: Vec<String>,
}

/// An IAM role.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Role {
    /// Its path.
    pub path: String,
    /// Who may assume it.
    pub trust_policy: Value,
    /// Inline policies, sorted by name.
    pub inline_policies: Vec<InlinePolicy>,
    /// ARNs of attached policies, sorted.
    pub attached_policies: Vec<String>,
    /// When it was last used.
    pub last_used_at: Option<Timestamp>,
    /// The permissions boundary's ARN.
    pub permissions_boundary: Option<String>,
    /// ARNs of the instance profiles that hand it to instances, sorted.
    #[serde(default)]
    pub instance_profiles: Vec<String>,
}

/// What hands a role to EC2's instances.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InstanceProfile {
    /// Its path.
    pub path: String,
    /// The ARN of its role: IAM allows one at most.
    pub role_arns: Vec<String>,
}

/// A customer-managed policy.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Policy {
    /// Its path.
    pub path: String,
    /// How many principals it is attached to.
    pub attachment_count: u32,
    /// The default version's document.
    pub document: Value,
}

/// The account's password policy.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PasswordPolicy {
    /// The policy; absent where the account has none.
    pub policy: Option<PasswordRules>,
}

/// What a password must be like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "they are AWS's settings")]
pub struct PasswordRules {
    /// Shortest length.
    pub minimum_length: u32,
    /// An upper-case letter is needed.
    pub require_uppercase: bool,
    /// A lower-case letter is needed.
    pub require_lowercase: bool,
    /// A digit is needed.
    pub require_numbers: bool,
    /// A symbol is needed.
    pub require_symbols: bool,
    /// Users may change their own.
    pub allow_users_to_change: bool,
    /// Days until it expires; absent means never.
    pub max_age_days: Option<u32>,
    /// How many earlier passwords may not be used again.
    pub reuse_prevention: Option<u32>,
    /// An administrator must reset an expired one.
    pub hard_expiry: bool,
}
