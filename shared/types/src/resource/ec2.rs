//! EC2, EBS and VPC.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

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
}
