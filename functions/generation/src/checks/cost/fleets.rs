//! Groups of instances and what stands in front of them: idle, on demand where Spot would do, or serving nobody.

use miyabi_types::{
    evidence::Unavailable,
    finding::{Saving, Severity},
    money::MonthlyUsd,
    resource::{
        Resource, ResourceConfig, ResourceKind,
        autoscaling::Group,
        elasticloadbalancing::{LoadBalancer, TargetGroup},
    },
};

use super::ec2::instance_idle::{CPU, NETWORK, idle};
use crate::{
    check::{COST, Check, Context, Found, Judge, Limit, Reference, Verdict},
    idle::whole_cost,
    metrics::TWO_WEEKS,
};

const SPOT_SHARE: Limit = Limit {
    name: "spot_saving_percent",
    what: "what Spot instances are taken to save",
    unit: "%",
    default: 60.0,
    range: (0.0, 90.0),
    source: "our choice, below the 72 % that OptScale reckons with: prices move",
};
const LEAST_ZONES: Limit = Limit {
    name: "spot_zones",
    what: "zones that a group needs, to replace what is taken away",
    unit: "zones",
    default: 2.0,
    range: (1.0, 6.0),
    source: "Amazon EC2 User Guide, Best practices for Amazon EC2 Spot",
};
const MIN_AGE: Limit = Limit {
    name: "new_balancer_days",
    what: "age of a load balancer, from which it should have targets",
    unit: "days",
    default: 7.0,
    range: (0.0, 90.0),
    source: "AWS Trusted Advisor, Idle Load Balancers (7 days)",
};

const ADVISOR: Reference =
    Reference { source: "AWS Trusted Advisor, Idle Load Balancers", read: "2026-11" };

/// The rows.
pub const CHECKS: [Check; 5] = [
    Check {
        id: "autoscaling_group_idle",
        title: "Every instance of the Auto Scaling group is idle",
        severity: Severity::Medium,
        kinds: &[ResourceKind::AutoScalingGroup],
        limits: &[CPU, NETWORK, TWO_WEEKS],
        saving: "Σ instance price × 730 h",
        commitments: true,
        advice: "Set its minimum and its desired capacity to 0; the former sizes bring it back.",
        references: &[Reference {
            source: "AWS Compute Optimizer User Guide, Viewing idle resource recommendations",
            read: "2026-11",
        }],
        judge: Judge::Logic(group_idle),
        ..COST
    },
    Check {
        id: "autoscaling_group_on_demand",
        title: "Auto Scaling group launches on demand alone",
        severity: Severity::Informational,
        kinds: &[ResourceKind::AutoScalingGroup],
        limits: &[SPOT_SHARE, LEAST_ZONES],
        saving: "Σ instance price × 730 h × what Spot saves, for instances beyond the minimum",
        commitments: true,
        advice: "If what it runs bears two minutes' notice, give it a mixed instances policy with Spot and several types.",
        references: &[Reference {
            source: "Amazon EC2 Auto Scaling User Guide, Mixed instances groups",
            read: "2026-11",
        }],
        judge: Judge::Logic(on_demand),
        ..COST
    },
    Check {
        id: "autoscaling_launch_configuration_unused",
        title: "Launch configuration is used by no group",
        severity: Severity::Informational,
        kinds: &[ResourceKind::AutoScalingLaunchConfiguration],
        saving: "none of its own: it keeps its image, whose snapshots are billed",
        advice: "Delete it; a launch template takes its place where it is wanted again.",
        references: &[Reference {
            source: "Amazon EC2 Auto Scaling User Guide, Launch configurations",
            read: "2026-11",
        }],
        judge: Judge::Logic(launch_configuration),
        ..COST
    },
    Check {
        id: "elb_classic_load_balancer_no_instances",
        title: "Classic load balancer has no instances",
        severity: Severity::Medium,
        kinds: &[ResourceKind::ClassicLoadBalancer],
        limits: &[MIN_AGE],
        saving: "load balancer price × 730 h",
        advice: "Export its listeners and attributes, take its name out of DNS, delete it.",
        references: &[ADVISOR],
        judge: Judge::Logic(classic),
        ..COST
    },
    Check {
        id: "elb_load_balancer_no_targets",
        title: "Load balancer has no targets",
        severity: Severity::Medium,
        kinds: &[ResourceKind::LoadBalancer],
        limits: &[MIN_AGE],
        saving: "load balancer price × 730 h",
        advice: "Export its listeners, rules and attributes, take its name out of DNS, delete it.",
        references: &[ADVISOR],
        judge: Judge::Logic(balancer),
        ..COST
    },
];

fn group(resource: &Resource) -> Option<&Group> {
    match &resource.config {
        ResourceConfig::AutoScalingGroup(group)
            if group.status.is_none() && !group.instances.is_empty() =>
        {
            Some(group)
        }
        _ => None,
    }
}

