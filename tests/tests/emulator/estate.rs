//! What an account looks like from outside, to compare before with after.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use aws_sdk_ec2::types::IpPermission;
use miyabi_tests::emulator::Lab;

/// The settings of each resource in use, by logical id, as AWS tells them.
pub async fn in_use(lab: &Lab) -> Result<BTreeMap<String, String>> {
    let everything = settings(lab).await?;
    Ok(everything.into_iter().filter(|(id, _)| lab.profile.in_use.contains(id)).collect())
}

/// The settings of everything that a cycle might change, by logical id.
pub async fn settings(lab: &Lab) -> Result<BTreeMap<String, String>> {
    let mut found = BTreeMap::new();
    for (logical_id, kind) in &lab.account.types {
        let Some(id) = lab.account.ids.get(logical_id) else { continue };
        if let Some(settings) = of(lab, kind, id).await? {
            found.insert(logical_id.clone(), settings);
        }
    }
    Ok(found)
}

async fn of(lab: &Lab, kind: &str, id: &str) -> Result<Option<String>> {
    let ec2 = lab.ec2();
    Ok(Some(match kind {
        "AWS::EC2::Instance" => {
            let answer = ec2.describe_instances().instance_ids(id).send().await?;
            let instance = &answer.reservations()[0].instances()[0];
            format!(
                "{:?} {:?} {:?} {:?}",
                instance.instance_type(),
                instance.state().and_then(|state| state.name()),
                instance.metadata_options().and_then(|options| options.http_tokens()),
                instance.security_groups(),
            )
        }
        "AWS::EC2::Volume" => {
            let answer = ec2.describe_volumes().send().await?;
            let volume = answer.volumes().iter().find(|volume| volume.volume_id() == Some(id));
            volume.map_or("gone".into(), |volume| {
                format!("{:?} {:?} {:?}", volume.volume_type(), volume.size(), volume.state())
            })
        }
        "AWS::EC2::EIP" => {
            let answer = ec2.describe_addresses().send().await?;
            let address = answer.addresses().iter().find(|address| address.public_ip() == Some(id));
            address.map_or("gone".into(), |address| format!("{:?}", address.association_id()))
        }
        "AWS::EC2::SecurityGroup" => {
            let answer = ec2.describe_security_groups().group_ids(id).send().await?;
            let group = &answer.security_groups()[0];
            format!(
                "{:?} {:?}",
                rules(group.ip_permissions()),
                rules(group.ip_permissions_egress())
            )
        }
        "AWS::EC2::Subnet" => {
            let answer = ec2.describe_subnets().subnet_ids(id).send().await?;
            format!("{:?}", answer.subnets()[0].map_public_ip_on_launch())
        }
        "AWS::EC2::NatGateway" => {
            let answer = ec2.describe_nat_gateways().nat_gateway_ids(id).send().await?;
            format!("{:?}", answer.nat_gateways()[0].state())
        }
        "AWS::S3::Bucket" => bucket(lab, id).await,
        "AWS::RDS::DBInstance" => {
            let answer =
                lab.rds().describe_db_instances().db_instance_identifier(id).send().await?;
            let database = &answer.db_instances()[0];
            format!(
                "{:?} {:?} {:?} {:?} {:?} {:?} {:?}",
                database.db_instance_class(),
                database.db_instance_status(),
                database.backup_retention_period(),
                database.deletion_protection(),
                database.auto_minor_version_upgrade(),
                database.copy_tags_to_snapshot(),
                database.publicly_accessible(),
            )
        }
        _ => return Ok(None),
    }))
}

/// Rules one by one, in an order of their own: AWS keeps none.
fn rules(permissions: &[IpPermission]) -> BTreeSet<String> {
    let mut rules = BTreeSet::new();
    for permission in permissions {
        let to = format!(
            "{:?} {:?}-{:?}",
            permission.ip_protocol(),
            permission.from_port(),
            permission.to_port()
        );
        rules.extend(permission.ip_ranges().iter().map(|range| format!("{to} {range:?}")));
        rules.extend(permission.ipv6_ranges().iter().map(|range| format!("{to} {range:?}")));
        rules.extend(permission.user_id_group_pairs().iter().map(|pair| format!("{to} {pair:?}")));
    }
    rules
}

async fn bucket(lab: &Lab, id: &str) -> String {
    let s3 = lab.s3();
    let block = s3.get_public_access_block().bucket(id).send().await.ok();
    let policy = s3.get_bucket_policy().bucket(id).send().await.ok();
    let lifecycle = s3.get_bucket_lifecycle_configuration().bucket(id).send().await.ok();
    let encryption = s3.get_bucket_encryption().bucket(id).send().await.ok();
    format!(
        "{:?} {:?} {:?} {:?}",
        block.and_then(|answer| answer.public_access_block_configuration),
        policy.and_then(|answer| answer.policy).filter(|policy| !policy.is_empty()),
        lifecycle.and_then(|answer| answer.rules),
        encryption.and_then(|answer| answer.server_side_encryption_configuration),
    )
}
