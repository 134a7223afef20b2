//! AWS Organizations.

use serde::{Deserialize, Serialize};

/// Whether the account is in an organization; one per account, even where it is in none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Membership {
    /// The organization; absent where the account is in none.
    pub organization: Option<Organization>,
}

/// An organization.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Organization {
    /// Its id, for example `o-exampleorgid`.
    pub id: String,
    /// Its ARN.
    pub arn: String,
    /// `ALL` or `CONSOLIDATED_BILLING`.
    pub feature_set: String,
    /// The account that manages it.
    pub management_account: String,
}

/// An account of an organization, as its management account sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// `ACTIVE`, `SUSPENDED`, `CLOSED` …
    pub state: String,
    /// `CREATED` or `INVITED`.
    pub joined_method: Option<String>,
}
