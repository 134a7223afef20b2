//! Redshift clusters.

use std::collections::BTreeMap;

use aws_sdk_redshift::{Client, types};
use futures::FutureExt;
use miyabi_types::{
    evidence::{Evidence, Unavailable},
    id::Arn,
    resource::{
        Resource, ResourceConfig,
        ResourceKind::{RedshiftCluster, RedshiftSubnetGroup},
        redshift::Cluster,
        vpc::SubnetGroup,
    },
};

use super::{
    Collected, Collector, Reach,
    cloudwatch::{self, Metric},
    ec2::security_group_arn,
    natural, or_none, owned, sorted, subnet_group, tags, text, timestamp,
};
use crate::{call::Call, place::Place, scope::Scan};

const CLUSTERS: Call = Call::lists("redshift:DescribeClusters", &[RedshiftCluster]);
const SUBNET_GROUPS: Call =
    Call::lists("redshift:DescribeClusterSubnetGroups", &[RedshiftSubnetGroup]);
const LOGGING: Call = Call::details("redshift:DescribeLoggingStatus");
const PARAMETERS: Call = Call::details("redshift:DescribeClusterParameters");

/// Those that idleness and size are judged by.
const METRICS: &[Metric] =
    &Metric::all("AWS/Redshift", "ClusterIdentifier", ["CPUUtilization", "DatabaseConnections"]);

/// Most records of a page. Source: `MaxRecords` in the API reference.
const PAGE: i32 = 100;

/// Whether clients must use TLS, by parameter group.
type RequireSsl = BTreeMap<String, Result<bool, Unavailable>>;

/// Reads Redshift.
pub const COLLECTOR: Collector = Collector {
    service: "redshift",
    reach: Reach::Regional,
    calls: &[CLUSTERS, SUBNET_GROUPS, LOGGING, PARAMETERS, cloudwatch::GET_METRIC_DATA],
    collect: |scan| collect(scan).boxed(),
};

async fn collect(scan: &Scan) -> Collected {
    let client = &Client::new(scan.sdk());
    let (clusters, groups) = tokio::join!(clusters(scan, client), subnet_groups(scan, client));
    [clusters, groups].concat().into()
}

async fn subnet_groups(scan: &Scan, client: &Client) -> Vec<Resource> {
    let pages = client.describe_cluster_subnet_groups().max_records(PAGE).into_paginator();
    let pages = pages.items().send();
    let groups = or_none(scan.list(SUBNET_GROUPS, pages.collect::<Result<Vec<_>, _>>()).await);
    groups.iter().filter_map(|group| subnet_group(&scan.place, group)).collect()
}

fn subnet_group_arn(place: &Place, name: &str) -> Arn {
    place.arn("redshift", &format!("subnetgroup:{name}"))
}

fn subnet_group(place: &Place, group: &types::ClusterSubnetGroup) -> Option<Resource> {
    let name = owned(group.cluster_subnet_group_name())?;
    let subnets = group.subnets().iter();
    let config = SubnetGroup {
        description: owned(group.description()),
        vpc_id: owned(group.vpc_id()),
        subnet_ids: sorted(subnets.filter_map(|subnet| owned(subnet.subnet_identifier()))),
    };
    let tags = Ok(tags(group.tags().iter().map(|tag| (tag.key(), tag.value()))));
    let arn = subnet_group_arn(place, &name);
    let kind = ResourceConfig::RedshiftSubnetGroup;
    Some(subnet_group::resource(place, arn, name, config, tags, kind))
}

async fn clusters(scan: &Scan, client: &Client) -> Vec<Resource> {
    let pages = client.describe_clusters().max_records(PAGE).into_paginator().items().send();
    let clusters = or_none(scan.list(CLUSTERS, pages.collect::<Result<Vec<_>, _>>()).await);
    let groups = sorted(clusters.iter().flat_map(parameter_groups));
    let require_ssl = scan.each(groups, |group: String| async move {
        let required = require_ssl(scan, client, &group).await;
        (group, required)
    });
    let logging = scan.each(clusters, |cluster: types::Cluster| async move {
        let logging = logging(scan, client, cluster.cluster_identifier().unwrap_or_default()).await;
        (cluster, logging)
    });
    let (require_ssl, clusters) = tokio::join!(require_ssl, logging);
    let require_ssl = require_ssl.into_iter().collect();
    let clusters = clusters.into_iter();
    let mut resources: Vec<_> = clusters
        .filter_map(|(cluster, logging)| resource(&scan.place, &cluster, logging, &require_ssl))
        .collect();
    cloudwatch::fill_utilization(scan, METRICS, &mut resources).await;
    resources
}

