//! EC2, EBS and Elastic IP addresses.

pub mod address_on_stopped_instance;
pub mod address_unassociated;
pub mod capacity_reservation_unused;
pub mod image_unused;
pub mod instance_dedicated;
pub mod instance_graviton;
pub mod instance_idle;
pub mod instance_overprovisioned;
pub mod instance_previous_generation;
pub mod instance_sql_license;
pub mod instance_stopped_long;
pub mod snapshot_archivable;
pub mod snapshot_old;
pub mod snapshot_orphaned;
pub mod volume_cold;
pub mod volume_gp2;
pub mod volume_idle;
pub mod volume_io1_to_gp3;
pub mod volume_magnetic;
pub mod volume_on_stopped_instance;
pub mod volume_overprovisioned;
pub mod volume_unattached;
pub mod volumes;
