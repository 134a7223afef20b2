//! EKS clusters, and their node groups in `nodegroup`.

use aws_sdk_eks::{
    Client,
    types::{Cluster as SdkCluster, Logging, VpcConfigResponse},
};
use futures::FutureExt;
use miyabi_types::{
    evidence::{Evidence, Unavailable},
    id::Arn,
    resource::{
        Resource, ResourceConfig,
        ResourceKind::{EksCluster, EksNodegroup},
        eks::{Cluster, ClusterSettings},
    },
};

use super::{
    Collected, Collector, Reach,
    ec2::{security_group_arn, subnet_arn},
    or_none, owned, sorted, tag_map, tags_or_why, text, timestamp,
};
use crate::{call::Call, place::Place, scope::Scan};

mod nodegroup;

// What is in clusters that cannot be listed is not known either.
const CLUSTERS: Call = Call::lists("eks:ListClusters", &[EksCluster, EksNodegroup]);
const CLUSTER: Call = Call::details("eks:DescribeCluster");
const FARGATE_PROFILES: Call = Call::details("eks:ListFargateProfiles");
const ADDONS: Call = Call::details("eks:ListAddons");

/// Reads EKS.
pub const COLLECTOR: Collector = Collector {
    service: "eks",
    reach: Reach::Regional,
    calls: &[
        CLUSTERS,
        CLUSTER,
        FARGATE_PROFILES,
        ADDONS,
        nodegroup::NODEGROUPS,
        nodegroup::NODEGROUP,
    ],
    collect: |scan| collect(scan).boxed(),
};

async fn collect(scan: &Scan) -> Collected {
    let client = &Client::new(scan.sdk());
    let pages = client.list_clusters().max_results(100).into_paginator().items().send();
    let names = or_none(scan.list(CLUSTERS, pages.collect::<Result<Vec<_>, _>>()).await);
    let resources = scan.each(names, |name: String| async move {
        let (cluster, groups) =
            tokio::join!(cluster(scan, client, &name), nodegroup::read(scan, client, &name));
        [vec![cluster], groups].concat()
    });
    resources.await.concat().into()
}

async fn cluster(scan: &Scan, client: &Client, name: &str) -> Resource {
    let profiles = client.list_fargate_profiles().cluster_name(name).max_results(100);
    let profiles = profiles.into_paginator().items().send().collect::<Result<Vec<_>, _>>();
    let addons = client.list_addons().cluster_name(name).max_results(100);
    let addons = addons.into_paginator().items().send().collect::<Result<Vec<_>, _>>();
    let (answer, profiles, addons) = tokio::join!(
        scan.read(CLUSTER, client.describe_cluster().name(name).send()),
        scan.list(FARGATE_PROFILES, profiles),
        scan.list(ADDONS, addons),
    );
    let told = answer.and_then(|answer| {
        answer.cluster.ok_or_else(|| Unavailable::because("the answer holds no cluster"))
    });
    resource(&scan.place, name, told, [profiles, addons])
}

fn resource(
    place: &Place,
    name: &str,
    told: Result<SdkCluster, Unavailable>,
    [profiles, addons]: [Result<Vec<String>, Unavailable>; 2],
) -> Resource {
    let cluster = told.as_ref().ok();
    let arn = cluster.and_then(SdkCluster::arn);
    let arn = Place::told(arn, || place.arn("eks", &format!("cluster/{name}")));
    let created_at = cluster.and_then(|cluster| timestamp(cluster.created_at()));
    let tags = told.as_ref().map(|cluster| tag_map(cluster.tags())).map_err(Clone::clone);
    let (tags, tags_unavailable) = tags_or_why(tags);
    let settings = told.map(|cluster| settings(&cluster));
    let depends_on = settings.as_ref().map(|s| depends_on(place, s)).unwrap_or_default();
    let config = ResourceConfig::EksCluster(Cluster {
        settings: Evidence::from(settings),
        fargate_profiles: profiles.map(sorted).into(),
        addons: addons.map(sorted).into(),
    });
    Resource {
        name: Some(name.to_owned()),
        created_at,
        depends_on,
        tags_unavailable,
        ..place.resource(arn, name, tags, config)
    }
}

fn depends_on(place: &Place, settings: &ClusterSettings) -> Vec<Arn> {
    let role = settings.role_arn.iter().filter_map(|arn| Arn::parse(arn).ok());
    let key = settings.secrets_key_arn.iter().map(|key| place.key_arn(key));
    let mut arns: Vec<_> = role.chain(key).collect();
    arns.extend(settings.subnet_ids.iter().map(|id| subnet_arn(place, id)));
    arns.extend(settings.security_group_ids.iter().map(|id| security_group_arn(place, id)));
    arns
}

