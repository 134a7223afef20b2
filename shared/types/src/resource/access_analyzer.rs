//! IAM Access Analyzer.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// An analyzer of a region.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Analyzer {
    /// `ACCOUNT`, `ORGANIZATION`, `ACCOUNT_UNUSED_ACCESS` … The first two look for external access.
    pub analyzer_type: String,
    /// `ACTIVE`, `CREATING`, `DISABLED` or `FAILED`.
    pub status: String,
    /// Why it is not active, where AWS says so.
    pub status_reason: Option<String>,
    /// When it last analyzed a resource.
    pub last_analyzed_at: Option<Timestamp>,
}

impl Analyzer {
    /// Whether it looks for access from outside, and works.
    pub fn finds_external_access(&self) -> bool {
        self.status == "ACTIVE" && matches!(self.analyzer_type.as_str(), "ACCOUNT" | "ORGANIZATION")
    }
}
