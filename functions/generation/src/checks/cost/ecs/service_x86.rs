//! # What
//! A Fargate service on x86.
//! # Why
//! Fargate bills a vCPU and a GiB on arm64 a fifth less.
//! # Evidence
//! The task definition's architecture (`ecs:DescribeTaskDefinition`).
//! # Silent when
//! It runs on arm64, on EC2, or no tasks run. A definition that was not read: not evaluated.
//! # Remedy and risk
//! None proposed: images must be built for arm64 and be tested.
//! # References
//! Amazon ECS Developer Guide, Task definitions for 64-bit ARM workloads; AWS Fargate pricing.

use miyabi_types::{
    finding::{Saving, Severity},
    resource::{Resource, ResourceConfig, ResourceKind},
};

use super::{cost_on, definition, on_fargate};
use crate::check::{COST, Check, Context, Found, Judge, Reference, Verdict};

/// See the module.
pub const CHECK: Check = Check {
    id: "ecs_service_x86",
    title: "Fargate service could run on arm64 for less",
    severity: Severity::Informational,
    kinds: &[ResourceKind::EcsService],
    saving: "(vCPU and memory prices on x86 − those on arm64) × tasks × 730 h",
    commitments: true,
    advice: "Build its images for both architectures, and release a task definition for ARM64.",
    references: &[Reference {
        source: "Amazon ECS Developer Guide, Task definitions for 64-bit ARM workloads",
        read: "2026-11",
    }],
    judge: Judge::Logic(judge),
    ..COST
};

fn judge(resource: &Resource, context: &Context<'_>) -> Verdict {
    let ResourceConfig::EcsService(service) = &resource.config else {
        return Verdict::NotApplicable;
    };
    if !on_fargate(resource) || service.running_count == 0 {
        return Verdict::NotApplicable;
    }
    let Some(definition) = definition(resource, context) else {
        return Verdict::NotEvaluated(context.why_unknown("ecs:DescribeTaskDefinition", resource));
    };
    if definition.architecture.as_deref() == Some("ARM64") {
        return Verdict::Clear;
    }
    let prices = cost_on("x86_64", resource, context).zip(cost_on("arm64", resource, context));
    let saving = match prices {
        Some((now, then)) if now > then => Saving::Estimated(now - then),
        Some(_) => return Verdict::Clear,
        None => Saving::Unknown,
    };
    Found::waste(format!("{} tasks on x86", service.running_count), saving, None)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{
        Expect, check, check_in,
        services::{service, task_definition},
        world,
    };

    #[test]
    fn judges() {
        let one = service(|_| {});
        let judged = |case: &str, architecture: Option<&str>, expect| {
            let definition = task_definition(|d| d.architecture = architecture.map(Into::into));
            check_in(&CHECK, case, world([one.clone(), definition]), &one, expect);
        };
        judged("default", None, Expect::Found);
        judged("x86", Some("X86_64"), Expect::Found);
        judged("arm64", Some("ARM64"), Expect::Clear);
        check(&CHECK, "no definition", one.clone(), Expect::NotEvaluated("did not say"));
        let on_ec2 = service(|s| s.launch_type = Some("EC2".into()));
        check(&CHECK, "on EC2", on_ec2, Expect::NotApplicable);
    }
}
