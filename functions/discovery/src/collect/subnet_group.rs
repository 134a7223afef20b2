//! Groups of subnets that databases are put in, which RDS, `ElastiCache` and Redshift tell alike.

use miyabi_types::{
    evidence::Unavailable,
    id::Arn,
    resource::{Resource, ResourceConfig, Tags, vpc::SubnetGroup},
};

use super::{
    ec2::{subnet_arn, vpc_arn},
    tags_or_why,
};
use crate::place::Place;

/// The resource; `kind` says whose group it is.
pub(super) fn resource(
    place: &Place,
    arn: Arn,
    name: String,
    group: SubnetGroup,
    tags: Result<Tags, Unavailable>,
    kind: fn(SubnetGroup) -> ResourceConfig,
) -> Resource {
    let depends_on = (group.subnet_ids.iter().map(|id| subnet_arn(place, id)))
        .chain(group.vpc_id.iter().map(|id| vpc_arn(place, id)))
        .collect();
    let (tags, tags_unavailable) = tags_or_why(tags);
    Resource {
        name: Some(name.clone()),
        depends_on,
        tags_unavailable,
        ..place.resource(arn, name, tags, kind(group))
    }
}
