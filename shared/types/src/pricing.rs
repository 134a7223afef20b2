//! List prices and what a resource costs by them.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::{
    evidence::Evidence,
    id::Region,
    money::{HOURS_PER_MONTH, MonthlyUsd},
    resource::{Resource, ResourceConfig, ec2, lambda, rds, s3, vpc},
    utilization::Utilization,
};

/// Prices of the regions that a World covers. All prices are micro-USD per unit.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct PriceSheet {
    /// The date the prices were valid.
    pub as_of: Option<Date>,
    /// Where they come from.
    pub sources: Vec<String>,
    /// Prices by region.
    pub regions: BTreeMap<Region, RegionPrices>,
    /// EC2 instance types by name.
    pub instance_types: BTreeMap<String, InstanceType>,
    /// RDS instance classes by name.
    #[serde(default)]
    pub db_instance_classes: BTreeMap<String, DbInstanceClass>,
}

/// Prices of one region in micro-USD per unit; what is absent is unknown, never free.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct RegionPrices {
    /// Per hour, by instance type and operating system (`linux`, `windows`).
    pub ec2_instance_hour: BTreeMap<String, BTreeMap<String, i64>>,
    /// Per hour in one zone, by instance class and engine.
    pub rds_instance_hour: BTreeMap<String, BTreeMap<String, i64>>,
    /// Per GiB and month, by volume type.
    pub ebs_gib_month: BTreeMap<String, i64>,
    /// Per provisioned IOPS and month, by volume type.
    pub ebs_iops_month: BTreeMap<String, i64>,
    /// Per provisioned MiB/s and month, by volume type.
    pub ebs_mibps_month: BTreeMap<String, i64>,
    /// Per GiB and month.
    pub snapshot_gib_month: Option<i64>,
    /// Per GiB and month in the archive tier.
    pub snapshot_archive_gib_month: Option<i64>,
    /// Per public IPv4 address and hour.
    pub public_ipv4_hour: Option<i64>,
    /// Per GiB and month in one zone, by storage type.
    pub rds_storage_gib_month: BTreeMap<String, i64>,
    /// Per provisioned IOPS and month, by storage type.
    pub rds_iops_month: BTreeMap<String, i64>,
    /// Per GiB and month, by storage class.
    pub s3_gib_month: BTreeMap<String, i64>,
    /// Per GiB-second of a function, by architecture, in millionths of a micro-USD.
    pub lambda_gib_second_pico: BTreeMap<String, i64>,
    /// Per request of a function, in millionths of a micro-USD.
    pub lambda_request_pico: Option<i64>,
    /// Per gateway and hour.
    pub nat_gateway_hour: Option<i64>,
    /// Per GiB of stored logs and month.
    pub cloudwatch_logs_gib_month: Option<i64>,
    /// Per secret and month.
    pub secret_month: Option<i64>,
    /// Per application load balancer and hour, without what its traffic uses.
    pub alb_hour: Option<i64>,
    /// Per network load balancer and hour, without what its traffic uses.
    pub nlb_hour: Option<i64>,
    /// Per classic load balancer and hour, without its traffic.
    pub clb_hour: Option<i64>,
    /// Per interface endpoint, zone and hour, without its traffic.
    pub vpc_endpoint_hour: Option<i64>,
}

/// What an EC2 instance type offers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct InstanceType {
    /// Virtual CPUs.
    pub vcpu: u32,
    /// Memory in MiB.
    pub memory_mib: u64,
    /// `x86_64` or `arm64`.
    pub arch: String,
    /// `current` or `previous`.
    #[serde(default)]
    pub generation: Option<String>,
    /// `nitro` or `xen`.
    #[serde(default)]
    pub hypervisor: Option<String>,
    /// Network bandwidth in Gbit/s.
    #[serde(default)]
    pub network_gbps: Option<f64>,
    /// EBS bandwidth in Mbit/s.
    #[serde(default)]
    pub ebs_mbps: Option<f64>,
    /// Whether its CPU is in credits.
    #[serde(default)]
    pub burstable: bool,
}

/// What an RDS instance class offers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DbInstanceClass {
    /// Virtual CPUs.
    pub vcpu: u32,
    /// Memory in MiB.
    pub memory_mib: u64,
}

