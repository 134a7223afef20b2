//! The Lambda bootstrap: structured logs, and errors by their names.

use std::{
    future::Future,
    panic::AssertUnwindSafe,
    time::{Duration, SystemTime},
};

use lambda_runtime::{Context, Error, LambdaEvent, service_fn};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use tracing::Instrument;
use tracing_subscriber::EnvFilter;

use crate::error::PhaseError;

/// Runs `handler` for every invocation until the runtime ends.
///
/// Logs are JSON lines on standard output, each with tenant, cycle and operation; the level is
/// taken from `RUST_LOG` (default `info`). An event that does not fit `Q` is `InvalidInput`.
pub async fn run<Q, A, F>(handler: impl Fn(Q) -> F) -> Result<(), Error>
where
    Q: DeserializeOwned,
    A: Serialize,
    F: Future<Output = Result<A, PhaseError>>,
{
    run_within(|request, _| handler(request)).await
}

/// The same; `handler` is told how much time Lambda gives the invocation.
pub async fn run_within<Q, A, F>(handler: impl Fn(Q, Duration) -> F) -> Result<(), Error>
where
    Q: DeserializeOwned,
    A: Serialize,
    F: Future<Output = Result<A, PhaseError>>,
{
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_current_span(true)
        .with_span_list(false)
        .with_env_filter(filter)
        .init();
    let handler = AssertUnwindSafe(handler);
    let handler = &handler;
    lambda_runtime::run(service_fn(move |event: LambdaEvent<Value>| {
        let text = |pointer: &str| {
            event.payload.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned()
        };
        let first = |a: &str, b: &str| Some(text(a)).filter(|t| !t.is_empty()).unwrap_or_else(|| text(b));
        let span = tracing::info_span!(
            "invocation",
            operation = text("/operation"),
            tenant = first("/cycle/tenant", "/tenant"),
            cycle = first("/cycle/cycle", "/cycle_id"),
            request = event.context.request_id,
        );
        let left = left(&event.context);
        async move {
            let request = serde_json::from_value(event.payload)
                .map_err(|e| PhaseError::invalid_input(format!("the event is not a request of this function: {e}")))?;
            let answer = handler(request, left).await;
            match &answer {
                Ok(_) => tracing::info!("done"),
                Err(error) => tracing::error!(name = %error.name, error = crate::error::chain(error), "failed"),
            }
            answer
        }
        .instrument(span)
    }))
    .await
}

#[expect(clippy::disallowed_methods, reason = "Lambda's deadline is a time of the machine's clock")]
fn left(context: &Context) -> Duration {
    context.deadline().duration_since(SystemTime::now()).unwrap_or_default()
}
