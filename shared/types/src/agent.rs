//! The seven historical agents: who signs, who owns, who speaks.

use serde::{Deserialize, Serialize};

use crate::resource::ResourceKind;

/// The agent that owns a kind of resource: signs its plans, owns its tasks, has a voice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HistoricalAgent {
    /// Compute: EC2, Lambda, EBS, EFS.
    BillGates,
    /// Front end: S3, `CloudFront`.
    SteveJobs,
    /// Scaling and terrain: Auto Scaling, load balancers, networks.
    Napoleon,
    /// Edge tactics: Lambda@Edge, `CloudFront` Functions.
    Hannibal,
    /// Management: `CloudWatch`, `CloudTrail`, Config, IAM.
    Drucker,
    /// Communication: API Gateway, SNS, SQS.
    Kotler,
    /// Data: RDS, `DynamoDB`, `ElastiCache`, `OpenSearch`, Redshift.
    Noguchi,
}

impl HistoricalAgent {
    /// The agent's name as people know it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::BillGates => "Bill Gates",
            Self::SteveJobs => "Steve Jobs",
            Self::Napoleon => "Napoleon",
            Self::Hannibal => "Hannibal",
            Self::Drucker => "Peter Drucker",
            Self::Kotler => "Philip Kotler",
            Self::Noguchi => "Hideyo Noguchi",
        }
    }

    /// The owner of a kind of resource.
    pub const fn owner_of(kind: ResourceKind) -> Self {
        match kind {
            ResourceKind::Ec2Instance
            | ResourceKind::Ec2Volume
            | ResourceKind::Ec2Snapshot
            | ResourceKind::Ec2Image
            | ResourceKind::Ec2LaunchTemplate
            | ResourceKind::Ec2ReservedInstances
            | ResourceKind::Ec2CapacityReservation
            | ResourceKind::Ec2SpotRequest
            | ResourceKind::LambdaFunction
            | ResourceKind::EfsFileSystem
            | ResourceKind::EfsAccessPoint
            | ResourceKind::EcrRepository
            | ResourceKind::EcsCluster
            | ResourceKind::EcsService
            | ResourceKind::EcsTaskDefinition
            | ResourceKind::EksCluster
            | ResourceKind::EksNodegroup => Self::BillGates,
            ResourceKind::S3Bucket
            | ResourceKind::S3AccountPublicAccessBlock
            | ResourceKind::S3AccessPoint
            | ResourceKind::S3MultiRegionAccessPoint
            | ResourceKind::CloudFrontDistribution => Self::SteveJobs,
            ResourceKind::CloudFrontFunction => Self::Hannibal,
            ResourceKind::ApiGatewayRestApi
            | ResourceKind::ApiGatewayStage
            | ResourceKind::ApiGatewayV2Api
            | ResourceKind::ApiGatewayV2Stage
            | ResourceKind::ApiGatewayV2Route
            | ResourceKind::SnsTopic
            | ResourceKind::SqsQueue => Self::Kotler,
            ResourceKind::Ec2Address
            | ResourceKind::Ec2Vpc
            | ResourceKind::Ec2Subnet
            | ResourceKind::Ec2SecurityGroup
            | ResourceKind::Ec2NetworkInterface
            | ResourceKind::Ec2NatGateway
            | ResourceKind::Ec2RouteTable
            | ResourceKind::Ec2InternetGateway
            | ResourceKind::Ec2NetworkAcl
            | ResourceKind::Ec2FlowLog
            | ResourceKind::Ec2VpcEndpoint
            | ResourceKind::Ec2TransitGateway
            | ResourceKind::Ec2VpnConnection
            | ResourceKind::Ec2ClientVpnEndpoint
            | ResourceKind::AutoScalingGroup
            | ResourceKind::AutoScalingLaunchConfiguration
            | ResourceKind::LoadBalancer
            | ResourceKind::TargetGroup
            | ResourceKind::ClassicLoadBalancer => Self::Napoleon,
            ResourceKind::Ec2RegionDefaults
            | ResourceKind::IamUser
            | ResourceKind::IamGroup
            | ResourceKind::IamRole
            | ResourceKind::IamInstanceProfile
            | ResourceKind::IamPolicy
            | ResourceKind::IamPasswordPolicy
            | ResourceKind::Generic
            | ResourceKind::IamRootAccount
            | ResourceKind::IamServerCertificate
            | ResourceKind::AccessAnalyzer
            | ResourceKind::Account
            | ResourceKind::AcmCertificate
            | ResourceKind::CloudTrailTrail
            | ResourceKind::CloudTrailRegion
            | ResourceKind::CloudWatchAlarm
            | ResourceKind::CloudWatchCompositeAlarm
            | ResourceKind::CloudWatchDashboard
            | ResourceKind::ConfigRecorder
            | ResourceKind::ConfigDeliveryChannel
            | ResourceKind::GuardDutyDetector
            | ResourceKind::KmsKey
            | ResourceKind::LogGroup
            | ResourceKind::OrganizationsMembership
            | ResourceKind::OrganizationsAccount
            | ResourceKind::SecretsManagerSecret
            | ResourceKind::SecurityHub => Self::Drucker,
            ResourceKind::RdsDbInstance
            | ResourceKind::RdsDbCluster
            | ResourceKind::RdsDbSnapshot
            | ResourceKind::RdsDbClusterSnapshot
            | ResourceKind::RdsReservedDbInstance
            | ResourceKind::RdsDbProxy
            | ResourceKind::RdsEventSubscription
            | ResourceKind::RdsDbSubnetGroup
            | ResourceKind::DynamoDbTable
            | ResourceKind::ElastiCacheCluster
            | ResourceKind::ElastiCacheReplicationGroup
            | ResourceKind::ElastiCacheSubnetGroup
            | ResourceKind::OpenSearchDomain
            | ResourceKind::RedshiftCluster
            | ResourceKind::RedshiftSubnetGroup => Self::Noguchi,
        }
    }
}
