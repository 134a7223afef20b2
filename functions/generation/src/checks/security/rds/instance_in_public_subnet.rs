//! # What
//! A database with a subnet from which everything is routed to an internet gateway.
//! # Why
//! A public address or one wider rule of a security group is then all that it takes to reach it.
//! # Evidence
//! `rds:DescribeDBInstances`, `ec2:DescribeSubnets` and `ec2:DescribeRouteTables`.
//! # Silent when
//! No subnet of its subnet group has such a route, by IPv4 or IPv6.
//! # Remedy and risk
//! None here: a database gets other subnets with another subnet group, which takes it down for a while.
//! # References
//! Security Hub RDS.46.

use miyabi_types::{
    finding::Severity,
    resource::{Resource, ResourceConfig, ResourceKind},
};

use crate::{
    check::{Check, Context, FSBP, Found, Judge, SECURITY, Threshold, Verdict},
    network::way_out,
};

/// See the module.
pub const CHECK: Check = Check {
    id: "rds_instance_in_public_subnet",
    title: "Database is in a subnet with a route to the internet",
    severity: Severity::High,
    kinds: &[ResourceKind::RdsDbInstance],
    controls: &["RDS.46"],
    thresholds: &[Threshold {
        what: "routes of its subnets from 0.0.0.0/0 or ::/0 to an internet gateway",
        value: "none",
    }],
    references: &[FSBP],
    judge: Judge::Logic(judge),
    ..SECURITY
};

fn judge(resource: &Resource, context: &Context<'_>) -> Verdict {
    let ResourceConfig::RdsDbInstance(db) = &resource.config else { return Verdict::NotApplicable };
    if db.subnet_ids.is_empty() {
        return Verdict::NotApplicable;
    }
    let mut unseen = None;
    let mut public = Vec::new();
    for subnet in &db.subnet_ids {
        match way_out(subnet, resource, context) {
            Ok(Some(gateway)) => public.push(format!("{subnet} → {gateway}")),
            Ok(None) => {}
            Err(why) => unseen = unseen.or(Some(why)),
        }
    }
    match unseen {
        _ if !public.is_empty() => Found::risk(public.join(", "), None),
        Some(why) => Verdict::NotEvaluated(why),
        None => Verdict::Clear,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{Expect, check, check_in, db, route_table, subnet, world};

    #[test]
    fn judges() {
        let database = db(|db| db.subnet_ids = vec!["subnet-1".into()]);
        let private = route_table(|table| table.routes[0].target = Some("nat-1".into()));
        let private = world([database.clone(), subnet(|_| {}), private]);
        check_in(&CHECK, "private", private, &database, Expect::Clear);
        let public = world([database.clone(), subnet(|_| {}), route_table(|_| {})]);
        check_in(&CHECK, "public", public, &database, Expect::Risk);
        let six = route_table(|table| table.routes[0].destination = "::/0".into());
        let six = world([database.clone(), subnet(|_| {}), six]);
        check_in(&CHECK, "public by IPv6", six, &database, Expect::Risk);
        let half = db(|db| db.subnet_ids = vec!["subnet-0".into(), "subnet-1".into()]);
        let seen = world([half.clone(), subnet(|_| {}), route_table(|_| {})]);
        check_in(&CHECK, "one public, one unseen", seen, &half, Expect::Risk);
        check(&CHECK, "unseen", database, Expect::NotEvaluated("not seen"));
        check(&CHECK, "without subnets", db(|_| {}), Expect::NotApplicable);
    }
}
