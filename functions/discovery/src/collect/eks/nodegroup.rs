//! Managed node groups.

use std::collections::BTreeSet;

use aws_sdk_eks::{
    Client,
    types::{
        AmiTypes, AutoScalingGroup, CapacityTypes, Issue, Nodegroup as SdkNodegroup,
        NodegroupHealth, NodegroupResources, NodegroupScalingConfig, NodegroupStatus,
    },
};
use miyabi_types::{
    evidence::{Evidence, Unavailable},
    id::Arn,
    resource::{
        Resource, ResourceConfig,
        ResourceKind::EksNodegroup,
        eks::{Nodegroup, NodegroupSettings},
    },
};

use crate::{
    call::Call,
    collect::{
        ec2::{launch_template_arn, subnet_arn},
        natural, or_none, owned, sorted, tag_map, tags_or_why, text, timestamp,
    },
    place::Place,
    scope::Scan,
};

pub const NODEGROUPS: Call = Call::lists("eks:ListNodegroups", &[EksNodegroup]);
pub const NODEGROUP: Call = Call::details("eks:DescribeNodegroup");

/// Reads those of a cluster.
pub async fn read(scan: &Scan, client: &Client, cluster: &str) -> Vec<Resource> {
    let pages = client.list_nodegroups().cluster_name(cluster).max_results(100);
    let pages = pages.into_paginator().items().send().collect::<Result<Vec<_>, _>>();
    let names = or_none(scan.list(NODEGROUPS, pages).await);
    let resources = scan.each(names, |name: String| async move {
        let call = client.describe_nodegroup().cluster_name(cluster).nodegroup_name(&name).send();
        let told = scan.read(NODEGROUP, call).await.and_then(|answer| {
            answer.nodegroup.ok_or_else(|| Unavailable::because("the answer holds no node group"))
        });
        resource(&scan.place, cluster, &name, told)
    });
    resources.await
}

fn resource(
    place: &Place,
    cluster: &str,
    name: &str,
    told: Result<SdkNodegroup, Unavailable>,
) -> Resource {
    let id = format!("{cluster}/{name}");
    let group = told.as_ref().ok();
    let arn = group.and_then(SdkNodegroup::nodegroup_arn);
    let arn = Place::told(arn, || place.arn("eks", &format!("nodegroup/{id}")));
    let created_at = group.and_then(|group| timestamp(group.created_at()));
    let tags = told.as_ref().map(|group| tag_map(group.tags())).map_err(Clone::clone);
    let (tags, tags_unavailable) = tags_or_why(tags);
    let settings = told.map(|group| settings(&group));
    let mut depends_on = vec![place.arn("eks", &format!("cluster/{cluster}"))];
    depends_on.extend(settings.iter().flat_map(|settings| needs(place, settings)));
    let cluster = cluster.to_owned();
    let config = Nodegroup { cluster, settings: Evidence::from(settings) };
    Resource {
        name: Some(name.to_owned()),
        created_at,
        depends_on,
        tags_unavailable,
        ..place.resource(arn, id, tags, ResourceConfig::EksNodegroup(config))
    }
}

fn needs(place: &Place, settings: &NodegroupSettings) -> Vec<Arn> {
    let role = settings.role_arn.as_deref().and_then(|role| Arn::parse(role).ok());
    let subnets = settings.subnet_ids.iter().map(|id| subnet_arn(place, id));
    let template = settings.launch_template_id.iter().map(|id| launch_template_arn(place, id));
    role.into_iter().chain(subnets).chain(template).collect()
}

