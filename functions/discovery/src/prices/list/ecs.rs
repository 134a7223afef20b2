//! ECS on Fargate.

use miyabi_types::{
    pricing::{Service, ecs},
    resource::ResourceKind::{EcsCluster, EcsService, EcsTaskDefinition},
};

use super::{List, by_usage, whole};

pub(super) const LIST: List = List {
    service: Service::Ecs,
    queries: |region, seen| {
        whole(Service::Ecs, region, seen.any(&[EcsCluster, EcsService, EcsTaskDefinition]))
    },
    rates: |product| {
        by_usage(
            product,
            [
                ("Fargate-vCPU-Hours:perCPU", ecs::fargate_vcpu("x86_64")),
                ("Fargate-GB-Hours", ecs::fargate_gib("x86_64")),
                ("Fargate-ARM-vCPU-Hours:perCPU", ecs::fargate_vcpu("arm64")),
                ("Fargate-ARM-GB-Hours", ecs::fargate_gib("arm64")),
            ],
        )
    },
};

#[cfg(test)]
mod tests {
    use super::{
        super::tests::{prices, read},
        *,
    };

    #[test]
    fn cpu_and_memory_of_linux_tasks_are_read() {
        let read = read(
            &LIST,
            &[
                ("Compute", &[("usagetype", "APN1-Fargate-vCPU-Hours:perCPU")], "0.0505600000"),
                ("Compute", &[("usagetype", "APN1-Fargate-GB-Hours")], "0.0055300000"),
                ("Compute", &[("usagetype", "APN1-Fargate-ARM-GB-Hours")], "0.0044200000"),
                (
                    "Compute",
                    &[("usagetype", "APN1-Fargate-Windows-OS-Hours:perCPU")],
                    "0.0460000000",
                ),
                (
                    "Compute",
                    &[("usagetype", "APN1-Fargate-EphemeralStorage-GB-Hours")],
                    "0.0001330000",
                ),
            ],
        );
        assert_eq!(
            read,
            prices([
                ("fargate/arm64/gib", "0.00442"),
                ("fargate/x86_64/gib", "0.00553"),
                ("fargate/x86_64/vcpu", "0.05056"),
            ])
        );
    }
}
