//! Revokes rules of a security group.

use async_trait::async_trait;
use aws_sdk_ec2::types::{
    IpPermission, IpRange, Ipv6Range, PrefixListId, SecurityGroup, UserIdGroupPair,
};
use miyabi_types::{
    action::{Action, Settings, TargetState},
    resource::ec2::{Peer, SecurityGroupRule},
};

use super::{Setting, present, value, wanted};
use crate::{
    accounts::Clients,
    error::{ExecutionError, Result, failed},
    step::Step,
};

pub struct RevokeRules;

#[async_trait]
impl Setting for RevokeRules {
    /// Which of the rules that the action names are there.
    async fn read(&self, aws: &Clients, action: &Action) -> Result<TargetState> {
        let Some(group) = find(aws, &action.resource_id).await? else {
            return Ok(TargetState::Absent);
        };
        let named = present(&action.expected)?;
        Ok(TargetState::present([
            ("ingress", value(there(wanted(named, "ingress")?, group.ip_permissions()))?),
            ("egress", value(there(wanted(named, "egress")?, group.ip_permissions_egress()))?),
        ]))
    }

    async fn set(&self, aws: &Clients, action: &Action, to: &Settings) -> Result<Step<()>> {
        let id = &action.resource_id;
        let Some(group) = find(aws, id).await? else {
            return Err(ExecutionError::Stale(format!("security group {id} is gone")));
        };
        let named = present(&action.expected)?;
        let ingress = Change::between(
            &wanted::<Vec<_>>(named, "ingress")?,
            &wanted::<Vec<_>>(to, "ingress")?,
            group.ip_permissions(),
        );
        let egress = Change::between(
            &wanted::<Vec<_>>(named, "egress")?,
            &wanted::<Vec<_>>(to, "egress")?,
            group.ip_permissions_egress(),
        );
        if let Some(rules) = ingress.revoke {
            let call = aws.ec2.revoke_security_group_ingress().group_id(id);
            let done = call.set_ip_permissions(Some(rules)).send().await;
            unless(done.map_err(failed("ec2:RevokeSecurityGroupIngress")), GONE)?;
        }
        if let Some(rules) = egress.revoke {
            let call = aws.ec2.revoke_security_group_egress().group_id(id);
            let done = call.set_ip_permissions(Some(rules)).send().await;
            unless(done.map_err(failed("ec2:RevokeSecurityGroupEgress")), GONE)?;
        }
        if let Some(rules) = ingress.authorize {
            let call = aws.ec2.authorize_security_group_ingress().group_id(id);
            let done = call.set_ip_permissions(Some(rules)).send().await;
            unless(done.map_err(failed("ec2:AuthorizeSecurityGroupIngress")), THERE)?;
        }
        if let Some(rules) = egress.authorize {
            let call = aws.ec2.authorize_security_group_egress().group_id(id);
            let done = call.set_ip_permissions(Some(rules)).send().await;
            unless(done.map_err(failed("ec2:AuthorizeSecurityGroupEgress")), THERE)?;
        }
        Ok(Step::Done(()))
    }
}

const GONE: &str = "InvalidPermission.NotFound";
const THERE: &str = "InvalidPermission.Duplicate";

/// Success, where AWS says that what was asked for is so already.
fn unless<T>(result: Result<T>, already: &str) -> Result<()> {
    match result {
        Err(error) if error.is(&[already]) => Ok(()),
        other => other.map(drop),
    }
}

struct Change {
    revoke: Option<Vec<IpPermission>>,
    authorize: Option<Vec<IpPermission>>,
}

impl Change {
    /// What leads the `named` rules from how they are in `live` to those in `to`.
    fn between(
        named: &[SecurityGroupRule],
        to: &[SecurityGroupRule],
        live: &[IpPermission],
    ) -> Self {
        let present = there(named.to_vec(), live);
        let absent = |rule: &&SecurityGroupRule, of: &[SecurityGroupRule]| {
            !of.iter().any(|other| same(other, rule))
        };
        let revoke: Vec<_> =
            present.iter().filter(|rule| absent(rule, to)).map(permission).collect();
        let authorize: Vec<_> =
            to.iter().filter(|rule| absent(rule, &present)).map(permission).collect();
        Self {
            revoke: (!revoke.is_empty()).then_some(revoke),
            authorize: (!authorize.is_empty()).then_some(authorize),
        }
    }
}