/// IOPS and MiB/s that every gp3 volume has without charge.
/// Source: Amazon EBS User Guide, General Purpose SSD volumes.
pub const GP3_BASE_IOPS: u32 = 3_000;
/// See [`GP3_BASE_IOPS`].
pub const GP3_BASE_MIBPS: u32 = 125;

impl PriceSheet {
    /// The monthly price of an instance type while it runs.
    pub fn instance(
        &self,
        region: &Region,
        instance_type: &str,
        platform: &str,
    ) -> Evidence<MonthlyUsd> {
        let os = match platform {
            "" | "Linux/UNIX" => "linux",
            "Windows" | "windows" => "windows",
            other => return Evidence::unavailable(format!("no price for platform {other}")),
        };
        self.region(region, |prices| {
            prices
                .ec2_instance_hour
                .get(instance_type)
                .and_then(|by_os| by_os.get(os))
                .map(|micros| MonthlyUsd::from_hourly_micros(*micros))
        })
        .or_unknown(|| format!("no {os} price for {instance_type} in {region}"))
    }

    /// The monthly price of a volume of this type, size and performance.
    pub fn volume(&self, region: &Region, spec: &VolumeSpec) -> Evidence<MonthlyUsd> {
        let VolumeSpec { volume_type, size_gib, iops, throughput_mibps } = spec;
        self.region(region, |prices| {
            let capacity = MonthlyUsd::from_units(
                *prices.ebs_gib_month.get(volume_type)?,
                f64::from(*size_gib),
            );
            let free_iops = if volume_type == "gp3" { GP3_BASE_IOPS } else { 0 };
            let paid_iops = match volume_type.as_str() {
                "gp3" | "io1" | "io2" => iops.unwrap_or(free_iops).saturating_sub(free_iops),
                _ => 0,
            };
            let paid_mibps = match volume_type.as_str() {
                "gp3" => throughput_mibps.unwrap_or(GP3_BASE_MIBPS).saturating_sub(GP3_BASE_MIBPS),
                _ => 0,
            };
            let mut total = capacity;
            if paid_iops > 0 {
                total += MonthlyUsd::from_units(
                    *prices.ebs_iops_month.get(volume_type)?,
                    f64::from(paid_iops),
                );
            }
            if paid_mibps > 0 {
                total += MonthlyUsd::from_units(
                    *prices.ebs_mibps_month.get(volume_type)?,
                    f64::from(paid_mibps),
                );
            }
            Some(total)
        })
        .or_unknown(|| format!("no price for {volume_type} volumes in {region}"))
    }

    /// The monthly price of one public IPv4 address, in use or idle.
    pub fn public_ipv4(&self, region: &Region) -> Evidence<MonthlyUsd> {
        self.region(region, |prices| prices.public_ipv4_hour.map(MonthlyUsd::from_hourly_micros))
            .or_unknown(|| format!("no price for public IPv4 addresses in {region}"))
    }