fn settings(group: &SdkNodegroup) -> NodegroupSettings {
    let scaling = |size: fn(&NodegroupScalingConfig) -> Option<i32>| {
        group.scaling_config().and_then(size).map(natural)
    };
    let template = group.launch_template();
    let groups = group.resources().map(NodegroupResources::auto_scaling_groups).unwrap_or_default();
    let issues = group.health().map(NodegroupHealth::issues).unwrap_or_default();
    let issues: BTreeSet<_> = issues.iter().filter_map(Issue::code).collect();
    NodegroupSettings {
        status: text(group.status().map(NodegroupStatus::as_str)),
        version: owned(group.version()),
        release_version: owned(group.release_version()),
        ami_type: owned(group.ami_type().map(AmiTypes::as_str)),
        capacity_type: owned(group.capacity_type().map(CapacityTypes::as_str)),
        instance_types: group.instance_types().to_vec(),
        min_size: scaling(NodegroupScalingConfig::min_size),
        max_size: scaling(NodegroupScalingConfig::max_size),
        desired_size: scaling(NodegroupScalingConfig::desired_size),
        disk_size_gib: group.disk_size().map(natural),
        role_arn: owned(group.node_role()),
        subnet_ids: sorted(group.subnets().iter().cloned()),
        launch_template_id: owned(template.and_then(|template| template.id())),
        launch_template_version: owned(template.and_then(|template| template.version())),
        auto_scaling_groups: sorted(
            groups.iter().filter_map(AutoScalingGroup::name).map(str::to_owned),
        ),
        issues: sorted(issues.iter().map(|code| code.as_str().to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_eks::types::{LaunchTemplateSpecification, NodegroupIssueCode};
    use miyabi_types::id::IamAction;

    use super::*;
    use crate::testing::place;

    #[test]
    fn a_node_group_tells_what_runs_where_it_belongs_and_what_ails_it() {
        let issue = Issue::builder().code(NodegroupIssueCode::AccessDenied).message("no").build();
        let made = AutoScalingGroup::builder().name("eks-workers-1").build();
        let sdk = SdkNodegroup::builder()
            .nodegroup_arn("arn:aws:eks:us-east-1:123456789012:nodegroup/shop/workers/1a")
            .capacity_type(CapacityTypes::Spot)
            .instance_types("m5.large")
            .instance_types("m4.large")
            .scaling_config(NodegroupScalingConfig::builder().min_size(1).max_size(4).build())
            .node_role("arn:aws:iam::123456789012:role/nodes")
            .subnets("subnet-1")
            .launch_template(LaunchTemplateSpecification::builder().id("lt-1").version("2").build())
            .resources(NodegroupResources::builder().auto_scaling_groups(made).build())
            .health(NodegroupHealth::builder().issues(issue.clone()).issues(issue).build())
            .tags("team", "shop")
            .build();
        let resource = resource(&place(), "shop", "workers", Ok(sdk));
        assert_eq!(
            (&*resource.id, resource.arn.resource()),
            ("shop/workers", "nodegroup/shop/workers/1a")
        );
        let needs: Vec<_> = resource.depends_on.iter().map(Arn::resource).collect();
        assert_eq!(
            needs,
            ["cluster/shop", "role/nodes", "subnet/subnet-1", "launch-template/lt-1"]
        );
        assert_eq!(resource.tags["team"], "shop");
        let ResourceConfig::EksNodegroup(Nodegroup { settings, .. }) = resource.config else {
            panic!()
        };
        let settings = settings.known().unwrap();
        assert_eq!(settings.instance_types, ["m5.large", "m4.large"], "the first is tried first");
        assert_eq!(
            (settings.min_size, settings.max_size, settings.desired_size),
            (Some(1), Some(4), None)
        );
        assert_eq!(
            (&settings.issues[..], &settings.auto_scaling_groups[..]),
            (&["AccessDenied".to_owned()][..], &["eks-workers-1".to_owned()][..])
        );
    }

    #[test]
    fn a_node_group_that_cannot_be_described_is_still_there() {
        let denied = Unavailable::denied(IamAction::parse("eks:DescribeNodegroup").unwrap());
        let resource = resource(&place(), "shop", "workers", Err(denied.clone()));
        assert_eq!(resource.arn.resource(), "nodegroup/shop/workers");
        assert_eq!(resource.depends_on[0].resource(), "cluster/shop");
        let ResourceConfig::EksNodegroup(group) = resource.config else { panic!() };
        assert_eq!(group.settings, Evidence::Unavailable(denied));
    }
}
