//! What each kind of resource costs: the one place that knows all of them.

use super::{PriceSheet, VolumeSpec, cloudwatch, eks, elb, secrets_manager, vpc};
use crate::{
    evidence::Evidence,
    money::MonthlyUsd,
    resource::{Resource, ResourceConfig},
};

impl PriceSheet {
    /// What a resource costs per month at list prices. Free kinds cost `Known(0)`.
    pub fn monthly_cost(&self, resource: &Resource) -> Evidence<MonthlyUsd> {
        let region = &resource.region;
        match &resource.config {
            ResourceConfig::Ec2Instance(instance) => self.ec2_instance(region, instance),
            ResourceConfig::Ec2Volume(volume) => self.volume(region, &VolumeSpec::of(volume)),
            ResourceConfig::Ec2Address(_) => self.public_ipv4(region),
            ResourceConfig::Ec2Snapshot(_) => {
                Evidence::unavailable("AWS does not say how much of a snapshot is stored")
            }
            ResourceConfig::RdsDbInstance(db) => self.db_instance(region, db),
            ResourceConfig::S3Bucket(bucket) => self.bucket(region, bucket),
            ResourceConfig::LambdaFunction(function) => {
                self.function(region, function, &resource.utilization)
            }
            ResourceConfig::RdsDbCluster(_) => {
                Evidence::unavailable("storage and requests of a cluster are billed by use")
            }
            ResourceConfig::RdsDbSnapshot(_) | ResourceConfig::RdsDbClusterSnapshot(_) => {
                Evidence::unavailable("AWS does not say how much of a snapshot is billed")
            }
            ResourceConfig::RdsReservedDbInstance(_) => Evidence::unavailable(
                "a reservation is paid instead of the list price of what it covers",
            ),
            ResourceConfig::DynamoDbTable(table) => {
                self.table(region, table, &resource.utilization)
            }
            ResourceConfig::ElastiCacheCluster(cluster) => self.cache_cluster(region, cluster),
            ResourceConfig::OpenSearchDomain(domain) => self.domain(region, domain),
            ResourceConfig::RedshiftCluster(cluster) => self.warehouse(region, cluster),
            ResourceConfig::EfsFileSystem(system) => self.file_system(region, system),
            ResourceConfig::Ec2NetworkInterface(interface) => {
                self.network_interface(region, interface)
            }
            ResourceConfig::Ec2NatGateway(gateway) => self.nat_gateway(region, gateway),
            ResourceConfig::Ec2VpcEndpoint(endpoint) => self.vpc_endpoint(region, endpoint),
            ResourceConfig::Ec2VpnConnection(connection) => match connection.state.as_str() {
                "available" => self.monthly(region, &vpc::VPN_CONNECTION, 1.0),
                _ => Evidence::Known(MonthlyUsd::ZERO),
            },
            ResourceConfig::Ec2ClientVpnEndpoint(_) => Evidence::unavailable(
                "depends on associated subnets and on connections, which are not read",
            ),
            ResourceConfig::RdsDbProxy(_) => {
                Evidence::unavailable("depends on the vCPUs of the databases behind it")
            }
            ResourceConfig::S3MultiRegionAccessPoint(_) => {
                Evidence::unavailable("depends on the data that it routes, which is not read")
            }
            ResourceConfig::Ec2CapacityReservation(held) => self.unused_capacity(region, held),
            ResourceConfig::LoadBalancer(balancer) => self.load_balancer(region, balancer),
            ResourceConfig::ClassicLoadBalancer(_) => self.monthly(region, &elb::CLASSIC, 1.0),
            ResourceConfig::Ec2Image(image) if image.root_device_type != "ebs" => {
                Evidence::unavailable("AWS does not say how much an instance-store image stores")
            }
            ResourceConfig::Ec2ReservedInstances(_) => Evidence::unavailable(
                "a reservation pays for instances, which have their list price already",
            ),
            ResourceConfig::SnsTopic(_)
            | ResourceConfig::SqsQueue(_)
            | ResourceConfig::CloudFrontDistribution(_)
            | ResourceConfig::CloudFrontFunction(_)
            | ResourceConfig::ApiGatewayRestApi(_)
            | ResourceConfig::ApiGatewayV2Api(_) => {
                Evidence::unavailable("depends on requests and data transfer, which are not read")
            }
            ResourceConfig::ApiGatewayStage(stage) => self.api_stage(region, stage),
            ResourceConfig::EcrRepository(_) => {
                Evidence::unavailable("depends on stored bytes, which are not read")
            }
            ResourceConfig::EcsService(_) => {
                Evidence::unavailable("depends on the vCPU and memory of its tasks over time")
            }
            ResourceConfig::EksCluster(_) => self.monthly(region, &eks::CLUSTER, 1.0),
            ResourceConfig::Generic(_) => {
                Evidence::unavailable("nothing but its existence is known")
            }
            // A flow log is billed where its records go; an image as its snapshots; groups and a Spot request as
            // their instances; requests with the API; tasks with the service or the instances; a transit gateway as
            // its attachments.
            ResourceConfig::Ec2Image(_)
            | ResourceConfig::Ec2TransitGateway(_)
            | ResourceConfig::S3AccessPoint(_)
            | ResourceConfig::EfsAccessPoint(_)
            | ResourceConfig::RdsEventSubscription(_)
            | ResourceConfig::RdsDbSubnetGroup(_)
            | ResourceConfig::ElastiCacheSubnetGroup(_)
            | ResourceConfig::RedshiftSubnetGroup(_)
            | ResourceConfig::Ec2SpotRequest(_)
            | ResourceConfig::AutoScalingGroup(_)
            | ResourceConfig::EksNodegroup(_)
            | ResourceConfig::AutoScalingLaunchConfiguration(_)
            | ResourceConfig::TargetGroup(_)
            | ResourceConfig::Ec2LaunchTemplate(_)
            | ResourceConfig::Ec2RouteTable(_)
            | ResourceConfig::Ec2InternetGateway(_)
            | ResourceConfig::Ec2NetworkAcl(_)
            | ResourceConfig::Ec2FlowLog(_)
            | ResourceConfig::ApiGatewayV2Stage(_)
            | ResourceConfig::ApiGatewayV2Route(_)
            | ResourceConfig::EcsCluster(_)
            | ResourceConfig::EcsTaskDefinition(_)
            | ResourceConfig::Ec2Vpc(_)
            | ResourceConfig::Ec2Subnet(_)
            | ResourceConfig::Ec2SecurityGroup(_)
            | ResourceConfig::Ec2RegionDefaults(_)
            | ResourceConfig::IamUser(_)
            | ResourceConfig::IamGroup(_)
            | ResourceConfig::IamRole(_)
            | ResourceConfig::IamInstanceProfile(_)
            | ResourceConfig::IamPolicy(_)
            | ResourceConfig::IamPasswordPolicy(_)
            | ResourceConfig::IamRootAccount(_)
            | ResourceConfig::IamServerCertificate(_)
            | ResourceConfig::Account(_)
            | ResourceConfig::CloudTrailRegion(_)
            | ResourceConfig::ConfigDeliveryChannel(_)
            | ResourceConfig::OrganizationsMembership(_)
            | ResourceConfig::OrganizationsAccount(_)
            | ResourceConfig::S3AccountPublicAccessBlock(_)
            // Its nodes are clusters of their own.
            | ResourceConfig::ElastiCacheReplicationGroup(_) => Evidence::Known(MonthlyUsd::ZERO),
            ResourceConfig::AccessAnalyzer(analyzer) => match analyzer.analyzer_type.as_str() {
                "ACCOUNT" | "ORGANIZATION" => Evidence::Known(MonthlyUsd::ZERO),
                _ => Evidence::unavailable("depends on how many principals it analyzes"),
            },
            ResourceConfig::AcmCertificate(certificate) => {
                if certificate.exportable || certificate.certificate_type == "PRIVATE" {
                    Evidence::unavailable(
                        "exportable and private certificates have no list price here",
                    )
                } else {
                    Evidence::Known(MonthlyUsd::ZERO)
                }
            }
            ResourceConfig::CloudTrailTrail(_)
            | ResourceConfig::GuardDutyDetector(_)
            | ResourceConfig::SecurityHub(_)
            | ResourceConfig::ConfigRecorder(_) => {
                Evidence::unavailable("depends on how many events it handles")
            }
            ResourceConfig::CloudWatchAlarm(_)
            | ResourceConfig::CloudWatchCompositeAlarm(_)
            | ResourceConfig::CloudWatchDashboard(_) => {
                Evidence::unavailable("the first ones of an account are free of charge")
            }
            ResourceConfig::KmsKey(key) => self.key(region, key),
            ResourceConfig::LogGroup(group) => {
                let gib = group.stored_bytes as f64 / f64::from(1 << 30);
                self.monthly(region, &cloudwatch::LOGS_STORED_GIB, gib)
            }
            ResourceConfig::SecretsManagerSecret(_) => {
                self.monthly(region, &secrets_manager::SECRET, 1.0)
            }
        }
    }
}
