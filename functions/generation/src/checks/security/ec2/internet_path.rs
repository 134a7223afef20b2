//! # What
//! An instance, a database or a load balancer that the internet reaches on other ports than 80 and 443.
//! # Why
//! One open group is a risk; a whole way from the internet to a machine is an entrance.
//! # Evidence
//! Its public address (or that it is public), the route of its subnet to an attached internet gateway, the
//! subnet's network ACL and its security groups ([`crate::network`]). The way is named.
//! # Silent when
//! Any link of the way is missing. IPv4 and TCP only.
//! # Remedy and risk
//! None here: the security group's own controls propose to revoke rules on high-risk ports.
//! # References
//! Amazon VPC User Guide, How internet gateways work; Network ACLs.

use std::collections::BTreeSet;

use miyabi_types::{
    evidence::Unavailable,
    finding::Severity,
    resource::{
        Resource, ResourceConfig, ResourceKind, ec2::Instance, elasticloadbalancing::LoadBalancer,
        rds::DbInstance,
    },
};

use super::exposure::AUTHORIZED_PORTS;
use crate::{
    check::{Check, Context, Found, Judge, Reference, SECURITY, Threshold, Verdict},
    network::{Entrance, OpenPort},
};

/// See the module.
pub const CHECK: Check = Check {
    id: "internet_path",
    title: "The internet reaches it on other ports than those of the web",
    severity: Severity::High,
    kinds: &[ResourceKind::Ec2Instance, ResourceKind::LoadBalancer, ResourceKind::RdsDbInstance],
    thresholds: &[Threshold { what: "TCP ports open all the way", value: "80 and 443 only" }],
    references: &[Reference {
        source: "Amazon VPC User Guide, How internet gateways work; Network ACLs",
        read: "2026-11",
    }],
    judge: Judge::Logic(judge),
    ..SECURITY
};

fn judge(resource: &Resource, context: &Context<'_>) -> Verdict {
    let open = match &resource.config {
        ResourceConfig::Ec2Instance(it) if it.state == "running" => instance(resource, it, context),
        ResourceConfig::RdsDbInstance(it) => database(resource, it, context),
        ResourceConfig::LoadBalancer(it) => balancer(resource, it, context),
        _ => return Verdict::NotApplicable,
    };
    match open {
        Err(why) => Verdict::NotEvaluated(why),
        Ok(open) if open.is_empty() => Verdict::Clear,
        Ok(open) => Found::risk(
            open.iter()
                .map(|it| format!("{} → port {} of {}", it.path, it.port, resource.id))
                .collect::<BTreeSet<_>>()
                .into_iter()
                .collect::<Vec<_>>()
                .join("; "),
            None,
        ),
    }
}

type Open = Result<Vec<OpenPort>, Unavailable>;

fn is_unexpected(port: i32) -> bool {
    !AUTHORIZED_PORTS.contains(&port)
}

fn instance(resource: &Resource, instance: &Instance, context: &Context<'_>) -> Open {
    let (Some(_), Some(subnet)) = (&instance.public_ip, &instance.subnet_id) else {
        return Ok(Vec::new());
    };
    // What is borrowed here lives in the World, as the context does.
    match Entrance::of(subnet, resource, context)? {
        None => Ok(Vec::new()),
        Some(entrance) => {
            entrance.open_ports(&instance.security_group_ids, is_unexpected, resource, context)
        }
    }
}

fn database(resource: &Resource, db: &DbInstance, context: &Context<'_>) -> Open {
    if !db.publicly_accessible {
        return Ok(Vec::new());
    }
    let Some(port) = db.port else {
        return Err(Unavailable::because("the database has no endpoint yet"));
    };
    if db.subnet_ids.is_empty() {
        return Err(Unavailable::because("the subnets of the database were not read"));
    }
    let mut open = Vec::new();
    for subnet in &db.subnet_ids {
        if let Some(entrance) = Entrance::of(subnet, resource, context)? {
            let groups = &db.security_group_ids;
            let found = entrance.open_ports(groups, |it| it == port, resource, context)?;
            open.extend(found);
        }
    }
    Ok(open)
}

