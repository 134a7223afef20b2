//! Where AWS is: the emulators, or whatever the standard environment variables say.

use aws_config::{BehaviorVersion, Region, SdkConfig, identity::IdentityCache, retry::RetryConfig};
use aws_sdk_sts::config::Credentials;
use aws_smithy_async::{
    rt::sleep::default_async_sleep,
    time::{SharedTimeSource, SystemTimeSource},
};
use miyabi_platform::aws;

/// The emulated account.
pub const ACCOUNT: &str = "123456789012";

/// The emulated account's region.
pub const REGION: &str = "us-east-1";

/// The configuration that the environment asks for: a real account, or the variables that `up` printed.
pub async fn from_environment() -> SdkConfig {
    aws::sdk_config().await
}

/// The configuration for an emulator.
pub fn emulated(endpoint: &str, region: &str) -> SdkConfig {
    let mut config = SdkConfig::builder();
    // An emulator on a busy machine may be too slow once.
    config.set_sleep_impl(default_async_sleep());
    config
        .behavior_version(BehaviorVersion::latest())
        // An assumed role is asked for once, not by every client.
        .identity_cache(IdentityCache::lazy().build())
        .retry_config(RetryConfig::standard().with_max_attempts(5))
        .http_client(aws::http_client())
        .endpoint_url(endpoint)
        .region(Region::new(region.to_owned()))
        .time_source(SharedTimeSource::new(SystemTimeSource::new()))
        .credentials_provider(aws_sdk_sts::config::SharedCredentialsProvider::new(
            Credentials::new(ACCOUNT, "emulated", None, None, "emulator"),
        ))
        .build()
}
