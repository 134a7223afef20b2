//! Groups of subnets that databases are put in.

use aws_sdk_rds::{Client, types};
use miyabi_types::{
    id::Arn,
    resource::{Resource, ResourceConfig, vpc::SubnetGroup},
};

use super::{PAGE, SUBNET_GROUPS, tags_of};
use crate::{
    collect::{or_none, owned, sorted, subnet_group},
    place::Place,
    scope::Scan,
};

pub(super) async fn collect(scan: &Scan, rds: &Client) -> Vec<Resource> {
    let pages = rds.describe_db_subnet_groups().max_records(PAGE).into_paginator().items().send();
    let found = or_none(scan.list(SUBNET_GROUPS, pages.collect::<Result<Vec<_>, _>>()).await);
    let resources = scan.each(found, |group: types::DbSubnetGroup| async move {
        let name = owned(group.db_subnet_group_name())?;
        let arn = Place::told(group.db_subnet_group_arn(), || arn(&scan.place, &name));
        let tags = tags_of(scan, rds, &arn).await;
        let kind = ResourceConfig::RdsDbSubnetGroup;
        Some(subnet_group::resource(&scan.place, arn, name, config(&group), tags, kind))
    });
    resources.await.into_iter().flatten().collect()
}

/// The ARN of a group that is known by its name.
pub(super) fn arn(place: &Place, name: &str) -> Arn {
    place.arn("rds", &format!("subgrp:{name}"))
}

fn config(group: &types::DbSubnetGroup) -> SubnetGroup {
    let subnets = group.subnets().iter();
    SubnetGroup {
        description: owned(group.db_subnet_group_description()),
        vpc_id: owned(group.vpc_id()),
        subnet_ids: sorted(subnets.filter_map(|subnet| owned(subnet.subnet_identifier()))),
    }
}

#[cfg(test)]
mod tests {
    use miyabi_types::resource::ResourceKind::{RdsDbCluster, RdsDbSubnetGroup};

    use super::*;
    use crate::testing::{
        aws::{Answer, Asked, empty, sdk},
        of_kind, scan,
    };

    fn one_cluster(asked: &Asked) -> Answer {
        let operation = asked.operation.as_str();
        let body = match operation {
            "DescribeDBClusters" => {
                "<DBClusters><DBCluster><DBClusterIdentifier>shop</DBClusterIdentifier>\
                 <DBSubnetGroup>private</DBSubnetGroup></DBCluster></DBClusters>"
            }
            "DescribeDBSubnetGroups" => {
                "<DBSubnetGroups><DBSubnetGroup><DBSubnetGroupName>private</DBSubnetGroupName>\
                 <DBSubnetGroupDescription>of data</DBSubnetGroupDescription><VpcId>vpc-1</VpcId>\
                 <Subnets><Subnet><SubnetIdentifier>subnet-2</SubnetIdentifier></Subnet>\
                 <Subnet><SubnetIdentifier>subnet-1</SubnetIdentifier></Subnet></Subnets>\
                 </DBSubnetGroup></DBSubnetGroups>"
            }
            _ => return empty(asked),
        };
        let body = format!(
            "<{operation}Response><{operation}Result>{body}</{operation}Result></{operation}Response>"
        );
        (200, body.into_bytes())
    }

    #[tokio::test]
    async fn a_cluster_needs_its_group_and_that_its_subnets() {
        let scanned = scan(sdk(one_cluster), "us-east-1").await;
        let (cluster, group) =
            (of_kind(&scanned, RdsDbCluster)[0], of_kind(&scanned, RdsDbSubnetGroup)[0]);
        assert_eq!(cluster.depends_on, std::slice::from_ref(&group.arn));
        let needs: Vec<_> = group.depends_on.iter().map(Arn::resource).collect();
        assert_eq!(needs, ["subnet/subnet-1", "subnet/subnet-2", "vpc/vpc-1"]);
        assert_eq!((&*group.id, group.arn.resource()), ("private", "subgrp:private"));
        let ResourceConfig::RdsDbSubnetGroup(config) = &group.config else { panic!() };
        assert_eq!(config.description.as_deref(), Some("of data"));
    }
}
