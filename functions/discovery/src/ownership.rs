//! Who owns a resource's definition: a CloudFormation stack (also those of SAM, CDK and eksctl), another tool that its
//! tags tell of, or nothing known.

use std::collections::HashMap;

use miyabi_types::resource::{ManagedBy, Resource, ResourceConfig, Tags};
use serde::{Deserialize, Serialize};

/// A resource of a stack, as CloudFormation lists it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StackResource {
    /// The stack's name.
    pub stack: String,
    /// Its id in the template.
    pub logical_id: String,
    /// Its id in its service.
    pub physical_id: String,
    /// Its CloudFormation type.
    pub kind: String,
}

/// What the stacks of a scope own.
#[derive(Debug, Default)]
pub struct Ownership(HashMap<(String, String), (String, String)>);

impl FromIterator<StackResource> for Ownership {
    fn from_iter<I: IntoIterator<Item = StackResource>>(resources: I) -> Self {
        let entry = |r: StackResource| ((r.kind, r.physical_id), (r.stack, r.logical_id));
        Self(resources.into_iter().map(entry).collect())
    }
}

impl Ownership {
    /// Who owns `resource`.
    ///
    /// A stack that lists the resource owns it under the logical id listed. A resource that only
    /// carries a stack's tag belongs to that stack too, but under no logical id known: tags are
    /// passed on, for example from an Auto Scaling group to its instances and from an instance to
    /// its volumes. Nothing passes tags on to IAM, so there the logical id's tag is believed.
    pub fn of(&self, resource: &Resource) -> ManagedBy {
        let kind = resource.type_name();
        let listed = physical_ids(resource)
            .into_iter()
            .find_map(|id| self.0.get(&(kind.to_owned(), id.to_owned())));
        if let Some((stack, logical_id)) = listed {
            return ManagedBy::CloudFormation {
                stack: stack.clone(),
                logical_id: Some(logical_id.clone()),
            };
        }
        if let Some(stack) = resource.tags.get("aws:cloudformation:stack-name") {
            let told = resource.tags.get("aws:cloudformation:logical-id");
            let logical_id = told.filter(|_| resource.region.is_global()).cloned();
            return ManagedBy::CloudFormation { stack: stack.clone(), logical_id };
        }
        by_tags(&resource.tags)
    }
}

/// What CloudFormation may call the resource: "Return values, Ref" of its type's reference.
fn physical_ids(resource: &Resource) -> Vec<&str> {
    let mut ids = vec![resource.id.as_str(), resource.arn.as_str()];
    if let ResourceConfig::Ec2Address(address) = &resource.config {
        ids.push(&address.public_ip);
    }
    ids
}

/// What the tags tell: those that a controller puts on all that it makes, or those by which teams mark what a tool
/// owns. Sources (November 2026): `crossplane-runtime`, external resource tags; AWS Controllers for Kubernetes,
/// "Managing Tags on your AWS Resources"; AWS Load Balancer Controller, EBS CSI driver, Karpenter and Kubernetes'
/// cloud provider, tags of what they make; eksctl, tags of what it makes.
fn by_tags(tags: &Tags) -> ManagedBy {
    let has = |key: &str| tags.contains_key(key);
    let owned_by_cluster = |(key, value): (&String, &String)| {
        key.starts_with("kubernetes.io/cluster/") && value == "owned"
    };
    if has("crossplane-kind") && has("crossplane-name") {
        ManagedBy::Crossplane
    } else if has("services.k8s.aws/controller-version") {
        ManagedBy::AwsControllersForKubernetes
    } else if let Some(tool) = marked(tags) {
        tool
    } else if has("alpha.eksctl.io/cluster-name") {
        ManagedBy::Eksctl
    } else if CLUSTERS_OWN.iter().any(|key| has(key)) || tags.iter().any(owned_by_cluster) {
        ManagedBy::Kubernetes
    } else {
        ManagedBy::None
    }
}

/// Tags of what a cluster's controllers make.
const CLUSTERS_OWN: [&str; 3] =
    ["ebs.csi.aws.com/cluster", "elbv2.k8s.aws/cluster", "karpenter.sh/nodepool"];

