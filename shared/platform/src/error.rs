//! What went wrong in a phase, by a name that the state machine can match.

use std::{error::Error, fmt};

use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use lambda_runtime::Diagnostic;
use miyabi_types::{
    artifact::EnvelopeError, error::ErrorName, evidence::Unavailable, id::IamAction,
};

use crate::denial::denied_by;

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
    let name = classify(service_of(action), error);
    let service = error.as_service_error();
    let code = service.and_then(ProvideErrorMetadata::code).unwrap_or_default();
    let message = match (name, service) {
        (ErrorName::AccessDenied, _) => {
            let denied = || match policy(service) {
                Some(policy) => format!("access denied to {action}: {policy}"),
                None => format!("access denied: {action} is not granted"),
            };
            beyond_permissions(code).unwrap_or_else(denied)
        }
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
        ((ErrorName::AccessDenied, _), None) => denied(action.clone(), error.as_service_error()),
        ((_, message), None) => Unavailable::because(message),
    }
}

/// Not known because of this refusal, which a policy or the lack of a grant makes.
pub fn denied(action: IamAction, error: Option<&impl ProvideErrorMetadata>) -> Unavailable {
    match policy(error) {
        Some(policy) => Unavailable::denied_by(&policy, action),
        None => Unavailable::denied(action),
    }
}

/// The policy that the refusal names, if one denies what may well be granted.
fn policy(error: Option<&impl ProvideErrorMetadata>) -> Option<String> {
    denied_by(error?.message()?)
}

/// Why a request is refused whose refusal no permission would mend, although the service may answer 403:
/// its credentials, its signature and time, or the account's subscription. `None` for any other code.
pub fn beyond_permissions(code: &str) -> Option<String> {
    Some(match code {
        "AuthFailure"
        | "ExpiredToken"
        | "ExpiredTokenException"
        | "IncompleteSignature"
        | "IncompleteSignatureException"
        | "InvalidAccessKeyId"
        | "InvalidClientTokenId"
        | "InvalidToken"
        | "MissingAuthenticationToken"
        | "MissingAuthenticationTokenException"
        | "RequestExpired"
        | "SignatureDoesNotMatch"
        | "TokenRefreshRequired"
        | "UnrecognizedClientException" => {
            format!("the credentials are expired or not valid ({code})")
        }
        // The SDK has signed again for AWS's time by then.
        "InvalidSignatureException" | "RequestInTheFuture" | "RequestTimeTooSkewed" => format!(
            "the request's signature or time is not accepted ({code}): are the credentials valid, and is \
             the clock right?"
        ),
        "NotSignedUp" | "OptInRequired" | "SubscriptionRequiredException" => {
            "the account is not subscribed to the service or region".to_owned()
        }
        _ => return None,
    })
}

/// The service of an IAM action.
fn service_of(action: &str) -> &str {
    action.split(':').next().unwrap_or_default()
}

fn classify<E: ProvideErrorMetadata, R>(service: &str, error: &SdkError<E, R>) -> ErrorName {
    match error {
        SdkError::ServiceError(context) => {
            classify_code(service, context.err().code().unwrap_or_default())
        }
        SdkError::TimeoutError(_) | SdkError::DispatchFailure(_) | SdkError::ResponseError(_) => {
            ErrorName::Transient
        }
        _ => ErrorName::InvalidInput,
    }
}

/// Codes by which any service says that it is asked too often: those that the AWS SDKs try again for, and SNS's.
const THROTTLED: [&str; 14] = [
    "BandwidthLimitExceeded",
    "EC2ThrottledException",
    "PriorRequestNotComplete",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "RequestThrottled",
    "RequestThrottledException",
    "SlowDown",
    "Throttled",
    "ThrottledException",
    "Throttling",
    "ThrottlingException",
    "TooManyRequests",
    "TooManyRequestsException",
];

/// A code that of these services says the same, while others have it for a quota that is used up.
/// Source: AWS Billing and Cost Management API Reference, `GetCostAndUsage` (November 2026).
const THROTTLED_BY: (&str, &[&str]) = ("LimitExceededException", &["ce"]);