/// The group's instances, in the order of its list.
fn members<'a>(
    resource: &Resource,
    group: &Group,
    context: &Context<'a>,
) -> Result<Vec<&'a Resource>, Verdict> {
    let find = |id: &String| {
        context.find(ResourceKind::Ec2Instance, id, resource).ok_or_else(|| {
            let why = context.unseen(ResourceKind::Ec2Instance, resource).cloned();
            Verdict::NotEvaluated(
                why.unwrap_or_else(|| Unavailable::because(format!("instance {id} was not seen"))),
            )
        })
    };
    group.instances.iter().map(|member| find(&member.instance_id)).collect()
}

fn group_idle(resource: &Resource, context: &Context<'_>) -> Verdict {
    let Some(group) = group(resource) else { return Verdict::NotApplicable };
    let members = match members(resource, group, context) {
        Ok(members) => members,
        Err(verdict) => return verdict,
    };
    for member in &members {
        if let Err(verdict) = idle(member, context) {
            return verdict;
        }
    }
    let cost: Option<MonthlyUsd> = members.iter().map(|member| context.cost(member)).sum();
    Found::waste(
        format!("{} instances, each of them idle", members.len()),
        cost.map_or(Saving::Unknown, Saving::Estimated),
        None,
    )
}

fn on_demand(resource: &Resource, context: &Context<'_>) -> Verdict {
    let Some(group) = group(resource) else { return Verdict::NotApplicable };
    let spot = group.mix.as_ref().is_some_and(|mix| mix.on_demand_percentage < 100);
    let beyond = group.desired_capacity.saturating_sub(group.min_size) as usize;
    if spot || beyond == 0 || (group.availability_zones.len() as f64) < context.limit(&LEAST_ZONES)
    {
        return Verdict::Clear;
    }
    let members = match members(resource, group, context) {
        Ok(members) => members,
        Err(verdict) => return verdict,
    };
    if members.iter().any(|member| {
        matches!(&member.config, ResourceConfig::Ec2Instance(one) if one.lifecycle != "on-demand")
    }) {
        return Verdict::Clear;
    }
    let cost: Option<MonthlyUsd> =
        members.iter().take(beyond).map(|member| context.cost(member)).sum();
    let share = context.limit(&SPOT_SHARE) / 100.0;
    Found::waste(
        format!("{beyond} of {} instances are beyond its minimum, and on demand", members.len()),
        cost.map_or(Saving::Unknown, |cost| {
            Saving::Estimated(MonthlyUsd::from_units(cost.micros(), share))
        }),
        None,
    )
}

fn launch_configuration(resource: &Resource, context: &Context<'_>) -> Verdict {
    if let Some(why) = context.unseen(ResourceKind::AutoScalingGroup, resource) {
        return Verdict::NotEvaluated(why.clone());
    }
    match context.naming(ResourceKind::AutoScalingGroup, &resource.id, resource).next() {
        Some(_) => Verdict::Clear,
        None => Found::waste("no Auto Scaling group names it", Saving::None, None),
    }
}

fn young(resource: &Resource, context: &Context<'_>) -> bool {
    resource.created_at.is_some_and(|at| (context.days_since(at) as f64) < context.limit(&MIN_AGE))
}

fn classic(resource: &Resource, context: &Context<'_>) -> Verdict {
    match &resource.config {
        ResourceConfig::ClassicLoadBalancer(balancer)
            if balancer.instance_ids.is_empty() && !young(resource, context) =>
        {
            Found::waste("no instance is registered", whole_cost(resource, context), None)
        }
        ResourceConfig::ClassicLoadBalancer(_) => Verdict::Clear,
        _ => Verdict::NotApplicable,
    }
}

fn balancer(resource: &Resource, context: &Context<'_>) -> Verdict {
    let ResourceConfig::LoadBalancer(balancer) = &resource.config else {
        return Verdict::NotApplicable;
    };
    if young(resource, context) {
        return Verdict::Clear;
    }
    match serves(resource, balancer, context) {
        Ok(true) => Verdict::Clear,
        Ok(false) => Found::waste(
            "no target group of it has a target, and no listener answers by itself",
            whole_cost(resource, context),
            None,
        ),
        Err(why) => Verdict::NotEvaluated(why),
    }
}

