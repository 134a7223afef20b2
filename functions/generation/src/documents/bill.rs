//! What Cost Explorer bills.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use miyabi_types::{
    costs::CostHistory,
    id::AccountId,
    money::{HOURS_PER_MONTH, MonthlyUsd},
    resource::ResourceKind,
    world::World,
};

/// Days of a bill that are shown; Cost Explorer's usual window.
const BILL_DAYS: usize = 30;

/// What Cost Explorer says of the accounts it could be asked for.
pub struct Bill<'w> {
    /// The days it covers.
    pub days: BTreeSet<Date>,
    /// Micro-dollars over these days, by service.
    pub services: BTreeMap<&'w str, i64>,
    /// Whether fees that were paid in advance are spread over the hours that they are for.
    pub amortized: bool,
    /// Whether it is of every account that was looked at.
    pub complete: bool,
}

impl<'w> Bill<'w> {
    /// The bill of all accounts together; nothing where none could be read.
    pub fn of(world: &'w World) -> Option<Self> {
        let known: Vec<(&AccountId, &CostHistory)> = world
            .costs
            .iter()
            .filter_map(|(account, costs)| Some((account, costs.known()?)))
            .collect();
        let daily: Vec<_> = known.iter().flat_map(|(_, costs)| &costs.daily).collect();
        let all: BTreeSet<Date> = daily.iter().map(|cost| cost.date).collect();
        let days: BTreeSet<Date> = all.into_iter().rev().take(BILL_DAYS).collect();
        let of_days = || daily.iter().filter(|cost| days.contains(&cost.date));
        let amortized = of_days().all(|cost| cost.amortized_micros.is_some());
        let mut services: BTreeMap<&str, i64> = BTreeMap::new();
        for cost in of_days() {
            *services.entry(&cost.service).or_default() +=
                cost.amortized_micros.filter(|_| amortized).unwrap_or(cost.micros);
        }
        let seen = world.manifest.scopes.iter().map(|scope| &scope.scope.account);
        let complete = seen.into_iter().all(|one| known.iter().any(|(account, _)| *account == one));
        (!days.is_empty()).then_some(Self { days, services, amortized, complete })
    }

    /// An amount of these days, scaled to a month.
    pub fn monthly(&self, micros: i64) -> MonthlyUsd {
        let hours = 24.0 * self.days.len() as f64;
        MonthlyUsd::from_units(micros, HOURS_PER_MONTH as f64 / hours)
    }

    /// Micro-dollars over these days.
    pub fn total(&self) -> i64 {
        self.services.values().sum()
    }

    /// The whole bill, scaled to a month.
    pub fn monthly_total(&self) -> MonthlyUsd {
        self.monthly(self.total())
    }
}

