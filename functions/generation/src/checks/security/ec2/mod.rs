//! EC2, EBS and VPC.

pub mod endpoints_missing;
pub mod exposure;
pub mod instance_several_interfaces;
pub mod internet_path;
pub mod launch_templates;
pub mod network;
pub mod open_ports;
pub mod security_group_default_open;
pub mod security_group_unused;
pub mod settings;
pub mod snapshot_public;
pub mod vpc_flow_logs_missing;
pub mod vpn;
