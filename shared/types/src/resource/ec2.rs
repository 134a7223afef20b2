//! EC2 and EBS, and of VPC what every instance has; what routes and filters is in [`super::vpc`].

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::evidence::Evidence;

/// An EC2 instance.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Instance {
    /// For example `m5.large`.
    pub instance_type: String,
    /// `running`, `stopped` …
    pub state: String,
    /// When it was stopped, from the state transition reason.
    pub stopped_at: Option<Timestamp>,
    /// When it was last started.
    pub launched_at: Option<Timestamp>,
    /// `x86_64` or `arm64`.
    pub architecture: String,
    /// `Linux/UNIX`, `Windows`, `Red Hat Enterprise Linux` …
    pub platform: String,
    /// The image it was launched from.
    pub image_id: Option<String>,
    /// `on-demand`, `spot` or `scheduled`.
    pub lifecycle: String,
    /// `default`, `dedicated` or `host`.
    pub tenancy: String,
    /// The Availability Zone.
    pub availability_zone: String,
    /// The VPC, unless EC2-Classic or terminated.
    pub vpc_id: Option<String>,
    /// The subnet.
    pub subnet_id: Option<String>,
    /// Security groups, sorted.
    pub security_group_ids: Vec<String>,
    /// Attached volumes, sorted.
    pub volume_ids: Vec<String>,
    /// The root device's name, for example `/dev/xvda`.
    pub root_device_name: Option<String>,
    /// Its private address.
    pub private_ip: Option<String>,
    /// Its public address.
    pub public_ip: Option<String>,
    /// The name of its key pair.
    pub key_name: Option<String>,
    /// The ARN of its instance profile.
    pub instance_profile_arn: Option<String>,
    /// `required` or `optional`; absent where AWS does not say.
    pub imds_http_tokens: Option<String>,
    /// `enabled` or `disabled`.
    pub imds_http_endpoint: Option<String>,
    /// Whether it is EBS-optimised.
    pub ebs_optimized: bool,
    /// The Auto Scaling group it belongs to, by its tag.
    pub auto_scaling_group: Option<String>,
    /// `hvm` or `paravirtual`; absent where AWS does not say.
    #[serde(default)]
    pub virtualization_type: Option<String>,
}

/// An EBS volume.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Volume {
    /// `gp2`, `gp3`, `io1` …
    pub volume_type: String,
    /// Size in GiB.
    pub size_gib: u32,
    /// Provisioned or baseline IOPS.
    pub iops: Option<u32>,
    /// Provisioned throughput in MiB/s (gp3).
    pub throughput_mibps: Option<u32>,
    /// `available`, `in-use` …
    pub state: String,
    /// Whether it is encrypted.
    pub encrypted: bool,
    /// The key it is encrypted with.
    pub kms_key_id: Option<String>,
    /// The snapshot it was made from.
    pub snapshot_id: Option<String>,
    /// The Availability Zone.
    pub availability_zone: String,
    /// Instances it is attached to, sorted.
    pub attached_to: Vec<Attachment>,
}

/// A volume's attachment.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Attachment {
    /// The instance.
    pub instance_id: String,
    /// The device name there.
    pub device: String,
    /// Whether the volume goes with the instance.
    pub delete_on_termination: bool,
}

/// An EBS snapshot.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Snapshot {
    /// The volume it was taken of; AWS keeps the id after the volume is gone.
    pub volume_id: Option<String>,
    /// Size of that volume in GiB; what is stored is less.
    pub volume_size_gib: u32,
    /// `completed` …
    pub state: String,
    /// Whether it is encrypted.
    pub encrypted: bool,
    /// `standard` or `archive`.
    pub storage_tier: String,
    /// Its description.
    pub description: Option<String>,
    /// Images that use it, sorted.
    pub image_ids: Vec<String>,
    /// Whether anyone may create volumes from it; absent where it could not be read.
    pub public: Option<bool>,
    /// The key it is encrypted with.
    #[serde(default)]
    pub kms_key_id: Option<String>,
}

