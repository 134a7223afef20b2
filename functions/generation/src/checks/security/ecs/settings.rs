//! Controls of ECS that compare one setting.

use miyabi_types::{
    evidence::Unavailable,
    finding::Severity,
    resource::{
        ResourceKind,
        ecs::{Cluster, Container, Service, TaskDefinition},
    },
};

use super::super::row::{ROW, Row, of};
use crate::check::{Check, Reading, Threshold};

/// The table.
pub const CHECKS: [Check; 11] = [
    Row {
        id: "ecs_service_public_ip",
        title: "Service gives its tasks public addresses",
        control: &["ECS.2"],
        severity: Severity::High,
        kinds: &[ResourceKind::EcsService],
        must: &[Threshold { what: "assignPublicIp", value: "other than ENABLED" }],
        read: of!(EcsService, |service| Reading::must(
            service.assign_public_ip != Some(true),
            "ENABLED"
        )),
        ..ROW
    }
    .check(),
    Row {
        id: "ecs_task_shares_processes",
        title: "Task sees the host's processes",
        control: &["ECS.3"],
        severity: Severity::High,
        kinds: &[ResourceKind::EcsTaskDefinition],
        must: &[Threshold { what: "pidMode", value: "other than host" }],
        read: of!(EcsTaskDefinition, |task| Reading::must(
            task.pid_mode.as_deref() != Some("host"),
            "host"
        )),
        ..ROW
    }
    .check(),
    Row {
        id: "ecs_container_privileged",
        title: "Container has the host's powers",
        control: &["ECS.4"],
        severity: Severity::High,
        kinds: &[ResourceKind::EcsTaskDefinition],
        must: &[Threshold { what: "privileged", value: "false" }],
        read: of!(EcsTaskDefinition, |task| containers(task, |c| c.privileged == Some(true))),
        ..ROW
    }
    .check(),
    Row {
        id: "ecs_container_writable_root",
        title: "Container can change its own root file system",
        control: &["ECS.5"],
        severity: Severity::High,
        kinds: &[ResourceKind::EcsTaskDefinition],
        must: &[Threshold { what: "readonlyRootFilesystem", value: "true" }],
        // Windows knows no such setting.
        read: of!(EcsTaskDefinition, |task| if is_windows(task) {
            Reading::NotApplicable
        } else {
            containers(task, |c| c.readonly_root_filesystem != Some(true))
        }),
        ..ROW
    }
    .check(),
    Row {
        id: "ecs_container_plain_secrets",
        title: "Container gets credentials as plain environment variables",
        control: &["ECS.8"],
        severity: Severity::High,
        kinds: &[ResourceKind::EcsTaskDefinition],
        must: &[Threshold {
            what: "environment",
            value: "without AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and ECS_ENGINE_AUTH_DATA",
        }],
        read: of!(EcsTaskDefinition, |task| containers(task, |c| c
            .environment_keys
            .iter()
            .any(|key| SECRET_KEYS.contains(&key.as_str())))),
        ..ROW
    }
    .check(),
    Row {
        id: "ecs_container_not_logged",
        title: "Logs of a container go nowhere",
        control: &["ECS.9"],
        severity: Severity::High,
        kinds: &[ResourceKind::EcsTaskDefinition],
        must: &[Threshold { what: "logDriver", value: "set for every container" }],
        read: of!(EcsTaskDefinition, |task| containers(task, |c| c.log_driver.is_none())),
        ..ROW
    }
    .check(),
    Row {
        id: "ecs_service_old_platform",
        title: "Fargate service runs on an old platform version",
        control: &["ECS.10"],
        kinds: &[ResourceKind::EcsService],
        must: &[Threshold {
            what: "platformVersion",
            value: "LATEST or 1.4.0 (Windows: 1.0.0), on Fargate",
        }],
        read: of!(EcsService, |service| platform(service)),
        ..ROW
    }
    .check(),
    Row {
        id: "ecs_cluster_no_insights",
        title: "Cluster has no Container Insights",
        control: &["ECS.12"],
        kinds: &[ResourceKind::EcsCluster],
        must: &[Threshold { what: "containerInsights", value: "enabled or enhanced" }],
        read: of!(EcsCluster, |cluster| insights(cluster)),
        ..ROW
    }
    .check(),
    Row {
        id: "ecs_task_host_network",
        title: "Task shares the host's network",
        control: &["ECS.17"],
        kinds: &[ResourceKind::EcsTaskDefinition],
        must: &[Threshold { what: "networkMode", value: "other than host" }],
        read: of!(EcsTaskDefinition, |task| Reading::must(
            task.network_mode.as_deref() != Some("host"),
            "host"
        )),
        ..ROW
    }
    .check(),
    Row {
        id: "ecs_container_root",
        title: "Linux container runs as root",
        control: &["ECS.20"],
        kinds: &[ResourceKind::EcsTaskDefinition],
        must: &[Threshold { what: "user", value: "set for every container, other than root and 0" }],
        read: of!(EcsTaskDefinition, |task| if is_windows(task) {
            Reading::NotApplicable
        } else {
            containers(task, |c| matches!(user(c), "" | "root" | "0"))
        }),
        ..ROW
    }
    .check(),
    Row {
        id: "ecs_container_administrator",
        title: "Windows container runs as administrator",
        control: &["ECS.21"],
        kinds: &[ResourceKind::EcsTaskDefinition],
        must: &[Threshold {
            what: "user",
            value: "set for every container, other than ContainerAdministrator, where it may be Windows",
        }],
        // A definition that names no operating system is judged as well: ECS cannot tell what it will run on.
        read: of!(EcsTaskDefinition, |task| if task.operating_system.is_none() || is_windows(task) {
            containers(task, |c| {
                user(c).is_empty() || user(c).eq_ignore_ascii_case("containeradministrator")
            })
        } else {
            Reading::NotApplicable
        }),
        ..ROW
    }
    .check(),
];