async fn logging(scan: &Scan, client: &Client, id: &str) -> Result<bool, Unavailable> {
    let call = client.describe_logging_status().cluster_identifier(id).send();
    let answer = scan.read(LOGGING, call).await?;
    Ok(answer.logging_enabled().unwrap_or(false))
}

async fn require_ssl(scan: &Scan, client: &Client, group: &str) -> Result<bool, Unavailable> {
    let pages = client.describe_cluster_parameters().parameter_group_name(group).max_records(PAGE);
    let pages = pages.into_paginator().items().send();
    let parameters = scan.list(PARAMETERS, pages.collect::<Result<Vec<_>, _>>()).await?;
    let value = parameters.iter().find(|p| p.parameter_name() == Some("require_ssl"));
    Ok(value.and_then(types::Parameter::parameter_value) == Some("true"))
}

fn parameter_groups(cluster: &types::Cluster) -> impl Iterator<Item = String> {
    let groups = cluster.cluster_parameter_groups().iter();
    groups.filter_map(|group| owned(group.parameter_group_name()))
}

fn resource(
    place: &Place,
    cluster: &types::Cluster,
    logging: Result<bool, Unavailable>,
    require_ssl: &RequireSsl,
) -> Option<Resource> {
    let id = cluster.cluster_identifier()?;
    let groups = cluster.vpc_security_groups().iter();
    let groups = groups.filter_map(|group| owned(group.vpc_security_group_id()));
    let roles = cluster.iam_roles().iter().filter_map(|role| owned(role.iam_role_arn()));
    let parameter_groups = sorted(parameter_groups(cluster));
    let required = parameter_groups.iter().filter_map(|group| require_ssl.get(group));
    let required: Result<Vec<bool>, Unavailable> = required.cloned().collect();
    let config = Cluster {
        node_type: text(cluster.node_type()),
        nodes: natural(cluster.number_of_nodes().unwrap_or(0)),
        status: text(cluster.cluster_status()),
        version: text(cluster.cluster_version()),
        allow_version_upgrade: cluster.allow_version_upgrade().unwrap_or(false),
        publicly_accessible: cluster.publicly_accessible().unwrap_or(false),
        encrypted: cluster.encrypted().unwrap_or(false),
        kms_key_id: owned(cluster.kms_key_id()),
        enhanced_vpc_routing: cluster.enhanced_vpc_routing().unwrap_or(false),
        multi_az: cluster.multi_az().is_some_and(|text| text.eq_ignore_ascii_case("enabled")),
        snapshot_retention_days: natural(
            cluster.automated_snapshot_retention_period().unwrap_or(0),
        ),
        master_username: owned(cluster.master_username()),
        database_name: owned(cluster.db_name()),
        port: cluster.endpoint().and_then(types::Endpoint::port),
        availability_zone: owned(cluster.availability_zone()),
        vpc_id: owned(cluster.vpc_id()),
        subnet_group: owned(cluster.cluster_subnet_group_name()),
        security_group_ids: sorted(groups),
        parameter_groups,
        role_arns: sorted(roles),
        audit_logging: Evidence::from(logging),
        require_ssl: Evidence::from(required.map(|all| all.contains(&true))),
    };
    let groups = config.security_group_ids.iter().map(|id| security_group_arn(place, id));
    let arns = config.role_arns.iter().filter_map(|arn| Arn::parse(arn).ok());
    let subnets = config.subnet_group.iter().map(|name| subnet_group_arn(place, name));
    let key = config.kms_key_id.iter().map(|key| place.key_arn(key));
    let depends_on = groups.chain(subnets).chain(arns).chain(key).collect();
    let arn = place.arn("redshift", &format!("cluster:{id}"));
    let tags = tags(cluster.tags().iter().map(|tag| (tag.key(), tag.value())));
    let resource = place.resource(arn, id, tags, ResourceConfig::RedshiftCluster(config));
    Some(Resource {
        name: resource.name.or_else(|| Some(id.to_owned())),
        depends_on,
        created_at: timestamp(cluster.cluster_create_time()),
        ..resource
    })
}

