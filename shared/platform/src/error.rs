//! What went wrong in a phase, by a name that the state machine can match.

use std::{error::Error, fmt};

use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use lambda_runtime::Diagnostic;
use miyabi_types::{
    artifact::EnvelopeError, error::ErrorName, evidence::Unavailable, id::IamAction,
};

/// The error of a phase: a name of the closed list and a message for people.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct PhaseError {
    /// What Step Functions matches.
    pub name: ErrorName,
    /// What happened and to what, as a lower-case fragment.
    pub message: String,
    /// What caused it.
    #[source]
    pub source: Option<Box<dyn Error + Send + Sync>>,
}

impl PhaseError {
    /// An error by its name.
    pub fn new(name: ErrorName, message: impl Into<String>) -> Self {
        Self { name, message: message.into(), source: None }
    }

    /// The input is wrong; the message names the field and the fix.
    pub fn invalid_input(message: impl Into<String>) -> Self {
        Self::new(ErrorName::InvalidInput, message)
    }

    /// A defect of Miyabi.
    pub fn internal(message: impl Into<String>) -> Self {
        Self::new(ErrorName::Internal, message)
    }

    /// Keeps what caused it.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// The error of a failed AWS call that needs the permission `action`.
    pub fn from_sdk<E, R>(action: &str, error: SdkError<E, R>) -> Self
    where
        E: ProvideErrorMetadata + Error + Send + Sync + 'static,
        R: fmt::Debug + Send + Sync + 'static,
    {
        let (name, message) = describe(action, &error);
        Self::new(name, message).with_source(error)
    }
}

impl From<PhaseError> for Diagnostic {
    fn from(error: PhaseError) -> Self {
        Self { error_type: error.name.as_str().into(), error_message: chain(&error) }
    }
}

impl From<EnvelopeError> for PhaseError {
    fn from(error: EnvelopeError) -> Self {
        Self::new(ErrorName::InvalidInput, chain(&error))
    }
}

/// An error's message followed by those of its causes that add something.
pub fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(source) = cause {
        let more = source.to_string();
        if !text.contains(&more) {
            text.push_str(": ");
            text.push_str(&more);
        }
        cause = source.source();
    }
    text
}

/// The name and the message of a failed AWS call that needs the permission `action`.
pub fn describe<E, R>(action: &str, error: &SdkError<E, R>) -> (ErrorName, String)
where
    E: ProvideErrorMetadata + Error + 'static,
    R: fmt::Debug,
{
    let name = classify(error);
    let service = error.as_service_error();
    let code = service.and_then(ProvideErrorMetadata::code).unwrap_or_default();
    let message = match (name, service) {
        (ErrorName::AccessDenied, _) => beyond_permissions(code)
            .unwrap_or_else(|| format!("access denied: {action} is not granted")),
        (_, Some(service)) => format!(
            "{action} failed: {} ({})",
            service.message().unwrap_or("no message"),
            service.code().unwrap_or("no code"),
        ),
        (_, None) => format!("{action} failed: {}", chain(error)),
    };
    (name, message)
}

/// Why a fact is not known, from the failed call that should have told it.
pub fn unavailable<E, R>(action: &IamAction, error: &SdkError<E, R>) -> Unavailable
where
    E: ProvideErrorMetadata + Error + 'static,
    R: fmt::Debug,
{
    let code = error.as_service_error().and_then(ProvideErrorMetadata::code).unwrap_or_default();
    match (describe(action.as_str(), error), beyond_permissions(code)) {
        (_, Some(why)) => Unavailable::because(why),
        ((ErrorName::AccessDenied, _), None) => Unavailable::denied(action.clone()),
        ((_, message), None) => Unavailable::because(message),
    }
}

/// Why a request is refused whose refusal no permission would mend, although the service may answer 403:
/// its credentials, its signature and time, or the account's subscription. `None` for any other code.
pub fn beyond_permissions(code: &str) -> Option<String> {
    Some(match code {
        "AuthFailure"
        | "ExpiredToken"
        | "ExpiredTokenException"
        | "InvalidClientTokenId"
        | "RequestExpired"
        | "SignatureDoesNotMatch"
        | "UnrecognizedClientException" => {
            format!("the credentials are expired or not valid ({code})")
        }
        // The SDK has signed again for AWS's time by then.
        "InvalidSignatureException" | "RequestInTheFuture" | "RequestTimeTooSkewed" => format!(
            "the request's signature or time is not accepted ({code}): are the credentials valid, and is \
             the clock right?"
        ),
        "OptInRequired" | "SubscriptionRequiredException" => {
            "the account is not subscribed to the service or region".to_owned()
        }
        _ => return None,
    })
}

