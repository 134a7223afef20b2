//! Which resources name which others, so that a check finds them without looking through the World.

use miyabi_types::resource::{
    Resource, ResourceConfig,
    autoscaling::Launch,
    ec2::{LaunchSettings, Peer},
    elasticloadbalancing::ListenerAction,
};

/// Ids, names and ARNs of other resources that `resource` names, each as that one's own API takes it.
pub fn mentions(resource: &Resource) -> Vec<&str> {
    let mut named: Vec<&str> = Vec::new();
    match &resource.config {
        ResourceConfig::Ec2Instance(instance) => {
            named.extend(instance.image_id.as_deref());
            named.extend(instance.auto_scaling_group.as_deref());
        }
        ResourceConfig::Ec2Snapshot(snapshot) => named.extend(snapshot.volume_id.as_deref()),
        ResourceConfig::Ec2Address(address) => {
            named.extend(address.instance_id.as_deref());
            named.extend(address.network_interface_id.as_deref());
        }
        ResourceConfig::Ec2SecurityGroup(group) => {
            // Those of another account are `account/group`.
            let rules = group.ingress.iter().chain(&group.egress);
            named.extend(rules.filter_map(|rule| match &rule.peer {
                Peer::Group(id) => id.rsplit('/').next(),
                _ => None,
            }));
        }
        ResourceConfig::Ec2RouteTable(table) => {
            named.extend(table.routes.iter().filter_map(|route| route.target.as_deref()));
            named.extend(table.subnet_ids.iter().map(String::as_str));
            named.push(&table.vpc_id);
        }
        ResourceConfig::Ec2NetworkAcl(acl) => {
            named.extend(acl.subnet_ids.iter().map(String::as_str));
            named.push(&acl.vpc_id);
        }
        ResourceConfig::Ec2VpcEndpoint(endpoint) => named.push(&endpoint.vpc_id),
        ResourceConfig::Ec2NatGateway(gateway) => named.extend(gateway.vpc_id.as_deref()),
        ResourceConfig::Ec2LaunchTemplate(template) => {
            for settings in [&template.default, &template.latest] {
                named.extend(settings.known().and_then(image));
            }
        }
        ResourceConfig::AutoScalingLaunchConfiguration(launch) => {
            named.extend(image(&launch.settings));
        }
        ResourceConfig::AutoScalingGroup(group) => match &group.launch {
            Launch::Template { id, .. } => named.push(id),
            Launch::Configuration { name } => named.push(name),
            Launch::Unknown => {}
        },
        ResourceConfig::TargetGroup(group) => {
            named.extend(group.load_balancer_arns.iter().map(String::as_str));
            let targets = group.targets.known().into_iter().flatten();
            named.extend(targets.map(|target| target.id.as_str()));
        }
        ResourceConfig::LoadBalancer(balancer) => {
            for action in
                balancer.listeners.known().into_iter().flatten().flat_map(|l| &l.default_actions)
            {
                if let ListenerAction::Forward { target_group_arns } = action {
                    named.extend(target_group_arns.iter().map(String::as_str));
                }
            }
        }
        ResourceConfig::RdsDbInstance(db) => {
            named.extend(db.cluster_id.as_deref());
            named.extend(db.replica_of.as_deref());
        }
        ResourceConfig::EcsService(service) => {
            named.extend(service.task_definition_arn.as_deref());
        }
        // `ALARM("cpu") AND NOT ALARM(memory)`
        ResourceConfig::CloudWatchCompositeAlarm(alarm) => {
            let parts = alarm.rule.split(['(', ')']).map(|part| part.trim().trim_matches('"'));
            named.extend(parts.filter(|part| !part.is_empty()));
        }
        _ => {}
    }
    named
}

fn image(settings: &LaunchSettings) -> Option<&str> {
    settings.image_id.as_deref()
}
