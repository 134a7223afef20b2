//! Counts requests where they leave, so that pages and retries count too, waits for what comes back, and looks
//! at it.

use std::{
    ops::Add,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use aws_config::SdkConfig;
use aws_smithy_runtime_api::client::{
    connector_metadata::ConnectorMetadata,
    http::{
        HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
        SharedHttpConnector,
    },
    orchestrator::HttpRequest,
    result::ConnectorError,
    runtime_components::RuntimeComponents,
};
use aws_smithy_types::timeout::TimeoutConfig;

use serde::{Deserialize, Serialize};

use crate::answer::{self, sound};

/// What reading a scope asked of AWS.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Asked {
    /// API calls.
    pub(crate) api_calls: u64,
    /// Cost Explorer requests among them.
    pub(crate) cost_explorer_requests: u64,
    /// Metrics of `CloudWatch`, as they are billed.
    #[serde(default)]
    pub(crate) metrics_requested: u64,
}

impl Add for Asked {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self {
            api_calls: self.api_calls + other.api_calls,
            cost_explorer_requests: self.cost_explorer_requests + other.cost_explorer_requests,
            metrics_requested: self.metrics_requested + other.metrics_requested,
        }
    }
}

/// A count that grows while clients work.
#[derive(Debug, Clone, Default)]
pub struct Counter(Arc<AtomicU64>);

impl Counter {
    /// Requests sent so far.
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    /// Counts what is not a request.
    pub(crate) fn add(&self, count: u64) {
        self.0.fetch_add(count, Ordering::Relaxed);
    }

    /// A configuration whose clients add to this count as well.
    ///
    /// The time that it gives an attempt runs from here on, where the request leaves: the SDK would count what
    /// the request waits for its turn, and give up what was never asked.
    pub fn on(&self, config: &SdkConfig) -> SdkConfig {
        let Some(inner) = config.http_client() else { return config.clone() };
        let timeouts =
            config.timeout_config().cloned().unwrap_or_else(|| TimeoutConfig::builder().build());
        let patience = timeouts.operation_attempt_timeout();
        let timeouts = timeouts.into_builder().disable_operation_attempt_timeout();
        config
            .to_builder()
            .http_client(Counting { inner, counter: self.clone(), patience })
            .timeout_config(timeouts.build())
            .build()
    }
}

/// How much may still be asked for.
#[derive(Debug, Clone, Default)]
pub struct Allowance(Arc<AtomicU64>);

impl Allowance {
    /// So much.
    pub(crate) fn of(count: u64) -> Self {
        Self(Arc::new(AtomicU64::new(count)))
    }

    /// Takes `count` of it, if that much is left.
    pub(crate) fn take(&self, count: u64) -> bool {
        let left = |left: u64| left.checked_sub(count);
        self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, left).is_ok()
    }
}

#[derive(Debug)]
struct Counting<T> {
    inner: T,
    counter: Counter,
    /// How long an answer may take, from the sending to its last byte.
    patience: Option<Duration>,
}

impl HttpClient for Counting<SharedHttpClient> {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(Counting {
            inner: self.inner.http_connector(settings, components),
            counter: self.counter.clone(),
            patience: self.patience,
        })
    }

    fn connector_metadata(&self) -> Option<ConnectorMetadata> {
        self.inner.connector_metadata()
    }
}

impl HttpConnector for Counting<SharedHttpConnector> {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        self.counter.0.fetch_add(1, Ordering::Relaxed);
        let asked = answer::Asked::of(&request);
        let (answer, patience) = (self.inner.call(request), self.patience);
        HttpConnectorFuture::new(async move {
            let answer = async { sound(asked, answer.await).await };
            let Some(patience) = patience else { return answer.await };
            tokio::time::timeout(patience, answer).await.unwrap_or_else(|_| {
                let why = format!("no whole answer within {patience:?}");
                Err(ConnectorError::timeout(why.into()))
            })
        })
    }
}
