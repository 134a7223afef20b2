//! Waste.

pub mod ec2;
pub mod lambda;
pub mod rds;
pub mod s3;