/// Whether a load balancer leads anywhere: to a target, or answers or redirects by itself.
fn serves(
    resource: &Resource,
    balancer: &LoadBalancer,
    context: &Context<'_>,
) -> Result<bool, Unavailable> {
    use miyabi_types::resource::elasticloadbalancing::ListenerAction as Action;
    let listeners = balancer.listeners.get().map_err(Clone::clone)?;
    let answers = listeners.iter().flat_map(|listener| &listener.default_actions).any(|action| {
        matches!(action, Action::FixedResponse | Action::Redirect { .. } | Action::Other { .. })
    });
    if answers {
        return Ok(true);
    }
    if let Some(why) = context.unseen(ResourceKind::TargetGroup, resource) {
        return Err(why.clone());
    }
    for group in context.naming(ResourceKind::TargetGroup, resource.arn.as_str(), resource) {
        let ResourceConfig::TargetGroup(TargetGroup { targets, .. }) = &group.config else {
            continue;
        };
        if !targets.get().map_err(Clone::clone)?.is_empty() {
            return Ok(true);
        }
    }
    Ok(false)
}

#[cfg(test)]
mod tests {
    use miyabi_types::{evidence::Evidence, resource::autoscaling::Mix};

    use super::*;
    use crate::fixture::{
        Expect, check, check_in, days_ago, denied, deny, instance,
        services::{
            auto_scaling_group, classic_load_balancer, launch_configuration, load_balancer,
            target_group,
        },
        with_metrics, without_metrics, world,
    };

    fn row(id: &str) -> &'static Check {
        CHECKS.iter().find(|check| check.id == id).unwrap()
    }

    fn used(cpu: f64) -> Resource {
        let metrics = ["CPUUtilization", "NetworkIn", "NetworkOut"];
        with_metrics(instance(|_| {}), 14, metrics, |name, m| {
            if name == "CPUUtilization" {
                m.maximum = cpu;
            }
        })
    }

    #[test]
    fn idle_groups() {
        let row = row("autoscaling_group_idle");
        let judged = |case: &str, member: Resource, expect| {
            let group = auto_scaling_group(|_| {});
            check_in(row, case, world([group.clone(), member]), &group, expect);
        };
        judged("idle", used(2.0), Expect::saves("$70.08"));
        judged("on the threshold", used(5.0), Expect::Clear);
        judged("denied", without_metrics(instance(|_| {})), Expect::NotEvaluated("denied"));
        check(row, "unseen", auto_scaling_group(|_| {}), Expect::NotEvaluated("not seen"));
        let empty = auto_scaling_group(|g| g.instances.clear());
        check(row, "empty", empty, Expect::NotApplicable);
    }

    #[test]
    fn groups_on_demand() {
        let row = row("autoscaling_group_on_demand");
        let judged = |case: &str, edit: fn(&mut Group), expect| {
            let group = auto_scaling_group(edit);
            check_in(row, case, world([group.clone(), instance(|_| {})]), &group, expect);
        };
        judged("beyond", |g| g.min_size = 0, Expect::saves("$42.05"));
        judged("at the minimum", |_| {}, Expect::Clear);
        judged(
            "one zone",
            |g| {
                g.min_size = 0;
                g.availability_zones.pop();
            },
            Expect::Clear,
        );
        judged(
            "mixed",
            |g| {
                g.min_size = 0;
                g.mix = Some(Mix::default());
            },
            Expect::Clear,
        );
    }

    #[test]
    fn launch_configurations() {
        let row = row("autoscaling_launch_configuration_unused");
        let one = launch_configuration(|_| {});
        check(row, "unused", one.clone(), Expect::Risk);
        let both = world([one.clone(), auto_scaling_group(|_| {})]);
        check_in(row, "used", both, &one, Expect::Clear);
        let mut unseen = world([one.clone()]);
        deny(
            &mut unseen,
            "autoscaling:DescribeAutoScalingGroups",
            &[ResourceKind::AutoScalingGroup],
        );
        check_in(row, "denied", unseen, &one, Expect::NotEvaluated("denied"));
    }

    #[test]
    fn load_balancers() {
        let classic = row("elb_classic_load_balancer_no_instances");
        check(classic, "instance", classic_load_balancer(|_| {}), Expect::Clear);
        let empty = || classic_load_balancer(|b| b.instance_ids.clear());
        check(classic, "none", empty(), Expect::Found);
        let mut new = empty();
        new.created_at = Some(days_ago(6));
        check(classic, "new", new, Expect::Clear);

        let row = row("elb_load_balancer_no_targets");
        let balancer = load_balancer(|_| {});
        let served = world([balancer.clone(), target_group(|_| {})]);
        check_in(row, "served", served, &balancer, Expect::Clear);
        let empty = target_group(|g| g.targets = Evidence::Known(vec![]));
        check_in(row, "empty", world([balancer.clone(), empty]), &balancer, Expect::Found);
        check(row, "no target group", balancer.clone(), Expect::Found);
        let unread =
            target_group(|g| g.targets = denied("elasticloadbalancing:DescribeTargetHealth"));
        let both = world([balancer.clone(), unread]);
        check_in(row, "denied", both, &balancer, Expect::NotEvaluated("denied"));
    }
}
