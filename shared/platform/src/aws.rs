//! Access to AWS: one configuration, and credentials for a tenant's accounts.

use std::time::Duration;

use aws_config::{
    BehaviorVersion, SdkConfig, retry::RetryConfig, sts::AssumeRoleProvider, timeout::TimeoutConfig,
};
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_http_client::{
    Builder,
    tls::{Provider, rustls_provider::CryptoMode},
};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use miyabi_types::{id::TenantId, settings::AccountAccess};

/// An HTTP client for SDK clients.
pub fn http_client() -> SharedHttpClient {
    Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https()
}

/// The SDK configuration of this process, from the standard environment and profile.
pub async fn sdk_config() -> SdkConfig {
    aws_config::defaults(BehaviorVersion::latest())
        .http_client(http_client())
        .retry_config(RetryConfig::standard().with_max_attempts(5))
        .timeout_config(
            TimeoutConfig::builder()
                .connect_timeout(Duration::from_secs(5))
                .operation_attempt_timeout(Duration::from_secs(30))
                .build(),
        )
        .load()
        .await
}

/// What an assumed role is narrowed to, however much it may do: the union of these.
#[derive(Debug)]
pub struct SessionPolicy {
    /// A policy document.
    pub document: String,
    /// Policies that AWS manages, by path and name.
    pub managed: &'static [&'static str],
}

impl SessionPolicy {
    /// The ARNs of its managed policies, in the partition of `role`.
    fn arns(&self, role: &str) -> Vec<String> {
        let partition = role.split(':').nth(1).unwrap_or("aws");
        self.managed.iter().map(|name| format!("arn:{partition}:iam::aws:policy/{name}")).collect()
    }
}

/// The configuration for one of a tenant's accounts: its role assumed, if it names one, and narrowed
/// to `policy`.
pub async fn for_account(
    own: &SdkConfig,
    tenant: &TenantId,
    access: Option<&AccountAccess>,
    policy: Option<&SessionPolicy>,
) -> SdkConfig {
    let Some((access, role)) = access.and_then(|a| a.role_arn.as_ref().map(|role| (a, role)))
    else {
        return own.clone();
    };
    let mut provider =
        AssumeRoleProvider::builder(role).session_name(format!("miyabi-{tenant}")).configure(own);
    if let Some(external_id) = &access.external_id {
        provider = provider.external_id(external_id);
    }
    if let Some(policy) = policy {
        provider = provider.policy(&policy.document).policy_arns(policy.arns(role));
    }
    let provider = SharedCredentialsProvider::new(provider.build().await);
    own.clone().into_builder().credentials_provider(provider).build()
}

/// An S3 client. Path-style addressing works with every endpoint, also one without wildcard DNS.
pub fn s3_client(config: &SdkConfig) -> aws_sdk_s3::Client {
    let config = aws_sdk_s3::config::Builder::from(config).force_path_style(true).build();
    aws_sdk_s3::Client::from_conf(config)
}
