//! Proxies in front of databases.

use aws_sdk_rds::{Client, types};
use miyabi_types::{
    evidence::Unavailable,
    id::Arn,
    resource::{Resource, ResourceConfig, Tags, rds::DbProxy},
};

use super::{PAGE, PROXIES, tags_of};
use crate::{
    collect::{
        ec2::{security_group_arn, subnet_arn},
        or_none, owned, sorted, tags_or_why, text, timestamp,
    },
    place::Place,
    scope::Scan,
};

pub(super) async fn collect(scan: &Scan, rds: &Client) -> Vec<Resource> {
    let pages = rds.describe_db_proxies().max_records(PAGE).into_paginator().items().send();
    let found = or_none(scan.list(PROXIES, pages.collect::<Result<Vec<_>, _>>()).await);
    let resources = scan.each(found, |proxy: types::DbProxy| async move {
        let arn = Arn::parse(proxy.db_proxy_arn()?).ok()?;
        let tags = tags_of(scan, rds, &arn).await;
        resource(&scan.place, arn, &proxy, tags)
    });
    resources.await.into_iter().flatten().collect()
}

fn resource(
    place: &Place,
    arn: Arn,
    proxy: &types::DbProxy,
    tags: Result<Tags, Unavailable>,
) -> Option<Resource> {
    let name = proxy.db_proxy_name()?;
    let config = DbProxy {
        status: text(proxy.status().map(types::DbProxyStatus::as_str)),
        engine_family: text(proxy.engine_family()),
        require_tls: proxy.require_tls().unwrap_or(false),
        vpc_id: owned(proxy.vpc_id()),
        subnet_ids: sorted(proxy.vpc_subnet_ids().iter().cloned()),
        security_group_ids: sorted(proxy.vpc_security_group_ids().iter().cloned()),
        endpoint: owned(proxy.endpoint()),
        role_arn: owned(proxy.role_arn()),
    };
    let depends_on = (config.security_group_ids.iter().map(|id| security_group_arn(place, id)))
        .chain(config.subnet_ids.iter().map(|id| subnet_arn(place, id)))
        .chain(config.role_arn.iter().filter_map(|arn| Arn::parse(arn).ok()))
        .collect();
    let (tags, tags_unavailable) = tags_or_why(tags);
    let resource = place.resource(arn, name, tags, ResourceConfig::RdsDbProxy(config));
    Some(Resource {
        name: Some(name.to_owned()),
        depends_on,
        tags_unavailable,
        created_at: timestamp(proxy.created_date()),
        ..resource
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::place;

    #[test]
    fn a_proxy_tells_whether_it_insists_on_tls_and_needs_its_network() {
        let arn = "arn:aws:rds:us-east-1:123456789012:db-proxy:prx-1";
        let sdk = types::DbProxy::builder()
            .db_proxy_name("pool")
            .db_proxy_arn(arn)
            .engine_family("MYSQL")
            .require_tls(true)
            .vpc_subnet_ids("subnet-1")
            .vpc_security_group_ids("sg-1")
            .build();
        let arn = Arn::parse(arn).unwrap();
        let resource = resource(&place(), arn, &sdk, Ok(Tags::new())).unwrap();
        let needed: Vec<_> = resource.depends_on.iter().map(Arn::resource).collect();
        assert_eq!(needed, ["security-group/sg-1", "subnet/subnet-1"]);
        let ResourceConfig::RdsDbProxy(config) = resource.config else { panic!() };
        assert!(config.require_tls);
    }
}
