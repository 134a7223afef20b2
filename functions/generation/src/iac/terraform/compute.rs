//! `compute.tf`: instances.

use hcl::{Block, expr::Expression, structure::BlockBuilder};
use miyabi_types::resource::ec2::Instance;

use super::{Code, File, IMPORT_ARTEFACT, Part, attributes};

/// What a World does not hold of an instance, but the provider would reset or even replace it for.
const NOT_DISCOVERED: [&str; 7] = [
    "disable_api_termination",
    "hibernation",
    "monitoring",
    "source_dest_check",
    IMPORT_ARTEFACT,
    "user_data",
    "user_data_base64",
];

pub fn render(code: &Code<'_>) -> File {
    let mut file = File::new(
        "Instances. User data is never read, so that no secret in it gets here; disks follow the instance.",
    );
    for (at, member) in code.members() {
        if let Part::Instance(instance) = member.part {
            file.push(&member.notes(), &instance_block(code, at, instance));
        }
    }
    if !code.estate.left_out.is_empty() {
        let mut lines = vec!["Left out:".to_owned()];
        lines.extend(
            code.estate.left_out.iter().map(|(resource, why)| format!("- {}: {why}", resource.id)),
        );
        file.remark(&lines);
    }
    file
}

fn instance_block(code: &Code<'_>, at: usize, instance: &Instance) -> Block {
    let member = &code.estate.members[at];
    code.resource(at, attributes(&NOT_DISCOVERED), |mut block: BlockBuilder| {
        for (name, value) in
            [("ami", instance.image_id.as_ref()), ("instance_type", Some(&instance.instance_type))]
        {
            if let Some(value) = value {
                block = block.add_attribute((name, value.as_str()));
            }
        }
        block = match &instance.subnet_id {
            Some(subnet) => block.add_attribute(("subnet_id", code.reference(member, subnet))),
            None => block.add_attribute(("availability_zone", instance.availability_zone.as_str())),
        };
        let groups: Vec<Expression> =
            instance.security_group_ids.iter().map(|id| code.reference(member, id)).collect();
        if !groups.is_empty() {
            block = block.add_attribute(("vpc_security_group_ids", groups));
        }
        if let Some(key) = &instance.key_name {
            block = block.add_attribute(("key_name", key.as_str()));
        }
        // arn:aws:iam::123456789012:instance-profile/path/name: the provider takes the name.
        if let Some(name) =
            instance.instance_profile_arn.as_deref().and_then(|arn| arn.rsplit('/').next())
        {
            block = block.add_attribute(("iam_instance_profile", name));
        }
        if instance.tenancy != "default" {
            block = block.add_attribute(("tenancy", instance.tenancy.as_str()));
        }
        block = block.add_attribute(("ebs_optimized", instance.ebs_optimized));
        if let Some(tokens) = &instance.imds_http_tokens {
            let mut metadata = Block::builder("metadata_options");
            if let Some(endpoint) = &instance.imds_http_endpoint {
                metadata = metadata.add_attribute(("http_endpoint", endpoint.as_str()));
            }
            block =
                block.add_block(metadata.add_attribute(("http_tokens", tokens.as_str())).build());
        }
        block
    })
}