    /// What a resource costs per month at list prices. Free kinds cost `Known(0)`.
    pub fn monthly_cost(&self, resource: &Resource) -> Evidence<MonthlyUsd> {
        let region = &resource.region;
        match &resource.config {
            ResourceConfig::Ec2Instance(instance) => match instance.state.as_str() {
                "running" | "pending"
                    if instance.lifecycle == "on-demand" && instance.tenancy == "default" =>
                {
                    self.instance(region, &instance.instance_type, &instance.platform)
                }
                "running" | "pending" => Evidence::unavailable(format!(
                    "{} instances with {} tenancy have no list price here",
                    instance.lifecycle, instance.tenancy
                )),
                _ => Evidence::Known(MonthlyUsd::ZERO),
            },
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
            ResourceConfig::DynamoDbTable(_) => {
                Evidence::unavailable("the price sheet has no prices of DynamoDB")
            }
            ResourceConfig::ElastiCacheCluster(_) => {
                Evidence::unavailable("the price sheet has no prices of cache nodes")
            }
            ResourceConfig::OpenSearchDomain(_) => {
                Evidence::unavailable("the price sheet has no prices of OpenSearch nodes")
            }
            ResourceConfig::RedshiftCluster(_) => {
                Evidence::unavailable("the price sheet has no prices of Redshift nodes")
            }
            ResourceConfig::EfsFileSystem(_) => {
                Evidence::unavailable("the price sheet has no prices of EFS storage")
            }
            ResourceConfig::Ec2NetworkInterface(interface) => {
                self.network_interface(region, interface)
            }
            ResourceConfig::Ec2NatGateway(gateway) => match gateway.state.as_str() {
                "available" => self.hourly(region, "NAT gateways", |p| p.nat_gateway_hour),
                _ => Evidence::Known(MonthlyUsd::ZERO),
            },
            ResourceConfig::Ec2VpcEndpoint(endpoint) => self.vpc_endpoint(region, endpoint),
            ResourceConfig::Ec2CapacityReservation(held) => self.unused_capacity(region, held),
            ResourceConfig::LoadBalancer(balancer) => match balancer.load_balancer_type.as_str() {
                "application" => self.hourly(region, "application load balancers", |p| p.alb_hour),
                "network" => self.hourly(region, "network load balancers", |p| p.nlb_hour),
                kind => Evidence::unavailable(format!("no price for {kind} load balancers")),
            },
            ResourceConfig::ClassicLoadBalancer(_) => {
                self.hourly(region, "classic load balancers", |p| p.clb_hour)
            }
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
            ResourceConfig::ApiGatewayStage(stage) if stage.cache_enabled => {
                Evidence::unavailable("no price for the caches of API Gateway")
            }
            ResourceConfig::EcrRepository(_) => {
                Evidence::unavailable("depends on stored bytes, which are not read")
            }
            ResourceConfig::EcsService(_) => {
                Evidence::unavailable("depends on the vCPU and memory of its tasks over time")
            }
            ResourceConfig::EksCluster(_) => Evidence::unavailable("no price for EKS clusters"),
            ResourceConfig::Generic(_) => {
                Evidence::unavailable("nothing but its existence is known")
            }
            // An image is billed as its snapshots; a group and a Spot request as their instances;
            // requests with the API; tasks with the service or the instances.
            ResourceConfig::Ec2Image(_)
            | ResourceConfig::Ec2SpotRequest(_)
            | ResourceConfig::AutoScalingGroup(_)
            | ResourceConfig::AutoScalingLaunchConfiguration(_)
            | ResourceConfig::TargetGroup(_)
            | ResourceConfig::Ec2LaunchTemplate(_)
            | ResourceConfig::Ec2RouteTable(_)
            | ResourceConfig::Ec2InternetGateway(_)
            | ResourceConfig::Ec2NetworkAcl(_)
            | ResourceConfig::ApiGatewayStage(_)
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
            | ResourceConfig::IamPolicy(_)
            | ResourceConfig::IamPasswordPolicy(_)
            | ResourceConfig::IamRootAccount(_)
            | ResourceConfig::IamServerCertificate(_)
            | ResourceConfig::AccountContacts(_)
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
                Evidence::unavailable(format!("no price for alarms and dashboards in {region}"))
            }
            ResourceConfig::KmsKey(_) => {
                Evidence::unavailable(format!("no price for keys in {region}"))
            }
            ResourceConfig::LogGroup(group) => self
                .region(region, |prices| {
                    let gib = group.stored_bytes as f64 / f64::from(1 << 30);
                    Some(MonthlyUsd::from_units(prices.cloudwatch_logs_gib_month?, gib))
                })
                .or_unknown(|| format!("no price for stored logs in {region}")),
            // A copy in another region is billed like a secret of its own.
            ResourceConfig::SecretsManagerSecret(_) => self
                .region(region, |prices| Some(MonthlyUsd::from_units(prices.secret_month?, 1.0)))
                .or_unknown(|| format!("no price for secrets in {region}")),
        }
    }

    /// The monthly price of the public addresses that AWS lent a network interface; Elastic IP
    /// addresses are resources of their own.
    fn network_interface(
        &self,
        region: &Region,
        interface: &vpc::NetworkInterface,
    ) -> Evidence<MonthlyUsd> {
        let lent = interface.public_ips.iter().filter(|ip| ip.allocation_id.is_none()).count();
        if lent == 0 {
            return Evidence::Known(MonthlyUsd::ZERO);
        }
        self.public_ipv4(region).map(|price| times(price, lent))
    }

    /// The monthly price of an endpoint, without its traffic: for each zone that it is in.
    fn vpc_endpoint(&self, region: &Region, endpoint: &vpc::VpcEndpoint) -> Evidence<MonthlyUsd> {
        match endpoint.endpoint_type.as_str() {
            "Gateway" => Evidence::Known(MonthlyUsd::ZERO),
            "Interface" => self
                .hourly(region, "interface endpoints", |prices| prices.vpc_endpoint_hour)
                .map(|price| times(price, endpoint.subnet_ids.len())),
            kind => Evidence::unavailable(format!("no price for {kind} endpoints")),
        }
    }

    /// The monthly price of reserved capacity that no instance uses; what is used is billed as the
    /// instances that use it.
    fn unused_capacity(
        &self,
        region: &Region,
        held: &ec2::CapacityReservation,
    ) -> Evidence<MonthlyUsd> {
        if held.state != "active" || held.available_count == 0 {
            return Evidence::Known(MonthlyUsd::ZERO);
        }
        if held.tenancy != "default" || held.reservation_type != "default" {
            return Evidence::unavailable(format!(
                "{} reservations with {} tenancy have no list price here",
                held.reservation_type, held.tenancy
            ));
        }
        self.instance(region, &held.instance_type, &held.platform)
            .map(|price| times(price, held.available_count as usize))
    }

    /// The monthly price of what is billed by the hour alone.
    fn hourly(
        &self,
        region: &Region,
        what: &str,
        price: impl FnOnce(&RegionPrices) -> Option<i64>,
    ) -> Evidence<MonthlyUsd> {
        self.region(region, |prices| price(prices).map(MonthlyUsd::from_hourly_micros))
            .or_unknown(|| format!("no price for {what} in {region}"))
    }

    /// What a bucket's storage costs per month, each storage type at its class's price; requests and
    /// transfer come on top.
    pub fn bucket(&self, region: &Region, bucket: &s3::Bucket) -> Evidence<MonthlyUsd> {
        let sizes = match bucket.size_by_type.get() {
            Ok(sizes) => sizes,
            Err(why) => return Evidence::Unavailable(why.clone()),
        };
        let mut total = MonthlyUsd::ZERO;
        for (storage_type, bytes) in sizes {
            let price = self.regions.get(region).and_then(|prices| {
                prices.s3_gib_month.get(s3::billed_class(storage_type)?).copied()
            });
            let Some(price) = price else {
                return Evidence::unavailable(format!("no price for {storage_type} in {region}"));
            };
            total += MonthlyUsd::from_units(price, *bytes as f64 / f64::from(1 << 30));
        }
        Evidence::Known(total)
    }

    /// What a function costs per month if it goes on being used as it was: its time and its requests
    /// at the first tier's price, without the free tier.
    pub fn function(
        &self,
        region: &Region,
        function: &lambda::Function,
        utilization: &Evidence<Utilization>,
    ) -> Evidence<MonthlyUsd> {
        match function.provisioned_concurrency.get() {
            Err(why) => return Evidence::Unavailable(why.clone()),
            Ok(kept) if !kept.is_empty() => {
                return Evidence::unavailable(
                    "the price sheet has no prices of provisioned concurrency",
                );
            }
            Ok(_) => {}
        }
        if function.ephemeral_storage_mib > lambda::BASE_STORAGE_MIB {
            return Evidence::unavailable("the price sheet has no prices of ephemeral storage");
        }
        let used = match utilization.get() {
            Ok(used) => used,
            Err(why) => return Evidence::Unavailable(why.clone()),
        };
        let sum = |metric: &str| used.metrics.get(metric).map(|stats| stats.sum);
        let (Some(milliseconds), Some(requests)) = (sum("Duration"), sum("Invocations")) else {
            return Evidence::unavailable("CloudWatch reported no invocations and durations");
        };
        let months = f64::from(used.window_days) * 24.0 / HOURS_PER_MONTH as f64;
        let gib_seconds = milliseconds / 1000.0 * f64::from(function.memory_mib) / 1024.0;
        self.region(region, |prices| {
            let time = *prices.lambda_gib_second_pico.get(&function.architecture)? as f64;
            let request = prices.lambda_request_pico? as f64;
            let pico = gib_seconds * time + requests * request;
            Some(MonthlyUsd::from_units(1, pico / 1e6 / months))
        })
        .or_unknown(|| format!("no price for {} functions in {region}", function.architecture))
    }

    /// The monthly price of a database instance with its storage; a stopped one pays for storage alone.
    pub fn db_instance(&self, region: &Region, db: &rds::DbInstance) -> Evidence<MonthlyUsd> {
        let zones = if db.multi_az { 2.0 } else { 1.0 };
        self.region(region, |prices| {
            let hours = if db.status == "stopped" {
                MonthlyUsd::ZERO
            } else {
                MonthlyUsd::from_hourly_micros(
                    *prices.rds_instance_hour.get(&db.class)?.get(&db.engine)?,
                )
            };
            // Aurora storage is billed per cluster by use, not per instance.
            let storage = if db.engine.starts_with("aurora") {
                MonthlyUsd::ZERO
            } else {
                let kind = db.storage_type.as_deref().unwrap_or("gp2");
                let mut storage = MonthlyUsd::from_units(
                    *prices.rds_storage_gib_month.get(kind)?,
                    f64::from(db.allocated_storage_gib),
                );
                if let (Some(iops), "io1") = (db.iops, kind) {
                    storage +=
                        MonthlyUsd::from_units(*prices.rds_iops_month.get(kind)?, f64::from(iops));
                }
                storage
            };
            Some(MonthlyUsd::from_units((hours + storage).micros(), zones))
        })
        .or_unknown(|| format!("no price for {} {} in {region}", db.class, db.engine))
    }

    fn region<T>(
        &self,
        region: &Region,
        get: impl FnOnce(&RegionPrices) -> Option<T>,
    ) -> Priced<T> {
        Priced(self.regions.get(region).and_then(get))
    }
}

