//! The kinds of resource that are written as code: a row each, and its two languages in the file of its
//! service. What a World does not hold is left to AWS and never guessed.

#![cfg_attr(
    not(test),
    expect(
        clippy::wildcard_imports,
        reason = "the kinds of a service share the words at the top of its file"
    )
)]

mod account;
mod bucket;
mod database;
mod dynamodb;
mod elasticache;
mod function;
mod iam;
mod instance;
mod kms;
mod launch;
mod load_balancer;
mod network;
mod routing;
mod security_group;
mod storage;
mod volume;

use miyabi_types::resource::{Resource, ResourceKind};

use super::{
    code::{Language, Place},
    estate::{Ids, What},
    expr::Declaration,
};

/// How one kind is written.
pub struct Kind {
    /// What it is about.
    pub what: What,
    /// The file of a Terraform module that it goes into.
    pub file: &'static str,
    terraform: fn(&Place<'_, '_>) -> Vec<Declaration>,
    /// Absent where CloudFormation has no such type.
    cloudformation: Option<fn(&Place<'_, '_>) -> Vec<Declaration>>,
}

const fn kind(
    kind: ResourceKind,
    file: &'static str,
    terraform: fn(&Place<'_, '_>) -> Vec<Declaration>,
    cloudformation: fn(&Place<'_, '_>) -> Vec<Declaration>,
) -> Kind {
    Kind { what: What::Itself(kind), file, terraform, cloudformation: Some(cloudformation) }
}

const fn terraform_only(
    kind: ResourceKind,
    file: &'static str,
    terraform: fn(&Place<'_, '_>) -> Vec<Declaration>,
) -> Kind {
    Kind { what: What::Itself(kind), file, terraform, cloudformation: None }
}

use ResourceKind as Of;

/// Every kind, sorted as declared.
pub const KINDS: &[Kind] = &[
    kind(Of::Ec2Vpc, "vpc", network::vpc::terraform, network::vpc::cloudformation),
    kind(Of::Ec2Subnet, "vpc", network::subnet::terraform, network::subnet::cloudformation),
    kind(
        Of::Ec2InternetGateway,
        "gateways",
        network::internet_gateway::terraform,
        network::internet_gateway::cloudformation,
    ),
    kind(
        Of::Ec2NatGateway,
        "gateways",
        network::nat_gateway::terraform,
        network::nat_gateway::cloudformation,
    ),
    kind(Of::Ec2Address, "gateways", network::address::terraform, network::address::cloudformation),
    kind(
        Of::Ec2RouteTable,
        "routing",
        routing::route_table::terraform,
        routing::route_table::cloudformation,
    ),
    kind(Of::Ec2NetworkAcl, "routing", routing::acl::terraform, routing::acl::cloudformation),
    kind(
        Of::Ec2VpcEndpoint,
        "endpoints",
        routing::endpoint::terraform,
        routing::endpoint::cloudformation,
    ),
    kind(
        Of::Ec2SecurityGroup,
        "security_groups",
        security_group::terraform,
        security_group::cloudformation,
    ),
    kind(Of::IamRole, "iam", iam::role::terraform, iam::role::cloudformation),
    Kind {
        what: What::InstanceProfile,
        file: "iam",
        terraform: iam::profile::terraform,
        cloudformation: Some(iam::profile::cloudformation),
    },
    kind(Of::IamPolicy, "iam", iam::policy::terraform, iam::policy::cloudformation),
    kind(Of::IamUser, "iam", iam::user::terraform, iam::user::cloudformation),
    kind(Of::IamGroup, "iam", iam::group::terraform, iam::group::cloudformation),
    terraform_only(Of::IamPasswordPolicy, "account", account::password_policy),
    kind(Of::KmsKey, "kms", kms::terraform, kms::cloudformation),
    terraform_only(Of::Ec2RegionDefaults, "account", account::region_defaults),
    terraform_only(Of::S3AccountPublicAccessBlock, "account", account::public_access_block),
    kind(Of::Ec2Volume, "ebs", volume::terraform, volume::cloudformation),
    kind(Of::S3Bucket, "s3", bucket::terraform, bucket::cloudformation),
    kind(Of::EfsFileSystem, "efs", storage::efs::terraform, storage::efs::cloudformation),
    kind(Of::EcrRepository, "ecr", storage::ecr::terraform, storage::ecr::cloudformation),
    Kind {
        what: What::DbSubnetGroup,
        file: "rds",
        terraform: database::subnet_group::terraform,
        cloudformation: Some(database::subnet_group::cloudformation),
    },
    kind(
        Of::RdsDbInstance,
        "rds",
        database::instance::terraform,
        database::instance::cloudformation,
    ),
    kind(Of::RdsDbCluster, "rds", database::cluster::terraform, database::cluster::cloudformation),
    kind(Of::DynamoDbTable, "dynamodb", dynamodb::terraform, dynamodb::cloudformation),
    kind(
        Of::ElastiCacheCluster,
        "elasticache",
        elasticache::cluster::terraform,
        elasticache::cluster::cloudformation,
    ),
    kind(
        Of::ElastiCacheReplicationGroup,
        "elasticache",
        elasticache::group::terraform,
        elasticache::group::cloudformation,
    ),
    kind(Of::Ec2Instance, "instances", instance::terraform, instance::cloudformation),
    kind(
        Of::Ec2LaunchTemplate,
        "auto_scaling",
        launch::template::terraform,
        launch::template::cloudformation,
    ),
    kind(
        Of::AutoScalingGroup,
        "auto_scaling",
        launch::group::terraform,
        launch::group::cloudformation,
    ),
    kind(
        Of::LoadBalancer,
        "load_balancers",
        load_balancer::balancer::terraform,
        load_balancer::balancer::cloudformation,
    ),
    kind(
        Of::TargetGroup,
        "load_balancers",
        load_balancer::target_group::terraform,
        load_balancer::target_group::cloudformation,
    ),
    kind(Of::LambdaFunction, "functions", function::terraform, function::cloudformation),
];

