//! ECS.

use miyabi_types::{
    finding::Saving,
    money::MonthlyUsd,
    pricing::ecs::{fargate_gib, fargate_vcpu},
    resource::{Resource, ResourceConfig, ResourceKind, ecs::TaskDefinition},
};

use crate::check::Context;

pub mod service_overprovisioned;
pub mod service_x86;

/// What the running tasks of a Fargate service cost by the size in their definition.
pub fn tasks_cost(resource: &Resource, context: &Context<'_>) -> Saving {
    let architecture = definition(resource, context).and_then(|d| d.architecture.as_deref());
    let architecture = if architecture == Some("ARM64") { "arm64" } else { "x86_64" };
    cost_on(architecture, resource, context).map_or(Saving::Unknown, Saving::Estimated)
}

/// The same on this architecture; `None` on EC2, whose instances are paid for instead.
pub fn cost_on(
    architecture: &str,
    resource: &Resource,
    context: &Context<'_>,
) -> Option<MonthlyUsd> {
    let ResourceConfig::EcsService(service) = &resource.config else { return None };
    if !on_fargate(resource) {
        return None;
    }
    let definition = definition(resource, context)?;
    let size = |text: &Option<String>| Some(text.as_deref()?.parse::<f64>().ok()? / 1024.0);
    let tasks = f64::from(service.running_count);
    let vcpu = size(&definition.cpu)? * tasks;
    let gib = size(&definition.memory)? * tasks;
    let vcpu = context.rate(resource, &fargate_vcpu(architecture), vcpu)?;
    Some(vcpu + context.rate(resource, &fargate_gib(architecture), gib)?)
}

/// The definition of a service's tasks.
pub fn definition<'a>(resource: &Resource, context: &Context<'a>) -> Option<&'a TaskDefinition> {
    let ResourceConfig::EcsService(service) = &resource.config else { return None };
    let arn = service.task_definition_arn.as_deref()?;
    match &context.by_arn(ResourceKind::EcsTaskDefinition, arn, resource)?.config {
        ResourceConfig::EcsTaskDefinition(definition) => Some(definition),
        _ => None,
    }
}

/// Whether a service runs on Fargate at on-demand prices.
pub fn on_fargate(resource: &Resource) -> bool {
    matches!(&resource.config, ResourceConfig::EcsService(service) if service.is_on_fargate())
}

/// Half of `saving`, as an estimate.
pub fn half(saving: Saving) -> Saving {
    match saving {
        Saving::Exact(amount) | Saving::Estimated(amount) => {
            Saving::Estimated(MonthlyUsd::from_micros(amount.micros() / 2))
        }
        other => other,
    }
}