async fn find(aws: &Clients, id: &str) -> Result<Option<SecurityGroup>> {
    let found = aws
        .ec2
        .describe_security_groups()
        .group_ids(id)
        .send()
        .await
        .map_err(failed("ec2:DescribeSecurityGroups"));
    match found {
        Err(error) if error.is(&["InvalidGroup.NotFound", "InvalidGroupId.NotFound"]) => Ok(None),
        other => Ok(other?.security_groups.unwrap_or_default().into_iter().next()),
    }
}

/// Those of `rules` that `live` holds.
fn there(rules: Vec<SecurityGroupRule>, live: &[IpPermission]) -> Vec<SecurityGroupRule> {
    let live: Vec<_> = live.iter().flat_map(flatten).collect();
    rules.into_iter().filter(|rule| live.iter().any(|other| same(other, rule))).collect()
}

/// Whether two rules are one to AWS: a description does not tell rules apart.
fn same(a: &SecurityGroupRule, b: &SecurityGroupRule) -> bool {
    a.protocol == b.protocol
        && a.peer == b.peer
        // All protocols means all ports, said or not.
        && (a.protocol == "-1" || (a.from_port, a.to_port) == (b.from_port, b.to_port))
}

/// One rule per peer.
fn flatten(permission: &IpPermission) -> Vec<SecurityGroupRule> {
    let blocks = permission
        .ip_ranges()
        .iter()
        .filter_map(|range| Some((Peer::Cidr(range.cidr_ip()?.into()), range.description())));
    let blocks_v6 = permission
        .ipv6_ranges()
        .iter()
        .filter_map(|range| Some((Peer::CidrV6(range.cidr_ipv6()?.into()), range.description())));
    let groups = permission
        .user_id_group_pairs()
        .iter()
        .filter_map(|pair| Some((Peer::Group(pair.group_id()?.into()), pair.description())));
    let lists = permission.prefix_list_ids().iter().filter_map(|list| {
        Some((Peer::PrefixList(list.prefix_list_id()?.into()), list.description()))
    });
    blocks
        .chain(blocks_v6)
        .chain(groups)
        .chain(lists)
        .map(|(peer, description)| SecurityGroupRule {
            protocol: permission.ip_protocol().unwrap_or("-1").into(),
            from_port: permission.from_port(),
            to_port: permission.to_port(),
            peer,
            description: description.map(Into::into),
        })
        .collect()
}

fn permission(rule: &SecurityGroupRule) -> IpPermission {
    let description = rule.description.clone();
    let all = rule.protocol == "-1";
    let permission = IpPermission::builder()
        .ip_protocol(&rule.protocol)
        .set_from_port(rule.from_port.filter(|_| !all))
        .set_to_port(rule.to_port.filter(|_| !all));
    match &rule.peer {
        Peer::Cidr(block) => permission
            .ip_ranges(IpRange::builder().cidr_ip(block).set_description(description).build()),
        Peer::CidrV6(block) => permission.ipv6_ranges(
            Ipv6Range::builder().cidr_ipv6(block).set_description(description).build(),
        ),
        Peer::Group(id) => permission.user_id_group_pairs(
            UserIdGroupPair::builder().group_id(id).set_description(description).build(),
        ),
        Peer::PrefixList(id) => permission.prefix_list_ids(
            PrefixListId::builder().prefix_list_id(id).set_description(description).build(),
        ),
    }
    .build()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(port: i32, block: &str, description: Option<&str>) -> SecurityGroupRule {
        SecurityGroupRule {
            protocol: "tcp".into(),
            from_port: Some(port),
            to_port: Some(port),
            peer: Peer::Cidr(block.into()),
            description: description.map(Into::into),
        }
    }

    #[test]
    fn a_rule_is_known_by_its_ports_and_peer_whatever_its_description() {
        let live = [
            permission(&rule(22, "0.0.0.0/0", Some("changed"))),
            permission(&rule(443, "0.0.0.0/0", None)),
        ];
        let named = vec![rule(22, "0.0.0.0/0", None), rule(3389, "0.0.0.0/0", None)];
        assert_eq!(there(named, &live), [rule(22, "0.0.0.0/0", None)]);
    }

    #[test]
    fn only_what_is_left_to_do_is_asked_of_aws() {
        let named = vec![rule(22, "0.0.0.0/0", None), rule(3389, "0.0.0.0/0", None)];
        let live = [permission(&named[0])];
        let revoke = Change::between(&named, &[], &live);
        assert_eq!(revoke.revoke.map(|rules| rules.len()), Some(1));
        assert!(revoke.authorize.is_none());
        let restore = Change::between(&named, &named, &live);
        assert!(restore.revoke.is_none());
        assert_eq!(restore.authorize.map(|rules| rules.len()), Some(1));
    }
}
