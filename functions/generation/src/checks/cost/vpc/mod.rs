//! What a VPC is billed for.

pub mod gateway_endpoint_missing;
pub mod nat_gateway_unrouted;
pub mod public_ipv4_needless;
