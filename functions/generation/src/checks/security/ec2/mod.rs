//! EC2, EBS and VPC.

pub mod exposure;
pub mod open_ports;
pub mod security_group_default_open;
pub mod settings;
pub mod snapshot_public;
pub mod vpc_flow_logs_missing;
