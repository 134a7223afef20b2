//! What can go wrong while changing an account.

use aws_sdk_ec2::error::{ProvideErrorMetadata, SdkError};
use miyabi_platform::{PhaseError, error::describe};
use miyabi_types::error::ErrorName;

/// The result of a step of execution.
pub type Result<T> = std::result::Result<T, ExecutionError>;

/// Why a step of execution could not be done.
#[derive(Debug, thiserror::Error)]
pub enum ExecutionError {
    /// A call of AWS failed.
    #[error("{message}")]
    Call {
        /// The error's name.
        name: ErrorName,
        /// AWS's own error code, where it gave one.
        code: Option<String>,
        /// The IAM action of the call and AWS's own words.
        message: String,
        /// The SDK's error.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The resource is no longer as it was when it was planned or changed.
    #[error("{0}")]
    Stale(String),
    /// The request or the plan asks for something that is never done.
    #[error("{0}")]
    Refused(String),
    /// AWS took the change and did not carry it out.
    #[error("{0}")]
    NotDone(String),
    /// A defect of Miyabi.
    #[error("{0}")]
    Defect(String),
    /// The ledger or the artifact store failed.
    #[error(transparent)]
    Platform(#[from] PhaseError),
}

impl ExecutionError {
    /// The name under which the state machine and reports know it.
    pub const fn name(&self) -> ErrorName {
        match self {
            Self::Call { name, .. } => *name,
            Self::Stale(_) => ErrorName::StalePlan,
            Self::Refused(_) => ErrorName::InvalidInput,
            Self::NotDone(_) => ErrorName::Conflict,
            Self::Defect(_) => ErrorName::Internal,
            Self::Platform(error) => error.name,
        }
    }

    /// Whether AWS answered with one of these codes.
    pub fn is(&self, codes: &[&str]) -> bool {
        matches!(self, Self::Call { code: Some(code), .. } if codes.contains(&code.as_str()))
    }
}

impl From<ExecutionError> for PhaseError {
    fn from(error: ExecutionError) -> Self {
        match error {
            ExecutionError::Platform(error) => error,
            other => Self::new(other.name(), other.to_string()).with_source(other),
        }
    }
}

/// Names the IAM action whose call failed: `.map_err(failed("ec2:DescribeVolumes"))`.
pub fn failed<E>(call: &'static str) -> impl FnOnce(SdkError<E>) -> ExecutionError
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    move |error| {
        let (name, message) = describe(call, &error);
        let code = error.code().map(str::to_owned);
        let name = match (name, code.as_deref()) {
            (ErrorName::InvalidInput, Some(code)) => refine(code),
            (name, _) => name,
        };
        ExecutionError::Call { name, code, message, source: Box::new(error) }
    }
}

/// The name for a code with which a change is refused, though what was asked is not wrong.
/// Source: the error code lists of the EC2 and RDS API references.
fn refine(code: &str) -> ErrorName {
    match code {
        "InsufficientDBInstanceCapacity"
        | "InsufficientInstanceCapacity"
        | "MaxIOPSLimitExceeded"
        | "VolumeModificationRateExceeded" => ErrorName::LimitExceeded,
        _ if code.ends_with("LimitExceeded") => ErrorName::LimitExceeded,
        "IncorrectInstanceState"
        | "IncorrectModificationState"
        | "IncorrectState"
        | "InvalidDBInstanceState"
        | "OperationAborted" => ErrorName::Conflict,
        _ => ErrorName::InvalidInput,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_told_from_a_wrong_request() {
        assert_eq!(refine("SnapshotLimitExceeded"), ErrorName::LimitExceeded);
        assert_eq!(refine("IncorrectInstanceState"), ErrorName::Conflict);
        assert_eq!(refine("InvalidParameterValue"), ErrorName::InvalidInput);
    }
}
