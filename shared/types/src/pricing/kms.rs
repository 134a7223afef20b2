//! KMS.

use super::{PriceSheet, Service, rate::Rate};
use crate::{evidence::Evidence, id::Region, money::MonthlyUsd, resource::kms::Key};

/// A key that the customer manages, whether it is used or not.
pub const KEY: Rate = Rate::monthly(Service::Kms, "key");

/// A request to a symmetric key.
pub const REQUEST: Rate = Rate::by_use(Service::Kms, "request");

impl PriceSheet {
    /// The monthly price of a key before its first rotation, which adds to it; nothing while its deletion is
    /// pending.
    pub(super) fn key(&self, region: &Region, key: &Key) -> Evidence<MonthlyUsd> {
        let kept = key.state != "PendingDeletion";
        self.monthly(region, &KEY, f64::from(u8::from(kept)))
    }
}