fn balancer(resource: &Resource, balancer: &LoadBalancer, context: &Context<'_>) -> Open {
    if balancer.scheme.as_deref() != Some("internet-facing") {
        return Ok(Vec::new());
    }
    let listeners = balancer.listeners.get().map_err(Clone::clone)?;
    let ports: Vec<i32> = listeners
        .iter()
        .filter_map(|listener| i32::try_from(listener.port?).ok())
        .filter(|port| is_unexpected(*port))
        .collect();
    let mut open = Vec::new();
    for subnet in &balancer.subnet_ids {
        if ports.is_empty() {
            break;
        }
        let Some(entrance) = Entrance::of(subnet, resource, context)? else { continue };
        let groups = &balancer.security_group_ids;
        if groups.is_empty() {
            // A network load balancer without groups takes whatever comes.
            open.extend(ports.iter().filter_map(|port| entrance.is_open(*port)));
            continue;
        }
        for port in &ports {
            open.extend(entrance.open_ports(groups, |it| it == *port, resource, context)?);
        }
    }
    Ok(open)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{
        Expect, check, check_in, db, deny, evaluate, everything, instance, internet_gateway,
        network_acl, route_table, security_group, subnet, tcp, world,
    };
    use miyabi_types::{
        resource::{ec2::SecurityGroupRule, vpc::NetworkAclEntry},
        world::World,
    };

    fn allowing_all() -> Resource {
        network_acl(|acl| {
            for entries in [&mut acl.ingress, &mut acl.egress] {
                entries
                    .insert(0, NetworkAclEntry { number: 100, allow: true, ..entries[0].clone() });
            }
        })
    }

    /// A way in to `target` for these rules.
    fn way_in(target: &Resource, rules: Vec<SecurityGroupRule>) -> World {
        world([
            target.clone(),
            subnet(|_| {}),
            route_table(|_| {}),
            internet_gateway(|_| {}),
            allowing_all(),
            security_group(|group| group.ingress = rules),
        ])
    }

    fn public_instance() -> Resource {
        instance(|i| i.public_ip = Some("203.0.113.9".into()))
    }

    #[test]
    fn the_way_is_named() {
        let host = public_instance();
        let world = way_in(&host, vec![tcp(22..=22, "0.0.0.0/0")]);
        let Verdict::Finding(found) = CHECK.evaluate(&host, &Context::new(&world)) else {
            panic!("open")
        };
        assert_eq!(
            found.evidence,
            "internet → igw-1 → rtb-1 → acl-1 → subnet-1 → sg-1 → port 22 of i-1"
        );
    }

    #[test]
    fn every_link_is_needed() {
        let host = public_instance();
        let ssh = || vec![tcp(22..=22, "0.0.0.0/0")];
        let check = |case: &str, world, expect| check_in(&CHECK, case, world, &host, expect);
        check("web only", way_in(&host, vec![tcp(443..=443, "0.0.0.0/0")]), Expect::Clear);
        check("everything", way_in(&host, vec![everything("0.0.0.0/0")]), Expect::Risk);
        check("the office", way_in(&host, vec![tcp(22..=22, "203.0.113.0/24")]), Expect::Clear);
        let edited = |edit: &dyn Fn(&mut ResourceConfig)| {
            let mut world = way_in(&host, ssh());
            world.resources.iter_mut().for_each(|resource| edit(&mut resource.config));
            world
        };
        let nat = edited(&|config| {
            if let ResourceConfig::Ec2RouteTable(table) = config {
                table.routes[0].target = Some("nat-1".into());
            }
        });
        check("no internet gateway", nat, Expect::Clear);
        let detached = edited(&|config| {
            if let ResourceConfig::Ec2InternetGateway(gateway) = config {
                gateway.vpc_ids.clear();
            }
        });
        check("a detached gateway", detached, Expect::Clear);
        let filtered = edited(&|config| {
            if let ResourceConfig::Ec2NetworkAcl(acl) = config {
                let refuse = NetworkAclEntry {
                    number: 50,
                    allow: false,
                    protocol: "6".into(),
                    from_port: Some(22),
                    to_port: Some(22),
                    ..acl.ingress[0].clone()
                };
                acl.ingress.insert(0, refuse);
            }
        });
        check("filtered", filtered, Expect::Clear);
        let mut unread = way_in(&host, ssh());
        unread.resources.retain(|resource| resource.kind() != ResourceKind::Ec2RouteTable);
        deny(&mut unread, "ec2:DescribeRouteTables", &[ResourceKind::Ec2RouteTable]);
        check("unread", unread, Expect::NotEvaluated("denied"));
    }

    #[test]
    fn what_has_no_public_address_is_not_reached() {
        check(&CHECK, "private", instance(|_| {}), Expect::Clear);
        check(&CHECK, "stopped", instance(|i| i.state = "stopped".into()), Expect::NotApplicable);
        check(&CHECK, "private database", db(|_| {}), Expect::Clear);
    }

    #[test]
    fn databases_are_reached_on_their_port() {
        let public = db(|db| {
            db.publicly_accessible = true;
            db.subnet_ids = vec!["subnet-1".into()];
        });
        let open = way_in(&public, vec![tcp(33_060..=33_060, "0.0.0.0/0")]);
        check_in(&CHECK, "its port", open, &public, Expect::Risk);
        let other = way_in(&public, vec![tcp(22..=22, "0.0.0.0/0")]);
        check_in(&CHECK, "another port", other, &public, Expect::Clear);
        let unread = db(|db| db.publicly_accessible = true);
        assert!(matches!(evaluate(&CHECK, unread), Verdict::NotEvaluated(_)));
    }
}