/// An Elastic IP address.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Address {
    /// The address itself.
    pub public_ip: String,
    /// Its allocation id.
    pub allocation_id: String,
    /// Present while it is associated.
    pub association_id: Option<String>,
    /// The instance it is associated with.
    pub instance_id: Option<String>,
    /// The network interface it is associated with.
    pub network_interface_id: Option<String>,
}

/// A VPC.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Vpc {
    /// Its primary IPv4 block.
    pub cidr_block: String,
    /// Whether it is the region's default VPC.
    pub is_default: bool,
    /// `available` or `pending`.
    pub state: String,
    /// `default` or `dedicated`.
    pub instance_tenancy: String,
    /// Whether DNS names resolve; absent where it could not be read.
    pub dns_support: Option<bool>,
    /// Whether instances get DNS names; absent where it could not be read.
    pub dns_hostnames: Option<bool>,
    /// Active flow logs by the traffic they record (`ALL`, `REJECT`, `ACCEPT`); absent where it could not be read.
    pub flow_log_traffic: Option<Vec<String>>,
}

/// A subnet.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Subnet {
    /// The VPC it is in.
    pub vpc_id: String,
    /// Its IPv4 block.
    pub cidr_block: String,
    /// Its Availability Zone.
    pub availability_zone: String,
    /// Whether instances get a public address when launched.
    pub map_public_ip_on_launch: bool,
    /// Whether interfaces get an IPv6 address when they are made; unknown in Worlds of older versions.
    #[serde(default)]
    pub assign_ipv6_on_creation: Option<bool>,
    /// Whether AWS made it as the zone's default.
    pub default_for_az: bool,
    /// Free addresses.
    pub available_ip_count: u32,
}

/// A security group.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SecurityGroup {
    /// Its name.
    pub group_name: String,
    /// Its description.
    pub description: String,
    /// The VPC it is in.
    pub vpc_id: Option<String>,
    /// Inbound rules, one per source, sorted.
    pub ingress: Vec<SecurityGroupRule>,
    /// Outbound rules, one per destination, sorted.
    pub egress: Vec<SecurityGroupRule>,
}

/// One rule of a security group: one protocol, one port range, one peer.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct SecurityGroupRule {
    /// `tcp`, `udp`, `icmp`, a protocol number, or `-1` for all.
    pub protocol: String,
    /// First port; absent means all.
    pub from_port: Option<i32>,
    /// Last port; absent means all.
    pub to_port: Option<i32>,
    /// Where from (ingress) or to (egress).
    pub peer: Peer,
    /// The rule's description.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

/// The other end of a security group rule.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Peer {
    /// An IPv4 block.
    Cidr(String),
    /// An IPv6 block.
    CidrV6(String),
    /// Another security group.
    Group(String),
    /// A prefix list.
    PrefixList(String),
}

impl SecurityGroupRule {
    /// Whether the peer is the whole internet.
    pub fn is_open_to_world(&self) -> bool {
        matches!(&self.peer, Peer::Cidr(c) if c == "0.0.0.0/0")
            || matches!(&self.peer, Peer::CidrV6(c) if c == "::/0")
    }

    /// Whether the rule lets TCP (or everything) through on `port`.
    pub fn covers_tcp_port(&self, port: i32) -> bool {
        match self.protocol.as_str() {
            "-1" => true,
            "tcp" | "6" => {
                self.from_port.is_none_or(|from| from <= port)
                    && self.to_port.is_none_or(|to| port <= to)
            }
            _ => false,
        }
    }
}

