//! Elastic Load Balancing: two APIs, the classic one and version 2, behind the same IAM actions.

use futures::{FutureExt, join};
use miyabi_types::{
    id::Arn,
    resource::ResourceKind::{ClassicLoadBalancer, LoadBalancer, TargetGroup},
};

use super::{Collected, Collector, Reach, cloudwatch};
use crate::{call::Call, place::Place, scope::Scan};

mod classic;
mod v2;

const LOAD_BALANCERS: Call =
    Call::lists("elasticloadbalancing:DescribeLoadBalancers", &[LoadBalancer, ClassicLoadBalancer]);
const ATTRIBUTES: Call = Call::details("elasticloadbalancing:DescribeLoadBalancerAttributes");
const TAGS: Call = Call::details("elasticloadbalancing:DescribeTags");
const LISTENERS: Call = Call::details("elasticloadbalancing:DescribeListeners");
const CERTIFICATES: Call = Call::details("elasticloadbalancing:DescribeListenerCertificates");
const TARGET_GROUPS: Call =
    Call::lists("elasticloadbalancing:DescribeTargetGroups", &[TargetGroup]);
const TARGET_HEALTH: Call = Call::details("elasticloadbalancing:DescribeTargetHealth");

/// Most resources whose tags one call tells. Source: `DescribeTags` in the API references.
const TAGS_BATCH: usize = 20;

/// Reads Elastic Load Balancing.
pub const COLLECTOR: Collector = Collector {
    service: "elasticloadbalancing",
    reach: Reach::Regional,
    calls: &[
        LOAD_BALANCERS,
        ATTRIBUTES,
        TAGS,
        LISTENERS,
        CERTIFICATES,
        TARGET_GROUPS,
        TARGET_HEALTH,
        cloudwatch::GET_METRIC_DATA,
    ],
    collect: |scan| collect(scan).boxed(),
};

async fn collect(scan: &Scan) -> Collected {
    let (classic, ()) = join!(classic::collect(scan).boxed(), v2::collect(scan).boxed());
    classic.into()
}

/// The ARN of a classic load balancer.
pub(super) fn classic_arn(place: &Place, name: &str) -> Arn {
    place.arn("elasticloadbalancing", &format!("loadbalancer/{name}"))
}

/// Ids in batches for tags.
fn tag_batches(ids: impl IntoIterator<Item = String>) -> Vec<Vec<String>> {
    let ids: Vec<_> = ids.into_iter().collect();
    ids.chunks(TAGS_BATCH).map(<[_]>::to_vec).collect()
}