#[cfg(test)]
mod tests {
    use aws_sdk_redshift::types::{
        ClusterIamRole, ClusterParameterGroupStatus, Endpoint, Tag, VpcSecurityGroupMembership,
    };
    use miyabi_types::id::IamAction;

    use super::*;
    use crate::testing::{
        aws::{Answer, Asked, empty, error, sdk},
        coverage, of_kind, place, scan,
    };

    #[test]
    fn a_cluster_needs_its_security_groups_roles_and_key() {
        let sdk = types::Cluster::builder()
            .cluster_identifier("warehouse")
            .node_type("ra3.xlplus")
            .number_of_nodes(2)
            .cluster_status("available")
            .publicly_accessible(true)
            .encrypted(true)
            .kms_key_id("arn:aws:kms:us-east-1:123456789012:key/k")
            .automated_snapshot_retention_period(1)
            .multi_az("Enabled")
            .endpoint(Endpoint::builder().port(5439).build())
            .iam_roles(
                ClusterIamRole::builder()
                    .iam_role_arn("arn:aws:iam::123456789012:role/load")
                    .build(),
            )
            .vpc_security_groups(
                VpcSecurityGroupMembership::builder().vpc_security_group_id("sg-1").build(),
            )
            .cluster_parameter_groups(
                ClusterParameterGroupStatus::builder().parameter_group_name("tls").build(),
            )
            .tags(Tag::builder().key("env").value("prod").build())
            .build();
        let groups = RequireSsl::from([("tls".into(), Ok(true))]);
        let resource = resource(&place(), &sdk, Ok(false), &groups).unwrap();
        assert_eq!(resource.arn.resource(), "cluster:warehouse");
        let needed: Vec<_> = resource.depends_on.iter().map(Arn::resource).collect();
        assert_eq!(needed, ["security-group/sg-1", "role/load", "key/k"]);
        assert_eq!(resource.tags["env"], "prod");
        let ResourceConfig::RedshiftCluster(cluster) = resource.config else { panic!() };
        assert_eq!((cluster.nodes, cluster.port), (2, Some(5439)));
        assert_eq!((cluster.multi_az, cluster.snapshot_retention_days), (true, 1));
        assert_eq!(cluster.audit_logging, Evidence::Known(false));
        assert_eq!(cluster.require_ssl, Evidence::Known(true));
    }

    fn one_cluster(asked: &Asked) -> Answer {
        let body = match asked.operation.as_str() {
            _ if asked.service != "redshift" => return empty(asked),
            "DescribeClusters" => {
                "<Clusters><Cluster><ClusterIdentifier>warehouse</ClusterIdentifier>\
                 <ClusterParameterGroups><ClusterParameterGroup>\
                 <ParameterGroupName>default</ParameterGroupName></ClusterParameterGroup>\
                 </ClusterParameterGroups></Cluster></Clusters>"
            }
            "DescribeClusterParameters" => {
                "<Parameters><Parameter><ParameterName>require_ssl</ParameterName>\
                 <ParameterValue>false</ParameterValue></Parameter></Parameters>"
            }
            _ => return error(asked, 403, "AccessDenied"),
        };
        let operation = &asked.operation;
        let body = format!(
            "<{operation}Response><{operation}Result>{body}</{operation}Result></{operation}Response>"
        );
        (200, body.into_bytes())
    }

    #[tokio::test]
    async fn a_setting_that_is_refused_is_unknown_and_the_others_are_known() {
        let scanned = scan(sdk(one_cluster), "us-east-1").await;
        let found = of_kind(&scanned, RedshiftCluster);
        let ResourceConfig::RedshiftCluster(cluster) = &found[0].config else { panic!() };
        assert_eq!(cluster.require_ssl, Evidence::Known(false));
        let action = IamAction::parse("redshift:DescribeLoggingStatus").unwrap();
        let denied = Evidence::Unavailable(Unavailable::denied(action));
        assert_eq!(cluster.audit_logging, denied);
        assert!(coverage(&scanned, "redshift:DescribeLoggingStatus").known().is_none());
    }
}
