//! API Gateway: REST APIs (v1), HTTP and WebSocket APIs (v2).

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A REST API.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RestApi {
    /// `REGIONAL`, `EDGE` or `PRIVATE`, sorted.
    pub endpoint_types: Vec<String>,
    /// Its resource policy; absent where none is set or it could not be understood.
    pub policy: Option<Value>,
    /// Whether its `execute-api` host name is switched off.
    pub execute_api_endpoint_disabled: bool,
    /// Its description.
    pub description: Option<String>,
}

/// A stage of a REST API.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stage {
    /// The API's id.
    pub api_id: String,
    /// The deployment that it shows.
    pub deployment_id: Option<String>,
    /// Whether requests are traced by X-Ray.
    pub tracing: bool,
    /// The web ACL in front of it.
    pub web_acl_arn: Option<String>,
    /// The certificate that it shows its backends.
    pub client_certificate_id: Option<String>,
    /// Where access logs go; absent where they are off.
    pub access_log_arn: Option<String>,
    /// Whether responses are kept in a cache, which is paid by the hour.
    pub cache_enabled: bool,
    /// The cache's size in GB, as API Gateway writes it.
    pub cache_size_gb: Option<String>,
    /// Settings by method, sorted by path.
    pub methods: Vec<MethodSettings>,
    /// Names of its variables, sorted; never their values.
    pub variable_names: Vec<String>,
}

/// Settings of methods of a stage.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct MethodSettings {
    /// `resource path/method`; `*/*` means all.
    pub path: String,
    /// `OFF`, `ERROR` or `INFO`.
    pub logging_level: Option<String>,
    /// Whether responses are cached.
    pub caching: bool,
    /// Whether the cache is encrypted.
    pub cache_encrypted: bool,
}

/// An HTTP or WebSocket API.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Api {
    /// `HTTP` or `WEBSOCKET`.
    pub protocol: String,
    /// Where it answers.
    pub endpoint: Option<String>,
    /// Whether its `execute-api` host name is switched off.
    pub execute_api_endpoint_disabled: bool,
    /// Its description.
    pub description: Option<String>,
    /// Origins that browsers may call it from, sorted; empty where CORS is off.
    pub cors_origins: Vec<String>,
}

/// A stage of an HTTP or WebSocket API.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiStage {
    /// The API's id.
    pub api_id: String,
    /// Whether changes show at once.
    pub auto_deploy: bool,
    /// Where access logs go; absent where they are off.
    pub access_log_arn: Option<String>,
    /// `OFF`, `ERROR` or `INFO` (WebSocket APIs).
    pub logging_level: Option<String>,
    /// Names of its variables, sorted; never their values.
    pub variable_names: Vec<String>,
}

/// A route of an HTTP or WebSocket API.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Route {
    /// The API's id.
    pub api_id: String,
    /// For example `GET /pets` or `$default`.
    pub key: String,
    /// `NONE`, `JWT`, `AWS_IAM` or `CUSTOM`.
    pub authorization_type: String,
    /// The authorizer's id.
    pub authorizer_id: Option<String>,
    /// Whether callers must show an API key.
    pub api_key_required: bool,
    /// The integration that answers, `integrations/…`.
    pub target: Option<String>,
}
