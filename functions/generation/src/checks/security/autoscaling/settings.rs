//! Controls of Auto Scaling that compare one setting.

use miyabi_types::{
    evidence::Unavailable,
    finding::Severity,
    resource::{
        ResourceKind,
        autoscaling::{Group, Launch},
    },
};

use super::super::row::{ROW, Row, of};
use crate::check::{Check, Reading, Threshold};

/// The table.
pub const CHECKS: [Check; 6] = [
    Row {
        id: "autoscaling_group_no_elb_health_check",
        title: "Auto Scaling group keeps instances that its load balancer finds unhealthy",
        control: &["AutoScaling.1"],
        severity: Severity::Low,
        kinds: &[ResourceKind::AutoScalingGroup],
        must: &[Threshold { what: "HealthCheckType", value: "ELB, where it has a load balancer" }],
        read: of!(AutoScalingGroup, |group| health_check(group)),
        ..ROW
    }
    .check(),
    Row {
        id: "autoscaling_group_single_az",
        title: "Auto Scaling group uses one zone only",
        control: &["AutoScaling.2"],
        kinds: &[ResourceKind::AutoScalingGroup],
        must: &[Threshold { what: "AvailabilityZones", value: "at least 2" }],
        read: of!(AutoScalingGroup, |group| Reading::must(
            group.availability_zones.len() >= 2,
            group.availability_zones.join(", ")
        )),
        ..ROW
    }
    .check(),
    Row {
        id: "autoscaling_launch_configuration_imdsv1",
        title: "Launch configuration lets instances answer metadata requests without a token",
        control: &["AutoScaling.3"],
        severity: Severity::High,
        kinds: &[ResourceKind::AutoScalingLaunchConfiguration],
        must: &[Threshold { what: "HttpTokens", value: "required" }],
        read: of!(AutoScalingLaunchConfiguration, |launch| match launch
            .settings
            .imds_http_tokens
            .as_deref()
        {
            Some("required") => Reading::Good,
            tokens => Reading::Bad(tokens.unwrap_or("not set").to_owned()),
        }),
        ..ROW
    }
    .check(),
    Row {
        id: "autoscaling_launch_configuration_public_ip",
        title: "Launch configuration gives instances public addresses",
        control: &["Autoscaling.5"],
        severity: Severity::High,
        kinds: &[ResourceKind::AutoScalingLaunchConfiguration],
        must: &[Threshold { what: "AssociatePublicIpAddress", value: "other than true" }],
        read: of!(AutoScalingLaunchConfiguration, |launch| Reading::off(
            launch.settings.associate_public_ip == Some(true)
        )),
        ..ROW
    }
    .check(),
    Row {
        id: "autoscaling_group_single_type",
        title: "Auto Scaling group launches one instance type only",
        control: &["AutoScaling.6"],
        kinds: &[ResourceKind::AutoScalingGroup],
        must: &[Threshold {
            what: "instance types of its mixed instances policy",
            value: "at least 2",
        }],
        read: of!(AutoScalingGroup, |group| Reading::must(
            group.instance_types.len() >= 2,
            group.instance_types.len()
        )),
        ..ROW
    }
    .check(),
    Row {
        id: "autoscaling_group_no_launch_template",
        title: "Auto Scaling group launches by a launch configuration",
        control: &["AutoScaling.9"],
        kinds: &[ResourceKind::AutoScalingGroup],
        must: &[Threshold { what: "LaunchTemplate", value: "set" }],
        read: of!(AutoScalingGroup, |group| launch(group)),
        ..ROW
    }
    .check(),
];

fn health_check(group: &Group) -> Reading {
    if group.load_balancer_names.is_empty() && group.target_group_arns.is_empty() {
        return Reading::NotApplicable;
    }
    let by_balancer = group.health_check_type.split(',').any(|kind| kind.trim() == "ELB");
    Reading::must(by_balancer, &group.health_check_type)
}

fn launch(group: &Group) -> Reading {
    match &group.launch {
        Launch::Template { .. } => Reading::Good,
        Launch::Configuration { name } => Reading::Bad(format!("launch configuration {name}")),
        Launch::Unknown => {
            Reading::Unknown(Unavailable::because("AWS did not say what it launches by"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::fixture::{
        Expect::{Clear, NotApplicable, NotEvaluated, Risk},
        check_table, launch_configuration, scaling_group,
    };

    #[test]
    fn every_row_judges() {
        check_table(
            &CHECKS,
            vec![
                ("AutoScaling.1", scaling_group(|_| {}), Clear),
                ("AutoScaling.1", scaling_group(|g| g.health_check_type = "EC2".into()), Risk),
                ("AutoScaling.1", scaling_group(|g| g.target_group_arns.clear()), NotApplicable),
                ("AutoScaling.2", scaling_group(|_| {}), Clear),
                ("AutoScaling.2", scaling_group(|g| g.availability_zones.truncate(1)), Risk),
                ("AutoScaling.3", launch_configuration(|_| {}), Clear),
                (
                    "AutoScaling.3",
                    launch_configuration(|l| l.settings.imds_http_tokens = None),
                    Risk,
                ),
                ("Autoscaling.5", launch_configuration(|_| {}), Clear),
                (
                    "Autoscaling.5",
                    launch_configuration(|l| l.settings.associate_public_ip = Some(true)),
                    Risk,
                ),
                ("AutoScaling.6", scaling_group(|_| {}), Clear),
                ("AutoScaling.6", scaling_group(|g| g.instance_types.truncate(1)), Risk),
                ("AutoScaling.9", scaling_group(|_| {}), Clear),
                (
                    "AutoScaling.9",
                    scaling_group(|g| g.launch = Launch::Configuration { name: "old".into() }),
                    Risk,
                ),
                (
                    "AutoScaling.9",
                    scaling_group(|g| g.launch = Launch::Unknown),
                    NotEvaluated("did not say"),
                ),
            ],
        );
    }
}
