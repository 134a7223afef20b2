//! The API calls that collectors declare, and why one of them told nothing.

use std::{
    convert::Infallible,
    error::Error,
    fmt,
    panic::resume_unwind,
    pin::Pin,
    task::{Context, Poll},
};

use aws_smithy_runtime_api::client::{orchestrator::HttpResponse, result::SdkError};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use miyabi_types::{
    evidence::Unavailable, id::IamAction, resource::ResourceKind, settings::TenantSettings,
};
use tokio::task::JoinHandle;

use crate::answer::is_unknown_host;

/// One API call of a collector, declared beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Call {
    /// The IAM action it takes; not always the API's own name.
    pub action: &'static str,
    /// The API's operation, where it is not named like the action.
    pub operation: Option<&'static str>,
    /// Kinds of resource that are not known without it; empty where the call only adds to
    /// resources that another call lists.
    pub kinds: &'static [ResourceKind],
    /// Kinds of resource that are there whatever it answers, and that no other call lists.
    pub always: &'static [ResourceKind],
    /// What the tenant must ask for, or else it is not made.
    pub only_with: Option<Request>,
}

/// What is read only if the tenant's settings ask for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Request {
    /// Settings of buckets that no check needs.
    EveryBucketSetting,
}

impl Request {
    /// The setting's name.
    #[must_use]
    pub const fn setting(self) -> &'static str {
        match self {
            Self::EveryBucketSetting => "every_bucket_setting",
        }
    }

    /// Whether the settings ask for it.
    #[must_use]
    pub const fn is_in(self, settings: &TenantSettings) -> bool {
        match self {
            Self::EveryBucketSetting => settings.every_bucket_setting,
        }
    }

    /// What is said of facts that were not asked for.
    #[must_use]
    pub fn not_made(self) -> Unavailable {
        Unavailable::because(format!("read only on request (setting {})", self.setting()))
    }
}

impl Call {
    /// A call that lists resources of `kinds`.
    #[must_use]
    pub const fn lists(action: &'static str, kinds: &'static [ResourceKind]) -> Self {
        Self { action, operation: None, kinds, always: &[], only_with: None }
    }

    /// A call that tells more about resources that another call lists.
    #[must_use]
    pub const fn details(action: &'static str) -> Self {
        Self { action, operation: None, kinds: &[], always: &[], only_with: None }
    }

    /// A call that tells more about resources of `always`, which are there without it.
    #[must_use]
    pub const fn adds(action: &'static str, always: &'static [ResourceKind]) -> Self {
        Self { always, ..Self::details(action) }
    }

    /// The same call of an operation that is not named like its action.
    #[must_use]
    pub const fn named(self, operation: &'static str) -> Self {
        Self { operation: Some(operation), ..self }
    }

    /// The same call, made only on request.
    #[must_use]
    pub const fn only_with(self, request: Request) -> Self {
        Self { only_with: Some(request), ..self }
    }

    /// Whether it is made under these settings.
    #[must_use]
    pub fn is_made(&self, settings: &TenantSettings) -> bool {
        self.only_with.is_none_or(|request| request.is_in(settings))
    }

    /// The API's operation.
    #[must_use]
    pub fn operation(&self) -> &'static str {
        let named = || self.action.split_once(':').map_or(self.action, |(_, operation)| operation);
        self.operation.unwrap_or_else(named)
    }

    /// Tells it apart: its action, and its operation where several share the action.
    #[must_use]
    pub fn key(&self) -> String {
        match self.operation {
            None => self.action.to_owned(),
            Some(operation) => format!("{} {operation}", self.action),
        }
    }

    /// Its IAM action.
    #[must_use]
    pub fn api(&self) -> IamAction {
        IamAction::parse(self.action).expect("declared actions are valid, a test parses each")
    }
}

/// What can go wrong with a call of the SDK.
pub trait Failure {
    /// The service's error code, if the service answered.
    fn code(&self) -> Option<&str>;
    /// Why the fact is not known.
    fn unavailable(&self, action: &IamAction) -> Unavailable;
}

/// What was listed before cannot fail.
impl Failure for Infallible {
    fn code(&self) -> Option<&str> {
        match *self {}
    }

    fn unavailable(&self, _: &IamAction) -> Unavailable {
        match *self {}
    }
}

impl<E> Failure for SdkError<E, HttpResponse>
where
    E: ProvideErrorMetadata + Error + fmt::Debug + 'static,
{
    fn code(&self) -> Option<&str> {
        self.as_service_error().and_then(ProvideErrorMetadata::code)
    }

    fn unavailable(&self, action: &IamAction) -> Unavailable {
        match Failure::code(self) {
            None if matches!(self, SdkError::DispatchFailure(_)) && is_unknown_host(self) => {
                Unavailable::because(format!(
                    "{action} failed: there is no such endpoint, so the service is not offered there"
                ))
            }
            // An endpoint that does not know the service answers something else than its errors.
            None if self.as_service_error().is_some() => {
                let status = self.raw_response().map_or(0, |response| response.status().as_u16());
                Unavailable::because(format!(
                    "{action} failed: HTTP {status} without an error code"
                ))
            }
            _ => miyabi_platform::error::unavailable(action, self),
        }
    }
}

/// A call as a task of its own, so that a free thread writes, signs and parses it where there are several, and so
/// that those who wait for it need no room for it. It ends with them.
pub(crate) struct OnItsOwn<T>(JoinHandle<T>);

impl<T: Send + 'static> OnItsOwn<T> {
    /// Begins `call` now.
    pub(crate) fn new(call: impl Future<Output = T> + Send + 'static) -> Self {
        Self(tokio::spawn(call))
    }
}

impl<T> Future for OnItsOwn<T> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<T> {
        Pin::new(&mut self.0).poll(context).map(|answer| match answer {
            Ok(answer) => answer,
            // Nobody else can cancel it.
            Err(error) => resume_unwind(error.into_panic()),
        })
    }
}

impl<T> Drop for OnItsOwn<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}

#[cfg(test)]
mod tests {
    use std::{future::pending, time::Duration};

    use tokio::sync::oneshot;

    use super::*;

    #[tokio::test]
    async fn a_call_ends_with_who_waits_for_it() {
        let (held, ended) = oneshot::channel::<()>();
        let call = OnItsOwn::new(async move {
            let _held = held;
            pending::<()>().await;
        });
        drop(call);
        let ended = tokio::time::timeout(Duration::from_secs(10), ended).await;
        assert!(ended.expect("it does not go on").is_err());
    }
}
