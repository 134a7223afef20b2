//! Where people and monitoring are told of a cycle. A channel is one file and one registry line.

mod discord;
mod message;

use async_trait::async_trait;
use aws_config::SdkConfig;
use futures::future::join_all;
use jiff::Timestamp;
use miyabi_platform::{PhaseError, TenantLedger, error::chain};
use miyabi_types::{id::CycleId, phase::Undelivered};

pub use self::{
    discord::{Discord, WebhookUrl},
    message::{ApprovalRequested, Message, Reported, RequestedAction, Scores},
};
use crate::{alarms::Alarms, config::Config, dashboards::Dashboard, metrics::Metrics};

/// A place to tell messages to.
#[async_trait]
pub trait Channel: Send + Sync {
    /// Its name in logs and answers.
    fn name(&self) -> &'static str;

    /// Tells `message`; a message that is not for this channel is told by doing nothing.
    ///
    /// An error names what to mend and never holds an address or a secret of the channel.
    async fn send(&self, message: &Message) -> Result<(), PhaseError>;
}

/// The channels that the configuration switches on.
pub fn registry(config: &Config, sdk: &SdkConfig) -> Vec<Box<dyn Channel>> {
    let cloudwatch = aws_sdk_cloudwatch::Client::new(sdk);
    let mut channels: Vec<Box<dyn Channel>> = Vec::new();
    if config.alarm {
        channels.push(Box::new(Alarms::new(cloudwatch.clone(), config.alarm_topic.clone())));
    }
    if config.metrics {
        channels.push(Box::new(Metrics::new(cloudwatch.clone())));
    }
    if config.dashboard {
        channels.push(Box::new(Dashboard::new(cloudwatch)));
    }
    if let Some(url) = &config.discord {
        channels.push(Box::new(Discord::new(url.clone())));
    }
    channels
}

/// Tells `message` of `cycle` to every channel and answers which could not be told.
///
/// No channel's failure reaches the cycle or another channel. With a ledger, a channel that was
/// told once is not told again when the step is retried.
pub async fn tell(
    channels: &[Box<dyn Channel>],
    ledger: Option<&TenantLedger>,
    cycle: CycleId,
    message: &Message,
    now: Timestamp,
) -> Vec<Undelivered> {
    let telling = channels.iter().map(|channel| async move {
        let error = tell_once(channel.as_ref(), ledger, cycle, message, now).await.err()?;
        let (channel, message) = (channel.name(), chain(&error));
        tracing::warn!(channel, name = %error.name, message, "not told");
        Some(Undelivered { channel: channel.into(), error: error.name, message })
    });
    // All at once: a channel that does not answer keeps none of the others waiting.
    join_all(telling).await.into_iter().flatten().collect()
}

async fn tell_once(
    channel: &dyn Channel,
    ledger: Option<&TenantLedger>,
    cycle: CycleId,
    message: &Message,
    now: Timestamp,
) -> Result<(), PhaseError> {
    let what = format!("{}#{}", message.kind(), channel.name());
    if let Some(ledger) = ledger
        && ledger.was_told(cycle, &what).await?
    {
        return Ok(());
    }
    channel.send(message).await?;
    // After sending: told twice in a crash just here is better than never.
    match ledger {
        Some(ledger) => ledger.mark_told(cycle, &what, now).await,
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use aws_config::BehaviorVersion;

    use super::*;

    #[test]
    fn what_is_switched_on_is_told() {
        let sdk = SdkConfig::builder().behavior_version(BehaviorVersion::latest()).build();
        let names = |config: &Config| -> Vec<_> {
            registry(config, &sdk).iter().map(|channel| channel.name()).collect()
        };
        assert!(names(&Config::default()).is_empty());
        let all = Config {
            discord: "https://discord.com/api/webhooks/1/x".parse().ok(),
            metrics: true,
            dashboard: true,
            alarm: true,
            ..Config::default()
        };
        assert_eq!(names(&all), ["alarm", "metrics", "dashboard", "discord"]);
    }
}
