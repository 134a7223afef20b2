//! Conflicts: changes that exclude each other, and changes that must not happen at once.

use std::collections::{BTreeMap, BTreeSet};

use miyabi_types::{
    action::{Action, Operation, Route, TargetState},
    allocation::Refusal,
    finding::Saving,
    id::{AccountId, Arn, Region},
    plan::Proposal,
    resource::{ResourceConfig, ResourceKind},
    world::World,
};

/// Why `proposal` cannot be done beside `done`, which goes before it; `None` if it can.
pub fn refusal(done: &Proposal, proposal: &Proposal) -> Option<Refusal> {
    let (first, second) = (&done.action, &proposal.action);
    if first.target != second.target {
        return None;
    }
    let both_save = done.saving != Saving::None && proposal.saving != Saving::None;
    if both_save || first.desired == TargetState::Absent {
        return Some(Refusal::Superseded { by: first.id.clone() });
    }
    overlap(first, second).then(|| Refusal::Conflicts { with: first.id.clone() })
}

/// Whether two actions on one resource cannot both be done: one makes or deletes it, both take it
/// out of service, or both change one setting.
fn overlap(a: &Action, b: &Action) -> bool {
    let whole = |action: &Action| {
        action.desired == TargetState::Absent || action.expected == TargetState::Absent
    };
    whole(a)
        || whole(b)
        || (interrupts(a.operation) && interrupts(b.operation))
        || !touched(a).is_disjoint(&touched(b))
}

/// The settings an action changes. Rules of a security group count one by one, because revoking one
/// leaves the others alone.
fn touched(action: &Action) -> BTreeSet<String> {
    let TargetState::Present(settings) = &action.expected else { return BTreeSet::new() };
    if action.operation != Operation::RevokeRules {
        return settings.keys().cloned().collect();
    }
    let rules = settings.iter().flat_map(|(direction, rules)| {
        rules.as_array().into_iter().flatten().map(move |rule| format!("{direction} {rule}"))
    });
    rules.collect()
}

/// Whether an operation takes its resource out of service for a while, or for good.
pub const fn interrupts(operation: Operation) -> bool {
    match operation {
        Operation::ResizeInstance
        | Operation::StopInstance
        | Operation::StopDbInstance
        | Operation::StopDbCluster
        | Operation::PauseCluster
        | Operation::SetDesiredCount => true,
        Operation::ReleaseAddress
        | Operation::DeleteVolume
        | Operation::ModifyVolume
        | Operation::RequireImdsV2
        | Operation::RevokeRules
        | Operation::DisableSubnetPublicIp
        | Operation::EnableEbsEncryption
        | Operation::BlockPublicAccess
        | Operation::EncryptBucket
        | Operation::AbortMultipartUploads
        | Operation::DenyInsecureTransport
        | Operation::ModifyDbInstance
        | Operation::SetPasswordPolicy
        | Operation::DeleteNatGateway
        | Operation::DeleteVpcEndpoint
        | Operation::SetLogRetention
        | Operation::SetImageLifecycle
        | Operation::SetFileLifecycle
        | Operation::DeleteSecret
        | Operation::EncryptQueue
        | Operation::ProtectLoadBalancer
        | Operation::ProtectTable
        | Operation::RotateKey
        | Operation::ScanOnPush
        | Operation::ValidateTrail => false,
    }
}

/// Which changes get in each other's way: by resource, by stack, or because a resource belongs so
/// closely to another that it must not change while that one is interrupted.
#[derive(Debug, Default)]
pub struct Ties {
    /// Instances that a volume is attached to.
    attached: BTreeMap<Arn, BTreeSet<Arn>>,
}

impl Ties {
    /// The ties of a World: a volume with the instances it is attached to.
    pub fn of(world: &World) -> Self {
        let instances: BTreeMap<_, _> = world
            .of_kind(ResourceKind::Ec2Instance)
            .map(|resource| {
                ((&resource.account, &resource.region, resource.id.as_str()), &resource.arn)
            })
            .collect();
        let mut attached: BTreeMap<Arn, BTreeSet<Arn>> = BTreeMap::new();
        for resource in world.of_kind(ResourceKind::Ec2Volume) {
            let ResourceConfig::Ec2Volume(volume) = &resource.config else { continue };
            for attachment in &volume.attached_to {
                let key = (&resource.account, &resource.region, attachment.instance_id.as_str());
                if let Some(instance) = instances.get(&key) {
                    attached.entry(resource.arn.clone()).or_default().insert((*instance).clone());
                }
            }
        }
        Self { attached }
    }

    /// Whether two actions must not share a wave, whose tasks are worked on side by side: they change
    /// one resource, or one stack (a stack follows one change at a time, from the template it had), or
    /// one disturbs the other.
    pub fn apart(&self, a: &Action, b: &Action) -> bool {
        a.target == b.target
            || stack(a).is_some_and(|of| stack(b) == Some(of))
            || self.disturb(a, b)
    }

    /// Whether one action interrupts what the other changes.
    pub fn disturb(&self, a: &Action, b: &Action) -> bool {
        let tied = |x: &Arn, y: &Arn| self.attached.get(x).is_some_and(|to| to.contains(y));
        (interrupts(a.operation) || interrupts(b.operation))
            && (a.target == b.target || tied(&a.target, &b.target) || tied(&b.target, &a.target))
    }
}