/// The codes by which `service`, by its prefix of IAM actions, says that it is asked too often.
pub fn throttling_codes(service: &str) -> impl Iterator<Item = &'static str> {
    let (code, services) = THROTTLED_BY;
    THROTTLED.into_iter().chain(services.contains(&service).then_some(code))
}

/// The name for an error code of `service`, by its prefix of IAM actions. Codes from the services' API
/// references ("Common Error Types"; of S3, "List of error codes").
pub fn classify_code(service: &str, code: &str) -> ErrorName {
    if throttling_codes(service).any(|throttled| throttled == code) {
        return ErrorName::Throttled;
    }
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
        | "IncompleteSignature"
        | "IncompleteSignatureException"
        | "InvalidAccessKeyId"
        | "InvalidClientTokenId"
        | "InvalidSignatureException"
        | "InvalidToken"
        | "MissingAuthenticationToken"
        | "MissingAuthenticationTokenException"
        | "NotAuthorized"
        | "NotSignedUp"
        | "OptInRequired"
        | "SubscriptionRequiredException"
        | "RequestExpired"
        | "RequestInTheFuture"
        | "RequestTimeTooSkewed"
        | "SignatureDoesNotMatch"
        | "TokenRefreshRequired"
        | "UnauthorizedAccess"
        | "UnauthorizedException"
        | "UnauthorizedOperation"
        | "UnrecognizedClientException" => ErrorName::AccessDenied,
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
        for code in [
            "ExpiredToken",
            "IncompleteSignature",
            "InvalidAccessKeyId",
            "InvalidClientTokenId",
            "InvalidToken",
            "MissingAuthenticationToken",
            "SignatureDoesNotMatch",
            "TokenRefreshRequired",
        ] {
            let (name, message) = describe(action.as_str(), &refused(code));
            assert_eq!(name, ErrorName::AccessDenied, "trying again would not help");
            assert!(message.contains("credentials") && message.contains(code), "{message}");
            assert!(!message.contains("granted"), "{message}");
            assert_eq!(unavailable(&action, &refused(code)).missing_permission, None, "{code}");
        }
        let (name, message) = describe(action.as_str(), &refused("NotSignedUp"));
        assert_eq!(name, ErrorName::AccessDenied);
        assert!(message.contains("not subscribed"), "{message}");
        let denied = unavailable(&action, &refused("AccessDenied"));
        assert_eq!(denied.missing_permission, Some(action));
    }

    #[test]
    fn a_denial_by_a_policy_is_not_told_as_a_missing_grant() {
        let message = "User: arn:aws:iam::123456789012:user/a is not authorized to perform: ec2:DescribeVolumes \
                       with an explicit deny in a service control policy: arn:aws:organizations::1:policy/p";
        let error = ErrorMetadata::builder().code("UnauthorizedOperation").message(message).build();
        let error = SdkError::<ErrorMetadata, ()>::service_error(error, ());
        let action = IamAction::parse("ec2:DescribeVolumes").unwrap();
        let why = unavailable(&action, &error);
        assert_eq!(why.reason, "access denied: explicit deny in a service control policy");
        assert_eq!(why.missing_permission.as_ref(), Some(&action));
        assert!(!why.takes_a_grant() && Unavailable::denied(action.clone()).takes_a_grant());
        let (_, told) = describe(action.as_str(), &error);
        assert_eq!(
            told,
            "access denied to ec2:DescribeVolumes: explicit deny in a service control policy"
        );
    }

    #[test]
    fn every_service_says_denied_and_throttled_in_its_own_words() {
        for code in ["UnauthorizedOperation", "AccessDenied", "AccessDeniedException"] {
            assert_eq!(classify_code("ec2", code), ErrorName::AccessDenied, "{code}");
        }
        for code in ["Throttling", "RequestLimitExceeded", "SlowDown", "TooManyRequestsException"] {
            assert_eq!(classify_code("s3", code), ErrorName::Throttled, "{code}");
        }
        assert_eq!(classify_code("ec2", "InvalidParameterValue"), ErrorName::InvalidInput);
    }

    #[test]
    fn a_limit_is_a_rate_of_cost_explorer_and_a_quota_of_others() {
        let code = "LimitExceededException";
        assert_eq!(classify_code("ce", code), ErrorName::Throttled);
        assert_eq!(classify_code("kms", code), ErrorName::LimitExceeded);
    }
}
