//! Data transfer.

use super::{Service, rate::Rate};

/// A GiB between two zones of the region, in each direction.
pub const BETWEEN_ZONES_GIB: Rate = Rate::by_use(Service::DataTransfer, "between_zones/gib");

/// A GiB to the internet, in the first tier after what is free.
pub const TO_INTERNET_GIB: Rate = Rate::by_use(Service::DataTransfer, "to_internet/gib");