/// The service under which Cost Explorer bills a kind of resource; nothing for what is free.
/// Source: Cost Explorer's `SERVICE` dimension; public IPv4 addresses are billed with VPC since February 2024.
pub const fn service_of(kind: ResourceKind) -> Option<&'static str> {
    match kind {
        ResourceKind::Ec2Instance | ResourceKind::Ec2CapacityReservation => {
            Some("Amazon Elastic Compute Cloud - Compute")
        }
        ResourceKind::Ec2Volume
        | ResourceKind::Ec2Snapshot
        | ResourceKind::Ec2Image
        | ResourceKind::Ec2NatGateway => Some("EC2 - Other"),
        ResourceKind::Ec2Address
        | ResourceKind::Ec2NetworkInterface
        | ResourceKind::Ec2VpcEndpoint
        | ResourceKind::Ec2TransitGateway
        | ResourceKind::Ec2VpnConnection
        | ResourceKind::Ec2ClientVpnEndpoint => Some("Amazon Virtual Private Cloud"),
        ResourceKind::LoadBalancer | ResourceKind::ClassicLoadBalancer => {
            Some("Amazon Elastic Load Balancing")
        }
        ResourceKind::S3Bucket | ResourceKind::S3MultiRegionAccessPoint => {
            Some("Amazon Simple Storage Service")
        }
        ResourceKind::EfsFileSystem => Some("Amazon Elastic File System"),
        ResourceKind::RdsDbInstance
        | ResourceKind::RdsDbCluster
        | ResourceKind::RdsDbSnapshot
        | ResourceKind::RdsDbClusterSnapshot
        | ResourceKind::RdsReservedDbInstance
        | ResourceKind::RdsDbProxy => Some("Amazon Relational Database Service"),
        ResourceKind::DynamoDbTable => Some("Amazon DynamoDB"),
        ResourceKind::ElastiCacheCluster | ResourceKind::ElastiCacheReplicationGroup => {
            Some("Amazon ElastiCache")
        }
        ResourceKind::OpenSearchDomain => Some("Amazon OpenSearch Service"),
        ResourceKind::RedshiftCluster => Some("Amazon Redshift"),
        ResourceKind::LambdaFunction => Some("AWS Lambda"),
        ResourceKind::SnsTopic => Some("Amazon Simple Notification Service"),
        ResourceKind::SqsQueue => Some("Amazon Simple Queue Service"),
        ResourceKind::CloudFrontDistribution | ResourceKind::CloudFrontFunction => {
            Some("Amazon CloudFront")
        }
        ResourceKind::ApiGatewayRestApi
        | ResourceKind::ApiGatewayStage
        | ResourceKind::ApiGatewayV2Api => Some("Amazon API Gateway"),
        ResourceKind::EcrRepository => Some("Amazon EC2 Container Registry (ECR)"),
        ResourceKind::EcsService => Some("Amazon Elastic Container Service"),
        ResourceKind::EksCluster => Some("Amazon Elastic Container Service for Kubernetes"),
        ResourceKind::Ec2Vpc
        | ResourceKind::Ec2Subnet
        | ResourceKind::Ec2SecurityGroup
        | ResourceKind::Ec2RouteTable
        | ResourceKind::Ec2InternetGateway
        | ResourceKind::Ec2NetworkAcl
        | ResourceKind::Ec2FlowLog
        | ResourceKind::Ec2LaunchTemplate
        | ResourceKind::Ec2ReservedInstances
        | ResourceKind::Ec2SpotRequest
        | ResourceKind::Ec2RegionDefaults
        | ResourceKind::AutoScalingGroup
        | ResourceKind::EksNodegroup
        | ResourceKind::AutoScalingLaunchConfiguration
        | ResourceKind::TargetGroup
        | ResourceKind::IamUser
        | ResourceKind::IamGroup
        | ResourceKind::IamRole
        | ResourceKind::IamInstanceProfile
        | ResourceKind::IamPolicy
        | ResourceKind::IamPasswordPolicy
        | ResourceKind::ApiGatewayV2Stage
        | ResourceKind::ApiGatewayV2Route
        | ResourceKind::EcsCluster
        | ResourceKind::EcsTaskDefinition
        | ResourceKind::Generic
        | ResourceKind::IamRootAccount
        | ResourceKind::IamServerCertificate
        | ResourceKind::Account
        | ResourceKind::CloudTrailRegion
        | ResourceKind::ConfigDeliveryChannel
        | ResourceKind::OrganizationsMembership
        | ResourceKind::OrganizationsAccount
        | ResourceKind::S3AccountPublicAccessBlock
        | ResourceKind::S3AccessPoint
        | ResourceKind::EfsAccessPoint
        | ResourceKind::RdsEventSubscription
        | ResourceKind::RdsDbSubnetGroup
        | ResourceKind::ElastiCacheSubnetGroup
        | ResourceKind::RedshiftSubnetGroup => None,
        ResourceKind::AccessAnalyzer => Some("AWS IAM Access Analyzer"),
        ResourceKind::AcmCertificate => Some("AWS Certificate Manager"),
        ResourceKind::CloudTrailTrail => Some("AWS CloudTrail"),
        ResourceKind::CloudWatchAlarm
        | ResourceKind::CloudWatchCompositeAlarm
        | ResourceKind::CloudWatchDashboard
        | ResourceKind::LogGroup => Some("AmazonCloudWatch"),
        ResourceKind::ConfigRecorder => Some("AWS Config"),
        ResourceKind::GuardDutyDetector => Some("Amazon GuardDuty"),
        ResourceKind::KmsKey => Some("AWS Key Management Service"),
        ResourceKind::SecretsManagerSecret => Some("AWS Secrets Manager"),
        ResourceKind::SecurityHub => Some("AWS Security Hub"),
    }
}
