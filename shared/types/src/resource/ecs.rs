//! ECS.

use serde::{Deserialize, Serialize};

/// A cluster.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cluster {
    /// `ACTIVE`, `PROVISIONING` …
    pub status: String,
    /// `enabled`, `enhanced` or `disabled`; absent where ECS does not say.
    pub container_insights: Option<String>,
    /// `FARGATE`, `FARGATE_SPOT` and Auto Scaling group providers, sorted.
    pub capacity_providers: Vec<String>,
    /// EC2 instances in it.
    pub container_instances: u32,
    /// Tasks that run.
    pub running_tasks: u32,
    /// Services that are not being deleted.
    pub active_services: u32,
}

/// A service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Service {
    /// Its cluster's ARN.
    pub cluster_arn: String,
    /// `ACTIVE`, `DRAINING` or `INACTIVE`.
    pub status: String,
    /// `EC2`, `FARGATE` or `EXTERNAL`; absent where capacity providers decide.
    pub launch_type: Option<String>,
    /// Capacity providers with their weight, sorted.
    pub capacity_providers: Vec<(String, u32)>,
    /// The Fargate platform's version, for example `LATEST`.
    pub platform_version: Option<String>,
    /// `REPLICA` or `DAEMON`.
    pub scheduling_strategy: Option<String>,
    /// Tasks that are wanted.
    pub desired_count: u32,
    /// Tasks that run.
    pub running_count: u32,
    /// The ARN of its task definition.
    pub task_definition_arn: Option<String>,
    /// Whether tasks get a public address; absent unless they have an interface of their own.
    pub assign_public_ip: Option<bool>,
    /// Subnets, sorted.
    pub subnet_ids: Vec<String>,
    /// Security groups, sorted.
    pub security_group_ids: Vec<String>,
    /// Target groups that tasks register with, sorted.
    pub target_group_arns: Vec<String>,
    /// Whether `ExecuteCommand` opens a shell in its tasks.
    pub execute_command: bool,
}

impl Service {
    /// Whether its tasks run on Fargate at on-demand prices.
    pub fn is_on_fargate(&self) -> bool {
        self.launch_type.as_deref() == Some("FARGATE")
            || self.capacity_providers.iter().any(|(name, _)| name == "FARGATE")
    }
}

/// A task definition: the latest active revision of a family, or one that a service runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskDefinition {
    /// Its family.
    pub family: String,
    /// Its revision.
    pub revision: u32,
    /// `ACTIVE`, `INACTIVE` …
    pub status: String,
    /// `bridge`, `host`, `awsvpc` or `none`; absent means `bridge` on Linux.
    pub network_mode: Option<String>,
    /// `host` or `task`; absent means a namespace for each container.
    pub pid_mode: Option<String>,
    /// CPU units (1,024 are a vCPU), as ECS writes them.
    pub cpu: Option<String>,
    /// Memory in MiB, as ECS writes it.
    pub memory: Option<String>,
    /// `X86_64` or `ARM64`.
    pub architecture: Option<String>,
    /// `LINUX`, `WINDOWS_SERVER_2022_CORE` …; absent where the definition does not say.
    #[serde(default)]
    pub operating_system: Option<String>,
    /// `EC2`, `FARGATE` …, sorted.
    pub requires_compatibilities: Vec<String>,
    /// The role of what runs in it.
    pub task_role_arn: Option<String>,
    /// The role that ECS starts it with.
    pub execution_role_arn: Option<String>,
    /// Its containers.
    pub containers: Vec<Container>,
}

/// A container of a task definition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Container {
    /// Its name.
    pub name: String,
    /// The image.
    pub image: String,
    /// Whether it has the host's powers; absent means no.
    pub privileged: Option<bool>,
    /// The user that it runs as; absent means the image's, often root.
    pub user: Option<String>,
    /// Whether its root file system cannot be written to; absent means it can.
    pub readonly_root_filesystem: Option<bool>,
    /// Names of its environment variables, sorted; never their values.
    pub environment_keys: Vec<String>,
    /// Names of variables that come from Secrets Manager or Parameter Store, sorted.
    pub secret_keys: Vec<String>,
    /// `awslogs`, `awsfirelens` …; absent where its logs go nowhere.
    pub log_driver: Option<String>,
}
