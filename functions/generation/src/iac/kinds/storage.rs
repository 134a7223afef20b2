//! EFS file systems and ECR repositories.

use miyabi_types::resource::{ResourceConfig, ResourceKind};

use crate::iac::{
    code::Place,
    estate::What,
    expr::{Body, Concern::Data, Declaration, Expr},
};

const KEY: What = What::Itself(ResourceKind::KmsKey);
const SUBNET: What = What::Itself(ResourceKind::Ec2Subnet);

pub mod efs {
    use miyabi_types::resource::efs::FileSystem;

    use super::*;

    /// Each move between storage classes, by what a language calls it.
    fn moves(system: &FileSystem, names: [&'static str; 3]) -> Vec<Body> {
        let Some(lifecycle) = system.lifecycle.known() else { return Vec::new() };
        let moves =
            [&lifecycle.to_infrequent_access, &lifecycle.to_archive, &lifecycle.to_standard];
        let moves = names.into_iter().zip(moves);
        moves.filter_map(|(name, when)| Some(Body::new().set(name, when.as_ref()?))).collect()
    }

    pub fn terraform(place: &Place<'_, '_>) -> Vec<Declaration> {
        let ResourceConfig::EfsFileSystem(system) = &place.resource().config else {
            return Vec::new();
        };
        let id = &place.resource().id;
        let names =
            ["transition_to_ia", "transition_to_archive", "transition_to_primary_storage_class"];
        let body = Body::new()
            .set("performance_mode", &system.performance_mode)
            .set("throughput_mode", &system.throughput_mode)
            .maybe("provisioned_throughput_in_mibps", provisioned(system))
            .set("encrypted", system.encrypted)
            .maybe("kms_key_id", system.kms_key_id.as_deref().map(|key| place.link(KEY, key)))
            .maybe("availability_zone_name", system.availability_zone.as_deref())
            .blocks("lifecycle_policy", moves(system, names));
        let mut declarations = vec![
            Declaration::new("aws_efs_file_system", Data, body)
                .ignoring(system.lifecycle.known().is_none().then_some("lifecycle_policy"))
                .id(id)
                .tagged("tags"),
        ];
        declarations.extend(system.mount_target_ids.iter().map(|(subnet, target)| {
            let body = Body::new()
                .set("file_system_id", place.own("id", id))
                .set("subnet_id", place.link(SUBNET, subnet));
            Declaration::new("aws_efs_mount_target", Data, body)
                .part(subnet)
                .ignoring(["timeouts"])
                .id(target)
        }));
        if let Some(on) = system.automatic_backups.known() {
            let status = Body::new().set("status", if *on { "ENABLED" } else { "DISABLED" });
            let body = Body::new()
                .set("file_system_id", place.own("id", id))
                .block("backup_policy", status);
            declarations
                .extend(on.then(|| Declaration::new("aws_efs_backup_policy", Data, body).id(id)));
        }
        declarations
    }

    fn provisioned(system: &FileSystem) -> Option<f64> {
        system.provisioned_mibps.filter(|_| system.throughput_mode == "provisioned")
    }

    pub fn cloudformation(place: &Place<'_, '_>) -> Vec<Declaration> {
        let ResourceConfig::EfsFileSystem(system) = &place.resource().config else {
            return Vec::new();
        };
        let id = &place.resource().id;
        let names = ["TransitionToIA", "TransitionToArchive", "TransitionToPrimaryStorageClass"];
        let policies = moves(system, names).into_iter().map(Expr::Body).collect::<Vec<_>>();
        let backups = system
            .automatic_backups
            .known()
            .map(|on| Body::new().set("Status", if *on { "ENABLED" } else { "DISABLED" }));
        let body = Body::new()
            .set("PerformanceMode", &system.performance_mode)
            .set("ThroughputMode", &system.throughput_mode)
            .maybe("ProvisionedThroughputInMibps", provisioned(system))
            .set("Encrypted", system.encrypted)
            .maybe("KmsKeyId", system.kms_key_id.as_deref().map(|key| place.link(KEY, key)))
            .maybe("AvailabilityZoneName", system.availability_zone.as_deref())
            .some("LifecyclePolicies", policies)
            .maybe("BackupPolicy", backups);
        let mut declarations = vec![
            Declaration::new("AWS::EFS::FileSystem", Data, body)
                .found_by([("FileSystemId", id.clone())])
                .tagged("FileSystemTags")
                .stateful(),
        ];
        // Which groups guard a mount target is not discovered, and CloudFormation wants to know: it is asked.
        declarations.extend(system.mount_target_ids.iter().map(|(subnet, target)| {
            let groups = Expr::asked(
                format!("{}Groups", crate::iac::names::pascal(target)),
                format!("Security group of the mount target {target}"),
            );
            let body = Body::new()
                .set("FileSystemId", place.own("Ref", id))
                .set("SubnetId", place.link(SUBNET, subnet))
                .set("SecurityGroups", vec![groups]);
            Declaration::new("AWS::EFS::MountTarget", Data, body)
                .part(subnet)
                .found_by([("Id", target.clone())])
        }));
        declarations
    }
}

pub mod ecr {
    use super::*;