/// The tool that the tags name by one of the conventions of teams, which provider-wide default tags follow:
/// `managed-by`, `managed_by`, `ManagedBy`, `provisioner`, `created-by`… with a value that names it,
/// `terraform = true`, or `pulumi:project`. Upper and lower case, `-`, `_` and spaces do not matter.
fn marked(tags: &Tags) -> Option<ManagedBy> {
    let plain = |text: &str| {
        text.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase()
    };
    tags.iter().find_map(|(key, value)| {
        let value = plain(value);
        let yes = matches!(value.as_str(), "true" | "yes" | "1");
        match plain(key).as_str() {
            "managedby" | "provisionedby" | "provisioner" | "createdby" | "iac" | "iactool" => {
                if value.contains("terraform") || value.contains("opentofu") {
                    return Some(ManagedBy::Terraform);
                }
                value.contains("pulumi").then_some(ManagedBy::Pulumi)
            }
            "terraform" => yes.then_some(ManagedBy::Terraform),
            "pulumi" => yes.then_some(ManagedBy::Pulumi),
            "pulumiproject" | "pulumistack" => Some(ManagedBy::Pulumi),
            _ => None,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{address, role, volume};

    fn tags(pairs: &[(&str, &str)]) -> Tags {
        pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect()
    }

    fn stack(kind: &str, physical_id: &str) -> Ownership {
        Ownership::from_iter([StackResource {
            stack: "shop".into(),
            logical_id: "Data".into(),
            physical_id: physical_id.into(),
            kind: kind.into(),
        }])
    }

    fn cloudformation(logical_id: Option<&str>) -> ManagedBy {
        ManagedBy::CloudFormation { stack: "shop".into(), logical_id: logical_id.map(Into::into) }
    }

    #[test]
    fn a_listed_resource_has_its_logical_id() {
        let owned = stack("AWS::EC2::Volume", "vol-1").of(&volume("vol-1", Tags::new()));
        assert_eq!(owned, cloudformation(Some("Data")));
        let other = stack("AWS::S3::Bucket", "vol-1").of(&volume("vol-1", Tags::new()));
        assert_eq!(other, ManagedBy::None, "the same id of another type is another resource");
    }

    #[test]
    fn an_address_is_listed_by_its_public_ip() {
        let owned =
            stack("AWS::EC2::EIP", "198.51.100.7").of(&address("eipalloc-1", "198.51.100.7"));
        assert_eq!(owned, cloudformation(Some("Data")));
    }

    #[test]
    fn a_tag_alone_tells_the_stack_but_not_which_of_its_resources() {
        let passed_on = tags(&[
            ("aws:cloudformation:stack-name", "shop"),
            ("aws:cloudformation:logical-id", "WebServer"),
        ]);
        let tagged = Ownership::default().of(&volume("vol-2", passed_on.clone()));
        assert_eq!(tagged, cloudformation(None));
        let iam = Ownership::default().of(&role("web", passed_on));
        assert_eq!(iam, cloudformation(Some("WebServer")));
    }

    #[test]
    fn terraform_is_known_by_its_teams_tags() {
        for (key, value) in [
            ("managed-by", "terraform"),
            ("ManagedBy", "Terraform Cloud"),
            ("managed_by", "opentofu"),
            ("Terraform", "true"),
        ] {
            let owner = Ownership::default().of(&volume("vol-3", tags(&[(key, value)])));
            assert_eq!(owner, ManagedBy::Terraform, "{key}={value}");
        }
        for (key, value) in [("managed-by", "alice"), ("terraform", "false"), ("Name", "terraform")]
        {
            let owner = Ownership::default().of(&volume("vol-3", tags(&[(key, value)])));
            assert_eq!(owner, ManagedBy::None, "{key}={value}");
        }
    }

    #[test]
    fn every_tool_is_known_by_the_tags_that_it_leaves() {
        let owner = |pairs: &[(&str, &str)]| Ownership::default().of(&volume("vol-4", tags(pairs)));
        assert_eq!(owner(&[("pulumi:project", "shop")]), ManagedBy::Pulumi);
        assert_eq!(owner(&[("managed-by", "Pulumi")]), ManagedBy::Pulumi);
        let crossplane = [
            ("crossplane-kind", "volume.ec2.aws.upbound.io"),
            ("crossplane-name", "data"),
            ("crossplane-providerconfig", "default"),
        ];
        assert_eq!(owner(&crossplane), ManagedBy::Crossplane);
        let ack = [("services.k8s.aws/controller-version", "s3-v1.0.14")];
        assert_eq!(owner(&ack), ManagedBy::AwsControllersForKubernetes);
        assert_eq!(owner(&[("alpha.eksctl.io/cluster-name", "shop")]), ManagedBy::Eksctl);
        for (key, value) in [
            ("kubernetes.io/cluster/shop", "owned"),
            ("elbv2.k8s.aws/cluster", "shop"),
            ("ebs.csi.aws.com/cluster", "true"),
            ("karpenter.sh/nodepool", "default"),
        ] {
            assert_eq!(owner(&[(key, value)]), ManagedBy::Kubernetes, "{key}");
        }
        assert_eq!(owner(&[("kubernetes.io/cluster/shop", "shared")]), ManagedBy::None);
        let by_module = [("kubernetes.io/cluster/shop", "owned"), ("terraform", "true")];
        assert_eq!(owner(&by_module), ManagedBy::Terraform, "the tool that made it is told");
    }
}