/// Variables that hold credentials. Source: Security Hub ECS.8.
const SECRET_KEYS: [&str; 3] =
    ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "ECS_ENGINE_AUTH_DATA"];
/// Newest platform versions of Linux and of Windows. Source: Security Hub ECS.10.
const PLATFORMS: [&str; 3] = ["LATEST", "1.4.0", "1.0.0"];

/// Bad where a container is `wrong`: names all such.
fn containers(task: &TaskDefinition, wrong: fn(&Container) -> bool) -> Reading {
    let names: Vec<_> =
        task.containers.iter().filter(|c| wrong(c)).map(|c| c.name.as_str()).collect();
    Reading::must(names.is_empty(), format!("not so in {}", names.join(", ")))
}

fn is_windows(task: &TaskDefinition) -> bool {
    task.operating_system.as_deref().is_some_and(|family| family.starts_with("WINDOWS_SERVER"))
}

/// The user of `user`, `user:group` or `uid:gid`; empty where none is given.
fn user(container: &Container) -> &str {
    let user = container.user.as_deref().unwrap_or_default();
    user.split_once(':').map_or(user, |(user, _)| user)
}

fn platform(service: &Service) -> Reading {
    if service.launch_type.as_deref() != Some("FARGATE") {
        return Reading::NotApplicable;
    }
    match service.platform_version.as_deref() {
        None => Reading::Unknown(Unavailable::because("AWS did not say on which platform it runs")),
        Some(version) => Reading::must(PLATFORMS.contains(&version), version),
    }
}

fn insights(cluster: &Cluster) -> Reading {
    match cluster.container_insights.as_deref() {
        None => Reading::Unknown(Unavailable::because("ECS did not say whether they are on")),
        Some(state) => Reading::must(matches!(state, "enabled" | "enhanced"), state),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::fixture::{
        Expect::{Clear, NotApplicable, NotEvaluated, Risk},
        check_table, ecs_cluster, ecs_service, task_definition,
    };

    #[test]
    fn every_row_judges() {
        check_table(
            &CHECKS,
            vec![
                ("ECS.2", ecs_service(|_| {}), Clear),
                ("ECS.2", ecs_service(|s| s.assign_public_ip = Some(true)), Risk),
                ("ECS.3", task_definition(|_| {}), Clear),
                ("ECS.3", task_definition(|t| t.pid_mode = Some("host".into())), Risk),
                ("ECS.4", task_definition(|_| {}), Clear),
                ("ECS.4", task_definition(|t| t.containers[0].privileged = Some(true)), Risk),
                ("ECS.5", task_definition(|_| {}), Clear),
                (
                    "ECS.5",
                    task_definition(|t| t.containers[0].readonly_root_filesystem = None),
                    Risk,
                ),
                (
                    "ECS.5",
                    task_definition(|t| {
                        t.operating_system = Some("WINDOWS_SERVER_2022_CORE".into());
                        t.containers[0].readonly_root_filesystem = None;
                    }),
                    NotApplicable,
                ),
                ("ECS.8", task_definition(|_| {}), Clear),
                (
                    "ECS.8",
                    task_definition(|t| {
                        t.containers[0].environment_keys.push("AWS_ACCESS_KEY_ID".into());
                    }),
                    Risk,
                ),
                ("ECS.9", task_definition(|_| {}), Clear),
                ("ECS.9", task_definition(|t| t.containers[0].log_driver = None), Risk),
                ("ECS.10", ecs_service(|_| {}), Clear),
                ("ECS.10", ecs_service(|s| s.platform_version = Some("1.3.0".into())), Risk),
                ("ECS.10", ecs_service(|s| s.launch_type = Some("EC2".into())), NotApplicable),
                ("ECS.12", ecs_cluster(|_| {}), Clear),
                ("ECS.12", ecs_cluster(|c| c.container_insights = Some("disabled".into())), Risk),
                (
                    "ECS.12",
                    ecs_cluster(|c| c.container_insights = None),
                    NotEvaluated("did not say"),
                ),
                ("ECS.17", task_definition(|_| {}), Clear),
                ("ECS.17", task_definition(|t| t.network_mode = Some("host".into())), Risk),
                ("ECS.20", task_definition(|_| {}), Clear),
                ("ECS.20", task_definition(|t| t.containers[0].user = None), Risk),
                ("ECS.20", task_definition(|t| t.containers[0].user = Some("0:0".into())), Risk),
                (
                    "ECS.20",
                    task_definition(|t| {
                        t.operating_system = Some("WINDOWS_SERVER_2025_CORE".into());
                    }),
                    NotApplicable,
                ),
                ("ECS.21", task_definition(|_| {}), NotApplicable),
                ("ECS.21", task_definition(|t| t.operating_system = None), Clear),
                (
                    "ECS.21",
                    task_definition(|t| {
                        t.operating_system = Some("WINDOWS_SERVER_2025_CORE".into());
                        t.containers[0].user = Some("ContainerAdministrator".into());
                    }),
                    Risk,
                ),
            ],
        );
    }
}
