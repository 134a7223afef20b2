//! What exists: every resource with its configuration, typed per kind.

use std::{collections::BTreeMap, fmt};

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize};

pub mod access_analyzer;
pub mod account;
pub mod acm;
pub mod api_gateway;
pub mod autoscaling;
pub mod cloudfront;
pub mod cloudtrail;
pub mod cloudwatch;
pub mod config;
pub mod dynamodb;
pub mod ec2;
pub mod ecr;
pub mod ecs;
pub mod efs;
pub mod eks;
pub mod elasticache;
pub mod elasticloadbalancing;
mod fields;
pub mod generic;
pub mod guardduty;
pub mod iam;
pub mod kms;
pub mod lambda;
pub mod logs;
pub mod opensearch;
pub mod organizations;
pub mod rds;
mod read;
pub mod redshift;
pub mod s3;
pub mod secrets_manager;
pub mod security_hub;
pub mod sns;
pub mod sqs;
pub mod vpc;
pub mod vpn;

use crate::{
    agent::HistoricalAgent,
    evidence::{Evidence, Unavailable},
    id::{AccountId, Arn, Region},
    money::MonthlyUsd,
    utilization::Utilization,
};

/// Tags by key.
pub type Tags = BTreeMap<String, String>;

macro_rules! kinds {
    ($($(#[$doc:meta])* $variant:ident($config:ty) = $name:literal,)*) => {
        /// A kind of resource, named as CloudFormation names it.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum ResourceKind {
            $($(#[$doc])* #[serde(rename = $name)] $variant,)*
        }

        impl ResourceKind {
            /// Every kind.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The CloudFormation type name.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }
        }

        impl ResourceKind {
            /// The fields of its configuration, as they are stored.
            pub fn fields(self) -> &'static [&'static str] {
                match self { $(Self::$variant => fields::of::<$config>(),)* }
            }
        }

        /// The configuration of a resource.
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
        #[serde(tag = "kind", content = "config")]
        pub enum ResourceConfig {
            $($(#[$doc])* #[serde(rename = $name)] $variant($config),)*
        }

        impl ResourceKind {
            /// Reads the configuration of a resource of this kind.
            fn read<'de, D: Deserializer<'de>>(self, from: D) -> Result<ResourceConfig, D::Error> {
                match self {
                    $(Self::$variant => <$config>::deserialize(from).map(ResourceConfig::$variant),)*
                }
            }
        }

        impl ResourceConfig {
            /// The kind of this configuration.
            pub const fn kind(&self) -> ResourceKind {
                match self { $(Self::$variant(_) => ResourceKind::$variant,)* }
            }
        }
    };
}

kinds! {
    /// An EC2 instance.
    Ec2Instance(ec2::Instance) = "AWS::EC2::Instance",
    /// An EBS volume.
    Ec2Volume(ec2::Volume) = "AWS::EC2::Volume",
    /// An EBS snapshot owned by the account.
    Ec2Snapshot(ec2::Snapshot) = "AWS::EC2::Snapshot",
    /// An Elastic IP address.
    Ec2Address(ec2::Address) = "AWS::EC2::EIP",
    /// A VPC.
    Ec2Vpc(ec2::Vpc) = "AWS::EC2::VPC",
    /// A subnet.
    Ec2Subnet(ec2::Subnet) = "AWS::EC2::Subnet",
    /// A security group.
    Ec2SecurityGroup(ec2::SecurityGroup) = "AWS::EC2::SecurityGroup",
    /// A machine image (AMI) that the account owns.
    Ec2Image(ec2::Image) = "AWS::EC2::Image",
    /// A network interface.
    Ec2NetworkInterface(vpc::NetworkInterface) = "AWS::EC2::NetworkInterface",
    /// A NAT gateway.
    Ec2NatGateway(vpc::NatGateway) = "AWS::EC2::NatGateway",
    /// A route table.
    Ec2RouteTable(vpc::RouteTable) = "AWS::EC2::RouteTable",
    /// An internet gateway.
    Ec2InternetGateway(vpc::InternetGateway) = "AWS::EC2::InternetGateway",
    /// A network ACL.
    Ec2NetworkAcl(vpc::NetworkAcl) = "AWS::EC2::NetworkAcl",
    /// A flow log.
    Ec2FlowLog(vpc::FlowLog) = "AWS::EC2::FlowLog",
    /// A VPC endpoint.
    Ec2VpcEndpoint(vpc::VpcEndpoint) = "AWS::EC2::VPCEndpoint",
    /// A transit gateway.
    Ec2TransitGateway(vpn::TransitGateway) = "AWS::EC2::TransitGateway",
    /// A site-to-site VPN connection.
    Ec2VpnConnection(vpn::VpnConnection) = "AWS::EC2::VPNConnection",
    /// A Client VPN endpoint.
    Ec2ClientVpnEndpoint(vpn::ClientVpnEndpoint) = "AWS::EC2::ClientVpnEndpoint",
    /// A launch template.
    Ec2LaunchTemplate(ec2::LaunchTemplate) = "AWS::EC2::LaunchTemplate",
    /// Reserved Instances.
    Ec2ReservedInstances(ec2::ReservedInstances) = "AWS::EC2::ReservedInstances",
    /// A capacity reservation.
    Ec2CapacityReservation(ec2::CapacityReservation) = "AWS::EC2::CapacityReservation",
    /// A request for a Spot instance.
    Ec2SpotRequest(ec2::SpotRequest) = "AWS::EC2::SpotInstanceRequest",
    /// An Auto Scaling group.
    AutoScalingGroup(autoscaling::Group) = "AWS::AutoScaling::AutoScalingGroup",
    /// A launch configuration.
    AutoScalingLaunchConfiguration(autoscaling::LaunchConfiguration) =
        "AWS::AutoScaling::LaunchConfiguration",
    /// An application, network or gateway load balancer.
    LoadBalancer(elasticloadbalancing::LoadBalancer) = "AWS::ElasticLoadBalancingV2::LoadBalancer",
    /// A target group.
    TargetGroup(elasticloadbalancing::TargetGroup) = "AWS::ElasticLoadBalancingV2::TargetGroup",
    /// A classic load balancer.
    ClassicLoadBalancer(elasticloadbalancing::ClassicLoadBalancer) =
        "AWS::ElasticLoadBalancing::LoadBalancer",
    /// The EC2 defaults of an account in a region.
    Ec2RegionDefaults(ec2::RegionDefaults) = "Miyabi::EC2::RegionDefaults",
    /// An S3 bucket; in a box, for every resource in memory takes as much as the largest.
    S3Bucket(Box<s3::Bucket>) = "AWS::S3::Bucket",
    /// The account's public access block; one per account, even where none is set.
    S3AccountPublicAccessBlock(s3::PublicAccessBlock) = "Miyabi::S3::AccountPublicAccessBlock",
    /// An access point of a bucket.
    S3AccessPoint(s3::AccessPoint) = "AWS::S3::AccessPoint",
    /// An access point of buckets in several regions.
    S3MultiRegionAccessPoint(s3::MultiRegionAccessPoint) = "AWS::S3::MultiRegionAccessPoint",
    /// An EFS file system.
    EfsFileSystem(efs::FileSystem) = "AWS::EFS::FileSystem",
    /// An access point of an EFS file system.
    EfsAccessPoint(efs::AccessPoint) = "AWS::EFS::AccessPoint",
    /// An RDS database instance.
    RdsDbInstance(rds::DbInstance) = "AWS::RDS::DBInstance",
    /// An RDS or Aurora database cluster.
    RdsDbCluster(rds::DbCluster) = "AWS::RDS::DBCluster",
    /// A snapshot of a database instance.
    RdsDbSnapshot(rds::DbSnapshot) = "AWS::RDS::DBSnapshot",
    /// A snapshot of a database cluster.
    RdsDbClusterSnapshot(rds::DbSnapshot) = "AWS::RDS::DBClusterSnapshot",
    /// Database instances paid for in advance.
    RdsReservedDbInstance(rds::ReservedDbInstance) = "AWS::RDS::ReservedDBInstance",
    /// A proxy in front of databases.
    RdsDbProxy(rds::DbProxy) = "AWS::RDS::DBProxy",
    /// A subscription to events of databases.
    RdsEventSubscription(rds::EventSubscription) = "AWS::RDS::EventSubscription",
    /// A group of subnets for databases of RDS.
    RdsDbSubnetGroup(vpc::SubnetGroup) = "AWS::RDS::DBSubnetGroup",
    /// A `DynamoDB` table.
    DynamoDbTable(dynamodb::Table) = "AWS::DynamoDB::Table",
    /// An `ElastiCache` cluster: a Memcached cluster, or one node of a replication group.
    ElastiCacheCluster(elasticache::CacheCluster) = "AWS::ElastiCache::CacheCluster",
    /// An `ElastiCache` replication group.
    ElastiCacheReplicationGroup(elasticache::ReplicationGroup) = "AWS::ElastiCache::ReplicationGroup",
    /// A group of subnets for `ElastiCache`.
    ElastiCacheSubnetGroup(vpc::SubnetGroup) = "AWS::ElastiCache::SubnetGroup",
    /// An `OpenSearch` domain.
    OpenSearchDomain(opensearch::Domain) = "AWS::OpenSearchService::Domain",
    /// A Redshift cluster.
    RedshiftCluster(redshift::Cluster) = "AWS::Redshift::Cluster",
    /// A group of subnets for Redshift.
    RedshiftSubnetGroup(vpc::SubnetGroup) = "AWS::Redshift::ClusterSubnetGroup",
    /// An IAM user.
    IamUser(iam::User) = "AWS::IAM::User",
    /// An IAM group.
    IamGroup(iam::Group) = "AWS::IAM::Group",
    /// An IAM role.
    IamRole(iam::Role) = "AWS::IAM::Role",
    /// An instance profile.
    IamInstanceProfile(iam::InstanceProfile) = "AWS::IAM::InstanceProfile",
    /// A customer-managed IAM policy.
    IamPolicy(iam::Policy) = "AWS::IAM::ManagedPolicy",
    /// The account's password policy; one per account, even where none is set.
    IamPasswordPolicy(iam::PasswordPolicy) = "Miyabi::IAM::PasswordPolicy",
    /// The account's root user with the account's IAM counts.
    IamRootAccount(iam::RootAccount) = "Miyabi::IAM::RootAccount",
    /// A certificate kept in IAM.
    IamServerCertificate(iam::ServerCertificate) = "AWS::IAM::ServerCertificate",
    /// An analyzer of access.
    AccessAnalyzer(access_analyzer::Analyzer) = "AWS::AccessAnalyzer::Analyzer",
    /// The account itself, as AWS Config and Security Hub name it; one per account.
    #[serde(alias = "Miyabi::Account::Contacts")]
    Account(account::Account) = "AWS::::Account",
    /// A certificate of Certificate Manager.
    AcmCertificate(acm::Certificate) = "AWS::CertificateManager::Certificate",
    /// A trail, in its home region and account.
    CloudTrailTrail(cloudtrail::Trail) = "AWS::CloudTrail::Trail",
    /// What is recorded of a region; one per region, even where nothing is.
    CloudTrailRegion(cloudtrail::RegionTrails) = "Miyabi::CloudTrail::RegionTrails",
    /// An alarm on a metric.
    CloudWatchAlarm(cloudwatch::Alarm) = "AWS::CloudWatch::Alarm",
    /// An alarm on alarms.
    CloudWatchCompositeAlarm(cloudwatch::CompositeAlarm) = "AWS::CloudWatch::CompositeAlarm",
    /// A dashboard.
    CloudWatchDashboard(cloudwatch::Dashboard) = "AWS::CloudWatch::Dashboard",
    /// A recorder of configurations.
    ConfigRecorder(config::Recorder) = "AWS::Config::ConfigurationRecorder",
    /// Where recorded configurations go.
    ConfigDeliveryChannel(config::DeliveryChannel) = "AWS::Config::DeliveryChannel",
    /// A detector of threats.
    GuardDutyDetector(guardduty::Detector) = "AWS::GuardDuty::Detector",
    /// A key that the customer manages.
    KmsKey(kms::Key) = "AWS::KMS::Key",
    /// A log group.
    LogGroup(logs::LogGroup) = "AWS::Logs::LogGroup",
    /// Whether the account is in an organization; one per account.
    OrganizationsMembership(organizations::Membership) = "Miyabi::Organizations::Membership",
    /// An account of the organization.
    OrganizationsAccount(organizations::Account) = "AWS::Organizations::Account",
    /// A secret's circumstances.
    SecretsManagerSecret(secrets_manager::Secret) = "AWS::SecretsManager::Secret",
    /// Security Hub in a region; one per region, even where it is off.
    SecurityHub(security_hub::Hub) = "Miyabi::SecurityHub::Hub",
    /// A Lambda function.
    LambdaFunction(lambda::Function) = "AWS::Lambda::Function",
    /// An SNS topic.
    SnsTopic(sns::Topic) = "AWS::SNS::Topic",
    /// An SQS queue.
    SqsQueue(sqs::Queue) = "AWS::SQS::Queue",
    /// A CloudFront distribution.
    CloudFrontDistribution(cloudfront::Distribution) = "AWS::CloudFront::Distribution",
    /// A CloudFront function.
    CloudFrontFunction(cloudfront::Function) = "AWS::CloudFront::Function",
    /// A REST API of API Gateway.
    ApiGatewayRestApi(api_gateway::RestApi) = "AWS::ApiGateway::RestApi",
    /// A stage of a REST API.
    ApiGatewayStage(api_gateway::Stage) = "AWS::ApiGateway::Stage",
    /// An HTTP or WebSocket API of API Gateway.
    ApiGatewayV2Api(api_gateway::Api) = "AWS::ApiGatewayV2::Api",
    /// A stage of an HTTP or WebSocket API.
    ApiGatewayV2Stage(api_gateway::ApiStage) = "AWS::ApiGatewayV2::Stage",
    /// A route of an HTTP or WebSocket API.
    ApiGatewayV2Route(api_gateway::Route) = "AWS::ApiGatewayV2::Route",
    /// An ECR repository.
    EcrRepository(ecr::Repository) = "AWS::ECR::Repository",
    /// An ECS cluster.
    EcsCluster(ecs::Cluster) = "AWS::ECS::Cluster",
    /// An ECS service.
    EcsService(ecs::Service) = "AWS::ECS::Service",
    /// An ECS task definition.
    EcsTaskDefinition(ecs::TaskDefinition) = "AWS::ECS::TaskDefinition",
    /// An EKS cluster.
    EksCluster(eks::Cluster) = "AWS::EKS::Cluster",
    /// A managed node group of an EKS cluster.
    EksNodegroup(eks::Nodegroup) = "AWS::EKS::Nodegroup",
    /// A resource that no collector of its own reads; its configuration names its type.
    Generic(generic::Resource) = "Miyabi::Generic::Resource",
}

impl fmt::Display for ResourceKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One thing that exists in an account.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Resource {
    /// Its ARN; made up by the documented pattern where AWS returns none.
    pub arn: Arn,
    /// The account it is in.
    pub account: AccountId,
    /// The region it is in, `aws-global` for global services.
    pub region: Region,
    /// The id that AWS's API for this kind takes: `vol-…`, bucket name, role name.
    pub id: String,
    /// The `Name` tag or the service's own name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Tags.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: Tags,
    /// Why its tags could not be read, so that nobody takes it for not exempt; absent where they were.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tags_unavailable: Option<Unavailable>,
    /// When it was created, where AWS says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_at: Option<Timestamp>,
    /// Who owns its definition.
    pub managed_by: ManagedBy,
    /// ARNs of resources it needs, sorted.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub depends_on: Vec<Arn>,
    /// How busy it was.
    pub utilization: Evidence<Utilization>,
    /// What it costs at list prices; unknown where a price or a size is not known.
    pub monthly_cost: Evidence<MonthlyUsd>,
    /// Its kind and configuration.
    #[serde(flatten)]
    pub config: ResourceConfig,
}

impl Resource {
    /// Its kind.
    pub const fn kind(&self) -> ResourceKind {
        self.config.kind()
    }

    /// Its CloudFormation type name; that of what it is, where it is [`ResourceKind::Generic`].
    pub fn type_name(&self) -> &str {
        match &self.config {
            ResourceConfig::Generic(resource) => &resource.type_name,
            config => config.kind().as_str(),
        }
    }

    /// The agent that owns it.
    pub const fn owner(&self) -> HistoricalAgent {
        HistoricalAgent::owner_of(self.kind())
    }

    /// What people call it: its name with its id, or the id alone.
    pub fn label(&self) -> String {
        match &self.name {
            Some(name) if *name != self.id => format!("{name} ({})", self.id),
            _ => self.id.clone(),
        }
    }
}

/// Who owns a resource's definition.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "by", rename_all = "snake_case")]
pub enum ManagedBy {
    /// A CloudFormation stack.
    CloudFormation {
        /// The stack's name.
        stack: String,
        /// The resource's logical id in the template, where known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        logical_id: Option<String>,
    },
    /// Terraform or `OpenTofu`, by its tags.
    Terraform,
    /// Pulumi, by its tags.
    Pulumi,
    /// eksctl, by its tags.
    Eksctl,
    /// Crossplane, by its tags.
    Crossplane,
    /// AWS Controllers for Kubernetes, by their tags.
    AwsControllersForKubernetes,
    /// A controller of a Kubernetes cluster, which made it for what runs there, by its tags.
    Kubernetes,
    /// Nothing that is known of.
    #[default]
    None,
}

impl ManagedBy {
    /// Whether infrastructure as code owns the resource, so that a direct change causes drift.
    pub const fn is_managed(&self) -> bool {
        !matches!(self, Self::None)
    }

    /// Whether a controller keeps the resource as its owner declares it, so that a direct change is undone or
    /// breaks what it works for: it is to be changed there.
    pub const fn is_reconciled(&self) -> bool {
        matches!(self, Self::Crossplane | Self::AwsControllersForKubernetes | Self::Kubernetes)
    }

    /// What owns it by its tags, in words.
    pub const fn tool(&self) -> Option<&'static str> {
        Some(match self {
            Self::Terraform => "Terraform",
            Self::Pulumi => "Pulumi",
            Self::Eksctl => "eksctl",
            Self::Crossplane => "Crossplane",
            Self::AwsControllersForKubernetes => "a controller of AWS Controllers for Kubernetes",
            Self::Kubernetes => "a Kubernetes cluster",
            Self::CloudFormation { .. } | Self::None => return None,
        })
    }
}