/// The EC2 defaults of an account in a region.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RegionDefaults {
    /// Whether new volumes are encrypted.
    pub ebs_encryption_by_default: bool,
    /// Whether snapshots can be shared with everyone: `block-all-sharing`, `block-new-sharing` or
    /// `unblocked`.
    #[serde(default = "not_read")]
    pub snapshot_public_access: Evidence<String>,
    /// What instances get whose launch says nothing of instance metadata.
    #[serde(default = "not_read")]
    pub imds: Evidence<ImdsDefaults>,
    /// What VPC Block Public Access keeps from internet gateways: `block-bidirectional`, `block-ingress` or `off`.
    #[serde(default = "not_read")]
    pub internet_gateway_block: Evidence<String>,
}

/// The defaults of the instance metadata service; what is absent has no preference set.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImdsDefaults {
    /// `required` (version 2) or `optional`.
    pub http_tokens: Option<String>,
    /// `enabled` or `disabled`.
    pub http_endpoint: Option<String>,
    /// How many hops an answer may travel.
    pub http_put_response_hop_limit: Option<u32>,
    /// Whether instances see their tags: `enabled` or `disabled`.
    pub instance_metadata_tags: Option<String>,
}

/// What a World holds that was stored before Miyabi read the fact.
fn not_read<T>() -> Evidence<T> {
    Evidence::unavailable("not read when this World was made")
}

/// A machine image (AMI) that the account owns.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Image {
    /// Its name.
    pub image_name: String,
    /// Its description.
    pub description: Option<String>,
    /// `available`, `deregistered` …
    pub state: String,
    /// `x86_64` or `arm64`.
    pub architecture: String,
    /// `Linux/UNIX`, `Windows` …
    pub platform: String,
    /// `ebs` or `instance-store`.
    pub root_device_type: String,
    /// Whether anyone may launch it.
    pub public: bool,
    /// Snapshots that it is made of, sorted.
    pub snapshot_ids: Vec<String>,
    /// When it was last launched, as far as AWS tells: it does since 2017, a day late.
    pub last_launched_at: Option<Timestamp>,
    /// When it counts as outdated.
    pub deprecated_at: Option<Timestamp>,
    /// Whether deregistering it is refused.
    pub deregistration_protection: bool,
    /// The instance metadata version that its instances must use: `v2.0`; absent where any.
    pub imds_support: Option<String>,
}

/// A launch template.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LaunchTemplate {
    /// Its name, which need not be that of its `Name` tag.
    #[serde(default)]
    pub template_name: Option<String>,
    /// The version that is launched where none is named.
    pub default_version: u64,
    /// The newest version.
    pub latest_version: u64,
    /// What the default version launches.
    pub default: Evidence<LaunchSettings>,
    /// What the newest version launches.
    pub latest: Evidence<LaunchSettings>,
}

/// How instances are launched, by a launch template or a launch configuration; what is absent is
/// left to the account's and the subnet's defaults. User data is never read into the World.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LaunchSettings {
    /// The image: an id, or a reference to a parameter.
    pub image_id: Option<String>,
    /// For example `m5.large`; absent where instances are chosen by attributes.
    pub instance_type: Option<String>,
    /// Whether instance types are chosen by attributes.
    pub by_attributes: bool,
    /// The name of its key pair.
    pub key_name: Option<String>,
    /// The name or the ARN of its instance profile.
    pub instance_profile: Option<String>,
    /// Security groups, by id or by name, sorted.
    pub security_groups: Vec<String>,
    /// Subnets of its network interfaces, sorted.
    pub subnet_ids: Vec<String>,
    /// Whether instances get a public address.
    pub associate_public_ip: Option<bool>,
    /// `required` or `optional`.
    pub imds_http_tokens: Option<String>,
    /// `enabled` or `disabled`.
    pub imds_http_endpoint: Option<String>,
    /// How many hops an answer of the metadata service may travel.
    pub imds_hop_limit: Option<u32>,
    /// Volumes, sorted by device.
    pub volumes: Vec<LaunchVolume>,
    /// Whether instances are EBS-optimised.
    pub ebs_optimized: Option<bool>,
    /// Whether metrics come each minute and not each five.
    pub detailed_monitoring: Option<bool>,
    /// Whether Spot instances are asked for.
    pub spot: bool,
    /// `default`, `dedicated` or `host`.
    pub tenancy: Option<String>,
    /// Whether there is user data.
    pub has_user_data: bool,
}

