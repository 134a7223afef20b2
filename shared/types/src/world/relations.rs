//! What resources need, by the ARNs that those have in the World.
//!
//! A collector writes what AWS tells it: a key by its alias, and what another account shares (a subnet, a
//! gateway) by an id, which it takes for its own account's. Whoever has the whole World knows better.

use std::collections::{BTreeMap, btree_map::Entry};

use crate::{
    id::Arn,
    resource::{Resource, ResourceConfig, ResourceKind},
};

/// ARNs by how else they are written; none where that could be several.
type Names = BTreeMap<String, Option<Arn>>;

/// Lets every need be the ARN of what is in the World, where only the way it is written differs.
pub(super) fn resolve(resources: &mut [Resource]) {
    let names = names(resources);
    if names.is_empty() {
        return;
    }
    for resource in resources {
        let mut renamed = false;
        for need in &mut resource.depends_on {
            if let Some(Some(arn)) = written(need).and_then(|name| names.get(name))
                && arn != need
            {
                need.clone_from(arn);
                renamed = true;
            }
        }
        if renamed {
            resource.depends_on.sort();
            resource.depends_on.dedup();
        }
    }
}

fn names(resources: &[Resource]) -> Names {
    let mut names = Names::new();
    let mut add = |name: String, arn: &Arn| match names.entry(name) {
        Entry::Vacant(free) => drop(free.insert(Some(arn.clone()))),
        Entry::Occupied(mut taken) => drop(taken.insert(None)),
    };
    let several = resources
        .first()
        .is_some_and(|first| resources.iter().any(|resource| resource.account != first.account));
    for resource in resources {
        if let ResourceConfig::KmsKey(key) = &resource.config {
            let text = resource.arn.as_str();
            let here = text.strip_suffix(resource.arn.resource()).unwrap_or(text);
            for alias in key.aliases.known().into_iter().flatten() {
                add(format!("{here}{alias}"), &resource.arn);
            }
        } else if several && is_shared(resource.kind()) {
            add(resource.arn.resource().to_owned(), &resource.arn);
        }
    }
    names
}

/// What accounts share with one another, and others of its network then need.
const fn is_shared(kind: ResourceKind) -> bool {
    matches!(
        kind,
        ResourceKind::Ec2Vpc
            | ResourceKind::Ec2Subnet
            | ResourceKind::Ec2SecurityGroup
            | ResourceKind::Ec2RouteTable
            | ResourceKind::Ec2InternetGateway
            | ResourceKind::Ec2TransitGateway
            | ResourceKind::Ec2CapacityReservation
    )
}

/// How a need is looked up, if it may be written in more than one way: an alias by all of it, what is of EC2
/// by the id, of which there is one in the world.
fn written(need: &Arn) -> Option<&str> {
    match need.service() {
        "kms" if need.resource().starts_with("alias/") => Some(need.as_str()),
        "ec2" => Some(need.resource()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const OURS: &str = "123456789012";
    const THEIRS: &str = "210987654321";

    fn resource(arn: &str, kind: &str, needs: &[&str], config: &Value) -> Resource {
        let account = arn.split(':').nth(4).unwrap();
        serde_json::from_value(json!({
            "arn": arn, "account": account, "region": "us-east-1", "id": "x", "depends_on": needs,
            "utilization": {"unavailable": {"reason": "not read"}}, "monthly_cost": {"known": 0},
            "kind": kind, "config": config,
        }))
        .unwrap()
    }

    fn ec2(account: &str, id: &str) -> String {
        format!("arn:aws:ec2:us-east-1:{account}:{id}")
    }

    fn vpc(account: &str, id: &str) -> Resource {
        let config = json!({
            "cidr_block": "10.0.0.0/16", "is_default": false, "state": "available",
            "instance_tenancy": "default", "dns_support": null, "dns_hostnames": null,
            "flow_log_traffic": null,
        });
        resource(&ec2(account, id), "AWS::EC2::VPC", &[], &config)
    }

    fn group(account: &str, needs: &[&str]) -> Resource {
        let config = json!({
            "group_name": "", "description": "", "vpc_id": null, "ingress": [], "egress": [],
        });
        resource(&ec2(account, "security-group/sg-1"), "AWS::EC2::SecurityGroup", needs, &config)
    }

    fn needs_of(mut resources: Vec<Resource>, at: usize) -> Vec<String> {
        resolve(&mut resources);
        resources[at].depends_on.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn an_alias_is_the_key_that_it_stands_for() {
        let kms = |id: &str| format!("arn:aws:kms:us-east-1:{OURS}:{id}");
        let unknown = json!({"unavailable": {"reason": "not read"}});
        let config = json!({
            "aliases": {"known": ["alias/archive", "alias/data"]}, "description": null,
            "state": "Enabled", "deletion_at": null, "usage": null, "spec": null, "origin": null,
            "multi_region": false, "rotation": unknown, "policy": unknown,
        });
        let key = resource(&kms("key/k"), "AWS::KMS::Key", &[], &config);
        let needs = [kms("alias/aws/sns"), kms("alias/data"), kms("key/k")];
        let user = group(OURS, &needs.each_ref().map(String::as_str));
        assert_eq!(needs_of(vec![key, user], 1), [kms("alias/aws/sns"), kms("key/k")]);
    }

    #[test]
    fn what_another_account_shares_is_that_account_s() {
        let taken = ec2(OURS, "vpc/vpc-1");
        let resources = vec![group(OURS, &[&taken]), vpc(THEIRS, "vpc/vpc-1")];
        assert_eq!(needs_of(resources, 0), [ec2(THEIRS, "vpc/vpc-1")]);
        let elsewhere = vec![group(OURS, &[&taken]), vpc(THEIRS, "vpc/vpc-2")];
        assert_eq!(needs_of(elsewhere, 0), [taken], "nobody whom the World knows");
    }

    #[test]
    fn what_two_accounts_have_stays_as_it_was_told() {
        let own = ec2(OURS, "vpc/vpc-1");
        let resources =
            vec![group(OURS, &[&own]), vpc(OURS, "vpc/vpc-1"), vpc(THEIRS, "vpc/vpc-1")];
        assert_eq!(needs_of(resources, 0), [own]);
    }
}
