//! A Discord webhook.

use std::{fmt, str::FromStr, sync::Once, time::Duration};

use async_trait::async_trait;
use miyabi_platform::PhaseError;
use miyabi_types::error::ErrorName;
use reqwest::{StatusCode, Url, header::RETRY_AFTER, redirect};
use serde::Deserialize;

use super::{Channel, Message};
use crate::markdown::shorten;

mod embed;
mod render;

/// How long Discord may take to answer.
const TIMEOUT: Duration = Duration::from_secs(10);

/// The address of a webhook. Whoever knows it can write to the channel, so it is a secret:
/// never shown, logged or part of an error.
#[derive(Clone, PartialEq, Eq)]
pub struct WebhookUrl(Url);

impl fmt::Debug for WebhookUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WebhookUrl(…)")
    }
}

impl FromStr for WebhookUrl {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let url = Url::parse(text).map_err(|_| "must be the URL of a webhook")?;
        match url.scheme() {
            "https" | "http" if url.has_host() => Ok(Self(url)),
            _ => Err("must be the URL of a webhook, https://…"),
        }
    }
}

/// Writes to a Discord channel by its webhook.
#[derive(Debug)]
pub struct Discord {
    webhook: WebhookUrl,
}

impl Discord {
    /// Writes to this webhook.
    pub const fn new(webhook: WebhookUrl) -> Self {
        Self { webhook }
    }
}

/// What Discord answers when it refuses.
#[derive(Default, Deserialize)]
struct Refusal {
    #[serde(default)]
    message: String,
    #[serde(default)]
    retry_after: Option<f64>,
}

#[async_trait]
impl Channel for Discord {
    fn name(&self) -> &'static str {
        "discord"
    }

    async fn send(&self, message: &Message) -> Result<(), PhaseError> {
        let mut url = self.webhook.0.clone();
        // Without it Discord answers before it has kept the message, and a refusal is lost.
        url.query_pairs_mut().append_pair("wait", "true");
        let answer = client()?
            .post(url)
            .json(&render::payload(message))
            .send()
            .await
            .map_err(|error| unreachable(&error))?;
        let status = answer.status();
        if status.is_success() {
            return Ok(());
        }
        let header = answer.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok());
        let retry_after = header.and_then(|seconds| seconds.parse().ok());
        let refusal: Refusal = answer.json().await.unwrap_or_default();
        Err(refused(status, retry_after, &refusal))
    }
}

fn client() -> Result<reqwest::Client, PhaseError> {
    static TLS: Once = Once::new();
    TLS.call_once(|| {
        // An error means that somebody else in the process has installed a provider: as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
    });
    reqwest::Client::builder()
        .timeout(TIMEOUT)
        // A redirect would carry the message to an address that nobody configured.
        .redirect(redirect::Policy::none())
        .user_agent(concat!("Miyabi (", env!("CARGO_PKG_VERSION"), ")"))
        .build()
        .map_err(|error| PhaseError::internal("cannot set up TLS for discord").with_source(error))
}

/// The error of a request that got no answer. The source is left out: it may name the address.
fn unreachable(error: &reqwest::Error) -> PhaseError {
    let what = if error.is_timeout() {
        "discord did not answer in time"
    } else if error.is_connect() {
        "cannot connect to discord"
    } else {
        "cannot send to discord"
    };
    PhaseError::new(ErrorName::Transient, what)
}

fn refused(status: StatusCode, retry_after: Option<f64>, refusal: &Refusal) -> PhaseError {
    let said = shorten(&refusal.message, 200);
    match status {
        StatusCode::TOO_MANY_REQUESTS => PhaseError::new(
            ErrorName::Throttled,
            match refusal.retry_after.or(retry_after) {
                Some(seconds) => format!("discord asks to wait {seconds} seconds"),
                None => "discord asks for fewer messages".into(),
            },
        ),
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN | StatusCode::NOT_FOUND => {
            PhaseError::invalid_input(format!(
                "discord does not know the webhook ({status}): set MIYABI_DISCORD_WEBHOOK_URL to one that exists"
            ))
        }
        status if status.is_server_error() => {
            PhaseError::new(ErrorName::Transient, format!("discord failed ({status}): {said}"))
        }
        status => PhaseError::internal(format!("discord refused the message ({status}): {said}")),
    }
}

#[cfg(test)]
mod tests;
