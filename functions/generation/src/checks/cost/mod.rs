//! Waste.

use crate::check::Check;

pub mod classes;
pub mod clusters;
pub mod commitments;
pub mod dynamodb;
pub mod ec2;
pub mod ecs;
pub mod efs;
pub mod fleets;
pub mod idle;
pub mod lambda;
pub mod logs;
pub mod rds;
pub mod remedies;
pub mod s3;
pub mod schedule;
pub mod support;
pub mod vpc;
pub mod watching;

/// Checks that are one file each.
pub const LOGIC: &[Check] = &[
    ec2::address_on_stopped_instance::CHECK,
    ec2::address_unassociated::CHECK,
    ec2::capacity_reservation_unused::CHECK,
    ec2::image_unused::CHECK,
    ec2::instance_dedicated::CHECK,
    ec2::instance_graviton::CHECK,
    ec2::instance_idle::CHECK,
    ec2::instance_overprovisioned::CHECK,
    ec2::instance_previous_generation::CHECK,
    ec2::instance_sql_license::CHECK,
    ec2::instance_stopped_long::CHECK,
    ec2::snapshot_archivable::CHECK,
    ec2::snapshot_old::CHECK,
    ec2::snapshot_orphaned::CHECK,
    ec2::volume_cold::CHECK,
    ec2::volume_gp2::CHECK,
    ec2::volume_idle::CHECK,
    ec2::volume_io1_to_gp3::CHECK,
    ec2::volume_magnetic::CHECK,
    ec2::volume_on_stopped_instance::CHECK,
    ec2::volume_overprovisioned::CHECK,
    ec2::volume_unattached::CHECK,
    ecs::service_overprovisioned::CHECK,
    ecs::service_x86::CHECK,
    lambda::function_memory::CHECK,
    lambda::function_x86::CHECK,
    lambda::provisioned_concurrency::CHECK,
    rds::cluster_idle::CHECK,
    rds::cluster_storage_type::CHECK,
    rds::instance_idle::CHECK,
    rds::instance_multi_az_nonprod::CHECK,
    rds::instance_overprovisioned::CHECK,
    rds::replica_idle::CHECK,
    s3::bucket_no_multipart_abort::CHECK,
    s3::bucket_noncurrent_kept::CHECK,
    s3::bucket_not_tiered::CHECK,
    vpc::gateway_endpoint_missing::CHECK,
    vpc::nat_gateway_unrouted::CHECK,
    vpc::public_ipv4_needless::CHECK,
];

/// Tables of checks.
pub const TABLES: &[&[Check]] = &[
    &classes::CHECKS,
    &clusters::CHECKS,
    &commitments::account::CHECKS,
    &commitments::reservations::CHECKS,
    &dynamodb::CHECKS,
    &efs::CHECKS,
    &fleets::CHECKS,
    &idle::CHECKS,
    &lambda::function_errors::CHECKS,
    &logs::CHECKS,
    &rds::snapshots::CHECKS,
    &rds::storage::CHECKS,
    &schedule::CHECKS,
    &support::CHECKS,
    &watching::CHECKS,
];