fn of(what: What) -> Option<&'static Kind> {
    KINDS.iter().find(|kind| kind.what == what)
}

/// Whether resources of this kind are written.
pub fn is_written(kind: ResourceKind) -> bool {
    of(What::Itself(kind)).is_some()
}

/// Whether a language has a type for resources of this kind.
pub fn is_said(language: Language, kind: ResourceKind) -> bool {
    of(What::Itself(kind)).is_some_and(|kind| match language {
        Language::Terraform => true,
        Language::CloudFormation => kind.cloudformation.is_some(),
    })
}

/// The file that a member goes into.
pub fn file(what: What) -> &'static str {
    of(what).map_or("main", |kind| kind.file)
}

/// The declarations of a member, itself first; none where the language has no such thing.
pub fn declarations(place: &Place<'_, '_>) -> Vec<Declaration> {
    let Some(kind) = of(place.member().what) else { return Vec::new() };
    match place.language {
        Language::Terraform => (kind.terraform)(place),
        Language::CloudFormation => {
            kind.cloudformation.map_or_else(Vec::new, |declare| declare(place))
        }
    }
}

/// Why a resource cannot be written at all.
pub fn why_not(ids: &Ids<'_>, resource: &Resource) -> Option<String> {
    use miyabi_types::resource::ResourceConfig as Config;
    match &resource.config {
        Config::Ec2Instance(it) => instance::why_not(it),
        Config::Ec2Volume(it) => volume::why_not(ids, &resource.region, it),
        Config::Ec2NatGateway(it) => network::nat_gateway::why_not(it),
        Config::Ec2VpcEndpoint(it) => routing::endpoint::why_not(it),
        Config::Ec2SecurityGroup(it) => {
            it.vpc_id.is_none().then(|| "EC2-Classic is gone".to_owned())
        }
        Config::Ec2LaunchTemplate(it) => launch::template::why_not(it),
        Config::AutoScalingGroup(it) => launch::group::why_not(it),
        Config::IamRole(it) => iam::role::why_not(it),
        Config::IamPasswordPolicy(it) => {
            it.policy.is_none().then(|| "there is none; AWS's default applies".to_owned())
        }
        Config::KmsKey(it) => kms::why_not(it),
        Config::DynamoDbTable(it) => dynamodb::why_not(it),
        Config::RdsDbInstance(it) => database::instance::why_not(it),
        Config::RdsDbCluster(it) => database::cluster::why_not(it),
        Config::ElastiCacheCluster(it) => elasticache::cluster::why_not(it),
        Config::S3AccountPublicAccessBlock(it) => (*it
            == miyabi_types::resource::s3::PublicAccessBlock::default())
        .then(|| "there is none".to_owned()),
        _ => None,
    }
}

/// The attribute that is the ARN, of what policies name and both languages can tell the ARN of.
pub fn arn(language: Language, what: What) -> Option<&'static str> {
    let What::Itself(
        Of::DynamoDbTable | Of::IamPolicy | Of::IamRole | Of::IamUser | Of::KmsKey | Of::S3Bucket,
    ) = what
    else {
        return None;
    };
    Some(attribute(language, what, "arn:"))
}

/// The attribute by which a language tells the id, name or ARN that a handle is.
pub fn attribute(language: Language, what: What, handle: &str) -> &'static str {
    let arn = handle.starts_with("arn:");
    let What::Itself(kind) = what else {
        return match language {
            Language::Terraform => "name",
            Language::CloudFormation => "Ref",
        };
    };
    match language {
        Language::Terraform => match kind {
            Of::IamRole | Of::IamUser | Of::IamGroup if !arn => "name",
            _ if arn => "arn",
            _ => "id",
        },
        Language::CloudFormation => match kind {
            Of::Ec2SecurityGroup => "GroupId",
            Of::Ec2Address => "AllocationId",
            Of::IamPolicy | Of::LoadBalancer | Of::TargetGroup => "Ref",
            _ if arn => "Arn",
            _ => "Ref",
        },
    }
}
