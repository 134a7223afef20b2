//! Auto Scaling.

use serde::{Deserialize, Serialize};

use super::ec2::LaunchSettings;

/// An Auto Scaling group.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Group {
    /// Fewest instances.
    pub min_size: u32,
    /// Most instances.
    pub max_size: u32,
    /// Instances that it holds now.
    pub desired_capacity: u32,
    /// What it launches by.
    pub launch: Launch,
    /// Instance types that may take the place of the launch template's, in order of preference.
    pub instance_types: Vec<String>,
    /// How it mixes Spot and on-demand; absent without a mixed instances policy.
    pub mix: Option<Mix>,
    /// Availability Zones, sorted.
    pub availability_zones: Vec<String>,
    /// Subnets, sorted.
    pub subnet_ids: Vec<String>,
    /// Instances, sorted by id.
    pub instances: Vec<Member>,
    /// Classic load balancers by name, sorted.
    pub load_balancer_names: Vec<String>,
    /// Target groups, sorted.
    pub target_group_arns: Vec<String>,
    /// `EC2`, `ELB` …
    pub health_check_type: String,
    /// Processes that are suspended, sorted.
    pub suspended_processes: Vec<String>,
    /// Whether it replaces Spot instances at risk before they are taken.
    pub capacity_rebalance: bool,
    /// Whether new instances are protected from scale-in.
    pub protected_from_scale_in: bool,
    /// `Delete in progress` while it is being deleted.
    pub status: Option<String>,
}

/// What an Auto Scaling group launches by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "by", rename_all = "snake_case")]
pub enum Launch {
    /// A launch template.
    Template {
        /// Its id.
        id: String,
        /// A number, `$Latest` or `$Default`.
        version: String,
    },
    /// A launch configuration.
    Configuration {
        /// Its name.
        name: String,
    },
    /// Neither that AWS tells.
    Unknown,
}

/// How a group mixes Spot and on-demand instances.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mix {
    /// On-demand instances that it always has.
    pub on_demand_base: u32,
    /// Percentage of on-demand among the rest.
    pub on_demand_percentage: u32,
    /// `price-capacity-optimized`, `lowest-price` …
    pub spot_allocation_strategy: Option<String>,
}

/// An instance of a group.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Member {
    /// The instance.
    pub instance_id: String,
    /// `InService`, `Standby`, `Terminating` …
    pub lifecycle_state: String,
    /// Whether the group takes it for healthy.
    pub healthy: bool,
    /// Whether it is protected from scale-in.
    pub protected_from_scale_in: bool,
}

/// A launch configuration, the predecessor of launch templates. It cannot be changed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LaunchConfiguration {
    /// What it launches.
    pub settings: LaunchSettings,
    /// The most that is paid for a Spot instance's hour, in US dollars as AWS writes it.
    pub spot_price: Option<String>,
}