/// The stack that an action goes through.
fn stack(action: &Action) -> Option<(&AccountId, &Region, &str)> {
    match &action.route {
        Route::ChangeSet { stack, .. } => Some((&action.account, &action.region, stack)),
        Route::Direct => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::fixture::{group, instance, propose, volume, world};

    fn between(done: &Proposal, next: &Proposal) -> Option<Refusal> {
        refusal(done, next)
    }

    fn revoke(rules: Value) -> Proposal {
        let mut proposal = propose(Operation::RevokeRules, &group("sg-1"), "sg_open", 0);
        proposal.action.expected = TargetState::present([("ingress", rules)]);
        proposal.action.desired = TargetState::present([("ingress", json!([]))]);
        proposal
    }

    #[test]
    fn one_saving_a_resource() {
        let server = instance("i-1", 1.0);
        let stop = propose(Operation::StopInstance, &server, "ec2_idle", 280);
        let resize = propose(Operation::ResizeInstance, &server, "ec2_over", 96);
        assert_eq!(
            between(&stop, &resize),
            Some(Refusal::Superseded { by: stop.action.id.clone() })
        );
        let other = propose(Operation::ResizeInstance, &instance("i-2", 1.0), "ec2_over", 96);
        assert_eq!(between(&stop, &other), None);
    }

    #[test]
    fn a_volume_is_modified_or_deleted() {
        let disk = volume("vol-1", None);
        let delete = propose(Operation::DeleteVolume, &disk, "ebs_unattached", 10);
        for saving in [0, 2] {
            let modify = propose(Operation::ModifyVolume, &disk, "ebs_gp2", saving);
            assert_eq!(
                between(&delete, &modify),
                Some(Refusal::Superseded { by: delete.action.id.clone() })
            );
        }
        let modify = propose(Operation::ModifyVolume, &disk, "ebs_gp2", 20);
        let mut delete = delete;
        delete.saving = Saving::None;
        assert_eq!(
            between(&modify, &delete),
            Some(Refusal::Conflicts { with: modify.action.id.clone() })
        );
    }

    #[test]
    fn fixes_of_one_resource_go_together_where_their_settings_are_apart() {
        let server = instance("i-1", 1.0);
        let imds = propose(Operation::RequireImdsV2, &server, "ec2_imds", 0);
        let stop = propose(Operation::StopInstance, &server, "ec2_idle", 280);
        assert_eq!(between(&stop, &imds), None);
        let again = propose(Operation::RequireImdsV2, &server, "ec2_imds_too", 0);
        assert!(matches!(between(&imds, &again), Some(Refusal::Conflicts { .. })));
    }

    #[test]
    fn rules_of_a_group_count_one_by_one() {
        let (ssh, rdp) = (json!({"from_port": 22}), json!({"from_port": 3389}));
        assert_eq!(between(&revoke(json!([ssh])), &revoke(json!([rdp]))), None);
        assert!(between(&revoke(json!([ssh, rdp])), &revoke(json!([rdp]))).is_some());
    }

    #[test]
    fn what_interrupts_an_instance_keeps_away_from_its_volumes() {
        let (server, disk) = (instance("i-1", 1.0), volume("vol-1", Some("i-1")));
        let elsewhere = volume("vol-2", Some("i-2"));
        let ties = Ties::of(&world(&[server.clone(), disk.clone(), elsewhere.clone()]));
        let resize = propose(Operation::ResizeInstance, &server, "ec2_over", 96).action;
        let imds = propose(Operation::RequireImdsV2, &server, "ec2_imds", 0).action;
        let modify = propose(Operation::ModifyVolume, &disk, "ebs_gp2", 2).action;
        let other = propose(Operation::ModifyVolume, &elsewhere, "ebs_gp2", 2).action;
        assert!(ties.apart(&resize, &modify) && ties.apart(&modify, &resize));
        assert!(ties.disturb(&resize, &imds) && ties.disturb(&resize, &modify));
        assert!(!ties.apart(&imds, &modify), "nothing is interrupted");
        assert!(!ties.apart(&resize, &other));
    }
    #[test]
    fn one_resource_and_one_stack_change_one_at_a_time() {
        let ties = Ties::default();
        let modify = |id: &str, stack: Option<&str>| {
            let mut action =
                propose(Operation::ModifyVolume, &volume(id, None), "ebs_gp2", 2).action;
            if let Some(stack) = stack {
                action.route = Route::ChangeSet {
                    stack: stack.into(),
                    logical_id: id.into(),
                    properties: BTreeMap::new(),
                };
            }
            action
        };
        assert!(ties.apart(&modify("vol-1", None), &modify("vol-1", None)));
        assert!(!ties.apart(&modify("vol-1", None), &modify("vol-2", None)));
        assert!(ties.apart(&modify("vol-1", Some("shop")), &modify("vol-2", Some("shop"))));
        assert!(!ties.apart(&modify("vol-1", Some("shop")), &modify("vol-2", Some("till"))));
        assert!(!ties.apart(&modify("vol-1", Some("shop")), &modify("vol-2", None)));
        let mut elsewhere = modify("vol-2", Some("shop"));
        elsewhere.region = "eu-west-1".parse().unwrap();
        assert!(!ties.apart(&modify("vol-1", Some("shop")), &elsewhere));
    }
}
