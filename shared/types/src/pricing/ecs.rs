//! ECS on Fargate.

use super::{
    Service,
    rate::{Per, Rate},
};

/// A vCPU of a Fargate task on Linux, by architecture (`x86_64`, `arm64`).
pub fn fargate_vcpu(architecture: &str) -> Rate {
    Rate::of(Service::Ecs, format!("fargate/{architecture}/vcpu"), Per::Hour)
}

/// A GiB of memory of a Fargate task on Linux, by architecture.
pub fn fargate_gib(architecture: &str) -> Rate {
    Rate::of(Service::Ecs, format!("fargate/{architecture}/gib"), Per::Hour)
}
