//! EKS.

use serde::{Deserialize, Serialize};

use crate::evidence::Evidence;

/// A Kubernetes cluster.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Cluster {
    /// What describing it tells, or why that is not known.
    pub settings: Evidence<ClusterSettings>,
    /// Names of its Fargate profiles, sorted.
    #[serde(default)]
    pub fargate_profiles: Evidence<Vec<String>>,
    /// Names of its add-ons, sorted.
    #[serde(default)]
    pub addons: Evidence<Vec<String>>,
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

/// A managed node group of a cluster.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Nodegroup {
    /// The name of its cluster.
    pub cluster: String,
    /// What describing it tells, or why that is not known.
    pub settings: Evidence<NodegroupSettings>,
}

/// What `DescribeNodegroup` tells of a node group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodegroupSettings {
    /// `ACTIVE`, `DEGRADED` …
    pub status: String,
    /// The Kubernetes version of its nodes; absent where a launch template names the image.
    pub version: Option<String>,
    /// The version of its image, for example `1.33.5-20251029`.
    pub release_version: Option<String>,
    /// `AL2023_x86_64_STANDARD`, `BOTTLEROCKET_ARM_64`, `CUSTOM` …
    pub ami_type: Option<String>,
    /// `ON_DEMAND`, `SPOT` or `CAPACITY_BLOCK`.
    pub capacity_type: Option<String>,
    /// Instance types in the order in which they are tried; empty where the launch template names them.
    pub instance_types: Vec<String>,
    /// The fewest nodes.
    pub min_size: Option<u32>,
    /// The most nodes.
    pub max_size: Option<u32>,
    /// The nodes that are wanted now.
    pub desired_size: Option<u32>,
    /// The root volume of a node, in GiB; absent where the launch template names it.
    pub disk_size_gib: Option<u32>,
    /// The role of its nodes.
    pub role_arn: Option<String>,
    /// Subnets, sorted.
    pub subnet_ids: Vec<String>,
    /// The launch template that it was given.
    pub launch_template_id: Option<String>,
    /// That template's version.
    pub launch_template_version: Option<String>,
    /// Names of the Auto Scaling groups that it made, sorted.
    pub auto_scaling_groups: Vec<String>,
    /// Codes of what ails it, sorted: `AccessDenied`, `AsgInstanceLaunchFailures` …
    pub issues: Vec<String>,
}