/// The name of a failed AWS call's error.
pub fn classify<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>) -> ErrorName {
    match error {
        SdkError::ServiceError(context) => classify_code(context.err().code().unwrap_or_default()),
        SdkError::TimeoutError(_) | SdkError::DispatchFailure(_) | SdkError::ResponseError(_) => {
            ErrorName::Transient
        }
        _ => ErrorName::InvalidInput,
    }
}

/// The name for an AWS error code. Codes from the services' API references ("Common Errors").
pub fn classify_code(code: &str) -> ErrorName {
    match code {
        "AccessDenied"
        | "AccessDeniedException"
        | "AllAccessDisabled"
        | "AuthFailure"
        | "AuthorizationError"
        | "AuthorizationErrorException"
        | "Client.UnauthorizedOperation"
        | "ExpiredToken"
        | "ExpiredTokenException"
        | "InvalidClientTokenId"
        | "InvalidSignatureException"
        | "NotAuthorized"
        | "OptInRequired"
        | "SubscriptionRequiredException"
        | "RequestExpired"
        | "RequestInTheFuture"
        | "RequestTimeTooSkewed"
        | "SignatureDoesNotMatch"
        | "UnauthorizedAccess"
        | "UnauthorizedException"
        | "UnauthorizedOperation"
        | "UnrecognizedClientException" => ErrorName::AccessDenied,
        "BandwidthLimitExceeded"
        | "EC2ThrottledException"
        | "PriorRequestNotComplete"
        | "ProvisionedThroughputExceededException"
        | "RequestLimitExceeded"
        | "RequestThrottled"
        | "RequestThrottledException"
        | "SlowDown"
        | "ThrottledException"
        | "Throttling"
        | "ThrottlingException"
        | "TooManyRequestsException" => ErrorName::Throttled,
        "InternalError"
        | "InternalFailure"
        | "InternalServerError"
        | "InternalServiceError"
        | "InternalServiceException"
        | "RequestTimeout"
        | "RequestTimeoutException"
        | "ServerInternal"
        | "ServiceUnavailable"
        | "ServiceUnavailableException"
        | "TransactionInProgressException"
        | "Unavailable" => ErrorName::Transient,
        "ConditionalCheckFailedException" => ErrorName::Conflict,
        "LimitExceeded" | "LimitExceededException" | "ServiceQuotaExceededException" => {
            ErrorName::LimitExceeded
        }
        _ => ErrorName::InvalidInput,
    }
}

#[cfg(test)]
mod tests {
    use aws_smithy_types::error::ErrorMetadata;

    use super::*;

    #[test]
    fn the_runtime_reports_the_name_and_the_whole_story() {
        let cause = std::io::Error::other("disk on fire");
        let error =
            PhaseError::new(ErrorName::Transient, "cannot read plan.json").with_source(cause);
        let diagnostic = Diagnostic::from(error);
        assert_eq!(diagnostic.error_type, "Transient");
        assert_eq!(diagnostic.error_message, "cannot read plan.json: disk on fire");
    }

    #[test]
    fn credentials_that_are_not_valid_are_no_missing_permission() {
        let refused = |code: &str| {
            let error = ErrorMetadata::builder().code(code).message("no").build();
            SdkError::<ErrorMetadata, ()>::service_error(error, ())
        };
        let action = IamAction::parse("sts:GetCallerIdentity").unwrap();
        for code in ["InvalidClientTokenId", "ExpiredToken", "SignatureDoesNotMatch"] {
            let (name, message) = describe(action.as_str(), &refused(code));
            assert_eq!(name, ErrorName::AccessDenied, "trying again would not help");
            assert!(message.contains("credentials") && message.contains(code), "{message}");
            assert!(!message.contains("granted"), "{message}");
            assert_eq!(unavailable(&action, &refused(code)).missing_permission, None, "{code}");
        }
        let denied = unavailable(&action, &refused("AccessDenied"));
        assert_eq!(denied.missing_permission, Some(action));
    }

    #[test]
    fn every_service_says_denied_and_throttled_in_its_own_words() {
        for code in ["UnauthorizedOperation", "AccessDenied", "AccessDeniedException"] {
            assert_eq!(classify_code(code), ErrorName::AccessDenied, "{code}");
        }
        for code in ["Throttling", "RequestLimitExceeded", "SlowDown", "TooManyRequestsException"] {
            assert_eq!(classify_code(code), ErrorName::Throttled, "{code}");
        }
        assert_eq!(classify_code("InvalidParameterValue"), ErrorName::InvalidInput);
    }
}
