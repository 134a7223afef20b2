//! The closed list of error names that the state machine can match.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What went wrong, by the name that Lambda reports and Step Functions matches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum ErrorName {
    /// A dependency failed in a way that passes: connection, 5xx, timeout.
    Transient,
    /// A dependency asked for fewer calls.
    Throttled,
    /// The input is wrong; the message names the field and the fix.
    InvalidInput,
    /// A permission is missing; the message names the IAM action.
    AccessDenied,
    /// Another cycle of the tenant is running, or a conditional write lost.
    Conflict,
    /// The resource is no longer as it was when it was planned.
    StalePlan,
    /// Nobody decided in time.
    ApprovalExpired,
    /// A person said no.
    ApprovalRejected,
    /// A quota or a size limit was reached.
    LimitExceeded,
    /// A defect of Miyabi.
    Internal,
}

impl ErrorName {
    /// Every name, in declaration order.
    pub const ALL: [Self; 10] = [
        Self::Transient,
        Self::Throttled,
        Self::InvalidInput,
        Self::AccessDenied,
        Self::Conflict,
        Self::StalePlan,
        Self::ApprovalExpired,
        Self::ApprovalRejected,
        Self::LimitExceeded,
        Self::Internal,
    ];

    /// The name as Step Functions sees it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Transient => "Transient",
            Self::Throttled => "Throttled",
            Self::InvalidInput => "InvalidInput",
            Self::AccessDenied => "AccessDenied",
            Self::Conflict => "Conflict",
            Self::StalePlan => "StalePlan",
            Self::ApprovalExpired => "ApprovalExpired",
            Self::ApprovalRejected => "ApprovalRejected",
            Self::LimitExceeded => "LimitExceeded",
            Self::Internal => "Internal",
        }
    }

    /// Whether trying the same step again can succeed.
    pub const fn is_retryable(self) -> bool {
        matches!(self, Self::Transient | Self::Throttled)
    }
}

impl fmt::Display for ErrorName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
