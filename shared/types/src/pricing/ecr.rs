//! ECR.

use super::{Service, rate::Rate};

/// A GiB of images in a private repository.
pub const STORAGE_GIB: Rate = Rate::monthly(Service::Ecr, "storage/gib");