fn settings(cluster: &SdkCluster) -> ClusterSettings {
    let network = cluster.resources_vpc_config();
    let logs = cluster.logging().map(Logging::cluster_logging).unwrap_or_default();
    let logs = logs.iter().filter(|setup| setup.enabled() == Some(true));
    let mut secrets = cluster.encryption_config().iter();
    let secrets = secrets.find_map(|encryption| encryption.provider()?.key_arn());
    let groups = network.into_iter().flat_map(|network| {
        let own = network.cluster_security_group_id().map(str::to_owned);
        network.security_group_ids().iter().cloned().chain(own)
    });
    ClusterSettings {
        status: cluster.status().map(|status| status.as_str().to_owned()).unwrap_or_default(),
        version: text(cluster.version()),
        support_type: cluster
            .upgrade_policy()
            .and_then(|policy| policy.support_type())
            .map(|kind| kind.as_str().to_owned()),
        endpoint_public_access: network.is_some_and(VpcConfigResponse::endpoint_public_access),
        public_access_cidrs: sorted(
            network.into_iter().flat_map(|n| n.public_access_cidrs().iter().cloned()),
        ),
        endpoint_private_access: network.is_some_and(VpcConfigResponse::endpoint_private_access),
        log_types: sorted(
            logs.flat_map(|setup| setup.types().iter().map(|kind| kind.as_str().to_owned())),
        ),
        secrets_key_arn: owned(secrets),
        authentication_mode: cluster
            .access_config()
            .and_then(|access| access.authentication_mode())
            .map(|mode| mode.as_str().to_owned()),
        deletion_protection: cluster.deletion_protection().unwrap_or(false),
        role_arn: owned(cluster.role_arn()),
        vpc_id: owned(network.and_then(|network| network.vpc_id())),
        subnet_ids: sorted(network.into_iter().flat_map(|n| n.subnet_ids().iter().cloned())),
        security_group_ids: sorted(groups),
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_eks::types::{LogSetup, LogType};
    use miyabi_types::id::IamAction;

    use super::*;
    use crate::testing::place;

    #[test]
    fn a_cluster_tells_its_version_endpoint_and_logs() {
        let on = LogSetup::builder().types(LogType::Audit).enabled(true).build();
        let off = LogSetup::builder().types(LogType::Api).enabled(false).build();
        let network = VpcConfigResponse::builder()
            .endpoint_public_access(true)
            .public_access_cidrs("0.0.0.0/0")
            .subnet_ids("subnet-1")
            .cluster_security_group_id("sg-1")
            .build();
        let sdk = SdkCluster::builder()
            .name("shop")
            .version("1.33")
            .role_arn("arn:aws:iam::123456789012:role/eks")
            .resources_vpc_config(network)
            .logging(Logging::builder().cluster_logging(on).cluster_logging(off).build())
            .tags("env", "prod")
            .build();
        let resource = resource(
            &place(),
            "shop",
            Ok(sdk),
            [Ok(vec![]), Ok(vec!["vpc-cni".into(), "coredns".into()])],
        );
        assert_eq!(resource.arn.as_str(), "arn:aws:eks:us-east-1:123456789012:cluster/shop");
        let needs: Vec<_> = resource.depends_on.iter().map(Arn::resource).collect();
        assert_eq!(needs, ["role/eks", "subnet/subnet-1", "security-group/sg-1"]);
        assert_eq!(resource.tags["env"], "prod");
        let ResourceConfig::EksCluster(Cluster { settings, addons, .. }) = resource.config else {
            panic!()
        };
        assert_eq!(addons.known().unwrap()[..], ["coredns".to_owned(), "vpc-cni".to_owned()]);
        let settings = settings.known().unwrap();
        assert_eq!((&*settings.version, settings.endpoint_public_access), ("1.33", true));
        assert_eq!(
            (&settings.log_types[..], &settings.public_access_cidrs[..]),
            (&["audit".to_owned()][..], &["0.0.0.0/0".to_owned()][..])
        );
    }

    #[test]
    fn a_cluster_that_cannot_be_described_is_still_there() {
        let denied = Unavailable::denied(IamAction::parse("eks:DescribeCluster").unwrap());
        let resource =
            resource(&place(), "shop", Err(denied.clone()), [Ok(vec![]), Err(denied.clone())]);
        assert_eq!(resource.tags_unavailable.as_ref(), Some(&denied));
        let ResourceConfig::EksCluster(cluster) = resource.config else { panic!() };
        assert_eq!(cluster.fargate_profiles, Evidence::Known(vec![]));
        assert_eq!(cluster.settings, Evidence::Unavailable(denied));
    }
}
