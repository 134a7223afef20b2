//! IAM Access Analyzer.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::evidence::Evidence;

/// An analyzer of a region.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Analyzer {
    /// `ACCOUNT`, `ORGANIZATION`, `ACCOUNT_UNUSED_ACCESS` … The first two look for external access.
    pub analyzer_type: String,
    /// `ACTIVE`, `CREATING`, `DISABLED` or `FAILED`.
    pub status: String,
    /// Why it is not active, where AWS says so.
    pub status_reason: Option<String>,
    /// When it last analyzed a resource.
    pub last_analyzed_at: Option<Timestamp>,
    /// What of the account its active findings say others may reach, sorted; absent for an analyzer that looks for
    /// something else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_access: Option<Evidence<Vec<ExternalAccess>>>,
}

/// A resource that others may reach: its active findings together.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ExternalAccess {
    /// The resource's ARN.
    pub resource: String,
    /// Its type, for example `AWS::S3::Bucket`.
    pub resource_type: String,
    /// Findings about it.
    pub findings: u64,
    /// Whether everyone may reach it, by any of them.
    pub is_public: bool,
    /// Who may, as `AWS 210987654321` or `Federated accounts.google.com`, sorted.
    pub principals: Vec<String>,
}

impl Analyzer {
    /// Whether it looks for access from outside, and works.
    pub fn finds_external_access(&self) -> bool {
        self.status == "ACTIVE" && self.looks_for_external_access()
    }

    /// Whether it is of the type that looks for access from outside.
    pub fn looks_for_external_access(&self) -> bool {
        matches!(self.analyzer_type.as_str(), "ACCOUNT" | "ORGANIZATION")
    }
}