    pub fn terraform(place: &Place<'_, '_>) -> Vec<Declaration> {
        let ResourceConfig::EcrRepository(repository) = &place.resource().config else {
            return Vec::new();
        };
        let name = &place.resource().id;
        let encryption = Body::new()
            .set("encryption_type", &repository.encryption_type)
            .maybe("kms_key", repository.kms_key_id.as_deref().map(|key| place.link(KEY, key)));
        let scan = Body::new().set("scan_on_push", repository.scan_on_push);
        let body = Body::new()
            .set("name", name)
            .set("image_tag_mutability", &repository.tag_mutability)
            .block("encryption_configuration", encryption)
            .block("image_scanning_configuration", scan);
        let mut declarations = vec![
            Declaration::new("aws_ecr_repository", Data, body)
                .ignoring(["force_delete", "image_tag_mutability_exclusion_filter", "timeouts"])
                .id(name)
                .tagged("tags"),
        ];
        let policies = [
            ("aws_ecr_lifecycle_policy", &repository.lifecycle_policy),
            ("aws_ecr_repository_policy", &repository.policy),
        ];
        for (kind, policy) in policies {
            if let Some(policy) = policy.known().and_then(Option::as_ref) {
                let body =
                    Body::new().set("repository", place.own("name", name)).set("policy", policy);
                declarations.push(Declaration::new(kind, Data, body).id(name));
            }
        }
        declarations
    }

    pub fn cloudformation(place: &Place<'_, '_>) -> Vec<Declaration> {
        let ResourceConfig::EcrRepository(repository) = &place.resource().config else {
            return Vec::new();
        };
        let name = &place.resource().id;
        let encryption = Body::new()
            .set("EncryptionType", &repository.encryption_type)
            .maybe("KmsKey", repository.kms_key_id.as_deref().map(|key| place.link(KEY, key)));
        let lifecycle = repository.lifecycle_policy.known().and_then(Option::as_ref);
        // CloudFormation takes it as text.
        let lifecycle =
            lifecycle.map(|policy| Body::new().set("LifecyclePolicyText", policy.to_string()));
        let body = Body::new()
            .set("RepositoryName", name)
            .set("ImageTagMutability", &repository.tag_mutability)
            .set("EncryptionConfiguration", encryption)
            .set(
                "ImageScanningConfiguration",
                Body::new().set("ScanOnPush", repository.scan_on_push),
            )
            .maybe("LifecyclePolicy", lifecycle)
            .maybe("RepositoryPolicyText", repository.policy.known().and_then(Option::as_ref));
        vec![
            Declaration::new("AWS::ECR::Repository", Data, body)
                .found_by([("RepositoryName", name.clone())])
                .tagged("Tags")
                .stateful(),
        ]
    }
}
