//! IAM.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

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
