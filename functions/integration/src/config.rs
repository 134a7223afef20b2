//! What the operator switches on, read from the environment.

use miyabi_platform::Env;

use crate::channel::WebhookUrl;

/// The configuration of this function. Nothing outside is told unless it is switched on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Config {
    /// `MIYABI_DISCORD_WEBHOOK_URL`: the Discord channel to write to. A secret.
    pub discord: Option<WebhookUrl>,
    /// `MIYABI_METRICS`, `on` or `off`: whether to publish `CloudWatch` metrics.
    pub metrics: bool,
    /// `MIYABI_DASHBOARD`, `on` or `off`: whether to keep a dashboard for each tenant; on with the
    /// metrics unless switched off.
    pub dashboard: bool,
    /// `MIYABI_ALARM`, `on` or `off`: whether to keep an alarm on failed cycles for each tenant; on
    /// with the metrics unless switched off.
    pub alarm: bool,
    /// `MIYABI_ALARM_TOPIC_ARN`: the SNS topic that the alarm tells.
    pub alarm_topic: Option<String>,
    /// `AWS_LAMBDA_FUNCTION_NAME`, set by Lambda: what people invoke to decide.
    pub function: Option<String>,
}

impl Config {
    /// Reads the variables; problems are left in `env`.
    pub fn read(env: &mut Env) -> Self {
        let metrics = env.switch("MIYABI_METRICS", false);
        Self {
            metrics,
            discord: env.optional("MIYABI_DISCORD_WEBHOOK_URL"),
            // Both show metrics and are of no use without them.
            dashboard: env.switch("MIYABI_DASHBOARD", metrics),
            alarm: env.switch("MIYABI_ALARM", metrics),
            alarm_topic: env.optional("MIYABI_ALARM_TOPIC_ARN"),
            function: env.optional("AWS_LAMBDA_FUNCTION_NAME"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "https://discord.com/api/webhooks/1/s3cret";

    #[test]
    fn the_webhook_is_never_shown() {
        let mut env = Env::of([("MIYABI_DISCORD_WEBHOOK_URL", SECRET), ("MIYABI_METRICS", "on")]);
        let config = Config::read(&mut env);
        let config = env.finish(config).unwrap();
        assert!(config.metrics && config.dashboard && config.alarm && config.discord.is_some());
        let shown = format!("{config:?}");
        assert!(!shown.contains("s3cret") && !shown.contains("discord.com"), "{shown}");
    }

    #[test]
    fn nothing_outside_is_told_unless_switched_on() {
        let mut env = Env::of([("MIYABI_DISCORD_WEBHOOK_URL", "")]);
        assert_eq!(Config::read(&mut env), Config::default());
        let mut env = Env::of([("MIYABI_METRICS", "on"), ("MIYABI_DASHBOARD", "off")]);
        let config = Config::read(&mut env);
        assert!(config.metrics && config.alarm && !config.dashboard);
    }

    #[test]
    fn a_bad_webhook_is_refused_without_its_text() {
        for bad in ["s3cret", "ftp://host/s3cret", "https:///s3cret:::"] {
            let mut env = Env::of([("MIYABI_DISCORD_WEBHOOK_URL", bad)]);
            let config = Config::read(&mut env);
            if let Err(error) = env.finish(config) {
                let text = error.to_string();
                assert!(text.contains("MIYABI_DISCORD_WEBHOOK_URL"), "{text}");
                assert!(!text.contains("s3cret"), "{text}");
            } else {
                panic!("{bad} was taken");
            }
        }
    }
}
