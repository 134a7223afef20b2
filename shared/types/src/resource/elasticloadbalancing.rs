//! Elastic Load Balancing: application, network and gateway load balancers, and classic ones.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::evidence::Evidence;

/// An application, network or gateway load balancer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LoadBalancer {
    /// `application`, `network` or `gateway`.
    pub load_balancer_type: String,
    /// `internet-facing` or `internal`; absent of gateway load balancers.
    pub scheme: Option<String>,
    /// `active`, `provisioning`, `active_impaired` or `failed`.
    pub state: String,
    /// The VPC it is in.
    pub vpc_id: Option<String>,
    /// Subnets, sorted: one for each zone.
    pub subnet_ids: Vec<String>,
    /// Availability Zones, sorted.
    pub availability_zones: Vec<String>,
    /// Security groups, sorted.
    pub security_group_ids: Vec<String>,
    /// Its DNS name.
    pub dns_name: Option<String>,
    /// `ipv4`, `dualstack` …
    pub ip_address_type: Option<String>,
    /// Attributes by AWS's names, for example `access_logs.s3.enabled`, `deletion_protection.enabled`,
    /// `routing.http.drop_invalid_header_fields.enabled`.
    pub attributes: Evidence<BTreeMap<String, String>>,
    /// Listeners, sorted by port.
    pub listeners: Evidence<Vec<Listener>>,
}

/// A listener of a load balancer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Listener {
    /// Its ARN.
    pub arn: String,
    /// The port it listens on; absent of gateway load balancers.
    pub port: Option<u32>,
    /// `HTTP`, `HTTPS`, `TCP`, `TLS` …
    pub protocol: Option<String>,
    /// The name of the TLS policy.
    pub ssl_policy: Option<String>,
    /// The ARN of its default certificate; none where it speaks no TLS.
    pub certificate_arns: Vec<String>,
    /// ARNs of its certificate list, of which it shows the one for the name that a client asks for (SNI), sorted.
    #[serde(default)]
    pub sni_certificate_arns: Evidence<Vec<String>>,
    /// What it does where no rule matches, in order.
    pub default_actions: Vec<ListenerAction>,
}

/// What a listener does with a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum ListenerAction {
    /// Hands it on.
    Forward {
        /// Target groups, sorted.
        target_group_arns: Vec<String>,
    },
    /// Sends the client elsewhere.
    Redirect {
        /// `HTTPS`, `HTTP` or `#{protocol}` for the same.
        protocol: String,
        /// The port, or `#{port}` for the same.
        port: String,
        /// The host, or `#{host}` for the same; absent where it was not read.
        #[serde(default)]
        host: Option<String>,
        /// The path, or `/#{path}` for the same; absent where it was not read.
        #[serde(default)]
        path: Option<String>,
        /// The query, or `#{query}` for the same; absent where it was not read.
        #[serde(default)]
        query: Option<String>,
        /// `HTTP_301` (for good) or `HTTP_302` (for now); absent where it was not read.
        #[serde(default)]
        status_code: Option<String>,
    },
    /// Answers itself.
    FixedResponse,
    /// Something else, for example `authenticate-oidc`.
    Other {
        /// As AWS calls it.
        action: String,
    },
}

/// A target group.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TargetGroup {
    /// `instance`, `ip`, `lambda` or `alb`.
    pub target_type: String,
    /// `HTTP`, `TCP` …; absent of Lambda functions.
    pub protocol: Option<String>,
    /// The port that targets listen on.
    pub port: Option<u32>,
    /// The VPC it is in.
    pub vpc_id: Option<String>,
    /// Load balancers that use it, sorted; none where it is unused.
    pub load_balancer_arns: Vec<String>,
    /// `HTTP`, `TCP` …
    pub health_check_protocol: Option<String>,
    /// The path of HTTP health checks.
    pub health_check_path: Option<String>,
    /// Targets and how they are, sorted.
    pub targets: Evidence<Vec<Target>>,
}

/// A target of a load balancer.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Target {
    /// An instance id, an address, or the ARN of a function or a load balancer.
    pub id: String,
    /// The port it listens on.
    pub port: Option<u32>,
    /// `healthy`, `unhealthy`, `unused`, `draining`, `initial` …
    pub health: String,
    /// Why it is not healthy, for example `Target.Timeout`.
    pub reason: Option<String>,
}

/// A classic load balancer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ClassicLoadBalancer {
    /// `internet-facing` or `internal`.
    pub scheme: Option<String>,
    /// The VPC it is in.
    pub vpc_id: Option<String>,
    /// Subnets, sorted.
    pub subnet_ids: Vec<String>,
    /// Availability Zones, sorted.
    pub availability_zones: Vec<String>,
    /// Security groups, sorted.
    pub security_group_ids: Vec<String>,
    /// Registered instances, sorted.
    pub instance_ids: Vec<String>,
    /// Its DNS name.
    pub dns_name: Option<String>,
    /// Listeners, sorted by port.
    pub listeners: Vec<ClassicListener>,
    /// What is checked, for example `HTTP:80/health`.
    pub health_check_target: Option<String>,
    /// Its attributes.
    pub attributes: Evidence<ClassicAttributes>,
}

/// A listener of a classic load balancer.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ClassicListener {
    /// The port it listens on.
    pub port: u32,
    /// `HTTP`, `HTTPS`, `TCP` or `SSL`.
    pub protocol: String,
    /// The port of its instances.
    pub instance_port: u32,
    /// The protocol that its instances speak.
    pub instance_protocol: Option<String>,
    /// The ARN of its certificate.
    pub certificate_arn: Option<String>,
    /// Names of its policies, sorted.
    pub policy_names: Vec<String>,
}

/// Attributes of a classic load balancer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClassicAttributes {
    /// Whether it logs requests.
    pub access_log: bool,
    /// The bucket it logs to.
    pub access_log_bucket: Option<String>,
    /// Whether it shares load between zones.
    pub cross_zone: bool,
    /// Whether connections may end before an instance goes.
    pub connection_draining: bool,
    /// Seconds until an idle connection is closed.
    pub idle_timeout_seconds: Option<u32>,
    /// `defensive`, `strictest` or `monitor`.
    pub desync_mitigation_mode: Option<String>,
}
