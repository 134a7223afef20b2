//! EC2, EBS and Elastic IP addresses.

pub mod address_unassociated;
pub mod instance_idle;
pub mod instance_overprovisioned;
pub mod instance_previous_generation;
pub mod instance_stopped_long;
pub mod snapshot_old;
pub mod snapshot_orphaned;
pub mod volume_gp2;
pub mod volume_io1_to_gp3;
pub mod volume_magnetic;
pub mod volume_on_stopped_instance;
pub mod volume_unattached;