fn times(price: MonthlyUsd, count: usize) -> MonthlyUsd {
    MonthlyUsd::from_units(price.micros(), count as f64)
}

struct Priced<T>(Option<T>);

impl<T> Priced<T> {
    fn or_unknown(self, reason: impl FnOnce() -> String) -> Evidence<T> {
        self.0.map_or_else(|| Evidence::unavailable(reason()), Evidence::Known)
    }
}

/// What a volume's price depends on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VolumeSpec {
    /// `gp2`, `gp3` …
    pub volume_type: String,
    /// Size in GiB.
    pub size_gib: u32,
    /// IOPS, where they are provisioned.
    pub iops: Option<u32>,
    /// MiB/s, where it is provisioned.
    pub throughput_mibps: Option<u32>,
}

impl VolumeSpec {
    /// The specification of an existing volume.
    pub fn of(volume: &ec2::Volume) -> Self {
        Self {
            volume_type: volume.volume_type.clone(),
            size_gib: volume.size_gib,
            iops: volume.iops,
            throughput_mibps: volume.throughput_mibps,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sheet() -> PriceSheet {
        let prices = RegionPrices {
            ebs_gib_month: [("gp2".into(), 100_000), ("gp3".into(), 80_000)].into(),
            ebs_iops_month: [("gp3".into(), 5_000)].into(),
            ebs_mibps_month: [("gp3".into(), 40_000)].into(),
            ..RegionPrices::default()
        };
        PriceSheet {
            regions: [(Region::parse("us-east-1").unwrap(), prices)].into(),
            ..PriceSheet::default()
        }
    }

    fn volume(kind: &str, size_gib: u32, iops: u32, mibps: u32) -> VolumeSpec {
        VolumeSpec {
            volume_type: kind.into(),
            size_gib,
            iops: Some(iops),
            throughput_mibps: Some(mibps),
        }
    }

    #[test]
    fn gp3_pays_only_for_performance_above_its_base() {
        let region = Region::parse("us-east-1").unwrap();
        let cost = |spec: &VolumeSpec| sheet().volume(&region, spec).known().unwrap().to_string();
        assert_eq!(cost(&volume("gp3", 1000, 3000, 125)), "$80.00");
        assert_eq!(cost(&volume("gp3", 1000, 3000, 250)), "$85.00");
        assert_eq!(cost(&volume("gp3", 2048, 6144, 250)), "$184.56");
        assert_eq!(cost(&volume("gp2", 1000, 3000, 0)), "$100.00");
    }

    #[test]
    fn an_unknown_price_is_unknown_and_says_what_is_missing() {
        let elsewhere = Region::parse("eu-west-1").unwrap();
        let why = sheet().volume(&elsewhere, &volume("gp2", 1, 100, 0));
        assert!(why.get().unwrap_err().reason.contains("eu-west-1"));
        let region = Region::parse("us-east-1").unwrap();
        assert!(sheet().instance(&region, "m5.large", "Linux/UNIX").known().is_none());
    }
}
