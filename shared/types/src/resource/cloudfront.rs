//! CloudFront.

use serde::{Deserialize, Serialize};

use crate::evidence::Evidence;

/// A CloudFront distribution.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Distribution {
    /// Its own name, `….cloudfront.net`.
    pub domain_name: String,
    /// `Deployed` or `InProgress`.
    pub status: String,
    /// Whether it answers.
    pub enabled: bool,
    /// Other names that it answers to, sorted.
    pub aliases: Vec<String>,
    /// Its comment.
    pub comment: Option<String>,
    /// `PriceClass_All`, `PriceClass_200`, `PriceClass_100`.
    pub price_class: String,
    /// `http1.1`, `http2`, `http3` …
    pub http_version: String,
    /// The web ACL in front of it: an ARN (WAF) or an id (WAF Classic).
    pub web_acl_id: Option<String>,
    /// Its certificate.
    pub certificate: ViewerCertificate,
    /// Where content comes from.
    pub origins: Vec<Origin>,
    /// Which path goes where; the default behaviour first.
    pub behaviors: Vec<Behavior>,
    /// What only the full configuration tells, or why it is not known.
    pub settings: Evidence<DistributionSettings>,
    /// Whether CloudWatch Logs delivers its access logs (standard logging v2).
    pub delivers_logs: Evidence<bool>,
    /// How many origins each of its origin groups has, where one takes over from another; absent in a World of
    /// before it was read.
    #[serde(default)]
    pub origin_groups: Option<Vec<u32>>,
}

/// What `GetDistributionConfig` tells beyond the list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DistributionSettings {
    /// What `/` answers with.
    pub default_root_object: Option<String>,
    /// The bucket that standard logging writes to; absent where it is off.
    pub log_bucket: Option<String>,
}

/// How viewers reach a distribution.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ViewerCertificate {
    /// Whether it is CloudFront's own, for `*.cloudfront.net` only.
    pub cloudfront_default: bool,
    /// The certificate's ARN in ACM.
    pub acm_arn: Option<String>,
    /// The oldest TLS version allowed, for example `TLSv1.2_2021`.
    pub minimum_protocol_version: Option<String>,
    /// `sni-only`, `vip` or `static-ip`.
    pub ssl_support_method: Option<String>,
}

/// Where a distribution takes content from. Its custom headers are not kept: they often hold secrets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// Its id within the distribution.
    pub id: String,
    /// Its host name.
    pub domain_name: String,
    /// The bucket that the host name means, where it is one of S3's (REST endpoint, not website).
    pub s3_bucket: Option<String>,
    /// The origin access control that signs requests.
    pub access_control_id: Option<String>,
    /// The origin access identity, which access controls replace.
    pub access_identity: Option<String>,
    /// `http-only`, `match-viewer` or `https-only`; absent for S3 origins.
    pub protocol_policy: Option<String>,
    /// TLS versions spoken with it, sorted, for example `SSLv3`; empty for S3 origins.
    pub ssl_protocols: Vec<String>,
}

/// What happens to requests for a path.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Behavior {
    /// The path pattern; absent for the default behaviour.
    pub path_pattern: Option<String>,
    /// The origin's id.
    pub origin_id: String,
    /// `allow-all`, `https-only` or `redirect-to-https`.
    pub viewer_protocol_policy: String,
    /// Whether objects are compressed.
    pub compress: bool,
    /// Lambda functions and CloudFront functions that run on requests, sorted ARNs.
    pub function_arns: Vec<String>,
}

/// A CloudFront function.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Function {
    /// `cloudfront-js-1.0`, `cloudfront-js-2.0`.
    pub runtime: String,
    /// `DEVELOPMENT` or `LIVE`.
    pub stage: Option<String>,
    /// `UNPUBLISHED`, `UNASSOCIATED`, `ASSOCIATED` …
    pub status: Option<String>,
    /// Its comment.
    pub comment: Option<String>,
    /// Key value stores that it reads, sorted ARNs.
    pub key_value_stores: Vec<String>,
}