/// A volume that comes with an instance; what is absent is left to the image's snapshot.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct LaunchVolume {
    /// The device name.
    pub device: String,
    /// `gp2`, `gp3` …
    pub volume_type: Option<String>,
    /// Size in GiB.
    pub size_gib: Option<u32>,
    /// Provisioned IOPS.
    pub iops: Option<u32>,
    /// Provisioned throughput in MiB/s.
    pub throughput_mibps: Option<u32>,
    /// Whether it is encrypted.
    pub encrypted: Option<bool>,
    /// The snapshot it is made from.
    pub snapshot_id: Option<String>,
    /// Whether it goes with the instance.
    pub delete_on_termination: Option<bool>,
}

/// Reserved Instances: a discount bought for a term.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReservedInstances {
    /// For example `m5.large`.
    pub instance_type: String,
    /// How many instances.
    pub instance_count: u32,
    /// `Linux/UNIX`, `Windows` …
    pub platform: String,
    /// `Region` (size-flexible) or `Availability Zone`.
    pub scope: String,
    /// The Availability Zone of a zonal reservation.
    pub availability_zone: Option<String>,
    /// `default`, `dedicated` or `host`.
    pub tenancy: String,
    /// `standard` or `convertible`.
    pub offering_class: String,
    /// `No Upfront`, `Partial Upfront` or `All Upfront`.
    pub offering_type: String,
    /// `active`, `payment-pending`, `retired`, `queued` …
    pub state: String,
    /// When the term begins.
    pub starts_at: Option<Timestamp>,
    /// When the term ends.
    pub ends_at: Option<Timestamp>,
    /// Length of the term in seconds.
    pub term_seconds: u64,
    /// Millionths of a US dollar paid at the beginning, for each instance; absent in other currencies.
    pub upfront_micros: Option<i64>,
    /// Millionths of a US dollar for each instance and hour, used or not; absent in other currencies.
    pub hourly_micros: Option<i64>,
}

/// Capacity that is held, and billed, whether instances use it or not.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CapacityReservation {
    /// For example `m5.large`.
    pub instance_type: String,
    /// `Linux/UNIX`, `Windows` …
    pub platform: String,
    /// `default` or `dedicated`.
    pub tenancy: String,
    /// The Availability Zone.
    pub availability_zone: String,
    /// `active`, `expired`, `cancelled` …
    pub state: String,
    /// Instances it holds room for.
    pub total_count: u32,
    /// Of those the unused ones.
    pub available_count: u32,
    /// When it ends; absent where it lasts until it is cancelled.
    pub ends_at: Option<Timestamp>,
    /// `open` (any instance that fits) or `targeted`.
    pub match_criteria: String,
    /// `default`, or `capacity-block`, which is paid in advance.
    pub reservation_type: String,
}

/// A request for a Spot instance.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SpotRequest {
    /// `open`, `active`, `closed`, `cancelled` or `failed`.
    pub state: String,
    /// Why, for example `fulfilled` or `capacity-not-available`.
    pub status: Option<String>,
    /// `one-time` or `persistent`.
    pub request_type: String,
    /// The instance type asked for.
    pub instance_type: Option<String>,
    /// The instance that was launched.
    pub instance_id: Option<String>,
    /// Where it was launched.
    pub availability_zone: Option<String>,
    /// The most that is paid for an hour, in US dollars as AWS writes it.
    pub maximum_price: Option<String>,
    /// `terminate`, `stop` or `hibernate`.
    pub interruption_behavior: Option<String>,
    /// When it ends.
    pub valid_until: Option<Timestamp>,
}
