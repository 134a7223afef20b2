//! EKS.

use serde::{Deserialize, Serialize};

use crate::evidence::Evidence;

/// A Kubernetes cluster.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Cluster {
    /// What describing it tells, or why that is not known.
    pub settings: Evidence<ClusterSettings>,
}

/// What `DescribeCluster` tells of a cluster.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClusterSettings {
    /// `ACTIVE`, `CREATING` …
    pub status: String,
    /// The Kubernetes version, for example `1.33`.
    pub version: String,
    /// `STANDARD` or `EXTENDED`: what happens, and is charged, after standard support.
    pub support_type: Option<String>,
    /// Whether the API server answers the internet.
    pub endpoint_public_access: bool,
    /// From where, sorted.
    pub public_access_cidrs: Vec<String>,
    /// Whether the API server answers within the VPC.
    pub endpoint_private_access: bool,
    /// Control plane logs that are on, sorted: `api`, `audit`, `authenticator`, `controllerManager`, `scheduler`.
    pub log_types: Vec<String>,
    /// The key that Kubernetes secrets are encrypted with.
    pub secrets_key_arn: Option<String>,
    /// `API`, `CONFIG_MAP` or `API_AND_CONFIG_MAP`.
    pub authentication_mode: Option<String>,
    /// Whether it is protected from deletion.
    pub deletion_protection: bool,
    /// The role of its control plane.
    pub role_arn: Option<String>,
    /// Its VPC.
    pub vpc_id: Option<String>,
    /// Subnets, sorted.
    pub subnet_ids: Vec<String>,
    /// Security groups, sorted, that of the cluster among them.
    pub security_group_ids: Vec<String>,
}
